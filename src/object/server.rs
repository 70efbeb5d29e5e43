//! Foreign servers; user mappings hold secrets and are no facts.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "server",
    query: include_str!("server.sql"),
    holder: Holder::Itself,
    properties: &[
        ("wrapper", Form::Word),
        ("type", Form::Word),
        ("version", Form::Word),
        ("options", Form::List),
        ("comment", Form::Word),
        ("owner", Form::Word),
        ("grants", Form::List),
    ],
    words: &[],
};
