//! What stands anywhere in a statement's tree: function calls and writes.
//!
//! The crate's own list of nodes leaves kinds out, so the walk goes through the tree's serde form, which has them all.

use std::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};

/// A function call in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The function's name as the server folds it, without its schema.
    pub name: String,
    /// In bytes of the script.
    pub offset: usize,
}

/// What [`contents`] found.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub calls: Vec<Call>,
    /// An INSERT, UPDATE, DELETE or MERGE: at the top or in a WITH.
    pub writes: bool,
}

/// Everything that a part of a tree holds.
pub(super) fn contents(part: &impl Serialize) -> Contents {
    let mut walk = Walk::default();
    // The walk itself never fails, and a tree's Serialize has no failure of its own.
    let _ = part.serialize(&mut walk);
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Contents,
    /// The string seen last: of a call's name, its last part.
    text: String,
    number: i32,
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

/// A list or a node; of a call, which one it is.
struct Parts<'a> {
    walk: &'a mut Walk,
    is_call: bool,
    call: Option<usize>,
}

impl ser::SerializeStruct for Parts<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), Never> {
        value.serialize(&mut *self.walk)?;
        if self.is_call && key == "funcname" {
            self.call = Some(self.walk.found.calls.len());
            self.walk.found.calls.push(Call { name: std::mem::take(&mut self.walk.text), offset: 0 });
        }
        if let ("location", Some(call)) = (key, self.call) {
            self.walk.found.calls[call].offset = usize::try_from(self.walk.number).unwrap_or(0);
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

/// Values that say nothing here.
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
        value.clone_into(&mut self.text);
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
        self.found.writes |= matches!(variant, "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt");
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, Never> {
        Ok(Parts { walk: self, is_call: false, call: None })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'a>, Never> {
        Ok(Parts { walk: self, is_call: name == "FuncCall", call: None })
    }

    passed_over! {
        serialize_bool(bool);
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
