//! Extensions; their members are no facts.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "extension",
    query: include_str!("extension.sql"),
    holder: Holder::Itself,
    properties: &[
        ("schema", Form::Word),
        ("version", Form::AtLeast),
    ],
    words: &[],
};
