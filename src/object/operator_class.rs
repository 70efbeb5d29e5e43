//! Operator classes, with what their families hold for their type.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "operator class",
    query: include_str!("operator_class.sql"),
    holder: Holder::Itself,
    properties: &[
        ("default", Form::Flag),
        ("for type", Form::Word),
        ("storage", Form::Word),
        ("family", Form::Word),
        ("operators", Form::List),
        ("functions", Form::List),
        ("comment", Form::Word),
        ("owner", Form::Word),
    ],
    words: &[],
};
