//! Trust in a table of the history's name, and the reasons against it.

use super::HistoryError;
use super::inquiry::{Looked, ServerState};
use crate::pg::name::quote_ident;

/// The roles that a run trusts with the history.
#[derive(Clone, Copy, Debug)]
pub struct Trusted<'a> {
    /// `LOCKGATE_TRUSTED_OWNERS`.
    pub owners: &'a [String],
    /// True if the run only reads: a role without further rights cannot know the history's owner.
    pub only_reads: bool,
}

/// A reason to distrust a table of the history's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Not an ordinary table: pg_class.relkind.
    Kind(char),
    Owner(String),
    Triggers(Vec<String>),
    Rules(Vec<String>),
    Relatives,
    Columns(Vec<String>),
    /// Row security hides rows from this role.
    Hidden,
}

impl Looked {
    fn is_hidden(&self) -> bool {
        self.is_secured && self.is_open != Some(true)
    }

    fn is_of(&self, trusted: Trusted<'_>) -> bool {
        self.trust.is_some() || trusted.owners.contains(&self.owner)
    }

    /// True if another role may create a trigger on it at any time.
    pub fn has_setters(&self) -> bool {
        self.setters.is_some()
    }

    fn wrong(&self, trusted: Trusted<'_>) -> Vec<Distrust> {
        let names = |names: &Option<Vec<String>>| names.clone().filter(|names| !names.is_empty());
        let is_left_open = trusted.only_reads && trusted.owners.is_empty();
        let is_strange = !(self.is_of(trusted) || is_left_open);
        [
            (self.kind != 'r').then_some(Distrust::Kind(self.kind)),
            is_strange.then(|| Distrust::Owner(self.owner.clone())),
            names(&self.triggers).map(Distrust::Triggers),
            // A view consists of its rule.
            names(&self.rules).filter(|_| self.kind == 'r').map(Distrust::Rules),
            (self.has_relatives && self.kind == 'r').then_some(Distrust::Relatives),
            names(&self.columns).map(Distrust::Columns),
            self.is_hidden().then_some(Distrust::Hidden),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl ServerState {
    /// Checks that the history can be trusted; returns warnings about one that is trusted nevertheless.
    ///
    /// # Errors
    /// [`HistoryError::Untrusted`].
    pub(super) fn believed(&self, trusted: Trusted<'_>) -> Result<Vec<String>, HistoryError> {
        let Some(looked) = &self.looked else { return Ok(Vec::new()) };
        let wrong = looked.wrong(trusted);
        if !wrong.is_empty() {
            return Err(HistoryError::Untrusted {
                table: self.history.clone(),
                role: self.role.clone(),
                owner: looked.owner.clone(),
                wrong,
            });
        }
        let mut warnings = Vec::new();
        if !looked.is_of(trusted) {
            warnings.push(format!(
                "the history {} belongs to {}, whom nothing makes trusted: LOCKGATE_TRUSTED_OWNERS={} says that it should, and \
                 refuses any other",
                self.history, looked.owner, looked.owner
            ));
        }
        let others: Vec<&str> = looked
            .writers
            .iter()
            .flatten()
            .filter(|writer| !trusted.owners.contains(writer))
            .map(String::as_str)
            .collect();
        if !others.is_empty() {
            let all = others.iter().map(|name| grantee(name)).collect::<Vec<_>>().join(", ");
            warnings.push(format!(
                "{} may write the history {}, and so may open the gate: REVOKE INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER ON {} FROM {all}",
                others.join(", "),
                self.history,
                self.history.quoted(),
            ));
        }
        Ok(warnings)
    }
}

fn grantee(name: &str) -> String {
    if name == "PUBLIC" { name.to_owned() } else { quote_ident(name) }
}

impl Distrust {
    /// The reason in a line.
    pub(super) fn line(&self) -> String {
        let list = |names: &[String]| names.join(", ");
        match self {
            Self::Kind(kind) => format!("it is {}, not a table", kind_word(*kind)),
            Self::Owner(owner) => format!("its owner is {owner}, whom nothing makes trusted"),
            Self::Triggers(names) => format!("it has triggers, which would run as this role: {}", list(names)),
            Self::Rules(names) => format!("it has rules, which would run as this role: {}", list(names)),
            Self::Relatives => "it inherits from a table, or is inherited from".to_owned(),
            Self::Columns(names) => format!("columns have types with functions of their own: {}", list(names)),
            Self::Hidden => "row security hides rows of it from this role".to_owned(),
        }
    }
}

/// pg_class.relkind in words (PostgreSQL documentation 53.11).
fn kind_word(kind: char) -> &'static str {
    match kind {
        'v' => "a view",
        'm' => "a materialized view",
        'f' => "a foreign table",
        'p' => "a partitioned table",
        'S' => "a sequence",
        'c' => "a type",
        'i' | 'I' => "an index",
        _ => "something else",
    }
}

/// The advice about a table that is not trusted.
pub(super) fn next(table: &str, role: &str, owner: &str, wrong: &[Distrust]) -> String {
    let role = quote_ident(role);
    match wrong {
        [Distrust::Hidden] => format!(
            "as the table's owner: CREATE POLICY lockgate_read ON {table} FOR SELECT USING (true); where row security is forced on \
             the owner too: ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"
        ),
        [Distrust::Owner(_)] => format!(
            "find out who made it. If it is the history: ALTER TABLE {table} OWNER TO {role}, or LOCKGATE_TRUSTED_OWNERS={owner}. \
             If not: drop it, or name another table with LOCKGATE_HISTORY_TABLE"
        ),
        _ => "find out who made it. If it is not the history: drop it, or name another table with LOCKGATE_HISTORY_TABLE. If it \
              is: take away what is listed"
            .to_owned(),
    }
}

/// True if privileges, as the server writes an array of them (`{owner=arwdDxt/owner,reader=r/owner}`; PostgreSQL documentation
/// 5.8, table 5.1), allow only the owner more than reading.
pub(super) fn is_for_readers(acl: &str) -> bool {
    let items = acl.trim_start_matches('{').trim_end_matches('}').split(',');
    items.into_iter().all(|item| {
        // A quoted name may contain any character: then a full inspection decides.
        let is_plain = !item.contains(['"', '\\']);
        let parts = item.split_once('=').and_then(|(to, rest)| Some((to, rest.split_once('/')?)));
        parts.is_some_and(|(to, (letters, by))| {
            is_plain && (to == by || letters.chars().all(|letter| "r*".contains(letter)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_to_read_are_told_from_rights_to_write() {
        for (acl, is_for_readers_alone) in [
            ("{app=arwdDxt/app}", true),
            ("{app=arwdDxtm/app,reader=r/app,=r*/app}", true),
            ("{app=arwdDxt/app,=arwdDxt/app}", false),
            ("{app=arwdDxt/app,w=a/app}", false),
            ("{app=arwdDxt/app,\"\\\"a b\\\"=r/app\"}", false),
        ] {
            assert_eq!(is_for_readers(acl), is_for_readers_alone, "{acl}");
        }
    }
}
