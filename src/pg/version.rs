//! Server versions, as `server_version_num` gives them.

use std::fmt;

/// A server's version number: 150018 is 15.18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion(pub u32);

impl ServerVersion {
    /// The oldest server that lockgate works with.
    pub const OLDEST: Self = Self(130_000);

    /// Reads the start of a `server_version` parameter such as `15.18 (Debian 15.18-0+deb12u1)` or `18beta1`.
    pub fn from_parameter(text: &str) -> Option<Self> {
        let number = |s: &str| {
            let digits: String = s.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u32>().ok()
        };
        let mut parts = text.splitn(2, '.');
        let major = number(parts.next()?)?;
        let minor = parts.next().and_then(number).unwrap_or(0);
        Some(Self(major * 10_000 + minor))
    }

    pub fn major(self) -> u32 {
        self.0 / 10_000
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major(), self.0 % 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distribution_suffixes_and_pre_releases_are_read() {
        for (text, number) in [("15.18 (Debian 15.18-0+deb12u1)", 150_018), ("18beta1", 180_000), ("13.3", 130_003)] {
            assert_eq!(ServerVersion::from_parameter(text), Some(ServerVersion(number)));
        }
        assert_eq!(ServerVersion::from_parameter("PgBouncer"), None);
    }
}
