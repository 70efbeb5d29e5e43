//! The Supabase CLI: `supabase/migrations/VERSION_NAME.sql`, in the order of the names.

use super::interface::{Fresh, Layout, numbered};
use super::tree::{self, Tree};
use crate::chain::Revision;
use crate::source::Problem;

pub struct Supabase;

impl Layout for Supabase {
    /// Its names are not specific; its folder is.
    fn claims(&self, tree: &Tree) -> bool {
        let path = tree.path().canonicalize().unwrap_or_else(|_| tree.path().to_owned());
        let mut names = path.components().rev().map(|part| part.as_os_str());
        names.next().is_some_and(|name| name == "migrations") && names.next().is_some_and(|name| name == "supabase")
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let mut revisions = Vec::new();
        for (at, file) in tree.files().filter(|file| tree::is_sql(file)).enumerate() {
            if at == 0 && is_old_beginning(file) {
                tracing::warn!(file, "Supabase leaves out a first init.sql of before 2021-12-09, and so does lockgate");
                continue;
            }
            let Some((version, description)) = file.strip_suffix(".sql").and_then(numbered) else {
                tracing::warn!(file, "Supabase leaves the file out by its name, and so does lockgate");
                continue;
            };
            let Some(content) = tree.read(file, problems) else { continue };
            revisions.push(tree::revision(version, description, content, problems));
        }
        revisions
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        Ok(vec![(format!("{}_{}.sql", fresh.number(), fresh.words), String::new())])
    }
}

/// True for a file in which early releases of the CLI wrote the platform's own schema.
fn is_old_beginning(file: &str) -> bool {
    let version = file.strip_suffix("_init.sql").filter(|version| version.len() == 14);
    version.is_some_and(|version| version.bytes().all(|byte| byte.is_ascii_digit()) && version < "20211209000000")
}
