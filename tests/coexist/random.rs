//! Random graphs, applied half by us and half by Alembic, handed over at random, up and down. The version table is held against the
//! tables that are there after each turn. The seed is printed; `LOCKGATE_TEST_SEED=SEED` makes the same again.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::version;
use crate::support::{Alembic, Gate, Revision, TestDatabase};

/// One base and one head, with branches, merges and dependencies between. No merge has a dependency, and none is on a head:
/// Alembic itself ends with a KeyError if one parent of a merge comes before another.
fn graph(random: &mut Rng) -> Vec<Revision> {
    let count = random.usize(4..11);
    let mut all: Vec<Revision> = Vec::new();
    for number in 0..=count {
        // Names in no order, so that ties fall either way.
        let id = format!("{:x}{number}", random.u16(..));
        let followed: BTreeSet<&String> = all.iter().flat_map(|one| &one.down).collect();
        let mut down: Vec<String> = match number {
            0 => Vec::new(),
            last if last == count => all.iter().map(|one| one.id.clone()).filter(|id| !followed.contains(id)).collect(),
            _ if random.u8(..5) == 0 => {
                let heads = all.iter().map(|one| &one.id).filter(|id| !followed.contains(id));
                random.choose_multiple(heads, 2).into_iter().cloned().collect()
            }
            _ => vec![all[random.usize(..all.len())].id.clone()],
        };
        down.sort();
        let depends = match random.u8(..4) {
            0 if number < count && down.len() < 2 => {
                random.choose_multiple(followed.iter().copied(), 1).into_iter().cloned().collect()
            }
            _ => Vec::new(),
        };
        let up = format!("CREATE TABLE t_{id} (id int); CREATE INDEX i_{id} ON t_{id} (id);");
        let downs: Vec<&str> = down.iter().map(String::as_str).collect();
        let depends: Vec<String> = depends.into_iter().filter(|other: &String| !down.contains(other)).collect();
        all.push(Revision { depends, ..Revision::sql(&id, &downs, &up, &format!("DROP TABLE t_{id};")) });
    }
    all
}

/// The rows that the table has to hold, by the tables that are there.
fn wanted(all: &[Revision], database: &TestDatabase) -> String {
    let tables =
        database.query_text("SELECT substr(relname, 3) FROM pg_class WHERE relkind = 'r' AND relname LIKE 't\\_%'");
    let there: BTreeSet<&String> = tables.iter().flatten().collect();
    let applied: Vec<&Revision> = all.iter().filter(|one| there.contains(&one.id)).collect();
    let followed: BTreeSet<&String> = applied.iter().flat_map(|one| one.down.iter().chain(&one.depends)).collect();
    let mut rows: Vec<&str> =
        applied.iter().map(|one| one.id.as_str()).filter(|id| !followed.contains(&id.to_string())).collect();
    rows.sort_unstable();
    if rows.is_empty() { "base".to_owned() } else { rows.join("+") }
}

struct Turn<'a> {
    all: &'a [Revision],
    gate: &'a Gate,
    database: &'a TestDatabase,
    alembic: &'a mut Alembic,
    /// Shown where it fails.
    said: Vec<String>,
}

impl Turn<'_> {
    fn take(&mut self, random: &mut Rng) {
        let id = &self.all[random.usize(..self.all.len())].id;
        let command = match random.u8(..6) {
            0 | 1 => format!("lockgate migrate {id}"),
            2 => format!("lockgate down {id} --yes"),
            3 | 4 => format!("alembic upgrade {id}"),
            _ => format!("alembic downgrade {id}"),
        };
        self.said.push(command.clone());
        let words: Vec<&str> = command.split(' ').collect();
        if words[0] == "lockgate" {
            self.gate.with(words[1..].to_vec()).run().expect(0);
        } else if let Err(why) = self.alembic.tries(&words[1..].join(" ")) {
            // Its way back is not always one: from a branch that is not applied, say.
            self.said.push(why);
        }
        // Its own downgrade may leave rows of revisions that come before others in the table.
        if words[..2] != ["alembic", "downgrade"] {
            self.holds();
        }
    }

    fn alembic(&mut self, command: &str) {
        self.said.push(format!("alembic {command}"));
        let done = self.alembic.tries(command);
        assert_eq!(done, Ok(()), "{}\n{:#?}\n{:#?}", version(self.database), self.said, self.all);
    }

    fn holds(&self) {
        let (rows, wanted) = (version(self.database), wanted(self.all, self.database));
        assert_eq!(rows, wanted, "{:#?}\n{:#?}", self.said, self.all);
    }
}

#[test]
fn random_graphs_are_handed_over_up_and_down_and_end_at_head() {
    let told = std::env::var("LOCKGATE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = told.unwrap_or_else(|| fastrand::u64(..));
    println!("LOCKGATE_TEST_SEED={seed}");
    let mut random = Rng::with_seed(seed);
    let is_long = std::env::var_os("LOCKGATE_TEST_LONG").is_some();
    let (began, time) = (Instant::now(), Duration::from_secs(if is_long { 300 } else { 3 }));
    let mut graphs = 0;
    while graphs == 0 || began.elapsed() < time {
        let database = TestDatabase::new();
        let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").env("LOCKGATE_COEXIST", "alembic");
        let all = graph(&mut random);
        gate.project(&all);
        let Some(mut alembic) = Alembic::start(&gate, &database) else { return };
        let mut turn = Turn { all: &all, gate: &gate, database: &database, alembic: &mut alembic, said: Vec::new() };
        if random.bool() {
            turn.gate.with(["migrate", &all[0].id]).run().expect(0);
        } else {
            turn.alembic.does(&format!("upgrade {}", all[0].id));
        }
        for _ in 0..random.usize(2..8) {
            turn.take(&mut random);
        }
        if random.bool() {
            turn.alembic("upgrade heads");
        }
        turn.gate.with(["migrate"]).run().expect(0);
        turn.holds();
        turn.alembic("check");
        assert_eq!(database.value("SELECT count(*) FROM lockgate_history WHERE state = 'done'"), all.len().to_string());
        graphs += 1;
    }
    println!("{graphs} graphs");
}
