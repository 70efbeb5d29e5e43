//! Checks of rows: the number of those that would lose a value or make a statement fail.

use super::{Check, Doing, Step};
use crate::connect::{Message, ServerError, Session, SessionError};
use crate::object::{Around, Fact, ident, list, literal};
use crate::sql::bound;
use crate::verify::{Apart, Renamed};

/// The rows as they are after the renames, and after missing columns are added.
struct Names<'a> {
    found: &'a Around<'a>,
    apart: &'a Apart,
}

impl<'a> Names<'a> {
    fn now(&self, table: &'a str) -> &'a str {
        let of = |it: &&Renamed| it.wanted.kind.word == "table" && it.wanted.name == table;
        self.apart.renamed.iter().find(of).map_or(table, |it| it.found.name.as_str())
    }

    /// The SQL after FROM.
    fn rows(&self, table: &'a str) -> String {
        let of_table = |fact: &Fact| fact.kind.word == "column" && fact.holder() == table;
        let renamed = self.apart.renamed.iter().filter(|it| of_table(&it.wanted));
        let mut columns: Vec<String> =
            renamed.map(|it| format!("own.{} AS {}", it.found.own_name(), it.wanted.own_name())).collect();
        columns.extend(self.apart.missing.iter().filter(|fact| of_table(fact)).map(|fact| {
            let value = fact.text("generated").or_else(|| fact.text("default")).unwrap_or("NULL");
            format!("CAST({value} AS {}) AS {}", fact.text("type").unwrap_or_default(), fact.own_name())
        }));
        match columns.is_empty() {
            true => self.now(table).to_owned(),
            false => format!("(SELECT own.*, {} FROM {} AS own)", columns.join(", "), self.now(table)),
        }
    }
}

/// Rows that prevent a new object.
pub fn of_new(fact: &Fact, wanted: &Around<'_>, found: &Around<'_>, apart: &Apart) -> Option<Check> {
    let names = Names { found, apart };
    found.find("table", names.now(fact.holder())).filter(|there| there.get("server").is_none())?;
    let table = &names.rows(fact.holder());
    let keys = |property: &str| -> Vec<String> { list(fact.get(property)).iter().map(|name| ident(name)).collect() };
    match fact.kind.word {
        "column" => {
            let has_value = ["default", "identity", "generated"].iter().any(|property| fact.get(property).is_some());
            let is_open = fact.get("not null").is_some() && fact.get("not null not valid").is_none() && !has_value;
            is_open.then(|| {
                let what = "rows would have no value in it: add it with a DEFAULT, or fill it first";
                Check::new(format!("SELECT count(*) FROM {table} AS own"), what)
            })
        }
        "constraint" if fact.get("not valid").is_some() || fact.get("not enforced").is_some() => None,
        "constraint" => match (fact.text("check"), keys("foreign key")) {
            (Some(check), _) => {
                Some(Check::new(format!("SELECT count(*) FROM {table} AS own WHERE NOT ({check})"), "rows violate it"))
            }
            (None, own) if !own.is_empty() => Some(of_foreign_key((fact, table), &own, &keys("columns"), &names)),
            (None, _) if fact.get("period").is_some() => {
                of_periods(table, &[keys("primary key"), keys("unique")].concat())
            }
            (None, _) => of_keys(table, &[keys("primary key"), keys("unique")].concat(), ""),
        },
        "index" if fact.get("unique").is_some() && !wanted.is_partitioned(fact.holder()) => {
            let keys = list(fact.get("keys"));
            let is_plain = |key: &String| !key.contains(['(', ' ']);
            let filter = fact.text("where").map(|it| format!(" AND ({it})")).unwrap_or_default();
            keys.iter().all(is_plain).then(|| of_keys(table, &keys, &filter)).flatten()
        }
        _ => None,
    }
}

fn of_keys(table: &str, keys: &[String], filter: &str) -> Option<Check> {
    let present: Vec<String> = keys.iter().map(|key| format!("{key} IS NOT NULL")).collect();
    let sql = || {
        format!(
            "SELECT count(*) FROM (SELECT 1 FROM {table} AS own WHERE {}{filter} GROUP BY {} HAVING count(*) > 1) AS twice",
            present.join(" AND "),
            keys.join(", ")
        )
    };
    (!keys.is_empty()).then(|| Check::new(sql(), "keys stand in more than one row"))
}

/// Overlapping periods: in the order of their beginnings, an overlap always includes one between neighbours.
fn of_periods(table: &str, keys: &[String]) -> Option<Check> {
    let (period, keys) = keys.split_last()?;
    let keys = keys.join(", ");
    let sql = format!(
        "SELECT count(*) FROM (SELECT {period} && lag({period}) OVER (PARTITION BY {keys} ORDER BY {period}) AS meets FROM {table} AS own) AS all_of \
         WHERE meets"
    );
    Some(Check::new(sql, "rows overlap others of their key"))
}

fn of_foreign_key((fact, table): (&Fact, &str), own: &[String], theirs: &[String], names: &Names<'_>) -> Check {
    let target = fact.text("references").unwrap_or_default();
    // A missing table has no rows after its creation.
    let is_there = names.found.find("table", names.now(target)).is_some();
    let pairs: Vec<String> = own.iter().zip(theirs).map(|(own, their)| format!("theirs.{their} = own.{own}")).collect();
    let present: Vec<String> = own.iter().map(|name| format!("own.{name} IS NOT NULL")).collect();
    let matched = match is_there {
        true if fact.get("period").is_some() => within_periods(own, theirs, names.rows(target)),
        true => format!(" AND NOT EXISTS (SELECT FROM {} AS theirs WHERE {})", names.rows(target), pairs.join(" AND ")),
        false => String::new(),
    };
    let sql = format!("SELECT count(*) FROM {table} AS own WHERE {}{matched}", present.join(" AND "));
    Check::new(sql, "rows point at nothing")
}

/// The last column of each side is a range; the ranges of the other side together have to contain ours.
fn within_periods(own: &[String], theirs: &[String], rows: String) -> String {
    let (Some((period, own)), Some((their_period, theirs))) = (own.split_last(), theirs.split_last()) else {
        return String::new();
    };
    let pairs: Vec<String> = own.iter().zip(theirs).map(|(own, their)| format!("theirs.{their} = own.{own}")).collect();
    format!(
        " AND NOT coalesce((SELECT range_agg(theirs.{their_period}) @> own.{period} FROM {rows} AS theirs WHERE {}), false)",
        pairs.join(" AND ")
    )
}

/// Rows that a change of a column would deprive of a value, or that prevent it.
pub fn of_change(fact: &Fact, there: &Fact, properties: &[&str], sql: &[String]) -> Option<Check> {
    let (table, column) = (there.holder(), there.own_name());
    if fact.kind.word != "column" {
        return None;
    }
    if properties.contains(&"type") {
        let (old, new) = (there.text("type")?, fact.text("type")?);
        let count = |there: &str, back: &str| {
            format!(
                "SELECT count(*) FROM {table} WHERE ({column}{there}::{new}){back}::{old} IS DISTINCT FROM {column}"
            )
        };
        let using = format!(" USING {}::{new}", fact.own_name());
        let by_text: Vec<String> = sql
            .iter()
            .map(|it| it.replacen(&using, &format!(" USING {}::pg_catalog.text::{new}", fact.own_name()), 1))
            .collect();
        let by_text = (by_text != sql).then(|| (by_text, count("::pg_catalog.text", "::pg_catalog.text")));
        return Some(Check { by_text, ..Check::new(count("", ""), format!("values of {old} do not fit into {new}")) });
    }
    let is_validated = properties.contains(&"not null not valid");
    let is_not_null = fact.get("not null").is_some() && fact.get("not null not valid").is_none();
    ((properties.contains(&"not null") || is_validated) && is_not_null)
        .then(|| Check::new(format!("SELECT count(*) FROM {table} WHERE {column} IS NULL"), "rows hold NULL"))
}

/// The values of a plain column that the wanted expression would not compute.
pub fn of_computed(fact: &Fact, there: &Fact) -> Option<Check> {
    let own = own_values(fact, there)?;
    Some(Check::new(
        format!("SELECT count(*) FROM {} WHERE {own}", there.holder()),
        "values are others than it computes",
    ))
}

/// A statement that fails on such values, in the transaction that drops the column; its function is dropped with it.
pub fn is_computed(fact: &Fact, there: &Fact) -> Option<String> {
    let own = own_values(fact, there)?;
    Some(format!("ALTER TABLE {} ADD CONSTRAINT lockgate_is_computed CHECK (NOT ({own}))", there.holder()))
}

fn own_values(fact: &Fact, there: &Fact) -> Option<String> {
    let is_plain = fact.kind.word == "column" && there.get("generated").is_none();
    let computed = fact.text("generated").filter(|_| is_plain)?;
    let data_type = fact.text("type").unwrap_or_default();
    Some(format!("{} IS DISTINCT FROM CAST({computed} AS {data_type})", there.own_name()))
}

/// Rows of a partition outside of its bounds, and rows of the default partition within them. None if that cannot be decided.
pub fn of_bound(fact: &Fact, wanted: &Around<'_>, found: &Around<'_>) -> Option<Check> {
    let parent = fact.text("of")?;
    let key = wanted.find("table", parent)?.text("partition by")?;
    let within = bound::condition(parent, key, fact.text("bound")?)?;
    let is_default =
        |it: &&Fact| it.text("of") == Some(parent) && it.text("bound") == Some("DEFAULT") && it.name != fact.name;
    let default = found.facts.iter().find(is_default).map(|default| default.name.as_str());
    let inside =
        default.map(|default| format!(" + (SELECT count(*) FROM {default} WHERE {within})")).unwrap_or_default();
    let sql = format!("SELECT (SELECT count(*) FROM {} WHERE ({within}) IS NOT TRUE){inside}", fact.name);
    Some(Check::new(sql, "rows lie outside of the wanted bounds, or in the default partition"))
}

/// A dropped column leaves its number behind, until the table is created again or restored.
pub fn of_renamed(there: &Fact) -> Option<Check> {
    let dropped = format!(
        "SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute WHERE attrelid OPERATOR(pg_catalog.=) \
         {}::pg_catalog.regclass::pg_catalog.oid AND attisdropped",
        literal(there.holder())
    );
    (there.kind.word == "column")
        .then(|| Check::new(dropped, "{} columns of its table were dropped since that was made or restored"))
}

/// The rows or values that an unexpected object contains.
pub fn of_stranger(fact: &Fact) -> Option<Check> {
    match fact.kind.word {
        "table" if fact.get("server").is_none() => {
            Some(Check::new(format!("SELECT count(*) FROM {}", fact.name), "it holds {} rows"))
        }
        "column" => {
            Some(Check::new(format!("SELECT count({}) FROM {}", fact.own_name(), fact.holder()), "it holds {} values"))
        }
        _ => None,
    }
}

/// Queries the rows, and leaves undone the steps that they prevent, with all dependent steps.
///
/// # Errors
/// The connection broke.
pub async fn check(session: &Session, steps: &mut [Step]) -> Result<(), SessionError> {
    for at in 0..steps.len() {
        let Some(mut check) = steps[at].check.clone() else { continue };
        let mut count = count(session, &check.sql).await?;
        if let (Err(error), Some((sql, by_text))) = (&count, check.by_text.take())
            && error.sqlstate == CANNOT_COERCE
        {
            steps[at].sql = sql;
            count = self::count(session, &by_text).await?;
        }
        settle(steps, at, &check, count.map_err(|error| error.message.clone()));
    }
    Ok(())
}

/// No cast leads from one type to the other (PostgreSQL documentation, appendix A).
const CANNOT_COERCE: &str = "42846";

async fn count(session: &Session, sql: &str) -> Result<Result<Option<i64>, ServerError>, SessionError> {
    match session.send(&Message::users(format!("BEGIN READ ONLY; {sql}; ROLLBACK"))).await.rows().await {
        Ok(rows) => {
            Ok(Ok(rows.into_iter().find_map(|row| row.into_iter().next()?).and_then(|it| it.parse::<i64>().ok())))
        }
        Err(SessionError::Server(error)) => {
            session.send(&Message::control("ROLLBACK")).await.done().await?;
            Ok(Err(error))
        }
        Err(lost) => Err(lost),
    }
}

fn settle(steps: &mut [Step], at: usize, check: &Check, count: Result<Option<i64>, String>) {
    match (&steps[at].doing, count) {
        (Doing::Done, Ok(Some(0))) | (Doing::Accepted, _) => {}
        (Doing::Done, Ok(Some(count))) => give_up(steps, at, check.said(count)),
        (Doing::Done, Ok(None)) => give_up(steps, at, "the rows gave no number".to_owned()),
        (Doing::Done, Err(error)) => give_up(steps, at, format!("nobody can tell what it does to the rows: {error}")),
        (Doing::Not(reason), Ok(Some(count))) => {
            steps[at].doing = Doing::Not(format!("{reason}; {}", check.said(count)))
        }
        (Doing::Not(_), _) => {}
    }
}

/// Leaves a step undone, together with those of the same state line.
pub(super) fn give_up(steps: &mut [Step], at: usize, reason: String) {
    let (state, object) = (steps[at].state.clone(), steps[at].object.clone());
    for step in steps.iter_mut().filter(|step| !state.is_empty() && step.state == state && step.is_done()) {
        step.doing = Doing::Not(format!("it belongs to {object}"));
    }
    steps[at].doing = Doing::Not(reason);
}
