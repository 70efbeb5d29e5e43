//! Publications, and the tables in them.

use std::sync::Arc;

use super::model::Model;
use super::state::Expected;
use crate::catalog::{self, Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::{Expr, Template};
use crate::statement::change::{PublicationAct, PublicationOptions, Published, PublishedTable};

/// The acts that are published by default (PostgreSQL documentation, CREATE PUBLICATION).
const ACTS: [&str; 4] = ["delete", "insert", "truncate", "update"];

impl Model<'_> {
    pub(super) fn create_publication(
        &mut self,
        name: &str,
        all_tables: bool,
        published: &[Published],
        options: &PublicationOptions,
    ) {
        let mut publication = catalog::Publication {
            all_tables,
            schemas: Vec::new(),
            acts: ACTS.map(str::to_owned).to_vec(),
            via_root: false,
            generated: false,
        };
        set_options(&mut publication, options);
        self.add_schemas(&mut publication, published);
        self.create(Key::Publication(name.to_owned()), Definition::Publication(publication));
        for (key, definition) in self.tables_in(name, published) {
            self.create(key, definition);
        }
    }

    pub(super) fn alter_publication(&mut self, name: &str, act: &PublicationAct) {
        let key = Key::Publication(name.to_owned());
        self.need(key.clone());
        let changed = |model: &mut Self, change: &dyn Fn(&mut Self, &mut catalog::Publication)| match model
            .state
            .definition(&key)
            .cloned()
        {
            Some(Definition::Publication(mut publication)) => {
                change(model, &mut publication);
                model.set(key.clone(), Definition::Publication(publication));
            }
            _ => model.value(key.clone(), Expected::Unknown),
        };
        let has_schemas = |published: &[Published]| published.iter().any(|one| matches!(one, Published::Schema(_)));
        match act {
            PublicationAct::SetOptions(options) => changed(self, &|_, publication| set_options(publication, options)),
            PublicationAct::Add(published) => {
                if has_schemas(published) {
                    changed(self, &|model, publication| model.add_schemas(publication, published));
                }
                for (key, definition) in self.tables_in(name, published) {
                    self.create(key, definition);
                }
            }
            PublicationAct::Drop(published) => {
                if has_schemas(published) {
                    changed(self, &|model, publication| {
                        let gone = model.schemas(published);
                        publication.schemas.retain(|schema| !gone.contains(schema));
                    });
                }
                for (key, _) in self.tables_in(name, published) {
                    self.drop_alone(key);
                }
            }
            PublicationAct::Set(published) => {
                changed(self, &|model, publication| {
                    publication.schemas.clear();
                    model.add_schemas(publication, published);
                });
                let wanted = self.tables_in(name, published);
                for key in self.tables_of(name) {
                    if !wanted.iter().any(|(one, _)| *one == key) {
                        self.drop_alone(key);
                    }
                }
                for (key, definition) in wanted {
                    self.replace(key, definition);
                }
            }
        }
    }

    /// The tables that a publication is known to contain.
    pub(super) fn tables_of(&self, publication: &str) -> Vec<Key> {
        self.state
            .keys(|key, value| matches!(key, Key::Published(of, _) if of == publication) && *value != Expected::Absent)
    }

    /// Removes a dropped schema from its publications.
    pub(super) fn unpublish_schema(&mut self, gone: &str) {
        let publishes = |_: &Key, value: &Expected| matches!(value.shape(), Some(Definition::Publication(one)) if one.schemas.iter().any(|schema| schema == gone));
        for key in self.state.keys(publishes) {
            self.reshape(key, |definition| match definition {
                Definition::Publication(publication) => {
                    let mut publication = publication.clone();
                    publication.schemas.retain(|schema| schema != gone);
                    Some(Definition::Publication(publication))
                }
                _ => None,
            });
        }
    }

    fn schemas(&self, published: &[Published]) -> Vec<String> {
        let schema = |one: &Published| match one {
            Published::Table(_) => None,
            Published::Schema(Some(schema)) => Some(schema.clone()),
            Published::Schema(None) => self.path.first().cloned(),
        };
        published.iter().filter_map(schema).collect()
    }

    fn add_schemas(&mut self, publication: &mut catalog::Publication, published: &[Published]) {
        for schema in self.schemas(published) {
            self.need(Key::Schema(schema.clone()));
            publication.schemas.push(schema);
        }
        publication.schemas.sort();
        publication.schemas.dedup();
    }

    fn tables_in(&mut self, publication: &str, published: &[Published]) -> Vec<(Key, Definition)> {
        let mut all = Vec::new();
        for one in published {
            let Published::Table(PublishedTable { name, only, columns, filter }) = one else { continue };
            let table = self.relation(name);
            self.need(Key::Relation(table.clone()));
            self.need_columns(&table, columns.as_deref().unwrap_or_default());
            let mut columns = columns.clone();
            columns.iter_mut().for_each(|columns| columns.sort());
            let filter = filter.as_ref().map(|filter| Arc::new(self.filter(filter)));
            let definition = Definition::Published(catalog::Published { columns, filter });
            let tables = if *only { vec![table] } else { self.published(&table) };
            let key = |table| Key::Published(publication.to_owned(), table);
            all.extend(tables.into_iter().map(|table| (key(table), definition.clone())));
        }
        all
    }

    /// The tables that are published with a table: those that inherit from it, without partitions.
    fn published(&self, table: &QualifiedName) -> Vec<QualifiedName> {
        self.family(table).into_iter().filter(|one| one == table || !self.is_partition(one)).collect()
    }

    fn filter(&self, filter: &Expr) -> Definition {
        Definition::Constraint(catalog::Constraint {
            kind: catalog::ConstraintKind::Check { no_inherit: false },
            build: Template::check(filter),
            valid: true,
            deferrable: false,
            initially_deferred: false,
            columns: filter.columns.clone(),
            path: self.path.clone(),
            since: Vec::new(),
        })
    }
}

fn set_options(publication: &mut catalog::Publication, options: &PublicationOptions) {
    let PublicationOptions { acts, via_root, generated } = options;
    if let Some(acts) = acts {
        publication.acts.clone_from(acts);
    }
    publication.via_root = via_root.unwrap_or(publication.via_root);
    publication.generated = generated.unwrap_or(publication.generated);
}
