//! A long INSERT … VALUES, parsed some rows at a time: only rows that differ in kind are kept as trees.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::alike;
use super::change::{DataAct, Effect};
use super::lower::{self, Lowered};
use crate::chain::scan::{self, Kind};
use crate::sql::holds;
use crate::sql::parse::{self, Node, tree};
use crate::sql::walk;

/// The ranges of such a statement's parts.
struct Layout {
    /// The text up to the word VALUES.
    head: Range<usize>,
    /// The ranges of some rows each, and their numbers of rows.
    portions: Vec<(Range<usize>, usize)>,
    /// ON CONFLICT and RETURNING; empty where nothing follows the rows.
    tail: Range<usize>,
}

/// The statement of a text that is an INSERT of more rows than a portion holds. None if it is anything else, or if the grammar
/// refuses a part of it.
pub(super) fn lower(text: &str, portion: usize) -> Option<Lowered> {
    let layout = Layout::of(text, portion).filter(|layout| layout.portions.len() > 1)?;
    // Such a call is refused with its position in the whole text.
    if holds(text, lower::UNLOCK) {
        return None;
    }
    let mut kept = Kept::default();
    let mut rows = Rows::new(text.len());
    let mut last = None;
    for at in 0..layout.portions.len() {
        let statement = layout.parse(text, at)?;
        let select = values_of(&statement)?;
        rows.push(select)?;
        kept.add(&select.values_lists);
        last = Some(statement);
    }
    let mut statement = last?;
    values_of_mut(&mut statement)?.values_lists = kept.rows;
    let is_even = kept.width == Some(statement.cols.len());
    let code = layout.head.start..layout.tail.end;
    let mut lowered = lower::lower_node(text, &Node::InsertStmt(statement), code);
    // An INSERT that is judged has an effect with rows.
    if let Effect::Data(data) = &mut Arc::make_mut(&mut lowered.nature).effect
        && let (DataAct::Insert { rows: all, stable, .. }, columns) = (&mut data.act, &data.columns)
    {
        *all = rows.text;
        *stable = stable.take().filter(|_| is_even);
        if let (Some((names, picked)), Some(columns)) = (stable, columns) {
            picked.rows = layout.cut(text, &columns.iter().map(|column| names.contains(column)).collect::<Vec<_>>())?;
        }
    }
    Some(lowered)
}

/// The same for rows that are all literals and of one width: the grammar reads the first, and the others add nothing. The rows
/// stay in the text.
pub(super) fn lower_literals(text: &str, portion: usize) -> Option<Lowered> {
    let layout = Layout::of(text, portion).filter(|layout| layout.portions.len() > 1)?;
    if holds(text, lower::UNLOCK) {
        return None;
    }
    let list = layout.head.end..layout.portions.last()?.0.end;
    let width = alike::width_of_all(&text[list.clone()])?;
    let first = row_end(&text[list.clone()])?;
    let part =
        [&text[layout.head.clone()], &text[list.start..list.start + first], &text[layout.tail.clone()]].join(" ");
    let statement = insert_of(&part)?;
    let [Some(Node::List(row))] =
        values_of(&statement)?.values_lists.iter().map(|row| row.node.as_ref()).collect::<Vec<_>>()[..]
    else {
        return None;
    };
    (row.items.len() == width && row.items.iter().all(is_plain)).then_some(())?;
    let lowered = lower::lower_node(text, &Node::InsertStmt(statement), layout.head.start..layout.tail.end);
    let Effect::Data(data) = &lowered.effect else { return None };
    let is_left = matches!(&data.act, DataAct::Insert { rows, picked: None, stable: None, .. } if are_literals(rows));
    is_left.then_some(lowered)
}

/// The end of the first row in a list of literals.
fn row_end(list: &str) -> Option<usize> {
    let mut pieces = scan::scan(list);
    pieces.find(|piece| piece.kind == Kind::Symbol && &list[piece.range.clone()] == ")").map(|piece| piece.range.end)
}

/// The INSERT of a text that contains nothing else.
fn insert_of(text: &str) -> Option<Box<tree::InsertStmt>> {
    let statement = parse::with_tree(text, |_, tree| match tree.stmts.as_slice() {
        [only] => match only.stmt.as_deref()?.node.as_ref()? {
            Node::InsertStmt(statement) => Some(statement.clone()),
            _ => None,
        },
        _ => None,
    });
    statement.ok().flatten()
}

impl Layout {
    fn of(text: &str, portion: usize) -> Option<Self> {
        let mut code = scan::scan(text).filter(|piece| piece.kind.is_code()).peekable();
        let word = |piece: &scan::Piece| (piece.kind == Kind::Word).then(|| &text[piece.range.clone()]);
        let is = |piece: &scan::Piece, wanted: &str| word(piece).is_some_and(|word| word.eq_ignore_ascii_case(wanted));
        let first = code.next().filter(|first| is(first, "insert"))?;
        let mut depth = 0usize;
        let values = code.find(|piece| {
            depth = depth_behind(depth, &text[piece.range.clone()]);
            depth == 0 && is(piece, "values")
        })?;
        let (mut portions, mut open, mut count) = (Vec::new(), None, 0);
        let mut end;
        loop {
            let row = code.next_if(|piece| &text[piece.range.clone()] == "(")?;
            let start: usize = *open.get_or_insert(row.range.start);
            let mut depth = 1usize;
            let closed = code.find(|piece| {
                depth = depth_behind(depth, &text[piece.range.clone()]);
                depth == 0
            })?;
            (end, count) = (closed.range.end, count + 1);
            let goes_on = code.next_if(|piece| &text[piece.range.clone()] == ",").is_some();
            if !goes_on || end - start >= portion {
                portions.push((start..end, count));
                (open, count) = (None, 0);
            }
            if !goes_on {
                break;
            }
        }
        let is_end = |piece: &scan::Piece| &text[piece.range.clone()] == ";";
        let mut tail = end..end;
        if let Some(next) = code.next_if(|piece| !is_end(piece)) {
            // Any other word makes the rows a different query.
            if !is(&next, "on") && !is(&next, "returning") {
                return None;
            }
            let last = std::iter::from_fn(|| code.next_if(|piece| !is_end(piece))).last();
            tail = next.range.start..last.map_or(next.range.end, |last| last.range.end);
        }
        if !code.all(|piece| is_end(&piece)) {
            return None;
        }
        Some(Self { head: first.range.start..values.range.end, portions, tail })
    }

