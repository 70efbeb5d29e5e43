//! Whether a column's new type takes its old values as they are (no rewrite), and whether it can hold all of them.

use crate::sql::change::TypeName;

fn limits(type_: &TypeName) -> Option<Vec<u32>> {
    type_.modifiers.iter().map(|modifier| modifier.parse().ok()).collect()
}

fn is_text(name: &str) -> bool {
    matches!(name, "text" | "varchar")
}

/// The number of digits that matter of a modifier that is left out: a timestamp's.
fn precision(type_: &TypeName) -> Option<u32> {
    limits(type_).map(|limits| limits.first().copied().unwrap_or(6))
}

/// Whether the values stay as they are: no rewrite (`ATColumnChangeRequiresRewrite`, and what the functions that support
/// a cast to the same type leave out).
pub fn is_kept(from: &TypeName, to: &TypeName) -> bool {
    if from == to {
        return true;
    }
    if from.is_array || to.is_array || from.schema_is_own() || to.schema_is_own() {
        return false;
    }
    let (Some(before), Some(after)) = (limits(from), limits(to)) else { return false };
    match (from.name.as_str(), to.name.as_str()) {
        (a, b) if is_text(a) && is_text(b) => match (before.first(), after.first()) {
            (_, None) => true,
            (Some(before), Some(after)) => before <= after,
            (None, Some(_)) => false,
        },
        ("numeric", "numeric") => match (before.as_slice(), after.as_slice()) {
            (_, []) => true,
            ([digits, rest @ ..], [wanted, scale @ ..]) => {
                digits <= wanted && rest.first().unwrap_or(&0) == scale.first().unwrap_or(&0)
            }
            ([], _) => false,
        },
        (a, b) if a == b && is_clock(a) => precision(from) <= precision(to),
        ("varbit", "varbit") => match (before.first(), after.first()) {
            (_, None) => true,
            (Some(before), Some(after)) => before <= after,
            (None, Some(_)) => false,
        },
        ("cidr", "inet") | ("xml", "text" | "varchar") => after.is_empty(),
        _ => false,
    }
}

fn is_clock(name: &str) -> bool {
    matches!(name, "timestamp" | "timestamptz" | "time" | "timetz")
}

/// How many values a number type tells apart, roughly, and whether it keeps a fraction.
fn number(type_: &TypeName) -> Option<(u32, bool)> {
    Some(match type_.name.as_str() {
        "int2" => (1, false),
        "int4" => (2, false),
        "int8" => (3, false),
        "float4" => (2, true),
        "float8" => (3, true),
        "numeric" => (4, true),
        _ => return None,
    })
}

/// Whether the new type cannot hold every value of the old one.
pub fn narrows(from: &TypeName, to: &TypeName) -> bool {
    if from == to || is_kept(from, to) || from.is_array != to.is_array {
        return false;
    }
    let (before, after) = (limits(from).unwrap_or_default(), limits(to).unwrap_or_default());
    let (old, new) = (from.name.as_str(), to.name.as_str());
    match (old, new) {
        ("numeric", "numeric") => {
            let parts = |limits: &[u32]| {
                let scale = limits.get(1).copied().unwrap_or(0);
                (limits[0].saturating_sub(scale), scale)
            };
            match (before.as_slice(), after.as_slice()) {
                ([], [_, ..]) => true,
                ([_, ..], [_, ..]) => parts(&before).0 > parts(&after).0 || parts(&before).1 > parts(&after).1,
                (_, []) => false,
            }
        }
        ("text" | "varchar" | "bpchar", "varchar" | "bpchar") => match (before.first(), after.first()) {
            (None, Some(_)) => true,
            (Some(before), Some(after)) => before > after,
            _ => false,
        },
        (a, b) if a == b && is_clock(a) => precision(from) > precision(to),
        ("timestamp" | "timestamptz", "date" | "time" | "timetz") => true,
        ("jsonb" | "json" | "text", "bool") => true,
        _ => match (number(from), number(to)) {
            (Some((old, old_fraction)), Some((new, new_fraction))) => old > new || (old_fraction && !new_fraction),
            _ => false,
        },
    }
}

impl TypeName {
    fn schema_is_own(&self) -> bool {
        self.schema.as_deref().is_some_and(|schema| schema != "pg_catalog")
    }
}
