//! Statements on data: their reads and writes, and the parts of a question about them.

use crate::pg::name::quote_ident;
use crate::sql::Named;
use crate::sql::nodes::{calls, column_names, expression_sql, inner, named, not_empty, once, string, wrap};
use crate::sql::parse::{Node, deparse, tree};
use crate::sql::walk::{self, Contents};
use crate::statement::change::{Data, DataAct, Picked};

/// Everything except the act and the columns.
pub(super) fn base(node: &Node, act: DataAct, writes: Vec<Named>) -> Data {
    let found = walk::contents(node);
    Data {
        unaskable: unaskable(&found, &writes),
        reads: read_relations(&found),
        column_refs: once(column_names(&found.columns).into_iter().chain(whole_row(&found))),
        calls: calls(&found.calls),
        as_text: Vec::new(),
        act,
        writes,
        columns: None,
        repeatable: false,
        skips_conflicts: false,
    }
}

/// `*` if it means the columns of a relation.
fn whole_row(found: &Contents) -> Option<String> {
    let is_whole = |column: &walk::Mention| column.names.last().is_some_and(|name| name == "*");
    found.columns.iter().any(is_whole).then(|| "*".to_owned())
}

/// The relations that are read. The target of a write is mentioned once more than it is read.
fn read_relations(found: &Contents) -> Vec<Named> {
    let mut only_read = Contents { ctes: found.ctes.clone(), ..Contents::default() };
    let read = found.relations.iter().enumerate().filter(|(at, _)| !found.written.contains(at));
    only_read.relations = read.map(|(_, relation)| relation.clone()).collect();
    super::view::reads(&only_read)
}

/// Functions whose answer differs each time, or that change something.
const RESTLESS: [&str; 20] = [
    "now",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
    "random",
    "random_normal",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "nextval",
    "setval",
    "currval",
    "lastval",
    "txid_current",
    "pg_current_xact_id",
    "gen_random_bytes",
];

pub(super) fn unaskable(found: &Contents, writes: &[Named]) -> Option<String> {
    if let Some(call) = found.calls.iter().find(|call| RESTLESS.contains(&call.name.as_str())) {
        return Some(format!("{}() answers otherwise each time", call.name));
    }
    if found.clock {
        return Some("it reads the clock".to_owned());
    }
    if found.written.len() > 1 {
        return Some("a WITH in it writes".to_owned());
    }
    if found.default {
        return Some("DEFAULT is among its values".to_owned());
    }
    let of_system = |name: &&Named| matches!(name.schema.as_deref(), Some("pg_catalog" | "information_schema"));
    writes.iter().find(of_system).map(|name| format!("it writes to {}", name.name))
}

pub(super) fn insert(node: &Node, s: &tree::InsertStmt) -> Option<Data> {
    let relation = s.relation.as_ref()?;
    let target = named(relation);
    let rows = match inner(&s.select_stmt) {
        Some(Node::SelectStmt(select)) => {
            let mut query = select.clone();
            if s.with_clause.is_some() {
                query.with_clause.clone_from(&s.with_clause);
            }
            deparse(Node::SelectStmt(query))?
        }
        _ => String::new(),
    };
    let found = walk::contents(node);
    let defaults = found.default || rows.is_empty();
    let columns: Vec<String> = s.cols.iter().filter_map(assigned).collect();
    let picked = match inner(&s.select_stmt) {
        Some(Node::SelectStmt(select)) if s.with_clause.is_none() => picked(select),
        _ => None,
    };
    let is_anew = unaskable(&found, &[]).is_some();
    let stable = match inner(&s.select_stmt) {
        Some(Node::SelectStmt(select)) if is_anew && s.with_clause.is_none() && not_comparable(s, false).is_none() => {
            stable(&columns, select)
        }
        _ => None,
    };
    let mut data = base(node, DataAct::Insert { rows, in_text: false, defaults, picked, stable }, vec![target.clone()]);
    data.column_refs = once(columns.iter().cloned().chain(data.column_refs));
    data.columns = (!columns.is_empty()).then_some(columns);
    data.skips_conflicts = does_nothing(s);
    data.repeatable = data.skips_conflicts && names_its_key(s, data.columns.as_deref()) || excludes_itself(s, &target);
    if data.unaskable.is_none() {
        data.unaskable = not_comparable(s, defaults);
    }
    Some(data)
}

