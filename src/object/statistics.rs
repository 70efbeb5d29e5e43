//! Extended statistics.

use super::{Form, Holder, Kind, Word};

pub const KIND: Kind = Kind {
    word: "statistics",
    query: include_str!("statistics.sql"),
    holder: Holder::On,
    properties: &[
        ("on", Form::Word),
        ("kinds", Form::List),
        ("columns", Form::List),
        ("expressions", Form::List),
        ("target", Form::Word),
        ("comment", Form::Word),
        ("owner", Form::Word),
    ],
    words: &[
        Word { name: "{expressions}", since: 14, then: "(SELECT json_agg(e.e ORDER BY e.e) FROM unnest(pg_get_statisticsobjdef_expressions(x.oid)) AS e(e))", before: "NULL::json" },
    ],
};
