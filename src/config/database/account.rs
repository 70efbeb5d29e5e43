//! The account of this process, which provides libpq's defaults.

use std::path::PathBuf;

use super::super::variables::Variables;

/// Defaults from the operating system's account.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) user: Option<String>,
    pub(super) home: Option<PathBuf>,
}

impl Account {
    /// As in libpq: the user of the effective uid, and `HOME`. A container's uid often has no line in the account file; then
    /// `USER` counts.
    pub(super) fn read(variables: &Variables) -> Self {
        let value = |name| variables.value(name).ok().flatten().map(str::to_owned);
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let line = line_of(&passwd, rustix::process::geteuid().as_raw());
        Self {
            user: line.map(|(user, _)| user.to_owned()).or_else(|| value("USER")).or_else(|| value("LOGNAME")),
            home: value("HOME").or_else(|| line.map(|(_, home)| home.to_owned())).map(PathBuf::from),
        }
    }
}

/// The uid of a user in the account file.
pub(super) fn uid_of(name: &str) -> Option<u32> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut lines = passwd.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok()).flatten())
}

/// The user and home of a uid (passwd(5): `name:password:uid:gid:gecos:home:shell`).
fn line_of(passwd: &str, uid: u32) -> Option<(&str, &str)> {
    passwd.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        let own = fields.get(2)?.parse() == Ok(uid);
        own.then_some((*fields.first()?, *fields.get(5)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_file_is_read_by_uid() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n\nbroken\napp:x:1000:1000::/home/app:/bin/sh\n";
        assert_eq!(line_of(passwd, 1000), Some(("app", "/home/app")));
        assert_eq!(line_of(passwd, 1), None);
        assert_eq!((uid_of("root"), uid_of("no such user")), (Some(0), None));
    }
}
