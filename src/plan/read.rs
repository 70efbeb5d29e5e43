//! Reads scripts as SQL, and refuses at once any that cannot run under a gate.

use std::sync::Arc;

use super::written::{settle, settled};
use super::{Named, PlanError, Way};
use crate::assess;
use crate::chain::compiled::Class;
use crate::chain::directive::{self, FileDirectives, Requirement, StatementDirective};
use crate::chain::text::Changed;
use crate::chain::{Chain, Manner};
use crate::sql;
use crate::statement::{self, Abridged, Passes, Script, ScriptError, Statement};

/// A script that was read.
#[derive(Debug)]
pub struct Reading {
    /// The revision's index in the chain.
    pub at: usize,
    pub way: Way,
    /// The text of its statements, if it is not the whole script.
    pub abridged: Option<Arc<Abridged>>,
    pub script: Script,
    pub requires: Vec<Requirement>,
    /// The dependence of its source on the database when it was compiled; none if unknown.
    pub class: Option<Class>,
}

impl Reading {
    fn new(at: usize, way: Way, script: Script, said: FileDirectives) -> Self {
        Self { at, way, abridged: None, script, requires: said.requires, class: said.trace }
    }

    /// The same of an abridged text.
    fn of(self, abridged: Abridged) -> Self {
        Self { abridged: Some(Arc::new(abridged)), ..self }
    }

    /// The text of its statements, with its names.
    pub fn named<'a>(&'a self, chain: &'a Chain) -> Named<'a> {
        self.way.named(&chain.revisions()[self.at], self.abridged.as_deref())
    }

    /// An empty reading of an up script.
    pub(super) fn empty(at: usize) -> Self {
        Self::new(at, Way::Up, Script::default(), FileDirectives::default())
    }

    /// True if one of its statements was read for several.
    pub(super) fn has_several(&self) -> bool {
        self.script.statements.iter().any(|statement| statement.count > 1)
    }

    /// True if it is judged after all revisions before it are applied: its object may exist by then.
    pub fn ensures(&self) -> bool {
        let is_ensured = |one: &StatementDirective| matches!(one, StatementDirective::Ensure { .. });
        self.way == Way::Up && self.script.statements.iter().any(|it| it.directives.iter().any(is_ensured))
    }
}

/// Reads the scripts to be executed as SQL.
///
/// # Errors
/// Every line that cannot run under a gate, over all scripts.
pub fn read(chain: &Chain, wanted: Vec<(usize, Way)>) -> Result<Vec<Reading>, PlanError> {
    read_as(chain, wanted, Inserts::Each)
}

/// The same for [`super::judge`]: INSERTs of plain rows are read together while they need not be distinguished.
///
/// # Errors
/// As [`read`].
pub fn read_together(chain: &Chain, wanted: Vec<(usize, Way)>) -> Result<Vec<Reading>, PlanError> {
    read_as(chain, wanted, Inserts::Together)
}

/// The way in which INSERTs of plain rows are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inserts {
    Each,
    Together,
}

fn read_as(chain: &Chain, wanted: Vec<(usize, Way)>, inserts: Inserts) -> Result<Vec<Reading>, PlanError> {
    let script = |(at, way): &(usize, Way)| {
        let revision = &chain.revisions()[*at];
        if *way == Way::Up {
            let changed = |changed: Changed| vec![format!("{}: {changed}", revision.file)];
            if let Some(away) = revision.text.is_away()
                && inserts == Inserts::Together
                && revision.manner == Manner::default()
                && let Some((script, abridged)) = statement::abridged(away).map_err(changed)?
            {
                return Ok(Reading::new(*at, Way::Up, script, FileDirectives::default()).of(abridged));
            }
            revision.text.hold().map_err(changed)?;
        }
        let named = way.script(revision);
        match one(named, revision.manner, inserts) {
            // A revision may do nothing; but a comment cannot state that there is nothing to roll back.
            Ok((script, _)) if *way != Way::Up && script.statements.is_empty() && chain.layout().is_none() => {
                Err(vec![format!("{}:1:1: the way back has no statement; write one, or remove the file", named.file)])
            }
            Ok((script, said)) => Ok(Reading::new(*at, way.clone(), script, said)),
            Err(lines) => Err(lines),
        }
    };
    all(sql::with_room_each(&wanted, script))
}

/// All readings, or the lines of every refused one.
fn all(read: Vec<Result<Reading, Vec<String>>>) -> Result<Vec<Reading>, PlanError> {
    let (mut files, mut refused) = (0, Vec::new());
    let mut readings = Vec::with_capacity(read.len());
    for one in read {
        match one {
            Ok(reading) => readings.push(reading),
            Err(lines) => {
                files += 1;
                refused.extend(lines);
            }
        }
    }
    if files > 0 { Err(PlanError::Refused { files, lines: refused }) } else { Ok(readings) }
}

