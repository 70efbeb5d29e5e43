use proptest::prelude::*;

use super::super::outline::tests::InParts;
use super::*;
use crate::sql::corpus;
use crate::statement;

/// Each statement with its SQL; those that were read as one are cut again.
fn told(text: &str, statements: &[Statement]) -> Vec<(Statement, String)> {
    let parts = statements.iter().flat_map(|one| one.parts(text).into_iter().map(|range| one.part(text, range)));
    parts.map(|one| (Statement { range: 0..0, ..one.clone() }, text[one.range].to_owned())).collect()
}

/// True if the text can be abridged; then it has to read the same.
#[track_caller]
fn reads_the_same(text: &str, least: usize) -> bool {
    let away: Arc<dyn Away> = Arc::new(InParts(text.to_owned()));
    let Some((script, abridged)) = abridged_by(least, &away).unwrap() else { return false };
    let whole = statement::read_together(text, &Directives::default()).unwrap();
    let each = |one: &Statement| match abridged.restored(one).unwrap() {
        Some((one, text)) => told(&text, &[one]),
        None => told(abridged.text(), std::slice::from_ref(one)),
    };
    let found: Vec<_> = script.statements.iter().flat_map(each).collect();
    assert_eq!(found, told(text, &whole.statements), "{text}\n---\n{}", abridged.text());
    for one in &script.statements {
        assert_eq!(place_of(one), locate(abridged.text(), one.range.start), "{text}\n---\n{}", abridged.text());
    }
    assert_eq!(script.notes, whole.notes);
    true
}

fn rows(count: usize) -> String {
    (0..count).map(|n| format!("INSERT INTO t (a, b) VALUES ({n}, 'some text; ä');\n")).collect()
}

#[test]
fn the_scripts_of_the_cases_read_the_same_abridged() {
    let all = corpus::scripts("tests/fixtures/engine");
    let abridged = all.iter().filter(|text| reads_the_same(text, 1)).count();
    assert!(abridged > all.len() / 2, "{abridged} of {}", all.len());
}

#[test]
fn rows_stay_in_the_file_and_the_rest_is_kept() {
    let text = format!("\u{feff}CREATE TABLE t (a int, b text);{}\nALTER TABLE t ADD c int;", rows(5000));
    let away: Arc<dyn Away> = Arc::new(InParts(text.clone()));
    let (script, abridged) = abridged(&away).unwrap().unwrap();
    assert!(abridged.text().len() < text.len() / 10, "{} of {}", abridged.text().len(), text.len());
    let last = script.statements.last().unwrap();
    assert_eq!((last.line, last.column, last.sql(abridged.text())), (5002, 1, "ALTER TABLE t ADD c int"));
    let left: usize = script.statements.iter().filter_map(|one| Some(abridged.left(one)?.len())).sum();
    assert!(left > text.len() - 10_000, "{left} of {}", text.len());
    assert!(reads_the_same(&text, 100));
}

#[test]
fn a_script_whose_statements_depend_on_each_other_is_read_as_a_whole() {
    let rows = rows(100);
    for other in [
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
        "BEGIN; SELECT 1; COMMIT;",
        "CREATE INDEX CONCURRENTLY i ON t (a);",
        "ALTER TYPE e ADD VALUE 'x';",
        "COPY t FROM stdin;\n1\n\\.\n",
        "CREATE RULE r AS ON INSERT TO t DO (INSERT INTO u VALUES (1); INSERT INTO u VALUES (2));",
        "SELEC 1;",
        "SELECT 1 \\gexec\n",
        "DISCARD ALL;",
    ] {
        for text in [format!("{other}{rows}"), format!("{rows}{other}"), format!("{rows}{other}{rows}")] {
            assert!(!reads_the_same(&text, 1000), "{other}");
        }
    }
}

proptest! {
    #[test]
    fn statements_in_any_order_read_the_same_abridged(
        parts in proptest::collection::vec(
            prop_oneof![
                (1..60_usize).prop_map(rows),
                (1..60_usize).prop_map(|count| rows(count).replace('\n', "")),
                prop::sample::select(&[
                    "CREATE TABLE u (a int DEFAULT 1);", "DO $$ BEGIN INSERT INTO t VALUES (1); END $$;",
                    "INSERT INTO t (a) VALUES (now());", "COMMENT ON TABLE t IS ';';", "-- insert into x;\n",
                    "/* UPDATE y; */", ";", "SELECT f();", "  ", "\n", "SET a.b = ';';", "INSERT INTO t (a, b) SELECT 1, 'ä';",
                ][..]).prop_map(str::to_owned),
            ],
            0..8,
        ),
        least in 1..4000_usize,
    ) {
        prop_assert!(reads_the_same(&parts.concat(), least));
    }
}
