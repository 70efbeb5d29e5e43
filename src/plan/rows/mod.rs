//! `plan --check-data`: rows are queried in advance for every pending statement that they could refuse, one question after the
//! other, in read-only transactions.

mod before;
mod expected;
mod questions;
mod touch;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::before::{Known, Obstacle, may_do_anything};
use self::questions::{Question, questions};
use super::{Judging, PlanError, Planned, Step};
use crate::assess::{Action, Provisional, Reason};
use crate::catalog::{CatalogError, Surroundings};
use crate::chain::directive::StatementDirective;
use crate::connect::{Message, Session};
use crate::rows::{self, Explanation, Manner, Probe, Subject, Untold};
use crate::sql::{scrubbed, shape, with_room};
use crate::statement::Statement;

/// The answer of the rows to a demand of a statement.
#[derive(Clone, Debug, Serialize)]
pub struct PreviewedRows {
    /// `CHECK (a > 0)`.
    pub demand: String,
    /// True for the question of a `lockgate:expect`.
    #[serde(skip)]
    pub is_expectation: bool,
    pub answer: Answer,
    /// The number of blocking rows, if it was counted.
    pub rows: Option<u64>,
    /// A sentence each.
    pub found: Vec<String>,
    /// SQL, one statement each.
    pub help: Vec<String>,
    /// The reason why there is no answer yet.
    pub because: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Rows block it.
    Refused,
    /// No row blocks it.
    Kept,
    /// An earlier statement may change the answer.
    Provisional,
    NotAsked,
}

/// By script and statement, like the answers.
type Outlooks = BTreeMap<(usize, usize), Provisional>;

/// By script and statement.
pub type Answers = BTreeMap<(usize, usize), Vec<PreviewedRows>>;

/// The query for relations whose changes may change the rows of others.
const SPREADING: &str = include_str!("spreading.sql");

/// Queries the rows for every statement of a plan.
///
/// # Errors
/// The connection broke.
pub async fn ask(
    session: &Session,
    judging: Judging<'_>,
    (plan, outlooks): (&[Planned], &Outlooks),
    surroundings: &Surroundings,
) -> Result<Answers, PlanError> {
    let meets_rows = |step: &Step| {
        let is_asked = step.statement.meets_rows || step.statement.expectations().next().is_some();
        is_asked && *step.verdict.action() != Action::Nothing
    };
    if !plan.iter().flat_map(|planned| &planned.steps).any(meets_rows) {
        return Ok(Answers::new());
    }
    let spreading = spreading(session).await?;
    let known = Known { surroundings, spreading: &spreading };
    let (questions, expected) = with_room(|| questions(judging.chain, (plan, outlooks), known));
    let mut probe = Probe::new(session, Manner::Before(judging.check_data_timeout));
    let (mut answers, mut ended) = (Answers::new(), None::<Untold>);
    for question in questions {
        let asked = match (&question.obstacle, &ended) {
            (Some(Obstacle::NoRows), _) => continue,
            (Some(Obstacle::Unmade(why)), _) => nothing(Answer::NotAsked, why),
            (Some(Obstacle::Changed(why)), _) => nothing(Answer::Provisional, why),
            (None, Some(untold)) => nothing(Answer::NotAsked, untold),
            (None, None) => {
                let answer = of_one(&mut probe, &question, judging.trusted_owners, surroundings).await;
                ended = answer.as_ref().err().filter(|untold| untold.ends_all()).cloned();
                told(answer)
            }
        };
        answers.entry(question.at).or_default().push(question.shown(asked));
    }
    for query in expected {
        let asked = match (&query.obstacle, &ended) {
            (Some(obstacle), _) => obstacle.shown(),
            (None, Some(untold)) => nothing(Answer::NotAsked, untold),
            (None, None) => {
                let answer = expected::ask(&mut probe, &query, judging.trusted_owners, surroundings).await;
                ended = answer.as_ref().err().filter(|untold| untold.ends_all()).cloned();
                told(answer)
            }
        };
        let demand = query.words();
        answers.entry(query.at).or_default().push(PreviewedRows { demand, is_expectation: true, ..asked });
    }
    match ended {
        Some(Untold::Lost) => Err(CatalogError::Lost("the connection broke while rows were asked".to_owned()).into()),
        _ => Ok(answers),
    }
}

