//! Combines the rulings on a statement's parts into its verdict.

use super::advice;
use super::reason::{Reason, Said};
use super::request::Script;
use super::ruling::{Fix, Ruling, UnitAction};
use super::verdict::{Action, Decision, Verdict};
use crate::catalog::Difference;
use crate::expect::{Unit, UnitKind};
use crate::sql::{scrubbed, without_secrets};

/// The facts about a statement that keeps the plan from being executed, or that is executed differently from the script.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Indexes of the script and of the statement.
    pub script: usize,
    pub statement: usize,
    pub decision: Decision,
    pub reason: String,
    pub code: Option<&'static str>,
    pub difference: Option<Difference>,
    /// SQL or directives to choose from.
    pub next: Vec<String>,
}

impl Finding {
    /// Creates a finding without the secrets of the statement.
    pub(super) fn new(unit: &Unit<'_>, ruling: &Ruling, pending: &[Script<'_>]) -> Self {
        let script = &pending[unit.revision];
        let statement = &script.statements[unit.statement];
        let sql = &script.text[statement.range.clone()];
        let scrub = |text: &str| scrubbed(text, sql, statement.secrecy);
        let cut = |text: &str| scrub(&without_secrets(text, statement.secrecy));
        let difference = ruling.difference().map(|Difference { wanted, found }| {
            let (wanted_shown, mut found_shown) = (cut(wanted), cut(found));
            if wanted_shown == found_shown && wanted != found {
                found_shown.push_str(" (the difference is in a literal that is not shown)");
            }
            let (wanted, found) = apart(&wanted_shown, &found_shown);
            Difference { wanted, found }
        });
        let place = format!("{}:{}", script.file, statement.line);
        let next = ruling
            .next()
            .iter()
            .filter_map(|next| advice::shown(next, &place, cut).or_else(|| advice::stamp(pending, unit.revision)));
        Self {
            script: unit.revision,
            statement: unit.statement,
            decision: ruling.decision,
            reason: scrub(&Said(ruling.reason.clone()).to_string()),
            code: ruling.reason.as_ref().map(|reason| reason.code()),
            difference,
            next: next.collect(),
        }
    }
}

/// The length up to which two definitions are shown in full.
const AT_A_GLANCE: usize = 100;

/// Long definitions without their common beginning and end, except for a few words around the difference.
fn apart(wanted: &str, found: &str) -> (String, String) {
    if wanted.len().max(found.len()) <= AT_A_GLANCE || wanted == found {
        return (wanted.to_owned(), found.to_owned());
    }
    let [one, other]: [Vec<&str>; 2] = [wanted, found].map(|text| text.split_inclusive(char::is_whitespace).collect());
    let alike = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| {
        pairs.take_while(|(one, other)| one.trim_end() == other.trim_end()).count()
    };
    let before = alike(&mut one.iter().zip(&other));
    let rest = one.len().min(other.len()) - before;
    let after = alike(&mut one.iter().rev().zip(other.iter().rev())).min(rest);
    let cut = |words: &[&str]| {
        let (start, end) = (before.saturating_sub(3), words.len() - after.saturating_sub(3));
        let head = if start > 0 { "… " } else { "" };
        let tail = if end < words.len() { " …" } else { "" };
        format!("{head}{}{tail}", words[start..end].concat().trim_end())
    };
    (cut(&one), cut(&other))
}

/// The verdict from the parts of one statement; `sql` is its text.
pub fn verdict(parts: &[(&Unit<'_>, &Ruling)], sql: &str) -> Verdict {
    let Some(decision) = parts.iter().map(|(_, ruling)| ruling.decision).max() else {
        return Verdict::new(Decision::Run, []);
    };
    let mut reasons: Vec<Reason> = Vec::new();
    for reason in parts.iter().filter_map(|(_, ruling)| ruling.reason.as_deref()) {
        if !reasons.contains(reason) {
            reasons.push(reason.clone());
        }
    }
    let mut deciding = parts.iter().filter(|(_, ruling)| ruling.decision == decision);
    let first = deciding.find_map(|(_, ruling)| ruling.reason.as_deref());
    let deciding = first.and_then(|first| reasons.iter().position(|one| one == first)).unwrap_or_default();
    Verdict { deciding, ..of_parts(parts, sql, decision, reasons) }
}

fn of_parts(parts: &[(&Unit<'_>, &Ruling)], sql: &str, decision: Decision, reasons: Vec<Reason>) -> Verdict {
    if decision.refuses() {
        return Verdict::new(decision, reasons);
    }
    let is_whole = parts.iter().all(|(_, ruling)| ruling.action == UnitAction::AsWritten);
    let is_nothing = parts.iter().all(|(_, ruling)| ruling.action == UnitAction::Nothing);
    if is_whole {
        return Verdict { action: Action::AsWritten, ..Verdict::new(decision, reasons) };
    }
    if is_nothing {
        return Verdict { action: Action::Nothing, ..Verdict::new(decision, reasons) };
    }
    let statements = parts.iter().flat_map(|(unit, ruling)| part_sql(unit, ruling, sql)).collect();
    Verdict::instead(decision, reasons, statements)
}

fn part_sql(unit: &Unit<'_>, ruling: &Ruling, sql: &str) -> Vec<String> {
    let as_written = || match unit.kind {
        UnitKind::Change(change) => change.alone.clone().unwrap_or_else(|| sql.to_owned()),
        _ => sql.to_owned(),
    };
    match &ruling.action {
        UnitAction::Nothing => Vec::new(),
        UnitAction::AsWritten => vec![as_written()],
        UnitAction::Instead(fixes) => fixes
            .iter()
            .map(|fix| match fix {
                Fix::AsWritten => as_written(),
                Fix::Sql(sql) => sql.clone(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_long_definitions_what_differs_is_shown() {
        let [wanted, found] = ["1", "2"].map(|body| {
            format!("() RETURNS integer LANGUAGE sql VOLATILE PARALLEL UNSAFE COST 100 ROWS 0 AS $$select {body}$$ and all that follows it here")
        });
        let shown = |body: &str| format!("… 0 AS $$select {body}$$ and all that …");
        assert_eq!(apart(&wanted, &found), (shown("1"), shown("2")));
        assert_eq!(apart("(a)", "(b)"), ("(a)".to_owned(), "(b)".to_owned()));
        let longer = format!("{wanted} more");
        assert_eq!(apart(&wanted, &longer).1, "… follows it here more");
    }
}
