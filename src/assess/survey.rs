//! The complete assessment: names, timeline, catalog, proofs, place, rulings, verdicts. It queries the server and leaves nothing
//! behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::all_or_nothing;
use super::ambiguous_names::{self, Within};
use super::as_is::{as_is, is_as_is};
use super::assessment::Assessment;
use super::data::pending_writes::PendingWrites;
use super::data::probe::Probe;
use super::data::{self, Case};
use super::definition;
use super::ensure::{self, There};
use super::evidence::{self, Evidence, Open};
use super::first_contact;
use super::judge::Judge;
use super::lookup;
use super::needs::missing::{self, Missing};
use super::needs::report::{self, Lack};
use super::needs::rights;
use super::out_of_order::{self, Story};
use super::owners;
use super::partition_index;
use super::place::Place;
use super::presence::{self, Asking};
use super::proof;
use super::provisional;
use super::published;
use super::reason::{Reason, Said};
use super::replaced;
use super::request::{Script, Survey};
use super::reused;
use super::rows;
use super::ruling::{Ruling, UnitAction};
use super::statement::{self, Finding};
use super::temporary;
use super::trust::Trust;
use super::unmanaged;
use super::verdict::{Decision, Verdict};
use crate::catalog::{self, CatalogError, Definition, How, Key, Proof, Surroundings};
use crate::chain::directive::StatementDirective;
use crate::connect::{Message, Session, session_settings};
use crate::expect::{Expected, Timeline, Unit, UnitKind};
use crate::sql::with_room;
use crate::statement::Statement;
use crate::statement::change::Effect;

