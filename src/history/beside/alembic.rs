//! Alembic: `alembic_version`, a row for each applied revision without an applied successor by `down_revision` or `depends_on`
//! (Alembic 1.19 and 1.20, as observed on 150 random graphs). It takes no lock.

use super::applied::{Applied, Row, delete, firsts};
use super::table::Table;
use crate::alembic::VERSION_TABLE;
use crate::alembic::status::WIDTH;
use crate::chain::{Chain, Revision};
use crate::pg::name::{QualifiedName, quote_array, quote_literal};

pub struct Alembic;

impl Table for Alembic {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (None, VERSION_TABLE)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["version_num"]
    }

    fn is_exact(&self) -> bool {
        true
    }

    /// `{width}` is replaced too.
    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (version_num VARCHAR({width}) NOT NULL, CONSTRAINT \"{name}_pkc\" PRIMARY KEY (version_num))"
    }

    /// The column is as wide as the longest id, if Alembic's own width is too small.
    fn made(&self, table: &QualifiedName, chain: &Chain) -> String {
        let longest = chain.revisions().iter().map(|revision| revision.id.as_str().chars().count()).max();
        let create = self.create().replace("{width}", &longest.unwrap_or(0).max(WIDTH).to_string());
        create.replace("{table}", &table.quoted()).replace("{name}", &table.name.replace('"', "\"\""))
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.version_num", " ORDER BY h.version_num")
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        Ok(standing(chain, firsts(rows)))
    }

    fn standing_of_native(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        self.standing(chain, rows)
    }

    fn record(&self, table: &str, revision: &Revision) -> String {
        format!("INSERT INTO {table} (version_num) VALUES ({})", quote_literal(revision.id.as_str()))
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        delete(table, "version_num", &chain.revisions()[at])
    }

    fn is_authority(&self) -> bool {
        true
    }

    /// A row that another replaces is updated, as Alembic does it.
    fn change(&self, table: &str, chain: &Chain, before: &[usize], after: &[usize]) -> Option<String> {
        let (old, new) = (chain.maximal(before), chain.maximal(after));
        let gone: Vec<usize> = old.iter().copied().filter(|at| !new.contains(at)).collect();
        let come: Vec<usize> = new.iter().copied().filter(|at| !old.contains(at)).collect();
        let id = |at: usize| quote_literal(chain.revisions()[at].id.as_str());
        let moves = gone.iter().zip(&come).map(|(&from, &to)| {
            format!("UPDATE {table} SET version_num = {} WHERE version_num = {}", id(to), id(from))
        });
        let rest = gone.iter().skip(come.len()).map(|&at| self.forget(table, chain, at));
        let more = come.iter().skip(gone.len()).map(|&at| self.record(table, &chain.revisions()[at]));
        let mut parts: Vec<String> = rest.chain(moves).chain(more).collect();
        if !parts.is_empty() && !before.is_empty() {
            parts.push(says(table, chain, &new));
        }
        Some(parts.join("; "))
    }

    fn guard(&self, table: &str, chain: &Chain, applied: &[usize]) -> Option<String> {
        let says = says(table, chain, &chain.maximal(applied));
        Some(format!("LOCK TABLE ONLY {table} IN SHARE ROW EXCLUSIVE MODE; {says}"))
    }
}

/// Fails if the table contains other rows.
fn says(table: &str, chain: &Chain, rows: &[usize]) -> String {
    let mut ids: Vec<&str> = rows.iter().map(|&at| chain.revisions()[at].id.as_str()).collect();
    ids.sort_unstable();
    let there = "coalesce(array_agg(version_num::text ORDER BY version_num::text COLLATE \"C\"), '{}')";
    format!(
        "SELECT WHERE (SELECT CASE WHEN {there} = {} THEN '0' ELSE concat({}, ' says ', coalesce(nullif(array_to_string({there}, \
         ' '), ''), 'base')) END::int FROM ONLY {table}) IS NULL",
        quote_array(ids.into_iter()),
        quote_literal(table)
    )
}

