//! Operators.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "operator",
    query: include_str!("operator.sql"),
    holder: Holder::Itself,
    properties: &[
        ("function", Form::Word),
        ("commutator", Form::Word),
        ("negator", Form::Word),
        ("restrict", Form::Word),
        ("join", Form::Word),
        ("hashes", Form::Flag),
        ("merges", Form::Flag),
        ("comment", Form::Word),
        ("owner", Form::Word),
    ],
    words: &[],
};
