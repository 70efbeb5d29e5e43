//! The network cuts before and after every protocol message, either way: the run by itself, or a retry, reaches head, and each
//! statement has its effect once.
//!
//! `make test` takes a sample, whose seed is printed; `make test-cuts` (`LOCKGATE_TEST_CUTS=all`) takes every place.
//! `LOCKGATE_TEST_CUTS=SEED` takes the sample of that seed.

use std::sync::Mutex;
use std::thread;

use crate::support::{Cut, Gate, Proxy, TestDatabase, Way};

/// Places of a sample. All of them are some hundreds for each chain.
const SAMPLE: usize = 24;

/// Two at a time: each place is a database, a run and perhaps a retry.
const SIDE_BY_SIDE: usize = 2;

/// A chain with every kind of segment, whose rows say how often each part ran.
const SEGMENTS: &[(&str, &str)] = &[
    (
        "0001_table.sql",
        "CREATE TABLE ran (what text); INSERT INTO ran VALUES ('0001'); CREATE TYPE mood AS ENUM ('sad')",
    ),
    (
        "0002_index.sql",
        "INSERT INTO ran VALUES ('0002, first');\nCREATE INDEX CONCURRENTLY ran_what ON ran (what);\n\
         INSERT INTO ran VALUES ('0002, last')",
    ),
    (
        "0003_vacuum.sql",
        "INSERT INTO ran VALUES ('0003');\nVACUUM ran;\nCREATE INDEX CONCURRENTLY ON ran (length(what))",
    ),
    (
        "0004_label.sql",
        "ALTER TYPE mood ADD VALUE 'glad';\nCREATE TABLE moods (it mood DEFAULT 'glad');\nINSERT INTO moods VALUES ('glad')",
    ),
    ("0005_gone.sql", "DROP INDEX CONCURRENTLY ran_what;\nINSERT INTO ran VALUES ('0005')"),
];

/// The place at which a run is cut.
#[derive(Clone, Copy, Debug)]
struct Place {
    connection: usize,
    way: Way,
    /// 0: before the first message.
    after: usize,
}

impl Place {
    fn cut(self) -> Cut {
        let cut = match self.after {
            0 => Cut::after_bytes(self.way, 0),
            count => Cut::after_messages(self.way, count),
        };
        cut.in_connection(self.connection)
    }
}

#[test]
fn the_example_reaches_head_wherever_it_is_cut() {
    every_place("the example", &|url| Gate::at(url).migrations("examples/platform/migrations"));
}

#[test]
fn a_chain_with_segments_reaches_head_wherever_it_is_cut() {
    every_place("segments", &|url| Gate::at(url).chain(SEGMENTS));
}

type MakeGate<'a> = &'a (dyn Fn(&str) -> Gate + Sync);

