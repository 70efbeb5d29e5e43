//! Drizzle: scripts in the order of `meta/_journal.json`, or, newer, folders with `migration.sql` and `snapshot.json`.

use serde::Deserialize;

use super::interface::{Fresh, Layout};
use super::lines;
use super::name;
use super::tree::{self, Content, Tree};
use crate::chain::Revision;
use crate::source::Problem;

pub struct Drizzle;

const JOURNAL: &str = "meta/_journal.json";
const BREAK: &str = "--> statement-breakpoint";

#[derive(Deserialize)]
struct Journal {
    dialect: Option<String>,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    tag: String,
    when: Option<i64>,
}

impl Layout for Drizzle {
    fn claims(&self, tree: &Tree) -> bool {
        tree.has(JOURNAL) || tree.folders().any(|folder| tree.has(&format!("{folder}/snapshot.json")))
    }

    fn leaves_out(&self, tree: &Tree, _: &str) -> bool {
        !tree.has(JOURNAL)
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        if tree.has(JOURNAL) { of_journal(tree, problems) } else { of_folders(tree, problems) }
    }

    fn template(&self, _: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        Err("`drizzle-kit generate --custom --name NAME` writes the script with its journal and its snapshot")
    }
}

fn of_journal(tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
    let Some(content) = tree.read(JOURNAL, problems) else { return Vec::new() };
    let journal: Journal = match serde_json::from_str(&content.text) {
        Ok(journal) => journal,
        Err(error) => {
            let (file, message) = (JOURNAL.to_owned(), format!("it cannot be read as Drizzle's journal: {error}"));
            problems.push(Problem::Line { file, line: error.line(), message });
            return Vec::new();
        }
    };
    if let Some(other) = journal.dialect.filter(|dialect| !matches!(dialect.as_str(), "postgresql" | "pg")) {
        let why = format!("the chain is for {other}: lockgate works on PostgreSQL alone");
        problems.push(Problem::Name { file: JOURNAL.to_owned(), why });
    }
    let tags: Vec<&str> = journal.entries.iter().map(|entry| entry.tag.as_str()).collect();
    for file in tree.files().filter(|file| tree::is_sql(file)) {
        if !tags.contains(&file.trim_end_matches(".sql")) {
            tracing::warn!(file, "{JOURNAL} does not name the file, so Drizzle leaves it out, and so does lockgate");
        }
    }
    let mut revisions = Vec::new();
    for Entry { tag, when: moment } in &journal.entries {
        let file = format!("{tag}.sql");
        if !tree.has(&file) {
            let why = format!("{JOURNAL} names it, and it is missing");
            problems.push(Problem::Name { file, why });
            continue;
        }
        let Some(content) = tree.read(&file, problems) else { continue };
        let revision = tree::revision(tag, words(tag), with_semicolons(content), problems);
        revisions.push(Revision { moment: *moment, ..revision });
    }
    revisions
}

fn of_folders(tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
    let mut revisions = Vec::new();
    for folder in tree.folders() {
        let file = format!("{folder}/migration.sql");
        if !tree.has(&file) {
            tracing::warn!(folder, "the folder holds no migration.sql, so Drizzle leaves it out, and so does lockgate");
            continue;
        }
        let Some(content) = tree.read(&file, problems) else { continue };
        let is_dated = folder.len() >= 14 && folder.as_bytes()[..14].iter().all(u8::is_ascii_digit);
        let moment = is_dated.then(|| i64::try_from(name::utc(&folder[..14])).ok()).flatten();
        let revision = tree::revision(folder, words(folder), with_semicolons(content), problems);
        revisions.push(Revision { moment, ..revision });
    }
    revisions
}

fn words(tag: &str) -> &str {
    tag.split_once('_').map_or("", |(_, words)| words)
}

/// Drizzle sends each part separately, so the last statement of a part may lack its `;`.
fn with_semicolons(content: Content) -> Content {
    let mut text = String::with_capacity(content.text.len());
    for (at, part) in content.text.split(BREAK).enumerate() {
        if at > 0 {
            text += &if lines::lacks_semicolon(&text) { lines::behind_semicolon(BREAK) } else { BREAK.to_owned() };
        }
        text += part;
    }
    Content { text, ..content }
}
