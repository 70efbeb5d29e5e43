//! Renames within stored SQL, which the server does by object: columns, the table's own name, types.
//!
//! A column reference in an expression is edited in the text; names that a definition lists (keys, UPDATE OF) are changed in the
//! tree. Names in a subquery are not resolved: then there is no answer.

use crate::chain::scan::scan;
use crate::pg::name::quote_ident;
use crate::sql::nodes::{expression, string};
use crate::sql::parse::{Node, deparse, tree, with_tree};
use crate::sql::walk::{self, Contents, Mention};
use crate::sql::{Expr, Named, Template, TypeName};

/// A new name for some of the identifiers of a mention.
struct Edit {
    /// The byte offset of the mention.
    offset: usize,
    /// The first and the last of its identifiers to be replaced.
    identifiers: (usize, usize),
    new: String,
}

impl Expr {
    /// The expression with a column of its table renamed; none if a subquery may mean another column of that name.
    pub fn rename_column(&self, from: &str, to: &str) -> Option<Self> {
        if !self.columns.iter().any(|column| column == from) {
            return Some(self.clone());
        }
        self.edited(|found| columns(found, from, to))
    }

    /// The expression with its table renamed, if columns are qualified by it or a subquery reads it.
    pub fn rename_table(&self, from: &str, to: &str) -> Option<Self> {
        self.edited(|found| tables(found, from, to))
    }

    pub fn rename_type(&self, from: &Named, to: &Named) -> Option<Self> {
        self.edited(|found| Some(types(found, from, to)))
    }

