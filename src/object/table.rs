//! Tables of every kind, including partitions.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, foreign, ident, list, list_options, storage};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "table",
    query: include_str!("table.sql"),
    ddl: Ddl { turn: |_| Turn::Table, address, create, drop: |fact, around| vec![format!("DROP {}", address(fact, around))] },
    holder: Holder::Itself,
    properties: &[
        ("partition by", Form::Part("CREATE TABLE own (a int) PARTITION BY ", ""), By::Never("a table cannot be partitioned otherwise: its rows belong into a new one")),
        ("of", Form::Word, By::Set(Turn::Partition, attached)),
        ("bound", Form::Bound, By::Set(Turn::Partition, bound)),
        ("inherits", Form::List, By::Set(Turn::Partition, inherits)),
        ("typed", Form::Word, By::Alter(typed)),
        ("unlogged", Form::Flag, By::Alter(unlogged)),
        ("row security", Form::Flag, By::Set(Turn::Security, row_security)),
        ("forced row security", Form::Flag, By::Set(Turn::Security, forced)),
        ("replica identity", Form::Word, By::Set(Turn::Identity, replica_identity)),
        ("access method", Form::Word, By::Alter(access_method)),
        ("options", Form::Options, By::Alter(options)),
        ("server", Form::Word, By::Never("a foreign table of another server is another table")),
        ("server options", Form::List, By::Alter(server_options)),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
        ("grants", Form::List, By::Grants(|fact| format!("TABLE {}", fact.name))),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    let foreign = if fact.get("server").is_some() { "FOREIGN " } else { "" };
    format!("{foreign}TABLE {}", fact.name)
}

/// The table with its columns, but without their defaults and without parents: these come after all columns are right.
fn create(fact: &Fact, around: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let unlogged = if fact.get("unlogged").is_some() { "UNLOGGED " } else { "" };
    let mut columns = Vec::new();
    for column in around.columns(&fact.name).filter(|_| fact.get("typed").is_none()) {
        columns.push(super::column::within(column, fact, around)?);
    }
    let columns = match (fact.text("typed"), columns.is_empty()) {
        (Some(of), _) => format!(" OF {of}"),
        (None, true) => " ()".to_owned(),
        (None, false) => format!(" (\n    {}\n)", columns.join(",\n    ")),
    };
    let part = |word: &str, property: &str| fact.text(property).map(|it| format!(" {word} {it}")).unwrap_or_default();
    let by = part("PARTITION BY", "partition by");
    let method = fact.text("access method").map(|it| format!(" USING {}", ident(it))).unwrap_or_default();
    let with = match storage(fact.get("options")) {
        options if options.is_empty() => options,
        options => format!(" WITH {options}"),
    };
    let server = match fact.text("server") {
        Some(server) => format!(" SERVER {}{}", ident(server), foreign(fact.get("server options"), None, true, around)?),
        None => String::new(),
    };
    Ok(vec![format!("CREATE {unlogged}{}{columns}{by}{method}{with}{server}", address(fact, around))])
}

fn alter(setting: &Setting<'_>, act: &str) -> String {
    format!("ALTER {} {act}", address(setting.fact, setting.around))
}

fn attached(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let name = &setting.fact.name;
    let old = setting.old.and_then(serde_json::Value::as_str);
    match (old, setting.text(), setting.fact.text("bound")) {
        (None, Some(parent), Some(bound)) => Ok(vec![format!("ALTER TABLE {parent} ATTACH PARTITION {name} {bound}")]),
        (Some(parent), None, _) => Ok(vec![format!("ALTER TABLE {parent} DETACH PARTITION {name}")]),
        _ => Err("it is a partition of another table".into()),
    }
}

/// The bound is set together with the parent.
fn bound(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let parent = |fact: &Fact| fact.text("of").map(str::to_owned);
    match setting.found {
        Some(found) if parent(found) == parent(setting.fact) => Err(Unwritable(format!(
            "its bounds are others, and rows may lie outside of the wanted ones: ALTER TABLE {parent} DETACH PARTITION {name}; \
             ALTER TABLE {parent} ATTACH PARTITION {name} {}",
            setting.text().unwrap_or_default(),
            parent = parent(setting.fact).unwrap_or_default(),
            name = setting.fact.name,
        ))),
        _ => Ok(Vec::new()),
    }
}

fn inherits(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let (wanted, old) = (list(setting.wanted), list(setting.old));
    let gone = old.iter().filter(|it| !wanted.contains(it)).map(|it| alter(setting, &format!("NO INHERIT {it}")));
    let new = wanted.iter().filter(|it| !old.contains(it)).map(|it| alter(setting, &format!("INHERIT {it}")));
    Ok(gone.chain(new).collect())
}

fn typed(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(vec![alter(setting, &setting.text().map_or_else(|| "NOT OF".to_owned(), |it| format!("OF {it}")))])
}

fn unlogged(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(vec![alter(setting, if setting.is_set() { "SET UNLOGGED" } else { "SET LOGGED" })])
}

fn row_security(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = if setting.is_set() { "ENABLE" } else { "DISABLE" };
    Ok(vec![alter(setting, &format!("{act} ROW LEVEL SECURITY"))])
}

fn forced(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = if setting.is_set() { "FORCE" } else { "NO FORCE" };
    Ok(vec![alter(setting, &format!("{act} ROW LEVEL SECURITY"))])
}

fn replica_identity(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = match setting.text() {
        None => "DEFAULT".to_owned(),
        Some("full") => "FULL".to_owned(),
        Some("nothing") => "NOTHING".to_owned(),
        Some(index) => format!("USING INDEX {index}"),
    };
    Ok(vec![alter(setting, &format!("REPLICA IDENTITY {act}"))])
}

fn access_method(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(vec![alter(setting, &format!("SET ACCESS METHOD {}", ident(setting.text().unwrap_or("heap"))))])
}

fn options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(list_options(setting.wanted, setting.old).iter().map(|act| alter(setting, act)).collect())
}

fn server_options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let options = foreign(setting.wanted, setting.old, false, setting.around)?;
    Ok(vec![alter(setting, options.trim_start())])
}