fn every_place(what: &str, make: MakeGate<'_>) {
    let (places, wanted) = uncut(make);
    let all = places.len();
    let chosen = Mutex::new(choose(what, places));
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    // In a `while let`, the guard would live as long as the run, and no other thread could take a place.
                    let place = chosen.lock().expect("lock").pop();
                    let Some(place) = place else { return };
                    if let Err(why) = cut_at(place, make, &wanted) {
                        // Said at once too: a run of all places takes a while.
                        eprintln!("{what}: {place:?}: {why}");
                        failures.lock().expect("lock").push(format!("{place:?}: {why}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("lock");
    assert!(failures.is_empty(), "of {all} places of {what}:\n{}", failures.join("\n"));
}

/// Every place of a run that is not cut, and the state that the run leaves.
fn uncut(make: MakeGate<'_>) -> (Vec<Place>, Left) {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    gate(make, &database, &proxy).run().expect(0);
    let mut places = Vec::new();
    for (at, traffic) in proxy.connections().iter().enumerate() {
        let ways = [(Way::ToServer, &traffic.to_server), (Way::ToClient, &traffic.to_client)];
        for (way, messages) in ways {
            places.extend((0..=messages.len()).map(|after| Place { connection: at + 1, way, after }));
        }
    }
    (places, left(&database))
}

fn gate(make: MakeGate<'_>, database: &TestDatabase, proxy: &Proxy) -> Gate {
    let gate = make(&database.url_via(proxy)).args(["migrate"]);
    gate.env("LOCKGATE_LOG_FORMAT", "text").env("LOCKGATE_WAIT_TIMEOUT", "20s")
}

fn cut_at(place: Place, make: MakeGate<'_>, wanted: &Left) -> Result<(), String> {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = gate(make, &database, &proxy);
    proxy.cut(place.cut());
    let first = gate.run();
    proxy.restore();
    match first.code {
        Some(0) => {}
        Some(75) => {
            let second = gate.run();
            if second.code != Some(0) {
                return Err(format!("the retry did not reach head: {second}\nafter {first}"));
            }
        }
        _ => return Err(format!("neither head nor a retry: {first}")),
    }
    let left = left(&database);
    if left == *wanted { Ok(()) } else { Err(format!("{:?}\n{first}", difference(wanted, &left))) }
}

/// The state after a run: the schema, the number of rows of each table, and the history.
type Left = Vec<String>;

fn difference<'a>(wanted: &'a Left, left: &'a Left) -> Vec<String> {
    let missing = wanted.iter().filter(|line| !left.contains(line)).map(|line| format!("missing: {line}"));
    let unexpected = left.iter().filter(|line| !wanted.contains(line)).map(|line| format!("unexpected: {line}"));
    missing.chain(unexpected).collect()
}

const SCHEMA: &str = "
    SELECT 'relation', c.relname, c.relkind::text, c.relrowsecurity::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'column', a.attrelid::regclass::text, a.attname::text, format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull
        || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) || ' ' || convalidated
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', i.indexrelid::regclass::text, i.indisvalid::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'function', oid::regprocedure::text, '', md5(prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'policy', tablename::text, policyname::text, concat_ws(' ', cmd, qual, with_check) FROM pg_policies
    UNION ALL SELECT 'label', enumtypid::regtype::text, enumlabel::text, enumsortorder::text FROM pg_enum
    UNION ALL SELECT 'history', revision, state, depth::text FROM lockgate_history
    ORDER BY 1, 2, 3, 4";

fn left(database: &TestDatabase) -> Left {
    let session = database.session();
    let mut left: Left = session.query_text(SCHEMA).into_iter().map(|row| row.join(" | ")).collect();
    left.retain(|line| !line.contains("lockgate_history_events"));
    let counts = session.value(
        "SELECT string_agg(format('SELECT %L, count(*)::text, md5(string_agg(t::text, '','' ORDER BY t::text)) FROM %I t',
         relname, relname), ' UNION ALL ' ORDER BY relname) FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'lockgate_history%'",
    );
    let rows = session.query_text(&counts);
    // Rows that hold the time at which they were made differ from run to run; how many there are does not.
    let plain = |row: &Vec<String>| matches!(row[0].as_str(), "ran" | "moods" | "sic_codes");
    left.extend(rows.iter().map(|row| if plain(row) { row.join(" rows ") } else { row[..2].join(" rows ") }));
    left
}

/// All places, or a sample of them; the choice is printed.
fn choose(what: &str, places: Vec<Place>) -> Vec<Place> {
    let told = std::env::var("LOCKGATE_TEST_CUTS").unwrap_or_default();
    if told == "all" {
        eprintln!("{what}: all {} places", places.len());
        return places;
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let seed = told.parse().unwrap_or(now.as_nanos() as u64);
    eprintln!("{what}: {SAMPLE} of {} places; LOCKGATE_TEST_CUTS={seed} takes them again", places.len());
    let mut state = seed;
    let mut places = places;
    let mut sample = Vec::with_capacity(SAMPLE);
    while sample.len() < SAMPLE && !places.is_empty() {
        let at = (next(&mut state) % places.len() as u64) as usize;
        sample.push(places.swap_remove(at));
    }
    sample
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
