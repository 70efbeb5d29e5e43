//! Publications.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, ident, list};
use super::{Form, Holder, Kind, Word, Fact};

pub const KIND: Kind = Kind {
    word: "publication",
    query: include_str!("publication.sql"),
    ddl: Ddl { turn: |_| Turn::Publication, address, create, drop: |fact, _| vec![format!("DROP PUBLICATION {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("all tables", Form::Flag, By::Again),
        ("tables", Form::List, By::Alter(members)),
        ("schemas", Form::List, By::Alter(members)),
        ("publishes", Form::List, By::Alter(publishes)),
        ("via root", Form::Flag, By::Alter(via_root)),
        ("generated columns", Form::Word, By::Alter(generated)),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[
        Word { name: "{publication_columns}", since: 15, then: "CASE WHEN r.prattrs IS NOT NULL THEN ' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a \
                   WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs::int2[])) || ')' END", before: "NULL" },
        Word { name: "{publication_filter}", since: 15, then: "' WHERE ' || pg_get_expr(r.prqual, r.prrelid)", before: "NULL" },
        Word { name: "{publication_schemas}", since: 15, then: "(SELECT json_agg(CASE s.prefix WHEN '' THEN 'the home' ELSE quote_ident(s.nspname) END ORDER BY s.nspname) \
                   FROM pg_publication_namespace n JOIN spc s ON s.oid = n.pnnspid WHERE n.pnpubid = p.oid)", before: "NULL::json" },
        Word { name: "{generated_columns}", since: 18, then: "CASE p.pubgencols WHEN 's' THEN 'stored' END", before: "NULL::text" },
    ],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("PUBLICATION {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let of = match (fact.get("all tables").is_some(), objects(fact)) {
        (true, _) => " FOR ALL TABLES".to_owned(),
        (false, objects) if objects.is_empty() => String::new(),
        (false, objects) => format!(" FOR {objects}"),
    };
    let mut words = Vec::new();
    words.extend(fact.get("publishes").map(|_| format!("publish = '{}'", list(fact.get("publishes")).join(", "))));
    words.extend(fact.get("via root").map(|_| "publish_via_partition_root = true".to_owned()));
    words.extend(fact.text("generated columns").map(|it| format!("publish_generated_columns = {it}")));
    let with = if words.is_empty() { String::new() } else { format!(" WITH ({})", words.join(", ")) };
    Ok(vec![format!("CREATE PUBLICATION {}{of}{with}", fact.name)])
}

/// `TABLE a, b (x) WHERE (…), TABLES IN SCHEMA s`.
fn objects(fact: &Fact) -> String {
    let table = |text: &String| match text.split_once(" WHERE ") {
        Some((table, filter)) => format!("{table} WHERE ({filter})"),
        None => text.clone(),
    };
    let tables: Vec<String> = list(fact.get("tables")).iter().map(table).collect();
    let schema = |name: &String| if name == "the home" { "CURRENT_SCHEMA".to_owned() } else { name.clone() };
    let schemas: Vec<String> = list(fact.get("schemas")).iter().map(schema).collect();
    let tables = (!tables.is_empty()).then(|| format!("TABLE {}", tables.join(", ")));
    let schemas = (!schemas.is_empty()).then(|| format!("TABLES IN SCHEMA {}", schemas.join(", ")));
    tables.into_iter().chain(schemas).collect::<Vec<_>>().join(", ")
}

/// Sets all members at once: they are one list.
fn members(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let fact = setting.fact;
    let head = format!("ALTER PUBLICATION {}", fact.name);
    let wanted = objects(fact);
    Ok(vec![match setting.found {
        _ if !wanted.is_empty() => format!("{head} SET {wanted}"),
        Some(found) => format!("{head} DROP {}", names(found)),
        None => return Ok(Vec::new()),
    }])
}

/// The members in the form of DROP: without columns and filters.
fn names(found: &Fact) -> String {
    let bare = |text: &String| {
        let text = text.split_once(" WHERE ").map_or(text.as_str(), |(table, _)| table);
        text.split_once(" (").map_or(text, |(table, _)| table).to_owned()
    };
    let tables: Vec<String> = list(found.get("tables")).iter().map(bare).collect();
    let schemas = list(found.get("schemas"));
    let schema = |name: &String| if name == "the home" { "CURRENT_SCHEMA".to_owned() } else { ident(name.trim_matches('"')) };
    let tables = (!tables.is_empty()).then(|| format!("TABLE {}", tables.join(", ")));
    let schemas: Vec<String> = schemas.iter().map(schema).collect();
    let schemas = (!schemas.is_empty()).then(|| format!("TABLES IN SCHEMA {}", schemas.join(", ")));
    tables.into_iter().chain(schemas).collect::<Vec<_>>().join(", ")
}

fn option(setting: &Setting<'_>, word: &str) -> Result<Vec<String>, Unwritable> {
    Ok(vec![format!("ALTER PUBLICATION {} SET ({word})", setting.fact.name)])
}

fn publishes(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let all = ["insert", "update", "delete", "truncate"].map(str::to_owned);
    let acts = if setting.wanted.is_some() { list(setting.wanted) } else { all.to_vec() };
    option(setting, &format!("publish = '{}'", acts.join(", ")))
}

fn via_root(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    option(setting, &format!("publish_via_partition_root = {}", setting.is_set()))
}

fn generated(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    option(setting, &format!("publish_generated_columns = {}", setting.text().unwrap_or("none")))
}
