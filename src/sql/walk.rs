//! The function calls, columns, relations, types and writes anywhere in a statement's tree.
//!
//! The crate's own list of nodes omits some kinds, so the walk uses the tree's serde form, which has all of them.

use std::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};

/// A function call in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub schema: Option<String>,
    /// The function's name as the server folds it, without its schema.
    pub name: String,
    /// Bytes of the script.
    pub offset: usize,
}

/// A column reference, a relation or a type: its names as written, and the position of the first of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    /// The names; `*` is one of them.
    pub names: Vec<String>,
    /// Bytes of the script; 0 if the parser does not say.
    pub offset: usize,
}

/// The result of [`contents`].
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub calls: Vec<Call>,
    pub columns: Vec<Mention>,
    pub relations: Vec<Mention>,
    pub types: Vec<Mention>,
    /// The names of a WITH's queries.
    pub ctes: Vec<String>,
    /// The indexes of `relations` to which an INSERT, UPDATE, DELETE or MERGE writes.
    pub written: Vec<usize>,
    /// True for CURRENT_TIMESTAMP and its variants.
    pub clock: bool,
    /// True if DEFAULT is a value.
    pub default: bool,
    /// True for an INSERT, UPDATE, DELETE or MERGE, at the top or in a WITH.
    pub writes: bool,
    /// True for a query as a value, in EXISTS or IN.
    pub subqueries: bool,
    pub joins_naturally: bool,
    /// True for a COLLATE.
    pub collates: bool,
    /// True if a literal means the time at which it is read: `'now'`, `'today 04:00'`.
    pub moment: bool,
}

/// Everything that a part of a tree contains.
pub(crate) fn contents(part: &impl Serialize) -> Contents {
    let mut walk = Walk::default();
    // The walk itself never fails, and a tree's Serialize has no failure of its own.
    let _ = part.serialize(&mut walk);
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Contents,
    /// The strings seen since a name began.
    names: Option<Vec<String>>,
    number: i32,
    flag: bool,
    is_literal: bool,
}

#[derive(Debug)]
struct Never;

impl fmt::Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a walk does not fail")
    }
}
impl std::error::Error for Never {}
impl ser::Error for Never {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// The relevant kinds of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Call,
    Column,
    Relation,
    Type,
    Cte,
    Write,
    Clock,
    Join,
    Other,
}

impl Role {
    fn of(name: &str) -> Self {
        match name {
            "FuncCall" => Self::Call,
            "ColumnRef" => Self::Column,
            "RangeVar" => Self::Relation,
            "TypeName" => Self::Type,
            "CommonTableExpr" => Self::Cte,
            "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" => Self::Write,
            "SqlValueFunction" => Self::Clock,
            "JoinExpr" => Self::Join,
            _ => Self::Other,
        }
    }

    /// True if the field contains the node's name.
    fn names(self, key: &str) -> bool {
        match self {
            Self::Call => key == "funcname",
            Self::Column => key == "fields",
            Self::Relation => matches!(key, "schemaname" | "relname"),
            Self::Type => key == "names",
            Self::Cte => key == "ctename",
            Self::Write | Self::Clock | Self::Join | Self::Other => false,
        }
    }
}

/// A list or a node.
struct Parts<'a> {
    walk: &'a mut Walk,
    role: Role,
    /// The index among the found items of its kind.
    place: usize,
}

impl Parts<'_> {
    fn named(&mut self, key: &str, mut names: Vec<String>) {
        let found = &mut self.walk.found;
        let mention = |names| Mention { names, offset: 0 };
        match self.role {
            Role::Call => {
                self.place = found.calls.len();
                let name = names.pop().unwrap_or_default();
                found.calls.push(Call { name, schema: names.pop(), offset: 0 });
            }
            Role::Column => {
                self.place = found.columns.len();
                found.columns.push(mention(names));
            }
            Role::Type => {
                self.place = found.types.len();
                found.types.push(mention(names));
            }
            Role::Relation if key == "schemaname" => {
                self.place = found.relations.len();
                names.retain(|name| !name.is_empty());
                found.relations.push(mention(names));
            }
            Role::Relation => found.relations[self.place].names.append(&mut names),
            Role::Cte => found.ctes.append(&mut names),
            Role::Write | Role::Clock | Role::Join | Role::Other => {}
        }
    }

    fn located(&mut self, number: i32) {
        let found = &mut self.walk.found;
        let offset = usize::try_from(number).unwrap_or(0);
        match self.role {
            Role::Call => found.calls[self.place].offset = offset,
            Role::Column => found.columns[self.place].offset = offset,
            Role::Type => found.types[self.place].offset = offset,
            Role::Relation => found.relations[self.place].offset = offset,
            Role::Cte | Role::Write | Role::Clock | Role::Join | Role::Other => {}
        }
    }
}

