//! Tables below others: partitions, children, copies. The server chooses the names of the objects that it creates on them.

use super::model::Model;
use crate::catalog::{Definition, Key};
use crate::pg::name::QualifiedName;

impl Model<'_> {
    /// The table, its partitions and its inheriting tables: a change of its columns affects all of them.
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

    /// The server creates keys, indexes and triggers on a table, like those of another.
    pub(super) fn cloud_table(&mut self, table: &QualifiedName) {
        self.state.cloud_table(table.clone());
        self.state.gone_from(table).into_iter().for_each(|key| self.forget(key));
    }

    /// A key that is dropped from a parent is dropped from its children, under any name.
    pub(super) fn forget_keys_below(&mut self, table: &QualifiedName, name: &str) {
        for child in self.family(table).into_iter().skip(1) {
            self.forget(Key::Constraint(child.clone(), name.to_owned()));
            self.forget_indexes_on(&child);
        }
    }

    /// An index that is dropped from a partitioned table is dropped from its partitions.
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

    /// A table starts or stops inheriting: its checks may be the parent's.
    pub(super) fn regroup_heir(&mut self, child: &QualifiedName) {
        self.state.cloud_checks(child.clone());
        self.state.gone_from(child).into_iter().for_each(|key| self.forget(key));
    }

    /// A table becomes a partition, or stops being one: its keys, indexes and triggers may be the parent's.
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
