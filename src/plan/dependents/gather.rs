//! Derives the questions from the verdicts, and the state of a dependent from the earlier statements. Pure.

use super::look::{Dependent, Kind};
use crate::assess::{Action, Script, Verdict};
use crate::plan::names::{Names, is_same};
use crate::plan::roots::Roots;
use crate::sql::Named;
use crate::statement::change::{Act, Change, Effect, Object, Opaque, TableAct};
use crate::statement::losing::{Taking, takings};

/// The removals or the conversion that one statement carries out at once, or one of the parts that PostgreSQL carries out one
/// after the other.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Indexes of the script and of the statement.
    pub script: usize,
    pub statement: usize,
    pub is_conversion: bool,
    drops_a_schema: bool,
    /// The number of earlier loosened dependencies.
    loosened: usize,
}

/// A dependency that a statement removes, or may remove, without dropping the dependent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Loosened {
    /// The column has another type.
    Column(Named, String),
    /// The default of the column changed, or was dropped.
    Default(Named, String),
    /// The object moved to another schema.
    Moved(Named),
    /// A definition replaced or altered it.
    Perhaps(Named),
    /// Unread code ran.
    Anything,
}

/// The state of a dependent at its statement's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    There,
    Unknown,
    Gone,
}

#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub groups: Vec<Group>,
    pub roots: Roots,
    loosened: Vec<Loosened>,
}

/// The removals of the statements that run, in their order.
pub(super) fn gather(pending: &[Script<'_>], verdicts: &[Vec<Verdict>]) -> Gathered {
    let mut gathered = Gathered::default();
    let mut names = Names::default();
    for (at, (script, verdicts)) in pending.iter().zip(verdicts).enumerate() {
        names.begin_script();
        for (number, (statement, verdict)) in script.statements.iter().zip(verdicts).enumerate() {
            match verdict.action() {
                Action::Nothing => {}
                Action::AsWritten => {
                    gathered.add((at, number), &statement.takings, &statement.effect, &mut names);
                }
                Action::Instead(sql) => {
                    for (takings, effect) in takings(&sql.join(";\n")) {
                        gathered.add((at, number), &takings, &effect, &mut names);
                    }
                }
            }
        }
    }
    gathered
}

impl Gathered {
    /// True if they contain a statement that PostgreSQL may refuse.
    pub fn asks(&self) -> bool {
        !self.roots.is_empty()
    }

    fn add(&mut self, place: (usize, usize), takings: &[Taking], effect: &Effect, names: &mut Names) {
        // PostgreSQL drops the parts of a table before it converts others (AT_PASS_DROP, src/backend/commands/tablecmds.c).
        let (conversions, drops): (Vec<&Taking>, Vec<&Taking>) =
            takings.iter().partition(|taking| matches!(taking, Taking::Convert { .. }));
        let mut is_joined = false;
        for taking in drops.into_iter().chain(conversions) {
            let Some(kind) = kind(taking) else { continue };
            match kind {
                Removal::Object if is_joined => {}
                Removal::Object | Removal::Part | Removal::Conversion => self.groups.push(Group {
                    script: place.0,
                    statement: place.1,
                    is_conversion: kind == Removal::Conversion,
                    drops_a_schema: false,
                    loosened: self.loosened.len(),
                }),
            }
            is_joined = kind == Removal::Object;
            let at = self.groups.len() - 1;
            self.groups[at].drops_a_schema |= matches!(taking, Taking::Drop { object: Object::Schema(_), .. });
            self.roots.add(at, taking, names);
        }
        self.loosen(effect, names);
        names.follow(effect);
    }

    fn loosen(&mut self, effect: &Effect, names: &Names) {
        match effect {
            Effect::Changes(changes) => {
                self.loosened.extend(changes.iter().filter_map(|change| loosened(change, names)));
            }
            Effect::Opaque(Opaque { is_dynamic, may_define, calls, .. }) => {
                if *is_dynamic || *may_define || !calls.is_empty() {
                    self.loosened.push(Loosened::Anything);
                }
            }
            Effect::Unjudged(_) => self.loosened.push(Loosened::Anything),
            Effect::Data(_) | Effect::Setting(_) | Effect::Repeatable => {}
        }
    }

    pub fn standing(&self, group: &Group, dependent: &Dependent) -> Standing {
        let named = dependent.named();
        let is_it = |name: &Named| named.as_ref().is_some_and(|named| is_same(name, named));
        let is_part = |table: &Named, column: &String| {
            dependent.part.as_ref() == Some(column) && dependent.tables().any(|one| is_same(table, &one))
        };
        let one = |loosened: &Loosened| match loosened {
            Loosened::Column(table, column) if dependent.kind == Some(Kind::Table) && is_part(table, column) => {
                Standing::Gone
            }
            Loosened::Default(table, column) if dependent.kind == Some(Kind::Default) && is_part(table, column) => {
                Standing::Gone
            }
            Loosened::Moved(name) if group.drops_a_schema && is_it(name) => Standing::Gone,
            Loosened::Perhaps(name) if is_it(name) => Standing::Unknown,
            Loosened::Anything => Standing::Unknown,
            Loosened::Column(..) | Loosened::Default(..) | Loosened::Moved(_) | Loosened::Perhaps(_) => Standing::There,
        };
        self.loosened[..group.loosened].iter().map(one).max().unwrap_or(Standing::There)
    }
}

/// The way in which PostgreSQL executes a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Removal {
    /// Together with the others of its statement.
    Object,
    /// One after the other.
    Part,
    Conversion,
}

