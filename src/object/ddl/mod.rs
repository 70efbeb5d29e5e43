//! Objects as SQL: the statements that create one, that change one property to its wanted value, and that drop it. Names are
//! written as in facts, unqualified in the home.

mod around;
mod grants;
mod needs;
mod options;
mod script;
mod words;

pub use around::Around;
pub use needs::Mentions;
pub use script::{LeftOut, Script, order, script};
pub use words::{has_word, ident, last_part, list, literal, own_word, signature, split_last};

pub(super) use grants::{by_default as granted_by_default, change as granted};
pub(super) use options::{foreign, list_options, sequence_options, storage};
pub(super) use words::{body, idents, index_of, plain, without_end};

use serde_json::Value;

use super::Fact;

/// The SQL of a kind of object. Each kind fills in all of it.
#[derive(Debug)]
pub struct Ddl {
    pub turn: fn(&Fact) -> Turn,
    /// The words after COMMENT ON and ALTER … OWNER: the kind and the name.
    pub address: fn(&Fact, &Around<'_>) -> String,
    /// Empty if another object's statement creates it.
    pub create: fn(&Fact, &Around<'_>) -> Result<Vec<String>, Unwritable>,
    pub drop: fn(&Fact, &Around<'_>) -> Vec<String>,
}

/// The reason why SQL cannot express it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritable(pub String);

impl From<&str> for Unwritable {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// The way from an existing object's value of a property to the wanted one.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// Only the statement that creates the object sets it: the object is dropped and created again.
    Again,
    /// The statement that creates the object also replaces it.
    Replace,
    /// The statement that creates the object sets it, and this one alters it.
    Alter(Writer),
    /// A statement of its own, also for a new object.
    Set(Turn, Writer),
    /// The statement that creates the object sets it if that creates this object only; this statement sets it for an object that
    /// is created with its table.
    Late(Turn, Writer),
    Comment,
    Owner,
    /// The words after GRANT … ON.
    Grants(fn(&Fact) -> String),
    /// Lockgate does not set it; a person has to, for this reason.
    Never(&'static str),
}

pub type Writer = fn(&Setting<'_>) -> Result<Vec<String>, Unwritable>;

/// A property to be set.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub fact: &'a Fact,
    /// The existing object; none if it is new.
    pub found: Option<&'a Fact>,
    pub wanted: Option<&'a Value>,
    pub old: Option<&'a Value>,
    pub around: &'a Around<'a>,
}

impl<'a> Setting<'a> {
    pub fn of(fact: &'a Fact, found: Option<&'a Fact>, property: &str, around: &'a Around<'a>) -> Self {
        let old = found.and_then(|found| found.get(property));
        Self { fact, found, wanted: fact.get(property), old, around }
    }

    pub fn text(&self) -> Option<&'a str> {
        self.wanted?.as_str()
    }

    pub fn is_set(&self) -> bool {
        self.wanted == Some(&Value::Bool(true))
    }
}

/// The order of statements that do not depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    Schema,
    Extension,
    Collation,
    Type,
    Sequence,
    Server,
    Function,
    Operator,
    Search,
    Table,
    Column,
    Check,
    Partition,
    Key,
    Index,
    /// The replica identity, which names an index.
    Identity,
    View,
    ViewColumn,
    ForeignKey,
    Rule,
    Statistics,
    Security,
    Trigger,
    Publication,
    Comment,
    Privileges,
    /// Event triggers fire on the statements after them, so they come last.
    EventTrigger,
}

/// The statements that set one property of an existing or a new object.
///
/// # Errors
/// SQL cannot express it.
pub fn set(by: By, setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let Setting { fact, around, .. } = setting;
    match by {
        By::Again | By::Replace => Ok(Vec::new()),
        By::Alter(write) | By::Set(_, write) | By::Late(_, write) => write(setting),
        By::Comment => {
            let text = setting.text().map_or_else(|| "NULL".to_owned(), literal);
            Ok(vec![format!("COMMENT ON {} IS {text}", (fact.kind.ddl.address)(fact, around))])
        }
        By::Owner => match setting.text() {
            Some(owner) => {
                Ok(vec![format!("ALTER {} OWNER TO {}", (fact.kind.ddl.address)(fact, around), ident(owner))])
            }
            None => Ok(Vec::new()),
        },
        By::Grants(on) => Ok(grants::change(&on(fact), setting)),
        By::Never(why) => Err(Unwritable(why.to_owned())),
    }
}

/// The turn of a property's own statement.
pub fn turn_of(by: By) -> Option<Turn> {
    match by {
        By::Again | By::Replace | By::Alter(_) | By::Never(_) => None,
        By::Set(turn, _) | By::Late(turn, _) => Some(turn),
        By::Comment => Some(Turn::Comment),
        By::Owner | By::Grants(_) => Some(Turn::Privileges),
    }
}

/// The statement that creates an object, with OR REPLACE.
pub fn replacing(create: &str) -> String {
    match create.strip_prefix("CREATE ") {
        Some(rest) => format!("CREATE OR REPLACE {rest}"),
        None => create.to_owned(),
    }
}
