//! Text search dictionaries.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "text search dictionary",
    query: include_str!("text_search_dictionary.sql"),
    holder: Holder::Itself,
    properties: &[
        ("template", Form::Word),
        ("options", Form::Word),
        ("comment", Form::Word),
        ("owner", Form::Word),
    ],
    words: &[],
};
