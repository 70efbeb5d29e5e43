//! Statements and the readings of them.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::chain::scan::scan;
use crate::sql::parse::{tree, with_tree};
use crate::sql::{Expr, Facts, Named, Template};
use crate::sql::{corpus, with_room};
use crate::statement::change::{ConstraintKind, Data, NewConstraint, TableAct, question};

fn effects(text: &str, tree: &tree::ParseResult) -> Vec<Effect> {
    let nodes = tree.stmts.iter().filter_map(|raw| raw.stmt.as_deref()?.node.as_ref());
    nodes.map(|node| effect(node, text, "a tag")).collect()
}

fn of(text: &str) -> Vec<Effect> {
    with_tree(text, effects).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn one(text: &str) -> Effect {
    let mut all = of(text);
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0)
}

fn data(text: &str) -> Data {
    match one(text) {
        Effect::Data(data) => *data,
        other => panic!("{text}: {other:?}"),
    }
}

/// The changes of a definition.
fn changes(text: &str) -> Vec<Change> {
    match one(text) {
        Effect::Changes(changes) => changes,
        other => panic!("{text}: {other:?}"),
    }
}

/// Debug output without empty fields, and with names as in SQL.
fn short(effect: &Effect) -> String {
    let mut text = format!("{effect:?}");
    for (long, new) in [
        ("schema: None, ", ""),
        ("Named { schema: Some(\"", "Named { name: \""),
        ("TypeName { schema: Some(\"", "TypeName { name: \""),
        ("\"), name: \"", "."),
        ("lockgate ", ""),
        ("\\\"", "'"),
    ] {
        text = text.replace(long, new);
    }
    for empty in [": None", ": false", ": []", ": \"\""] {
        while let Some(at) = text.find(empty) {
            let start = text[..at].rfind([' ', '(']).map_or(0, |space| space + 1);
            let end = at + empty.len();
            let end = if text[end..].starts_with(", ") { end + 2 } else { end };
            text.replace_range(start..end, "");
        }
    }
    for (open, word) in [("Named { name: ", ""), ("TypeName { name: ", "")] {
        while let Some(at) = text.find(open) {
            let close = at + text[at..].find('}').unwrap_or(0);
            let inside = text[at + open.len()..close].trim().trim_end_matches(',').replace('"', "");
            text.replace_range(at..=close, &format!("{word}{inside}"));
        }
    }
    text.replace(", }", " }").replace("  }", " }").replace("{ }", "").replace("pg_catalog.", "")
}

/// Every statement of `cases.txt` has the reading below it.
#[test]
fn statements_are_read_as_changes_and_facts() {
    let cases = include_str!("cases.txt");
    let statements = cases.split("\n\n").filter_map(|case| case.trim().split_once('\n'));
    let mut read = String::new();
    for (statement, _) in statements {
        let lines: Vec<String> = match one(statement) {
            Effect::Changes(changes) => changes.into_iter().map(line).collect(),
            other => vec![format!("    {}", short(&other))],
        };
        read.push_str(&format!("{statement}\n{}\n\n", lines.join("\n")));
    }
    if let Ok(place) = std::env::var("LOCKGATE_TEST_WRITE") {
        std::fs::write(place, read.trim_end().to_owned() + "\n").unwrap();
        return;
    }
    for (read, wanted) in read.trim().split("\n\n").zip(cases.trim().split("\n\n")) {
        assert_eq!(read, wanted);
    }
}

fn line(change: Change) -> String {
    let alone = change.alone.map_or(String::new(), |alone| format!("\n        {alone}"));
    let shown = short(&Effect::Changes(vec![Change { act: change.act, alone: None, guarded: false }]));
    let act = shown.trim_start_matches("Changes([Change { act: ").trim_end_matches(", }])");
    let guard = if change.guarded { "unless there: " } else { "" };
    format!("    {guard}{act}{alone}")
}

