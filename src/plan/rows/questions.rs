//! The questions for a plan: every demand of every statement that runs, with its obstacle.

use super::Outlooks;
use super::before::{Asked, Earlier, Known, Obstacle, obstacle};
use super::expected::{self, Query};
use crate::assess::{Action, Decision, Provisional};
use crate::chain::Chain;
use crate::chain::compiled::Expectation;
use crate::plan::{Named, Planned, Step};
use crate::sql::Secrecy;
use crate::statement::change::{Act, Effect, Setting};
use crate::statement::{Demand, demands};

/// A question to be asked, or the obstacle to it.
pub struct Question {
    pub at: (usize, usize),
    /// The statement that is sent, and its literals that are never shown.
    pub sql: String,
    pub secrecy: Secrecy,
    pub demand: Demand,
    /// The search_path that the script has set.
    pub path: Option<Vec<String>>,
    pub only: bool,
    pub obstacle: Option<Obstacle>,
}

/// The state after the statements so far.
struct Walk<'a> {
    known: Known<'a>,
    earlier: Vec<Earlier<'a>>,
    /// Their demands, for constraints that a later statement validates.
    demanded: Vec<Demand>,
    path: Option<Vec<String>>,
    found: Vec<Question>,
    /// The queries with expected answers.
    expected: Vec<Query>,
}

/// The questions about demands, and the queries with expected answers.
pub fn questions(
    chain: &Chain,
    (plan, outlooks): (&[Planned], &Outlooks),
    known: Known<'_>,
) -> (Vec<Question>, Vec<Query>) {
    let (found, expected) = (Vec::new(), Vec::new());
    let mut walk = Walk { known, earlier: Vec::new(), demanded: Vec::new(), path: None, found, expected };
    for (script, planned) in plan.iter().enumerate() {
        walk.path = None;
        for (at, step) in planned.steps.iter().enumerate() {
            walk.step((script, at), planned.script(chain), step, outlooks.get(&(script, at)));
        }
    }
    (walk.found, walk.expected)
}

impl<'a> Walk<'a> {
    fn step(&mut self, at: (usize, usize), named: Named<'a>, step: &'a Step, provisional: Option<&Provisional>) {
        let text = step.statement.sql(named.text);
        if *step.verdict.action() == Action::AsWritten {
            let obstacle = |expectation: &Expectation| {
                expected::obstacle((&step.statement, text), expectation, (at.0, &self.earlier), self.known)
            };
            let query = |expectation: &Expectation| Query {
                at,
                sql: text.to_owned(),
                path: self.path.clone(),
                expectation: expectation.clone(),
                obstacle: obstacle(expectation),
            };
            self.expected.extend(step.statement.expectations().map(query));
        }
        for sql in sent(step, text) {
            for demand in demands(&sql) {
                let demand = self.made(demand);
                if !demand.is_not_valid() {
                    self.raise(at, step, &sql, &demand);
                }
                self.demanded.push(demand);
            }
        }
        if let Effect::Setting(setting) = &step.statement.effect {
            match setting {
                Setting::SearchPath(path) => self.path.clone_from(path),
                Setting::All => self.path = None,
                Setting::Role(_) | Setting::Other => {}
            }
        }
        if may_run(step, provisional) {
            let place = format!("{}:{}:{}", named.file, step.statement.line, step.statement.column);
            self.earlier.push(Earlier { place, script: at.0, effect: &step.statement.effect, sql: text });
        }
    }

    fn raise(&mut self, at: (usize, usize), step: &Step, sql: &str, demand: &Demand) {
        let asked = Asked { demand, script: at.0, own: &step.statement.effect };
        self.found.push(Question {
            at,
            sql: sql.to_owned(),
            secrecy: step.statement.secrecy,
            demand: demand.clone(),
            path: self.path.clone(),
            only: says_only(&step.statement.effect),
            obstacle: obstacle(&asked, &self.earlier, self.known),
        });
    }

    /// The validation of a constraint that the run itself creates has that constraint's demand.
    fn made(&self, demand: Demand) -> Demand {
        let wanted = |made: &&Demand| match (&demand, made) {
            (
                Demand::Valid { table, constraint },
                Demand::Check { table: of, constraint: Some(name), .. }
                | Demand::References { table: of, constraint: Some(name), .. },
            ) => of.name == table.name && name == constraint,
            (Demand::DomainValid { domain, constraint }, Demand::Domain { domain: of, constraint: Some(name), .. }) => {
                of.name == domain.name && name == constraint
            }
            _ => false,
        };
        self.demanded.iter().rev().find(wanted).map_or(demand.clone(), Demand::validated)
    }
}

/// The SQL that is sent for a statement.
fn sent(step: &Step, text: &str) -> Vec<String> {
    match step.verdict.action() {
        Action::Nothing => Vec::new(),
        Action::AsWritten => vec![text.to_owned()],
        Action::Instead(sql) => {
            sql.iter().map(|sql| if sql.is_empty() { text.to_owned() } else { sql.clone() }).collect()
        }
    }
}

/// True if a statement may influence a later one. An existing definition is not created again; a statement on data may turn out
/// not to have run.
fn may_run(step: &Step, provisional: Option<&Provisional>) -> bool {
    let is_uncertain = provisional.is_some_and(|provisional| !provisional.provisional.is_empty());
    match step.verdict.decision() {
        Decision::Satisfied => is_uncertain && !matches!(step.statement.effect, Effect::Changes(_)),
        Decision::Spent | Decision::Skipped => is_uncertain,
        Decision::Run | Decision::Apply | Decision::Converge | Decision::Blocked | Decision::Conflict => true,
    }
}

fn says_only(effect: &Effect) -> bool {
    let Effect::Changes(changes) = effect else { return false };
    changes.iter().any(|change| matches!(change.act, Act::AlterTable { only: true, .. }))
}
