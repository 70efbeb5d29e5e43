//! The message that a container leaves for Kubernetes: `kubectl describe pod` shows it beside the exit code.
//!
//! The kubelet creates the file and mounts it writable, so it is never created here: outside Kubernetes it does not exist (then
//! no path is given), and a regular file in `/dev` would be litter.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::failure::{Failure, text};

/// The limit in bytes. The kubelet reads 4096, but the containers of a pod share 12 KiB, so twelve of them get this much each.
pub const LIMIT: usize = 1024;

/// Writes a failure. The most helpful parts come first, because the end may be truncated: the sentence, the next step, the
/// causes, the details.
///
/// # Errors
/// The file does not exist, or cannot be written.
pub fn write_failure(path: &Path, failure: &Failure) -> io::Result<()> {
    let exit = failure.exit().code();
    let public = text::line(failure.public());
    let mut page = format!("{} ({}, exit {exit}): {public}", failure.code, failure.class().word());
    let mut add = |title: &str, words: &str| {
        page.push('\n');
        page.push_str(title);
        page.push_str(&text::lines(words).replace('\n', "\n  "));
    };
    if !failure.next.is_empty() {
        add("next: ", &failure.next);
    }
    failure.causes.iter().filter(|_| failure.guarded.public.is_none()).for_each(|cause| add("cause: ", cause));
    failure.details.iter().for_each(|detail| add("", detail));
    write(path, &page)
}

/// Writes the summary of a success.
///
/// # Errors
/// As [`write_failure`].
pub fn write_summary(path: &Path, summary: &str) -> io::Result<()> {
    write(path, &text::line(summary))
}

/// Empties the file, so the program that follows in the container (`exec`) does not inherit our message.
///
/// # Errors
/// As [`write_failure`].
pub fn clear(path: &Path) -> io::Result<()> {
    write(path, "")
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let text = &text[..text.floor_char_boundary(LIMIT)];
    // A pipe without a reader is not waited for.
    let opened =
        OpenOptions::new().write(true).truncate(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path);
    opened.and_then(|mut file| file.write_all(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;
    use std::fs;

    #[test]
    fn a_failure_is_cut_at_a_character_and_leads_with_what_helps() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("termination-log");
        fs::write(&path, "x".repeat(3000)).unwrap();
        let mut failure = Failure::new(Code::STATEMENT, "it broke");
        failure.details = vec!["é".repeat(2000)];
        write_failure(&path, &failure).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("LG0601 (refuse, exit 65): it broke\nnext: correct the script"), "{text}");
        assert!((LIMIT - 1..=LIMIT).contains(&text.len()), "{} bytes", text.len());
        write_summary(&path, "open at 0006").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "open at 0006");
        clear(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn a_file_that_nobody_made_is_not_made_and_that_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("termination-log");
        assert_eq!(write_summary(&path, "open").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(!path.exists());
    }
}
