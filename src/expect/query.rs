//! A table that a query creates: its columns have the types that the query returns.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::model::Model;
use crate::catalog::{Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::{Named, Source, SourceColumn, Template, names_in};
use crate::statement::change::NewTableAs;

impl Model<'_> {
    /// Adds the columns, if the text tells their names and the chain created all relations of the query. They allow any value,
    /// and have no default.
    pub(super) fn queried_columns(&mut self, table: &QualifiedName, new: &NewTableAs) {
        let Some(names) = &new.names else { return };
        let Some(sources) = self.sources(new) else { return };
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

    /// The tables that a query reads, with the columns that it names; none if one is not the chain's.
    fn sources(&self, new: &NewTableAs) -> Option<Vec<Source>> {
        if new.calls.iter().any(|call| self.bodies.contains_key(&call.name)) {
            return None;
        }
        let words: BTreeSet<String> = names_in(&new.query).collect();
        let is_named = |column: &str| new.query.contains('*') || words.contains(column);
        let source = |named: &Named| {
            let name = self.relation(named);
            let is_table = matches!(self.state.definition(&Key::Relation(name.clone())), Some(Definition::Table(_)));
            (named.schema.is_none() && is_table).then(|| self.source(&name, is_named))
        };
        new.reads.iter().map(source).collect()
    }

    fn source(&self, table: &QualifiedName, is_named: impl Fn(&str) -> bool) -> Source {
        let column = |key: Key| {
            let Key::Column(_, name) = &key else { return None };
            let column = match self.state.definition(&key).filter(|_| is_named(name))? {
                Definition::Column(column) => SourceColumn::Typed(column.type_.clone()),
                Definition::Queried { build, column, .. } => SourceColumn::Queried(Arc::clone(build), column.clone()),
                _ => return None,
            };
            Some((name.clone(), column))
        };
        Source { name: table.name.clone(), columns: self.state.on(table).into_iter().filter_map(column).collect() }
    }
}