/// The words that a date or time may consist of beside a moment's.
const OF_A_DAY: [&str; 6] = ["allballs", "am", "pm", "z", "utc", "gmt"];

/// True for a date or time that depends on the time at which it is read (PostgreSQL documentation 8.5.1.4).
fn is_moment(literal: &str) -> bool {
    const MOMENTS: [&str; 4] = ["now", "today", "tomorrow", "yesterday"];
    let is_one_of = |word: &str, all: &[&str]| all.iter().any(|one| one.eq_ignore_ascii_case(word));
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit() || b":.+-".contains(&byte));
    let mut words = literal.split_ascii_whitespace();
    words.clone().any(|word| is_one_of(word, &MOMENTS))
        && words.all(|word| is_one_of(word, &MOMENTS) || is_one_of(word, &OF_A_DAY) || is_number(word))
}

/// The last `SQLValueFunctionOp` that reads the clock; the later ones return the user or the schema.
const LAST_CLOCK: i32 = 9;

impl ser::SerializeStruct for Parts<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), Never> {
        if self.role.names(key) {
            self.walk.names = Some(Vec::new());
            value.serialize(&mut *self.walk)?;
            let names = self.walk.names.take().unwrap_or_default();
            self.named(key, names);
            return Ok(());
        }
        if self.role == Role::Write && key == "relation" {
            let target = self.walk.found.relations.len();
            self.walk.found.written.push(target);
        }
        value.serialize(&mut *self.walk)?;
        match (self.role, key) {
            (Role::Clock, "op") => self.walk.found.clock |= self.walk.number <= LAST_CLOCK,
            (Role::Join, "is_natural") => self.walk.found.joins_naturally |= self.walk.flag,
            (_, "location") => self.located(self.walk.number),
            _ => {}
        }
        Ok(())
    }

    fn end(self) -> Result<(), Never> {
        Ok(())
    }
}

impl ser::SerializeSeq for Parts<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Never> {
        value.serialize(&mut *self.walk)
    }

    fn end(self) -> Result<(), Never> {
        Ok(())
    }
}

/// Values that are irrelevant here.
macro_rules! passed_over {
    ($($method:ident($($argument:ty),*);)*) => {
        $(fn $method(self $(, _: $argument)*) -> Result<(), Never> { Ok(()) })*
    };
}

/// Shapes that a tree made by prost does not have.
macro_rules! absent {
    ($($method:ident($($argument:ty),*) -> $shape:ident;)*) => {
        $(fn $method(self $(, _: $argument)*) -> Result<Self::$shape, Never> { Err(Never) })*
    };
}

impl<'a> Serializer for &'a mut Walk {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeTuple = Impossible<(), Never>;
    type SerializeTupleStruct = Impossible<(), Never>;
    type SerializeTupleVariant = Impossible<(), Never>;
    type SerializeMap = Impossible<(), Never>;
    type SerializeStructVariant = Impossible<(), Never>;

    fn serialize_str(self, value: &str) -> Result<(), Never> {
        if let Some(names) = &mut self.names {
            names.push(value.to_owned());
        }
        self.found.moment |= self.is_literal && is_moment(value);
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Never> {
        self.flag = value;
        Ok(())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Never> {
        self.number = value;
        Ok(())
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        match variant {
            "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" => self.found.writes = true,
            "SubLink" => self.found.subqueries = true,
            "SetToDefault" => self.found.default = true,
            "CollateClause" => self.found.collates = true,
            "Sval" => {
                self.is_literal = true;
                value.serialize(&mut *self)?;
                self.is_literal = false;
                return Ok(());
            }
            "AStar" => self.names.iter_mut().for_each(|names| names.push("*".to_owned())),
            _ => {}
        }
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, Never> {
        Ok(Parts { walk: self, role: Role::Other, place: 0 })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'a>, Never> {
        Ok(Parts { walk: self, role: Role::of(name), place: 0 })
    }

    passed_over! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    absent! {
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::parse::with_tree;

    fn of(text: &str) -> Contents {
        with_tree(text, |_, tree| contents(tree)).unwrap()
    }

    #[test]
    fn calls_are_found_wherever_they_stand() {
        let text = "SELECT CASE WHEN a IN (SELECT f(g(1))) THEN 2 END, count(*) FILTER (WHERE pg_catalog.H(1) > 0) FROM t ORDER BY i(1)";
        let names: Vec<_> = of(text).calls.into_iter().map(|call| (call.name, call.offset)).collect();
        let want = [("f", "f("), ("g", "g("), ("count", "count"), ("h", "pg_catalog"), ("i", "i(1)")];
        assert_eq!(names, want.map(|(name, at)| (name.to_owned(), text.find(at).unwrap())));
    }

    #[test]
    fn a_write_in_a_with_is_a_write() {
        assert!(of("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x").writes);
        assert!(!of("WITH x AS (TABLE t) SELECT * FROM x").writes);
    }
}
