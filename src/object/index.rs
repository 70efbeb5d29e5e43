//! Indexes without a constraint.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, ident, idents, last_part, list, list_options, storage};
use super::{Form, Holder, Kind, Word, Fact};

pub const KIND: Kind = Kind {
    word: "index",
    query: include_str!("index.sql"),
    ddl: Ddl { turn: |_| Turn::Index, address, create, drop: |fact, _| vec![format!("DROP INDEX {}", fact.name)] },
    holder: Holder::On,
    properties: &[
        ("on", Form::Word, By::Again),
        ("method", Form::Word, By::Again),
        ("unique", Form::Flag, By::Again),
        ("keys", Form::Part("CREATE INDEX own ON t (", ")"), By::Again),
        ("include", Form::List, By::Again),
        ("where", Form::EXPRESSION, By::Again),
        ("nulls not distinct", Form::Flag, By::Again),
        ("options", Form::Options, By::Alter(options)),
        ("statistics", Form::List, By::Set(Turn::Identity, statistics)),
        ("INVALID", Form::Flag, By::Again),
        ("clustered", Form::Flag, By::Set(Turn::Identity, clustered)),
        ("comment", Form::Word, By::Comment),
    ],
    words: &[
        Word { name: "{nulls_not_distinct}", since: 15, then: "i.indnullsnotdistinct", before: "false" },
    ],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("INDEX {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let unique = if fact.get("unique").is_some() { "UNIQUE " } else { "" };
    let method = fact.text("method").map(|it| format!(" USING {}", ident(it))).unwrap_or_default();
    let include = fact.get("include").map(|it| format!(" INCLUDE ({})", idents(Some(it)))).unwrap_or_default();
    let nulls = if fact.get("nulls not distinct").is_some() { " NULLS NOT DISTINCT" } else { "" };
    let with = fact.get("options").map(|it| format!(" WITH {}", storage(Some(it)))).unwrap_or_default();
    let filter = fact.text("where").map(|it| format!(" WHERE {it}")).unwrap_or_default();
    let (keys, table) = (list(fact.get("keys")).join(", "), fact.text("on").unwrap_or_default());
    let name = last_part(&fact.name);
    Ok(vec![format!("CREATE {unique}INDEX {name} ON {table}{method} ({keys}){include}{nulls}{with}{filter}")])
}

fn options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let name = &setting.fact.name;
    Ok(list_options(setting.wanted, setting.old).iter().map(|act| format!("ALTER INDEX {name} {act}")).collect())
}

/// The statistics targets; each item is the number of a column and its target.
fn statistics(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let (wanted, old) = (list(setting.wanted), list(setting.old));
    let column = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let gone = old.iter().filter(|line| !wanted.iter().any(|it| column(it) == column(line)));
    let set = |column: &str, target: &str| {
        format!("ALTER INDEX {} ALTER COLUMN {column} SET STATISTICS {target}", setting.fact.name)
    };
    let reset = gone.map(|line| set(&column(line), "-1"));
    let new = wanted.iter().filter(|line| !old.contains(line)).filter_map(|line| line.split_once(' '));
    Ok(reset.chain(new.map(|(column, target)| set(column, target))).collect())
}

fn clustered(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let table = setting.fact.holder();
    let word = if setting.around.is_view(table) { "MATERIALIZED VIEW" } else { "TABLE" };
    Ok(vec![if setting.is_set() {
        format!("ALTER {word} {table} CLUSTER ON {}", last_part(&setting.fact.name))
    } else {
        format!("ALTER {word} {table} SET WITHOUT CLUSTER")
    }])
}
