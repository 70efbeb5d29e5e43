//! Enums, composite types, domains, ranges and base types.

use serde_json::Value;

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, ident, list, literal, own_word, plain, split_last};
use super::{Form, Holder, Kind, Word, Fact};

pub const KIND: Kind = Kind {
    word: "type",
    query: include_str!("data_type.sql"),
    ddl: Ddl { turn: |_| Turn::Type, address, create, drop: |fact, _| vec![format!("DROP TYPE {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("labels", Form::List, By::Alter(labels)),
        ("attributes", Form::List, By::Alter(attributes)),
        ("domain", Form::Word, By::Never("a domain over another type is another domain")),
        ("collate", Form::Word, By::Never("a type with another collation is another type")),
        ("not null", Form::Flag, By::Alter(not_null)),
        ("default", Form::EXPRESSION, By::Alter(default)),
        ("range", Form::Word, By::Again),
        ("multirange", Form::Word, By::Alter(multirange)),
        ("operator class", Form::Word, By::Again),
        ("canonical", Form::Word, By::Again),
        ("difference", Form::Word, By::Again),
        ("base", Form::Word, By::Never("a base type is made of functions in C")),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
        ("grants", Form::List, By::Grants(|fact| format!("TYPE {}", fact.name))),
    ],
    words: &[
        Word { name: "{multirange}", since: 14, then: "CASE WHEN mt.typname <> CASE WHEN strpos(t.typname, 'range') > 0 THEN \
                   regexp_replace(t.typname, 'range', 'multirange') ELSE t.typname || '_multirange' END \
                   OR mt.typnamespace <> t.typnamespace THEN ms.prefix || quote_ident(mt.typname) END", before: "NULL" },
        Word { name: "{multirange_type}", since: 14, then: "LEFT JOIN pg_type mt ON mt.oid = ra.rngmultitypid \
                   LEFT JOIN spc ms ON ms.oid = mt.typnamespace", before: "" },
    ],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("TYPE {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let name = &fact.name;
    let text = |property: &str| fact.text(property);
    if fact.get("base").is_some() {
        return Err("a base type is made of functions in C".into());
    }
    if let Some(labels) = fact.get("labels") {
        let labels: Vec<String> = list(Some(labels)).iter().map(|label| literal(label)).collect();
        return Ok(vec![format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", "))]);
    }
    if let Some(subtype) = text("range") {
        let mut words = vec![format!("SUBTYPE = {subtype}")];
        let others = [
            ("MULTIRANGE_TYPE_NAME", "multirange"),
            ("SUBTYPE_OPCLASS", "operator class"),
            ("COLLATION", "collate"),
            ("CANONICAL", "canonical"),
            ("SUBTYPE_DIFF", "difference"),
        ];
        words.extend(others.into_iter().filter_map(|(word, property)| Some(format!("{word} = {}", text(property)?))));
        return Ok(vec![format!("CREATE TYPE {name} AS RANGE ({})", words.join(", "))]);
    }
    if let Some(of) = text("domain") {
        let collate = text("collate").map(|it| format!(" COLLATE {it}")).unwrap_or_default();
        let default = text("default").map(|it| format!(" DEFAULT {it}")).unwrap_or_default();
        let not_null = if fact.get("not null").is_some() { " NOT NULL" } else { "" };
        return Ok(vec![format!("CREATE DOMAIN {name} AS {of}{collate}{default}{not_null}")]);
    }
    Ok(vec![format!("CREATE TYPE {name} AS ({})", list(fact.get("attributes")).join(", "))])
}

/// Adds missing labels, each at its position; additional labels stay.
fn labels(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let (wanted, old) = (list(setting.wanted), list(setting.old));
    if setting.wanted.is_none() || setting.old.is_none() {
        return Err("an enum is no other type".into());
    }
    let common = |of: &[String], in_: &[String]| -> Vec<String> {
        of.iter().filter(|label| in_.contains(label)).cloned().collect()
    };
    if common(&wanted, &old) != common(&old, &wanted) {
        return Err("its labels stand in another order".into());
    }
    let is_other = |(wanted, old): &(&String, &String)| wanted != old;
    let other: Vec<(&String, &String)> = wanted.iter().zip(&old).filter(is_other).collect();
    if let ([(new, gone)], true) = (other.as_slice(), wanted.len() == old.len()) {
        return Err(Unwritable(format!(
            "the label {gone} stands where {new} is wanted; where it was renamed: ALTER TYPE {} RENAME VALUE {gone} TO {new}",
            setting.fact.name,
            gone = literal(gone),
            new = literal(new),
        )));
    }
    let missing = wanted.iter().enumerate().filter(|(_, label)| !old.contains(label));
    Ok(missing
        .map(|(at, label)| {
            let place = match (at.checked_sub(1), wanted.iter().find(|label| old.contains(label))) {
                (Some(before), _) => format!(" AFTER {}", literal(&wanted[before])),
                (None, Some(first)) => format!(" BEFORE {}", literal(first)),
                (None, None) => String::new(),
            };
            format!("ALTER TYPE {} ADD VALUE {}{place}", setting.fact.name, literal(label))
        })
        .collect())
}

/// Adds missing attributes. Additional attributes stay, because dropping them would lose values.
fn attributes(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let (wanted, old) = (list(setting.wanted), list(setting.old));
    if setting.wanted.is_none() || setting.old.is_none() {
        return Err("a composite type is no other type".into());
    }
    let names: Vec<&str> = wanted.iter().map(|attribute| own_word(attribute)).collect();
    let is_other = |attribute: &&String| names.contains(&own_word(attribute)) && !wanted.contains(attribute);
    if let Some(other) = old.iter().find(is_other) {
        return Err(Unwritable(format!("it has the attribute {other}, and columns of the type may hold values of it")));
    }
    let missing = wanted.iter().filter(|attribute| !old.contains(attribute));
    Ok(missing.map(|attribute| format!("ALTER TYPE {} ADD ATTRIBUTE {attribute}", setting.fact.name)).collect())
}

fn not_null(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = if setting.is_set() { "SET" } else { "DROP" };
    Ok(vec![format!("ALTER DOMAIN {} {act} NOT NULL", setting.fact.name)])
}

/// The multirange's own name, or the one that the server derives from the range's (makeMultirangeTypeName).
fn multirange(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let (schema, range) = split_last(&setting.fact.name);
    let range = plain(range);
    let by_default = match range.contains("range") {
        true => range.replacen("range", "multirange", 1),
        false => format!("{range}_multirange"),
    };
    let by_default = schema.map(|it| format!("{it}.")).unwrap_or_default() + &ident(&by_default);
    let name = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or(&by_default).to_owned();
    let (old, new) = (name(setting.old), name(setting.wanted));
    match (split_last(&old), split_last(&new)) {
        ((there, _), (wanted, own)) if there == wanted => Ok(vec![format!("ALTER TYPE {old} RENAME TO {own}")]),
        _ => Err("its multiranges are in another schema".into()),
    }
}

fn default(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = setting.text().map_or_else(|| "DROP DEFAULT".to_owned(), |value| format!("SET DEFAULT {value}"));
    Ok(vec![format!("ALTER DOMAIN {} {act}", setting.fact.name)])
}
