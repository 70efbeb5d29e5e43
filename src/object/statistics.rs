//! Extended statistics.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, idents, list};
use super::{Form, Holder, Kind, Word, Fact};

pub const KIND: Kind = Kind {
    word: "statistics",
    query: include_str!("statistics.sql"),
    ddl: Ddl { turn: |_| Turn::Statistics, address, create, drop: |fact, _| vec![format!("DROP STATISTICS {}", fact.name)] },
    holder: Holder::On,
    properties: &[
        ("on", Form::Word, By::Again),
        ("kinds", Form::List, By::Again),
        ("columns", Form::Set, By::Again),
        ("expressions", Form::List, By::Again),
        ("target", Form::Word, By::Set(Turn::Statistics, target)),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[
        Word { name: "{expressions}", since: 14, then: "(SELECT json_agg(e.e ORDER BY e.e) FROM unnest(pg_get_statisticsobjdef_expressions(x.oid)) AS e(e))", before: "NULL::json" },
    ],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("STATISTICS {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let kinds = list(fact.get("kinds")).join(", ");
    let expressions: Vec<String> = list(fact.get("expressions")).iter().map(|it| format!("({it})")).collect();
    // Statistics on a single expression have no kinds.
    let is_one = fact.get("columns").is_none() && expressions.len() == 1;
    let kinds = if kinds.is_empty() || is_one { String::new() } else { format!(" ({kinds})") };
    let columns = fact.get("columns").map(|it| idents(Some(it)));
    let on: Vec<String> = columns.into_iter().chain(expressions).collect();
    let table = fact.text("on").unwrap_or_default();
    Ok(vec![format!("CREATE STATISTICS {}{kinds} ON {} FROM {table}", fact.name, on.join(", "))])
}

fn target(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let target = setting.text().unwrap_or("-1");
    Ok(vec![format!("ALTER STATISTICS {} SET STATISTICS {target}", setting.fact.name)])
}
