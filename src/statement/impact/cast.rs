//! Changes of a type that can lose values silently, as opposed to those that PostgreSQL refuses. An assignment refuses a value
//! that is too long or out of range and rounds others; an explicit cast truncates. PostgreSQL documentation 8, 9.7, CREATE CAST,
//! and the casts of `pg_cast.dat`; tests/losses/conversions.rs checks every pair against a server.
//!
//! Trailing blanks do not count: a type with a length truncates them in any case.

use crate::statement::change::Conversion;

/// A type as the server knows it: not a domain; a built-in one by its internal name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concrete {
    pub kind: TypeKind,
    /// The numbers in parentheses.
    pub modifiers: Vec<i32>,
    pub is_array: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    BuiltIn(String),
    /// The name with its schema, like that of any type outside pg_catalog.
    Enum(String),
    Other(String),
}

/// The way from one type to another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Assignment,
    /// `::`, CAST.
    Cast,
}

/// True if values may be lost on the way from one type to another without an error from PostgreSQL.
///
/// `casts` are the conversion's casts as the server knows them; `session_is_utc` is about the session's time zone.
pub fn loses(from: &Concrete, to: &Concrete, by: &Conversion, casts: &[Concrete], session_is_utc: bool) -> bool {
    match by {
        Conversion::Computed => true,
        Conversion::AtTimeZone { is_utc } => {
            let other = match from.built_in() {
                Some("timestamp") => "timestamptz",
                Some("timestamptz") => "timestamp",
                _ => return true,
            };
            let moved = Concrete { kind: TypeKind::BuiltIn(other.to_owned()), ..from.clone() };
            !is_utc || step(&moved, to, By::Assignment, session_is_utc)
        }
        Conversion::Casts(_) => {
            let mut now = from;
            for cast in casts {
                if step(now, cast, By::Cast, session_is_utc) {
                    return true;
                }
                now = cast;
            }
            step(now, to, By::Assignment, session_is_utc)
        }
    }
}

impl Concrete {
    fn built_in(&self) -> Option<&str> {
        match &self.kind {
            TypeKind::BuiltIn(name) => Some(name),
            TypeKind::Enum(_) | TypeKind::Other(_) => None,
        }
    }

    /// The first modifier: a length, or the number of digits.
    fn length(&self) -> Option<i32> {
        self.modifiers.first().copied()
    }

    fn is_text(&self) -> bool {
        !self.is_array && matches!(self.built_in(), Some("text" | "varchar" | "bpchar"))
    }

    /// The total digits and the fractional digits of a numeric with limits.
    fn digits(&self) -> Option<(i32, i32)> {
        Some((self.length()?, self.modifiers.get(1).copied().unwrap_or(0)))
    }
}

fn step(from: &Concrete, to: &Concrete, by: By, session_is_utc: bool) -> bool {
    if from == to {
        return false;
    }
    if to.is_text() {
        return into_text(from, to, by);
    }
    if !to.is_array && to.built_in() == Some("name") {
        return into_name(from);
    }
    if from.is_array != to.is_array {
        return true;
    }
    match (&from.kind, &to.kind) {
        // PostgreSQL has no cast between enums, and refuses a text that is not a label.
        (TypeKind::Enum(_), TypeKind::Enum(_)) => false,
        (TypeKind::BuiltIn(_), TypeKind::Enum(_)) => !from.is_text(),
        (TypeKind::Other(old), TypeKind::Other(new)) => old != new,
        (TypeKind::BuiltIn(old), TypeKind::BuiltIn(new)) => {
            let limits = (from, to);
            text_to(from, new)
                .or_else(|| number(limits, old, new))
                .or_else(|| moment(limits, old, new, session_is_utc))
                .or_else(|| bits(limits, (old, new), by))
                .unwrap_or_else(|| !is_faithful(old, new))
        }
        _ => true,
    }
}

/// An assignment refuses a text that is too long; a cast truncates it.
fn into_text(from: &Concrete, to: &Concrete, by: By) -> bool {
    let Some(limit) = to.length() else { return false };
    let longest = match from.built_in() {
        _ if from.is_array => None,
        Some("text" | "varchar" | "bpchar") => from.length(),
        Some("bool") => Some(5),
        Some("int2") => Some(6),
        Some("int4") => Some(11),
        Some("int8") => Some(20),
        Some("uuid") => Some(36),
        Some("char") => Some(1),
        Some("name") => Some(63),
        _ => None,
    };
    by == By::Cast && longest.is_none_or(|longest| longest > limit)
}

