//! Compares two facts of one name. Equal bytes are equal; otherwise the parse trees of their SQL decide.

use serde_json::Value;

use super::fact::shown;
use super::{Fact, Form};
use crate::sql::bound;
use crate::sql::equality::{self, OF_THE_SERVER};

/// A property whose value in the database differs from the snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub property: &'static str,
    /// None if it is not set.
    pub wanted: Option<String>,
    pub found: Option<String>,
    pub weight: Weight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Different, but as good as the wanted value.
    Note,
    /// Two texts that cannot be compared: another major version wrote one of them.
    Unproved,
    Different,
}

/// The differences between two facts of one kind and name. `one_writer`: servers of one major version wrote both, so texts with
/// different trees are different.
pub fn compare(wanted: &Fact, found: &Fact, one_writer: bool) -> Vec<Difference> {
    let differing = wanted.kind.properties.iter().filter_map(|(property, form, _)| {
        let (wanted, found) = (wanted.get(property), found.get(property));
        let weight = weight(*form, wanted, found, one_writer)?;
        Some(Difference { property, wanted: wanted.map(shown), found: found.map(shown), weight })
    });
    differing.collect()
}

fn weight(form: Form, wanted: Option<&Value>, found: Option<&Value>, one_writer: bool) -> Option<Weight> {
    let (Some(a), Some(b)) = (wanted, found) else {
        return match (form, wanted, found) {
            (_, None, None) => None,
            (Form::Pending, Some(_), None) => Some(Weight::Note),
            _ => Some(Weight::Different),
        };
    };
    if a == b {
        return None;
    }
    let by_trees = |is_same: bool| match (is_same, one_writer) {
        (true, _) => None,
        (false, true) => Some(Weight::Different),
        (false, false) => Some(Weight::Unproved),
    };
    match form {
        Form::Flag | Form::Pending | Form::Word | Form::List => Some(Weight::Different),
        Form::Set => (!is_same_set(a, b)).then_some(Weight::Different),
        Form::AtLeast if is_newer(&shown(b), &shown(a)) => Some(Weight::Note),
        // Each major version has its own.
        Form::AtLeast if !one_writer => Some(Weight::Unproved),
        Form::AtLeast => Some(Weight::Different),
        Form::Options => (!is_same_options(a, b)).then_some(Weight::Different),
        Form::Part(before, after) => {
            let statement = |value: &Value| format!("{before}{}{after}", shown(value));
            by_trees(equality::is_same_statement(&statement(a), &statement(b), OF_THE_SERVER))
        }
        Form::Bound => match bound::compare(&shown(a), &shown(b)) {
            bound::Comparison::Equal => None,
            bound::Comparison::Different => Some(Weight::Different),
            // The server may write one value in several ways: `10.5` is `10.50`.
            bound::Comparison::ByValue(_) | bound::Comparison::Unread => by_trees(false),
        },
        Form::Query => {
            let view = format!("CREATE VIEW own AS {}", shown(a));
            by_trees(equality::is_same_query(&view, &shown(b), OF_THE_SERVER))
        }
    }
}

/// True if a version is newer, number by number.
fn is_newer(version: &str, than: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
    };
    numbers(version) > numbers(than)
}

fn is_same_set(a: &Value, b: &Value) -> bool {
    let sorted = |value: &Value| {
        let mut items: Vec<String> =
            value.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(shown).collect();
        items.sort_unstable();
        items
    };
    sorted(a) == sorted(b)
}

fn is_same_options(a: &Value, b: &Value) -> bool {
    let plain = |value: &Value| -> Vec<String> {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().map(|item| plain_option(&shown(item))).collect()
    };
    plain(a) == plain(b)
}

/// An option with one spelling of its switch.
fn plain_option(option: &str) -> String {
    let Some((name, value)) = option.split_once('=') else { return option.to_owned() };
    let value = match value.to_ascii_lowercase().as_str() {
        "true" | "on" | "yes" | "1" => "true".to_owned(),
        "false" | "off" | "no" | "0" => "false".to_owned(),
        _ => value.parse::<f64>().map_or_else(|_| value.to_owned(), |number| number.to_string()),
    };
    format!("{name}={value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(identity: &str, set: &str) -> Fact {
        let set: serde_json::Map<String, Value> = serde_json::from_str(set).unwrap();
        Fact::of_line(identity, set).unwrap()
    }

    #[test]
    fn what_is_written_in_another_way_is_equal() {
        for (identity, a, b) in [
            (
                "constraint t.c",
                r#"{"check":"((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"}"#,
                r#"{"check":"((v)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))"}"#,
            ),
            (
                "index i",
                r#"{"on":"t","keys":["pg_catalog.lower(a)","b DESC"]}"#,
                r#"{"on":"t","keys":["lower(a)","b DESC"]}"#,
            ),
            ("statistics s", r#"{"on":"t","columns":["a","b"]}"#, r#"{"on":"t","columns":["b","a"]}"#),
            ("table t", r#"{"options":["autovacuum_enabled=false"]}"#, r#"{"options":["autovacuum_enabled=off"]}"#),
            (
                "table t",
                r#"{"of":"p","bound":"FOR VALUES IN ('b', 'a')"}"#,
                r#"{"of":"p","bound":"FOR VALUES IN ('a', 'b')"}"#,
            ),
            ("view v", r#"{"as":" SELECT t.a\n   FROM t;"}"#, r#"{"as":" SELECT a\n   FROM t;"}"#),
        ] {
            assert_eq!(compare(&fact(identity, a), &fact(identity, b), true), [], "{identity}");
        }
    }

    #[test]
    fn what_another_major_wrote_is_unproved_and_what_is_better_is_a_note() {
        let weigh = |identity: &str, a: &str, b: &str, one| {
            compare(&fact(identity, a), &fact(identity, b), one).iter().map(|it| it.weight).max()
        };
        let (a, b) = (r#"{"check":"(a > 1)"}"#, r#"{"check":"(a > 2)"}"#);
        assert_eq!(weigh("constraint t.c", a, b, true), Some(Weight::Different));
        assert_eq!(weigh("constraint t.c", a, b, false), Some(Weight::Unproved));
        let (pending, done) = (r#"{"check":"(a > 1)","not valid":true}"#, a);
        assert_eq!(weigh("constraint t.c", pending, done, true), Some(Weight::Note));
        assert_eq!(weigh("constraint t.c", done, pending, true), Some(Weight::Different));
        let (old, new) = (r#"{"version":"1.9"}"#, r#"{"version":"1.10"}"#);
        assert_eq!(weigh("extension e", old, new, true), Some(Weight::Note));
        assert_eq!(weigh("extension e", new, old, true), Some(Weight::Different));
        assert_eq!(weigh("extension e", new, old, false), Some(Weight::Unproved));
    }
}
