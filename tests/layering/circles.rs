//! Circles of imports between files: none but those that `src/circles.txt` names, each with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{code_of, root, sources, words};

/// A module by the segments of its path; the crate's root is empty.
type Module = Vec<String>;

/// The paths that a file's code names: those of `use` with the name that each gives, and the others.
#[derive(Default)]
struct Named {
    /// The path, and the name under which others find it here; none of a private `use`.
    uses: Vec<(Vec<String>, Option<String>)>,
    paths: Vec<Vec<String>>,
}

fn module_of(file: &Path) -> Module {
    let path = file.strip_prefix(root().join("src")).expect("below src").with_extension("");
    let mut module: Module = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

/// The code without the tests at its end.
fn own_code(file: &Path) -> String {
    let code = code_of(&std::fs::read_to_string(file).expect("a source"));
    code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
}

fn read(code: &str) -> Named {
    let mut named = Named::default();
    let mut rest = code;
    let mut others = String::new();
    while let Some(at) = next_use(rest) {
        let (before, statement) = rest.split_at(at);
        let end = statement.find(';').unwrap_or(statement.len());
        let is_public = before.trim_end().ends_with("pub") || before.trim_end().ends_with(')');
        expand(statement["use".len()..end].trim(), &[], is_public, &mut named.uses);
        others.push_str(before);
        rest = &statement[end..];
    }
    others.push_str(rest);
    let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let paths = others.split(|letter| !is_path(letter)).filter(|word| word.contains("::"));
    named.paths = paths.map(|path| path.split("::").map(str::to_owned).collect()).collect();
    named
}

/// The next word `use` that begins a line, behind `pub` or not.
fn next_use(code: &str) -> Option<usize> {
    let is_first = |at: usize| {
        let line = code[..at].rsplit('\n').next().unwrap_or_default().trim();
        line.is_empty() || line == "pub" || line.starts_with("pub(") && line.ends_with(')')
    };
    code.match_indices("use ").map(|(at, _)| at).find(|at| is_first(*at))
}

/// Every path of `a::{b, c::{self, d as e}}`.
fn expand(tree: &str, before: &[String], is_public: bool, found: &mut Vec<(Vec<String>, Option<String>)>) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let path: Vec<String> = before.iter().cloned().chain(words(head).map(str::to_owned)).collect();
        let group = group.strip_suffix('}').unwrap_or(group);
        let (mut depth, mut start) = (0, 0);
        for (at, letter) in group.char_indices().chain([(group.len(), ',')]) {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&group[start..at], &path, is_public, found);
                    start = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut all: Vec<String> = before.iter().cloned().chain(words(path).map(str::to_owned)).collect();
    if all.last().is_some_and(|last| last == "self") && all.len() > 1 {
        all.pop();
    }
    let name = if name.is_empty() { all.last().cloned() } else { Some(name.trim().to_owned()) };
    if !all.is_empty() {
        found.push((all, name.filter(|_| is_public)));
    }
}

/// From the crate's root; none of a path that does not say where it begins.
fn absolute(module: &Module, path: &[String], modules: &BTreeSet<Module>) -> Option<Vec<String>> {
    let mut at = module.clone();
    let mut rest = path;
    match path.first().map(String::as_str)? {
        "crate" => (at, rest) = (Module::new(), &path[1..]),
        "self" => rest = &path[1..],
        "super" => {
            while rest.first().is_some_and(|first| first == "super") {
                at.pop();
                rest = &rest[1..];
            }
        }
        child => {
            at.push(child.to_owned());
            return modules.contains(&at).then(|| at.into_iter().chain(rest[1..].iter().cloned()).collect());
        }
    }
    Some(at.into_iter().chain(rest.iter().cloned()).collect())
}

struct Crate {
    named: BTreeMap<Module, Named>,
    modules: BTreeSet<Module>,
}

