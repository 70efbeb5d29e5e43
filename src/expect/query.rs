//! A table that a query makes: its columns have the types that the query gives them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::model::Model;
use super::state::Expected;
use crate::catalog::{Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::change::{Named, NewTableAs, Source, SourceColumn, Template, names_in};

impl Model<'_> {
    /// Its columns, where the text tells their names and the chain has made all that the query reads. They hold anything, and
    /// have no default.
    pub(super) fn queried_columns(&mut self, table: &QualifiedName, new: &NewTableAs) {
        let (Some(names), Some(sources)) = (&new.names, self.sources(new)) else { return };
        let Some(build) = Template::table_of(&sources, &new.query, &new.columns).map(Arc::new) else { return };
        for column in names {
            let (build, path) = (Arc::clone(&build), self.path.clone());
            self.create(
                Key::Column(table.clone(), column.clone()),
                Definition::Queried { build, column: column.clone(), path },
            );
            self.create(Key::NotNull(table.clone(), column.clone()), Definition::NotNull(false));
            self.create(Key::Default(table.clone(), column.clone()), Definition::Default(None));
        }
    }

    /// The tables that a query reads, with the columns that it names; none where one is not the chain's.
    fn sources(&self, new: &NewTableAs) -> Option<Vec<Source>> {
        let is_chains = new.calls.iter().any(|call| self.bodies.contains_key(&call.name));
        let words: BTreeSet<String> = names_in(&new.query).collect();
        let is_named = |column: &str| new.query.contains('*') || words.contains(column);
        let source = |named: &Named| {
            let name = self.relation(named);
            let is_table = matches!(self.state.definition(&Key::Relation(name.clone())), Some(Definition::Table(_)));
            (named.schema.is_none() && is_table).then(|| self.source(&name, &is_named))
        };
        if is_chains { None } else { new.reads.iter().map(source).collect() }
    }

    fn source(&self, table: &QualifiedName, is_named: &dyn Fn(&str) -> bool) -> Source {
        let mut source = Source { name: table.name.clone(), columns: Vec::new() };
        for key in self.state.on(table) {
            let Key::Column(_, name) = &key else { continue };
            let value = match self.state.get(&key) {
                Some(Expected::Present(definition)) => &**definition,
                _ => continue,
            };
            if !is_named(name) {
                continue;
            }
            let made = match value {
                Definition::Column(column) => SourceColumn::Typed(column.type_.clone()),
                Definition::Queried { build, column, .. } => SourceColumn::Queried(Arc::clone(build), column.clone()),
                _ => continue,
            };
            source.columns.push((name.clone(), made));
        }
        source
    }
}
