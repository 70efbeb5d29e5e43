//! Columns of tables, and those columns of views that have a property of their own.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, foreign, list_options, plain, sequence_options, set};
use super::{Form, Holder, Kind, Word, Fact};

pub const KIND: Kind = Kind {
    word: "column",
    query: include_str!("column.sql"),
    ddl: Ddl { turn: |_| Turn::Column, address, create, drop },
    holder: Holder::Table,
    properties: &[
        ("type", Form::Word, By::Alter(data_type)),
        ("collate", Form::Word, By::Alter(collate)),
        ("not null", Form::Word, By::Alter(not_null)),
        ("not null not valid", Form::Pending, By::Set(Turn::Check, not_null_not_valid)),
        ("not null no inherit", Form::Flag, By::Alter(not_null_no_inherit)),
        ("default", Form::EXPRESSION, By::Late(Turn::Column, default)),
        ("generated", Form::EXPRESSION, By::Alter(generated)),
        ("virtual", Form::Flag, By::Never("a computed column is kept in another way only where it is made")),
        ("identity", Form::Word, By::Alter(identity)),
        ("sequence", Form::List, By::Alter(sequence)),
        ("storage", Form::Word, By::Set(Turn::Column, storage)),
        ("compression", Form::Word, By::Set(Turn::Column, compression)),
        ("statistics", Form::Word, By::Set(Turn::Column, statistics)),
        ("options", Form::Options, By::Set(Turn::Column, options)),
        ("server options", Form::List, By::Alter(server_options)),
        ("comment", Form::Word, By::Comment),
        ("grants", Form::List, By::Set(Turn::Privileges, grants)),
    ],
    words: &[
        Word { name: "{not_null_not_valid}", since: 18, then: "coalesce(NOT nn.convalidated, false)", before: "false" },
        Word { name: "{not_null_no_inherit}", since: 18, then: "coalesce(nn.connoinherit, false)", before: "false" },
        Word { name: "{not_null_constraint}", since: 18, then: "LEFT JOIN pg_constraint nn ON nn.conrelid = r.oid AND nn.contype = 'n' \
                   AND nn.conkey = ARRAY[a.attnum]", before: "" },
        Word { name: "{compression}", since: 14, then: "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END", before: "NULL" },
        Word { name: "{is_compressed}", since: 14, then: "a.attcompression <> ''", before: "false" },
    ],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("COLUMN {}", fact.name)
}

/// The column's definition within its table's statement. A partition takes its identity from its parent.
pub(super) fn within(fact: &Fact, table: &Fact, around: &Around<'_>) -> Result<String, Unwritable> {
    let text = |property: &str| fact.text(property);
    let mut words = vec![fact.own_name().to_owned(), text("type").unwrap_or_default().to_owned()];
    let options = foreign(fact.get("server options"), None, true, around)?;
    words.extend((!options.is_empty()).then(|| options.trim_start().to_owned()));
    words.extend(text("collate").map(|it| format!("COLLATE {it}")));
    let kept = if fact.get("virtual").is_some() { "VIRTUAL" } else { "STORED" };
    words.extend(text("generated").map(|it| format!("GENERATED ALWAYS AS ({it}) {kept}")));
    if table.get("of").is_none() {
        words.extend(identity_words(fact));
    }
    let is_not_null = fact.get("not null").is_some() && fact.get("not null not valid").is_none();
    let inherits = fact.get("not null no inherit").is_none();
    words.extend(is_not_null.then(|| if inherits { "NOT NULL" } else { "NOT NULL NO INHERIT" }.to_owned()));
    Ok(words.join(" "))
}

fn identity_words(fact: &Fact) -> Option<String> {
    let always = fact.text("identity")?.to_uppercase();
    let options = sequence_options(fact.get("sequence"), None);
    let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(" ")) };
    Some(format!("GENERATED {always} AS IDENTITY{options}"))
}

/// A column of a view is created by the view itself.
fn create(fact: &Fact, around: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let holder = fact.holder();
    if around.is_view(holder) {
        return Ok(Vec::new());
    }
    let Some(table) = around.find("table", holder) else { return Err("its table is not known".into()) };
    let default = fact.text("default").map(|it| format!(" DEFAULT {it}")).unwrap_or_default();
    Ok(vec![format!("ALTER TABLE {holder} ADD COLUMN {}{default}", within(fact, table, around)?)])
}

fn drop(fact: &Fact, around: &Around<'_>) -> Vec<String> {
    let (holder, name) = (fact.holder(), fact.own_name());
    if !around.is_view(holder) {
        return vec![format!("ALTER TABLE {holder} DROP COLUMN {name}")];
    }
    let is_set = |property: &str| SET_ON_VIEWS.contains(&property) && fact.get(property).is_some();
    let unset = fact.kind.properties.iter().filter(|(property, ..)| is_set(property)).map(|(property, _, by)| {
        let setting = Setting { fact, found: Some(fact), wanted: None, old: fact.get(property), around };
        set(*by, &setting).unwrap_or_default()
    });
    unset.flatten().collect()
}

