//! A script read in parts against the same script read whole.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::chain::directive::{self, Directives};
use crate::sql::corpus;
use crate::statement::{Script, ScriptError, Statement, script};

/// A portion longer than any text.
const WHOLE: Portion = Portion { statements: usize::MAX, rows: usize::MAX, keeps_rows: true };
/// A portion of one statement, and of one row.
const LEAST: Portion = Portion { statements: 0, rows: 0, keeps_rows: true };

/// Texts that a wrong cut would read differently, in addition to the statements of the engine's cases.
const MORE: &[&str] = &[
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;",
    "CREATE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (1), (2); SELECT CASE WHEN true THEN 1 END; END;",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1), (2); DELETE FROM u; NOTIFY x);",
    "CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN; PERFORM 1; END $f$;",
    "SELECT 'a;', E'\\';', \"b;\", $$;$$, $q$;$$;$q$, U&'\\003b;';",
    "SELECT E'a'\n';\\';' ;",
    "SELECT 1; -- SELECT 2;\n",
    "/* ; /* ; */ SELECT 3; */ SELECT 4;",
    "-- lockgate:unless SELECT true\nINSERT INTO t VALUES (1), (2);",
    "-- lockgate:optional\n",
    "BEGIN; INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y;'); COMMIT;",
    "INSERT INTO t (a, b) VALUES (1, lower('X')), (2, 'y'), (3, upper('z')) ON CONFLICT (a) DO NOTHING RETURNING a;",
    "INSERT INTO t (a, b, c) VALUES (now(), 1, 'x'), (NULL, 2, 'y'), (clock_timestamp(), DEFAULT, ARRAY['z', ';']);",
    "INSERT INTO t (a, b) VALUES (random(), (SELECT id FROM u WHERE n = 'x')), (-1, (SELECT max(id) FROM v)), (1, 2);",
    "INSERT INTO t VALUES (1, 'a'), (2, E'b\\'('), (3), (4, $$)$$), (5, '1'::int);",
    "INSERT INTO t (a) VALUES (1), (pg_advisory_unlock(2)), (3);",
    "INSERT INTO values (a) VALUES (1), (2);",
    "INSERT INTO t VALUES (1), (2) UNION ALL SELECT 3;",
    "INSERT INTO t VALUES (1), (2) ORDER BY 1 LIMIT 1;",
    "INSERT INTO t WITH w AS (VALUES (1), (2)) VALUES (3), (4);",
    "WITH w AS (DELETE FROM u RETURNING *) INSERT INTO t VALUES (1), (2);",
    "INSERT INTO s.t AS x (a) OVERRIDING SYSTEM VALUE VALUES (1), -- ;\n (2) /* ; */, (3) ON CONFLICT DO UPDATE SET a = x.a;",
    "INSERT INTO t VALUES (1), (2),;",
    "INSERT INTO t VALUES (1), (2 3), (4);",
    "INSERT INTO t VALUES ((SELECT 1 FROM (VALUES (1), (2)) AS x)), (2);",
    "INSERT INTO U&\"t\" VALUES (1); DELETE FROM t USING u; UPDATE ONLY a.t * SET x = 1; MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE;",
    "TRUNCATE t, ONLY u; WITH w AS (SELECT 1) UPDATE t SET a = 1; UPDATE u v SET a = 1; DELETE FROM u AS x;",
    "SELECT FROM FROM;",
    "SELECT (1;",
    "SELECT 'open;",
    "CREATE FUNCTION h() RETURNS int BEGIN ATOMIC SELECT 1;",
    "COPY t (a) FROM stdin;\n1\n2\n\\.\n",
    "\\i x.sql\n",
    ";;",
    "SELECT 1",
    "\u{feff}",
    "é ",
];

/// The scripts of the engine's cases, statement by statement as far as a semicolon ends a line, and [`MORE`].
fn corpus() -> &'static [String] {
    static CORPUS: OnceLock<Vec<String>> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let mut texts: Vec<String> = MORE.iter().map(|text| (*text).to_owned()).collect();
        // A third of them: their shapes recur, and time is short.
        let cases = corpus::scripts("tests/fixtures/engine");
        texts.extend(cases.iter().flat_map(|text| text.split_inclusive(";\n").step_by(3)).map(str::to_owned));
        texts
    })
}

fn read(text: &str, portion: Portion) -> Result<Script, Vec<ScriptError>> {
    let directives = directive::read(text).unwrap_or_else(|_| Directives::default());
    script::read_in(text, &directives, portion, 0)
}

#[test]
fn every_statement_alone_reads_as_it_does_among_others() {
    for text in corpus() {
        assert_eq!(read(text, LEAST), read(text, WHOLE), "{text}");
    }
}

