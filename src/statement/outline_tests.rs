use proptest::prelude::*;

use super::*;
use crate::sql::corpus;
use crate::statement::{Passes, Statement, read_definitions};

/// A text that arrives a character at a time.
#[derive(Debug)]
pub(in crate::statement) struct InParts<S>(pub S);

impl<S: AsRef<str> + std::fmt::Debug + Send + Sync> Away for InParts<S> {
    fn size(&self) -> usize {
        self.0.as_ref().len()
    }

    fn pass(&self, take: &mut dyn FnMut(&str)) -> Result<(), Changed> {
        let mut letters = [0; 4];
        self.0.as_ref().chars().for_each(|letter| take(letter.encode_utf8(&mut letters)));
        Ok(())
    }

    fn part(&self, range: std::ops::Range<usize>) -> Result<String, Changed> {
        Ok(self.0.as_ref()[range].to_owned())
    }
}

fn told(text: &str, passes: Passes) -> Option<Vec<(Statement, String)>> {
    let statements = read_definitions(text, passes)?;
    let place = |one: Statement| {
        let sql = one.sql(text).to_owned();
        (Statement { range: 0..0, ..one }, sql)
    };
    Some(statements.into_iter().map(place).collect())
}

#[track_caller]
fn reads_the_same(text: &str) -> bool {
    let Some(outline) = outline(&InParts(text)).unwrap() else { return false };
    for passes in [Passes::Rows, Passes::RowsAndComments] {
        assert_eq!(told(&outline, passes), told(text, passes), "{text}\n---\n{outline}");
    }
    true
}

const ROWS: [&str; 7] = [
    "INSERT INTO t VALUES (1, 'a;b', $$;$$);",
    "insert into a.\"T\"\n  (a, b)\nVALUES ('ä',\n2), (3, 4);",
    "UPDATE ONLY t SET a = E'\\';' -- ;\n WHERE true;",
    "DELETE FROM t",
    "UPDATE t;",
    "INSERT INTO t\nSELECT * FROM u;",
    "INSERT INTO t/* ; */DEFAULT VALUES;",
];

#[test]
fn the_scripts_of_the_cases_read_the_same_in_outline() {
    let all = corpus::scripts("tests/fixtures/engine");
    let outlined = all.iter().filter(|text| reads_the_same(text)).count();
    assert!(outlined > all.len() / 2, "{outlined} of {}", all.len());
}

#[test]
fn rows_are_left_out_and_what_may_hold_statements_is_not_outlined() {
    let rows = ROWS[0].repeat(1000);
    let text = format!("{rows}\nCREATE TABLE u ();{rows}");
    let outlined = outline(&InParts(&text)).unwrap().unwrap();
    assert!(outlined.len() < 2 * ROWS[0].len() * 1000 && outlined.trim_end().len() < text.len() / 2 + 100);
    for other in [
        "CREATE FUNCTION f() RETURNS void BEGIN ATOMIC INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); END;",
        "CREATE RULE r AS ON INSERT TO t DO (INSERT INTO u VALUES (1); INSERT INTO u VALUES (2));",
        "COPY t FROM stdin;\n1\n\\.\n",
        "SELECT 1 \\gexec\n",
    ] {
        assert_eq!(outline(&InParts(other)).unwrap(), None, "{other}");
    }
}

proptest! {
    #[test]
    fn statements_in_any_order_read_the_same_in_outline(
        parts in proptest::collection::vec(
            prop_oneof![
                prop::sample::select(&ROWS[..]),
                prop::sample::select(&[
                    "CREATE TABLE u (a int DEFAULT 1);", "DO $$ BEGIN INSERT INTO t VALUES (1); END $$;",
                    "COMMENT ON TABLE t IS ';';", "-- insert into x;\n", "/* UPDATE y; */", ";", "SELECT f();",
                    "WITH w AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT * FROM w;", "ALTER TABLE u ADD b text;",
                ][..]),
            ],
            0..12,
        ),
        gap in "[ \n]{0,3}",
    ) {
        let text = parts.join(&gap);
        prop_assert!(reads_the_same(&text));
    }
}