    fn edited(&self, pick: impl Fn(&Contents) -> Option<Vec<Edit>> + Send + Sync) -> Option<Self> {
        const HEAD: &str = "SELECT ";
        let whole = edited(&format!("{HEAD}{}", self.sql), pick)?;
        with_tree(&whole, |_, tree| match statement(tree)? {
            Node::SelectStmt(select) => match select.target_list.as_slice() {
                [only] => match &only.node {
                    Some(Node::ResTarget(target)) => expression(target.val.as_deref()?),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
        .ok()
        .flatten()
    }
}

impl Template {
    /// The template with a column of the target renamed; none for a view, a rule or a function, and if a subquery may mean
    /// another column of that name.
    pub fn rename_column(&self, from: &str, to: &str) -> Option<Self> {
        self.edited(|found| columns(found, from, to))?.changed(|node| listed_columns(node, from, to))
    }

    /// The template with a table renamed, if columns are qualified by its name, a foreign key references it, or a subquery reads
    /// it.
    pub fn rename_table(&self, from: &str, to: &str) -> Option<Self> {
        self.changed(|node| hangs_on_table(node).then_some(()))?.edited(|found| tables(found, from, to))
    }

    pub fn rename_type(&self, from: &Named, to: &Named) -> Option<Self> {
        self.edited(|found| Some(types(found, from, to)))
    }

    fn edited(&self, pick: impl Fn(&Contents) -> Option<Vec<Edit>> + Send + Sync) -> Option<Self> {
        Self::with_facts(edited(&self.sql, pick)?, self.facts).changed(|_| Some(()))
    }

    /// The template after a change of each of its statements, deparsed again.
    fn changed(&self, change: impl Fn(&mut Node) -> Option<()> + Send + Sync) -> Option<Self> {
        let changed = with_tree(&self.sql, |_, tree| {
            let statements = statements(tree).map(|node| {
                let mut node = node.clone();
                change(&mut node)?;
                deparse(node)
            });
            statements.collect::<Option<Vec<_>>>()
        });
        let changed = changed.ok().flatten().filter(|statements| !statements.is_empty())?;
        Some(Self::with_facts(changed.join("; "), self.facts))
    }
}

impl TypeName {
    #[must_use]
    pub fn rename(&self, from: &Named, to: &Named) -> Self {
        let mut new = self.clone();
        let schemas_agree = self.schema.is_none() || from.schema.is_none() || self.schema == from.schema;
        if self.name == from.name && schemas_agree {
            new.name.clone_from(&to.name);
            new.schema.clone_from(if self.schema.is_some() { &to.schema } else { &None });
        }
        new
    }
}

fn statement(tree: &tree::ParseResult) -> Option<&Node> {
    statements(tree).next()
}

fn statements(tree: &tree::ParseResult) -> impl Iterator<Item = &Node> {
    tree.stmts.iter().filter_map(|statement| statement.stmt.as_deref()?.node.as_ref())
}

/// The text with every edit that `pick` returns.
fn edited(sql: &str, pick: impl Fn(&Contents) -> Option<Vec<Edit>> + Send + Sync) -> Option<String> {
    let edits = with_tree(sql, |_, tree| pick(&walk::contents(tree))).ok().flatten()?;
    let mut places = edits.iter().map(|edit| place(sql, edit)).collect::<Option<Vec<_>>>()?;
    places.sort_unstable_by_key(|(range, _)| std::cmp::Reverse(range.start));
    places.dedup_by(|one, other| one.0 == other.0);
    let mut text = sql.to_owned();
    for (range, new) in places {
        text.replace_range(range, new);
    }
    Some(text)
}

/// The statement with a schema before every unqualified relation of these names.
pub(crate) fn placed(sql: &str, names: &[String], schema: &str) -> Option<String> {
    edited(sql, |found| {
        let edit = |relation: &Mention| match relation.names.as_slice() {
            [name] if names.contains(name) && !found.ctes.contains(name) => {
                let new = format!("{}.{}", quote_ident(schema), quote_ident(name));
                Some(Edit { offset: relation.offset, identifiers: (0, 0), new })
            }
            _ => None,
        };
        Some(found.relations.iter().filter_map(edit).collect())
    })
}

/// The range of an edit's identifiers in the text.
fn place<'a>(sql: &str, edit: &'a Edit) -> Option<(std::ops::Range<usize>, &'a str)> {
    let rest = sql.get(edit.offset..)?;
    let pieces = || scan(rest).filter(|piece| piece.kind.is_code());
    // A dot separates two identifiers.
    let first = pieces().nth(edit.identifiers.0 * 2)?.range;
    let last = pieces().nth(edit.identifiers.1 * 2)?.range;
    Some((edit.offset + first.start..edit.offset + last.end, &edit.new))
}

fn replace(mention: &Mention, identifier: usize, to: &str) -> Edit {
    Edit { offset: mention.offset, identifiers: (identifier, identifier), new: quote_ident(to) }
}

fn columns(found: &Contents, from: &str, to: &str) -> Option<Vec<Edit>> {
    let named = found.columns.iter().filter(|column| column.names.last().is_some_and(|name| name == from));
    let edits: Vec<Edit> = named.map(|column| replace(column, column.names.len() - 1, to)).collect();
    (edits.is_empty() || !found.subqueries).then_some(edits)
}

fn tables(found: &Contents, from: &str, to: &str) -> Option<Vec<Edit>> {
    let qualified = found
        .columns
        .iter()
        .filter(|column| column.names.len().checked_sub(2).is_some_and(|qualifier| column.names[qualifier] == from));
    let mut edits: Vec<Edit> = qualified.map(|column| replace(column, column.names.len() - 2, to)).collect();
    for relation in found.relations.iter().filter(|relation| relation.names.last().is_some_and(|name| name == from)) {
        // Only the caller knows which schema's table a qualified name means.
        if relation.names.len() > 1 {
            return None;
        }
        edits.push(replace(relation, 0, to));
    }
    Some(edits)
}

fn types(found: &Contents, from: &Named, to: &Named) -> Vec<Edit> {
    let edit = |mention: &Mention| {
        let (name, schema) = (mention.names.last()?, mention.names.iter().rev().nth(1));
        let schemas_agree = schema.is_none() || from.schema.is_none() || schema == from.schema.as_ref();
        if *name != from.name || !schemas_agree {
            return None;
        }
        let new = match (&to.schema, schema) {
            (Some(schema), Some(_)) => format!("{}.{}", quote_ident(schema), quote_ident(&to.name)),
            _ => quote_ident(&to.name),
        };
        Some(Edit { offset: mention.offset, identifiers: (0, mention.names.len() - 1), new })
    };
    found.types.iter().filter_map(edit).collect()
}

fn renamed(list: &mut [tree::Node], from: &str, to: &str) {
    for node in list.iter_mut().filter(|node| crate::sql::nodes::text(node) == Some(from)) {
        *node = string(to);
    }
}

/// The constraint of `ALTER TABLE … ADD CONSTRAINT`.
fn constraint(node: &mut Node) -> Option<&mut tree::Constraint> {
    let Node::AlterTableStmt(alter) = node else { return None };
    let Some(Node::AlterTableCmd(command)) = &mut alter.cmds.first_mut()?.node else { return None };
    match &mut command.def.as_deref_mut()?.node {
        Some(Node::Constraint(constraint)) => Some(constraint),
        _ => None,
    }
}

fn hangs_on_table(node: &Node) -> bool {
    matches!(
        node,
        Node::AlterTableStmt(_)
            | Node::IndexStmt(_)
            | Node::CreateTrigStmt(_)
            | Node::CreatePolicyStmt(_)
            | Node::AlterPolicyStmt(_)
            | Node::CreateStatsStmt(_)
    )
}

/// Columns of the target that a definition lists by name.
fn listed_columns(node: &mut Node, from: &str, to: &str) -> Option<()> {
    match node {
        Node::AlterTableStmt(_) => {
            let constraint = constraint(node)?;
            for list in [
                &mut constraint.keys,
                &mut constraint.including,
                &mut constraint.fk_attrs,
                &mut constraint.fk_del_set_cols,
            ] {
                renamed(list, from, to);
            }
            for pair in &mut constraint.exclusions {
                if let Some(Node::List(pair)) = &mut pair.node {
                    rename_keys(&mut pair.items, from, to);
                }
            }
        }
        Node::IndexStmt(index) => {
            rename_keys(&mut index.index_params, from, to);
            rename_keys(&mut index.index_including_params, from, to);
        }
        Node::CreateTrigStmt(trigger) => renamed(&mut trigger.columns, from, to),
        Node::CreateStatsStmt(statistics) => {
            for element in &mut statistics.exprs {
                if let Some(Node::StatsElem(element)) = &mut element.node
                    && element.name == from
                {
                    to.clone_into(&mut element.name);
                }
            }
        }
        Node::CreatePolicyStmt(_) | Node::AlterPolicyStmt(_) => {}
        _ => return None,
    }
    Some(())
}

fn rename_keys(keys: &mut [tree::Node], from: &str, to: &str) {
    for key in keys {
        if let Some(Node::IndexElem(element)) = &mut key.node
            && element.name == from
        {
            to.clone_into(&mut element.name);
        }
    }
}
