//! Objects as SQL: what makes one, what brings one property to what is wanted, and what removes it. Names are written as facts have
//! them, those in the home bare.

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

/// How the objects of a kind are written. Each room fills in all of it.
#[derive(Debug)]
pub struct Ddl {
    pub turn: fn(&Fact) -> Turn,
    /// Behind COMMENT ON and ALTER … OWNER: a word for the kind, and the name.
    pub address: fn(&Fact, &Around<'_>) -> String,
    /// Empty where another object's statement makes it.
    pub create: fn(&Fact, &Around<'_>) -> Result<Vec<String>, Unwritable>,
    pub drop: fn(&Fact, &Around<'_>) -> Vec<String>,
}

/// Why SQL cannot say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritable(pub String);

impl From<&str> for Unwritable {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// How a property of an object that is there becomes the wanted one.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// The statement that makes the object says it, and nothing else does: dropped, and made again.
    Again,
    /// The statement that makes the object replaces it.
    Replace,
    /// The statement that makes the object says it; this one alters it.
    Alter(Writer),
    /// A statement of its own, for a new object too.
    Set(Turn, Writer),
    /// The statement that makes the object says it where that makes it alone; where it comes with its table, this one does.
    Late(Turn, Writer),
    Comment,
    Owner,
    /// Behind GRANT … ON.
    Grants(fn(&Fact) -> String),
    /// A person has to.
    Never(&'static str),
}

pub type Writer = fn(&Setting<'_>) -> Result<Vec<String>, Unwritable>;

/// A property that is to be set.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub fact: &'a Fact,
    /// The object as it is; none: it is new.
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

/// The order of statements where none needs another.
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
    /// What names an index.
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
    /// They fire on what comes after them.
    EventTrigger,
}

/// The statements that set one property of an object that is there, or that is new.
///
/// # Errors
/// SQL cannot say it.
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

/// The statement that makes an object, as one that replaces it.
pub fn replacing(create: &str) -> String {
    match create.strip_prefix("CREATE ") {
        Some(rest) => format!("CREATE OR REPLACE {rest}"),
        None => create.to_owned(),
    }
}