/// The rows of a plain SELECT without its values. An unknown function may be an aggregate, which returns a row for no row.
fn picked(select: &tree::SelectStmt) -> Option<Picked> {
    let values = select.target_list.iter().flat_map(|target| walk::contents(target).calls);
    let is_plain = select.op() == tree::SetOperation::SetopNone && select.values_lists.is_empty();
    if !is_plain
        || select.limit_count.is_some()
        || !values.into_iter().all(|call| RESTLESS.contains(&call.name.as_str()))
    {
        return None;
    }
    let rows = tree::SelectStmt {
        target_list: Vec::new(),
        distinct_clause: Vec::new(),
        sort_clause: Vec::new(),
        ..select.clone()
    };
    let node = Node::SelectStmt(Box::new(rows));
    let found = walk::contents(&wrap(node.clone()));
    unaskable(&found, &[]).is_none().then_some(())?;
    Some(Picked { rows: deparse(node)?, calls: calls(&found.calls) })
}

/// The columns whose values are the same each time, and the rows cut to them; none if all are, or if the rows cannot be cut.
fn stable(columns: &[String], select: &tree::SelectStmt) -> Option<(Vec<String>, Picked)> {
    let is_anew = |value: &tree::Node| unaskable(&walk::contents(value), &[]).is_some();
    let rows: Vec<&[tree::Node]> = if select.values_lists.is_empty() {
        vec![&select.target_list]
    } else {
        select.values_lists.iter().map(items).collect::<Option<_>>()?
    };
    // Without some columns, a reference by column number would mean another column.
    let is_counted = !select.sort_clause.is_empty()
        || !select.distinct_clause.is_empty()
        || select.group_clause.iter().any(|one| matches!(one.node, Some(Node::AConst(_))));
    let is_plain = select.op() == tree::SetOperation::SetopNone && !is_counted;
    if !is_plain || rows.iter().any(|row| row.len() != columns.len()) {
        return None;
    }
    let keeps: Vec<bool> = (0..columns.len()).map(|at| !rows.iter().any(|row| is_anew(&row[at]))).collect();
    let names: Vec<String> =
        columns.iter().zip(&keeps).filter(|(_, keep)| **keep).map(|(name, _)| name.clone()).collect();
    if names.is_empty() || names.len() == columns.len() {
        return None;
    }
    let kept =
        |row: &[tree::Node]| row.iter().zip(&keeps).filter(|(_, keep)| **keep).map(|(one, _)| one.clone()).collect();
    let mut cut = select.clone();
    if select.values_lists.is_empty() {
        cut.target_list = kept(&select.target_list);
    } else {
        let list = |row: &&[tree::Node]| wrap(Node::List(tree::List { items: kept(row) }));
        cut.values_lists = rows.iter().map(list).collect();
    }
    let node = Node::SelectStmt(Box::new(cut));
    let found = walk::contents(&wrap(node.clone()));
    unaskable(&found, &[]).is_none().then_some(())?;
    Some((names, Picked { rows: deparse(node)?, calls: calls(&found.calls) }))
}

fn items(list: &tree::Node) -> Option<&[tree::Node]> {
    match &list.node {
        Some(Node::List(list)) => Some(&list.items),
        _ => None,
    }
}

fn assigned(node: &tree::Node) -> Option<String> {
    match &node.node {
        Some(Node::ResTarget(target)) => not_empty(&target.name),
        _ => None,
    }
}

fn not_comparable(s: &tree::InsertStmt, defaults: bool) -> Option<String> {
    if defaults {
        return Some("it inserts defaults".to_owned());
    }
    let sliced = s.cols.iter().any(|node| matches!(&node.node, Some(Node::ResTarget(t)) if !t.indirection.is_empty()));
    if sliced {
        return Some("it inserts into a part of a column".to_owned());
    }
    let updates =
        s.on_conflict_clause.as_ref().is_some_and(|clause| clause.action() == tree::OnConflictAction::OnconflictUpdate);
    updates.then(|| "ON CONFLICT DO UPDATE".to_owned())
}

fn does_nothing(s: &tree::InsertStmt) -> bool {
    let clause = s.on_conflict_clause.as_ref();
    clause.is_some_and(|clause| clause.action() == tree::OnConflictAction::OnconflictNothing)
}

