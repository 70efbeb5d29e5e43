//! libpq's key/value form: `host=db user='my app' password=it\'s`.

use std::iter::Peekable;
use std::str::Chars;

use super::pairs::Pair;

/// # Errors
/// The error in a sentence that contains no part of the text.
pub(super) fn parse(text: &str) -> Result<Vec<Pair>, String> {
    let mut chars = text.chars().peekable();
    let mut pairs = Vec::new();
    loop {
        skip_spaces(&mut chars);
        if chars.peek().is_none() {
            return Ok(pairs);
        }
        let name = name(&mut chars)?;
        skip_spaces(&mut chars);
        let value = if chars.next_if_eq(&'\'').is_some() { quoted(&mut chars)? } else { bare(&mut chars) };
        pairs.push(Pair::new(name, value));
    }
}

fn skip_spaces(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
}

fn name(chars: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut name = String::new();
    while let Some(c) = chars.next_if(|&c| c != '=' && !c.is_whitespace()) {
        name.push(c);
    }
    skip_spaces(chars);
    match chars.next() {
        Some('=') if name.is_empty() => Err("has an `=` without a parameter's name before it".to_owned()),
        Some('=') => Ok(name),
        _ => Err("is no URL such as postgresql://user@host:5432/database, and as key/value pairs it has a word \
                  without `=`: put a value that holds spaces in single quotes"
            .to_owned()),
    }
}

/// Capacity for any password or token: a growing string would leave copies behind in memory.
const ROOM: usize = 4 << 10;

fn bare(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut value = String::with_capacity(ROOM);
    while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
        // A trailing backslash is dropped, as in libpq.
        value.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    value
}

fn quoted(chars: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut value = String::with_capacity(ROOM);
    while let Some(c) = chars.next() {
        match c {
            '\'' => return Ok(value),
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    Err("has a single quote that is not closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_escapes_and_spaces_are_read_as_libpq_reads_them() {
        for (text, pairs) in [
            ("", &[][..]),
            ("host=db", &[("host", "db")]),
            (" host = db  port=\t1 ", &[("host", "db"), ("port", "1")]),
            (r"user='my app' password='it\'s \\'", &[("user", "my app"), ("password", r"it's \")]),
            (r"password=a\ b\'c user=u", &[("password", "a b'c"), ("user", "u")]),
            ("password='' user=u", &[("password", ""), ("user", "u")]),
            ("a=b=c", &[("a", "b=c")]),
        ] {
            let pairs: Vec<_> = pairs.iter().map(|&(name, value)| Pair::new(name, value)).collect();
            assert!(parse(text).unwrap() == pairs, "{text}");
        }
    }

    #[test]
    fn what_is_not_pairs_is_refused() {
        for bad in ["db", "host=db shop", "=db", "password='x", "host=a =b"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
