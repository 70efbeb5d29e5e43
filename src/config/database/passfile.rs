//! The password file (PostgreSQL documentation 34.16), with lines `hostname:port:database:username:password`.

use super::super::Secret;

/// The connection that a line has to match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) dbname: &'a str,
    pub(super) user: &'a str,
}

/// The password of the first line that matches. An unreadable line matches nothing.
pub(super) fn password(text: &str, wanted: Wanted<'_>) -> Option<Secret> {
    let port = wanted.port.to_string();
    let wanted = [wanted.host, &port, wanted.dbname, wanted.user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut rest = line;
        for want in wanted {
            let (field, after) = take_field(rest)?;
            if field != "*" && unescape(field) != want {
                return None;
            }
            rest = after;
        }
        (!rest.is_empty()).then(|| Secret::new(unescape(rest)))
    })
}

/// Splits at the next colon that no backslash precedes.
fn take_field(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = text.find(|c| {
        let ends = c == ':' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some((&text[..end], &text[end + 1..]))
}

fn unescape(field: &str) -> String {
    let mut plain = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        // A trailing backslash stands for itself, as in libpq.
        plain.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# db:5432:shop:app:comment
db:5432:shop:app:first
db:5432:shop:app:second
nonsense
*:*:*:ad\\:min:with\\:colon\\\\and:more
\\*:5432:shop:star:literal
::1:5432:x:y:broken
\\:\\:1:5432:shop:six:six
*:6543:*:*:any
";

    #[test]
    fn the_first_line_that_matches_gives_the_password() {
        for (host, port, user, password) in [
            ("db", 5432, "app", Some("first")),
            ("other", 1, "ad:min", Some("with:colon\\and:more")),
            ("*", 5432, "star", Some("literal")),
            ("db", 5432, "star", None),
            ("::1", 5432, "six", Some("six")),
            ("db", 6543, "nobody", Some("any")),
            ("db", 5432, "nobody", None),
        ] {
            let wanted = Wanted { host, port, dbname: "shop", user };
            let found = super::password(FILE, wanted);
            assert_eq!(found.as_ref().map(Secret::expose), password, "{host} {user}");
        }
    }
}