#[test]
fn every_subcommand_alone_reads_as_it_did_among_others() {
    let text = "ALTER TABLE ONLY s.t ADD c int NOT NULL DEFAULT 1, ALTER d TYPE text USING d::text, DROP e CASCADE, \
                ADD CONSTRAINT x CHECK (c > 0) NOT VALID, ENABLE ROW LEVEL SECURITY, OWNER TO o, SET (fillfactor = 70)";
    let all = changes(text);
    assert_eq!(all.len(), 7);
    for change in all {
        let alone = change.alone.expect("one of several");
        assert_eq!(changes(&alone), [Change { act: change.act, alone: None, guarded: false }], "{alone}");
    }
}

#[test]
fn templates_are_filled_with_names_as_they_are_quoted() {
    let built = |text: &str| match changes(text).remove(0).act {
        Act::CreateIndex(index) => index.build,
        Act::CreateView(view) => view.build,
        Act::AlterTable { act: TableAct::AddConstraint(constraint), .. } => constraint.build,
        other => panic!("{other:?}"),
    };
    for (text, filled) in [
        (
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.t (lower(a))",
            "CREATE INDEX n ON x.t USING btree (lower(a))",
        ),
        ("CREATE OR REPLACE VIEW v (a) AS SELECT 1", "CREATE VIEW n (a) AS SELECT 1"),
        (
            "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES s.u NOT VALID",
            "ALTER TABLE x.t ADD CONSTRAINT n FOREIGN KEY (a) REFERENCES s.u",
        ),
    ] {
        assert_eq!(built(text).fill("n", "x.t"), filled);
    }
    assert_eq!(
        Template::view_of("SELECT 1", &["a b".to_owned()], Facts::default()).fill("v", ""),
        "CREATE VIEW v (\"a b\") AS SELECT 1"
    );
}

