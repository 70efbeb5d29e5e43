//! Extensions. Their members are not facts.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, ident, literal};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "extension",
    query: include_str!("extension.sql"),
    ddl: Ddl { turn: |_| Turn::Extension, address, create, drop: |fact, _| vec![format!("DROP EXTENSION {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("schema", Form::Word, By::Alter(schema)),
        ("version", Form::AtLeast, By::Alter(version)),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("EXTENSION {}", fact.name)
}

/// Creates the version that the server has: an older one may no longer be available.
fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let schema = fact.text("schema").map(|schema| format!(" SCHEMA {}", ident(schema))).unwrap_or_default();
    Ok(vec![format!("CREATE EXTENSION {}{schema}", fact.name)])
}

fn schema(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let name = &setting.fact.name;
    Ok(vec![match setting.text() {
        Some(schema) => format!("ALTER EXTENSION {name} SET SCHEMA {}", ident(schema)),
        // The home has no name of its own in a chain.
        None => format!(
            "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER EXTENSION {} SET SCHEMA %I', pg_catalog.current_schema()); END $$",
            name.replace('\'', "''")
        ),
    }])
}

fn version(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let version = setting.text().unwrap_or_default();
    Ok(vec![format!("ALTER EXTENSION {} UPDATE TO {}", setting.fact.name, literal(version))])
}
