//! The user that runs a scratch server: PostgreSQL refuses root.

use std::io;
use std::os::unix::fs::chown;
use std::path::Path;

/// The current user, or another one if that is root.
#[derive(Clone, Copy, Debug)]
pub struct User(Option<(u32, u32)>);

/// The ids of the user `nobody` if no file contains them.
const NOBODY: (u32, u32) = (65534, 65534);

impl User {
    pub fn find() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self(None);
        }
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let named = |name: &str| {
            let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut ids = line.split(':').skip(2).map(str::parse);
            Some((ids.next()?.ok()?, ids.next()?.ok()?))
        };
        Self(Some(named("postgres").or_else(|| named("nobody")).unwrap_or(NOBODY)))
    }

    /// The ids, if they are not the current user's.
    pub fn ids(self) -> Option<(u32, u32)> {
        self.0
    }

    pub fn own(self, path: &Path) -> io::Result<()> {
        self.0.map_or(Ok(()), |(uid, gid)| chown(path, Some(uid), Some(gid)))
    }
}
