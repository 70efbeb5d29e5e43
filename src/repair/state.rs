//! The state line of a statement: if it holds already, the statement does not run.

use serde_json::{Map, Value, json};

use crate::object::{By, Fact, turn_of};

/// A line of the snapshot with these properties of a fact; a property without a value must be unset.
pub fn line<'v>(fact: &Fact, properties: impl IntoIterator<Item = (&'static str, Option<&'v Value>)>) -> String {
    let mut set: Map<String, Value> =
        properties.into_iter().map(|(name, value)| (name.to_owned(), value.cloned().unwrap_or(Value::Null))).collect();
    if fact.auto {
        set.insert("auto".to_owned(), Value::Bool(true));
    }
    json!([fact.identity(), set]).to_string()
}

/// The line with every property that the creating statement sets.
pub fn state(fact: &Fact, there: Option<&Fact>) -> String {
    let is_made = |by: By| turn_of(by).is_none() || matches!(by, By::Late(..));
    let properties = fact.kind.properties.iter().filter(|(_, _, by)| is_made(*by)).filter_map(|(property, ..)| {
        let value = fact.get(property);
        let was = there.and_then(|there| there.get(property));
        (value.is_some() || was.is_some()).then_some((*property, value))
    });
    line(fact, properties)
}
