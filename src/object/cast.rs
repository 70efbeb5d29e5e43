//! Casts.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "cast",
    query: include_str!("cast.sql"),
    holder: Holder::Itself,
    properties: &[
        ("function", Form::Word),
        ("method", Form::Word),
        ("context", Form::Word),
        ("comment", Form::Word),
    ],
    words: &[],
};
