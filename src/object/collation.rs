//! Collations.

use super::ddl::{By, Ddl, Around, Turn, Unwritable, literal};
use super::{Form, Holder, Kind, Word, Fact};

pub const KIND: Kind = Kind {
    word: "collation",
    query: include_str!("collation.sql"),
    ddl: Ddl { turn: |_| Turn::Collation, address, create, drop: |fact, _| vec![format!("DROP COLLATION {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("provider", Form::Word, By::Again),
        ("locale", Form::Word, By::Again),
        ("lc_collate", Form::Word, By::Again),
        ("lc_ctype", Form::Word, By::Again),
        ("nondeterministic", Form::Flag, By::Again),
        ("rules", Form::Word, By::Again),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[
        Word { name: "{locale}", since: 17, then: "c.colllocale", before: "{icu_locale}" },
        Word { name: "{icu_locale}", since: 15, then: "c.colliculocale", before: "NULL" },
        Word { name: "{lc_collate}", since: 15, then: "c.collcollate", before: "CASE WHEN c.collprovider <> 'i' THEN c.collcollate END" },
        Word { name: "{lc_ctype}", since: 15, then: "c.collctype", before: "CASE WHEN c.collprovider <> 'i' THEN c.collctype END" },
        Word { name: "{rules}", since: 16, then: "c.collicurules", before: "NULL" },
    ],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("COLLATION {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let mut words = vec![format!("provider = {}", fact.text("provider").unwrap_or("libc"))];
    for property in ["locale", "lc_collate", "lc_ctype", "rules"] {
        words.extend(fact.text(property).map(|value| format!("{property} = {}", literal(value))));
    }
    if fact.get("nondeterministic").is_some() {
        words.push("deterministic = false".to_owned());
    }
    Ok(vec![format!("CREATE COLLATION {} ({})", fact.name, words.join(", "))])
}
