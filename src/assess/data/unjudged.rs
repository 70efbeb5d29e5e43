//! A definition that is not judged.

use super::unknown::cannot_tell;
use crate::assess::judge::Judge;
use crate::assess::reason::{Doubt, Reason};
use crate::assess::ruling::Ruling;
use crate::assess::verdict::Decision;
use crate::catalog::{Found, Key};
use crate::statement::change::Unjudged;

/// The ruling for a definition that is not judged; one that sets a value may run again.
pub fn unjudged(judge: &Judge<'_>, at: usize, statement: Unjudged) -> Ruling {
    if !judge.is_begun(at) {
        return Ruling::plain(Decision::Apply);
    }
    let sets_again = || Ruling::new(Decision::Apply, Reason::Sets);
    match statement {
        Unjudged::Alter | Unjudged::AlterFunction | Unjudged::DefaultPrivileges => sets_again(),
        // ON ALL … IN SCHEMA means the objects that exist at that time.
        Unjudged::Privileges | Unjudged::Membership => match made_later(judge, at) {
            None => sets_again(),
            Some(key) => cannot_tell(Doubt::LaterObject { key: key.clone() }),
        },
        Unjudged::ReassignOwned | Unjudged::ImportForeignSchema | Unjudged::Drop | Unjudged::Other => {
            cannot_tell(Doubt::NotInCatalog)
        }
    }
}

/// An existing object that a later statement creates.
fn made_later<'j>(judge: &'j Judge<'_>, at: usize) -> Option<&'j Key> {
    let holds_rights = |key: &Key| match judge.evidence.found(key) {
        Some(Found::Index(_)) | None => false,
        Some(_) => matches!(key, Key::Relation(_) | Key::Function(..)),
    };
    judge.timeline.keys().find(|key| holds_rights(key) && judge.is_made_later(at, key))
}
