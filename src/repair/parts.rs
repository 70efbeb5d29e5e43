//! Labels of an enum, and attributes of a composite type.

use super::Check;
use crate::object::{Around, Difference, Fact, Weight, compare, list, literal, own_word};
use serde_json::Value;

/// A label with another name.
pub struct Label {
    pub old: String,
    pub sql: String,
    /// Facts that differ by that name alone.
    pub witnesses: Vec<String>,
}

/// A label that replaces another, so it may be renamed. The server stores labels by number: a default or a check with the new
/// name, where the snapshot has the old one, followed a rename. Without such evidence it may be a different label.
pub fn renamed_label(fact: &Fact, there: &Fact, differing: &[(Fact, Fact, Vec<Difference>)]) -> Option<Label> {
    let (wanted, found) = (list(fact.get("labels")), list(there.get("labels")));
    let mut other = wanted.iter().zip(&found).filter(|(wanted, found)| wanted != found);
    let (Some((to, from)), None, true) = (other.next(), other.next(), wanted.len() == found.len()) else { return None };
    if found.contains(to) || wanted.contains(from) {
        return None;
    }
    let typed = |label: &str| format!("{}::{}", literal(label), fact.name);
    let (old, new) = (typed(from), typed(to));
    let followed = differing.iter().filter(|(wanted, found, _)| {
        let named = with_text(found, &old, &new);
        named.properties != found.properties
            && compare(wanted, &named, true).iter().all(|it| it.weight != Weight::Different)
    });
    let witnesses: Vec<String> = followed.map(|(wanted, ..)| wanted.identity()).collect();
    let sql = format!("ALTER TYPE {} RENAME VALUE {} TO {}", fact.name, literal(from), literal(to));
    (!witnesses.is_empty()).then(|| Label { old: literal(to), sql, witnesses })
}

fn with_text(fact: &Fact, old: &str, new: &str) -> Fact {
    fn replaced(value: &Value, old: &str, new: &str) -> Value {
        match value {
            Value::String(text) => Value::String(text.replace(old, new)),
            Value::Array(items) => Value::Array(items.iter().map(|item| replaced(item, old, new)).collect()),
            other => other.clone(),
        }
    }
    let properties = fact.properties.iter().map(|(name, value)| (*name, replaced(value, old, new))).collect();
    Fact { properties, ..fact.clone() }
}

/// A label or an attribute that the chain does not have.
pub struct Part {
    pub property: &'static str,
    pub what: String,
    /// Empty if no statement removes it.
    pub drop: Vec<String>,
    pub check: Option<Check>,
}

/// Parts of a type beyond the wanted ones.
pub fn extra(fact: &Fact, there: &Fact, found: &Around<'_>) -> Vec<Part> {
    let (wanted, labels) = (list(fact.get("labels")), list(there.get("labels")));
    // A single label in place of another counts as that label renamed.
    let is_more = labels.len() > wanted.len() || wanted.iter().all(|label| labels.contains(label));
    let labels = labels.iter().filter(|label| is_more && !wanted.contains(label)).map(|label| Part {
        property: "labels",
        what: format!("the label {}", literal(label)),
        drop: Vec::new(),
        check: None,
    });
    let wanted = list(fact.get("attributes"));
    let wanted: Vec<&str> = wanted.iter().map(|attribute| own_word(attribute)).collect();
    let attributes = list(there.get("attributes"));
    let attributes = attributes.iter().map(|attribute| own_word(attribute)).filter(|name| !wanted.contains(name));
    let of = |name: &str| Part {
        property: "attributes",
        what: format!("the attribute {name}"),
        drop: vec![format!("ALTER TYPE {} DROP ATTRIBUTE {name}", fact.name)],
        check: Some(values(fact, name, found)),
    };
    labels.chain(attributes.map(of)).collect()
}

/// The rows with a value of the attribute in a column of the type.
fn values(fact: &Fact, attribute: &str, found: &Around<'_>) -> Check {
    let columns = found.facts.iter().filter(|it| it.kind.word == "column" && it.text("type") == Some(&fact.name));
    let stored = columns.filter(|it| found.find("table", it.holder()).is_some());
    let counts: Vec<String> =
        stored.map(|it| format!("(SELECT count(({}).{attribute}) FROM ONLY {})", it.own_name(), it.holder())).collect();
    let sum = if counts.is_empty() { "0".to_owned() } else { counts.join(" + ") };
    Check::new(format!("SELECT {sum}"), "it holds {} values")
}

/// Kinds that share a namespace within a schema.
const RELATIONS: [&str; 5] = ["table", "view", "sequence", "index", "type"];

/// True if an object of another kind has a wanted name.
pub fn takes_name(stranger: &Fact, wanted: &Fact) -> bool {
    let is_relation = |fact: &Fact| RELATIONS.contains(&fact.kind.word);
    stranger.name == wanted.name && is_relation(stranger) && is_relation(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(line: &str) -> Fact {
        let (identity, set): (String, serde_json::Map<String, Value>) = serde_json::from_str(line).unwrap();
        Fact::of_line(&identity, set).unwrap()
    }

    #[test]
    fn a_label_was_renamed_where_a_default_followed_it() {
        let (wanted, found) =
            (fact(r#"["type mood",{"labels":["sad","ok"]}]"#), fact(r#"["type mood",{"labels":["sad","fine"]}]"#));
        let column = |label: &str| fact(&format!(r#"["column t.m",{{"type":"mood","default":"'{label}'::mood"}}]"#));
        let pair = |a: &str, b: &str| {
            let (a, b) = (column(a), column(b));
            let differences = compare(&a, &b, true);
            vec![(a, b, differences)]
        };
        let label = renamed_label(&wanted, &found, &pair("ok", "fine")).unwrap();
        assert_eq!(
            (label.sql.as_str(), label.witnesses.as_slice()),
            ("ALTER TYPE mood RENAME VALUE 'fine' TO 'ok'", ["column t.m".to_owned()].as_slice())
        );
        assert!(renamed_label(&wanted, &found, &[]).is_none());
        assert!(renamed_label(&wanted, &found, &pair("ok", "sad")).is_none());
    }

    #[test]
    fn what_a_type_has_besides_is_told_by_name() {
        let told = |wanted: &str, found: &str| -> Vec<String> {
            extra(&fact(wanted), &fact(found), &Around::new(&[], 15)).into_iter().map(|part| part.what).collect()
        };
        let labels = r#"["type m",{"labels":["a","b"]}]"#;
        assert_eq!(told(labels, r#"["type m",{"labels":["a","x","b"]}]"#), ["the label 'x'"]);
        assert_eq!(told(labels, r#"["type m",{"labels":["a","x"]}]"#), [] as [&str; 0]);
        let attributes = r#"["type p",{"attributes":["a integer","b text"]}]"#;
        assert_eq!(
            told(attributes, r#"["type p",{"attributes":["a bigint","b text","\"c d\" text"]}]"#),
            ["the attribute \"c d\""]
        );
    }
}