#[test]
fn an_expression_follows_its_columns_tables_and_types() {
    let expr = |text: &str| match changes(&format!("ALTER TABLE t ADD CHECK ({text})")).remove(0).act {
        Act::AlterTable { act: TableAct::AddConstraint(constraint), .. } => match constraint.kind {
            ConstraintKind::Check { expr, .. } => expr,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let sql = |expr: Option<Expr>| expr.map(|expr| expr.sql);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        sql(expr("a > 0 AND t.a < b AND c.a = 'a'").rename_column("a", "Ä b")),
        some("\"Ä b\" > 0 AND t.\"Ä b\" < b AND c.\"Ä b\" = 'a'")
    );
    assert_eq!(expr("a > 0").rename_column("a", "b").unwrap().columns, ["b"]);
    assert_eq!(sql(expr("EXISTS (SELECT a FROM u)").rename_column("a", "b")), None);
    assert_eq!(
        sql(expr("t.a > 0 AND EXISTS (SELECT FROM t)").rename_table("t", "v")),
        some("v.a > 0 AND EXISTS (SELECT FROM v)")
    );
    let (from, to) = (Named { schema: None, name: "e".into() }, Named { schema: Some("s".into()), name: "f".into() });
    assert_eq!(
        sql(expr("a = ANY ('{}'::e[]) AND b::s.e = c::int").rename_type(&from, &to)),
        some("a = ANY('{}'::f[]) AND b::s.f = c::int")
    );
}

#[test]
fn a_template_follows_the_columns_of_its_table() {
    for (text, renamed) in [
        ("ALTER TABLE t ADD UNIQUE (a, b) INCLUDE (a)", "UNIQUE (z, b) INCLUDE (z)"),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (a)", "FOREIGN KEY (z) REFERENCES u (a)"),
        (
            "ALTER TABLE t ADD EXCLUDE USING gist (a WITH &&) WHERE (a > 1)",
            "EXCLUDE USING gist (z WITH &&) WHERE (z > 1)",
        ),
        ("CREATE INDEX ON t (a, (a + 1)) WHERE a > 1", "(z, (z + 1)) WHERE z > 1"),
        (
            "CREATE TRIGGER x BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (new.a > 1) EXECUTE FUNCTION f()",
            "BEFORE UPDATE OF z ON \"lockgate target\" FOR EACH ROW WHEN (new.z > 1) EXECUTE FUNCTION f()",
        ),
        ("CREATE POLICY p ON t USING (a > 1)", "USING (z > 1)"),
        ("CREATE STATISTICS s ON a, b FROM t", "ON z, b FROM \"lockgate target\""),
    ] {
        let build = match changes(text).remove(0).act {
            Act::CreateIndex(index) => index.build,
            Act::CreateTrigger(trigger) => trigger.build,
            Act::CreatePolicy { build, .. } | Act::CreateStatistics { build, .. } => build,
            Act::AlterTable { act: TableAct::AddConstraint(constraint), .. } => constraint.build,
            other => panic!("{other:?}"),
        };
        let new = build.rename_column("a", "z").unwrap_or_else(|| panic!("{text}"));
        assert!(new.sql.ends_with(renamed), "{}", new.sql);
    }
}

#[test]
fn the_facts_of_a_template_are_those_of_its_tree() {
    let build = |text: &str| match changes(text).remove(0).act {
        Act::CreateView(view) => view.build,
        Act::CreateTableAs(table) => table.view(),
        Act::CreateIndex(index) => index.build,
        other => panic!("{other:?}"),
    };
    for (text, takes_new_columns) in [
        ("CREATE VIEW v AS SELECT count(*), a * 2, '*' AS \"*\" FROM t", false),
        ("CREATE VIEW v AS SELECT t.* FROM t", true),
        ("CREATE VIEW v AS SELECT a FROM t NATURAL JOIN u", true),
        ("CREATE VIEW v AS SELECT a FROM t JOIN u USING (a)", false),
        ("CREATE MATERIALIZED VIEW v AS TABLE t", true),
    ] {
        assert_eq!(build(text).takes_new_columns(), takes_new_columns, "{text}");
    }
    for (text, holds_a_moment) in [
        ("CREATE VIEW v AS SELECT 'NOW'::timestamp AS at", true),
        ("CREATE VIEW v AS SELECT ' today 04:05 utc'::timestamptz AS at", true),
        ("CREATE VIEW v AS SELECT 'do it now' AS a, \"'now'\" FROM t", false),
    ] {
        assert_eq!(build(text).holds_a_moment(), holds_a_moment, "{text}");
    }
    for (text, has_expression) in [
        ("CREATE INDEX ON t (a, \"b (\") INCLUDE (c) WITH (fillfactor = 70)", false),
        ("CREATE INDEX ON t (a) WHERE b", true),
        ("CREATE INDEX ON t (lower(a))", true),
    ] {
        assert_eq!(build(text).has_expression(), has_expression, "{text}");
    }
}

#[test]
fn the_names_of_index_columns_are_those_of_the_server() {
    let text = "CREATE INDEX ON t (a, lower(b), (c::text), ('x'::text || d), (CASE WHEN a THEN 1 END), (coalesce(a, b)), \
                (a IS NULL), (f.g), ((a).b), (nullif(a, b)), (('1' || '2')::int))";
    let Act::CreateIndex(index) = changes(text).remove(0).act else { panic!("{text}") };
    let labels: Vec<String> = index.keys.into_iter().map(|key| key.label).collect();
    assert_eq!(labels, ["a", "lower", "c", "expr", "case", "coalesce", "expr", "g", "b", "nullif", "int4"]);
}

#[test]
fn questions_read_and_never_write() {
    let shown = |question: Option<String>| question.unwrap_or_else(|| "none".to_owned());
    let update = data("UPDATE t SET a = u.b, c = 1 FROM u WHERE u.id = t.id");
    let defaults = [("a", None), ("c", Some("0"))];
    assert_eq!(
        shown(question::would_change(&update)),
        "SELECT count(DISTINCT (\"t\".tableoid, \"t\".ctid)) FROM t, u \
        WHERE (u.id = t.id) AND (\"t\".\"a\" IS DISTINCT FROM (u.b) OR \"t\".\"c\" IS DISTINCT FROM (1))"
    );
    let filled = |column: &str| {
        format!(
            "coalesce(pg_catalog.format('%s', \"t\".\"{column}\") OPERATOR(pg_catalog.=) \
            (SELECT (attmissingval::pg_catalog.text::pg_catalog.text[])[1] FROM pg_catalog.pg_attribute \
            WHERE attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('\"t\"')::pg_catalog.oid \
            AND attname OPERATOR(pg_catalog.=) '{column}'), false)"
        )
    };
    assert_eq!(
        shown(question::untouched(&update, &defaults)),
        format!(
            "SELECT count(*) FROM t WHERE NOT (\"t\".\"a\" IS NULL OR {}) OR \
            NOT (\"t\".\"c\" IS NULL OR \"t\".\"c\" IS NOT DISTINCT FROM (0) OR {})",
            filled("a"),
            filled("c")
        )
    );
    let insert = data("INSERT INTO s.t (a, b) VALUES (1, 'x'), (2, 'y')");
    assert_eq!(
        shown(question::would_change(&insert)),
        "SELECT count(*) FROM ((VALUES ((SELECT \"a\" FROM \"s\".\"t\" LIMIT 0), \
        (SELECT \"b\" FROM \"s\".\"t\" LIMIT 0)), (1, 'x'), (2, 'y') OFFSET 1) EXCEPT ALL SELECT \"a\", \"b\" FROM \"s\".\"t\") \
        AS missing"
    );
    for text in QUESTIONED {
        let data = data(text);
        let questions = [
            question::would_change(&data),
            question::untouched(&data, &[]),
            question::all_written(&data, &[]),
            question::rows_present(&data),
            question::row_count(&data),
            question::table_is_empty(&data),
        ];
        for question in questions.into_iter().flatten() {
            with_tree(&question, |_, tree| {
                assert_eq!(tree.stmts.len(), 1, "{question}");
                assert!(!crate::sql::walk::contents(tree).writes, "{question}");
            })
            .unwrap_or_else(|error| panic!("{question}: {error:?}"));
            if std::env::var("LOCKGATE_TEST_WRITE").is_ok() {
                eprintln!("{question};");
            }
        }
    }
}

const QUESTIONED: [&str; 10] = [
    "UPDATE t SET a = u.b, c = 1 FROM u WHERE u.id = t.id",
    "UPDATE ONLY t AS \"x y\" SET (a, c) = (1, 2) WHERE \"x y\".id IN (SELECT id FROM u)",
    "WITH w AS (SELECT id, max(b) AS b FROM u GROUP BY id) UPDATE t SET a = w.b FROM w WHERE w.id = t.id",
    "UPDATE public.t SET a = (SELECT b FROM u WHERE u.id = public.t.id)",
    "DELETE FROM t USING u WHERE u.id = t.id",
    "DELETE FROM t",
    "INSERT INTO t (a, e) VALUES (1, 'x'), (2, 'y')",
    "INSERT INTO t (id, a, e) SELECT id, b, 'x' FROM u ORDER BY 1",
    "WITH w AS (SELECT 1 AS a) INSERT INTO t (a) SELECT a FROM w",
    "INSERT INTO u VALUES (1, 2)",
];

/// The templates of a change, filled in.
fn built(act: &Act) -> Vec<String> {
    let one = |build: &Template| vec![build.fill("n", "t")];
    let each = |constraints: &[NewConstraint]| constraints.iter().map(|one| one.build.fill("n", "t")).collect();
    match act {
        Act::CreateTable(table) => each(&table.constraints),
        Act::AlterTable { act: TableAct::AddColumn { column, .. }, .. } => each(&column.constraints),
        Act::AlterTable { act: TableAct::AddConstraint(constraint), .. } => one(&constraint.build),
        Act::CreateTableAs(table) => one(&table.view()),
        Act::CreateView(view) => one(&view.build),
        Act::CreateIndex(index) => one(&index.build),
        Act::CreateDomain(domain) => one(&domain.build),
        Act::CreateFunction(function) => one(&function.build),
        Act::CreateTrigger(trigger) => one(&trigger.build),
        Act::CreateSequence { build, .. }
        | Act::CreateRange { build, .. }
        | Act::CreateCollation { build, .. }
        | Act::CreatePolicy { build, .. }
        | Act::CreateRule { build, .. }
        | Act::CreateStatistics { build, .. } => one(build),
        _ => Vec::new(),
    }
}

/// Asserts that the reading can be written: every template and every separate statement parses.
fn can_be_written(effect: &Effect) {
    let Effect::Changes(changes) = effect else { return };
    for change in changes {
        for sql in built(&change.act).into_iter().chain(change.alone.clone()) {
            let count = with_tree(&sql, |_, tree| tree.stmts.len());
            assert_eq!(count, Ok(1), "{sql}");
        }
    }
}

#[test]
fn whatever_is_read_can_be_written() {
    let cases = include_str!("cases.txt").split("\n\n").filter_map(|case| case.trim().split_once('\n'));
    for (statement, _) in cases {
        can_be_written(&one(statement));
    }
}

/// The pieces of every statement of `cases.txt`.
fn pieces() -> Vec<Vec<&'static str>> {
    let cases = include_str!("cases.txt").split("\n\n").filter_map(|case| case.trim().split_once('\n'));
    cases.map(|(statement, _)| scan(statement).map(|piece| &statement[piece.range]).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Statements mixed with pieces of others: those that parse are read without a panic and can be written.
    #[test]
    fn statements_in_any_mixture_are_read(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..3usize), 1..4),
    ) {
        let all = pieces();
        let words: Vec<&str> = all.iter().flatten().copied().collect();
        let mut statement = which.get(&all).clone();
        for (place, word, length) in edits {
            let at = place.index(statement.len());
            let end = statement.len().min(at + length);
            statement.splice(at..end, [*word.get(&words), " "]);
        }
        if let Ok(effects) = with_tree(&statement.concat(), effects) {
            effects.iter().for_each(can_be_written);
        }
    }

    /// Bodies of a DO from the words of a guarded one: each is read to its end.
    #[test]
    fn a_body_in_any_mixture_is_read_to_its_end(words in prop::collection::vec(prop::sample::select(&BODY[..]), 0..24)) {
        let whole = with_tree(&format!("DO $$ BEGIN {} $$", words.join(" ")), effects);
        whole.unwrap_or_default().iter().for_each(can_be_written);
    }
}

