//! Functions, procedures, aggregates and window functions, each by its input types.

use super::{Form, Holder, Kind, Word};

pub const KIND: Kind = Kind {
    word: "function",
    query: include_str!("function.sql"),
    holder: Holder::Itself,
    properties: &[
        ("kind", Form::Word),
        ("arguments", Form::Part("CREATE FUNCTION own(", ") RETURNS int LANGUAGE sql AS ''")),
        ("returns", Form::Word),
        ("language", Form::Word),
        ("volatility", Form::Word),
        ("strict", Form::Flag),
        ("security definer", Form::Flag),
        ("leakproof", Form::Flag),
        ("parallel", Form::Word),
        ("cost", Form::Word),
        ("rows", Form::Word),
        ("set", Form::List),
        ("support", Form::Word),
        ("transforms", Form::List),
        ("source", Form::Word),
        ("body", Form::Part("CREATE FUNCTION own() RETURNS int LANGUAGE sql ", "")),
        ("symbol", Form::Word),
        ("aggregate", Form::List),
        ("comment", Form::Word),
        ("owner", Form::Word),
        ("grants", Form::List),
    ],
    words: &[
        Word { name: "{sql_body}", since: 14, then: "CASE WHEN f.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(f.oid) END", before: "NULL::text" },
    ],
};
