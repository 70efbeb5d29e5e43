//! Definitions of objects that the model does not hold: the catalog is asked whether it is as before them, or as after.

use std::ops::Range;

use super::advice::ways_on;
use super::data::cannot_tell;
use super::data::probe::Probe;
use super::judge::Judge;
use super::reason::{Doubt, Reason};
use super::request::Script;
use super::ruling::Ruling;
use super::verdict::Decision;
use super::{owners, reused};
use crate::catalog::{self, CatalogError, TakenKind};
use crate::expect::{Unit, UnitKind};
use crate::pg::name::{QualifiedName, quote_ident};
use crate::statement::change::{Act, Object, Unjudged};
use crate::statement::{Asked, Presence, Question, Statement, Turn, Way};

/// A unit, with the statements and the decisions around it.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub judge: &'a Judge<'a>,
    pub probe: &'a Probe<'a>,
    pub pending: &'a [Script<'a>],
    pub at: usize,
    /// The decisions on the units before it.
    pub earlier: &'a [Decision],
}

/// None if no question is needed, or if an earlier statement may remove the object.
pub(super) async fn ruling(asking: Asking<'_>) -> Result<Option<Ruling>, CatalogError> {
    let Asking { judge, probe, at, .. } = asking;
    let statement = asking.statement(at);
    let Some(presence) = statement.presence.as_deref().filter(|_| !asking.may_be_taken_away()) else { return Ok(None) };
    let unit = &judge.timeline.units[at];
    let refusal = match presence {
        Presence::Asked(_) => None,
        Presence::TakesServer(_) | Presence::TakesTable(_) | Presence::Maps { .. } => {
            taking(judge, probe, unit, statement).await?
        }
    };
    match presence.asked() {
        Some(asked) if refusal.is_none() => asking.ruling(unit, asked).await.map(Some),
        _ => Ok(refusal),
    }
}

/// The catalog's answer.
enum Answer {
    /// It is as the statement leaves it, with the object's owner, if it has one.
    Done {
        owner: String,
    },
    /// The statement would fail.
    Fails,
    Before,
}

impl<'a> Asking<'a> {
    fn statement(self, at: usize) -> &'a Statement {
        let unit = &self.judge.timeline.units[at];
        &self.pending[unit.revision].statements[unit.statement]
    }

    /// The questions of other statements on the same object, among these units.
    fn of_object(self, asked: &'a Asked, units: Range<usize>) -> impl Iterator<Item = (usize, &'a Asked)> {
        let is_other = move |at: usize| !std::ptr::eq(self.statement(at), self.statement(self.at));
        let others = units.filter(move |&at| is_other(at));
        let all = others.filter_map(move |at| Some((at, self.statement(at).presence.as_deref()?.asked()?)));
        all.filter(|(_, other)| asked.objects().any(|object| other.objects().any(|its| its == object)))
    }

    async fn ruling(self, unit: &Unit<'_>, asked: &'a Asked) -> Result<Ruling, CatalogError> {
        let runs = |at: usize| !matches!(self.earlier[at], Decision::Satisfied | Decision::Skipped | Decision::Spent);
        let meets_others = match asked.way {
            // Any statement may bring an object of these roles.
            Way::Sweeps => (0..self.at).any(runs),
            Way::Makes | Way::Changes | Way::Moves | Way::Removes { .. } => {
                self.of_object(asked, 0..self.at).any(|(at, _)| runs(at))
            }
        };
        // The statement meets the objects as those leave them.
        if meets_others {
            return Ok(Ruling::plain(Decision::Apply));
        }
        let later = || self.of_object(asked, self.at + 1..self.judge.timeline.units.len()).map(|(_, other)| other);
        let sets: Vec<String> = later().flat_map(|other| other.sets.iter().cloned()).collect();
        let is_begun = self.judge.is_begun(self.at);
        Ok(match self.answer(unit, asked, &sets).await? {
            Answer::Done { owner } => self.done(unit, asked, owner),
            Answer::Before if is_begun && asked.way.may_be_undone(later().map(|other| other.way)) => {
                cannot_tell(Doubt::NotInCatalog)
            }
            Answer::Before => Ruling::plain(Decision::Apply),
            Answer::Fails => Ruling::conflict(asked.failure(), None).offering(ways_on()),
        })
    }

    async fn answer(self, unit: &Unit<'_>, asked: &Asked, later: &[String]) -> Result<Answer, CatalogError> {
        let turn = Turn { path: &unit.path, later };
        let sql = |question: &Question| question.sql(turn);
        let done = asked.done.as_ref().map_or("false".to_owned(), sql);
        let owner = asked.owner.as_ref().map_or("NULL".to_owned(), sql);
        let fails = sql(&asked.fails);
        let question = format!("SELECT CASE WHEN {done} THEN concat('done ', {owner}) WHEN {fails} THEN 'fails' END");
        Ok(match self.probe.of_catalog(&question).await? {
            None => Answer::Before,
            Some(answer) => match answer.strip_prefix("done ") {
                Some(owner) => Answer::Done { owner: owner.to_owned() },
                None => Answer::Fails,
            },
        })
    }

    fn done(self, unit: &Unit<'_>, asked: &Asked, owner: String) -> Ruling {
        let trust = &self.judge.evidence.trust;
        let schema = unit.path.first().map_or("", String::as_str);
        if !owner.is_empty() && !trust.owners_of(|_| false, schema).contains(&owner) {
            let ways = [owners::trusting(&owner, &trust.surroundings.user)];
            let reason = Reason::UntrustedPresent { object: asked.object.clone(), owner };
            return Ruling::conflict(reason, None).offering(ways);
        }
        let reason = match asked.way {
            Way::Makes => Reason::Equal,
            Way::Removes { .. } => Reason::Gone,
            Way::Changes | Way::Moves | Way::Sweeps => Reason::ResultShown,
        };
        Ruling::new(Decision::Satisfied, reason)
    }

    /// True if an earlier statement may remove the object without naming it.
    fn may_be_taken_away(self) -> bool {
        let may_take = |at: usize| {
            let is_asked = self.statement(at).presence.as_deref().and_then(Presence::asked);
            match (self.judge.timeline.units[at].kind, is_asked.map(|asked| asked.way)) {
                (_, Some(Way::Removes { cascades })) => cascades,
                (_, Some(Way::Sweeps)) => true,
                (_, Some(Way::Makes | Way::Changes | Way::Moves)) => false,
                (UnitKind::Unjudged(statement), None) => statement == Unjudged::Drop,
                (UnitKind::Opaque(code), None) => code.may_define,
                (UnitKind::Change(change), None) => match &change.act {
                    Act::Drop { object: Object::Extension(_) | Object::Other(_), .. } => true,
                    Act::Drop { cascade, .. } => *cascade,
                    _ => false,
                },
                (UnitKind::Data(_) | UnitKind::Setting | UnitKind::Repeatable, None) => false,
            }
        };
        (0..self.at).any(may_take)
    }
}