/// Reads the applied revisions as far as they define the schema, without statements on data. A script that this version would
/// refuse contributes nothing. A large one stays in its file.
///
/// # Errors
/// A large script has changed.
pub(super) fn read_applied(chain: &Chain, revisions: &[usize], passes: Passes) -> Result<Vec<Reading>, PlanError> {
    let definitions = |text: &str| statement::read_definitions(text, passes).unwrap_or_default();
    let read = |&at: &usize| {
        let revision = &chain.revisions()[at];
        let changed = |changed: Changed| vec![format!("{}: {changed}", revision.file)];
        if let Some(away) = revision.text.is_away()
            && let Some(outline) = statement::outline(away.as_ref()).map_err(changed)?
        {
            let script = Script { statements: definitions(&outline), notes: Vec::new() };
            let reading = Reading::new(at, Way::Up, script, FileDirectives::default());
            return Ok(reading.of(Abridged::definitions(outline, away)));
        }
        revision.text.hold().map_err(changed)?;
        let named = Way::Up.script(revision);
        let text = named.text;
        // With this directive, a statement may not state the schema.
        if text.contains("lockgate:ensure")
            && let Ok((mut script, said)) = one(named, revision.manner, Inserts::Each)
        {
            script.statements.iter_mut().for_each(|statement| statement.directives = Box::default());
            return Ok(Reading::new(at, Way::Up, script, said));
        }
        let mut script = Script { statements: definitions(text), notes: Vec::new() };
        settle(&mut script, named);
        let said = directive::read(text).map(|directives| directives.file).unwrap_or_default();
        Ok(Reading::new(at, Way::Up, script, said))
    };
    all(sql::with_room_each(revisions, read))
}

/// Reads the revisions after a target, which are not to be run. A script that this version would refuse contributes nothing.
pub(super) fn read_beyond(chain: &Chain, revisions: &[usize]) -> Vec<Reading> {
    let read = |&at: &usize| {
        let revision = &chain.revisions()[at];
        let (script, said) = one(Way::Up.script(revision), revision.manner, Inserts::Each).unwrap_or_default();
        Reading::new(at, Way::Up, script, said)
    };
    sql::with_room_each(revisions, read)
}

fn one(named: Named<'_>, manner: Manner, inserts: Inserts) -> Result<(Script, FileDirectives), Vec<String>> {
    let file = named.file;
    let directives = directive::read(named.text).map_err(|errors| {
        let line = |line: usize| named.place(line, 1).line;
        errors.iter().map(|error| format!("{file}:{}: {}", line(error.line), error.message)).collect::<Vec<_>>()
    })?;
    let read = match inserts {
        // Each is shown as the file has it, where values were put in.
        Inserts::Together if !directives.file.ensure && named.written.is_none() => statement::read_together,
        Inserts::Together | Inserts::Each => statement::read,
    };
    let mut script = read(named.text, &directives)
        .map_err(|errors| errors.iter().map(|error| refusal(file, &settled(error, named))).collect::<Vec<_>>())?;
    settle(&mut script, named);
    if !manner.in_transaction {
        script.statements.iter_mut().for_each(Statement::send_alone);
    }
    if directives.file.run_as_is || manner.repeats {
        script.statements.iter_mut().for_each(|statement| statement.direct(StatementDirective::RunAsIs));
    }
    ensure(&mut script, directives.file.ensure).map_err(|errors| {
        errors.iter().map(|(line, why)| format!("{file}:{line}: lockgate:ensure: {why}")).collect::<Vec<_>>()
    })?;
    for note in &script.notes {
        tracing::debug!(file, "{note}");
    }
    Ok((script, directives.file))
}

/// Gives the file's directive to its statements, and reports the ones that cannot be judged with it, by line.
fn ensure(script: &mut Script, is_of_file: bool) -> Result<(), Vec<(usize, String)>> {
    let mut refused = Vec::new();
    for statement in &mut script.statements {
        let is_own = |one: &StatementDirective| {
            matches!(
                one,
                StatementDirective::Ensure { .. } | StatementDirective::RunAsIs | StatementDirective::Unless { .. }
            )
        };
        if is_of_file && !statement.directives.iter().any(is_own) {
            statement.direct(StatementDirective::Ensure { state: None });
        }
        match assess::ensured(statement) {
            Ok(true) => statement.changes_nothing(),
            Ok(false) => {}
            Err(why) => refused.push((statement.line, why)),
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}

/// `FILE:LINE:COLUMN: message; hint`, like a failed statement: a place that editors and terminals open.
fn refusal(file: &str, error: &ScriptError) -> String {
    let ScriptError { line, column, message, hint } = error;
    let hint = if hint.is_empty() { String::new() } else { format!("; {hint}") };
    format!("{file}:{line}:{column}: {message}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layout;
    use crate::source;

    #[test]
    fn nothing_is_read_of_a_large_script_that_changed_after_it_was_hashed() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("0001_rows.sql");
        let rows = |value: &str| format!("INSERT INTO t VALUES ('{value}');\n").repeat(20_000);
        std::fs::write(&file, rows("a")).unwrap();
        let chain = source::read(place.path(), Layout::Native).unwrap();
        std::fs::write(&file, rows("b")).unwrap();

        let pending = read_together(&chain, vec![(0, Way::Up)]);
        let applied = read_applied(&chain, &[0], Passes::Rows);

        for refused in [pending, applied] {
            let Err(PlanError::Refused { files: 1, lines }) = refused else { panic!("{refused:?}") };
            assert_eq!(lines, ["0001_rows.sql: it changed after it was first read: start again"]);
        }
        std::fs::write(&file, rows("a")).unwrap();
        assert!(read(&chain, vec![(0, Way::Up)]).is_ok());
    }
}
