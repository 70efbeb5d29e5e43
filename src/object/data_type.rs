//! Enums, composite types, domains, ranges and base types.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "type",
    query: include_str!("data_type.sql"),
    holder: Holder::Itself,
    properties: &[
        ("labels", Form::List),
        ("attributes", Form::List),
        ("domain", Form::Word),
        ("collate", Form::Word),
        ("not null", Form::Flag),
        ("default", Form::EXPRESSION),
        ("range", Form::Word),
        ("operator class", Form::Word),
        ("canonical", Form::Word),
        ("difference", Form::Word),
        ("base", Form::Word),
        ("comment", Form::Word),
        ("owner", Form::Word),
        ("grants", Form::List),
    ],
    words: &[],
};