#[test]
fn the_rows_of_a_long_insert_are_parsed_a_portion_at_a_time() {
    let insert = "INSERT INTO t (a, b, c) VALUES (1, now(), 'x'), (2, NULL, 'y'), (3, now(), 'z')";
    let lowered = values::lower(insert, 0).expect("an INSERT of several rows");
    let whole = lower(insert, WHOLE, Together::NOTHING).unwrap().remove(0);
    assert_eq!(lowered.effect, whole.effect);
    assert!(values::lower(insert, insert.len()).is_none());
}

#[test]
fn a_long_insert_of_literals_reads_as_all_of_its_rows_do() {
    let columns = ["", " (a, b, c)", " (a, b)"];
    let rows = [
        "(1, 'x;y', NULL)",
        "(-2.5, 'it''s', true)",
        "(3, 'now()', false)",
        "(4, now(), false)",
        "(5, E'\\n', 1)",
        "(6, '')",
    ];
    let tails = ["", " ON CONFLICT (a) DO UPDATE SET b = excluded.b", " ON CONFLICT DO NOTHING", " RETURNING a"];
    let mut short = 0;
    for (columns, tail) in columns.iter().flat_map(|columns| tails.map(|tail| (columns, tail))) {
        for (one, two) in rows.iter().flat_map(|one| rows.map(|two| (one, two))) {
            let insert = format!("INSERT INTO t{columns} VALUES {}, {two}, {}{tail};", rows[0], [*one; 3].join(",\n"));
            let in_text = |portion: Portion| read(&insert, Portion { keeps_rows: false, ..portion });
            assert_eq!(in_text(LEAST), in_text(WHOLE), "{insert}");
            short += usize::from(values::lower_literals(insert.trim_end_matches(';'), 0).is_some());
        }
    }
    // The rows of three literals, at least for the tables whose columns fit.
    assert!(short >= 2 * tails.len() * 9, "{short}");
}

/// Each definition, after the tables whose rows the statements before it change.
fn told(statements: Vec<Statement>) -> Vec<(BTreeSet<String>, Option<Statement>)> {
    let (mut told, mut tables) = (Vec::new(), BTreeSet::new());
    for one in statements {
        match &one.effect {
            Effect::Data(data) => tables.extend(data.writes.iter().map(|table| format!("{table:?}"))),
            Effect::Repeatable => {}
            _ => told.push((std::mem::take(&mut tables), Some(Statement { isolation: None, ..one }))),
        }
    }
    told.push((tables, None));
    told
}

#[test]
fn the_definitions_of_a_script_are_its_statements_with_the_tables_alone_of_those_on_data() {
    for text in corpus().chunks(8).map(|texts| texts.join("\n")).chain(corpus().iter().take(MORE.len()).cloned()) {
        let Ok(whole) = script::read_in(&text, &Directives::default(), WHOLE, 0) else { continue };
        let definitions = script::read_definitions(&text, Passes::Rows).map(told);
        assert_eq!(definitions, Some(told(whole.statements)), "{text}");
    }
}

#[test]
fn a_table_stands_once_between_two_definitions_however_often_it_is_written() {
    let rows = "INSERT INTO a.t VALUES (1);\ndelete from only \"T\";\nUPDATE t SET a = 2;\n".repeat(100);
    let text = format!("{rows}CREATE TABLE u ();\n{rows}");
    let tags: Vec<String> =
        script::read_definitions(&text, Passes::Rows).unwrap().into_iter().map(|one| one.shown(&text)).collect();
    let tables = ["INSERT INTO a.t", "delete from only \"T\"", "UPDATE t"];
    assert_eq!(tags, [&tables[..], &["CREATE TABLE u ()"], &tables].concat());
}

