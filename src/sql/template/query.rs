//! SQL that creates the table of a query again, beside the existing one: empty, and over empty copies of the tables that the
//! query reads.

use std::sync::Arc;

use super::Facts;
use crate::pg::name::quote_ident;
use crate::sql::{Template, TypeName};

/// The limit in bytes. A table from a query over tables from queries contains the SQL of those too, recursively.
const MOST: usize = 32 * 1024;

/// A table that a query reads, with the columns that the query names.
pub struct Source {
    pub name: String,
    pub columns: Vec<(String, SourceColumn)>,
}

pub enum SourceColumn {
    Typed(TypeName),
    /// The column of that name in a table that a query created.
    Queried(Arc<Template>, String),
}

impl Template {
    /// `CREATE TABLE {name} (columns) AS query`, for a search_path that begins with the temporary schema; none if it would be too
    /// long.
    pub fn table_of(sources: &[Source], query: &str, columns: &[String]) -> Option<Self> {
        let mut made: Vec<&Self> = Vec::new();
        let copies: Vec<String> = sources.iter().map(|source| copy(source, &mut made)).collect();
        let mut steps: Vec<String> =
            made.iter().enumerate().map(|(number, build)| build.fill(&queried(number), "")).collect();
        steps.extend(copies);
        steps.push(format!("CREATE TABLE {} AS {query} WITH NO DATA", Self::headed(columns)));
        let copies = sources.iter().map(|source| temporary(&source.name));
        let gone: Vec<String> = copies.chain((0..made.len()).map(queried)).collect();
        if !gone.is_empty() {
            steps.push(format!("DROP TABLE {}", gone.join(", ")));
        }
        let length: usize = steps.iter().map(String::len).sum();
        (length <= MOST).then(|| Self::plain(steps.join("; ")))
    }
}

fn temporary(name: &str) -> String {
    format!("pg_temp.{}", quote_ident(name))
}

/// The name of a table of which only columns are read.
fn queried(number: usize) -> String {
    temporary(&format!("lockgate query {number}"))
}

fn copy<'a>(source: &'a Source, made: &mut Vec<&'a Template>) -> String {
    let columns = source.columns.iter().map(|(name, column)| {
        let value = match column {
            SourceColumn::Typed(type_) => format!("NULL::{}", type_.sql()),
            SourceColumn::Queried(build, column) => {
                let number = made.iter().position(|other| **other == **build).unwrap_or_else(|| {
                    made.push(build);
                    made.len() - 1
                });
                format!("(SELECT {} FROM {})", quote_ident(column), queried(number))
            }
        };
        format!("{value} AS {}", quote_ident(name))
    });
    let columns: Vec<String> = columns.collect();
    format!("CREATE TABLE {} AS SELECT {} WITH NO DATA", temporary(&source.name), columns.join(", "))
}

impl Template {
    /// `CREATE VIEW {name} (columns) AS query`: the columns of a table or view that a query creates.
    pub(crate) fn view_of(query: &str, columns: &[String], facts: Facts) -> Self {
        Self::with_facts(format!("CREATE VIEW {} AS {query}", Self::headed(columns)), facts)
    }

    /// `{name} (columns)`, without parentheses if no columns are given.
    fn headed(columns: &[String]) -> String {
        let quoted: Vec<String> = columns.iter().map(|name| quote_ident(name)).collect();
        let list = if quoted.is_empty() { String::new() } else { format!(" ({})", quoted.join(", ")) };
        format!("{}{list}", quote_ident(Self::NAME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_made_of_each_other_are_told_as_long_as_that_is_short() {
        let column = |from: Option<Arc<Template>>| match from {
            None => SourceColumn::Typed(TypeName { name: "text".to_owned(), ..TypeName::default() }),
            Some(build) => SourceColumn::Queried(build, "a".to_owned()),
        };
        let source = |from| Source { name: "t".to_owned(), columns: vec![("a".to_owned(), column(from))] };
        let (mut last, mut before) = (None, None);
        let made = (0..1000).take_while(|_| {
            let made = Template::table_of(&[source(last.clone()), source(before.clone())], "SELECT a FROM t, s", &[]);
            before = std::mem::replace(&mut last, made.map(Arc::new));
            last.is_some()
        });

        assert!((5..50).contains(&made.count()));
    }
}
