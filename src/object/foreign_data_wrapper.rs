//! Foreign data wrappers.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "foreign data wrapper",
    query: include_str!("foreign_data_wrapper.sql"),
    holder: Holder::Itself,
    properties: &[
        ("handler", Form::Word),
        ("validator", Form::Word),
        ("options", Form::List),
        ("comment", Form::Word),
        ("owner", Form::Word),
        ("grants", Form::List),
    ],
    words: &[],
};
