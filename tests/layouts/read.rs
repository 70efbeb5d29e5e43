//! The reading of each tool's directory: a case is a file in `tests/fixtures/layouts`.
//!
//! `### layout: WORD` begins a case; `#### PATH` begins a file of it, `#### $` the variables of its environment, and `#### = ` the
//! expected reading: a line for each revision, with the lines of code of its up script and, after `<`, of its down script; or a
//! line for each problem. The role is `app`, and the database `shop`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use lockgate::chain::{Chain, Revision};
use lockgate::config::{Layout, Tool};
use lockgate::failure::Coded;
use lockgate::source::{self, Around, Names};

pub struct Case {
    pub name: String,
    pub layout: Layout,
    files: Vec<(String, String)>,
    variables: String,
    expected: String,
}

fn cases(text: &str) -> Vec<Case> {
    let case = |text: &str| {
        let mut parts = text.split("#### ");
        let head = parts.next().unwrap_or_default();
        let (word, name) = head.trim().split_once('|').unwrap_or((head.trim(), ""));
        let layout =
            Tool::ALL.iter().find(|tool| tool.word() == word.trim()).map_or(Layout::Auto, |tool| Layout::Tool(*tool));
        let mut files: Vec<(String, String)> = parts
            .map(|part| part.split_once('\n').unwrap_or((part, "")))
            .map(|(path, content)| (path.trim().to_owned(), content.replace("<BOM>", "\u{feff}").replace("<CR>", "\r")))
            .collect();
        let expected = files.pop().map(|(_, expected)| expected).unwrap_or_default();
        let environment = files.iter().position(|(path, _)| path == "$").map(|at| files.remove(at).1);
        let variables = environment.unwrap_or_default();
        Case { name: name.trim().to_owned(), layout, files, variables, expected: expected.trim().to_owned() }
    };
    text.split("### layout: ").skip(1).map(case).collect()
}

/// The lines of a script that are neither empty nor comments, with their numbers.
fn code(into: &mut String, prefix: &str, script: &str) {
    for (at, line) in script.lines().enumerate() {
        if !line.trim().is_empty() && !line.trim_start().starts_with("--") {
            let _ = writeln!(into, "  {prefix}{}: {}", at + 1, line.trim());
        }
    }
}

fn shown(directory: &Path, chain: &Chain) -> String {
    let mut text = format!("{}\n", chain.layout().map_or("native", Tool::word));
    for Revision { id, description, file, text: script, down, manner, .. } in chain.revisions() {
        let marks = [(!manner.in_transaction).then_some(" no-transaction"), manner.repeats.then_some(" repeats")];
        let marks: String = marks.into_iter().flatten().collect();
        let _ = writeln!(text, "{id} ({description}) {file}{marks}");
        code(&mut text, "", script);
        if let Some(down) = down {
            code(&mut text, "< ", &source::read_down(directory, down).expect("a way back"));
        }
    }
    text.trim().to_owned()
}

impl Case {
    /// The environment of its tool.
    pub fn around(&self) -> Around {
        let variable = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let names = Names { user: "app".to_owned(), database: "shop".to_owned(), schema: Some("main".to_owned()) };
        Around::given(self.variables.lines().filter_map(variable).collect(), Some(names))
    }

    /// Writes its files; gives the chain's directory.
    pub fn lay_out(&self, outer: &Path) -> PathBuf {
        // The first part of every path is the directory itself.
        for (path, content) in &self.files {
            let path = outer.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        let first = self.files.first().map_or("", |(path, _)| path.as_str());
        match first.split_once("supabase/migrations/") {
            Some(_) => outer.join("supabase/migrations"),
            None => outer.join(first.split('/').next().unwrap_or_default()),
        }
    }
}

/// The cases of every file, in their order.
pub fn all_cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/layouts");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("cases").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files.iter().flat_map(|file| cases(&std::fs::read_to_string(file).expect("a case"))).collect()
}

fn read(case: &Case) -> String {
    let outer = tempfile::tempdir().expect("a directory");
    let directory = case.lay_out(outer.path());
    match source::read_around(&directory, case.layout, case.around()) {
        Ok(chain) => shown(&directory, &chain),
        Err(error) => error.details().into_iter().chain(error.next()).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn each_tools_directory_is_read_as_the_tool_reads_it() {
    let (mut count, mut wrong) = (0, String::new());
    for case in all_cases() {
        count += 1;
        let read = read(&case);
        if read != case.expected {
            let layout = case.layout;
            let _ = writeln!(wrong, "{layout:?}: {}\n--- expected\n{}\n--- read\n{read}\n", case.name, case.expected);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 40, "{count} cases alone");
}
