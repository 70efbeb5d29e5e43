//! Collations.

use super::{Form, Holder, Kind, Word};

pub const KIND: Kind = Kind {
    word: "collation",
    query: include_str!("collation.sql"),
    holder: Holder::Itself,
    properties: &[
        ("provider", Form::Word),
        ("locale", Form::Word),
        ("lc_collate", Form::Word),
        ("lc_ctype", Form::Word),
        ("nondeterministic", Form::Flag),
        ("rules", Form::Word),
        ("comment", Form::Word),
        ("owner", Form::Word),
    ],
    words: &[
        Word { name: "{locale}", since: 17, then: "c.colllocale", before: "{icu_locale}" },
        Word { name: "{icu_locale}", since: 15, then: "c.colliculocale", before: "NULL" },
        Word { name: "{lc_collate}", since: 15, then: "c.collcollate", before: "CASE WHEN c.collprovider <> 'i' THEN c.collcollate END" },
        Word { name: "{lc_ctype}", since: 15, then: "c.collctype", before: "CASE WHEN c.collprovider <> 'i' THEN c.collctype END" },
        Word { name: "{rules}", since: 16, then: "c.collicurules", before: "NULL" },
    ],
};
