//! `lockgate:expect rows …`: the query is run in advance, if nothing before it may change its answer.

use std::collections::BTreeSet;

use super::before::{Earlier, HARMLESS, Known, is_wide, may_do_anything};
use super::touch::{Touch, spreads};
use super::{Answer, PreviewedRows, nothing};
use crate::catalog::Surroundings;
use crate::chain::compiled::Expectation;
use crate::rows::{self, Explanation, Probe, Untold};
use crate::sql::names_in;
use crate::sql::{shape, with_room};
use crate::statement::Statement;
use crate::statement::change::{DataAct, Effect, Setting};

/// A query with an expected answer.
pub struct Query {
    pub at: (usize, usize),
    pub sql: String,
    /// The search_path that the script has set.
    pub path: Option<Vec<String>>,
    pub expectation: Expectation,
    pub obstacle: Option<Obstacle>,
}

/// The reason why it is not run now.
pub enum Obstacle {
    /// It is not a plain query: it may change rows.
    Changes,
    /// An earlier statement may change the answer.
    Changed(String),
}

impl Obstacle {
    pub fn shown(&self) -> PreviewedRows {
        match self {
            Self::Changes => nothing(Answer::NotAsked, "it may change rows itself"),
            Self::Changed(why) => nothing(Answer::Provisional, why),
        }
    }
}

/// The beginning of a query's description.
const WORDS: &str = "lockgate:expect ";

impl Query {
    /// The directive as in the script, without the digest.
    pub fn words(&self) -> String {
        match &self.expectation {
            Expectation::Count(count) => format!("{WORDS}count {count}"),
            Expectation::Rows { count, .. } => format!("{WORDS}rows {count}"),
        }
    }
}

/// The explanation of an answer that differs; none if it is as expected.
pub async fn ask(
    probe: &mut Probe<'_>,
    query: &Query,
    owners: &[String],
    surroundings: &Surroundings,
) -> Result<Option<Explanation>, Untold> {
    let mentions = with_room(|| shape::mentions_of(&query.sql)).ok_or(Untold::Unclear)?;
    if let Some(call) = mentions.calls.iter().find(|call| may_do_anything(call, surroundings)) {
        return Err(Untold::Volatile(call.name.clone()));
    }
    let answer = rows::answer(probe, &query.sql, query.path.as_deref(), owners).await?;
    let found = |found: String| format!("{} expected, and the answer is {found}", query.expectation);
    let broken = query.expectation.broken_by(&answer);
    Ok(broken.map(|broken| Explanation { rows: None, found: vec![found(broken)], help: Vec::new() }))
}

/// The obstacle to a query; none if the present rows are those that the statement will meet.
pub fn obstacle(
    (statement, sql): (&Statement, &str),
    expectation: &Expectation,
    (script, earlier): (usize, &[Earlier<'_>]),
    known: Known<'_>,
) -> Option<Obstacle> {
    let may_write = match &statement.effect {
        Effect::Opaque(code) => code.may_write || code.may_define,
        Effect::Data(_) => true,
        Effect::Changes(_) | Effect::Setting(_) | Effect::Unjudged(_) | Effect::Repeatable => false,
    };
    if statement.tag != "SELECT" || may_write || matches!(expectation, Expectation::Count(_)) {
        return Some(Obstacle::Changes);
    }
    let query = Read::of(sql, known);
    for (at, one) in earlier.iter().enumerate().rev() {
        let is_acted_on = || earlier[..at].iter().any(acts);
        if let Some(why) = query.changed_by(one, script, is_acted_on, known) {
            return Some(Obstacle::Changed(format!("{} {why}", one.place)));
        }
    }
    None
}

fn acts(one: &Earlier<'_>) -> bool {
    matches!(one.effect, Effect::Changes(changes) if changes.iter().any(|change| spreads(&change.act)))
}

/// The reads of a query, as far as its words tell.
struct Read {
    names: BTreeSet<String>,
    /// True if it reads through a view, a parent or a function: rows of relations that it does not name.
    reads_through: bool,
}

impl Read {
    fn of(sql: &str, known: Known<'_>) -> Self {
        let names: BTreeSet<String> = names_in(sql).collect();
        let is_own = |name: &crate::sql::Named| {
            let schema = name.schema.as_deref().unwrap_or("pg_catalog").to_owned();
            let name = crate::pg::name::QualifiedName::new(schema, name.name.clone());
            name.schema != "pg_catalog" || !known.surroundings.functions.contains_key(&name)
        };
        let calls = shape::mentions_of(sql).map(|mentions| mentions.calls);
        let calls_own = calls.is_none_or(|calls| calls.iter().any(is_own));
        let reads_through = calls_own || names.iter().any(|name| known.spreading.contains(name));
        Self { names, reads_through }
    }

    fn has(&self, name: &String) -> bool {
        self.names.contains(name)
    }

    /// The way in which an earlier statement may change the answer.
    fn changed_by(
        &self,
        one: &Earlier<'_>,
        script: usize,
        is_acted_on: impl FnOnce() -> bool,
        known: Known<'_>,
    ) -> Option<String> {
        const UNREAD: &str = "may change what it reads, and is not read";
        match one.effect {
            Effect::Repeatable => None,
            Effect::Unjudged(_) => Some(UNREAD.to_owned()),
            Effect::Opaque(code) if code.may_write || code.may_define || code.is_dynamic => Some(UNREAD.to_owned()),
            Effect::Opaque(_) => None,
            Effect::Setting(Setting::SearchPath(_)) => None,
            Effect::Setting(Setting::Role(_) | Setting::All | Setting::Other) => {
                let is_harmless = names_in(one.sql).any(|name| HARMLESS.contains(&name.as_str()));
                (one.script == script && !is_harmless).then(|| "sets what it depends on".to_owned())
            }
            Effect::Data(data) => match data.writes.iter().find(|written| self.has(&written.name)) {
                _ if matches!(data.act, DataAct::Position { .. }) => None,
                Some(written) => Some(format!("changes rows of {}", written.name)),
                None => (self.reads_through || is_wide(data, known) || is_acted_on())
                    .then(|| "may change rows of other tables than its own".to_owned()),
            },
            Effect::Changes(changes) => changes.iter().rev().find_map(|change| self.touched(&Touch::of(&change.act))),
        }
    }

    fn touched(&self, touch: &Touch) -> Option<String> {
        let changes = |name: &String| format!("changes {name} first");
        match touch {
            Touch::Nothing | Touch::Drops { .. } => None,
            Touch::MakesTable(name) | Touch::Makes(name) => self.has(name).then(|| format!("makes {name} first")),
            Touch::MakesColumn { table, .. } => self.has(table).then(|| changes(table)),
            Touch::ChangesType(name) => self.has(name).then(|| changes(name)),
            Touch::Changes(all) => {
                let named = all.iter().find(|name| self.has(name));
                named.or_else(|| all.first().filter(|_| self.reads_through)).map(changes)
            }
            Touch::Functions => self.reads_through.then(|| "changes functions first".to_owned()),
            Touch::Everything => Some("may change what it reads".to_owned()),
        }
    }
}