async fn spreading(session: &Session) -> Result<BTreeSet<String>, PlanError> {
    let rows = session.send(&Message::own(format!("SET TRANSACTION READ ONLY; {SPREADING}"))).await.rows().await;
    let rows = rows.map_err(CatalogError::from)?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

async fn of_one(
    probe: &mut Probe<'_>,
    question: &Question,
    owners: &[String],
    surroundings: &Surroundings,
) -> Result<Option<Explanation>, Untold> {
    for expression in question.demand.expressions().iter().filter(|expression| !expression.is_empty()) {
        let mentions = with_room(|| shape::mentions(expression)).ok_or(Untold::Unclear)?;
        if let Some(call) = mentions.calls.iter().find(|call| may_do_anything(call, surroundings)) {
            return Err(Untold::Volatile(call.name.clone()));
        }
    }
    let subject = Subject { demand: &question.demand, path: question.path.as_deref(), only: question.only };
    rows::ask(probe, subject, owners).await
}

fn told(answer: Result<Option<Explanation>, Untold>) -> PreviewedRows {
    match answer {
        Ok(None) => nothing(Answer::Kept, ""),
        Ok(Some(Explanation { rows, found, help })) => {
            PreviewedRows { rows, found, help, ..nothing(Answer::Refused, "") }
        }
        Err(untold) => nothing(Answer::NotAsked, untold),
    }
}

fn nothing(answer: Answer, why: impl ToString) -> PreviewedRows {
    let because = Some(why.to_string()).filter(|why| !why.is_empty());
    let (demand, found, help) = (String::new(), Vec::new(), Vec::new());
    PreviewedRows { demand, is_expectation: false, answer, rows: None, found, help, because }
}

impl Question {
    /// The answer without the statement's secrets.
    fn shown(&self, answer: PreviewedRows) -> PreviewedRows {
        let one = |line: &String| scrubbed(line, &self.sql, self.secrecy);
        let all = |lines: &[String]| lines.iter().map(one).collect();
        PreviewedRows {
            demand: one(&self.demand.words()),
            found: all(&answer.found),
            help: all(&answer.help),
            because: answer.because.as_ref().map(one),
            ..answer
        }
    }
}

/// The number of a plan's statements that rows refuse. An optional one is skipped then and does not count; nor does an answer
/// that differs from the program's, if that program can run instead of its script.
pub fn refused(plan: &[Planned], answers: &Answers, has_tool: bool) -> usize {
    let is_refused = |(at, rows): &(&(usize, usize), &Vec<PreviewedRows>)| {
        let is_optional = is_optional(&plan[at.0].steps[at.1].statement);
        let is_for_tool = |one: &PreviewedRows| has_tool && plan[at.0].class.is_some() && one.is_unexpected();
        !is_optional && rows.iter().any(|one| one.answer == Answer::Refused && !is_for_tool(one))
    };
    answers.iter().filter(is_refused).count()
}

/// The compiled scripts of a plan that met other rows when they were compiled.
pub fn unexpected(plan: &[Planned], answers: &Answers) -> BTreeSet<usize> {
    let is_it = |rows: &Vec<PreviewedRows>| rows.iter().any(PreviewedRows::is_unexpected);
    let scripts = answers.iter().filter(|(_, rows)| is_it(rows)).map(|((script, _), _)| *script);
    scripts.filter(|&script| plan[script].class.is_some()).collect()
}

/// The reasons why the verdict of a statement is provisional.
pub fn reservations(statement: &Statement, rows: &[PreviewedRows]) -> Vec<Reason> {
    let is_left_out = is_optional(statement) && rows.iter().any(|one| one.answer == Answer::Refused);
    let left_out = is_left_out.then_some(Reason::RowsLeaveOut);
    left_out.into_iter().chain(rows.iter().filter_map(PreviewedRows::reservation)).collect()
}

fn is_optional(statement: &Statement) -> bool {
    statement.directives.contains(&StatementDirective::Optional)
}

impl PreviewedRows {
    fn is_unexpected(&self) -> bool {
        self.answer == Answer::Refused && self.is_expectation
    }

    /// The reason why the verdict is provisional.
    fn reservation(&self) -> Option<Reason> {
        let (demand, because) = (self.demand.clone(), self.because.clone().unwrap_or_default());
        match self.answer {
            Answer::Refused | Answer::Kept => None,
            Answer::Provisional => Some(Reason::RowsMayRefuse { demand, because }),
            Answer::NotAsked => Some(Reason::RowsNotAsked { demand, because }),
        }
    }
}
