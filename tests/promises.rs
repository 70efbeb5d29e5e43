//! Everything that the documents name exists: commands, settings, metrics, endpoints, error codes, make targets, files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lockgate::config::SETTINGS;
use lockgate::failure::Code;

use crate::support::Gate;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Each with its path.
fn documents() -> Vec<(PathBuf, String)> {
    let folder = std::fs::read_dir(root().join("docs")).expect("docs").map(|entry| entry.expect("an entry").path());
    let others = [
        "README.md",
        "charts/lockgate/README.md",
        "charts/lockgate/values.yaml",
        "charts/lockgate/templates/NOTES.txt",
        "deploy/README.md",
        "examples/platform/README.md",
    ];
    let others = others.into_iter().map(|name| root().join(name)).filter(|path| path.exists());
    let read = |path: PathBuf| (path.clone(), std::fs::read_to_string(path).expect("a document"));
    folder.chain(others).map(read).collect()
}

/// The words of a document that begin with a prefix, as long as their letters go on.
fn words<'t>(
    text: &'t str,
    prefix: &'t str,
    goes_on: impl Fn(char) -> bool + Copy + 't,
) -> impl Iterator<Item = &'t str> {
    text.match_indices(prefix).filter_map(move |(at, _)| {
        let is_start =
            !text[..at].ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '/' | '.' | '-'));
        let rest = &text[at + prefix.len()..];
        let end = rest.find(|letter| !goes_on(letter)).unwrap_or(rest.len());
        is_start.then(|| &text[at..at + prefix.len() + end])
    })
}

/// Everything between two backticks on a line.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[track_caller]
fn each(what: &str, named: impl Fn(&str) -> BTreeSet<String>, is_there: impl Fn(&Path, &str) -> bool) {
    let (mut missing, mut count) = (Vec::new(), 0);
    for (path, text) in documents() {
        for name in named(&text) {
            count += 1;
            if !is_there(&path, &name) {
                missing.push(format!("{}: {name}", path.strip_prefix(root()).expect("below the root").display()));
            }
        }
    }
    assert!(count > 3, "the documents name {count} of: {what}");
    assert!(missing.is_empty(), "{what} that the documents name and that are not there:\n{}", missing.join("\n"));
}

fn set<'t>(words: impl Iterator<Item = &'t str>) -> BTreeSet<String> {
    words.map(str::to_owned).collect()
}

#[test]
fn commands() {
    let help = Gate::without_database().with(["--help"]).run().stdout;
    let known: BTreeSet<&str> =
        help.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    let named = |text: &str| {
        let of = |span: &str| {
            let mut words = span.strip_prefix("lockgate ")?.split_whitespace();
            words.find(|word| !word.starts_with('-')).map(str::to_owned)
        };
        let is_word = |word: &String| word.chars().all(|letter| letter.is_ascii_lowercase());
        spans(text).filter_map(of).filter(is_word).collect()
    };
    each("commands", named, |_, name| known.contains(name));
}

#[test]
fn settings() {
    let is_letter = |letter: char| letter.is_ascii_uppercase() || letter == '_' || letter.is_ascii_digit();
    let known: BTreeSet<String> = SETTINGS.iter().map(|setting| format!("LOCKGATE_{}", setting.name)).collect();
    // Variables of tests and their documents, and placeholders.
    let others = ["LOCKGATE_", "LOCKGATE_NAME", "LOCKGATE_WRITE_DOCS"];
    let is_there = |_: &Path, name: &str| {
        let bare = name.strip_suffix("_FILE").unwrap_or(name);
        known.contains(bare) || others.contains(&bare) || name.starts_with("LOCKGATE_TEST_") || known.contains(name)
    };
    each("settings", |text| set(words(text, "LOCKGATE_", is_letter)), is_there);
}

#[test]
fn metrics() {
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let code = std::fs::read_to_string(root().join("src/telemetry/metrics.rs")).expect("the metrics");
    let declared = code.split("\nfamilies! {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("the families");
    let named = |text: &str| {
        let found = words(text, "lockgate_", is_letter).map(|name| name.trim_end_matches('_'));
        // The history and the names that belong to it.
        set(found.filter(|name| {
            !matches!(*name, "lockgate_history" | "lockgate_history_events" | "lockgate_read" | "lockgate")
        }))
    };
    each("metrics", named, |_, name| {
        let own = name.trim_start_matches("lockgate_");
        let own = ["_bucket", "_sum", "_count"].iter().fold(own, |own, end| own.strip_suffix(end).unwrap_or(own));
        declared.contains(&format!("\n    {own}: "))
    });
}

#[test]
fn error_codes() {
    let named = |text: &str| {
        let found = words(text, "LG", |letter| letter.is_ascii_digit());
        set(found.filter(|code| code.len() == "LG0000".len()))
    };
    each("error codes", named, |_, code| Code::parse(code).is_some());
}

#[test]
fn endpoints() {
    let sources = ["router.rs", "health.rs", "page.rs", "status.rs", "metrics.rs"];
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap_or_default();
    let code: String = sources.iter().map(|name| read(&format!("src/http/{name}"))).collect();
    // A directory of a container looks the same.
    let chart = read("charts/lockgate/values.yaml");
    let is_path = |span: &&str| {
        span.starts_with('/') && span.len() > 1 && span[1..].chars().all(|letter| letter.is_ascii_lowercase())
    };
    each(
        "endpoints",
        |text| set(spans(text).filter(is_path)),
        |_, path| code.contains(&format!("\"{path}\"")) || chart.contains(&format!("path: {path}\n")),
    );
}

#[test]
fn make_targets() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).expect("the Makefile");
    let named = |text: &str| {
        let of = |span: &str| span.strip_prefix("make ")?.split_whitespace().next().map(str::to_owned);
        spans(text).filter_map(of).collect()
    };
    each("make targets", named, |_, name| makefile.lines().any(|line| line.starts_with(&format!("{name}:"))));
}

#[test]
fn files() {
    let named = |text: &str| {
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let links = links.filter(|link| !link.is_empty() && !link.contains("://"));
        let homes = ["src/", "tests/", "docs/", "charts/", "deploy/", "examples/", "benches/", ".ci/"];
        let is_file =
            |span: &&str| homes.iter().any(|home| span.starts_with(home)) && !span.contains(['*', '{', ' ', '$']);
        set(links.chain(spans(text).filter(is_file)))
    };
    each("files", named, |document, name| {
        let beside = document.parent().expect("a directory").join(name);
        beside.exists() || root().join(name).exists()
    });
}
