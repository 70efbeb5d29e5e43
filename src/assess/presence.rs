//! Definitions that are not judged: the existence and the owner of their objects, by name.

use super::advice::ways_on;
use super::data::probe::Probe;
use super::judge::Judge;
use super::reason::Reason;
use super::ruling::Ruling;
use super::verdict::Decision;
use super::{owners, reused};
use crate::catalog::{self, CatalogError, TakenKind};
use crate::expect::{Unit, UnitKind};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};
use crate::statement::change::{Act, Unjudged};
use crate::statement::{Presence, SCHEMA, Statement};

/// None if no question is needed, or if an earlier statement may remove the object.
pub(super) async fn ruling(
    judge: &Judge<'_>,
    probe: &Probe<'_>,
    at: usize,
    statement: &Statement,
) -> Result<Option<Ruling>, CatalogError> {
    let Some(presence) = statement.presence.as_ref().filter(|_| !may_be_taken_away(judge, at)) else { return Ok(None) };
    let unit = &judge.timeline.units[at];
    let schema = quote_literal(unit.path.first().map_or("public", String::as_str));
    let refusal = match presence {
        Presence::Fails(_) => None,
        Presence::TakesServer(_) | Presence::TakesTable(_) | Presence::Maps { .. } => {
            taking(judge, probe, unit, statement).await?
        }
    };
    let question = match presence {
        Presence::Fails(question) => Some(question),
        Presence::Maps { fails, .. } => fails.as_ref(),
        Presence::TakesServer(_) | Presence::TakesTable(_) => None,
    };
    let Some(question) = question.filter(|_| refusal.is_none()) else { return Ok(refusal) };
    let is_there = probe.of_catalog(&format!("SELECT {}", question.replace(SCHEMA, &schema))).await?;
    Ok(is_there.map(|is_there| match is_there.as_str() {
        "t" => Ruling::conflict(Reason::NotCompared, None).offering(ways_on()),
        _ => Ruling::plain(Decision::Apply),
    }))
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
        let reason = match statement.presence {
            Some(Presence::Maps { .. }) => Reason::UntrustedHost { object, owner },
            _ => Reason::UntrustedPresent { object, owner },
        };
        Ruling::conflict(reason, None).offering(ways)
    }))
}

fn may_be_taken_away(judge: &Judge<'_>, at: usize) -> bool {
    let may_take = |unit: &Unit<'_>| match unit.kind {
        UnitKind::Unjudged(statement) => statement == Unjudged::Drop,
        UnitKind::Opaque(code) => code.may_define,
        UnitKind::Change(change) => matches!(&change.act, Act::Drop { .. }),
        UnitKind::Data(_) | UnitKind::Setting | UnitKind::Repeatable => false,
    };
    judge.timeline.units[..at].iter().any(may_take)
}
