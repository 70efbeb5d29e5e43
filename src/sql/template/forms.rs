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
        Self(format!("ALTER TABLE {target} ADD CONSTRAINT {name} {words} ({})", columns.join(", ")))
    }

    /// `ALTER TABLE {target} ADD CONSTRAINT {name} CHECK (…)`.
    pub fn check(expr: &Expr) -> Self {
        let (target, name) = (quote_ident(Self::TARGET), quote_ident(Self::NAME));
        Self(format!("ALTER TABLE {target} ADD CONSTRAINT {name} CHECK ({})", expr.sql))
    }

    /// An index over the keys in parentheses.
    pub fn index_over(keys: &str) -> Self {
        let (target, name) = (quote_ident(Self::TARGET), quote_ident(Self::NAME));
        Self(format!("CREATE INDEX {name} ON {target} USING btree {keys}"))
    }

    /// The statement that creates an object, followed by one that alters it.
    pub fn then(&self, alter: &Self) -> Self {
        Self(format!("{}; {}", self.0, alter.0))
    }

    /// True if it alters the object after creating it.
    pub fn is_altered(&self) -> bool {
        self.0.contains("; ALTER ")
    }

    /// `ALTER DOMAIN {name} RENAME CONSTRAINT … TO …`
    pub fn rename_domain_constraint(from: &str, to: &str) -> Self {
        let name = quote_ident(Self::NAME);
        Self(format!("ALTER DOMAIN {name} RENAME CONSTRAINT {} TO {}", quote_ident(from), quote_ident(to)))
    }

    /// True if a function takes a setting from the session that creates it.
    pub fn takes_from_session(&self, setting: &str) -> bool {
        self.0.contains(&format!("SET {setting} FROM CURRENT"))
    }

    /// True if a literal means the time at which it is read (PostgreSQL documentation 8.5.1.4): a view over `'now'::timestamp`
    /// keeps the time of its creation.
    pub fn holds_a_moment(&self) -> bool {
        let text = self.0.to_lowercase();
        ["'now'", "'today'", "'tomorrow'", "'yesterday'"].iter().any(|literal| text.contains(literal))
    }

    /// True if one of its words is this name, which may or may not be a column.
    pub fn mentions(&self, name: &str) -> bool {
        words_in(&self.0).any(|word| word == name)
    }

    /// True if a view may read all columns of a relation.
    pub fn has_star(&self) -> bool {
        self.0.contains('*')
    }

    /// The text after an index's table, as the server writes it in the simplest cases.
    pub fn after_table(&self) -> Option<&str> {
        self.0.find(" USING ").map(|at| &self.0[at + 1..])
    }

    /// True if an index may have more than plain columns.
    pub fn has_expression(&self) -> bool {
        let keys = self.0.split_once(" USING ").map_or(self.0.as_str(), |(_, keys)| keys);
        keys.matches('(').count() > 1 || keys.contains(" WHERE ")
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