#[test]
fn inserts_that_differ_in_their_literals_alone_are_kept_as_one_and_read_again_with_their_rows() {
    let rows = ["(1, 'a', NULL)", "(-2.5, E'it''s', true)", "(3, 'now()', false), (4, '', 'x')"];
    let inserts = rows.map(|rows| format!("INSERT INTO t (a, b, c) VALUES {rows}"));
    let lowered = lower(&inserts.join(";\n"), PORTION, Together::NOTHING).unwrap();
    assert!(lowered.windows(2).all(|pair| Arc::ptr_eq(&pair[0].nature, &pair[1].nature)));
    for insert in &inserts {
        let whole = lower(insert, WHOLE, Together::NOTHING).unwrap().remove(0);
        assert_eq!(data_of(insert).map(|data| Effect::Data(Box::new(data))).as_ref(), Some(&whole.effect));
    }
    // A row that calls or names something is judged by its content.
    for values in ["now()", "'t'::regclass", "regclass 't'", "$1", "a", "(SELECT 1)", "DEFAULT", "B'1'"] {
        let lowered =
            lower(&format!("INSERT INTO t (a) VALUES ({values})"), PORTION, Together::NOTHING).unwrap().remove(0);
        let Effect::Data(data) = &lowered.effect else { panic!("{values}") };
        assert!(matches!(&data.act, DataAct::Insert { in_text: false, rows, .. } if !rows.is_empty()), "{values}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_script_in_parts_is_the_script(
        chosen in proptest::collection::vec((any::<Index>(), 0..4usize), 1..8),
        cut in proptest::option::weighted(0.3, any::<Index>()),
        (statements, rows) in (0..400usize, 0..100usize),
    ) {
        let mut text = String::new();
        for (at, gap) in &chosen {
            text.push_str(at.get::<String>(corpus()));
            text.push_str(["", "\n", " ", ";\n"][*gap]);
        }
        // One piece less, at any position: quotes stay open, bodies break off.
        if let Some(cut) = cut {
            let from = text.floor_char_boundary(cut.index(text.len().max(1)));
            let to = text.ceil_char_boundary((from + 1 + statements % 7).min(text.len()));
            text.replace_range(from..to, "");
        }
        prop_assert_eq!(read(&text, Portion { statements, rows, keeps_rows: true }), read(&text, WHOLE), "{}", text);
    }
}

/// Every statement of a text with its position; those that were read as one are cut again.
fn cut_again(text: &str, script: &Script) -> Vec<(Range<usize>, usize, usize)> {
    let parts = script.statements.iter().flat_map(|one| one.parts(text).into_iter().map(|range| one.part(text, range)));
    parts.map(|one| (one.range, one.line, one.column)).collect()
}

#[test]
fn inserts_that_were_read_as_one_are_those_that_were_read_alone() {
    let seed = |rows: Range<usize>| {
        rows.map(|n| format!("INSERT INTO t (a) VALUES ({n}) /* ; */; -- a;\n")).collect::<String>()
    };
    let directive = "-- lockgate:optional\n";
    let other = "INSERT INTO u (a) VALUES (1);INSERT INTO u (a) VALUES (now());INSERT INTO u VALUES (2);\n";
    let text = format!("{}{directive}{}{other}{}", seed(0..2000), seed(0..5), seed(0..9));
    let directives = directive::read(&text).unwrap();
    let (alone, together) =
        (script::read(&text, &directives).unwrap(), script::read_together(&text, &directives).unwrap());
    assert_eq!(cut_again(&text, &together), cut_again(&text, &alone));
    assert!(together.statements.len() < 20 && together.statements.iter().map(|one| one.count).sum::<usize>() == 2017);
    // The statement of the directive is read alone.
    let optional = together.statements.iter().find(|one| !one.directives.is_empty()).unwrap();
    assert_eq!((optional.line, optional.count), (2002, 1));
    assert!(together.statements.iter().all(|one| one.range.len() <= 32 << 10));
}

/// Literals, and values that are not literals: an INSERT of these is parsed by itself.
const VALUES: &[&str] = &[
    "1",
    "-1",
    "- 2",
    "1.5",
    "-0.25",
    "'a'",
    "'it''s; (x), '",
    "NULL",
    "true",
    "False",
    "''",
    "E'\\n'",
    "now()",
    "1e5",
    ".5",
    "1.",
    "1 .5",
    "B'1'",
    "'a' 'b'",
    "'a'\n'b'",
    "+1",
    "- -1",
    "-'1'",
    "1a",
    "DEFAULT",
    "(1)",
    "'1'::int",
    "$1",
    "x",
    "date '2020-01-01'",
    "$$q$$",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn an_insert_that_is_like_the_one_before_it_reads_as_it_does_alone(
        chosen in proptest::collection::vec((0..4usize, proptest::collection::vec(any::<Index>(), 1..4), 0..8usize), 2..12),
    ) {
        let heads = ["INSERT INTO t (a, b) VALUES", "INSERT INTO t VALUES", "insert into t (a, b) values", "INSERT INTO \"values\" VALUES"];
        let mut text = String::new();
        let mut alone = Vec::new();
        for (head, values, gap) in &chosen {
            // Most of them are literals: many statements are alike.
            let of = |at: &Index| VALUES[at.index(if *gap == 0 { VALUES.len() } else { 11 })];
            let all: Vec<&str> = values.iter().map(of).collect();
            let list = if *gap == 7 { format!("({}), (2)", all.join(", ")) } else { format!("({})", all.join(" , ")) };
            let tail = if *gap == 6 { " ON CONFLICT DO NOTHING" } else { "" };
            let sql = format!("{} {list}{tail}", heads[*head]);
            let read = lower(&sql, PORTION, Together::NOTHING);
            if read.is_err() {
                continue;
            }
            alone.extend(read.unwrap());
            text.push_str(["", "\n", " -- c;\n", "/* ; */"][*gap % 4]);
            text.push_str(&sql);
            text.push(';');
        }
        let all = lower(&text, Portion { statements: 0, ..PORTION }, Together::NOTHING).unwrap();
        prop_assert_eq!(all.iter().map(|one| &one.nature).collect::<Vec<_>>(), alone.iter().map(|one| &one.nature).collect::<Vec<_>>(), "{}", text);
        let shown = |one: &Lowered| text[one.range.clone()].trim().to_owned();
        prop_assert!(all.iter().all(|one| shown(one).to_lowercase().starts_with("insert")), "{}", text);
    }
}