/// Judges pending scripts after the applied ones. Scripts `beyond` them are pending too, but not to be run now: they are evidence
/// for the place.
///
/// # Errors
/// The connection broke, or a definition is locked.
pub async fn survey(
    session: &Session,
    applied: &[Script<'_>],
    pending: &[Script<'_>],
    beyond: &[Script<'_>],
    survey: Survey<'_>,
) -> Result<Assessment, CatalogError> {
    if survey.how == How::Build && pending.iter().all(is_as_is) {
        return Ok(as_is(pending));
    }
    let all: Vec<Script<'_>> = [applied, pending, beyond].concat();
    let names = lookup::names(&all);
    let surroundings = Arc::new(catalog::surroundings(session, &names, survey.trusted_owners).await?);
    if !beyond.is_empty() {
        let whole = [pending, beyond].concat();
        let timeline = timeline(applied, &whole, &surroundings);
        let evidence = gather(session, &timeline, &all, Trust::new(&surroundings, &all, &timeline), survey).await?;
        let judge = Judge::new(&timeline, &evidence, survey.on_mismatch, survey.recorded);
        if judge.stands_beyond(pending.len()) {
            let assessment = assess(session, &judge, &surroundings, (applied, pending), survey).await?;
            return Ok(Assessment { surroundings, ..assessment });
        }
    }
    let timeline = timeline(applied, pending, &surroundings);
    let mut evidence = gather(session, &timeline, &all, Trust::new(&surroundings, &all, &timeline), survey).await?;
    let mut judge = Judge::new(&timeline, &evidence, survey.on_mismatch, survey.recorded);
    // The story's definitions are proved by address, so it has to live as long as the evidence.
    let story;
    if let Some(sides) = out_of_order::guess(&judge) {
        story = Story::new(&timeline, sides, |is_made| {
            with_room(|| Timeline::in_two_turns(&effects(applied), &effects(pending), &surroundings, is_made))
        });
        let open = story.expected(&timeline).filter_map(|(key, expected)| evidence.open(key, expected)).collect();
        prove(session, &mut evidence, open, survey).await?;
        judge = Judge::new(&timeline, &evidence, survey.on_mismatch, survey.recorded);
        let told = story.told(&judge);
        judge = judge.told(told.sides, told.strained);
    }
    let assessment = assess(session, &judge, &surroundings, (applied, pending), survey).await?;
    Ok(Assessment { surroundings, ..assessment })
}

fn timeline<'a>(applied: &[Script<'a>], pending: &[Script<'a>], surroundings: &Surroundings) -> Timeline<'a> {
    with_room(|| Timeline::build(&effects(applied), &effects(pending), surroundings))
}

/// Rules on all units of the pending scripts at the known place; the caller adds the surroundings.
async fn assess(
    session: &Session,
    judge: &Judge<'_>,
    surroundings: &Surroundings,
    (applied, pending): (&[Script<'_>], &[Script<'_>]),
    survey: Survey<'_>,
) -> Result<Assessment, CatalogError> {
    let probe = Probe::new(session, &judge.evidence.trust, &survey);
    let there = There::look(session, pending, survey.lock_timeout).await?;
    let mut rulings = Vec::with_capacity(judge.timeline.units.len());
    // The decisions, each made with those of the units before it.
    let mut decided: Vec<Decision> = Vec::with_capacity(judge.timeline.units.len());
    let (mut pending_writes, mut tolerated) = (PendingWrites::default(), BTreeSet::new());
    let units = judge.timeline.units.iter().enumerate().take_while(|(_, unit)| unit.revision < pending.len());
    for (at, unit) in units {
        let ruling = rule(judge, (&probe, &pending_writes, &there), (applied, pending), (at, unit), &decided).await?;
        match (unit.kind, ruling.decision) {
            (UnitKind::Data(data), Decision::Run) if ruling.reason.as_deref() != Some(&Reason::AddsNothing) => {
                pending_writes.moves(unit, data);
            }
            (UnitKind::Opaque(opaque), Decision::Run) if opaque.may_write => pending_writes.moves_all(),
            _ => {}
        }
        if judge.place != Place::At(0) {
            tracing::debug!(
                place = ?judge.place, unit = at, side = ?judge.side(at), verdict = %ruling.decision, reason = %Said(ruling.reason.clone()),
                file = pending[unit.revision].file, statement = unit.statement, "judged"
            );
        }
        tolerated.extend(ruling.tolerated().iter().cloned());
        ruling.rows_present().into_iter().for_each(|present| pending_writes.note_present(present));
        decided.push(ruling.decision);
        rulings.push(ruling);
    }
    temporary::leave_out(judge, pending, &mut rulings);
    rows::refuse_columns(judge, &probe, pending, &mut rulings).await?;
    all_or_nothing::refuse_begun(judge, pending, &mut rulings);
    let missing = check_needs(judge, surroundings, pending, &mut rulings);
    let missing = report::complete(session, judge, surroundings, (applied, pending), &rulings, missing).await?;
    let rights = rights::lacking(session, judge, surroundings, pending, &rulings).await?;
    let outlooks = match survey.how {
        How::Build => BTreeMap::new(),
        How::Explain => provisional::outlooks(judge, surroundings, pending, (&rulings, &decided), survey.asks_data),
    };
    let mut assessment = conclude(judge, pending, (&rulings, &tolerated), missing, survey.proves_model);
    assessment.contact = survey
        .shows_contact
        .then(|| first_contact::contact(judge, (applied, pending), (&rulings, &decided), probe.asks_unless));
    assessment.rights = rights;
    assessment.warnings = owners::warnings(judge, pending, &rulings, &decided);
    if !surroundings.unknown_owners.is_empty() {
        let names = surroundings.unknown_owners.join(", ");
        assessment.warnings.push(format!("LOCKGATE_TRUSTED_OWNERS names what is no role: {names}"));
    }
    assessment.outlooks = outlooks;
    Ok(assessment)
}

fn effects<'a>(scripts: &[Script<'a>]) -> Vec<Vec<&'a Effect>> {
    scripts.iter().map(|script| script.statements.iter().map(|statement| &statement.effect).collect()).collect()
}