const BODY: [&str; 16] = [
    "BEGIN",
    "END",
    "END;",
    "IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'mood')",
    "THEN",
    "ELSE",
    "END IF;",
    "CREATE TYPE mood AS ENUM ('a')",
    ";",
    "EXCEPTION",
    "WHEN",
    "duplicate_object",
    "OR",
    "NULL;",
    "RAISE NOTICE 'there';",
    "(",
];

/// The SQL files below `LOCKGATE_TEST_CHAIN`: the number of statements of each effect.
#[test]
#[ignore = "needs a directory"]
fn a_chain_in_numbers() {
    let Ok(directory) = std::env::var("LOCKGATE_TEST_CHAIN") else { return };
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    let texts = corpus::scripts(&directory);
    for effect in texts.iter().filter_map(|text| with_tree(text, effects).ok()).flatten() {
        can_be_written(&effect);
        let kind = match &effect {
            Effect::Changes(changes) => {
                for change in changes {
                    *counts.entry(format!("  {}", word(&change.act))).or_default() += 1;
                }
                "changes".to_owned()
            }
            Effect::Data(data) => format!("data {:?}", data.unaskable),
            Effect::Opaque(opaque) => format!("{opaque:?}"),
            other => format!("{other:?}"),
        };
        *counts.entry(kind).or_default() += 1;
    }
    let best = |work: &(dyn Fn(&str) -> usize + Sync)| {
        let run = || {
            let began = Instant::now();
            texts.iter().map(|text| work(text)).sum::<usize>();
            began.elapsed()
        };
        with_room(|| (0..10).map(|_| run()).min().unwrap_or(Duration::ZERO))
    };
    let parsed = best(&|text| with_tree(text, |_, tree| tree.stmts.len()).unwrap_or(0));
    let read = best(&|text| with_tree(text, effects).map_or(0, |effects| effects.len()));
    eprintln!("{counts:#?}\nparsed in {parsed:?}, parsed and read in {read:?}");
}

fn word(act: &Act) -> String {
    let shown = match act {
        Act::AlterTable { act, .. } => format!("ALTER TABLE {act:?}"),
        act => format!("{act:?}"),
    };
    shown
        .split([' ', '(', '{'])
        .filter(|word| !word.is_empty())
        .take(if shown.starts_with("ALTER") { 3 } else { 1 })
        .collect::<Vec<_>>()
        .join(" ")
}
