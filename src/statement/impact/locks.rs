//! The locks that statements take, and the work on all rows while they are held.

use super::retype::is_kept;
use crate::pg::lock_mode::LockMode;
use crate::sql::{Named, TypeName};
use crate::statement::change::Conversion;

/// The locks and the work of a statement; each relation once, with the strongest lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    pub locks: Vec<Lock>,
    pub work: Vec<Work>,
    /// Tables that the statement creates.
    pub makes: Vec<Named>,
    pub retypes: Vec<Retype>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    pub mode: LockMode,
    /// A relation as the script names it, or `the table of index i`.
    pub on: String,
}

/// Work on all rows of a relation while the lock is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    pub rewrites: bool,
    pub on: String,
    pub why: String,
}

/// ALTER COLUMN … TYPE: the old type decides if it rewrites the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retype {
    pub table: Named,
    pub column: String,
    pub to: TypeName,
    pub by: Conversion,
}

impl Impact {
    pub(super) fn lock(&mut self, mode: LockMode, on: impl Into<String>) {
        let on = on.into();
        match self.locks.iter_mut().find(|lock| lock.on == on) {
            Some(lock) => lock.mode = lock.mode.max(mode),
            None => self.locks.push(Lock { mode, on }),
        }
    }

    /// Adds a lock on a relation by its name in the catalog; the script may have named it otherwise.
    pub fn lock_found(&mut self, mode: LockMode, on: &str) {
        let is_it = |name: &str| name == on || name.rsplit('.').next() == Some(on);
        match self.locks.iter_mut().find(|lock| is_it(&lock.on)) {
            Some(lock) => lock.mode = lock.mode.max(mode),
            None => self.locks.push(Lock { mode, on: on.to_owned() }),
        }
    }

    pub(super) fn scan(&mut self, on: impl Into<String>, why: impl Into<String>) {
        self.work(false, on.into(), why.into());
    }

    pub(super) fn rewrite(&mut self, on: impl Into<String>, why: impl Into<String>) {
        self.work(true, on.into(), why.into());
    }

    fn work(&mut self, rewrites: bool, on: String, why: String) {
        let work = Work { rewrites, on, why };
        if !self.work.contains(&work) {
            self.work.push(work);
        }
    }

    /// Adds the cost of every changed type once the old types are known. An unknown old type counts as a rewrite.
    pub fn settle_types(&mut self, before: &[(String, TypeName)]) {
        for Retype { table, column, to, by } in std::mem::take(&mut self.retypes) {
            let mut before = before.iter().filter(|(name, _)| *name == column);
            if !before.next().is_some_and(|(_, from)| is_kept(from, &to, &by)) {
                self.rewrite(shown(&table), format!("every {column} is converted"));
            }
        }
    }
}

/// The name as the script writes it.
pub(crate) fn shown(name: &Named) -> String {
    match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    }
}
