//! Views, materialized ones too.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "view",
    query: include_str!("view.sql"),
    holder: Holder::Itself,
    properties: &[
        ("materialized", Form::Flag),
        ("as", Form::Query),
        ("options", Form::Options),
        ("access method", Form::Word),
        ("comment", Form::Word),
        ("owner", Form::Word),
        ("grants", Form::List),
    ],
    words: &[],
};
