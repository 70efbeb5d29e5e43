//! The output of another program, without possible secrets.

/// The text in place of a secret.
const CUT: &str = "[secret]";

/// Values that must not appear anywhere.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

/// Words that announce a secret, in lower case.
const ANNOUNCING: [&str; 8] =
    ["password", "passwd", "secret", "token", "api_key", "apikey", "credential", "private_key"];

/// A shorter value occurs in too many words.
const SHORTEST: usize = 6;

impl Secrets {
    /// The password of the connection, and the values of variables whose names announce a secret.
    pub fn new<'v>(password: Option<&str>, variables: impl Iterator<Item = (&'v str, &'v str)>) -> Self {
        let mut values: Vec<String> =
            password.filter(|password| password.len() > 2).map(str::to_owned).into_iter().collect();
        for (name, value) in variables {
            let name = name.to_lowercase();
            if ANNOUNCING.iter().any(|word| name.contains(word)) || name.ends_with("_key") || name == "pgpassword" {
                values.extend((value.len() >= SHORTEST).then(|| value.to_owned()));
            }
            // The password of a URL, as written and decoded.
            if let Some(written) = password_of_url(value).filter(|written| written.len() > 2) {
                values.extend([written.to_owned(), decoded(written)]);
            }
        }
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self(values)
    }

    /// The values of at least this many characters.
    pub fn longer_than(&self, least: usize) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(move |value| value.chars().count() >= least)
    }

    /// A line without the values, and without text that is announced as a secret.
    pub fn cut(&self, line: &str) -> String {
        let line = self.0.iter().fold(line.to_owned(), |line, value| line.replace(value, CUT));
        let line = match password_of_url(&line) {
            Some(password) => line.replacen(&format!(":{password}@"), &format!(":{CUT}@"), 1),
            None => line,
        };
        if announces(&line) { without_values(&line) } else { line }
    }
}

fn announces(line: &str) -> bool {
    let lower = line.to_lowercase();
    ANNOUNCING.iter().any(|word| lower.contains(word))
}

/// The text between `:` and `@` after `://user`.
fn password_of_url(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', ' ', '\'', '"', '\t']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    (!password.is_empty() && password != CUT).then_some(password)
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Removes every quoted text, and every word after `=`, as a possible secret.
fn without_values(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        out.push(c);
        if c == '\'' || c == '"' {
            let mut inside = String::new();
            let mut is_closed = false;
            for next in rest.by_ref() {
                if next == c {
                    is_closed = true;
                    break;
                }
                inside.push(next);
            }
            let names_it = announces(&inside) && !inside.contains(char::is_whitespace);
            out.push_str(if names_it { &inside } else { "…" });
            out.extend(is_closed.then_some(c));
        } else if c == '=' {
            let is_end = |c: &char| c.is_whitespace() || matches!(c, '&' | ',' | ';' | ')' | '\'' | '"');
            let before = out.len();
            while rest.next_if(|c| !is_end(c)).is_some() {
                if out.len() == before {
                    out.push('…');
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_left_in_a_line() {
        let variables = [
            ("DATABASE_URL", "postgresql+psycopg://app:p%40ss-word@db/x"),
            ("API_KEY", "k-123456"),
            ("HOME", "/home/x"),
        ];
        let secrets = Secrets::new(Some("hunter2"), variables.into_iter());
        for (line, wanted) in [
            ("connecting as hunter2", "connecting as [secret]"),
            ("p@ss-word and p%40ss-word", "[secret] and [secret]"),
            ("k-123456 in /home/x", "[secret] in /home/x"),
            ("to postgres://a:other@h/d now", "to postgres://a:[secret]@h/d now"),
            ("[SQL: CREATE USER a PASSWORD 'x y']", "[SQL: CREATE USER a PASSWORD '…']"),
            ("{'password': 'x', \"n\": 1}", "{'password': '…', \"…\": 1}"),
            ("token=abc&x=1 done", "token=…&x=… done"),
            (
                "INFO  [alembic.runtime.migration] Running upgrade a -> b, user's 'x'",
                "INFO  [alembic.runtime.migration] Running upgrade a -> b, user's 'x'",
            ),
        ] {
            assert_eq!(secrets.cut(line), wanted);
        }
    }
}
