//! The table of the engine's cases: each kind of object × (equal, different, absent, made by hand, renamed, dropped and made
//! again with a comment, an owner, a right). Every cell has a case of `tests/fixtures/engine` or a chain of `tests/engine/fresh`,
//! or a line of `kinds.txt` that says why it has none. The cells of single properties are the drifts' (`tests/verify/cells.rs`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use lockgate::chain::directive;
use lockgate::statement::change::{Act, Effect, FunctionKind, Object, RelationKind, TableAct};
use lockgate::statement::{Script, read};

use super::{Case, cases};

const KINDS: [&str; 24] = [
    "schema",
    "extension",
    "role",
    "table",
    "column",
    "constraint",
    "index",
    "view",
    "materialized view",
    "sequence",
    "enum",
    "composite type",
    "domain",
    "range",
    "function",
    "procedure",
    "aggregate",
    "trigger",
    "event trigger",
    "policy",
    "rule",
    "statistics",
    "collation",
    "publication",
];
const CELLS: [&str; 8] = [
    "equal",
    "different",
    "absent",
    "by hand",
    "renamed",
    "again, with a comment",
    "again, with an owner",
    "again, with a right",
];

/// The object that an act makes.
fn made(act: &Act) -> Option<(&'static str, &str)> {
    Some(match act {
        Act::CreateSchema { name, .. } => ("schema", name),
        Act::CreateExtension { name, .. } => ("extension", name),
        Act::CreateRole { name } => ("role", name),
        Act::CreateTable(new) => ("table", &new.name.name),
        Act::CreateTableAs(new) if new.materialized => ("materialized view", &new.name.name),
        Act::CreateTableAs(new) => ("table", &new.name.name),
        Act::CreateView(new) => ("view", &new.name.name),
        Act::CreateIndex(new) => ("index", new.name.as_deref().unwrap_or_default()),
        Act::CreateSequence { name, .. } => ("sequence", &name.name),
        Act::CreateEnum { name, .. } => ("enum", &name.name),
        Act::CreateComposite { name, .. } => ("composite type", &name.name),
        Act::CreateDomain(new) => ("domain", &new.name.name),
        Act::CreateRange { name, .. } => ("range", &name.name),
        Act::CreateCollation { name, .. } => ("collation", &name.name),
        Act::CreateFunction(new) => (of_function(new.kind), &new.name.name),
        Act::CreateTrigger(new) => ("trigger", &new.name),
        Act::CreateEventTrigger { name, .. } => ("event trigger", name),
        Act::CreatePolicy { name, .. } => ("policy", name),
        Act::CreateRule { name, .. } => ("rule", name),
        Act::CreateStatistics { name, .. } => ("statistics", name.as_ref().map_or("", |name| &name.name)),
        Act::CreatePublication { name, .. } => ("publication", name),
        Act::AlterTable { act: TableAct::AddColumn { column, .. }, .. } => ("column", &column.name),
        Act::AlterTable { act: TableAct::AddConstraint(new), .. } => {
            ("constraint", new.name.as_deref().unwrap_or_default())
        }
        _ => return None,
    })
}

fn of_function(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Function | FunctionKind::Any => "function",
        FunctionKind::Procedure => "procedure",
        FunctionKind::Aggregate => "aggregate",
    }
}

/// The object that an act names, by its kind; none of a type whose kind its name alone does not tell.
fn named(object: &Object) -> (Option<&'static str>, &str) {
    match object {
        Object::Schema(name) => (Some("schema"), name),
        Object::Extension(name) => (Some("extension"), name),
        Object::Role(name) => (Some("role"), name),
        Object::Publication(name) => (Some("publication"), name),
        Object::EventTrigger(name) => (Some("event trigger"), name),
        Object::Relation { kind, name } => {
            let kind = match kind {
                RelationKind::Table => None,
                RelationKind::ForeignTable => Some("table"),
                RelationKind::View => Some("view"),
                RelationKind::MaterializedView => Some("materialized view"),
                RelationKind::Index => Some("index"),
                RelationKind::Sequence => Some("sequence"),
            };
            (kind, &name.name)
        }
        Object::Column { column, .. } => (Some("column"), column),
        Object::Attribute { type_, .. } => (Some("composite type"), &type_.name),
        Object::Constraint { name, .. } => (Some("constraint"), name),
        Object::DomainConstraint { domain, .. } => (Some("domain"), &domain.name),
        Object::Trigger { name, .. } => (Some("trigger"), name),
        Object::Policy { name, .. } => (Some("policy"), name),
        Object::Rule { name, .. } => (Some("rule"), name),
        Object::Type(name) => (None, &name.name),
        Object::Domain(name) => (Some("domain"), &name.name),
        Object::Function { name, kind, .. } => (Some(of_function(*kind)), &name.name),
        Object::Collation(name) => (Some("collation"), &name.name),
        Object::Statistics(name) => (Some("statistics"), &name.name),
        Object::Other(words) => (Some("other"), words),
    }
}

type Reached = BTreeSet<(&'static str, &'static str)>;

