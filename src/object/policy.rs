//! Policies of row security.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "policy",
    query: include_str!("policy.sql"),
    holder: Holder::Table,
    properties: &[
        ("for", Form::Word),
        ("restrictive", Form::Flag),
        ("to", Form::List),
        ("using", Form::EXPRESSION),
        ("check", Form::EXPRESSION),
        ("comment", Form::Word),
    ],
    words: &[],
};
