//! EXPLAIN of two definitions, for a read-only transaction in which nothing may be built. It never proves equality.

use std::sync::Arc;

use super::build::set_path;
use super::canonical;
use super::compare::Difference;
use super::definition::{ConstraintKind, DefaultValue, Definition};
use super::error::{CatalogError, failure};
use super::found::{Found, FoundFunction};
use super::prove::{Proof, Question};
use crate::connect::{Message, Row, Session, SessionError};
use crate::pg::name::QualifiedName;
use crate::pg::sqlstate::StatementFailure;
use crate::sql::clauses::{Policy, check_in, collates, names_statistics_kinds, policy_in};
use crate::sql::likeness::{Likeness, likeness};
use crate::statement::change::Generated;
use crate::statement::{Demand, Part, body_of, demands, excluded};

/// The way in which EXPLAIN or the texts answer a question.
enum Way {
    /// Two queries whose plans are compared.
    Queries {
        path: Arc<[String]>,
        wanted: String,
        found: String,
    },
    Answer(Proof),
}

const SAVEPOINT: &str = "SAVEPOINT lockgate_explain";
const TAKE_BACK: &str = "ROLLBACK TO SAVEPOINT lockgate_explain; RELEASE SAVEPOINT lockgate_explain";

/// Answers every question in one round trip, inside the caller's transaction.
pub(super) async fn explain(session: &Session, questions: &[Question<'_>]) -> Result<Vec<Proof>, CatalogError> {
    let ways: Vec<Way> = questions.iter().map(way).collect();
    let pairs = ways.iter().filter_map(|way| match way {
        Way::Queries { path, wanted, found } => Some((set_path(path), wanted, found)),
        Way::Answer(_) => None,
    });
    let plan = |path: &str, query: &str| format!("{path}EXPLAIN (VERBOSE, COSTS OFF) {query}");
    let queries = pairs.flat_map(|(path, a, b)| [plan(&path, a), plan(&path, b)]);
    let behind_savepoint = |query| [Message::control(SAVEPOINT), Message::users(query), Message::control(TAKE_BACK)];
    let messages: Vec<Message<'_>> = queries.flat_map(behind_savepoint).collect();
    let answers = if messages.is_empty() { Vec::new() } else { session.ask(&messages).await };
    let mut answers = answers.into_iter();
    let mut next = || {
        let (begun, plan, ended) = (answers.next()?, answers.next()?, answers.next()?);
        Some(begun.and(ended).map(|_| plan))
    };
    let mut proofs = Vec::with_capacity(ways.len());
    for (way, question) in ways.into_iter().zip(questions) {
        proofs.push(match way {
            Way::Answer(proof) => proof,
            Way::Queries { wanted: ours, found: theirs, .. } => match (next().transpose()?, next().transpose()?) {
                (Some(wanted), Some(found)) => judged(question, [&ours, &theirs], wanted, found)?,
                _ => Proof::Cannot("the server gave no answer".to_owned()),
            },
        });
    }
    Ok(proofs)
}

type Answer = Result<Vec<Row>, SessionError>;

fn judged(question: &Question<'_>, queries: [&str; 2], wanted: Answer, found: Answer) -> Result<Proof, CatalogError> {
    let shown = canonical::text(question.found);
    let wanted = match readable(wanted)? {
        Ok(plan) => plan,
        // An error proves nothing: a query is not the same context as the definition.
        Err((_, message)) => return Ok(Proof::Cannot(message)),
    };
    Ok(match readable(found)? {
        // `s COLLATE "C"` and `s` have the same plan.
        Ok(_) if queries.into_iter().any(collates) => only_a_migration(),
        Ok(found) if wanted == found => Proof::Likely,
        Ok(_) => Proof::Differs(Difference { wanted: wanted_text(question.wanted), found: shown }, None),
        Err((_, message)) => Proof::Cannot(message),
    })
}

/// The lines of a plan, or the server's error about the query.
fn readable(answer: Answer) -> Result<Result<Vec<Row>, (String, String)>, CatalogError> {
    match answer {
        // The first row is the result of setting the path.
        Ok(rows) => Ok(Ok(rows.into_iter().skip(1).collect())),
        Err(SessionError::Server(error)) => match failure(&error) {
            StatementFailure::Wrong | StatementFailure::Privilege => {
                Ok(Err((error.sqlstate.clone(), error.message.clone())))
            }
            _ => Err(SessionError::Server(error).into()),
        },
        Err(lost) => Err(lost.into()),
    }
}

fn only_a_migration() -> Proof {
    Proof::Cannot("only a migration can prove it".to_owned())
}

fn way(question: &Question<'_>) -> Way {
    if question.wanted.is_made_again() {
        return Way::Answer(made_again(question));
    }
    queries(question).unwrap_or_else(|| Way::Answer(by_text(question)))
}

/// No plan shows the server's later rebuilds, but the absence of a default is still a difference.
fn made_again(question: &Question<'_>) -> Proof {
    match question.found {
        Found::Default(None) => {
            let (wanted, found) = (wanted_text(question.wanted), canonical::text(question.found));
            Proof::Differs(Difference { wanted, found }, None)
        }
        _ => only_a_migration(),
    }
}

fn queries(question: &Question<'_>) -> Option<Way> {
    let column = |table: &QualifiedName, expression: &str, format: &str| {
        format!("SELECT ({expression})::{format} FROM ONLY {}", table.quoted())
    };
    let condition = |table: &QualifiedName, expression: &str| column(table, expression, "pg_catalog.bool");
    match (question.wanted, question.found) {
        (Definition::Default(Some(DefaultValue::Expr { expr, path, .. })), Found::Default(Some(found))) => {
            let table = question.found_key.relation()?;
            let of = |expression: &str| column(table, expression, &found.format);
            Some(Way::Queries { path: path.clone(), wanted: of(&expr.sql), found: of(&found.expression) })
        }
        (Definition::Column(column_), Found::Column(found)) => {
            let table = question.found_key.relation()?;
            let (Generated { expr, .. }, (expression, _)) = (column_.generated.as_deref()?, found.generated.as_ref()?);
            let of = |expression: &str| column(table, expression, &found.format);
            Some(Way::Queries { path: column_.path.clone(), wanted: of(&expr.sql), found: of(expression) })
        }
        (Definition::Constraint(wanted), Found::Constraint(found)) if found.kind == 'c' => {
            let table = question.found_key.relation()?;
            if wanted.kind != (ConstraintKind::Check { no_inherit: found.no_inherit }) {
                return None;
            }
            let [ours, theirs] = [check_in(&wanted.build.fill("own", "t"))?, found.check_expression()?];
            let [ours, theirs] = [ours, theirs].map(|expression| condition(table, &expression));
            Some(Way::Queries { path: wanted.path.clone(), wanted: ours, found: theirs })
        }
        (Definition::Policy { build, path }, Found::Policy(found)) if !build.is_altered() => {
            let table = question.found_key.relation()?;
            let Policy { command, permissive, using, check } = policy_in(&build.fill("own", "t"))?;
            if (command, permissive) != (found.command, found.permissive) {
                return None;
            }
            let both = |using: Option<&str>, check: Option<&str>| {
                let [using, check] = [using, check].map(|text| text.unwrap_or("NULL"));
                format!("SELECT ({using})::pg_catalog.bool, ({check})::pg_catalog.bool FROM ONLY {}", table.quoted())
            };
            let wanted = both(using.as_deref(), check.as_deref());
            let found = both(found.using.as_deref(), found.check.as_deref());
            Some(Way::Queries { path: path.clone(), wanted, found })
        }
        // A literal such as 'now' differs at each reading.
        (Definition::View { build, path, .. }, Found::View(found)) if !build.holds_a_moment() => {
            let query = build.query()?;
            let found = found.query.trim_end_matches(';').to_owned();
            Some(Way::Queries { path: path.clone(), wanted: query, found })
        }
        _ => None,
    }
}

/// A query with the expressions of a script's definition over the existing table; none if no query has the same meaning.
pub(super) fn wanted_query(question: &Question<'_>) -> Option<String> {
    let table = || question.found_key.relation().map(QualifiedName::quoted);
    match question.wanted {
        Definition::Default(Some(DefaultValue::Expr { since, .. })) if !since.is_empty() => None,
        Definition::Constraint(wanted) if !wanted.since.is_empty() => None,
        Definition::Index(wanted) => {
            let Found::Index(found) = question.found else { return None };
            let text = wanted.build.fill("own", "t").replacen("CREATE INDEX", "CREATE UNIQUE INDEX", 1);
            let demands = demands(&text);
            let [Demand::Distinct { parts, condition, .. }] = demands.as_slice() else { return None };
            let keys: Vec<String> = parts.iter().map(Part::sql).collect();
            let rows = condition.as_ref().map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
            let is_as_it_was = wanted.since.is_empty();
            is_as_it_was.then(|| format!("SELECT {} FROM ONLY {}{rows}", keys.join(", "), found.table.quoted()))
        }
        Definition::Constraint(wanted) if matches!(wanted.kind, ConstraintKind::Check { .. }) => {
            let expression = check_in(&wanted.build.fill("own", "t"))?;
            Some(format!("SELECT ({expression}) FROM ONLY {}", table()?))
        }
        Definition::Constraint(wanted) if matches!(wanted.kind, ConstraintKind::Exclude { .. }) => {
            let expressions = excluded(&wanted.build.fill("own", "t"))?;
            let columns: Vec<String> = expressions.iter().map(|expression| format!("({expression})")).collect();
            Some(format!("SELECT {} FROM ONLY {}", columns.join(", "), table()?))
        }
        Definition::Queried { build, .. } => build.query(),
        _ => match queries(question)? {
            Way::Queries { wanted, .. } => Some(wanted),
            Way::Answer(_) => None,
        },
    }
}

/// The answer from the texts of both, for definitions without a plan.
fn by_text(question: &Question<'_>) -> Proof {
    let wanted = wanted_text(question.wanted);
    let found = match (question.wanted, question.found) {
        (Definition::Index(_), Found::Index(found)) => found.statement(),
        (Definition::Function { .. }, Found::Function(found)) => return function(&wanted, found),
        (Definition::Trigger { .. }, Found::Trigger(found)) => canonical::trigger_text(found, "own", "t"),
        (Definition::Rule { .. }, Found::Rule(found)) => canonical::rule_text(found, "own", "t"),
        (Definition::Domain { .. }, Found::Domain(_)) => {
            format!("CREATE DOMAIN own AS {}", canonical::text(question.found))
        }
        (Definition::Statistics { .. }, Found::Statistics(found)) => {
            let kinds = found.kinds.iter().filter_map(|kind| match kind {
                'd' => Some("ndistinct"),
                'f' => Some("dependencies"),
                'm' => Some("mcv"),
                _ => None,
            });
            let kinds = kinds.collect::<Vec<_>>().join(", ");
            let keys = [found.columns.clone(), found.expressions.clone()].concat().join(", ");
            // A script without kinds means all.
            let kinds = if names_statistics_kinds(&wanted) || found.kinds.len() < 3 {
                format!(" ({kinds})")
            } else {
                String::new()
            };
            format!("CREATE STATISTICS own{kinds} ON {keys} FROM t")
        }
        _ => return only_a_migration(),
    };
    match likeness(&wanted, &found) {
        // The server sorts the columns of statistics.
        Likeness::Different if matches!(question.wanted, Definition::Statistics { .. }) => only_a_migration(),
        Likeness::Same => Proof::Likely,
        Likeness::Different => Proof::Differs(Difference { wanted, found }, None),
        Likeness::Unclear => only_a_migration(),
    }
}

/// The server stores a body byte for byte.
fn function(wanted: &str, found: &FoundFunction) -> Proof {
    if found.body.is_some() || found.kind == 'a' {
        return only_a_migration();
    }
    match body_of(wanted) {
        Some(body) if body == found.source => Proof::Likely,
        Some(body) => {
            let [wanted, found] = [body, found.source.clone()].map(|body| format!("AS $${body}$$"));
            Proof::Differs(Difference { wanted, found }, None)
        }
        None => only_a_migration(),
    }
}

/// The script's definition under placeholder names.
pub(super) fn wanted_text(wanted: &Definition) -> String {
    match wanted {
        Definition::Default(Some(DefaultValue::Expr { expr, .. })) => format!("DEFAULT {}", expr.sql),
        Definition::Column(column) => column.generated.as_ref().map(|it| it.expr.sql.clone()).unwrap_or_default(),
        Definition::Constraint(it) => it.build.fill("own", "t"),
        Definition::Index(it) => it.build.fill("own", "t"),
        Definition::View { build, .. }
        | Definition::Sequence { build, .. }
        | Definition::Trigger { build, .. }
        | Definition::Policy { build, .. }
        | Definition::Rule { build, .. }
        | Definition::Statistics { build, .. }
        | Definition::Domain { build, .. }
        | Definition::Range { build, .. }
        | Definition::Collation { build }
        | Definition::Function { build, .. } => build.fill("own", "t"),
        _ => "as the script says".to_owned(),
    }
}
