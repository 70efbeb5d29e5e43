//! LIKE, inheritance and partitions: what the server makes on a table out of what is on another.

use super::model::Model;
use super::names;
use super::state::Expected;
use crate::catalog::{self, Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::change::Like;

impl Model<'_> {
    pub(super) fn like(&mut self, like: &Like, table: &QualifiedName) {
        let source = self.relation(&like.table);
        self.need(Key::Relation(source.clone()));
        self.copy_columns(&source, table, like.defaults, like.identity);
        for key in self.state.on(&source) {
            match (&key, self.state.definition(&key).cloned()) {
                (Key::Column(_, name), Some(Definition::Column(column))) => {
                    if column.generated.is_some() && !like.generated {
                        let column = catalog::Column { generated: None, ..column };
                        self.create(Key::Column(table.clone(), name.clone()), Definition::Column(column));
                    } else if column.identity.is_some() && like.identity {
                        self.identity_sequence(table, name);
                    }
                }
                (Key::Constraint(_, name), Some(Definition::Constraint(constraint))) => {
                    self.copy_constraint(like, table, name, constraint);
                }
                (Key::Relation(_), Some(Definition::Index(index))) if like.indexes => {
                    let label = names::addition(index.labels.iter().map(String::as_str));
                    let name = self.choose_relation(table, Some(&label), "idx", false);
                    let moved =
                        index.build.mentions(&source.name).then(|| index.build.rename_table(&source.name, &table.name));
                    match moved.unwrap_or_else(|| Some(index.build.clone())) {
                        Some(build) => {
                            let index = catalog::Index { table: table.clone(), build, ..index };
                            self.create_unnamed(Key::Relation(name), Definition::Index(index));
                        }
                        None => self.value(Key::Relation(name), Expected::Unknown),
                    }
                }
                (Key::Comment(of), Some(comment)) if like.comments => {
                    if let Key::Column(_, name) = &**of {
                        let of = Key::Column(table.clone(), name.clone());
                        self.create(Key::Comment(Box::new(of)), comment);
                    }
                }
                _ => {}
            }
        }
    }

    /// A CHECK keeps its name; what has an index is named anew. A foreign key is not copied.
    fn copy_constraint(&mut self, like: &Like, table: &QualifiedName, name: &str, constraint: catalog::Constraint) {
        use catalog::ConstraintKind as Kind;
        let label = names::addition(constraint.labels.iter().map(String::as_str));
        let (word, label) = match constraint.kind {
            Kind::Check if like.constraints => {
                return self
                    .create(Key::Constraint(table.clone(), name.to_owned()), Definition::Constraint(constraint));
            }
            Kind::Check | Kind::Foreign(_) | Kind::NotNull => return,
            Kind::Primary { .. } => ("pkey", None),
            Kind::Unique { .. } => ("key", Some(label)),
            Kind::Exclude => ("excl", Some(label)),
        };
        if !like.indexes {
            return;
        }
        let index = self.choose_relation(table, label.as_deref(), word, true);
        if let Kind::Primary { columns, .. } = &constraint.kind {
            for column in columns {
                self.set(Key::NotNull(table.clone(), column.clone()), Definition::NotNull(true));
            }
        }
        let key = Key::Constraint(table.clone(), index.name.clone());
        self.create_unnamed(key, Definition::Constraint(constraint));
        self.create_unnamed(Key::Relation(index), Definition::ConstraintIndex { table: table.clone() });
    }

    /// The columns of another table, as inheritance, partitions and LIKE bring them.
    pub(super) fn copy_columns(
        &mut self,
        from: &QualifiedName,
        to: &QualifiedName,
        with_defaults: bool,
        with_identity: bool,
    ) {
        for key in self.state.on(from) {
            let Some(value) = self.state.get(&key).cloned() else { continue };
            let copy = match key {
                Key::Column(_, name) => Key::Column(to.clone(), name),
                Key::NotNull(_, name) => Key::NotNull(to.clone(), name),
                Key::Default(_, name) if with_defaults => Key::Default(to.clone(), name),
                Key::Default(_, name) => {
                    self.create(Key::Default(to.clone(), name), Definition::Default(None));
                    continue;
                }
                _ => continue,
            };
            match value.definition() {
                Some(Definition::Column(column)) if !with_identity => {
                    self.create(copy, Definition::Column(catalog::Column { identity: None, ..column.clone() }));
                }
                Some(definition) => self.create(copy, definition.clone()),
                None => self.value(copy, value),
            }
        }
    }

    /// A partition gets an equal of every key and index of its parent, or lends the one that it has. Which name it takes is not
    /// stated.
    pub(super) fn blur_keys_of_partition(&mut self, parent: &QualifiedName, partition: &QualifiedName) {
        for key in self.state.on(parent) {
            let (word, label) = match self.state.definition(&key) {
                Some(Definition::Index(index)) => ("idx", Some(index.labels.clone())),
                Some(Definition::Constraint(constraint)) => match constraint.kind {
                    catalog::ConstraintKind::Primary { .. } => ("pkey", None),
                    catalog::ConstraintKind::Unique { .. } => ("key", Some(constraint.labels.clone())),
                    catalog::ConstraintKind::Exclude => ("excl", Some(constraint.labels.clone())),
                    _ => continue,
                },
                _ => continue,
            };
            let label = label.map(|labels| names::addition(labels.iter().map(String::as_str)));
            let name = self.choose_relation(partition, label.as_deref(), word, true);
            if word != "idx" {
                self.value(Key::Constraint(partition.clone(), name.name.clone()), Expected::Unknown);
            }
            self.value(Key::Relation(name), Expected::Unknown);
        }
        let not_null: Vec<Key> =
            self.state.on(parent).into_iter().filter(|key| matches!(key, Key::NotNull(..))).collect();
        for key in not_null {
            if let (Key::NotNull(_, name), Some(Definition::NotNull(true))) = (&key, self.state.definition(&key)) {
                self.set(Key::NotNull(partition.clone(), name.clone()), Definition::NotNull(true));
            }
        }
    }
}
