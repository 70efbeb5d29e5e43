//! Cuts a recording into revisions at the writes to the version table, and keeps the work of each revision. Pure.

use std::collections::BTreeMap;

use super::error::{Refused, Why};
use super::role::Role;
use super::secret::Sensitive;
use super::spoken::Spoken;
use super::text;
use super::values::Values;
use crate::chain::compiled::Expectation;
use crate::sql;
use crate::sql::Named;
use crate::statement::{self, Control, Copying, Heard, Kind};

/// One statement of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The statement in the form of a script, without a `;`.
    pub sql: String,
    /// The server's command tag, as for a statement of a script.
    pub tag: String,
    /// The answer that the program saw; none if it contained nothing on which it could decide.
    pub told: Option<Expectation>,
    /// True if it ran outside a transaction.
    pub is_alone: bool,
    /// The rows of COPY, in text form.
    pub rows: Option<String>,
    /// CREATE INDEX: its table, and its own name.
    pub index: Option<(Named, String)>,
}

/// A revision as it was recorded.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    pub id: String,
    pub steps: Vec<Step>,
    pub reads_catalog: bool,
    pub refused: Vec<Refused>,
}

/// Everything that a run did.
#[derive(Clone, Debug, Default)]
pub struct Cut {
    /// In the order in which they were applied.
    pub revisions: Vec<Recorded>,
    /// The refused statements that belong to no revision.
    pub after: Vec<Refused>,
}

/// Cuts the recording. `roles` has one role for each statement.
pub fn cut(spoken: &[Spoken], roles: &[Role], values: &Values, sensitive: &Sensitive) -> Cut {
    let first = roles.iter().position(|role| *role == Role::Version).unwrap_or(roles.len());
    let preamble = roles[..first].iter().rposition(|role| *role == Role::AroundVersion).unwrap_or(0);
    let mut cutter = Cutter::new(values, sensitive);
    for (at, (one, role)) in spoken.iter().zip(roles).enumerate() {
        cutter.take(one, *role);
        if at == preamble && cutter.now.steps.is_empty() {
            // Reads before the first revision have no influence on it.
            cutter.now.reads_catalog = false;
        }
    }
    cutter.end()
}

/// The state of one connection.
#[derive(Default)]
struct Connection {
    in_transaction: bool,
    /// The statements of its transaction that changed something, by revision and without literals.
    open: Vec<(usize, String)>,
    /// Settings of the session, by name.
    settings: BTreeMap<String, String>,
    /// The last revision that begins with these settings.
    told_in: usize,
    /// Cursors by their names, as written: drivers derive the names from an address.
    cursors: BTreeMap<String, String>,
}

struct Cutter<'a> {
    values: &'a Values,
    sensitive: &'a Sensitive,
    done: Vec<Recorded>,
    now: Recorded,
    connections: BTreeMap<usize, Connection>,
    rolled_back: Vec<(usize, String)>,
    /// The number of cursors in the revision.
    cursors: usize,
}

impl<'a> Cutter<'a> {
    fn new(values: &'a Values, sensitive: &'a Sensitive) -> Self {
        let (done, rolled_back) = (Vec::new(), Vec::new());
        let (now, connections) = (Recorded::default(), BTreeMap::new());
        Self { values, sensitive, done, now, connections, rolled_back, cursors: 0 }
    }

    fn take(&mut self, one: &Spoken, role: Role) {
        if let Some(error) = &one.error {
            let why = Why::Error { sqlstate: error.sqlstate.clone() };
            self.refuse(why, &one.text);
            return;
        }
        match role {
            Role::Control(control) => self.control(one, control),
            Role::Version => self.version(one),
            Role::AroundVersion | Role::Noise => self.forget_settings(one),
            Role::Catalog => self.now.reads_catalog = true,
            Role::Work => self.work(one),
        }
    }

    fn refuse(&mut self, why: Why, text: &str) {
        self.now.refused.push(Refused { id: String::new(), why, statement: sql::without_literals(text) });
    }

    fn connection(&mut self, one: &Spoken) -> &mut Connection {
        self.connections.entry(one.connection).or_default()
    }

    fn control(&mut self, one: &Spoken, control: Control) {
        // A failed transaction ends with ROLLBACK, whatever was requested.
        let is_rolled_back = one.answer.tag == "ROLLBACK";
        let connection = self.connection(one);
        match control {
            Control::Begin => connection.in_transaction = true,
            Control::Commit if !is_rolled_back => {
                connection.in_transaction = false;
                connection.open.clear();
            }
            Control::Commit | Control::Rollback => {
                connection.in_transaction = false;
                let open = std::mem::take(&mut connection.open);
                self.rolled_back.extend(open);
            }
            Control::RollbackToSavepoint => self.refuse(Why::RolledBack, &one.text),
            Control::Prepared => self.refuse(Why::TwoPhases, &one.text),
            Control::Savepoint | Control::Release => {}
        }
    }

    /// Handles RESET ALL, DISCARD and similar statements.
    fn forget_settings(&mut self, one: &Spoken) {
        let resets = |heard: &Heard| {
            heard.tag == "DISCARD" || heard.setting.as_ref().is_some_and(|setting| setting.name.is_empty())
        };
        if one.heard.as_ref().is_some_and(resets) {
            self.connection(one).settings.clear();
        }
    }