/// None if nothing is removed from the catalog.
fn kind(taking: &Taking) -> Option<Removal> {
    match taking {
        Taking::Drop {
            object: Object::Column { .. } | Object::Constraint { .. } | Object::Attribute { .. }, ..
        } => Some(Removal::Part),
        Taking::Drop { .. } | Taking::DropPlain { .. } | Taking::DropOwned { .. } => Some(Removal::Object),
        Taking::Convert { .. } => Some(Removal::Conversion),
        Taking::Truncate { .. } | Taking::Delete { .. } | Taking::DropDatabase(_) => None,
    }
}

/// The dependency that a change may remove from an object that it does not drop.
fn loosened(change: &Change, names: &Names) -> Option<Loosened> {
    let before = |named: &Named| names.relation(named).unwrap_or_else(|| named.clone());
    let perhaps = |named: &Named| Some(Loosened::Perhaps(before(named)));
    match &change.act {
        Act::AlterTable { table, act, .. } => of_table(&before(table), act, names),
        Act::CreateView(new) => new.replace.then(|| Loosened::Perhaps(before(&new.name))),
        Act::CreateFunction(new) => perhaps(&new.name),
        Act::CreateTrigger(new) => perhaps(&new.table),
        Act::CreateRule { table, replace, .. } => replace.then(|| Loosened::Perhaps(before(table))),
        Act::AlterPolicy { table, .. } => perhaps(table),
        Act::AlterSequence { owned_by, .. } => owned_by.as_ref().map(|_| Loosened::Anything),
        Act::AlterDomain { name, .. } | Act::AlterComposite { name, .. } => perhaps(name),
        Act::AlterFunction { object: Object::Function { name, .. }, .. } => perhaps(name),
        Act::AlterFunction { .. } | Act::UpdateExtension { .. } => Some(Loosened::Anything),
        Act::AlterPublication { name, .. } => perhaps(&Named { schema: None, name: name.clone() }),
        Act::SetSchema { object, .. } => match object {
            Object::Relation { name, .. } => Some(Loosened::Moved(before(name))),
            Object::Type(name) | Object::Domain(name) | Object::Function { name, .. } => {
                Some(Loosened::Moved(name.clone()))
            }
            _ => Some(Loosened::Anything),
        },
        Act::Rename { object: Object::Function { name, .. }, .. } => perhaps(name),
        Act::CreateSchema { .. }
        | Act::CreateExtension { .. }
        | Act::CreateRole { .. }
        | Act::CreateTable(_)
        | Act::CreateTableAs(_)
        | Act::CreateIndex(_)
        | Act::CreateSequence { .. }
        | Act::CreateEnum { .. }
        | Act::AddLabel { .. }
        | Act::RenameLabel { .. }
        | Act::CreateComposite { .. }
        | Act::CreateDomain(_)
        | Act::CreateRange { .. }
        | Act::CreateCollation { .. }
        | Act::CreateEventTrigger { .. }
        | Act::CreatePolicy { .. }
        | Act::CreateStatistics { .. }
        | Act::CreatePublication { .. }
        | Act::Rename { .. }
        | Act::Owner { .. }
        | Act::Comment { .. }
        | Act::Grant { .. }
        | Act::GrantRole { .. }
        | Act::Drop { .. } => None,
    }
}

fn of_table(table: &Named, act: &TableAct, names: &Names) -> Option<Loosened> {
    let column = |column: &String| names.column(table, column).unwrap_or_else(|| column.clone());
    match act {
        TableAct::SetType { column: name, .. } => Some(Loosened::Column(table.clone(), column(name))),
        TableAct::SetDefault { column: name, .. } | TableAct::DropDefault { column: name } => {
            Some(Loosened::Default(table.clone(), column(name)))
        }
        TableAct::SetExpression { .. }
        | TableAct::DropExpression { .. }
        | TableAct::DropIdentity { .. }
        | TableAct::DetachPartition { .. }
        | TableAct::AttachPartition { .. }
        | TableAct::Inherit { .. }
        | TableAct::SetTablespace
        | TableAct::SetAccessMethod
        | TableAct::Other(_) => Some(Loosened::Anything),
        TableAct::AddConstraint(_)
        | TableAct::AlterConstraint { .. }
        | TableAct::AddColumn { .. }
        | TableAct::DropColumn { .. }
        | TableAct::SetNotNull { .. }
        | TableAct::DropNotNull { .. }
        | TableAct::AddIdentity { .. }
        | TableAct::SetIdentity { .. }
        | TableAct::RestartIdentity { .. }
        | TableAct::SetColumnProperty { .. }
        | TableAct::DropConstraint { .. }
        | TableAct::ValidateConstraint { .. }
        | TableAct::RowSecurity(_)
        | TableAct::ForceRowSecurity(_)
        | TableAct::EnableTrigger { .. }
        | TableAct::Owner(_)
        | TableAct::SetLogged(_)
        | TableAct::ReplicaIdentity(_)
        | TableAct::ClusterOn(_)
        | TableAct::SetOptions(_) => None,
    }
}