/// Reads the catalog, and proves the comparisons that need the server: first those of place 0, and the others only if it does not
/// fit.
async fn gather(
    session: &Session,
    timeline: &Timeline<'_>,
    scripts: &[Script<'_>],
    trust: Trust,
    survey: Survey<'_>,
) -> Result<Evidence, CatalogError> {
    let (timeouts, lock_timeout) = (session_settings::local(session.server), survey.lock_timeout.as_millis());
    let begun = session
        .send(&Message::control(format!("BEGIN READ ONLY; {timeouts}; SET LOCAL lock_timeout = {lock_timeout}")))
        .await;
    let mut wanted = lookup::objects(timeline);
    let statements = scripts.iter().flat_map(|script| script.statements);
    wanted.roles.extend(statements.flat_map(|statement| statement.roles.iter().cloned()));
    let catalog = catalog::load(session, &wanted).await;
    let ended = session.send(&Message::control("ROLLBACK")).await;
    begun.done().await?;
    ended.done().await?;
    let mut evidence = Evidence::new(catalog?, trust);
    let first =
        timeline.all().filter_map(|(key, versions)| evidence.open(key, &versions.first()?.value)).collect::<Vec<_>>();
    prove(session, &mut evidence, first, survey).await?;
    find_unnamed(session, timeline, &mut evidence, survey).await?;
    if Judge::new(timeline, &evidence, survey.on_mismatch, survey.recorded).place == Place::At(0) {
        return Ok(evidence);
    }
    let rest = timeline
        .all()
        .flat_map(|(key, versions)| versions.iter().map(move |version| (key, &version.value)))
        .filter_map(|(key, value)| evidence.open(key, value))
        .collect::<Vec<_>>();
    prove(session, &mut evidence, rest, survey).await?;
    Ok(evidence)
}

async fn prove(
    session: &Session,
    evidence: &mut Evidence,
    open: Vec<Open>,
    survey: Survey<'_>,
) -> Result<(), CatalogError> {
    let open = ambiguous_names::settled(session, evidence, open, survey.how, Within::Its(survey.lock_timeout)).await?;
    if open.is_empty() {
        return Ok(());
    }
    let proofs = catalog::prove_alone(session, &evidence.questions(&open), survey.how, survey.lock_timeout).await?;
    for (one, proof) in open.iter().zip(proofs) {
        // Nothing may be built here: a migration compares the object under the key itself.
        let is_own = one.found == one.key;
        let proof = match (survey.how, proof) {
            (How::Explain, Proof::Cannot(_)) if is_own => Proof::Uncompared,
            (_, proof) => proof,
        };
        evidence.prove(one, proof);
    }
    Ok(())
}

/// Finds the objects that a script does not name: the equal one on the table that no other definition of the chain claims.
async fn find_unnamed(
    session: &Session,
    timeline: &Timeline<'_>,
    evidence: &mut Evidence,
    survey: Survey<'_>,
) -> Result<(), CatalogError> {
    let unnamed = evidence::unnamed(timeline, evidence);
    let open = unnamed
        .iter()
        .flat_map(|(key, definition, candidates)| candidates.iter().map(move |found| (*key, *definition, found)))
        .chain(unnamed.iter().map(|(key, definition, _)| (*key, *definition, *key)))
        .filter_map(|(key, definition, found)| evidence.open_as(key, definition, found))
        .collect::<Vec<_>>();
    prove(session, evidence, open, survey).await?;
    let mut claimed: BTreeSet<Key> = BTreeSet::new();
    for (key, definition, candidates) in unnamed {
        if evidence.is_equal_to(definition, key) {
            continue;
        }
        let equal =
            candidates.into_iter().find(|found| !claimed.contains(found) && evidence.is_equal_to(definition, found));
        if let Some(found) = equal {
            claimed.insert(found.clone());
            alias_index(timeline, evidence, key, &found);
            evidence.alias(key.clone(), definition, found);
        }
    }
    Ok(())
}

/// A constraint with another name has an index with that name too.
fn alias_index(timeline: &Timeline<'_>, evidence: &mut Evidence, key: &Key, found: &Key) {
    let (Key::Constraint(table, name), Key::Constraint(_, other)) = (key, found) else { return };
    let index = |name: &str| Key::Relation(table.beside(name));
    if evidence.catalog.get(&index(other)).is_none() {
        return;
    }
    for version in timeline.versions(&index(name)) {
        if let Expected::Present(definition) = &version.value
            && matches!(**definition, Definition::ConstraintIndex { .. })
        {
            evidence.alias(index(name), definition, index(other));
        }
    }
}

fn directives<'a>(pending: &[Script<'a>], unit: &Unit<'_>) -> &'a [StatementDirective] {
    &pending[unit.revision].statements[unit.statement].directives
}

