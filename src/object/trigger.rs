//! Triggers.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "trigger",
    query: include_str!("trigger.sql"),
    holder: Holder::Table,
    properties: &[
        ("as", Form::STATEMENT),
        ("state", Form::Word),
        ("comment", Form::Word),
    ],
    words: &[],
};
