//! What every history of another tool is asked.

use super::applied::{Applied, Row};
use super::native;
use crate::chain::{Chain, Revision};
use crate::pg::name::QualifiedName;

/// A tool's own history.
pub(super) trait Table: Sync {
    /// Its schema, where the tool has one of its own, and its name.
    fn home(&self) -> (Option<&'static str>, &'static str);

    /// The columns without which it is another table of that name.
    fn columns(&self) -> &'static [&'static str];

    /// True where a table with one more column is another tool's.
    fn is_exact(&self) -> bool {
        false
    }

    /// The SQL with which the tool makes it; `{table}` and `{name}` are replaced.
    fn create(&self) -> &'static str;

    /// The same for this table and this chain.
    fn made(&self, table: &QualifiedName, _: &Chain) -> String {
        let create = self.create().replace("{table}", &table.quoted());
        create.replace("{name}", &table.name.replace('"', "\"\""))
    }

    /// The values that are read of a row `h`, and the rest of the query.
    fn read(&self) -> (&'static str, &'static str);

    /// What the rows say of a chain.
    ///
    /// # Errors
    /// Rows that the tool itself stops at, a line each.
    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>>;

    /// The same of a chain in lockgate's own layout.
    ///
    /// # Errors
    /// Rows that the tool itself stops at, a line each.
    fn standing_of_native(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        Ok(native::by_firsts(chain, rows))
    }

    /// Records a revision as the tool would.
    fn record(&self, table: &str, revision: &Revision) -> String;

    /// Forgets a revision that is taken back, by its index in the chain.
    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String;

    /// True where it says what is applied, and ours tells of that alone: what it lacks is not applied any more.
    fn is_authority(&self) -> bool {
        false
    }

    /// The change from these applied revisions to those, where its rows stand for a set and not for single revisions.
    fn change(&self, _table: &str, _: &Chain, _before: &[usize], _after: &[usize]) -> Option<String> {
        None
    }

    /// Fails where it does not say that these revisions are applied, and keeps others from changing it until the transaction ends.
    fn guard(&self, _table: &str, _: &Chain, _applied: &[usize]) -> Option<String> {
        None
    }

    /// The keys of the advisory locks that the tool works under.
    fn locks(&self, _: &QualifiedName, _database: &str) -> Vec<i64> {
        Vec::new()
    }
}
