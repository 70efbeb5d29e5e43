//! The impact of definitions and data statements, by their changes.

use super::{Impact, Retype, shown};
use crate::pg::lock_mode::LockMode::{
    self, AccessExclusive, RowExclusive, Share, ShareRowExclusive, ShareUpdateExclusive,
};
use crate::sql::Expr;
use crate::sql::Named;
use crate::statement::change::{
    Act, ConstraintKind, Conversion, Data, DataAct, DomainAct, NewColumn, NewConstraint, NewTable, Object,
    PublicationAct, Published, RelationKind, TableAct,
};

type IsVolatile<'a> = &'a (dyn Fn(&Named) -> bool + Sync);

pub(super) fn add(impact: &mut Impact, act: &Act, is_volatile: IsVolatile<'_>) {
    match act {
        Act::CreateTable(new) => create_table(impact, new),
        Act::CreateTableAs(new) => {
            impact.makes.push(new.name.clone());
            new.reads.iter().for_each(|table| impact.lock(LockMode::AccessShare, shown(table)));
        }
        Act::CreateView(new) if new.replace => impact.lock(AccessExclusive, shown(&new.name)),
        Act::CreateIndex(new) => {
            impact.lock(if new.concurrently { ShareUpdateExclusive } else { Share }, shown(&new.table));
            impact.scan(shown(&new.table), "builds the index");
        }
        Act::CreateTrigger(new) => impact.lock(ShareRowExclusive, shown(&new.table)),
        Act::CreatePolicy { table, .. } | Act::AlterPolicy { table, .. } | Act::CreateRule { table, .. } => {
            impact.lock(AccessExclusive, shown(table));
        }
        Act::CreateStatistics { table, .. } => impact.lock(ShareUpdateExclusive, shown(table)),
        Act::CreatePublication { published, .. }
        | Act::AlterPublication { act: PublicationAct::Add(published) | PublicationAct::Set(published), .. } => {
            for one in published {
                if let Published::Table(table) = one {
                    impact.lock(ShareUpdateExclusive, shown(&table.name));
                }
            }
        }
        Act::AlterSequence { name, .. } => impact.lock(ShareRowExclusive, shown(name)),
        Act::AlterDomain {
            name,
            act: DomainAct::SetNotNull | DomainAct::ValidateConstraint { .. } | DomainAct::AddConstraint { .. },
            ..
        } => {
            let on = format!("every table with a column of {}", shown(name));
            impact.lock(Share, on.clone());
            impact.scan(on, "checks the domain's constraint");
        }
        Act::AlterTable { kind, table, act, .. } => alter_table(impact, *kind, table, act, is_volatile),
        Act::Rename { object, .. } => changed(impact, object, AccessExclusive, ShareUpdateExclusive),
        Act::SetSchema { object, .. } | Act::Owner { object, .. } => {
            changed(impact, object, AccessExclusive, AccessExclusive);
        }
        Act::Comment { object, .. } => changed(impact, object, ShareUpdateExclusive, ShareUpdateExclusive),
        Act::Drop { object, .. } => dropped(impact, object),
        _ => {}
    }
}

fn create_table(impact: &mut Impact, new: &NewTable) {
    impact.makes.push(new.name.clone());
    if let Some((parent, _)) = new.partition_of.as_deref() {
        impact.lock(AccessExclusive, shown(parent));
    }
    new.inherits.iter().for_each(|parent| impact.lock(ShareUpdateExclusive, shown(parent)));
    new.likes.iter().for_each(|like| impact.lock(LockMode::AccessShare, shown(&like.table)));
    for constraint in &new.constraints {
        if let ConstraintKind::Foreign(key) = &constraint.kind
            && key.target != new.name
        {
            impact.lock(ShareRowExclusive, shown(&key.target));
        }
    }
}

fn alter_table(impact: &mut Impact, kind: RelationKind, table: &Named, act: &TableAct, is_volatile: IsVolatile<'_>) {
    let on = || shown(table);
    match act {
        TableAct::AddColumn { column, .. } => {
            impact.lock(AccessExclusive, on());
            add_column(impact, table, column, is_volatile);
        }
        TableAct::SetType { column, type_, using, .. } => {
            impact.lock(AccessExclusive, on());
            let by = Conversion::of(using.as_deref(), column);
            impact.retypes.push(Retype { table: table.clone(), column: column.clone(), to: type_.clone(), by });
        }
        TableAct::SetNotNull { .. } => {
            impact.lock(AccessExclusive, on());
            impact.scan(on(), "looks for NULLs, unless a valid CHECK rules them out");
        }
        TableAct::SetExpression { .. } => {
            impact.lock(AccessExclusive, on());
            impact.rewrite(on(), "computes a generated column again");
        }
        TableAct::AddIdentity { .. } => impact.lock(AccessExclusive, on()),
        TableAct::AddConstraint(new) => constraint(impact, table, new),
        TableAct::ValidateConstraint { .. } => {
            impact.lock(ShareUpdateExclusive, on());
            impact.scan(on(), "checks every row");
        }
        TableAct::EnableTrigger { .. } => impact.lock(ShareRowExclusive, on()),
        TableAct::SetLogged(_) => {
            impact.lock(AccessExclusive, on());
            impact.rewrite(on(), "LOGGED and UNLOGGED copy the table");
        }
        TableAct::SetColumnProperty { property, .. } => {
            let is_light = !matches!(property.to_ascii_lowercase().as_str(), "storage" | "compression");
            impact.lock(if is_light { ShareUpdateExclusive } else { AccessExclusive }, on());
        }
        TableAct::SetOptions(options) => {
            let is_heavy = options.iter().any(|(name, _)| name == "user_catalog_table" || kind == RelationKind::View);
            impact.lock(if is_heavy { AccessExclusive } else { ShareUpdateExclusive }, on());
        }
        TableAct::AttachPartition { partition, .. } => {
            impact.lock(ShareUpdateExclusive, on());
            impact.lock(AccessExclusive, shown(partition));
            impact.scan(shown(partition), "checks that every row fits, unless a valid CHECK says so");
        }
        TableAct::DetachPartition { partition } => {
            impact.lock(AccessExclusive, on());
            impact.lock(AccessExclusive, shown(partition));
        }
        TableAct::Inherit { parent, .. } => {
            impact.lock(AccessExclusive, on());
            impact.lock(ShareUpdateExclusive, shown(parent));
        }
        TableAct::ClusterOn(_) => impact.lock(ShareUpdateExclusive, on()),
        TableAct::SetTablespace | TableAct::SetAccessMethod => {
            impact.lock(AccessExclusive, on());
            impact.rewrite(on(), "copies the table");
        }
        _ => impact.lock(AccessExclusive, on()),
    }
}