/// Refuses a statement that would adopt an untrusted role's object, or reveal a password to it.
async fn taking(
    judge: &Judge<'_>,
    probe: &Probe<'_>,
    unit: &Unit<'_>,
    statement: &Statement,
) -> Result<Option<Ruling>, CatalogError> {
    let Some(mut taken) = reused::taken(statement, unit, &judge.evidence.trust) else { return Ok(None) };
    let (kind, shown, quoted) = match taken.kind {
        TakenKind::Server => ("SERVER", format!("server {}", taken.name.name), quote_ident(&taken.name.name)),
        _ => {
            let schema = taken.name.schema.as_ref().or(unit.path.first()).map_or("public", String::as_str);
            let name = QualifiedName::new(schema, taken.name.name.clone());
            taken.name.schema = Some(name.schema.clone());
            ("TABLE", name.to_string(), name.quoted())
        }
    };
    let user = &judge.evidence.trust.surroundings.user;
    Ok(probe.of_catalog(&catalog::stranger(&taken)).await?.map(|owner| {
        let ways = [
            format!("ALTER {kind} {quoted} OWNER TO {}, once its options are what the chain wants", quote_ident(user)),
            owners::trusting(&owner, user),
        ];
        let object = shown.clone();
        let reason = match statement.presence.as_deref() {
            Some(Presence::Maps { .. }) => Reason::UntrustedHost { object, owner },
            _ => Reason::UntrustedPresent { object, owner },
        };
        Ruling::conflict(reason, None).offering(ways)
    }))
}

impl Asked {
    fn objects(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.object).chain(&self.moved_to)
    }

    fn failure(&self) -> Reason {
        let object = self.object.clone();
        match self.way {
            Way::Makes if self.done.is_none() => Reason::NotCompared,
            Way::Makes => Reason::ObjectDiffers { object },
            Way::Changes | Way::Removes { .. } | Way::Moves | Way::Sweeps => Reason::NeitherState { object },
        }
    }
}

impl Way {
    /// True if, where the statement and those after it ran, the catalog may be as before it.
    fn may_be_undone(self, mut later: impl Iterator<Item = Self>) -> bool {
        match self {
            Self::Makes | Self::Changes | Self::Moves => {
                later.any(|way| matches!(way, Self::Removes { .. } | Self::Moves))
            }
            Self::Removes { .. } => later.any(|way| matches!(way, Self::Makes | Self::Moves)),
            Self::Sweeps => true,
        }
    }
}