async fn rule(
    judge: &Judge<'_>,
    (probe, pending_writes, there): (&Probe<'_>, &PendingWrites, &There),
    (applied, pending): (&[Script<'_>], &[Script<'_>]),
    (at, unit): (usize, &Unit<'_>),
    earlier: &[Decision],
) -> Result<Ruling, CatalogError> {
    let directives = directives(pending, unit);
    let is_definition = matches!(unit.kind, UnitKind::Change(_));
    if directives.contains(&StatementDirective::RunAsIs) {
        let decision = if is_definition { Decision::Apply } else { Decision::Run };
        return Ok(Ruling::new(decision, Reason::AsIs));
    }
    if let Some(refusal) = owners::refusal(judge, at, earlier) {
        return Ok(refusal);
    }
    let statement = &pending[unit.revision].statements[unit.statement];
    if let Some(ruling) = there.ruling(statement, probe.surroundings) {
        return Ok(ensure::in_its_turn(ruling, unit.revision));
    }
    let is_unless = |directive: &StatementDirective| matches!(directive, StatementDirective::Unless { .. });
    if !probe.asks_unless && directives.iter().any(is_unless) {
        return Ok(Ruling::new(if is_definition { Decision::Apply } else { Decision::Run }, Reason::WouldAsk));
    }
    for directive in directives {
        let StatementDirective::Unless { sql } = directive else { continue };
        if let Some(why) = probe.withheld(sql, &unit.path).await? {
            let decision = if is_definition { Decision::Apply } else { Decision::Run };
            return Ok(Ruling::plain(decision).provisionally(Reason::UnlessWithheld { why }));
        }
        if probe.is_true(sql, &unit.path).await? == Some(true) {
            return Ok(Ruling::new(Decision::Satisfied, Reason::UnlessTrue));
        }
    }
    if directives.iter().any(is_unless) && !is_definition {
        return Ok(Ruling::new(Decision::Run, Reason::UnlessFalse));
    }
    let asking = Asking { judge, probe, pending, at, earlier };
    if matches!(unit.kind, UnitKind::Change(_))
        && unit.writes.is_empty()
        && let Some(ruling) = presence::ruling(asking).await?
    {
        return Ok(ruling);
    }
    Ok(match unit.kind {
        UnitKind::Change(_) => {
            let ruling = match ensure::speaks_for_itself(directives) {
                true => ensure::in_its_turn(
                    definition::strict(judge, ensure::ruling(judge, at, unit, earlier)),
                    unit.revision,
                ),
                false => definition::rule(judge, at, earlier),
            };
            let ruling = rows::without_nulls(judge, probe, at, unit, ruling).await?;
            let ruling = rows::same_columns(judge, probe, unit, ruling).await?;
            let ruling = replaced::without_rows(judge, probe, at, ruling).await?;
            let ruling = published::without_strangers(judge, at, ruling);
            if ruling.decision == Decision::Apply
                && let Some(ruling) = partition_index::ruling(judge, at)
            {
                return Ok(ruling);
            }
            if ruling.decision == Decision::Apply
                && let Some(other) = unmanaged::equal_index(judge, at)
            {
                tracing::warn!(file = pending[unit.revision].file, "an equal index is there under the name {other}");
            }
            match unmanaged::on_new_table(judge, at).as_slice() {
                [] => ruling,
                found => unmanaged::ruling(judge, &[applied, pending], found, ruling),
            }
        }
        UnitKind::Data(data) => match owners::untouchable(judge, unit) {
            Some(doubt) if judge.is_begun(at) => data::cannot_tell(doubt),
            Some(_) => Ruling::plain(Decision::Run),
            None => Case::new(judge, (probe, pending_writes), pending, at, data).rule().await?,
        },
        UnitKind::Opaque(_) => data::opaque(judge, at),
        UnitKind::Unjudged(unjudged) => {
            presence::ruling(asking).await?.unwrap_or_else(|| data::unjudged(judge, at, unjudged))
        }
        UnitKind::Setting | UnitKind::Repeatable => Ruling::plain(Decision::Run),
    })
}

/// Blocks or skips units whose needs are missing, and reports these.
fn check_needs(
    judge: &Judge<'_>,
    surroundings: &Surroundings,
    pending: &[Script<'_>],
    rulings: &mut [Ruling],
) -> Vec<(Missing, Vec<(usize, usize)>)> {
    let mut all: BTreeMap<Missing, Vec<(usize, usize)>> = BTreeMap::new();
    for at in 0..rulings.len() {
        let unit = &judge.timeline.units[at];
        let directives = directives(pending, unit);
        if directives.contains(&StatementDirective::RunAsIs) {
            continue;
        }
        let statement = &pending[unit.revision].statements[unit.statement];
        let mut missing = missing::missing(judge, surroundings, rulings, at);
        if unit.part == 0 && missing::runs(&rulings[at]) {
            let roles = statement.roles.iter().map(|role| Key::Role(role.clone()));
            missing.extend(roles.filter_map(|role| missing::lacks(judge, surroundings, rulings, at, &role)));
        }
        let Some(first) = missing.first() else { continue };
        if directives.contains(&StatementDirective::Optional) {
            rulings[at] = Ruling::new(Decision::Skipped, Reason::NotFound { key: first.key().clone() });
            continue;
        }
        rulings[at] = Ruling::new(Decision::Blocked, Reason::Missing { key: first.key().clone() });
        for one in missing {
            let needed_by = all.entry(one).or_default();
            if needed_by.last() != Some(&(unit.revision, unit.statement)) {
                needed_by.push((unit.revision, unit.statement));
            }
        }
    }
    all.into_iter().collect()
}

fn conclude(
    judge: &Judge<'_>,
    pending: &[Script<'_>],
    (rulings, tolerated): (&[Ruling], &BTreeSet<Key>),
    missing: Vec<Lack>,
    proves_model: bool,
) -> Assessment {
    let units = &judge.timeline.units;
    // The units are in the order of their statements.
    let mut all = units.iter().zip(rulings).peekable();
    let mut verdicts = Vec::with_capacity(pending.len());
    for (revision, script) in pending.iter().enumerate() {
        let of_statement = |(index, statement): (usize, &Statement)| {
            let is_part = |(unit, _): &(&Unit<'_>, &Ruling)| (unit.revision, unit.statement) == (revision, index);
            let parts: Vec<_> = std::iter::from_fn(|| all.next_if(is_part)).collect();
            let verdict = statement::verdict(&parts, &script.text[statement.range.clone()]);
            let is_judged = !statement.directives.contains(&StatementDirective::RunAsIs);
            let runs = parts.iter().filter(|(_, ruling)| is_judged && ruling.action != UnitAction::Nothing);
            Verdict {
                taken: runs.filter_map(|(unit, _)| reused::taken(statement, unit, &judge.evidence.trust)).collect(),
                ..verdict
            }
        };
        verdicts.push(script.statements.iter().enumerate().map(of_statement).collect());
    }
    let refusals = units
        .iter()
        .zip(rulings)
        .filter(|(_, ruling)| ruling.decision == Decision::Conflict)
        .map(|(unit, ruling)| Finding::new(unit, ruling, pending))
        .collect();
    // A statement that runs as written ends like a fresh run.
    let is_as_written = units
        .iter()
        .zip(rulings)
        .all(|(unit, ruling)| matches!(ruling.decision, Decision::Apply | Decision::Run) || unit.idle_on.is_some());
    // If the database is beyond the pending part, that part's end is not the database's end.
    let is_beyond = rulings.len() < units.len();
    let proof = if proves_model {
        proof::of(judge.timeline.end.iter(), &judge.timeline.end, &judge.evidence.trust)
    } else if judge.place == Place::At(0) || is_as_written || is_beyond {
        proof::Proof::default()
    } else {
        let keys = judge.timeline.all().filter(|(key, _)| !tolerated.contains(*key));
        let values = keys.filter_map(|(key, versions)| Some((key, &versions.last()?.value)));
        proof::of(values, &judge.timeline.end, &judge.evidence.trust)
    };
    Assessment {
        place: judge.place,
        verdicts,
        refusals,
        missing,
        rights: Vec::new(),
        proof,
        outlooks: BTreeMap::new(),
        surroundings: Arc::default(),
        warnings: Vec::new(),
        contact: None,
    }
}
