//! Event triggers.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "event trigger",
    query: include_str!("event_trigger.sql"),
    holder: Holder::Itself,
    properties: &[
        ("on", Form::Word),
        ("function", Form::Word),
        ("tags", Form::List),
        ("state", Form::Word),
        ("comment", Form::Word),
        ("owner", Form::Word),
    ],
    words: &[],
};
