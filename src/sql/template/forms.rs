//! Small questions about stored SQL, and SQL for objects without a statement of their own.

use crate::pg::name::quote_ident;
use crate::sql::{Expr, Template, TypeName, names_in, words_in};

impl Expr {
    /// True for `DEFAULT NULL`, which is the same as no default.
    pub fn is_null(&self) -> bool {
        self.sql.eq_ignore_ascii_case("null")
    }

    /// True if one of its words is this name, also in its strings (`nextval('s')`).
    pub fn mentions(&self, name: &str) -> bool {
        names_in(&self.sql).any(|word| word == name)
    }
}

impl Template {
    /// `ALTER TABLE {target} ADD CONSTRAINT {name} UNIQUE (…)`, or PRIMARY KEY.
    pub fn unique(primary: bool, columns: &[String]) -> Self {
        let words = if primary { "PRIMARY KEY" } else { "UNIQUE" };
        let columns: Vec<String> = columns.iter().map(|name| quote_ident(name)).collect();
        let (target, name) = (quote_ident(Self::TARGET), quote_ident(Self::NAME));
        Self::plain(format!("ALTER TABLE {target} ADD CONSTRAINT {name} {words} ({})", columns.join(", ")))
    }

    /// `ALTER TABLE {target} ADD CONSTRAINT {name} CHECK (…)`.
    pub fn check(expr: &Expr) -> Self {
        let (target, name) = (quote_ident(Self::TARGET), quote_ident(Self::NAME));
        Self::plain(format!("ALTER TABLE {target} ADD CONSTRAINT {name} CHECK ({})", expr.sql))
    }

    /// An index over the keys in parentheses.
    pub fn index_over(keys: &str) -> Self {
        let (target, name) = (quote_ident(Self::TARGET), quote_ident(Self::NAME));
        Self::plain(format!("CREATE INDEX {name} ON {target} USING btree {keys}"))
    }

    /// The statement that creates an object, followed by one that alters it.
    pub fn then(&self, alter: &Self) -> Self {
        Self::with_facts(format!("{}; {}", self.sql, alter.sql), self.facts.altered())
    }

    /// `ALTER DOMAIN {name} RENAME CONSTRAINT … TO …`
    pub fn rename_domain_constraint(from: &str, to: &str) -> Self {
        let name = quote_ident(Self::NAME);
        Self::plain(format!("ALTER DOMAIN {name} RENAME CONSTRAINT {} TO {}", quote_ident(from), quote_ident(to)))
    }

    /// True if one of its words is this name, which may or may not be a column.
    pub fn mentions(&self, name: &str) -> bool {
        words_in(&self.sql).any(|word| word == name)
    }

    /// The text after an index's table, as the server writes it in the simplest cases.
    pub fn after_table(&self) -> Option<&str> {
        self.sql.find(" USING ").map(|at| &self.sql[at + 1..])
    }
}

impl TypeName {
    /// The type as SQL.
    pub fn sql(&self) -> String {
        let mut sql = match self.word() {
            Some(word) => word.to_owned(),
            None => {
                self.schema.as_ref().map(|schema| quote_ident(schema) + ".").unwrap_or_default()
                    + &quote_ident(&self.name)
            }
        };
        if !self.modifiers.is_empty() {
            sql += &format!("({})", self.modifiers.join(", "));
        }
        if self.is_array { sql + "[]" } else { sql }
    }
}
