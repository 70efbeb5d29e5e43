//! Indexes that no constraint made.

use super::{Form, Holder, Kind, Word};

pub const KIND: Kind = Kind {
    word: "index",
    query: include_str!("index.sql"),
    holder: Holder::On,
    properties: &[
        ("on", Form::Word),
        ("method", Form::Word),
        ("unique", Form::Flag),
        ("keys", Form::Part("CREATE INDEX own ON t (", ")")),
        ("include", Form::List),
        ("where", Form::EXPRESSION),
        ("nulls not distinct", Form::Flag),
        ("options", Form::Options),
        ("statistics", Form::List),
        ("INVALID", Form::Flag),
        ("clustered", Form::Flag),
        ("comment", Form::Word),
    ],
    words: &[
        Word { name: "{nulls_not_distinct}", since: 15, then: "i.indnullsnotdistinct", before: "false" },
    ],
};
