//! A table that a query makes: its columns have the types that the query gives them.

use super::model::Model;
use super::state::Expected;
use crate::catalog::{Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::change::{Named, NewTableAs, Source, SourceColumn, Template};

impl Model<'_> {
    /// Its columns, where the text tells their names and the chain has made all that the query reads. They hold anything, and
    /// have no default.
    pub(super) fn queried_columns(&mut self, table: &QualifiedName, new: &NewTableAs) {
        let (Some(names), Some(sources)) = (&new.names, self.sources(new)) else { return };
        let build = Template::table_of(&sources, &new.query, &new.columns);
        for column in names {
            let (build, path) = (build.clone(), self.path.clone());
            self.create(
                Key::Column(table.clone(), column.clone()),
                Definition::Queried { build, column: column.clone(), path },
            );
            self.create(Key::NotNull(table.clone(), column.clone()), Definition::NotNull(false));
            self.create(Key::Default(table.clone(), column.clone()), Definition::Default(None));
        }
    }

    /// What makes copies of the tables that a query reads, and what takes them away; none where one is not the chain's.
    fn sources(&self, new: &NewTableAs) -> Option<Vec<Source>> {
        let is_chains = new.calls.iter().any(|call| self.bodies.contains_key(&call.name));
        let query = new.view();
        let source = |named: &Named| {
            let name = self.relation(named);
            let is_table = matches!(self.state.definition(&Key::Relation(name.clone())), Some(Definition::Table(_)));
            (named.schema.is_none() && is_table).then(|| self.source(&name, &query))
        };
        if is_chains { None } else { new.reads.iter().map(source).collect() }
    }

    fn source(&self, table: &QualifiedName, query: &Template) -> Source {
        let mut source = Source { name: table.name.clone(), columns: Vec::new() };
        for key in self.state.on(table) {
            let Key::Column(_, name) = &key else { continue };
            let value = match self.state.get(&key) {
                Some(Expected::Present(definition)) => &**definition,
                _ => continue,
            };
            if !query.has_star() && !query.mentions(name) {
                continue;
            }
            let made = match value {
                Definition::Column(column) => SourceColumn::Typed(column.type_.clone()),
                Definition::Queried { build, column, .. } => SourceColumn::Queried(build.clone(), column.clone()),
                _ => continue,
            };
            source.columns.push((name.clone(), made));
        }
        source
    }
}