/// `ON CONFLICT (key)` if the statement sets the key's columns: a key that defaults fill meets no conflict.
fn names_its_key(s: &tree::InsertStmt, columns: Option<&[String]>) -> bool {
    let infer = s.on_conflict_clause.as_ref().and_then(|clause| clause.infer.as_ref());
    let Some(infer) = infer.filter(|infer| !infer.index_elems.is_empty()) else { return false };
    let element = |node: &tree::Node| match &node.node {
        Some(Node::IndexElem(element)) => match not_empty(&element.name) {
            Some(name) => vec![name],
            None => column_names(&walk::contents(node).columns),
        },
        _ => Vec::new(),
    };
    let mut key = infer.index_elems.iter().flat_map(element);
    !walk::contents(&s.select_stmt).default && key.all(|name| columns.is_none_or(|columns| columns.contains(&name)))
}

/// `WHERE NOT EXISTS (SELECT … FROM target …)`, alone or under AND.
fn excludes_itself(s: &tree::InsertStmt, target: &Named) -> bool {
    match inner(&s.select_stmt) {
        Some(Node::SelectStmt(select)) => select.where_clause.as_deref().is_some_and(|c| excludes(c, target)),
        _ => false,
    }
}

fn excludes(condition: &tree::Node, target: &Named) -> bool {
    let Some(Node::BoolExpr(expr)) = &condition.node else { return false };
    match expr.boolop() {
        tree::BoolExprType::AndExpr => expr.args.iter().any(|one| excludes(one, target)),
        tree::BoolExprType::NotExpr => expr.args.iter().any(|one| match &one.node {
            Some(Node::SubLink(link)) => {
                link.sub_link_type() == tree::SubLinkType::ExistsSublink
                    && link
                        .subselect
                        .as_deref()
                        .is_some_and(|query| super::view::reads(&walk::contents(query)).contains(target))
            }
            _ => false,
        }),
        _ => false,
    }
}

pub(super) fn update(node: &Node, s: &tree::UpdateStmt) -> Option<Data> {
    let relation = s.relation.as_ref()?;
    let table = named(relation);
    let (set, odd) = assignments(&s.target_list)?;
    let columns = once(s.target_list.iter().filter_map(assigned));
    let picker = tree::UpdateStmt { target_list: Vec::new(), ..s.clone() };
    let picker = walk::contents(&wrap(Node::UpdateStmt(Box::new(picker))));
    let act = DataAct::Update {
        target: from_items(&[wrap(Node::RangeVar(relation.clone()))])?,
        alias: alias(relation),
        from: from_items(&s.from_clause)?,
        condition: condition(&s.where_clause)?,
        with: with_sql(&s.with_clause)?,
        reads_own: reads_own(s, relation, &columns),
        picks: unaskable(&picker, std::slice::from_ref(&table)).is_none().then(|| calls(&picker.calls)),
        set,
    };
    let mut data = base(node, act, vec![table.clone()]);
    data.reads = once(std::iter::once(table).chain(data.reads));
    data.column_refs = once(columns.iter().cloned().chain(data.column_refs));
    data.columns = Some(columns);
    data.unaskable = data.unaskable.or(odd);
    Some(data)
}

/// The qualifier of the relation's columns.
fn alias(relation: &tree::RangeVar) -> String {
    quote_ident(relation.alias.as_ref().map_or(&relation.relname, |alias| &alias.aliasname))
}

/// True if a new value may depend on a column that is set.
fn reads_own(s: &tree::UpdateStmt, relation: &tree::RangeVar, columns: &[String]) -> bool {
    let own = relation.alias.as_ref().map_or(&relation.relname, |alias| &alias.aliasname);
    let read = s.target_list.iter().flat_map(|target| walk::contents(target).columns);
    read.into_iter().any(|column| match column.names.as_slice() {
        [name] => columns.contains(name),
        [.., table, name] => table == own && columns.contains(name),
        [] => false,
    })
}

/// Columns with their new values as SQL.
type Assignments = Vec<(String, String)>;

/// The assignments, and the reason that keeps them from being compared.
fn assignments(targets: &[tree::Node]) -> Option<(Assignments, Option<String>)> {
    let mut set = Vec::new();
    let mut odd = None;
    for target in targets {
        let Some(Node::ResTarget(target)) = &target.node else { continue };
        if !target.indirection.is_empty() {
            odd = Some("it sets a part of a column".to_owned());
        }
        let value = target.val.as_deref()?;
        match value.node.as_ref()? {
            Node::MultiAssignRef(part) => match one_of_row(part) {
                Some(value) => set.push((target.name.clone(), expression_sql(value)?)),
                None => odd = Some("it sets several columns by one query".to_owned()),
            },
            Node::SetToDefault(_) => {}
            _ => set.push((target.name.clone(), expression_sql(value)?)),
        }
    }
    Some((set, odd))
}

