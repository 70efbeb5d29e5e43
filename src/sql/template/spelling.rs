//! Types as people write them.

use crate::sql::TypeName;

/// The grammar's words for its own types, and their internal names.
const WORDS: [(&str, &str); 9] = [
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("float4", "real"),
    ("float8", "double precision"),
    ("bool", "boolean"),
    ("bpchar", "char"),
    ("numeric", "numeric"),
    ("varchar", "varchar"),
];

impl TypeName {
    /// The type as people write it: `bigint`, `varchar(5)`, `timestamptz`, `app.mood[]`.
    pub fn shown(&self) -> String {
        let own = self.schema.as_deref().filter(|schema| *schema != "pg_catalog");
        let mut shown = own.map(|schema| format!("{schema}.")).unwrap_or_default();
        shown += self.word().unwrap_or(&self.name);
        if !self.modifiers.is_empty() {
            shown += &format!("({})", self.modifiers.join(","));
        }
        if self.is_array { shown + "[]" } else { shown }
    }

    /// The grammar's own word for the type, which no search_path can redirect.
    pub(crate) fn word(&self) -> Option<&'static str> {
        // `char` without a length is a char(1).
        let is_own = self.schema.as_deref() != Some("pg_catalog") || self.name == "bpchar" && self.modifiers.is_empty();
        WORDS.iter().find(|(internal, _)| !is_own && *internal == self.name).map(|(_, word)| *word)
    }
}

/// The output of `format_type` in the words of [`TypeName::shown`].
pub fn respelled(format: &str) -> String {
    let zoned = |text: &str, words: &str, short: &str, zone: &str| {
        let rest = text.strip_prefix(words)?;
        let (modifier, array) = rest.split_once(zone)?;
        Some(format!("{short}{modifier}{array}"))
    };
    let plain = |words: &str, short: &str| {
        let rest = format.strip_prefix(words)?;
        (rest.is_empty() || rest.starts_with(['(', '['])).then(|| format!("{short}{rest}"))
    };
    zoned(format, "timestamp", "timestamptz", " with time zone")
        .or_else(|| zoned(format, "timestamp", "timestamp", " without time zone"))
        .or_else(|| zoned(format, "time", "timetz", " with time zone"))
        .or_else(|| zoned(format, "time", "time", " without time zone"))
        .or_else(|| plain("character varying", "varchar"))
        .or_else(|| plain("character", "char"))
        .or_else(|| plain("bit varying", "varbit"))
        .unwrap_or_else(|| format.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_spelled_one_way_wherever_it_comes_from() {
        let built_in = |name: &str, modifiers: &[&str], is_array| TypeName {
            schema: Some("pg_catalog".to_owned()),
            name: name.to_owned(),
            modifiers: modifiers.iter().map(|&modifier| modifier.to_owned()).collect(),
            is_array,
            ..TypeName::default()
        };
        for (type_, format, wanted) in [
            (built_in("int8", &[], false), "bigint", "bigint"),
            (built_in("float8", &[], true), "double precision[]", "double precision[]"),
            (built_in("varchar", &["5"], false), "character varying(5)", "varchar(5)"),
            (built_in("bpchar", &["3"], false), "character(3)", "char(3)"),
            (built_in("timestamptz", &["3"], true), "timestamp(3) with time zone[]", "timestamptz(3)[]"),
            (built_in("time", &[], false), "time without time zone", "time"),
            (built_in("numeric", &["10", "2"], false), "numeric(10,2)", "numeric(10,2)"),
            (built_in("varbit", &["9"], false), "bit varying(9)", "varbit(9)"),
        ] {
            assert_eq!((type_.shown(), respelled(format)), (wanted.to_owned(), wanted.to_owned()));
        }
    }
}