/// A row means its revision and all predecessors. Predecessors of an unknown revision may be any revisions, but not a direct
/// successor of a row: that row would be gone.
fn standing<'v>(chain: &Chain, rows: impl Iterator<Item = &'v str>) -> Applied {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for id in rows {
        match chain.depth(id) {
            Some(depth) => known.push(depth - 1),
            None => unknown.push(id.to_owned()),
        }
    }
    let applied = chain.closed(known.iter().copied());
    let newest = chain.maximal(&applied);
    let spare = known.iter().copied().filter(|at| !newest.contains(at)).collect();
    let is_missing = |at: usize| !applied.contains(&at);
    let surely_missing = newest.iter().any(|&row| chain.children(row).any(is_missing));
    let is_least = !unknown.is_empty();
    let unknown = unknown.into_iter().map(|id| (id, !surely_missing)).collect();
    Applied { known: applied, unknown, is_least, spare }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Id, Manner, order};

    /// `base`, its successors `a` and `b`, and `m` after both.
    fn chain() -> Chain {
        let revision = |(id, after): (&str, &[&str])| Revision {
            id: Id::new(id),
            description: String::new(),
            file: format!("{id}_x.sql"),
            text: String::new().into(),
            bytes: String::new(),
            after: Some(after.iter().map(|&id| Id::new(id)).collect()),
            down: None,
            manner: Manner::default(),
            moment: None,
        };
        let all: [(&str, &[&str]); 4] = [("base", &[]), ("a", &["base"]), ("b", &["base"]), ("m", &["a", "b"])];
        order(all.map(revision).into()).expect("a chain")
    }

    fn at(ids: &str) -> Vec<usize> {
        ids.split_whitespace().map(|id| chain().depth(id).expect("a revision") - 1).collect()
    }

    fn change(before: &str, after: &str) -> String {
        let sql = Alembic.change("t", &chain(), &at(before), &at(after)).expect("a change");
        sql.split("; SELECT").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_table_is_written_as_alembic_writes_it() {
        let update = |from: &str, to: &str| format!("UPDATE t SET version_num = '{to}' WHERE version_num = '{from}'");
        assert_eq!(change("", "base"), "INSERT INTO t (version_num) VALUES ('base')");
        assert_eq!(change("base", "base a"), update("base", "a"));
        assert_eq!(change("base a", "base a b"), "INSERT INTO t (version_num) VALUES ('b')");
        let merged = format!("DELETE FROM t WHERE version_num = 'b'; {}", update("a", "m"));
        assert_eq!(change("base a b", "base a b m"), merged);
        let taken_back = format!("{}; INSERT INTO t (version_num) VALUES ('b')", update("m", "a"));
        assert_eq!(change("base a b m", "base a b"), taken_back);
        assert_eq!(change("base a b", "base a"), "DELETE FROM t WHERE version_num = 'b'");
        assert_eq!(change("base", ""), "DELETE FROM t WHERE version_num = 'base'");
    }

    #[test]
    fn rows_stand_for_what_lies_before_them() {
        let standing = |rows: &str| standing(&chain(), rows.split_whitespace());
        assert_eq!(standing("").known, at(""));
        assert_eq!(standing("a").known, at("base a"));
        assert_eq!(standing("a b").known, at("base a b"));
        // Alembic's own downgrade leaves such a row.
        let spare = standing("base a");
        assert_eq!((spare.known, spare.spare), (at("base a"), at("base")));
        let ahead = standing("z");
        assert_eq!((ahead.known, ahead.unknown, ahead.is_least), (at(""), vec![("z".to_owned(), true)], true));
        let gap = standing("a z");
        assert_eq!((gap.known, gap.unknown), (at("base a"), vec![("z".to_owned(), false)]));
    }
}