fn add_column(impact: &mut Impact, table: &Named, column: &NewColumn, is_volatile: IsVolatile<'_>) {
    let on = || shown(table);
    let is_serial = crate::statement::change::serial(&column.type_).is_some();
    if column.identity.is_some() || is_serial {
        impact.rewrite(on(), "every row gets its number");
    } else if column.generated.as_ref().is_some_and(|generated| generated.stored) {
        impact.rewrite(on(), "every row gets its generated value");
    } else if column.default.as_ref().is_some_and(|default| calls_volatile(default, is_volatile)) {
        impact.rewrite(on(), "a volatile default gives every row its own value");
    } else if column.not_null && column.default.is_none() && column.generated.is_none() {
        impact.scan(on(), "NOT NULL without a default: fails if there is a row");
    }
    for new in &column.constraints {
        match &new.kind {
            // Without a value there is nothing to look up in the other table.
            ConstraintKind::Foreign(key) => {
                impact.lock(ShareRowExclusive, shown(&key.target));
                if column.default.is_some() {
                    impact.scan(on(), "checks the foreign key for every row");
                }
            }
            ConstraintKind::NotNull { .. } => {}
            _ => constraint(impact, table, new),
        }
    }
}

/// PostgreSQL's functions whose value differs at each call; every other function of pg_catalog in a default is stable.
const VOLATILE: [&str; 10] = [
    "random",
    "random_normal",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "clock_timestamp",
    "timeofday",
    "nextval",
    "setval",
    "txid_current",
];

fn calls_volatile(default: &Expr, is_volatile: IsVolatile<'_>) -> bool {
    default.nextval.is_some()
        || default.calls.iter().any(|call| VOLATILE.contains(&call.name.as_str()) || is_volatile(call))
}

fn constraint(impact: &mut Impact, table: &Named, new: &NewConstraint) {
    let on = || shown(table);
    match &new.kind {
        ConstraintKind::Foreign(key) => {
            impact.lock(ShareRowExclusive, on());
            impact.lock(ShareRowExclusive, shown(&key.target));
            if !new.not_valid {
                impact.scan(on(), "checks the foreign key for every row");
            }
        }
        ConstraintKind::Check { .. } => {
            impact.lock(AccessExclusive, on());
            if !new.not_valid {
                impact.scan(on(), "checks every row");
            }
        }
        ConstraintKind::Unique { using_index: Some(_), primary, .. } => {
            impact.lock(AccessExclusive, on());
            if *primary {
                impact.scan(on(), "looks for NULLs where the key's columns are not NOT NULL yet");
            }
        }
        ConstraintKind::Unique { using_index: None, .. } | ConstraintKind::Exclude { .. } => {
            impact.lock(AccessExclusive, on());
            impact.scan(on(), "builds the index");
        }
        ConstraintKind::NotNull { .. } => {
            impact.lock(AccessExclusive, on());
            if !new.not_valid {
                impact.scan(on(), "looks for NULLs");
            }
        }
    }
}

/// RENAME, SET SCHEMA, OWNER, COMMENT; `index` is the lock on an index.
fn changed(impact: &mut Impact, object: &Object, mode: LockMode, index: LockMode) {
    match object {
        Object::Relation { kind: RelationKind::Index, name } => impact.lock(index, format!("index {}", shown(name))),
        Object::Relation { name, .. } => impact.lock(mode, shown(name)),
        Object::Column { table, .. }
        | Object::Constraint { table, .. }
        | Object::Trigger { table, .. }
        | Object::Policy { table, .. }
        | Object::Rule { table, .. } => impact.lock(mode, shown(table)),
        _ => {}
    }
}

fn dropped(impact: &mut Impact, object: &Object) {
    match object {
        Object::Relation { kind: RelationKind::Index, name } => {
            impact.lock(AccessExclusive, format!("the table of index {}", shown(name)));
        }
        object => changed(impact, object, AccessExclusive, AccessExclusive),
    }
}

pub(super) fn add_data(impact: &mut Impact, data: &Data) {
    for table in &data.writes {
        let mode = match &data.act {
            DataAct::Truncate { .. } => AccessExclusive,
            _ => RowExclusive,
        };
        impact.lock(mode, shown(table));
    }
}
