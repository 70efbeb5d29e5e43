//! Flyway: `V1.2__NAME.sql` in the order of the versions, then `R__NAME.sql`, which run again when they change. Subfolders are
//! included.

mod placeholders;
mod settings;

use std::collections::BTreeMap;

use super::interface::{Fresh, Layout, by_number};
use super::tree::{self, Content, Tree};
use super::{fill, refinery};
use crate::chain::{Down, Manner, Revision, Text, checksum};
use crate::source::Problem;
use placeholders::Placeholders;
use settings::{OfScript, Project};

pub struct Flyway;

/// The meaning of a file's name.
#[derive(Debug, PartialEq, Eq)]
enum Name<'a> {
    Versioned {
        version: String,
        description: &'a str,
    },
    Undo {
        version: String,
    },
    Baseline {
        version: String,
        description: &'a str,
    },
    Repeatable {
        description: &'a str,
    },
    /// The file does not run as SQL, and is reported with this reason.
    Refused(&'static str),
    LeftOut,
}

/// The numbers of the version, without trailing zeros: `1` is `1.0`.
type Order = Vec<(usize, String)>;

impl Layout for Flyway {
    fn claims(&self, tree: &Tree) -> bool {
        let is_its =
            |file: &str| matches!(name(file), Name::Versioned { .. } | Name::Repeatable { .. } | Name::Baseline { .. });
        // Source code of refinery beside the scripts shows that they are refinery's.
        !refinery::is_refinerys(tree)
            && tree.files().any(|file| tree::is_sql(file) && file.contains("__") && is_its(file))
    }

    fn leaves_out(&self, _: &Tree, file: &str) -> bool {
        name(file) == Name::LeftOut
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let files = tree.all_files();
        let mut found = Found::default();
        for file in &files {
            found.take(file, problems);
        }
        found.settle_baselines(problems);
        let Found { versioned, mut undos, repeatable, .. } = found;
        let project = Project::of(tree, problems);
        problems.extend(project.other_schema(tree.around()));
        let scripts = Scripts { tree, placeholders: Placeholders::of(tree, &project) };
        let mut revisions = Vec::new();
        for (order, (version, description, file)) in versioned {
            let Some(read) = scripts.up(&version, description, file, problems) else { continue };
            let down = undos.remove(&order).and_then(|undo| scripts.back(undo, problems));
            revisions.push(Revision { down, ..read });
        }
        for (description, file) in repeatable {
            revisions.extend(scripts.repeatable(description, file, problems));
        }
        for undo in undos.into_values() {
            tracing::warn!(file = undo, "there is no script of this version to take back");
        }
        revisions
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        let last = fresh.revisions.iter().rev().find(|revision| !revision.manner.repeats);
        let version = match last.map(|last| last.id.as_str()) {
            None => "1".to_owned(),
            Some(id) if id.bytes().all(|byte| byte.is_ascii_digit()) => fresh.number_after(id),
            Some(id) => {
                let (rest, number) = id.rsplit_once('.').unwrap_or(("0", id));
                format!("{rest}.{}", fresh.number_after(number))
            }
        };
        Ok(vec![(format!("V{version}__{}.sql", fresh.words), String::new())])
    }
}

#[derive(Default)]
struct Found<'a> {
    versioned: BTreeMap<Order, (String, &'a str, &'a str)>,
    undos: BTreeMap<Order, &'a str>,
    baselines: BTreeMap<Order, (String, &'a str, &'a str)>,
    repeatable: BTreeMap<&'a str, &'a str>,
}

impl<'a> Found<'a> {
    fn take(&mut self, file: &'a str, problems: &mut Vec<Problem>) {
        let base = file.rsplit('/').next().unwrap_or(file);
        let before = match name(base) {
            Name::Versioned { version, description } => {
                self.versioned.insert(order(&version), (version, description, file)).map(|(.., before)| before)
            }
            Name::Baseline { version, description } => {
                self.baselines.insert(order(&version), (version, description, file)).map(|(.., before)| before)
            }
            Name::Undo { version } => self.undos.insert(order(&version), file),
            Name::Repeatable { description } => self.repeatable.insert(description, file),
            Name::Refused(why) => {
                problems.push(Problem::Name { file: file.to_owned(), why: why.to_owned() });
                None
            }
            Name::LeftOut => None,
        };
        if let Some(before) = before {
            let why = format!("{before} has the same version");
            problems.push(Problem::Name { file: file.to_owned(), why });
        }
    }

    /// A baseline replaces all scripts up to its version: a database without any of these begins with the newest baseline.
    fn settle_baselines(&mut self, problems: &mut Vec<Problem>) {
        let Some((order, baseline)) = self.baselines.pop_last() else { return };
        match self.versioned.range(..=order.clone()).next() {
            Some((_, (.., first))) => problems.push(Problem::Name {
                file: baseline.2.to_owned(),
                why: format!(
                    "Flyway's baseline, which a new database takes in place of all up to {}, {first} among them; lockgate has one \
                     chain for every database: keep either it or those in this directory",
                    baseline.0
                ),
            }),
            None => _ = self.versioned.insert(order, baseline),
        }
    }
}

/// The scripts of a directory, with its settings.
struct Scripts<'a> {
    tree: &'a Tree,
    placeholders: Placeholders<'a>,
}

