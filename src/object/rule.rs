//! Rules, but for those that make a view.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "rule",
    query: include_str!("rule.sql"),
    holder: Holder::Table,
    properties: &[
        ("as", Form::STATEMENT),
        ("state", Form::Word),
        ("comment", Form::Word),
    ],
    words: &[],
};
