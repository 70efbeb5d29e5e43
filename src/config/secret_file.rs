//! The files that `NAME_FILE` variables name.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use zeroize::Zeroizing;

use super::error::ConfigError;
use super::secret::Secret;
use crate::files;

/// Far above any secret: a path to a device or a log must not fill the memory. In bytes.
const LARGEST: u64 = 64 * 1024;
/// The same limit for a file with many entries: of passwords, of services.
pub(super) const LARGEST_LIST: u64 = 4 << 20;
/// The wait for a process that writes to a pipe, as for a password command.
const PATIENCE: Duration = Duration::from_secs(10);

/// The file's content without one trailing newline. The content of a pipe is stored in `kept`.
///
/// # Errors
/// [`ConfigError::Secret`] under the name `variable` if the file is missing, unreadable, empty, too large or not text.
pub(super) fn read(variable: &str, path: &Path, kept: &OnceLock<Secret>) -> Result<Secret, ConfigError> {
    let wrong = |problem: &str| ConfigError::secret(variable, format!("{} {problem}", shown(path)));
    let read = files::plain_or_pipe(path, LARGEST, PATIENCE);
    let (bytes, is_pipe) = read.map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("is not UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let secret = match text {
        "" => return Err(wrong("is empty")),
        text if text.contains('\0') => return Err(wrong("holds a NUL byte")),
        text => Secret::new(text),
    };
    Ok(if is_pipe { kept.get_or_init(|| secret).clone() } else { secret })
}

/// A path for a message. A relative path may be a secret in the wrong place, so it is not shown.
pub(super) fn shown(path: &Path) -> String {
    if path.is_absolute() { path.display().to_string() } else { "the file (a relative path)".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trailing_newline_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        for (content, secret) in [("a b ", "a b "), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n")] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(read("X_FILE", &path, &OnceLock::new()).unwrap().expose(), secret);
        }
    }

    #[test]
    fn a_file_without_a_secret_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        for content in [&b"\n"[..], b"", b"a\0b", b"\xff", &[b'a'; 70_000]] {
            std::fs::write(&path, content).unwrap();
            assert!(matches!(read("X_FILE", &path, &OnceLock::new()), Err(ConfigError::Secret { .. })), "{content:?}");
        }
    }

    #[test]
    fn a_secret_put_where_a_path_belongs_is_not_printed() {
        for slip in ["hunter2", "postgres://u:hunter2@h/db"] {
            let error = read("PGPASSWORD_FILE", Path::new(slip), &OnceLock::new()).unwrap_err();
            assert!(error.to_string().starts_with("PGPASSWORD_FILE: "));
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
