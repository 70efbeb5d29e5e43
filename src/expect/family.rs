//! Tables below others: partitions, children, copies. What the server makes on them has names of its choice.

use super::model::Model;
use crate::catalog::{Definition, Key};
use crate::pg::name::QualifiedName;

impl Model<'_> {
    /// The table, its partitions and the tables that inherit from it: a change of its columns reaches them all.
    pub(super) fn family(&self, table: &QualifiedName) -> Vec<QualifiedName> {
        let mut family = vec![table.clone()];
        let mut at = 0;
        while at < family.len() {
            let parent = family[at].clone();
            for child in self.children.get(&parent).into_iter().flatten() {
                if self.is_below(child, &parent) && !family.contains(child) {
                    family.push(child.clone());
                }
            }
            at += 1;
        }
        family
    }

    fn is_below(&self, child: &QualifiedName, parent: &QualifiedName) -> bool {
        matches!(self.state.shape_of(&Key::Relation(child.clone())),
            Some(Definition::Table(table)) if table.inherits.contains(parent)
                || table.partition_of.as_ref().is_some_and(|(of, _)| of == parent))
    }

    pub(super) fn is_partition(&self, table: &QualifiedName) -> bool {
        matches!(self.state.shape_of(&Key::Relation(table.clone())), Some(Definition::Table(table)) if table.partition_of.is_some())
    }

    /// The server makes keys, indexes and triggers on a table, as those of another are.
    pub(super) fn cloud_table(&mut self, table: &QualifiedName) {
        self.state.cloud_table(table.clone());
        self.state.gone_from(table).into_iter().for_each(|key| self.forget(key));
    }

    /// A key that goes from a parent goes from its children, under whatever name it has there.
    pub(super) fn forget_keys_below(&mut self, table: &QualifiedName, name: &str) {
        for child in self.family(table).into_iter().skip(1) {
            self.forget(Key::Constraint(child.clone(), name.to_owned()));
            self.forget_indexes_on(&child);
        }
    }

    /// An index that goes from a partitioned table goes from its partitions.
    pub(super) fn forget_index_below(&mut self, index: &QualifiedName) {
        let table = match self.state.definition(&Key::Relation(index.clone())) {
            Some(Definition::Index(index)) => index.table.clone(),
            _ => return,
        };
        for child in self.family(&table).into_iter().skip(1) {
            self.forget_indexes_on(&child);
        }
    }

    fn forget_indexes_on(&mut self, table: &QualifiedName) {
        for key in self.state.on(table) {
            let is_index = matches!(
                self.state.definition(&key),
                Some(Definition::Index(_) | Definition::ConstraintIndex { .. } | Definition::Constraint(_))
            );
            if is_index {
                self.forget(key);
            }
        }
    }

    /// A table that inherits from another, or no longer does: a check of it may be the other's.
    pub(super) fn regroup_heir(&mut self, child: &QualifiedName) {
        self.state.cloud_checks(child.clone());
        self.state.gone_from(child).into_iter().for_each(|key| self.forget(key));
    }

    /// A table that becomes a partition, or no longer is one: its keys, indexes and triggers may be those of the other.
    pub(super) fn regroup_partition(&mut self, child: &QualifiedName, parent: &QualifiedName) {
        self.cloud_table(child);
        for key in self.state.on(parent) {
            if let Some(Definition::Column(column)) = self.state.definition(&key)
                && column.identity.is_some()
                && let Key::Column(_, name) = key
            {
                self.forget(Key::Column(child.clone(), name));
            }
        }
    }
}
