//! Policies of row security.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, idents};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "policy",
    query: include_str!("policy.sql"),
    ddl: Ddl { turn: |_| Turn::Security, address, create, drop: |fact, around| vec![format!("DROP {}", address(fact, around))] },
    holder: Holder::Table,
    properties: &[
        ("for", Form::Word, By::Again),
        ("restrictive", Form::Flag, By::Again),
        ("to", Form::List, By::Alter(altered)),
        ("using", Form::EXPRESSION, By::Alter(altered)),
        ("check", Form::EXPRESSION, By::Alter(altered)),
        ("comment", Form::Word, By::Comment),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("POLICY {} ON {}", fact.own_name(), fact.holder())
}

fn create(fact: &Fact, around: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let restrictive = if fact.get("restrictive").is_some() { " AS RESTRICTIVE" } else { "" };
    let of = fact.text("for").map(|it| format!(" FOR {}", it.to_uppercase())).unwrap_or_default();
    Ok(vec![format!("CREATE {}{restrictive}{of}{}", address(fact, around), words(fact))])
}

fn words(fact: &Fact) -> String {
    let to = fact.get("to").map(|to| format!(" TO {}", idents(Some(to)))).unwrap_or_default();
    let using = fact.text("using").map(|it| format!(" USING ({it})")).unwrap_or_default();
    let check = fact.text("check").map(|it| format!(" WITH CHECK ({it})")).unwrap_or_default();
    format!("{to}{using}{check}")
}

/// ALTER POLICY cannot remove an expression.
fn altered(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let (fact, around) = (setting.fact, setting.around);
    let loses = |property: &str| setting.found.is_some_and(|it| it.get(property).is_some()) && fact.get(property).is_none();
    if loses("using") || loses("check") {
        let again = create(fact, around)?;
        return Ok([format!("DROP {}", address(fact, around))].into_iter().chain(again).collect());
    }
    let to = if fact.get("to").is_none() { " TO PUBLIC" } else { "" };
    Ok(vec![format!("ALTER {}{to}{}", address(fact, around), words(fact))])
}