    /// The statement with some of its rows; the tail follows the last rows only.
    fn parse(&self, text: &str, at: usize) -> Option<Box<tree::InsertStmt>> {
        let (rows, count) = self.portions[at].clone();
        let tail = if at + 1 == self.portions.len() { self.tail.clone() } else { 0..0 };
        let part = [&text[self.head.clone()], &text[rows], &text[tail]].join(" ");
        let statement = insert_of(&part)?;
        (values_of(&statement)?.values_lists.len() == count).then_some(statement)
    }

    /// The rows with only the columns that `keeps` marks, as a query.
    fn cut(&self, text: &str, keeps: &[bool]) -> Option<String> {
        let mut rows = Rows::new(0);
        for at in 0..self.portions.len() {
            let mut statement = self.parse(text, at)?;
            let select = values_of_mut(&mut statement)?;
            for row in &mut select.values_lists {
                let Some(Node::List(list)) = &mut row.node else { return None };
                let mut keeps = keeps.iter();
                list.items.retain(|_| keeps.next().copied().unwrap_or_default());
            }
            rows.push(select)?;
        }
        Some(rows.text)
    }
}

/// True if rows contain only literals.
pub(super) fn are_literals(rows: &str) -> bool {
    let Some(rows) = rows.strip_prefix(VALUES) else { return false };
    let is_literal = |piece: scan::Piece| {
        let text = &rows[piece.range];
        match piece.kind {
            Kind::String | Kind::Space => true,
            Kind::Word => {
                let is = |word: &str| text.eq_ignore_ascii_case(word);
                text.bytes().all(|byte| byte.is_ascii_digit()) || is("null") || is("true") || is("false")
            }
            Kind::Symbol => matches!(text, "(" | ")" | "," | "." | "-" | "+"),
            Kind::LineComment | Kind::BlockComment | Kind::Dollar | Kind::Name => false,
        }
    };
    scan::scan(rows).all(is_literal)
}

fn depth_behind(depth: usize, piece: &str) -> usize {
    match piece {
        "(" => depth + 1,
        ")" => depth.saturating_sub(1),
        _ => depth,
    }
}

fn values_of(statement: &tree::InsertStmt) -> Option<&tree::SelectStmt> {
    match statement.select_stmt.as_deref()?.node.as_ref()? {
        Node::SelectStmt(select) if select.with_clause.is_none() => Some(select),
        _ => None,
    }
}

fn values_of_mut(statement: &mut tree::InsertStmt) -> Option<&mut tree::SelectStmt> {
    match statement.select_stmt.as_deref_mut()?.node.as_mut()? {
        Node::SelectStmt(select) => Some(select),
        _ => None,
    }
}

/// The rows as one query.
struct Rows {
    text: String,
}

const VALUES: &str = "VALUES ";

impl Rows {
    fn new(size: usize) -> Self {
        Self { text: String::with_capacity(size) }
    }

    fn push(&mut self, select: &tree::SelectStmt) -> Option<()> {
        let part = parse::deparse(Node::SelectStmt(Box::new(select.clone())))?;
        let rows = part.strip_prefix(VALUES)?;
        self.text.push_str(if self.text.is_empty() { VALUES } else { ", " });
        self.text.push_str(rows);
        Some(())
    }
}

/// The rows that represent all others: the first, and one of each kind that contains more than plain values.
#[derive(Default)]
struct Kept {
    rows: Vec<tree::Node>,
    kinds: HashSet<String>,
    /// The number of values of each row; none if the rows differ.
    width: Option<usize>,
}

impl Kept {
    fn add(&mut self, rows: &[tree::Node]) {
        for row in rows {
            let values = match &row.node {
                Some(Node::List(list)) => list.items.as_slice(),
                _ => &[],
            };
            let is_first = self.rows.is_empty();
            self.width = Some(values.len()).filter(|width| is_first || self.width == Some(*width));
            let is_new = !values.iter().all(is_plain) && self.kinds.insert(kind(values));
            if is_first || is_new {
                self.rows.push(row.clone());
            }
        }
    }
}

/// True if a value names nothing and calls nothing.
fn is_plain(value: &tree::Node) -> bool {
    match &value.node {
        Some(Node::AConst(_)) => true,
        Some(Node::TypeCast(cast)) => cast.arg.as_deref().is_some_and(is_plain),
        Some(Node::AArrayExpr(array)) => array.elements.iter().all(is_plain),
        _ => false,
    }
}

/// The names and calls in a row's values, each with its position.
fn kind(values: &[tree::Node]) -> String {
    let of_value = |value: &tree::Node| {
        let mut found = walk::contents(value);
        found.calls.iter_mut().for_each(|call| call.offset = 0);
        let mentions = [&mut found.columns, &mut found.relations, &mut found.types];
        mentions.into_iter().flatten().for_each(|mention| mention.offset = 0);
        format!("{found:?}")
    };
    values.iter().map(of_value).collect()
}
