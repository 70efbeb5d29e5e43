//! The place of PostgreSQL's server programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::ScratchError;

/// The directory of `initdb` and `postgres`: the configured one, otherwise that of `pg_config`, the newest of the system's
/// packages, or the PATH.
pub fn find(set: Option<&Path>) -> Result<PathBuf, ScratchError> {
    let places: Vec<PathBuf> = match set {
        Some(set) => vec![set.to_owned()],
        None => of_pg_config().into_iter().chain(of_packages()).chain(of_path()).collect(),
    };
    let found = places.iter().find(|place| place.join("initdb").exists() && place.join("postgres").exists());
    found.cloned().ok_or_else(|| ScratchError::NoPrograms {
        looked: places.iter().map(|place| place.display().to_string()).collect(),
    })
}

fn of_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let place = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!place.is_empty()).then(|| place.into())
}

/// The directories of Debian, Red Hat and local builds, newest first.
fn of_packages() -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for (folder, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-"), ("/usr/local", "pgsql")] {
        let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        found.extend(entries.filter_map(|entry| {
            let version = entry.file_name().to_str()?.strip_prefix(prefix)?.to_owned();
            let version = if version.is_empty() { 0 } else { version.parse().ok()? };
            Some((version, entry.path().join("bin")))
        }));
    }
    found.sort_unstable_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, place)| place).collect()
}

fn of_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}
