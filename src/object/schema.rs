//! Schemas, except the home and `public`.

use super::ddl::{self, By, Ddl, Turn};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "schema",
    query: include_str!("schema.sql"),
    ddl: Ddl { turn: |_| Turn::Schema, address, create: |fact, _| Ok(vec![format!("CREATE SCHEMA {}", fact.name)]), drop: |fact, _| vec![format!("DROP SCHEMA {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
        ("grants", Form::List, By::Grants(|fact| format!("SCHEMA {}", fact.name))),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &ddl::Around<'_>) -> String {
    format!("SCHEMA {}", fact.name)
}
