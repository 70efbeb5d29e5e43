//! Text search configurations.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "text search configuration",
    query: include_str!("text_search_configuration.sql"),
    holder: Holder::Itself,
    properties: &[
        ("parser", Form::Word),
        ("mappings", Form::List),
        ("comment", Form::Word),
        ("owner", Form::Word),
    ],
    words: &[],
};
