//! A connection string of any form as name and value pairs.

use super::super::Secret;
use super::{keyvalue, params, url};

/// One parameter as written. Neither part may be printed: in a string with a quoting mistake, a piece of the password may be at
/// any position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pair {
    name: Secret,
    value: Secret,
    behind_password: bool,
}

impl Pair {
    pub(super) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: Secret::new(name), value: Secret::new(value), behind_password: false }
    }

    pub(super) fn name(&self) -> &str {
        self.name.expose()
    }

    pub(super) fn value(&self) -> &str {
        self.value.expose()
    }

    /// True if the name may be a piece of a password with an unescaped `&` or space.
    pub(super) fn behind_password(&self) -> bool {
        self.behind_password
    }

    /// Marks the pairs of a list that may contain pieces of a password.
    pub(super) fn mark_spill(pairs: &mut [Self]) {
        let behind = pairs.iter_mut().skip_while(|pair| pair.name() != "password").skip(1);
        behind.for_each(|pair| pair.behind_password = true);
    }
}

/// Reads libpq's URL or key/value form (PostgreSQL documentation 34.1.1), JDBC's URL, or a URL with a driver's name.
///
/// # Errors
/// The error in a sentence that contains no part of the text.
pub(super) fn parse(text: &str) -> Result<Vec<Pair>, String> {
    let text = text.trim();
    if text.starts_with(['"', '\'']) {
        return Err("begins with a quote, which an env file takes as part of the value: remove the quotes".to_owned());
    }
    match scheme(text) {
        Scheme::Url(rest) => url::parse(rest),
        Scheme::LocalJdbc(rest) => url::parse(&format!("/{}", rest.trim_start_matches('/'))),
        Scheme::Other => Err("is a URL, but not one that begins with postgres:// or postgresql://".to_owned()),
        Scheme::None => {
            let mut pairs = keyvalue::parse(text)?;
            Pair::mark_spill(&mut pairs);
            let known = pairs.iter().any(|pair| params::known_word(pair.name()).is_some());
            if known { Ok(pairs) } else { Err("is no URL, and names none of libpq's parameters".to_owned()) }
        }
    }
}

enum Scheme<'a> {
    /// The text after `postgres://`.
    Url(&'a str),
    /// The text after `jdbc:postgresql:` without `//`: a database on this host.
    LocalJdbc(&'a str),
    Other,
    None,
}

fn scheme(text: &str) -> Scheme<'_> {
    let Some((scheme, rest)) = text.split_once(':') else { return Scheme::None };
    if scheme.contains(|c: char| c == '=' || c.is_whitespace()) {
        return Scheme::None;
    }
    let (scheme, rest, jdbc) = match rest.split_once(':') {
        Some((inner, rest)) if scheme.eq_ignore_ascii_case("jdbc") => (inner, rest, true),
        _ => (scheme, rest, false),
    };
    let base = scheme.split_once('+').map_or(scheme, |(base, _driver)| base);
    let ours = base.eq_ignore_ascii_case("postgres") || base.eq_ignore_ascii_case("postgresql");
    match rest.strip_prefix("//") {
        Some(rest) if ours => Scheme::Url(rest),
        None if ours && jdbc => Scheme::LocalJdbc(rest),
        Some(_) => Scheme::Other,
        None => Scheme::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_is_told_apart() {
        let shop = [Pair::new("host", "db"), Pair::new("dbname", "shop")];
        for text in [
            "postgres://db/shop",
            " postgresql://db/shop\n",
            "PostgreSQL+asyncpg://db/shop",
            "postgresql+psycopg2://db/shop",
            "jdbc:postgresql://db/shop",
            "host=db dbname=shop",
            "host=db dbname = 'shop'",
        ] {
            assert_eq!(parse(text), Ok(shop.to_vec()), "{text}");
        }
        for text in ["jdbc:postgresql:shop", "jdbc:postgresql:/shop", "postgres:///shop"] {
            assert_eq!(parse(text), Ok(vec![Pair::new("dbname", "shop")]), "{text}");
        }
        for bad in ["mysql://db/shop", "db:5432/shop", "postgres:db", " ", "a=b", "\"postgres://db/shop\"", "db"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in any::<String>(), tail in "[\\[\\]/?#@:&=%, '\\\\a-c0-9é]{0,40}") {
            for head in ["", "postgres://", "jdbc:postgresql:", "host="] {
                let _ = parse(&format!("{head}{text}"));
                let _ = parse(&format!("{head}{tail}"));
            }
        }
    }
}
