//! Statements that affect more than their database: roles, databases and settings belong to the whole server.

use crate::chain::scan::{Kind, scan};
use crate::statement::Statement;
use crate::statement::change::{Act, Change, Effect};

/// Words for objects of the server, after a verb of DDL, ON, TO or FROM.
const OBJECTS: [&str; 7] = ["ROLE", "USER", "GROUP", "DATABASE", "TABLESPACE", "SYSTEM", "SUBSCRIPTION"];

/// True if a statement changes an object that all databases of a server share, or is unread code that may. `text` is its file's.
pub fn touches_cluster(statement: &Statement, text: &str) -> bool {
    match &statement.effect {
        Effect::Opaque(code) => {
            let is_named = |word: &String| OBJECTS.iter().any(|object| word.eq_ignore_ascii_case(object));
            code.may_define && code.words.iter().any(is_named)
        }
        Effect::Changes(changes) => {
            // A DO that only guards a definition is read as that definition.
            let is_of_role = |change: &Change| matches!(change.act, Act::CreateRole { .. } | Act::GrantRole { .. });
            changes.iter().any(is_of_role) || of_words(&statement.tag, statement.sql(text))
        }
        Effect::Setting(_) | Effect::Repeatable | Effect::Unjudged(_) => of_words(&statement.tag, statement.sql(text)),
        Effect::Data(_) => false,
    }
}

fn of_words(tag: &str, sql: &str) -> bool {
    let words =
        || scan(sql).filter(|piece| piece.kind == Kind::Word).map(|piece| sql[piece.range].to_ascii_uppercase());
    let is_object = |word: &str| OBJECTS.contains(&word);
    match tag.split(' ').next().unwrap_or_default() {
        "CREATE" | "ALTER" | "DROP" => {
            let is_mapping = tag.ends_with(" USER MAPPING");
            tag.split(' ').nth(1).is_some_and(is_object) && !is_mapping || tag == "DROP OWNED"
        }
        "REASSIGN" => true,
        // GRANT a TO b, GRANT CONNECT ON DATABASE d TO b, COMMENT ON ROLE r.
        "GRANT" | "REVOKE" | "COMMENT" | "SECURITY" => {
            let mut behind = words().skip_while(|word| word != "ON").skip(1);
            match (behind.next(), behind.next()) {
                // A table may have such a name.
                (Some(_), Some(next)) if next == "TO" || next == "FROM" => false,
                (Some(object), _) => is_object(&object) || object == "PARAMETER",
                (None, _) => true,
            }
        }
        _ => false,
    }
}
