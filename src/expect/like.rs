//! CREATE TABLE … LIKE: the constraints and indexes that the server copies, and their names (PostgreSQL source:
//! `expandTableLikeClause`).

use super::model::Model;
use super::names;
use super::renamed_inside::on_table;
use super::state::Expected;
use crate::catalog::{Constraint, ConstraintKind, Definition, Key};
use crate::pg::name::QualifiedName;
use crate::statement::change::Like;

/// One copied part of the source table.
pub(super) struct Copy {
    name: Name,
    definition: Definition,
    /// The comment that is copied with it, if any.
    comment: Option<Expected>,
}

enum Name {
    /// A CHECK keeps its name.
    Kept(String),
    Chosen(Chosen),
}

#[derive(PartialEq, Eq)]
struct Chosen {
    addition: Option<String>,
    label: &'static str,
}

impl Model<'_> {
    /// The copies other than columns. None if the model cannot state all of them.
    pub(super) fn copies(&self, like: &Like, source: &QualifiedName, table: &QualifiedName) -> Option<Vec<Copy>> {
        let is_wanted = |key: &Key, value: Option<&Definition>| match (key, value) {
            (Key::Constraint(..), Some(Definition::Constraint(constraint))) => match constraint.kind {
                ConstraintKind::Check { .. } => like.constraints,
                ConstraintKind::Foreign(_) => false,
                _ => like.indexes,
            },
            (Key::Relation(_), Some(Definition::Index(_) | Definition::ConstraintIndex { .. })) => like.indexes,
            // A sequence is not copied.
            (Key::Relation(_), Some(_)) => false,
            (Key::Statistics(_), _) => like.statistics,
            (Key::Constraint(..) | Key::Relation(_), None) => like.constraints || like.indexes,
            _ => false,
        };
        let wants_any = like.constraints || like.indexes || like.statistics;
        let is_heir = like.constraints && self.state.is_clouded(&Key::Constraint(source.clone(), String::new()));
        if wants_any && (is_heir || !self.is_wholly_stated(source)) {
            return None;
        }
        let mut copies: Vec<Copy> = Vec::new();
        for key in self.state.on(source) {
            if !is_wanted(&key, self.state.shape_of(&key)) {
                continue;
            }
            let definition = self.state.definition(&key)?;
            // The copy of a key has a comment on its index, and none on itself.
            let (name, commented) = match (&key, definition) {
                (Key::Constraint(_, name), Definition::Constraint(constraint)) => match constraint.kind {
                    ConstraintKind::Check { .. } => (Name::Kept(name.clone()), key.clone()),
                    _ => (Name::Chosen(self.of_key(source, constraint)?), Key::Relation(source.beside(name))),
                },
                (Key::Relation(name), Definition::Index(index)) => {
                    let is_plain = !index.build.is_altered()
                        && !self.has_options(name)
                        && !self.state.were_columns_renamed(source);
                    let labels = index.build.key_labels().filter(|_| is_plain)?;
                    (Name::Chosen(Chosen { addition: Some(added(&labels)), label: "idx" }), key.clone())
                }
                (Key::Relation(_), Definition::ConstraintIndex { .. }) => continue,
                _ => return None,
            };
            // If two copies share a name, the first one gets it; the model does not know the order.
            let is_ambiguous = copies.iter().any(|other| match (&other.name, &name) {
                (Name::Chosen(other), Name::Chosen(name)) => other == name,
                _ => false,
            });
            if is_ambiguous {
                return None;
            }
            let comment = like.comments.then(|| self.comment(&commented)).flatten();
            copies.push(Copy { name, definition: valid(on_table(definition, source, table)?), comment });
        }
        Some(copies)
    }

    /// Adds the copies after the table's own constraints.
    pub(super) fn add_copies(&mut self, table: &QualifiedName, copies: Vec<Copy>) {
        for Copy { name, definition, comment } in copies {
            let of = match name {
                Name::Kept(name) => {
                    let key = Key::Constraint(table.clone(), name);
                    self.create(key.clone(), definition);
                    key
                }
                Name::Chosen(Chosen { addition, label }) => {
                    let is_constraint = matches!(definition, Definition::Constraint(_));
                    let name = self.choose_relation(table, addition.as_deref(), label, is_constraint);
                    let index = Key::Relation(name.clone());
                    if is_constraint {
                        self.create_unnamed(Key::Constraint(table.clone(), name.name.clone()), definition);
                        self.create_unnamed(index.clone(), Definition::ConstraintIndex { table: table.clone() });
                    } else {
                        self.create_unnamed(index.clone(), definition);
                    }
                    index
                }
            };
            if let Some(comment) = comment {
                self.value(Key::Comment(Box::new(of)), comment);
            }
        }
    }

    /// Copies the comments of the copied columns.
    pub(super) fn copy_comments(&mut self, source: &QualifiedName, table: &QualifiedName) {
        for key in self.state.on(source) {
            let Key::Column(_, name) = &key else { continue };
            if let Some(comment) = self.comment(&key) {
                self.value(Key::Comment(Box::new(Key::Column(table.clone(), name.clone()))), comment);
            }
        }
    }

    fn comment(&self, of: &Key) -> Option<Expected> {
        let comment = self.state.get(&Key::Comment(Box::new(of.clone())))?;
        comment.is_present().then(|| comment.clone())
    }

    fn of_key(&self, source: &QualifiedName, constraint: &Constraint) -> Option<Chosen> {
        let addition = match &constraint.kind {
            ConstraintKind::Primary { .. } => return Some(Chosen { addition: None, label: "pkey" }),
            // An index keeps the column names from its creation.
            _ if self.state.were_columns_renamed(source) => return None,
            ConstraintKind::Unique { columns, include, .. } => {
                let labels: Vec<String> = columns.iter().chain(include).cloned().collect();
                return Some(Chosen { addition: Some(added(&labels)), label: "key" });
            }
            ConstraintKind::Exclude { elements } => added(elements),
            ConstraintKind::Check { .. } | ConstraintKind::Foreign(_) | ConstraintKind::NotNull => {
                return None;
            }
        };
        Some(Chosen { addition: Some(addition), label: "excl" })
    }

    /// True if every constraint and index of a table is in the model.
    fn is_wholly_stated(&self, table: &QualifiedName) -> bool {
        let any = Key::TableProperty(table.clone(), crate::catalog::TableProperty::RowSecurity);
        matches!(self.state.definition(&Key::Relation(table.clone())), Some(Definition::Table(_)))
            && !self.state.is_clouded(&any)
    }

    fn has_options(&self, index: &QualifiedName) -> bool {
        let first = Key::TableProperty(index.clone(), crate::catalog::TableProperty::Option(String::new()));
        let of_index = |key: &Key| matches!(key, Key::TableProperty(name, _) if name == index);
        self.state.iter_from(&first).next().is_some_and(|(key, _)| of_index(key))
    }
}

fn added(labels: &[String]) -> String {
    names::addition(names::distinct(labels).iter().map(String::as_str))
}

/// The copy of a NOT VALID constraint is valid: the table is empty.
fn valid(definition: Definition) -> Definition {
    match definition {
        Definition::Constraint(constraint) => Definition::Constraint(Constraint { valid: true, ..constraint }),
        other => other,
    }
}
