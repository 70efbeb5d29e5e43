//! A whole schema as SQL: each object after those that it names, and the parts of tables after all tables.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use super::needs::Mentions;
use super::words::{index_of, list, literal};
use super::{Around, By, Setting, Turn, Unwritable, set, turn_of};
use crate::object::Fact;

/// The statements that make a schema.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub statements: Vec<String>,
    pub left_out: Vec<LeftOut>,
}

/// An object or property that SQL cannot express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub object: String,
    pub why: String,
}

struct Node {
    turn: Turn,
    sql: Vec<String>,
    needs: BTreeSet<usize>,
}

struct Writing<'a> {
    around: &'a Around<'a>,
    mentions: Mentions<'a>,
    nodes: Vec<Node>,
    /// The node that creates a fact's object.
    made_by: HashMap<usize, usize>,
    left_out: Vec<LeftOut>,
}

/// Writes all facts; the roles that they name have to exist.
pub fn script(around: &Around<'_>) -> Script {
    let (mentions, nodes, made_by) = (Mentions::of(around.facts), Vec::new(), HashMap::new());
    let mut writing = Writing { around, mentions, nodes, made_by, left_out: Vec::new() };
    // Columns are created with their tables, so they have to be ready first.
    let (columns, others): (Vec<usize>, Vec<usize>) =
        (0..around.facts.len()).partition(|&at| around.facts[at].kind.word == "column");
    others.iter().for_each(|&at| writing.create(at));
    columns.iter().for_each(|&at| writing.made_with_its_table(at));
    (0..around.facts.len()).for_each(|at| writing.set(at));
    if around.is_rehearsal {
        (0..around.facts.len()).for_each(|at| writing.rehearse(at));
    }
    let needs: Vec<BTreeSet<usize>> = writing.nodes.iter().map(|node| writing.nodes_of(&node.needs)).collect();
    let turns: Vec<Turn> = writing.nodes.iter().map(|node| node.turn).collect();
    let order = order(&turns, &needs);
    let mut sql: Vec<Vec<String>> = writing.nodes.into_iter().map(|node| node.sql).collect();
    let statements = order.into_iter().flat_map(|at| std::mem::take(&mut sql[at])).collect();
    Script { statements, left_out: writing.left_out }
}

impl<'a> Writing<'a> {
    fn fact(&self, at: usize) -> &'a Fact {
        &self.around.facts[at]
    }

    fn create(&mut self, at: usize) {
        let fact = self.fact(at);
        let mut needs = self.mentions.by(fact);
        if fact.kind.word == "table" {
            let columns = self.around.columns(&fact.name);
            needs.extend(columns.flat_map(|column| self.column_needs(column)).collect::<Vec<_>>());
            // These properties are set later, and a table does not wait for them.
            let later = ["of", "inherits"].into_iter().filter_map(|property| fact.get(property));
            let later: BTreeSet<usize> = later.flat_map(|value| self.mentions.by_value(value)).collect();
            needs.retain(|need| !later.contains(need));
        }
        needs.remove(&at);
        let sql = self.kept(fact, (fact.kind.ddl.create)(fact, self.around));
        self.made_by.insert(at, self.nodes.len());
        self.nodes.push(Node { turn: (fact.kind.ddl.turn)(fact), sql, needs });
    }

    /// The default is set after all tables exist.
    fn column_needs(&self, column: &Fact) -> BTreeSet<usize> {
        let said =
            column.properties.iter().filter(|(property, _)| matches!(*property, "type" | "collate" | "generated"));
        said.flat_map(|(_, value)| self.mentions.by_value(value)).collect()
    }

    fn made_with_its_table(&mut self, at: usize) {
        let holder = self.fact(at).holder();
        let number = |kind| self.around.number(kind, holder);
        if let Some(node) = number("table").or_else(|| number("view")).and_then(|table| self.made_by.get(&table)) {
            self.made_by.insert(at, *node);
        }
    }

    /// Adds the statements that set properties after an object's creation.
    fn set(&mut self, at: usize) {
        let fact = self.fact(at);
        for (property, _, by) in fact.kind.properties {
            let Some(turn) = turn_of(*by) else { continue };
            let Some(value) = fact.get(property) else { continue };
            let setting = Setting::of(fact, None, property, self.around);
            let sql = self.kept(fact, set(*by, &setting));
            let mut needs = match by {
                By::Set(..) | By::Late(..) => self.mentions.by_value(value),
                _ => BTreeSet::new(),
            };
            needs.insert(at);
            self.nodes.push(Node { turn, sql, needs });
        }
    }

    /// Adds states that only a broken database has: no statement of SQL creates them.
    fn rehearse(&mut self, at: usize) {
        let fact = self.fact(at);
        let table = literal(fact.holder());
        let index = match fact.kind.word {
            "index" => literal(&fact.name),
            _ => literal(&index_of(fact)),
        };
        let invalid = fact
            .get("INVALID")
            .map(|_| format!("UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = {index}::regclass"));
        let name = literal(&fact.own_name().trim_matches('"').replace("\"\"", "\""));
        let state = (fact.kind.word == "constraint").then(|| list(fact.get("triggers")).into_iter().next()).flatten();
        let switched = state.map(|state| {
            format!(
                "UPDATE pg_catalog.pg_trigger SET tgenabled = {} WHERE tgconstraint IN (SELECT oid FROM pg_catalog.pg_constraint \
                 WHERE conname = {name} AND conrelid = {table}::regclass)",
                literal(&state)
            )
        });
        let sql: Vec<String> = invalid.into_iter().chain(switched).collect();
        if !sql.is_empty() {
            self.nodes.push(Node { turn: Turn::Comment, sql, needs: BTreeSet::from([at]) });
        }
    }

    fn kept(&mut self, fact: &Fact, written: Result<Vec<String>, Unwritable>) -> Vec<String> {
        written.unwrap_or_else(|Unwritable(why)| {
            self.left_out.push(LeftOut { object: fact.shown(), why });
            Vec::new()
        })
    }

    fn nodes_of(&self, facts: &BTreeSet<usize>) -> BTreeSet<usize> {
        facts.iter().filter_map(|fact| self.made_by.get(fact).copied()).collect()
    }
}

/// The order of the nodes: each after its needs, and by their turns where neither needs the other. In a cycle, which functions
/// can form, only the turn decides.
pub fn order(turns: &[Turn], needs: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut waits: Vec<usize> =
        needs.iter().enumerate().map(|(at, needs)| needs.iter().filter(|&&it| it != at).count()).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); turns.len()];
    for (at, needs) in needs.iter().enumerate() {
        needs.iter().filter(|&&need| need != at).for_each(|&need| needed_by[need].push(at));
    }
    let mut ready: BinaryHeap<Reverse<(Turn, usize)>> =
        (0..turns.len()).filter(|&at| waits[at] == 0).map(|at| Reverse((turns[at], at))).collect();
    let mut left: BTreeSet<(Turn, usize)> = (0..turns.len()).map(|at| (turns[at], at)).collect();
    let mut order = Vec::with_capacity(turns.len());
    while let Some(next) = ready.pop().map(|Reverse(next)| next).or_else(|| left.first().copied()) {
        if !left.remove(&next) {
            continue;
        }
        order.push(next.1);
        for &other in &needed_by[next.1] {
            waits[other] = waits[other].saturating_sub(1);
            if waits[other] == 0 {
                ready.push(Reverse((turns[other], other)));
            }
        }
    }
    order
}
