//! The table of directives, from which reading, spelling hints and docs/directives.md are derived.

use super::arguments::{self, MARK};
use super::{Requirement, StatementDirective};
use crate::chain::compiled::{Class, Expectation, Source};

/// A directive that a script may hold.
#[derive(Debug)]
pub struct Directive {
    pub name: &'static str,
    /// True if its SQL continues in the comment lines below.
    pub(super) goes_on: bool,
    read: fn(&str) -> Result<Parsed, String>,
    /// Its forms: the arguments, their subject, and their meaning.
    pub forms: &'static [(&'static str, &'static str, &'static str)],
}

/// The content of a directive, before its position is known.
pub(super) enum Parsed {
    Id(String),
    After(Vec<String>),
    Requires(Vec<Requirement>),
    From(Source),
    Trace(Class),
    Statement(StatementDirective),
}

use Parsed::Statement;
use StatementDirective as Of;

/// A line: the name, the reader of its arguments, and its forms for the page of directives.
macro_rules! directives {
    ($($name:literal $($goes_on:ident)?: $read:expr, $([$takes:literal, $speaks:literal, $help:literal]),*;)*) => {
        /// Every directive, in the order of the page.
        pub const DIRECTIVES: &[Directive] = &[$(Directive {
            name: $name, goes_on: directives!(@$($goes_on)?), read: $read, forms: &[$(($takes, $speaks, $help)),*],
        },)*];
    };
    (@) => { false };
    (@goes_on) => { true };
}

directives! {
    "after": |it| arguments::after(it).map(Parsed::After),
        ["ID[, ID]", "file", "the parent revisions; `base` for the first of the chain"];
    "id": |it| arguments::id(it).map(Parsed::Id),
        ["ID", "file", "the revision's id, where the file's name cannot say it (`20240101000000_add_users`)"];
    "requires": |it| arguments::requires(it).map(Parsed::Requires),
        ["users(id, email), audit_logs", "file", "what must be there, beside what the statements themselves show"];
    "optional": |it| bare("optional", it, Of::Optional),
        ["", "statement", "if what it needs is missing, or rows refuse it: warn, and go on without it"];
    "check" goes_on: |it| arguments::check(it).map(|(name, sql)| Statement(Of::Check { name, sql })),
        ["\"NAME\" SELECT …", "statement", "must return true before the statement; else the run is refused, and the rows are shown"];
    "unless" goes_on: |it| arguments::query(it, "unless SELECT …").map(|sql| Statement(Of::Unless { sql })),
        ["SELECT …", "statement", "when true, the statement has been run: it is skipped"];
    "run-as-is": |it| bare("run-as-is", it, Of::RunAsIs),
        ["", "statement, file", "no defence: exactly this is run"];
    "ensure": |it| Ok(Statement(Of::Ensure { state: (!it.is_empty()).then(|| it.to_owned()) })),
        ["", "statement, file", "what it makes must be there in this definition: equal is skipped, absent is made, different is converged or refused"],
        ["[\"KIND NAME\",{…}]", "statement", "runs where the object is not as this line of a snapshot says"];
    "no-transaction": |it| bare("no-transaction", it, Of::NoTransaction),
        ["", "statement", "must run outside a transaction (a CALL that commits, a replication slot): its own recorded step"];
    "expect": |it| Expectation::parse(it).map(|it| Statement(Of::Expect(it))).map_err(|shape| takes("expect", &shape)),
        ["count N", "statement", "it must change so many rows; else the revision is rolled back"],
        ["rows N [sha256:…]", "statement", "it must give so many rows, and these; else the same"];
    "from": |it| Source::parse(it).map(Parsed::From).map_err(|shape| takes("from", &shape)),
        ["PATH sha256:…", "file", "the file that it was compiled from, below the directory around this one; where it is there, its text must be the same"];
    "trace": |it| Class::parse(it).map(Parsed::Trace).map_err(|shape| takes("trace", &shape)),
        ["CLASS", "file", "what that file saw of the database when it was compiled: `blind`, `catalog`, `counts`, `rows` or `runner`"];
    "accept": accept,
        ["destructive", "statement", "this loss is meant: no run warns of it or refuses it, and the plan does not mark it"];
}

pub(super) fn find(name: &str) -> Option<&'static Directive> {
    DIRECTIVES.iter().find(|directive| directive.name == name)
}

pub(super) fn parse(name: &str, argument: &str) -> Result<Parsed, String> {
    match find(name) {
        Some(directive) => (directive.read)(argument),
        None if name.is_empty() => {
            let names: Vec<&str> = DIRECTIVES.iter().map(|directive| directive.name).collect();
            Err(format!("`{MARK}` is not followed by a directive's name; the names are {}", names.join(", ")))
        }
        None => {
            let distance = |known: &&Directive| strsim::levenshtein(name, known.name);
            let nearest = DIRECTIVES.iter().min_by_key(distance).map_or("", |directive| directive.name);
            Err(format!("unknown directive `{MARK}{name}`; did you mean `{MARK}{nearest}`?"))
        }
    }
}

fn accept(argument: &str) -> Result<Parsed, String> {
    match argument {
        "destructive" => Ok(Statement(Of::AcceptDestructive)),
        _ => Err(format!("`{MARK}accept` takes one word: `{MARK}accept destructive`")),
    }
}

fn takes(name: &str, shape: &str) -> String {
    format!("`{MARK}{name}` takes {shape}")
}

fn bare(name: &str, argument: &str, directive: StatementDirective) -> Result<Parsed, String> {
    if argument.is_empty() { Ok(Statement(directive)) } else { Err(format!("`{MARK}{name}` takes no argument")) }
}