/// Properties of a view's column that its query does not determine.
pub const SET_ON_VIEWS: &[&str] = &["default", "storage", "compression", "statistics", "options", "comment"];

fn alter(setting: &Setting<'_>, act: &str) -> Vec<String> {
    let fact = setting.fact;
    vec![format!("ALTER TABLE {} ALTER COLUMN {} {act}", fact.holder(), fact.own_name())]
}

/// Alters this table only: a partition or child may have another value.
fn alter_only(setting: &Setting<'_>, act: &str) -> Vec<String> {
    let fact = setting.fact;
    if setting.around.is_view(fact.holder()) {
        return vec![format!("ALTER VIEW {} ALTER COLUMN {} {act}", fact.holder(), fact.own_name())];
    }
    let only = if setting.found.is_some() && !setting.around.is_partition(fact.holder()) { "" } else { "ONLY " };
    vec![format!("ALTER TABLE {only}{} ALTER COLUMN {} {act}", fact.holder(), fact.own_name())]
}

/// The type without its length. A value converts to another length of the same base without USING.
fn base(data_type: &str) -> &str {
    data_type.split('(').next().unwrap_or(data_type).trim()
}

/// The new type with the wanted collation, which the type's own would otherwise replace.
fn data_type(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let fact = setting.fact;
    let wanted = setting.text().unwrap_or_default();
    let old = setting.old.and_then(serde_json::Value::as_str).unwrap_or_default();
    let collate = fact.text("collate").map(|it| format!(" COLLATE {it}")).unwrap_or_default();
    let is_same = base(old) == base(wanted) && old.ends_with("[]") == wanted.ends_with("[]");
    let using = if is_same { String::new() } else { format!(" USING {}::{wanted}", fact.own_name()) };
    let retype = format!("TYPE {wanted}{collate}{using}");
    // The old default may not convert to the new type.
    let found = setting.found.and_then(|found| found.text("default"));
    let Some(default) = fact.text("default").filter(|_| found.is_some() && !is_same) else {
        return Ok(alter(setting, &retype));
    };
    let (table, name) = (fact.holder(), fact.own_name());
    Ok(vec![format!(
        "ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT, ALTER COLUMN {name} {retype}, ALTER COLUMN {name} SET DEFAULT {default}"
    )])
}

/// The collation, unless the statement for the type sets it.
fn collate(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let data_type = setting.fact.text("type").unwrap_or_default();
    if setting.found.is_some_and(|found| found.text("type") != Some(data_type)) {
        return Ok(Vec::new());
    }
    let collate = setting.text().unwrap_or("pg_catalog.\"default\"");
    Ok(alter(setting, &format!("TYPE {data_type} COLLATE {collate}")))
}

fn not_null(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(match setting.text() {
        None => alter(setting, "DROP NOT NULL"),
        Some(_) if setting.fact.get("not null not valid").is_some() => not_valid(setting.fact),
        Some(_) if setting.fact.get("not null no inherit").is_some() => not_inherited(setting.fact),
        Some(_) => alter(setting, "SET NOT NULL"),
    })
}

fn not_valid(fact: &Fact) -> Vec<String> {
    vec![format!("ALTER TABLE {} ADD NOT NULL {} NOT VALID", fact.holder(), fact.own_name())]
}

fn not_inherited(fact: &Fact) -> Vec<String> {
    vec![format!("ALTER TABLE {} ADD NOT NULL {} NO INHERIT", fact.holder(), fact.own_name())]
}

/// Drops the constraint and adds it again: ALTER CONSTRAINT needs its name, which is not a fact.
fn not_null_no_inherit(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let fact = setting.fact;
    if fact.get("not null").is_none() || setting.found.is_none_or(|found| found.get("not null").is_none()) {
        return Ok(Vec::new());
    }
    let again = if setting.is_set() { not_inherited(fact) } else { alter(setting, "SET NOT NULL") };
    Ok(alter(setting, "DROP NOT NULL").into_iter().chain(again).collect())
}

/// SET NOT NULL validates a constraint that is not valid yet.
fn not_null_not_valid(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let fact = setting.fact;
    Ok(match setting.found {
        None if setting.is_set() => not_valid(fact),
        Some(_) if !setting.is_set() && fact.get("not null").is_some() => alter(setting, "SET NOT NULL"),
        None | Some(_) => Vec::new(),
    })
}

fn default(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = setting.text().map_or_else(|| "DROP DEFAULT".to_owned(), |value| format!("SET DEFAULT {value}"));
    Ok(alter_only(setting, &act))
}

