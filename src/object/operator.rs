//! Operators.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, signature};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "operator",
    query: include_str!("operator.sql"),
    ddl: Ddl { turn: |_| Turn::Operator, address, create, drop: |fact, _| vec![format!("DROP OPERATOR {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("function", Form::Word, By::Again),
        ("commutator", Form::Word, By::Again),
        ("negator", Form::Word, By::Again),
        ("restrict", Form::Word, By::Alter(restrict)),
        ("join", Form::Word, By::Alter(join)),
        ("hashes", Form::Flag, By::Again),
        ("merges", Form::Flag, By::Again),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("OPERATOR {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let (name, types) = signature(&fact.name);
    let types = types.trim_start_matches('(').trim_end_matches(')');
    // The types of an operator have no modifiers, so a comma only separates them.
    let (left, right) = types.split_once(", ").unwrap_or(("NONE", types));
    let mut words = vec![format!("FUNCTION = {}", fact.text("function").unwrap_or_default())];
    words.extend((left != "NONE").then(|| format!("LEFTARG = {left}")));
    words.extend((right != "NONE").then(|| format!("RIGHTARG = {right}")));
    for (word, property) in [("COMMUTATOR", "commutator"), ("NEGATOR", "negator")] {
        words.extend(fact.text(property).map(|it| format!("{word} = OPERATOR({})", signature(it).0)));
    }
    for (word, property) in [("RESTRICT", "restrict"), ("JOIN", "join")] {
        words.extend(fact.text(property).map(|it| format!("{word} = {it}")));
    }
    words.extend(fact.get("hashes").map(|_| "HASHES".to_owned()));
    words.extend(fact.get("merges").map(|_| "MERGES".to_owned()));
    Ok(vec![format!("CREATE OPERATOR {name} ({})", words.join(", "))])
}

fn restrict(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(vec![format!("ALTER OPERATOR {} SET (RESTRICT = {})", setting.fact.name, setting.text().unwrap_or("NONE"))])
}

fn join(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(vec![format!("ALTER OPERATOR {} SET (JOIN = {})", setting.fact.name, setting.text().unwrap_or("NONE"))])
}
