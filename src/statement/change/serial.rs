//! The meaning of `serial` (PostgreSQL documentation, 8.1.4).

use super::NewTableAs;
use crate::sql::{Template, TypeName};

/// The integer type of a serial, and the sequence that is created for it.
pub fn serial(type_: &TypeName) -> Option<(TypeName, Template)> {
    let (name, words) = match type_.name.as_str() {
        "serial" | "serial4" => ("int4", "integer"),
        "bigserial" | "serial8" => ("int8", "bigint"),
        "smallserial" | "serial2" => ("int2", "smallint"),
        _ => return None,
    };
    let type_ = TypeName { schema: Some("pg_catalog".to_owned()), name: name.to_owned(), ..type_.clone() };
    Some((type_, Template::plain(format!("CREATE SEQUENCE \"{}\" AS {words}", Template::NAME))))
}

impl NewTableAs {
    /// A view over the query, for comparison with the definition of the materialized view.
    pub fn view(&self) -> Template {
        Template::view_of(&self.query, &self.columns, self.query_facts)
    }
}
