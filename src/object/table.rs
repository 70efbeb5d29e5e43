//! Tables of every sort, partitions among them.

use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "table",
    query: include_str!("table.sql"),
    holder: Holder::Itself,
    properties: &[
        ("partition by", Form::Part("CREATE TABLE own (a int) PARTITION BY ", "")),
        ("of", Form::Word),
        ("bound", Form::Part("CREATE TABLE own PARTITION OF parent ", "")),
        ("inherits", Form::List),
        ("typed", Form::Word),
        ("unlogged", Form::Flag),
        ("row security", Form::Flag),
        ("forced row security", Form::Flag),
        ("replica identity", Form::Word),
        ("access method", Form::Word),
        ("options", Form::Options),
        ("server", Form::Word),
        ("server options", Form::List),
        ("comment", Form::Word),
        ("owner", Form::Word),
        ("grants", Form::List),
    ],
    words: &[],
};
