//! Constraints of tables and domains; NOT NULL belongs to the column.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, idents, index_of, list_options, storage};
use super::{Form, Holder, Kind, Word, Fact};

pub const KIND: Kind = Kind {
    word: "constraint",
    query: include_str!("constraint.sql"),
    ddl: Ddl { turn, address, create, drop },
    holder: Holder::Table,
    properties: &[
        ("primary key", Form::List, By::Again),
        ("unique", Form::List, By::Again),
        ("check", Form::EXPRESSION, By::Again),
        ("foreign key", Form::List, By::Again),
        ("references", Form::Word, By::Again),
        ("columns", Form::List, By::Again),
        ("match", Form::Word, By::Again),
        ("on update", Form::Word, By::Again),
        ("on delete", Form::Word, By::Again),
        ("sets", Form::List, By::Again),
        ("exclude", Form::Part("ALTER TABLE own ADD ", ""), By::Again),
        ("include", Form::List, By::Again),
        ("nulls not distinct", Form::Flag, By::Again),
        ("deferrable", Form::Flag, By::Again),
        ("initially deferred", Form::Flag, By::Again),
        ("not valid", Form::Pending, By::Alter(validated)),
        ("not enforced", Form::Flag, By::Again),
        ("no inherit", Form::Flag, By::Again),
        ("period", Form::Flag, By::Again),
        ("options", Form::Options, By::Alter(options)),
        ("INVALID", Form::Flag, By::Again),
        ("clustered", Form::Flag, By::Set(Turn::Identity, clustered)),
        ("triggers", Form::List, By::Again),
        ("comment", Form::Word, By::Comment),
    ],
    words: &[
        Word { name: "{delete_columns}", since: 15, then: "CASE WHEN c.confdelsetcols IS NOT NULL THEN {names:c.conrelid, c.confdelsetcols} END", before: "NULL::json" },
        Word { name: "{nulls_not_distinct}", since: 15, then: "coalesce(i.indnullsnotdistinct, false)", before: "false" },
        Word { name: "{not_enforced}", since: 18, then: "NOT c.conenforced", before: "false" },
        // A constraint that is not enforced is never validated.
        Word { name: "{not_valid}", since: 18, then: "NOT c.convalidated AND c.conenforced", before: "NOT c.convalidated" },
        Word { name: "{period}", since: 18, then: "c.conperiod", before: "false" },
    ],
};

fn turn(fact: &Fact) -> Turn {
    if fact.get("check").is_some() {
        Turn::Check
    } else if fact.get("foreign key").is_some() {
        Turn::ForeignKey
    } else {
        Turn::Key
    }
}

fn table(fact: &Fact, around: &Around<'_>) -> String {
    let holder = fact.holder();
    if around.is_type(holder) {
        format!("DOMAIN {holder}")
    } else if around.is_foreign(holder) {
        format!("FOREIGN TABLE {holder}")
    } else {
        format!("TABLE {holder}")
    }
}

fn address(fact: &Fact, around: &Around<'_>) -> String {
    let holder = fact.holder();
    let domain = if around.is_type(holder) { "DOMAIN " } else { "" };
    format!("CONSTRAINT {} ON {domain}{holder}", fact.own_name())
}

/// The definition after the name.
fn definition(fact: &Fact) -> Option<String> {
    let is = |property: &str| fact.get(property).is_some();
    let names = |property: &str| idents(fact.get(property));
    let period = |names: String| match (is("period"), names.rsplit_once(", ")) {
        (true, Some((before, last))) => format!("{before}, PERIOD {last}"),
        _ => names,
    };
    let overlaps = if is("period") { " WITHOUT OVERLAPS" } else { "" };
    let mut words = if is("primary key") {
        vec![format!("PRIMARY KEY ({}{overlaps})", names("primary key"))]
    } else if is("unique") {
        let nulls = if is("nulls not distinct") { " NULLS NOT DISTINCT" } else { "" };
        vec![format!("UNIQUE{nulls} ({}{overlaps})", names("unique"))]
    } else if let Some(check) = fact.text("check") {
        vec![format!("CHECK ({check})")]
    } else if is("foreign key") {
        foreign_key(fact, &period(names("foreign key")), &period(names("columns")))
    } else {
        // This property is the complete definition.
        return fact.text("exclude").map(str::to_owned);
    };
    words.extend(is("include").then(|| format!("INCLUDE ({})", names("include"))));
    words.extend(is("options").then(|| format!("WITH {}", storage(fact.get("options")))));
    words.extend(is("no inherit").then(|| "NO INHERIT".to_owned()));
    words.extend(is("deferrable").then(|| "DEFERRABLE".to_owned()));
    words.extend(is("initially deferred").then(|| "INITIALLY DEFERRED".to_owned()));
    words.extend(is("not enforced").then(|| "NOT ENFORCED".to_owned()));
    Some(words.join(" "))
}

fn foreign_key(fact: &Fact, own: &str, theirs: &str) -> Vec<String> {
    let text = |property: &str| fact.text(property).map(str::to_uppercase);
    let mut words = vec![format!("FOREIGN KEY ({own}) REFERENCES {} ({theirs})", fact.text("references").unwrap_or_default())];
    words.extend(text("match").map(|it| format!("MATCH {it}")));
    words.extend(text("on update").map(|it| format!("ON UPDATE {it}")));
    let sets = fact.get("sets").map(|sets| format!(" ({})", idents(Some(sets)))).unwrap_or_default();
    words.extend(text("on delete").map(|it| format!("ON DELETE {it}{sets}")));
    words
}

/// A partition is created before it is attached, so it gets its own copy of its parent's check.
fn create(fact: &Fact, around: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let Some(definition) = definition(fact) else { return Err("it is no constraint that this version knows".into()) };
    let not_valid = if fact.get("not valid").is_some() { " NOT VALID" } else { "" };
    Ok(vec![format!("ALTER {} ADD CONSTRAINT {} {definition}{not_valid}", table(fact, around), fact.own_name())])
}

fn drop(fact: &Fact, around: &Around<'_>) -> Vec<String> {
    vec![format!("ALTER {} DROP CONSTRAINT {}", table(fact, around), fact.own_name())]
}

/// Validates the constraint, unless NOT VALID is wanted: a valid one satisfies that too.
fn validated(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    if setting.is_set() {
        return Ok(Vec::new());
    }
    let table = table(setting.fact, setting.around);
    Ok(vec![format!("ALTER {table} VALIDATE CONSTRAINT {}", setting.fact.own_name())])
}

fn options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let index = index_of(setting.fact);
    Ok(list_options(setting.wanted, setting.old).iter().map(|act| format!("ALTER INDEX {index} {act}")).collect())
}

fn clustered(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let table = setting.fact.holder();
    Ok(vec![if setting.is_set() {
        format!("ALTER TABLE {table} CLUSTER ON {}", setting.fact.own_name())
    } else {
        format!("ALTER TABLE {table} SET WITHOUT CLUSTER")
    }])
}
