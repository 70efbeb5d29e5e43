//! The interface to another tool's history.

use super::applied::{Applied, Row};
use super::native;
use crate::chain::{Chain, Revision};
use crate::pg::name::QualifiedName;

/// A tool's own history.
pub(super) trait Table: Sync {
    /// The tool's own schema, if it has one, and the table's name.
    fn home(&self) -> (Option<&'static str>, &'static str);

    /// The columns of the table; a table without one of them is another of that name.
    fn columns(&self) -> &'static [&'static str];

    /// True if a table with an additional column belongs to another tool.
    fn is_exact(&self) -> bool {
        false
    }

    /// The SQL with which the tool creates it; `{table}` and `{name}` are replaced.
    fn create(&self) -> &'static str;

    /// The same SQL for this table and this chain.
    fn made(&self, table: &QualifiedName, _: &Chain) -> String {
        let create = self.create().replace("{table}", &table.quoted());
        create.replace("{name}", &table.name.replace('"', "\"\""))
    }

    /// The expressions that are read of a row `h`, and the rest of the query.
    fn read(&self) -> (&'static str, &'static str);

    /// The applied revisions of a chain according to the rows.
    ///
    /// # Errors
    /// The tool itself would stop at some rows, a line each.
    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>>;

    /// The same for a chain in lockgate's own layout.
    ///
    /// # Errors
    /// The tool itself would stop at some rows, a line each.
    fn standing_of_native(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        Ok(native::by_firsts(chain, rows))
    }

    /// Records a revision as the tool would.
    fn record(&self, table: &str, revision: &Revision) -> String;

    /// Removes a downgraded revision, by its index in the chain.
    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String;

    /// True if the tool's history decides and ours only follows it: a revision that it lacks is no longer applied.
    fn is_authority(&self) -> bool {
        false
    }

    /// The change between two sets of applied revisions, if its rows mean a set and not single revisions.
    fn change(&self, _table: &str, _: &Chain, _before: &[usize], _after: &[usize]) -> Option<String> {
        None
    }

    /// Fails unless exactly these revisions are applied, and locks the history until the transaction ends.
    fn guard(&self, _table: &str, _: &Chain, _applied: &[usize]) -> Option<String> {
        None
    }

    /// The keys of the advisory locks that the tool uses.
    fn locks(&self, _: &QualifiedName, _database: &str) -> Vec<i64> {
        Vec::new()
    }
}
