//! The relation of a statement on data.

use crate::catalog::Key;
use crate::expect::Unit;
use crate::pg::name::QualifiedName;
use crate::statement::change::Data;

/// The relation to which it writes, resolved.
pub fn target<'u>(unit: &'u Unit<'_>, data: &Data) -> Option<&'u QualifiedName> {
    let written = data.writes.first()?;
    unit.needs.iter().find_map(|need| match &need.0 {
        Key::Relation(name)
            if name.name == written.name && written.schema.as_ref().is_none_or(|schema| *schema == name.schema) =>
        {
            Some(name)
        }
        _ => None,
    })
}
