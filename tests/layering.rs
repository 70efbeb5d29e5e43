//! The order of the modules: `src/layers.txt` against the modules that the sources name, and the length of every file.

mod circles;
mod people;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::below;

const LONGEST: usize = 500;

/// Only modules marked `io` may talk to a server.
const SERVER_CRATES: [&str; 2] = ["tokio_postgres", "deadpool_postgres"];

/// Only `src/sql` names the parser.
const PARSER_CRATE: &str = "pg_query";

struct Layer {
    name: String,
    io: bool,
}

fn layers() -> Vec<Layer> {
    let text = std::fs::read_to_string(root().join("src/layers.txt")).expect("src/layers.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let mut words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    words
        .by_ref()
        .map(|words| match words.as_slice() {
            [name] => Layer { name: (*name).to_owned(), io: false },
            [name, "io"] => Layer { name: (*name).to_owned(), io: true },
            other => panic!("src/layers.txt: {other:?}"),
        })
        .collect()
}

#[test]
fn a_module_imports_only_what_stands_above_it() {
    let layers = layers();
    let place = |name: &str| layers.iter().position(|layer| layer.name == name);
    let mut wrong = Vec::new();
    for file in sources("src") {
        // lib.rs names every module, main.rs is below all of them.
        let Some(own) = place(&top_module(&file)) else { continue };
        let code = code_of(&std::fs::read_to_string(&file).expect("a source"));
        for named in modules_named(&code, module_depth(&file)) {
            if place(&named).is_some_and(|other| other > own) {
                wrong.push(format!("{}: crate::{named} stands below {}", shown(&file), layers[own].name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_its_layer() {
    let listed: BTreeSet<String> = layers().into_iter().map(|layer| layer.name).collect();
    let present = std::fs::read_dir(root().join("src")).expect("src").map(|entry| entry.expect("an entry").path());
    let present = present.filter(|path| path.is_dir() || path.extension().is_some_and(|it| it == "rs"));
    let present: BTreeSet<String> =
        present.map(|path| top_module(&path)).filter(|name| name != "lib" && name != "main").collect();
    assert_eq!(listed, present, "src/layers.txt (left) and src (right)");
}

#[test]
fn only_marked_modules_talk_to_a_server() {
    let io: BTreeSet<String> = layers().into_iter().filter(|layer| layer.io).map(|layer| layer.name).collect();
    let may = |name: &str, module: &str| if name == PARSER_CRATE { module == "sql" } else { io.contains(module) };
    let mut wrong = Vec::new();
    for file in sources("src") {
        let code = code_of(&std::fs::read_to_string(&file).expect("a source"));
        for name in SERVER_CRATES.into_iter().chain([PARSER_CRATE]) {
            if words(&code).any(|word| word == name) && !may(name, &top_module(&file)) {
                wrong.push(format!("{} names {name}", shown(&file)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_a_reader_bears() {
    let length = |file: &PathBuf| std::fs::read_to_string(file).expect("a source").lines().count();
    let files = sources("src").into_iter().chain(sources("tests"));
    let long: Vec<String> = files
        .map(|file| (length(&file), file))
        .filter(|(length, _)| *length > LONGEST)
        .map(|(length, file)| format!("{}: {length} lines", shown(&file)))
        .collect();
    assert!(long.is_empty(), "more than {LONGEST} lines:\n{}", long.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

/// Every .rs file below a directory of the repository.
fn sources(directory: &str) -> Vec<PathBuf> {
    below(&[directory], "rs").into_iter().map(|file| root().join(file)).collect()
}

/// `src/config/database.rs` -> `config`.
fn top_module(file: &Path) -> String {
    let path = file.strip_prefix(root().join("src")).expect("below src");
    let first = path.components().next().expect("a name").as_os_str();
    Path::new(first).file_stem().expect("a name").to_string_lossy().into_owned()
}

/// The number of `super::` from the file's module to the crate's root.
fn module_depth(file: &Path) -> usize {
    let path = file.strip_prefix(root().join("src")).expect("below src");
    path.components().count() - usize::from(file.ends_with("mod.rs"))
}

/// The top-level modules that code names by `crate::` or by as many `super::`.
fn modules_named(code: &str, depth: usize) -> BTreeSet<String> {
    let supers = "super::".repeat(depth);
    let roots = ["crate::", supers.as_str()];
    let after = roots.into_iter().flat_map(|root| {
        let starts = code.match_indices(root).map(|(at, found)| (at, &code[at + found.len()..]));
        starts.filter(|(at, _)| !code[..*at].ends_with([':', '_']) && !code[..*at].ends_with(char::is_alphanumeric))
    });
    after.flat_map(|(_, rest)| first_names(rest)).collect()
}

/// The first segments of a path, or of every path of a group: `{config::Config, pg::{name, version}}`.
fn first_names(path: &str) -> Vec<String> {
    let Some(group) = path.trim_start().strip_prefix('{') else {
        return words(path).next().map(str::to_owned).into_iter().collect();
    };
    let mut depth = 0;
    let mut expected = true;
    let mut names = Vec::new();
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            letter if expected && depth == 0 && is_word(letter) => {
                names.extend(words(&group[at..]).next().map(str::to_owned));
                expected = false;
            }
            _ => {}
        }
    }
    names
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter| !is_word(letter)).filter(|word| !word.is_empty())
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The source without comments and without the content of literals.
fn code_of(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(letter) = rest.chars().next() {
        let skipped = literal_or_comment(rest, code.chars().next_back());
        if skipped > 0 {
            code.push(' ');
            rest = &rest[skipped..];
        } else {
            code.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    code
}

/// The length of the literal or comment that begins here; 0 if none does.
fn literal_or_comment(text: &str, before: Option<char>) -> usize {
    let length = |end: Option<usize>| end.unwrap_or(text.len());
    if text.starts_with("//") {
        return length(text.find('\n'));
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    if !before.is_some_and(is_word) && text.starts_with(['r', 'b', 'c']) {
        let raw = text.trim_start_matches(['b', 'c']).strip_prefix('r');
        if let Some(raw) = raw {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            if raw[hashes..].starts_with('"') {
                let close = format!("\"{}", "#".repeat(hashes));
                let start = text.len() - raw.len() + hashes + 1;
                return length(text[start..].find(&close).map(|at| start + at + close.len()));
            }
        }
    }
    if text.starts_with('"') {
        return length(closing(text, '"'));
    }
    if let Some(quoted) = text.strip_prefix('\'') {
        // A lifetime has no second quote right behind its first letter.
        let mut letters = quoted.chars();
        let (first, second) = (letters.next(), letters.next());
        if first == Some('\\') || second == Some('\'') {
            return length(closing(text, '\''));
        }
    }
    0
}

/// The end of a quoted literal with backslash escapes.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, letter)| {
        let closes = letter == quote && !escaped;
        escaped = letter == '\\' && !escaped;
        closes.then_some(at + 1)
    })
}

/// The end of a block comment, nested ones in it.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match &text.as_bytes()[at..text.len().min(at + 2)] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

#[test]
fn what_a_source_names_is_read_from_its_code_alone() {
    let source = r##"
        // use crate::gate;
        /* crate::http /* nested */ crate::cli */
        use crate::{config::{Config, secret}, pg::name::Name, progress};
        fn f<'a>(x: &'a str) -> char { println!("crate::plan {}", r#"crate::lock"#); '"' }
        use super::super::chain::Chain; // too deep for a file of depth 1
        type T = crate :: history::History;
        fn g() -> crate::sql::Statement { $crate::x; b'\''; '\u{41}' }
        mod tests { use super::*; }
    "##;
    let named: Vec<String> = modules_named(&code_of(source), 2).into_iter().collect();
    assert_eq!(named, ["chain", "config", "pg", "progress", "sql", "x"]);
}
