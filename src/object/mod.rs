//! One room for each kind of object: how all objects of the kind are read at once, and which properties make two of them equal.
//!
//! To add a kind: `kind.rs` and `kind.sql`, and one line in `kinds!`. The query gives an object's name and then its properties,
//! in the order of the table, which says of each how it is compared and how it is altered; what is as it is without being said (no default, no comment, false) is NULL or false.

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

        /// Every kind, in the order in which one is made after another.
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
    /// In front of an object's name.
    pub word: &'static str,
    /// Behind `looked.sql`, with words in braces that [`question()`] replaces.
    query: &'static str,
    /// How its objects are written as SQL.
    pub ddl: Ddl,
    holder: Holder,
    /// In the order of the query's columns, behind the name: when two values are equal, and how one becomes the other.
    pub properties: &'static [(&'static str, Form, By)],
    /// Where catalogs differ by version.
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

/// The relation that an object belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Itself,
    /// The name begins with the relation's.
    Table,
    /// The property `on` is its name.
    On,
    /// The property `owned by` is a column of it.
    Owned,
}

/// How a property is written, and when two of them are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Word,
    Flag,
    /// A thing that is not done yet: done is better than asked for.
    Pending,
    /// A version; a newer one is as good.
    AtLeast,
    /// JSON of any shape, mostly a list.
    List,
    /// A list whose order says nothing.
    Set,
    /// `name=value` words, of which numbers and switches may be written in more than one way.
    Options,
    /// Part of a statement between these texts; equal where the statements' trees are. A list is joined by commas.
    Part(&'static str, &'static str),
    /// Of a partition: equal where its values are.
    Bound,
    /// The query of a view.
    Query,
}

impl Form {
    const EXPRESSION: Self = Self::Part("SELECT (", ")");
    const STATEMENT: Self = Self::Part("", "");
}

/// The kind of a word.
pub fn kind(word: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.word == word)
}