/// A name is truncated to 63 bytes, whatever its source.
fn into_name(from: &Concrete) -> bool {
    let TypeKind::BuiltIn(old) = &from.kind else { return from.is_array || matches!(from.kind, TypeKind::Other(_)) };
    match old.as_str() {
        _ if from.is_array => true,
        // A character takes up to four bytes.
        "text" | "varchar" | "bpchar" => from.length().is_none_or(|length| length * 4 > 63),
        "numeric" => from.digits().is_none_or(|(digits, _)| digits > 60),
        "bit" | "varbit" => from.length().is_none_or(|length| length > 63),
        "char" | "bool" | "int2" | "int4" | "int8" | "oid" | "float4" | "float8" | "money" | "uuid" => false,
        "date" | "time" | "timetz" | "timestamp" | "timestamptz" => false,
        "inet" | "cidr" | "macaddr" | "macaddr8" => false,
        _ => true,
    }
}

/// From a text: only by a cast, through the type's input function.
fn text_to(from: &Concrete, new: &str) -> Option<bool> {
    if !from.is_text() {
        return None;
    }
    Some(match new {
        // At most the spelling of the value changes.
        "json" | "xml" | "uuid" | "inet" | "macaddr" => false,
        // Several texts have one value: '007' and 7, 'yes' and true, '1:00 CET' and a moment, two values of one key, '10' and a
        // network, '\101' and a byte.
        _ => true,
    })
}

/// The number of decimal digits that an integer or float type keeps.
fn integer(name: &str) -> Option<i32> {
    Some(match name {
        "int2" => 5,
        "int4" => 10,
        "int8" => 19,
        _ => return None,
    })
}

fn float(name: &str) -> Option<i32> {
    Some(match name {
        "float4" => 6,
        "float8" => 15,
        _ => return None,
    })
}

/// Between numbers: integers out of range are refused, all others are rounded.
fn number((from, to): (&Concrete, &Concrete), old: &str, new: &str) -> Option<bool> {
    let has_fraction = |of: &Concrete| of.digits().is_none_or(|(_, scale)| scale > 0);
    Some(match (old, new) {
        (a, b) if integer(a).is_some() && integer(b).is_some() => false,
        (a, "numeric") if integer(a).is_some() => to.digits().is_some_and(|(_, scale)| scale < 0),
        (a, b) if integer(a).is_some() && float(b).is_some() => integer(a) > float(b),
        (a, "money") if integer(a).is_some() => false,
        ("int4" | "int8", "oid") | ("oid", "int4" | "int8") => false,
        ("bool", "int4") => false,
        ("int4", "char") | ("char", "int4") => false,
        ("numeric", b) if integer(b).is_some() => has_fraction(from),
        ("numeric", b) if float(b).is_some() => from.digits().is_none_or(|(digits, _)| Some(digits) > float(b)),
        ("numeric", "numeric") => match (from.digits(), to.digits()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some((_, old)), Some((_, new))) => new < old,
        },
        ("numeric", "money") => from.digits().is_none_or(|(_, scale)| scale > 2),
        ("money", "numeric") => to.digits().is_some_and(|(_, scale)| scale < 2),
        ("float4", "float8") => false,
        ("jsonb", "numeric") => to.digits().is_some(),
        _ => return None,
    })
}

/// The number of fractional digits of a second.
fn precision(of: &Concrete) -> i32 {
    of.length().unwrap_or(6)
}

fn moment((from, to): (&Concrete, &Concrete), old: &str, new: &str, session_is_utc: bool) -> Option<bool> {
    let rounds = precision(from) > precision(to);
    Some(match (old, new) {
        ("timestamp", "timestamp") | ("timestamptz", "timestamptz") | ("time", "time") | ("timetz", "timetz") => rounds,
        // The fields of an interval are not a number: any modifier may truncate.
        ("interval", "interval") => !to.modifiers.is_empty(),
        // Daylight saving time skips some local times and repeats others.
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp") => !session_is_utc || rounds,
        ("date", "timestamp" | "timestamptz") => false,
        ("time", "timetz") => rounds,
        ("time", "interval") => rounds,
        _ => return None,
    })
}

/// An assignment refuses another length; a cast truncates or pads.
fn bits((from, to): (&Concrete, &Concrete), names: (&str, &str), by: By) -> Option<bool> {
    let cuts = || match (from.length(), to.length()) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(old), Some(new)) => new < old,
    };
    Some(match names {
        ("bit" | "varbit", "bit" | "varbit") if by == By::Assignment => false,
        ("bit", "bit" | "varbit") | ("varbit", "varbit") => cuts(),
        ("varbit", "bit") => true,
        ("bit", "int4" | "int8") => false,
        ("int4", "bit") => to.length().unwrap_or(1) < 32,
        ("int8", "bit") => to.length().unwrap_or(1) < 64,
        _ => return None,
    })
}

/// The remaining pairs, which keep every value or refuse it.
fn is_faithful(old: &str, new: &str) -> bool {
    matches!(
        (old, new),
        ("jsonb", "json" | "bool") | ("cidr", "inet") | ("macaddr", "macaddr8") | ("macaddr8", "macaddr")
    ) || old == new
}