    /// Ends a revision if a row of the version table gets its id.
    fn version(&mut self, one: &Spoken) {
        let tag = one.heard.as_ref().map_or("", |heard| heard.tag.as_str());
        if !matches!(tag, "INSERT" | "UPDATE") {
            return;
        }
        let written = self.values.literals(&one.parameters).and_then(|all| text::written(&one.text, &all).ok());
        let id = sql::strings_in(&written.unwrap_or_default()).into_iter().next().unwrap_or_default();
        let mut revision = std::mem::take(&mut self.now);
        self.cursors = 0;
        revision.refused.iter_mut().for_each(|refused| refused.id.clone_from(&id));
        self.done.push(Recorded { id, ..revision });
    }

    fn work(&mut self, one: &Spoken) {
        match self.step(one) {
            Ok(step) => {
                let step = self.with_cursor(one, step);
                self.settings_of(one);
                let effect = one.heard.as_ref().is_none_or(|heard| heard.kind != Kind::Query);
                let place = (self.done.len(), sql::without_literals(&one.text));
                let connection = self.connection(one);
                if connection.in_transaction && effect {
                    connection.open.push(place);
                }
                self.now.steps.push(step);
            }
            Err(why) => self.refuse(why, &one.text),
        }
    }

    fn with_cursor(&mut self, one: &Spoken, step: Step) -> Step {
        let Some(name) = one.heard.as_ref().and_then(|heard| heard.cursor.clone()) else { return step };
        if step.tag == "DECLARE CURSOR" {
            self.cursors += 1;
            let other = format!("cursor_{}", self.cursors);
            self.connection(one).cursors.insert(name.clone(), other);
        }
        match self.connection(one).cursors.get(&name) {
            Some(other) => Step { sql: text::renamed(&step.sql, &name, other), ..step },
            None => step,
        }
    }

    /// A session's settings outlive a revision: each revision on the same connection begins with them.
    fn settings_of(&mut self, one: &Spoken) {
        let at = self.done.len();
        let setting = one.heard.as_ref().and_then(|heard| heard.setting.clone()).filter(|setting| !setting.is_local);
        let connection = self.connections.entry(one.connection).or_default();
        if std::mem::replace(&mut connection.told_in, at) != at {
            let again = connection.settings.values().map(|sql| Step {
                sql: sql.clone(),
                tag: "SET".to_owned(),
                told: None,
                is_alone: false,
                rows: None,
                index: None,
            });
            self.now.steps.extend(again);
        }
        if let Some(setting) = setting {
            if one.text.to_ascii_uppercase().starts_with("RESET") {
                connection.settings.remove(&setting.name);
            } else {
                connection.settings.insert(setting.name, one.text.clone());
            }
        }
    }

    fn step(&self, one: &Spoken) -> Result<Step, Why> {
        let Some(heard) = &one.heard else {
            return Err(Why::Grammar("the parser does not read it".to_owned()));
        };
        let literals = self.values.literals(&one.parameters).ok_or(Why::Binary)?;
        let sql = text::written(&one.text, &literals)?;
        if heard.has_password || self.sensitive.is_in(&sql, &heard.tag) {
            return Err(Why::Secret);
        }
        let rows = match heard.copy {
            None => None,
            Some(Copying::Text) => Some(rows(&one.copied).ok_or(Why::Copy)?),
            Some(Copying::Other | Copying::ToClient) => return Err(Why::Copy),
        };
        if rows.as_ref().is_some_and(|rows| self.sensitive.is_in_rows(rows)) {
            return Err(Why::Secret);
        }
        let connection = self.connections.get(&one.connection);
        let in_transaction = one.in_transaction || connection.is_some_and(|connection| connection.in_transaction);
        let is_alone = !in_transaction && matches!(heard.tag.as_str(), "DO" | "CALL");
        Ok(Step { sql, tag: heard.tag.clone(), told: self.told(one)?, is_alone, rows, index: heard.index.clone() })
    }

    fn told(&self, one: &Spoken) -> Result<Option<Expectation>, Why> {
        match &one.answer.rows {
            Some(_) if one.answer.is_partial => Err(Why::Part),
            Some(rows) => self.values.expectation(rows).map(Some).ok_or(Why::Binary),
            None => Ok(affected(&one.answer.tag).map(Expectation::Count)),
        }
    }

    fn end(mut self) -> Cut {
        for connection in self.connections.values_mut() {
            self.rolled_back.append(&mut connection.open);
        }
        for (at, statement) in self.rolled_back {
            let refused = |id: &str| Refused { id: id.to_owned(), why: Why::RolledBack, statement: statement.clone() };
            match self.done.get_mut(at) {
                Some(revision) => {
                    let refused = refused(&revision.id);
                    revision.refused.push(refused);
                }
                None => self.now.refused.push(refused("")),
            }
        }
        let mut after = self.now.refused;
        after.extend(self.now.steps.iter().filter(|step| !is_question(step)).map(|step| Refused {
            id: String::new(),
            why: Why::After,
            statement: sql::without_literals(&step.sql),
        }));
        Cut { revisions: self.done, after }
    }
}

/// True if the step only reads.
fn is_question(step: &Step) -> bool {
    statement::heard(&step.sql).is_ok_and(|all| all.iter().all(|one| one.kind == Kind::Query))
}

/// The row count in a command tag.
fn affected(tag: &str) -> Option<u64> {
    let counts = ["INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "COPY", "MOVE", "FETCH"];
    let (word, number) = (tag.split(' ').next()?, tag.rsplit(' ').next()?);
    counts.contains(&word).then(|| number.parse().ok()).flatten()
}

/// COPY's data in text format, without its end mark; none if a script cannot contain it.
fn rows(copied: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(copied).ok().filter(|text| !text.contains('\r'))?;
    let text = text.strip_suffix("\\.\n").unwrap_or(text);
    let is_cut = text.lines().any(|line| line == "\\.");
    (!is_cut).then(|| if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") })
}
