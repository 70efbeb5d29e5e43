//! One module for each kind of object: the query for all objects of the kind, and the properties that make two of them equal.
//!
//! To add a kind: `kind.rs` and `kind.sql`, and one line in `kinds!`. The query returns an object's name and then its properties,
//! in the order of the table, which says how each is compared and altered. A property with its default value (no default, no
//! comment, false) is NULL or false.

mod compare;
mod ddl;
mod fact;
mod histories;
mod question;

pub use column::{SET_ON_VIEWS, behind_rows};
pub use compare::{Difference, Weight, compare};
pub use ddl::{
    Around, By, Ddl, LeftOut, Mentions, Script, Setting, Turn, Unwritable, has_word, ident, last_part, list, literal,
    order, own_word, replacing, script, set, signature, split_last, turn_of,
};
pub use fact::{Fact, FactError};
pub use question::{Scope, question};

macro_rules! kinds {
    ($($room:ident),* $(,)?) => {
        $(mod $room;)*

        /// Every kind, in the order of creation.
        pub static KINDS: &[&Kind] = &[$(&$room::KIND),*];
    };
}

kinds! {
    schema,
    extension,
    collation,
    data_type,
    function,
    language,
    access_method,
    foreign_data_wrapper,
    server,
    sequence,
    table,
    column,
    constraint,
    index,
    view,
    rule,
    trigger,
    policy,
    statistics,
    operator,
    operator_family,
    operator_class,
    cast,
    transform,
    conversion,
    text_search_parser,
    text_search_template,
    text_search_dictionary,
    text_search_configuration,
    event_trigger,
    publication,
    subscription,
    default_privileges,
}

/// A kind of object.
#[derive(Debug)]
pub struct Kind {
    /// The words before an object's name.
    pub word: &'static str,
    /// The SQL after `looked.sql`, with words in braces that [`question()`] replaces.
    query: &'static str,
    /// The SQL that creates and changes objects of the kind.
    pub ddl: Ddl,
    holder: Holder,
    /// The properties in the order of the query's columns after the name, with their forms and the way from one value to another.
    pub properties: &'static [(&'static str, Form, By)],
    /// The parts of the query that differ by server version.
    words: &'static [Word],
}

/// A part of a query that differs by version.
#[derive(Debug)]
struct Word {
    name: &'static str,
    since: u32,
    then: &'static str,
    before: &'static str,
}

/// The relation to which an object belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Itself,
    /// The relation whose name begins the object's.
    Table,
    /// The relation that the property `on` names.
    On,
    /// The relation of the column that the property `owned by` names.
    Owned,
}

/// The form of a property, which decides if two values are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Word,
    Flag,
    /// An action that is still to be done; having done it is better than wanted.
    Pending,
    /// A version; a newer one is as good.
    AtLeast,
    /// JSON of any shape, mostly a list.
    List,
    /// A list whose order is irrelevant.
    Set,
    /// `name=value` words; a number or a switch may have several spellings.
    Options,
    /// Part of a statement between these texts; equal if the statements' trees are. A list is joined by commas.
    Part(&'static str, &'static str),
    /// The bound of a partition; equal if its values are.
    Bound,
    /// The query of a view.
    Query,
}

impl Form {
    const EXPRESSION: Self = Self::Part("SELECT (", ")");
    const STATEMENT: Self = Self::Part("", "");
}

/// The kind with this word.
pub fn kind(word: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.word == word)
}
