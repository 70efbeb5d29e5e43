//! Event triggers.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, list, literal};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "event trigger",
    query: include_str!("event_trigger.sql"),
    ddl: Ddl { turn: |_| Turn::EventTrigger, address, create, drop: |fact, _| vec![format!("DROP EVENT TRIGGER {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("on", Form::Word, By::Again),
        ("function", Form::Word, By::Again),
        ("tags", Form::List, By::Again),
        ("state", Form::Word, By::Set(Turn::EventTrigger, state)),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("EVENT TRIGGER {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let tags: Vec<String> = list(fact.get("tags")).iter().map(|tag| literal(tag)).collect();
    let when = if tags.is_empty() { String::new() } else { format!(" WHEN TAG IN ({})", tags.join(", ")) };
    let (on, function) = (fact.text("on").unwrap_or_default(), fact.text("function").unwrap_or_default());
    Ok(vec![format!("CREATE EVENT TRIGGER {} ON {on}{when} EXECUTE FUNCTION {function}()", fact.name)])
}

fn state(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = match setting.text() {
        None => "ENABLE",
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some(_) => "ENABLE ALWAYS",
    };
    Ok(vec![format!("ALTER EVENT TRIGGER {} {act}", setting.fact.name)])
}
