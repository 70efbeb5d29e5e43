//! Changes of a column's type that keep its values as they are: no rewrite.

use crate::sql::TypeName;
use crate::statement::change::{Conversion, serial};

fn limits(type_: &TypeName) -> Option<Vec<u32>> {
    type_.modifiers.iter().map(|modifier| modifier.parse().ok()).collect()
}

fn is_text(name: &str) -> bool {
    matches!(name, "text" | "varchar")
}

/// The number of significant digits of a timestamp's modifier, also if it is omitted.
fn precision(type_: &TypeName) -> Option<u32> {
    limits(type_).map(|limits| limits.first().copied().unwrap_or(6))
}

/// True if the values stay as they are: no rewrite (`ATColumnChangeRequiresRewrite`, and the casts to the same type that support
/// functions remove).
pub fn is_kept(from: &TypeName, to: &TypeName, by: &Conversion) -> bool {
    let Conversion::Casts(casts) = by else { return false };
    let steps = casts.iter().chain([to]).scan(from, |now, next| Some((std::mem::replace(now, next), next)));
    steps.fold(true, |kept, (from, to)| kept && is_relabelled(&plain(from), &plain(to)))
}

/// The type as the catalog names it: no serial, and no schema if that is pg_catalog.
fn plain(type_: &TypeName) -> TypeName {
    let type_ = serial(type_).map_or_else(|| type_.clone(), |(type_, _)| type_);
    TypeName { schema: type_.schema.filter(|schema| schema != "pg_catalog"), ..type_ }
}

fn is_relabelled(from: &TypeName, to: &TypeName) -> bool {
    if from == to {
        return true;
    }
    if from.is_array || to.is_array || from.schema.is_some() || to.schema.is_some() {
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