/// Only a new column can become a generated one; before 17 the same holds for another expression.
fn generated(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    match (setting.text(), setting.old) {
        (None, _) => Ok(alter(setting, "DROP EXPRESSION")),
        (Some(value), Some(_)) if setting.around.major >= 17 => {
            Ok(alter(setting, &format!("SET EXPRESSION AS ({value})")))
        }
        (Some(_), _) => Err("it is computed otherwise, and becomes so only where it is made".into()),
    }
}

/// A new sequence continues after the existing rows.
fn identity(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let fact = setting.fact;
    match (setting.text(), setting.old) {
        (None, _) => Ok(alter(setting, "DROP IDENTITY")),
        (Some(always), Some(_)) => Ok(alter(setting, &format!("SET GENERATED {}", always.to_uppercase()))),
        (Some(_), None) => {
            let add = alter(setting, &format!("ADD {}", identity_words(fact).unwrap_or_default()));
            let had_default = setting.found.is_some_and(|found| found.get("default").is_some());
            let bare = if had_default { alter(setting, "DROP DEFAULT") } else { Vec::new() };
            Ok(bare.into_iter().chain(add).chain([behind_rows(fact)]).collect())
        }
    }
}

/// Sets the next value of a column's sequence to one that no row has.
pub fn behind_rows(fact: &Fact) -> String {
    let (table, column) = (fact.holder(), fact.own_name());
    format!(
        "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({}, {}), max({column})) FROM {table} HAVING max({column}) IS NOT NULL",
        super::ddl::literal(table),
        super::ddl::literal(&plain(column)),
    )
}

fn sequence(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let is_new = setting.found.is_some_and(|found| found.get("identity").is_none());
    if is_new || setting.fact.get("identity").is_none() {
        return Ok(Vec::new());
    }
    let words = sequence_options(setting.wanted, setting.old);
    let sets: Vec<String> = words.iter().map(|word| format!("SET {word}")).collect();
    Ok(alter(setting, &sets.join(" ")))
}

fn storage(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let word = match setting.text() {
        Some(word) => word.to_uppercase(),
        None if setting.around.major >= 16 => "DEFAULT".to_owned(),
        None => own_storage(setting.fact.text("type").unwrap_or_default(), setting.around).to_owned(),
    };
    Ok(alter(setting, &format!("SET STORAGE {word}")))
}

/// The default storage of a type (pg_type.typstorage); a type of fixed length has no other.
fn own_storage(data_type: &str, around: &Around<'_>) -> &'static str {
    let domain = around.find("type", data_type).and_then(|it| it.text("domain"));
    match base(data_type) {
        _ if data_type.ends_with("[]") => "EXTENDED",
        "numeric" | "inet" | "cidr" => "MAIN",
        "tsquery" => "PLAIN",
        _ => domain.map_or("EXTENDED", |of| own_storage(of, around)),
    }
}

fn compression(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(alter(setting, &format!("SET COMPRESSION {}", setting.text().unwrap_or("default"))))
}

fn statistics(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(alter(setting, &format!("SET STATISTICS {}", setting.text().unwrap_or("-1"))))
}

fn options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(list_options(setting.wanted, setting.old).iter().flat_map(|act| alter(setting, act)).collect())
}

fn server_options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let fact = setting.fact;
    let options = foreign(setting.wanted, setting.old, false, setting.around)?;
    Ok(vec![format!("ALTER FOREIGN TABLE {} ALTER COLUMN {}{options}", fact.holder(), fact.own_name())])
}

fn grants(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let (table, column) = (setting.fact.holder(), setting.fact.own_name());
    let on = format!("TABLE {table}");
    let of_column = |statement: String| match statement.split_once(" ON TABLE ") {
        // Each privilege is followed by the column.
        Some((acts, rest)) => {
            let (word, privileges) = acts.split_once(' ').unwrap_or((acts, ""));
            let each: Vec<String> = privileges.split(", ").map(|it| format!("{it} ({column})")).collect();
            format!("{word} {} ON TABLE {rest}", each.join(", "))
        }
        None => statement,
    };
    Ok(super::ddl::granted(&on, setting).into_iter().map(of_column).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_column_goes_back_to_the_storage_of_its_type() {
        let domain = Fact::of_line("type price", [("domain".to_owned(), json!("numeric(10,2)"))]).unwrap();
        let facts = [domain];
        for (data_type, storage) in [
            ("numeric(10,2)", "MAIN"),
            ("numeric(10,2)[]", "EXTENDED"),
            ("price", "MAIN"),
            ("price[]", "EXTENDED"),
            ("inet", "MAIN"),
            ("text", "EXTENDED"),
        ] {
            assert_eq!(own_storage(data_type, &Around::new(&facts, 15)), storage, "{data_type}");
        }
    }
}
