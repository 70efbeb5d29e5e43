//! Publications.

use super::{Form, Holder, Kind, Word};

pub const KIND: Kind = Kind {
    word: "publication",
    query: include_str!("publication.sql"),
    holder: Holder::Itself,
    properties: &[
        ("all tables", Form::Flag),
        ("tables", Form::List),
        ("schemas", Form::List),
        ("publishes", Form::List),
        ("via root", Form::Flag),
        ("generated columns", Form::Word),
        ("comment", Form::Word),
        ("owner", Form::Word),
    ],
    words: &[
        Word { name: "{publication_columns}", since: 15, then: "CASE WHEN r.prattrs IS NOT NULL THEN ' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a \
                   WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs::int2[])) || ')' END", before: "NULL" },
        Word { name: "{publication_filter}", since: 15, then: "' WHERE ' || pg_get_expr(r.prqual, r.prrelid)", before: "NULL" },
        Word { name: "{publication_schemas}", since: 15, then: "(SELECT json_agg(CASE s.prefix WHEN '' THEN 'the home' ELSE quote_ident(s.nspname) END ORDER BY s.nspname) \
                   FROM pg_publication_namespace n JOIN spc s ON s.oid = n.pnnspid WHERE n.pnpubid = p.oid)", before: "NULL::json" },
        Word { name: "{generated_columns}", since: 18, then: "CASE p.pubgencols WHEN 's' THEN 'stored' END", before: "NULL::text" },
    ],
};
