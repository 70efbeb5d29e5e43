//! Schemas, but for the home and `public`.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "schema",
    query: include_str!("schema.sql"),
    holder: Holder::Itself,
    properties: &[
        ("comment", Form::Word),
        ("owner", Form::Word),
        ("grants", Form::List),
    ],
    words: &[],
};
