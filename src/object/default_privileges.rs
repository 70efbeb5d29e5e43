//! Default privileges, where privileges are asked for.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "default privileges",
    query: include_str!("default_privileges.sql"),
    holder: Holder::Itself,
    properties: &[
        ("grants", Form::List),
    ],
    words: &[],
};
