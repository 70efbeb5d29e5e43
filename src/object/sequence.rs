//! Sequences that are no identity column's.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "sequence",
    query: include_str!("sequence.sql"),
    holder: Holder::Owned,
    properties: &[
        ("type", Form::Word),
        ("options", Form::List),
        ("owned by", Form::Word),
        ("unlogged", Form::Flag),
        ("comment", Form::Word),
        ("owner", Form::Word),
        ("grants", Form::List),
    ],
    words: &[],
};
