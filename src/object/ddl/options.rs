//! Options: `name=value` words of tables, foreign objects and sequences.

use serde_json::Value;

use super::words::{ident, list, literal};
use super::{Around, Unwritable};

/// Stands for a value that no fact contains.
const HIDDEN: &str = "…";

fn split(options: Option<&Value>) -> Vec<(String, String)> {
    let pair = |option: &String| match option.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (option.clone(), "true".to_owned()),
    };
    list(options).iter().map(pair).collect()
}

/// `(a='1', b='2')`; empty without options.
pub fn storage(options: Option<&Value>) -> String {
    let words: Vec<String> = split(options).iter().map(|(name, value)| format!("{name}={}", literal(value))).collect();
    if words.is_empty() { String::new() } else { format!("({})", words.join(", ")) }
}

/// `SET (…)` and `RESET (…)`, from the old options to the wanted ones.
pub fn list_options(wanted: Option<&Value>, old: Option<&Value>) -> Vec<String> {
    let (wanted, old) = (split(wanted), split(old));
    let gone: Vec<&str> = old
        .iter()
        .filter(|(name, _)| !wanted.iter().any(|(it, _)| it == name))
        .map(|(name, _)| name.as_str())
        .collect();
    let new: Vec<String> = wanted
        .iter()
        .filter(|option| !old.contains(option))
        .map(|(name, value)| format!("{name}={}", literal(value)))
        .collect();
    let reset = (!gone.is_empty()).then(|| format!("RESET ({})", gone.join(", ")));
    let set = (!new.is_empty()).then(|| format!("SET ({})", new.join(", ")));
    reset.into_iter().chain(set).collect()
}

/// `OPTIONS (…)` of a foreign object: all of them if it is new, otherwise the changes from the old options to the wanted ones.
///
/// # Errors
/// An option's value may be a secret, which no fact contains. A new object is created without it, with a remark.
pub fn foreign(
    wanted: Option<&Value>,
    old: Option<&Value>,
    is_new: bool,
    around: &Around<'_>,
) -> Result<String, Unwritable> {
    let (wanted, old) = (split(wanted), split(old));
    let mut hidden = String::new();
    let mut words = Vec::new();
    for (name, _) in old.iter().filter(|(name, _)| !wanted.iter().any(|(it, _)| it == name)) {
        words.push(format!("DROP {}", ident(name)));
    }
    for (name, value) in &wanted {
        let before = old.iter().find(|(it, _)| it == name).map(|(_, value)| value);
        if before == Some(value) {
            continue;
        }
        if value == HIDDEN && !around.is_rehearsal {
            if is_new {
                hidden += &format!(" /* {name} may be a secret: the snapshot does not hold its value */");
                continue;
            }
            return Err(Unwritable(format!("the option {name} may be a secret: the snapshot does not hold its value")));
        }
        let act = match (is_new, before) {
            (true, _) => "",
            (false, None) => "ADD ",
            (false, Some(_)) => "SET ",
        };
        words.push(format!("{act}{} {}", ident(name), literal(value)));
    }
    let said = if words.is_empty() { String::new() } else { format!(" OPTIONS ({})", words.join(", ")) };
    Ok(said + &hidden)
}

/// The words of a sequence. For an existing one they include an option that returns to its default.
pub fn sequence_options(wanted: Option<&Value>, old: Option<&Value>) -> Vec<String> {
    let (wanted, old) = (list(wanted), list(old));
    let word = |option: &str| option.split(' ').next().unwrap_or_default().to_owned();
    let said = wanted.iter().map(|option| match option.split_once(' ') {
        Some(("increment", by)) => format!("INCREMENT BY {by}"),
        Some(("min", value)) => format!("MINVALUE {value}"),
        Some(("max", value)) => format!("MAXVALUE {value}"),
        Some(("start", value)) => format!("START WITH {value}"),
        Some(("cache", value)) => format!("CACHE {value}"),
        _ => "CYCLE".to_owned(),
    });
    let gone = old.iter().map(|option| word(option)).filter(|it| !wanted.iter().any(|option| word(option) == *it));
    let value = |of: &str| wanted.iter().find_map(|option| option.strip_prefix(of));
    let reset = gone.map(|option| match option.as_str() {
        "increment" => "INCREMENT BY 1".to_owned(),
        "min" => "NO MINVALUE".to_owned(),
        "max" => "NO MAXVALUE".to_owned(),
        "start" if value("increment -").is_some() => format!("START WITH {}", value("max ").unwrap_or("-1")),
        "start" => format!("START WITH {}", value("min ").unwrap_or("1")),
        "cache" => "CACHE 1".to_owned(),
        _ => "NO CYCLE".to_owned(),
    });
    said.chain(reset).collect()
}