impl Scripts<'_> {
    fn up(&self, id: &str, description: &str, file: &str, problems: &mut Vec<Problem>) -> Option<Revision> {
        self.read(id, description, file, false, problems)
    }

    fn repeatable(&self, description: &str, file: &str, problems: &mut Vec<Problem>) -> Option<Revision> {
        self.read(&format!("R__{description}"), description, file, true, problems)
    }

    fn read(
        &self,
        id: &str,
        description: &str,
        file: &str,
        repeats: bool,
        problems: &mut Vec<Problem>,
    ) -> Option<Revision> {
        let content = self.tree.read(file, problems)?;
        let settings = OfScript::of(self.tree, file, problems);
        let text = self.filled(&content, &settings, repeats, problems);
        let manner = Manner { in_transaction: settings.in_transaction, repeats };
        let bytes = if repeats { checksum::bytes_digest(text.as_bytes()) } else { content.bytes.clone() };
        Some(Revision { manner, text, bytes, ..tree::revision(id, description, content, problems) })
    }

    fn back(&self, file: &str, problems: &mut Vec<Problem>) -> Option<Box<Down>> {
        let content = self.tree.read(file, problems)?;
        let settings = OfScript::of(self.tree, file, problems);
        let text = self.filled(&content, &settings, false, problems);
        Some(Down::new(content.file, Some(text)))
    }

    fn filled(&self, content: &Content, settings: &OfScript, repeats: bool, problems: &mut Vec<Problem>) -> Text {
        match settings.replaces.unwrap_or(self.placeholders.are_on()) {
            true => fill::filled(content, self.placeholders.found(content, repeats), problems),
            false => content.text.clone().into(),
        }
    }
}

fn order(version: &str) -> Order {
    let mut parts: Order = version.split('.').map(by_number).collect();
    while parts.last().is_some_and(|(length, _)| *length == 0) && parts.len() > 1 {
        parts.pop();
    }
    parts
}

const CODE: &str =
    "Flyway runs it as code, which lockgate cannot: write what it does as SQL, as a script of the same version";
const CALLBACK: &str = "Flyway runs it around its migrations, and lockgate has no such calls: move what it does to a script, or leave it to Flyway";

fn name(file: &str) -> Name<'_> {
    let Some(stem) = file.strip_suffix(".sql") else {
        let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        let is_code = matches!(
            ending,
            "java" | "class" | "kt" | "groovy" | "scala" | "py" | "sh" | "bash" | "ps1" | "bat" | "cmd"
        );
        let is_versioned = matches!(parts(stem), Some((_, version, _)) if version.is_some());
        return if is_code && (is_versioned || stem.starts_with("R__")) { Name::Refused(CODE) } else { Name::LeftOut };
    };
    if is_callback(stem) {
        return Name::Refused(CALLBACK);
    }
    match parts(stem) {
        Some(('V', Some(version), description)) => Name::Versioned { version, description },
        Some(('U', Some(version), _)) => Name::Undo { version },
        Some(('B', Some(version), description)) => Name::Baseline { version, description },
        Some(('R', None, description)) => Name::Repeatable { description },
        _ if stem.starts_with(['V', 'U', 'B']) && stem[1..].starts_with(|c: char| c.is_ascii_digit()) => Name::Refused(
            "begins as Flyway's scripts do, and has no version and `__` behind it: Flyway leaves it out without a word; name it as \
             V1.2__NAME.sql, or move it",
        ),
        _ => Name::LeftOut,
    }
}

/// The kind, the version with dots, and the description; none for an invalid version.
fn parts(stem: &str) -> Option<(char, Option<String>, &str)> {
    let kind = stem.chars().next().filter(|kind| "VUBR".contains(*kind))?;
    let (version, description) = stem[1..].split_once("__").unwrap_or((&stem[1..], ""));
    if version.is_empty() {
        return (stem.len() > 3).then_some((kind, None, description));
    }
    let version = version.replace('_', ".");
    let is_version = version.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    is_version.then_some((kind, Some(version), description))
}

/// True for the callbacks around `migrate`.
fn is_callback(stem: &str) -> bool {
    let event = stem.split("__").next().unwrap_or(stem);
    let around = ["Migrate", "EachMigrate", "EachMigrateStatement", "Repeatables", "Connect", "Validate"];
    let before = event.strip_prefix("before").or_else(|| event.strip_prefix("after"));
    let is_after = ["afterMigrateApplied", "afterVersioned", "createSchema"].contains(&event);
    is_after || before.is_some_and(|rest| around.contains(&rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_kind_and_its_version() {
        let versioned = |version: &str, description| Name::Versioned { version: version.to_owned(), description };
        for (file, says) in [
            ("V1__a_b.sql", versioned("1", "a_b")),
            ("V1_2__x__y.sql", versioned("1.2", "x__y")),
            ("V20240101120000__x.sql", versioned("20240101120000", "x")),
            ("U1.2__x.sql", Name::Undo { version: "1.2".to_owned() }),
            ("B3__x.sql", Name::Baseline { version: "3".to_owned(), description: "x" }),
            ("R__views.sql", Name::Repeatable { description: "views" }),
            ("V3__x.java", Name::Refused(CODE)),
            ("beforeEachMigrate__x.sql", Name::Refused(CALLBACK)),
            ("afterClean.sql", Name::LeftOut),
            ("seed.sql", Name::LeftOut),
            ("Views.sql", Name::LeftOut),
            ("V1__x.sql.conf", Name::LeftOut),
        ] {
            assert_eq!(name(file), says, "{file}");
        }
        assert!(matches!(name("V1_x.sql"), Name::Refused(_)));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let mut versions = ["1.10", "2", "1.9", "1.2.1", "1.2"];
        versions.sort_by_key(|version| order(version));
        assert_eq!(versions, ["1.2", "1.2.1", "1.9", "1.10", "2"]);
        assert_eq!(order("1"), order("001.0"));
    }
}
