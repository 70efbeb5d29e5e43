//! Columns of tables; of a view those of which something is set.

use super::{Form, Holder, Kind, Word};

pub const KIND: Kind = Kind {
    word: "column",
    query: include_str!("column.sql"),
    holder: Holder::Table,
    properties: &[
        ("type", Form::Word),
        ("collate", Form::Word),
        ("not null", Form::Word),
        ("default", Form::EXPRESSION),
        ("generated", Form::EXPRESSION),
        ("virtual", Form::Flag),
        ("identity", Form::Word),
        ("sequence", Form::List),
        ("storage", Form::Word),
        ("compression", Form::Word),
        ("statistics", Form::Word),
        ("options", Form::Options),
        ("server options", Form::List),
        ("comment", Form::Word),
        ("grants", Form::List),
    ],
    words: &[
        Word { name: "{not_null}", since: 18, then: "CASE WHEN EXISTS (SELECT FROM pg_constraint n WHERE n.conrelid = r.oid AND n.contype = 'n' AND n.conkey = ARRAY[a.attnum] \
                   AND NOT n.convalidated) THEN 'not valid' ELSE 'yes' END", before: "'yes'" },
        Word { name: "{compression}", since: 14, then: "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END", before: "NULL" },
    ],
};
