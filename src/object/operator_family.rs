//! Operator families, with their members outside of any class.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, list, signature};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "operator family",
    query: include_str!("operator_family.sql"),
    // Creating a class of this name would also create the family, so the family comes first.
    ddl: Ddl { turn: |_| Turn::Function, address, create, drop: |fact, around| vec![format!("DROP {}", address(fact, around))] },
    holder: Holder::Itself,
    properties: &[
        ("operators", Form::List, By::Set(Turn::Operator, operators)),
        ("functions", Form::List, By::Set(Turn::Operator, functions)),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("OPERATOR FAMILY {}", fact.name)
}

fn create(fact: &Fact, around: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(vec![format!("CREATE {}", address(fact, around))])
}

fn operators(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    // `1 <(integer,bigint)`: the types belong to the operator.
    members(setting, "OPERATOR", |member| {
        let (number, operator) = member.split_once(' ')?;
        let types = signature(operator).1.split(" FOR ORDER BY ").next().unwrap_or_default().to_owned();
        Some(format!("{number} {types}"))
    })
}

fn functions(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    members(setting, "FUNCTION", |member| Some(member.split_inclusive(')').next()?.to_owned()))
}

fn members(
    setting: &Setting<'_>,
    word: &str,
    place: fn(&str) -> Option<String>,
) -> Result<Vec<String>, Unwritable> {
    let (wanted, old) = (list(setting.wanted), list(setting.old));
    let head = format!("ALTER OPERATOR FAMILY {}", setting.fact.name);
    let gone = old.iter().filter(|it| !wanted.contains(it)).filter_map(|it| Some(format!("{head} DROP {word} {}", place(it)?)));
    let new = wanted.iter().filter(|it| !old.contains(it)).map(|it| format!("{head} ADD {word} {it}"));
    Ok(gone.chain(new).collect())
}