/// The cells that the statements of one history reach, by hand or in the chain.
fn of_history(scripts: &[Script], reached: &mut Reached) {
    // By kind and name: the properties that stood on an object, and the objects that went.
    let mut kinds: HashMap<String, &'static str> = HashMap::new();
    let mut on: HashMap<(&'static str, String), BTreeSet<&'static str>> = HashMap::new();
    let mut gone: HashMap<(&'static str, String), BTreeSet<&'static str>> = HashMap::new();
    for act in scripts.iter().flat_map(acts) {
        if let Some((kind, name)) = made(act) {
            kinds.insert(name.to_owned(), kind);
            reached.extend(gone.remove(&(kind, name.to_owned())).into_iter().flatten().map(|cell| (kind, cell)));
        }
        let of = |object: &Object| {
            let (kind, name) = named(object);
            // GRANT calls an aggregate a function.
            let is_loose = kind.is_none() || matches!(object, Object::Function { .. });
            let made = kinds.get(name).copied().filter(|_| is_loose);
            (made.or(kind).unwrap_or("table"), name.to_owned())
        };
        let mut note = |key: (&'static str, String), cell| _ = on.entry(key).or_default().insert(cell);
        match act {
            Act::Rename { object, .. } => _ = reached.insert((of(object).0, "renamed")),
            Act::Comment { object, .. } => note(of(object), "again, with a comment"),
            Act::Owner { object, .. } => note(of(object), "again, with an owner"),
            Act::AlterTable { table, act: TableAct::Owner(_), .. } => {
                note((kinds.get(&table.name).copied().unwrap_or("table"), table.name.clone()), "again, with an owner");
            }
            Act::Grant { columns, .. } if !columns.is_empty() => {
                columns.iter().for_each(|column| note(("column", column.clone()), "again, with a right"));
            }
            Act::Grant { object, .. } => note(of(object), "again, with a right"),
            Act::Drop { object, .. } => {
                let key = of(object);
                gone.insert(key.clone(), on.remove(&key).unwrap_or_default());
            }
            Act::AlterTable { act: TableAct::DropColumn { column, .. }, .. } => {
                let key = ("column", column.clone());
                gone.insert(key.clone(), on.remove(&key).unwrap_or_default());
            }
            Act::AlterTable { act: TableAct::DropConstraint { name, .. }, .. } => {
                let key = ("constraint", name.clone());
                gone.insert(key.clone(), on.remove(&key).unwrap_or_default());
            }
            _ => {}
        }
    }
}

fn acts(script: &Script) -> impl Iterator<Item = &Act> {
    script.statements.iter().flat_map(|statement| match &statement.effect {
        Effect::Changes(changes) => changes.iter().map(|change| &change.act).collect::<Vec<_>>(),
        _ => Vec::new(),
    })
}

fn script(text: &str) -> Script {
    let directives = directive::read(text).unwrap_or_default();
    read(text, &directives).unwrap_or_default()
}

/// The cells of a case by the verdicts of its pending statements.
fn of_case(case: &Case, reached: &mut Reached) {
    for act in case.outside.iter().map(|text| script(text)).collect::<Vec<_>>().iter().flat_map(acts) {
        reached.extend(made(act).map(|(kind, _)| (kind, "by hand")));
    }
    let of_all = case.verdicts.as_ref().filter(|verdicts| verdicts.len() == 1).and_then(|it| it.keys().next());
    for (at, text) in case.pending.iter().enumerate() {
        for statement in &script(text).statements {
            let line =
                case.lines.iter().find(|line| line.revision == case.id(at) && line.line == statement.line as u64);
            let cell = match line.map(|line| &line.verdict).or(of_all).map(String::as_str) {
                Some("satisfied") => "equal",
                Some("converge" | "conflict") => "different",
                Some("apply") => "absent",
                _ => continue,
            };
            let Effect::Changes(changes) = &statement.effect else { continue };
            reached.extend(changes.iter().filter_map(|change| made(&change.act)).map(|(kind, _)| (kind, cell)));
        }
    }
}

fn reached() -> Reached {
    let mut reached = Reached::new();
    lockgate::sql::with_room(|| {
        for case in cases() {
            of_case(&case, &mut reached);
            let all: Vec<Script> =
                [&case.base, &case.outside, &case.pending].into_iter().flatten().map(|text| script(text)).collect();
            of_history(&all, &mut reached);
        }
        let fresh = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/fresh");
        for file in std::fs::read_dir(fresh).expect("the chains").map(|entry| entry.expect("an entry").path()) {
            let text = std::fs::read_to_string(&file).expect("a chain");
            if file.extension().is_some_and(|extension| extension == "sql") {
                for chain in text.split("-- change") {
                    of_history(&[script(chain)], &mut reached);
                }
                // A fresh chain makes absent objects.
                let script = script(&text);
                reached.extend(acts(&script).filter_map(made).map(|(kind, _)| (kind, "absent")));
            }
        }
    });
    reached
}

#[test]
fn every_cell_of_the_engines_table_has_a_case_or_a_reason() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/kinds.txt");
    let text = std::fs::read_to_string(path).expect("the reasons");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut reasons: BTreeMap<(&str, &str), &str> = lines
        .map(|line| match line.splitn(3, " | ").collect::<Vec<_>>().as_slice() {
            [kind, cell, why] if !why.trim().is_empty() => ((*kind, *cell), *why),
            _ => panic!("kinds.txt: {line:?} is not KIND | CELL | REASON"),
        })
        .collect();
    let reached = reached();
    let mut open = Vec::new();
    for kind in KINDS {
        for cell in CELLS {
            match (reached.contains(&(kind, cell)), reasons.remove(&(kind, cell))) {
                (true, None) | (false, Some(_)) => {}
                (true, Some(_)) => open.push(format!("{kind} | {cell}: it has a case, and a reason why it has none")),
                (false, None) => open.push(format!("{kind} | {cell}: no case, and no reason")),
            }
        }
    }
    open.extend(reasons.keys().map(|(kind, cell)| format!("{kind} | {cell}: no such cell")));
    assert!(open.is_empty(), "{} cells:\n{}", open.len(), open.join("\n"));
}
