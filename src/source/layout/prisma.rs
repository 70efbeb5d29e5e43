//! Prisma: `TIMESTAMP_NAME/migration.sql`, in the order of the folders' names.

use super::interface::{Fresh, Layout};
use super::lines;
use super::tree::{self, Tree};
use crate::chain::Revision;
use crate::source::Problem;

pub struct Prisma;

const LOCK: &str = "migration_lock.toml";
const SCRIPT: &str = "migration.sql";

impl Layout for Prisma {
    fn claims(&self, tree: &Tree) -> bool {
        let is_its =
            |folder: &str| tree.has(&format!("{folder}/{SCRIPT}")) && !tree.has(&format!("{folder}/snapshot.json"));
        tree.has(LOCK) || tree.folders().any(is_its)
    }

    fn leaves_out(&self, _: &Tree, _: &str) -> bool {
        true
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        problems.extend(other_database(tree));
        let mut revisions = Vec::new();
        for folder in tree.folders() {
            let file = format!("{folder}/{SCRIPT}");
            if !tree.has(&file) {
                let why = "the folder holds no migration.sql, and Prisma refuses it too (P3015): put it back, or delete the folder";
                problems.push(Problem::Name { file: folder.to_owned(), why: why.to_owned() });
                continue;
            }
            let Some(content) = tree.read(&file, problems) else { continue };
            // Prisma itself runs no down script; its guides keep one here.
            let back = format!("{folder}/down.sql");
            let down = if tree.has(&back) { tree.down(back, problems) } else { None };
            let description = folder.split_once('_').map_or("", |(_, words)| words);
            revisions.push(Revision { down, ..tree::revision(folder, description, content, problems) });
        }
        revisions
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        let folder = format!("{}_{}", fresh.number(), fresh.words);
        let down = fresh.has_down.then(|| (format!("{folder}/down.sql"), String::new()));
        Ok([(format!("{folder}/{SCRIPT}"), String::new())].into_iter().chain(down).collect())
    }
}

/// The problem of a chain for another kind of database.
fn other_database(tree: &Tree) -> Option<Problem> {
    if !tree.has(LOCK) {
        return None;
    }
    let content = tree.read(LOCK, &mut Vec::new())?;
    let provider = |line: &str| {
        let value = line.trim().strip_prefix("provider")?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches('"').to_owned())
    };
    lines::lines(&content.text).find_map(|line| {
        let provider = provider(line.text)?;
        (!matches!(provider.as_str(), "postgresql" | "postgres")).then(|| Problem::Line {
            file: LOCK.to_owned(),
            line: line.number,
            message: format!("the chain is for {provider}: lockgate works on PostgreSQL alone"),
        })
    })
}