/// `(a, b) = ROW (1, 2)`.
fn one_of_row(part: &tree::MultiAssignRef) -> Option<&tree::Node> {
    match inner(&part.source)? {
        Node::RowExpr(row) => row.args.get(usize::try_from(part.colno).ok()?.checked_sub(1)?),
        _ => None,
    }
}

pub(super) fn delete(node: &Node, s: &tree::DeleteStmt) -> Option<Data> {
    let relation = s.relation.as_ref()?;
    let table = named(relation);
    let act = DataAct::Delete {
        target: from_items(&[wrap(Node::RangeVar(relation.clone()))])?,
        alias: alias(relation),
        using: from_items(&s.using_clause)?,
        condition: condition(&s.where_clause)?,
        with: with_sql(&s.with_clause)?,
    };
    let mut data = base(node, act, vec![table.clone()]);
    data.reads = once(std::iter::once(table).chain(data.reads));
    Some(data)
}

/// The items of a FROM as SQL, without the keyword.
fn from_items(items: &[tree::Node]) -> Option<String> {
    if items.is_empty() {
        return Some(String::new());
    }
    let select = tree::SelectStmt { from_clause: items.to_vec(), ..empty_select() };
    let whole = deparse(Node::SelectStmt(Box::new(select)))?;
    whole.split_once("FROM ").map(|(_, items)| items.to_owned())
}

fn condition(clause: &Option<Box<tree::Node>>) -> Option<String> {
    clause.as_deref().map_or(Some(String::new()), expression_sql)
}

/// `WITH … ` as SQL.
fn with_sql(with: &Option<tree::WithClause>) -> Option<String> {
    let Some(with) = with else { return Some(String::new()) };
    let one = tree::ResTarget { val: Some(Box::new(wrap(Node::ColumnRef(marked())))), ..tree::ResTarget::default() };
    let target_list = vec![wrap(Node::ResTarget(Box::new(one)))];
    let select = tree::SelectStmt { with_clause: Some(with.clone()), target_list, ..empty_select() };
    let whole = deparse(Node::SelectStmt(Box::new(select)))?;
    whole.rsplit_once("SELECT ").map(|(with, _)| with.to_owned())
}

fn marked() -> tree::ColumnRef {
    tree::ColumnRef { fields: vec![string("lockgate")], location: 0 }
}

fn empty_select() -> tree::SelectStmt {
    tree::SelectStmt {
        limit_option: tree::LimitOption::Default.into(),
        op: tree::SetOperation::SetopNone.into(),
        ..tree::SelectStmt::default()
    }
}

pub(super) fn truncate(node: &Node, s: &tree::TruncateStmt) -> Data {
    let table = |node: &tree::Node| match &node.node {
        Some(Node::RangeVar(relation)) => Some(named(relation)),
        _ => None,
    };
    let act =
        DataAct::Truncate { restart_identity: s.restart_seqs, cascade: crate::sql::nodes::cascades(s.behavior()) };
    Data {
        reads: Vec::new(),
        unaskable: Some("TRUNCATE".to_owned()),
        ..base(node, act, s.relations.iter().filter_map(table).collect())
    }
}

pub(super) fn merge(node: &Node, s: &tree::MergeStmt) -> Data {
    let target: Vec<Named> = s.relation.iter().map(named).collect();
    let data = base(node, DataAct::Merge, target.clone());
    let reads = once(target.into_iter().chain(data.reads));
    Data { unaskable: Some("MERGE".to_owned()), reads, ..data }
}

pub(super) fn copy(node: &Node, s: &tree::CopyStmt) -> Data {
    let target: Vec<Named> = s.relation.iter().map(named).collect();
    let (writes, reads) = if s.is_from { (target, Vec::new()) } else { (Vec::new(), target) };
    let columns = crate::sql::nodes::strings(&s.attlist);
    let data = base(node, DataAct::Copy, writes);
    Data {
        columns: (!columns.is_empty()).then_some(columns),
        reads: if s.query.is_some() { data.reads } else { reads },
        unaskable: Some("COPY".to_owned()),
        ..data
    }
}

/// A SELECT with a WITH that writes.
pub(super) fn writing_select(node: &Node, found: &Contents) -> Data {
    let written = found.written.iter().filter_map(|at| {
        let mut names = found.relations.get(*at)?.names.clone();
        Some(Named { name: names.pop()?, schema: names.pop() })
    });
    let unaskable = Some("a WITH in it writes".to_owned());
    Data { unaskable, ..base(node, DataAct::Other, once(written)) }
}
