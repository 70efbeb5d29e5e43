//! Asks existing rows about a statement before it runs.

use super::no_answer::Untold;
use super::probe::Probe;
use super::relation::{Relation, sql_of};
use super::unique::Key;
use super::{Explanation, cast, check, domain, foreign_key, not_null, partition, unique};
use crate::chain::compiled::Answered;
use crate::connect::message;
use crate::pg::name::quote_literal;
use crate::sql::Named;
use crate::statement::Demand;

/// The demand to ask about, and the resolution of its names.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub demand: &'a Demand,
    /// The search_path that the script has set.
    pub path: Option<&'a [String]>,
    /// True if the statement contains ONLY.
    pub only: bool,
}

/// The rows that violate a demand; none if there are none.
///
/// # Errors
/// The rows cannot be asked.
pub async fn ask(
    probe: &mut Probe<'_>,
    subject: Subject<'_>,
    owners: &[String],
) -> Result<Option<Explanation>, Untold> {
    let begun = probe.begin(subject.path, owners).await;
    let answer = match begun {
        Ok(()) => of_subject(probe, subject).await,
        Err(untold) => Err(untold),
    };
    probe.end().await;
    answer
}

/// The current answer to a script's query.
///
/// # Errors
/// The rows cannot be asked.
pub async fn answer(
    probe: &mut Probe<'_>,
    sql: &str,
    path: Option<&[String]>,
    owners: &[String],
) -> Result<Answered, Untold> {
    let begun = probe.begin(path, owners).await;
    let rows = match begun {
        Ok(()) => probe.rows(sql).await,
        Err(untold) => Err(untold),
    };
    probe.end().await;
    let rows = rows?;
    let mut answered = Answered { affected: rows.len() as u64, ..Answered::default() };
    rows.iter().for_each(|row| answered.rows.take(row.iter().map(Option::as_deref)));
    Ok(answered)
}

async fn of_subject(probe: &Probe<'_>, subject: Subject<'_>) -> Result<Option<Explanation>, Untold> {
    match subject.demand {
        Demand::Domain { domain, expression, .. } => domain::wrong(probe, domain, Some(expression)).await,
        Demand::DomainNotNull { domain } => domain::wrong(probe, domain, None).await,
        Demand::DomainValid { domain, constraint } => {
            let expression = domain::recorded(probe, domain, constraint).await?;
            let expression = expression.ok_or_else(|| Untold::Missing(format!("the constraint {constraint}")))?;
            domain::wrong(probe, domain, Some(&expression)).await
        }
        Demand::Partition { parent, partition, attach, .. } => {
            partition::outside(probe, (parent, partition), attach).await
        }
        Demand::NewColumn { table, .. }
        | Demand::NotNull { table, .. }
        | Demand::Check { table, .. }
        | Demand::References { table, .. }
        | Demand::Distinct { table, .. }
        | Demand::Type { table, .. }
        | Demand::Valid { table, .. }
        | Demand::Unasked { table, .. } => {
            let relation = probe.relation(table).await?;
            if subject.only && relation.has_children {
                return Err(Untold::Because(format!("the statement says ONLY, and {} has children", relation.shown)));
            }
            of_table(probe, &relation, subject.demand).await
        }
    }
}

async fn of_table(probe: &Probe<'_>, relation: &Relation, demand: &Demand) -> Result<Option<Explanation>, Untold> {
    match demand {
        Demand::NewColumn { column, of_type, .. } => {
            has_no_default(probe, of_type).await?;
            not_null::new_column(probe, relation, column, of_type).await
        }
        Demand::NotNull { column, .. } => not_null::holds_null(probe, relation, column).await,
        Demand::Check { expression, no_inherit, .. } => check::of_check(probe, relation, expression, *no_inherit).await,
        Demand::References { parent, .. } => match foreign_key::of_demand(probe, demand).await? {
            Some(reference) => foreign_key::dangling(probe, relation, &reference, true).await,
            None => Err(Untold::Missing(format!("the key of {}", parent.name))),
        },
        Demand::Distinct { parts, condition, nulls_are_equal, .. } => {
            let key = Key { parts, condition: condition.as_deref(), nulls_are_equal: *nulls_are_equal };
            unique::doubled(probe, relation, &key).await
        }
        Demand::Type { .. } => cast::refused(probe, relation, demand).await,
        Demand::Valid { table, constraint } => recorded(probe, relation, table, constraint).await,
        Demand::Unasked { why, .. } => match probe.has_rows(relation).await {
            Ok(false) => Ok(None),
            Ok(true) | Err(_) => Err(Untold::Because((*why).to_owned())),
        },
        Demand::Partition { .. }
        | Demand::Domain { .. }
        | Demand::DomainNotNull { .. }
        | Demand::DomainValid { .. } => Ok(None),
    }
}

/// Checks that a column without a default of its own gets none from its domain.
async fn has_no_default(probe: &Probe<'_>, of_type: &str) -> Result<(), Untold> {
    let type_ = message::along(&format!("to_regtype({})", quote_literal(of_type)));
    let sql = format!("SELECT typdefault IS NULL FROM pg_type WHERE oid = {type_}");
    match probe.texts(&sql).await?.pop().as_deref() {
        Some("t") => Ok(()),
        Some(_) => Err(Untold::Because(format!("{of_type} has a default of its own"))),
        None => Err(Untold::Missing(of_type.to_owned())),
    }
}

/// The rows that violate an existing constraint that is not valid.
async fn recorded(
    probe: &Probe<'_>,
    relation: &Relation,
    table: &Named,
    constraint: &str,
) -> Result<Option<Explanation>, Untold> {
    let sql = format!(
        "SELECT contype::text || CASE WHEN convalidated THEN '+' ELSE '' END FROM pg_constraint WHERE conrelid = {} AND \
         conname = {}",
        message::resolved(&quote_literal(&sql_of(table))),
        quote_literal(constraint)
    );
    let missing = || Untold::Missing(format!("the constraint {constraint}"));
    match probe.texts(&sql).await?.pop().ok_or_else(missing)?.as_str() {
        "c" => {
            let (expression, no_inherit) = check::recorded(probe, relation, constraint).await?.ok_or_else(missing)?;
            check::of_check(probe, relation, &expression, no_inherit).await
        }
        "f" => {
            let reference = foreign_key::recorded(probe, relation, constraint).await?.ok_or_else(missing)?;
            foreign_key::dangling(probe, relation, &reference, false).await
        }
        valid if valid.ends_with('+') => Ok(None),
        _ => Err(Untold::Because("no question is made of a constraint of this kind".to_owned())),
    }
}
