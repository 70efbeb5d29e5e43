//! Random definitions, made on a real server and read back, and mutants of them. If the comparison of trees calls two equal, the
//! server, asked to build both, must print the same text.
//!
//! The seed is printed; `LOCKGATE_TEST_SEED=SEED` makes others, `LOCKGATE_TEST_TREES=5000` so many definitions.

use std::collections::BTreeSet;

use lockgate::catalog::{Question, is_told, load, surroundings};

use super::{block_on, definition, real, session, wanted};
use crate::support::TestDatabase;

const TABLES: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE t (a int, b int, s varchar(10), x text, mood mood);
    CREATE TABLE u (a int, b int, s varchar(10), x text, mood mood);
    CREATE FUNCTION notify_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE FUNCTION f(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n';
    CREATE FUNCTION g(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n';
    CREATE FUNCTION g(n bigint) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
    CREATE FUNCTION abs(n text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
    CREATE COLLATION german (LOCALE = 'C');
    CREATE SCHEMA side;
    CREATE FUNCTION side.f(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n';
    CREATE TABLE side.t (a int, b int, s varchar(10), x text, mood mood);
";
const NAMES: [&str; 13] =
    ["t", "u", "mood", "f", "g", "abs", "lower", "upper", "length", "german", "notify_change", "text", "w"];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn chance(&mut self) -> bool {
        self.below(2) == 0
    }

    fn number(&mut self, columns: &[&str], depth: usize) -> String {
        let column = |it: &mut Self, name| format!("{}{name}", it.of(columns));
        if depth == 0 || self.below(3) == 0 {
            return match self.below(3) {
                0 => self.below(20).to_string(),
                1 => column(self, "a"),
                _ => column(self, "b"),
            };
        }
        let [one, other] = [(); 2].map(|()| self.number(columns, depth - 1));
        match self.below(9) {
            0 => format!("({one} + {other})"),
            1 => format!("{one} - {other} * 2"),
            2 => format!("f({one})"),
            3 => format!("public.f({one})"),
            4 => format!("{}({one})", self.of(&["g", "abs", "side.f"])),
            5 => format!("CASE WHEN {} THEN {one} ELSE {other} END", self.test(columns, depth - 1)),
            6 => format!("coalesce({one}, {other})"),
            7 => format!("length({})", self.word(columns, depth - 1)),
            _ => format!("({one})::bigint"),
        }
    }

    fn word(&mut self, columns: &[&str], depth: usize) -> String {
        let column = format!("{}{}", self.of(columns), self.of(&["x", "s"]));
        if depth == 0 || self.chance() {
            return if self.chance() { column } else { self.of(&["'a'::text", "'b'::varchar", "'c'"]).to_owned() };
        }
        let inner = self.word(columns, depth - 1);
        match self.below(4) {
            0 => format!("lower({inner})"),
            1 => format!("({inner} || {column})"),
            2 => format!("({inner} COLLATE {})", self.of(&["\"C\"", "german", "public.german"])),
            _ => format!("({inner})::text"),
        }
    }

    fn test(&mut self, columns: &[&str], depth: usize) -> String {
        let [one, other] = [(); 2].map(|()| self.number(columns, depth.saturating_sub(1)));
        if depth == 0 || self.chance() {
            return match self.below(6) {
                0 => format!("{one} IS NOT NULL"),
                1 => format!("{}mood = 'ok'::{}mood", self.of(columns), self.of(&["", "public."])),
                2 => format!("{} <> {}", self.word(columns, depth), self.word(columns, depth)),
                3 => format!("{one} BETWEEN 1 AND {other}"),
                4 => format!("{one} IN (1, 2)"),
                _ => format!("{one} {} {other}", self.of(&[">", ">=", "=", "<>"])),
            };
        }
        let [one, other] = [(); 2].map(|()| self.test(columns, depth - 1));
        match self.below(3) {
            0 => format!("({one} AND {other})"),
            1 => format!("{one} OR {other}"),
            _ => format!("NOT ({one})"),
        }
    }

    fn query(&mut self, depth: usize) -> String {
        let own = &["", "t.", "public.t."];
        match self.below(5) {
            0 | 1 => {
                let (first, second) = (self.number(own, depth), self.word(own, depth));
                let order = self.of(&["", " ORDER BY a", " ORDER BY t.b DESC", " ORDER BY one"]);
                let test = self.test(own, depth);
                format!("SELECT {first} AS one, {second} AS {}, t.a FROM t WHERE {test}{order}", self.of(&["b", "two"]))
            }
            2 => {
                let both = &["t.", "x."];
                let (first, test) = (self.number(both, depth), self.test(both, depth));
                let kind = self.of(&["JOIN", "LEFT JOIN"]);
                format!("SELECT {first} AS one, t.x, x.b FROM public.t {kind} u x ON t.a = x.a WHERE {test}")
            }
            3 => {
                let (one, other) = (self.number(own, depth), self.number(&["", "u."], depth));
                format!("SELECT {one} AS one FROM t UNION SELECT {other} FROM u")
            }
            _ => {
                let test = self.test(own, depth);
                let (name, inner) = (self.of(&["w", "t"]), self.number(own, depth));
                format!(
                    "WITH {name} AS (SELECT {inner} AS a FROM side.t) SELECT {name}.a, length(t.x) FROM t, {name} WHERE {test}"
                )
            }
        }
    }

    /// As `definition` reads it.
    fn definition(&mut self) -> String {
        let depth = 1 + self.below(2);
        let own = &["", "t.", "public.t."];
        match self.below(10) {
            0 => format!("ALTER TABLE {{target}} ADD CONSTRAINT {{name}} CHECK ({})", self.test(own, depth)),
            1 => format!(
                "CREATE INDEX {{name}} ON {{target}} (({}), ({}) {}) WHERE {}",
                self.number(own, depth),
                self.word(own, depth),
                self.of(&["", "DESC", "NULLS FIRST", "ASC"]),
                self.test(own, depth)
            ),
            2 => format!("GENERATED {}", self.word(own, depth)),
            3 => format!(
                "DEFAULT x {}",
                self.word(&["'a'::text || 'y' || '"], depth).replace("'x", "x'").replace("'s", "s'")
            ),
            4 => format!(
                "CREATE TRIGGER {{name}} BEFORE UPDATE {} {{target}} FOR EACH ROW WHEN ({}) EXECUTE FUNCTION notify_change({})",
                self.of(&["ON", "OF a ON"]),
                self.test(&["NEW.", "OLD."], depth),
                self.of(&["", "1", "'a'"])
            ),
            5 => format!(
                "CREATE POLICY {{name}} ON {{target}} FOR SELECT USING ({} AND EXISTS (SELECT 1 FROM u WHERE {}))",
                self.test(&["", "t."], depth),
                self.test(&["u.", "t."], depth)
            ),
            6 => format!("CREATE POLICY {{name}} ON {{target}} WITH CHECK ({})", self.test(&["", "t."], depth)),
            7 => format!(
                "CREATE RULE {{name}} AS ON UPDATE TO {{target}} WHERE {} DO ALSO INSERT INTO u (a, b) VALUES ({}, 2)",
                self.test(&["NEW.", "OLD."], depth),
                self.number(&["NEW."], depth)
            ),
            8 => format!(
                "CREATE DOMAIN {{name}} AS int DEFAULT {} CHECK ({}) CHECK (VALUE <> 1)",
                self.below(9),
                self.test(&["VALUE + 0 * "], 0).replace("VALUE + 0 * a", "VALUE").replace("VALUE + 0 * b", "VALUE")
            ),
            _ => format!("CREATE VIEW {{name}} AS {}", self.query(depth)),
        }
    }

    /// With one word or sign for another.
    fn mutant(&mut self, sql: &str) -> Option<String> {
        let head = if sql.starts_with("DEFAULT x ") { 10 } else { sql.find(['(', '}']).map_or(0, |at| at + 1) };
        let (head, body) = sql.split_at(head);
        let places: Vec<(usize, usize, usize)> = SWAPS
            .iter()
            .enumerate()
            .flat_map(|(swap, (from, _))| places(body, from).map(move |at| (swap, at, from.len())))
            .collect();
        let (swap, at, length) = *places.get(self.below(places.len().max(1)))?;
        let to = self.of(SWAPS[swap].1);
        Some(format!("{head}{}{to}{}", &body[..at], &body[at + length..]))
    }
}

const SWAPS: &[(&str, &[&str])] = &[
    ("1", &["2", "1::bigint", "'01'::integer", "1.0", "NULL"]),
    ("2", &["3", "(2)::smallint"]),
    ("a", &["b", "t.a", "u.a", "a.a", "(a)::bigint"]),
    ("b", &["a", "x.b", "b + 0"]),
    ("x", &["s", "u.x", "t.x", "(x COLLATE \"C\")"]),
    ("s", &["x", "s::varchar(3)"]),
    ("t", &["u", "x", "side.t", "public.t"]),
    ("u", &["t", "public.u"]),
    ("NEW", &["OLD"]),
    ("OLD", &["NEW"]),
    (">", &[">=", "<", "OPERATOR(pg_catalog.>)"]),
    ("=", &["<>", "IS NOT DISTINCT FROM"]),
    ("+", &["-"]),
    ("AND", &["OR"]),
    ("OR", &["AND"]),
    ("NOT", &["", "NOT NOT"]),
    ("f", &["g", "side.f", "public.f", "public.g"]),
    ("lower", &["upper", "pg_catalog.lower", "public.lower"]),
    ("public", &["side", "pg_catalog"]),
    ("text", &["name"]),
    ("mood", &["text", "public.mood"]),
    ("german", &["\"C\"", "public.german"]),
    ("DESC", &["DESC NULLS LAST", "ASC", "DESC NULLS FIRST"]),
    ("JOIN", &["LEFT JOIN", "CROSS JOIN"]),
    ("LEFT", &["RIGHT", "FULL", ""]),
    ("UNION", &["UNION ALL", "EXCEPT"]),
    ("SELECT", &["SELECT DISTINCT"]),
    ("EXISTS", &["NOT EXISTS"]),
    ("ALSO", &["INSTEAD"]),
    ("UPDATE", &["DELETE"]),
    ("one", &["two", "a"]),
    ("two", &["one", "a"]),
    ("'a'", &["'b'", "E'a'", "1"]),
    ("'ok'", &["'sad'"]),
    ("coalesce", &["greatest"]),
    ("WITH", &["WITH RECURSIVE"]),
];

/// The places at which a word or sign is not part of a longer one.
fn places<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_inside = |c: Option<char>| {
        c.is_some_and(|c| {
            if word.starts_with(|c: char| c.is_alphanumeric()) {
                c.is_alphanumeric() || c == '_' || c == '\''
            } else {
                "<>=".contains(c)
            }
        })
    };
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        !is_inside(text[..at].chars().next_back()) && !is_inside(text[at + word.len()..].chars().next())
    })
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|told| told.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn what_trees_call_equal_the_server_prints_the_same() {
    let seed = number("LOCKGATE_TEST_SEED", 1_795_943_388_395_032_357);
    let count = number("LOCKGATE_TEST_TREES", 30);
    eprintln!("LOCKGATE_TEST_SEED={seed} makes the same again");
    let mut random = Random(seed);
    let database = TestDatabase::new();
    database.sql(TABLES);
    let (mut made, mut told, mut mutants, mut wrong, mut claims) = (0, 0, 0, Vec::new(), Vec::new());
    block_on(async {
        let names: BTreeSet<String> = NAMES.map(str::to_owned).into();
        let surroundings = surroundings(&session(&database.url()).await, &names, &[]).await.expect("surroundings");
        let session = session(&database.url()).await;
        for _ in 0..count {
            let sql = random.definition();
            if !does(&database, &real(&sql)) {
                continue;
            }
            made += 1;
            let catalog = load(&session, &wanted()).await.expect("a catalog");
            let others: Vec<String> = (0..6).filter_map(|_| random.mutant(&sql)).collect();
            for (at, wanted) in [sql.clone()].iter().chain(&others).enumerate() {
                let (key, definition) = definition(wanted);
                let found = catalog.get(&key).unwrap_or_else(|| panic!("{sql}: {key} is not there"));
                let question = Question { key: &key, wanted: &definition, found_key: &key, found };
                let is_told = is_told(&question, &surroundings);
                if at == 0 {
                    told += usize::from(is_told);
                    continue;
                }
                mutants += 1;
                if is_told && *wanted != sql {
                    claims.push((key, wanted.clone(), found.clone()));
                }
            }
            assert!(does(&database, &undone(&sql)), "{sql}");
            for (key, other, found) in claims.drain(..) {
                if !does(&database, &real(&other)) {
                    wrong.push(format!("{sql}\n  {other}\n  the server refuses it"));
                    continue;
                }
                let catalog = load(&session, &wanted()).await.expect("a catalog");
                let made = catalog.get(&key);
                if made != Some(&found) {
                    wrong.push(format!("{sql}\n  {other}\n  {found:?}\n  {made:?}"));
                }
                assert!(does(&database, &undone(&other)), "{other}");
            }
        }
    });
    eprintln!("{made} definitions of {count} made, {told} told by their trees, {mutants} mutants");
    assert!(wrong.is_empty(), "LOCKGATE_TEST_SEED={seed}:\n{}", wrong.join("\n\n"));
    assert!(told > 0 && mutants > 0, "{told} of {made} of {count}");
}

/// In a thread of its own: the session of the test blocks.
fn does(database: &TestDatabase, sql: &str) -> bool {
    std::thread::scope(|scope| scope.spawn(|| database.session().try_sql(sql).is_ok()).join().expect("no panic"))
}

/// Removes the object that a definition made.
fn undone(sql: &str) -> String {
    let kinds = [
        ("ALTER", "ALTER TABLE t DROP CONSTRAINT con"),
        ("CREATE INDEX", "DROP INDEX i"),
        ("GENERATED", "ALTER TABLE t DROP gen"),
        ("DEFAULT", "ALTER TABLE t ALTER x DROP DEFAULT"),
        ("CREATE TRIGGER", "DROP TRIGGER trg ON t"),
        ("CREATE POLICY", "DROP POLICY pol ON t"),
        ("CREATE RULE", "DROP RULE rul ON t"),
        ("CREATE DOMAIN", "DROP DOMAIN d"),
    ];
    kinds.iter().find(|(head, _)| sql.starts_with(head)).map_or("DROP VIEW v", |(_, drop)| drop).to_owned()
}