impl Crate {
    /// The file that contains the item of a path, found through the modules that reexport it.
    fn home(&self, path: &[String], depth: usize) -> Option<Module> {
        let length = (1..=path.len()).rev().find(|&length| self.modules.contains(&path[..length]))?;
        let (module, rest) = (path[..length].to_vec(), &path[length..]);
        let passed = rest.first().filter(|_| depth < 6).and_then(|name| {
            let its = self.named[&module].uses.iter().find(|(_, passed)| passed.as_ref() == Some(name))?;
            let on = absolute(&module, &its.0, &self.modules)?;
            self.home(&on.into_iter().chain(rest[1..].iter().cloned()).collect::<Vec<_>>(), depth + 1)
        });
        Some(passed.unwrap_or(module))
    }

    /// The files that a file names, except those that it only reexports.
    fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let named = &self.named[module];
        let own = named.uses.iter().filter(|(_, passed)| passed.is_none()).map(|(path, _)| path);
        let homes = own.chain(&named.paths).filter_map(|path| {
            // A path may begin with a module that a `use` names.
            let absolute = absolute(module, path, &self.modules).or_else(|| {
                let first = path.first()?;
                let (used, _) = named.uses.iter().find(|(used, _)| used.last() == Some(first))?;
                let used = absolute(module, used, &self.modules)?;
                Some(used.into_iter().chain(path[1..].iter().cloned()).collect())
            })?;
            self.home(&absolute, 0)
        });
        homes.filter(|home| home != module).collect()
    }
}

/// The sets of files that lead to one another.
fn circles() -> Vec<BTreeSet<String>> {
    let files = sources("src").into_iter().filter(|file| !file.to_string_lossy().ends_with("tests.rs"));
    let named: BTreeMap<Module, Named> = files.map(|file| (module_of(&file), read(&own_code(&file)))).collect();
    let mut all = Crate { modules: named.keys().cloned().collect(), named };
    all.modules.remove(&Module::new());
    let imports: BTreeMap<Module, BTreeSet<Module>> =
        all.modules.iter().map(|module| (module.clone(), all.imports(module))).collect();
    let reached = |from: &Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = open.pop() {
            open.extend(
                imports.get(&module).into_iter().flatten().filter(|next| seen.insert((*next).clone())).cloned(),
            );
        }
        seen
    };
    let reach: BTreeMap<&Module, BTreeSet<Module>> =
        all.modules.iter().map(|module| (module, reached(module))).collect();
    let circle = |module: &Module| -> BTreeSet<String> {
        let members = reach[module].iter().filter(|other| reach.get(other).is_some_and(|back| back.contains(module)));
        members.map(|member| member.join("/")).collect()
    };
    let found: BTreeSet<BTreeSet<String>> = all.modules.iter().map(circle).filter(|circle| circle.len() > 1).collect();
    found.into_iter().collect()
}

#[test]
fn files_import_one_another_in_no_circle_but_the_known_ones() {
    let text = std::fs::read_to_string(root().join("src/circles.txt")).expect("src/circles.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let known: Vec<BTreeSet<String>> = lines
        .map(|line| line.split(" | ").next().unwrap_or_default().split_whitespace().map(str::to_owned).collect())
        .collect();
    let found = circles();
    let list = |circle: &BTreeSet<String>| circle.iter().cloned().collect::<Vec<_>>().join(" ");
    let new = found.iter().filter(|circle| !known.iter().any(|known| circle.is_subset(known)));
    let mut wrong: Vec<String> = new.map(|circle| format!("a circle that is not known: {}", list(circle))).collect();
    let open = known.iter().filter(|known| !found.iter().any(|circle| circle.is_subset(known)));
    wrong.extend(open.map(|circle| format!("open now, take its line out: {}", list(circle))));
    assert!(wrong.is_empty(), "src/circles.txt:\n{}", wrong.join("\n"));
}

#[test]
fn a_use_is_read_with_its_groups_and_what_it_passes_on() {
    let named = read("use super::{a::{self, B}, c as d};\npub use e::F;\nfn f() { g::h(); }\n");
    let paths: Vec<String> = named.uses.iter().map(|(path, _)| path.join("::")).collect();
    assert_eq!(paths, ["super::a", "super::a::B", "super::c", "e::F"]);
    assert_eq!(named.uses[3].1.as_deref(), Some("F"));
    assert_eq!(named.paths, [["g", "h"]]);
}
