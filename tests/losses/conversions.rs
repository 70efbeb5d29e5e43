//! Every type into every other, by assignment and by a cast: the server changes the columns and casts them back; where a value
//! came back as another, or could not come back, it was lost, and lockgate has to have said so; where none was, it must not.

use std::collections::BTreeSet;

use super::statements;
use crate::support::{Gate, TestDatabase};

/// Types with values that a narrower type cuts, rounds or refuses, and values that it holds.
const TYPES: &[(&str, &[&str])] = &[
    (
        "text",
        &[
            "abc",
            "abcdefghij",
            "007",
            "1.50",
            "yes",
            "{\"a\": 1, \"a\": 2}",
            "2026-10-25 02:30:00.1234567+05",
            "low",
            "10.0.0.1/24",
            "0.12345678901234567890",
            "a text that is longer than the sixty-three bytes of a name, as texts are",
        ],
    ),
    ("varchar(5)", &["abc", "12345"]),
    ("name", &["abc", "a name of some length"]),
    ("\"char\"", &["a"]),
    ("boolean", &["true", "false"]),
    ("integer", &["1", "2147483647", "2"]),
    ("bigint", &["1", "9007199254740993", "16777217"]),
    ("numeric", &["1", "1.5", "12345678901234567890.123", "1.2345"]),
    ("numeric(10,2)", &["1", "1.25", "12345678.91"]),
    ("numeric(5,0)", &["1", "12345"]),
    ("real", &["1", "0.12345678"]),
    ("double precision", &["1", "0.1234567890123456"]),
    ("money", &["1", "1.25"]),
    ("date", &["2026-01-01"]),
    ("time", &["04:05:06", "04:05:06.123456"]),
    ("timestamp", &["2026-01-01 00:00:00", "2026-03-29 02:30:00", "2026-01-01 04:05:06.123456"]),
    ("timestamptz(0)", &["2026-01-01 00:00:00+01", "2026-10-25 01:30:00+00", "2026-10-25 00:30:00+00"]),
    ("interval", &["1 day", "1.123456 s", "25 hours"]),
    ("interval(0)", &["1 day", "25 hours"]),
    ("bit(8)", &["10110011"]),
    ("varbit(4)", &["101", "1011"]),
    ("json", &["{\"a\": 1, \"a\": 2}", "true", "1"]),
    ("jsonb", &["{\"a\": 1}", "true", "1", "1.25"]),
    ("inet", &["10.0.0.1/24", "10.0.0.0/8"]),
    ("cidr", &["10.0.0.0/8"]),
    ("mood", &["low", "high"]),
    ("short", &["abc", "ab"]),
    ("integer[]", &["{1,2}"]),
    ("numeric[]", &["{1,1.5}"]),
];

const OWN: &str =
    "CREATE TYPE mood AS ENUM ('low', 'high'); CREATE DOMAIN short AS varchar(3); CREATE DOMAIN whole AS integer";

/// `lost`, `kept` or `refused`, value by value: the column is changed, and the result is cast back.
const ORACLE: &str = "
CREATE FUNCTION converted(old text, new text, casts boolean, given text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE before text; after text;
BEGIN
    BEGIN
        DROP TABLE IF EXISTS tried;
        EXECUTE format('CREATE TEMPORARY TABLE tried (v %s)', old);
        EXECUTE format('INSERT INTO tried VALUES (%L)', given);
        SELECT v::text INTO before FROM tried;
        EXECUTE format('ALTER TABLE tried ALTER v TYPE %s', new) || CASE WHEN casts THEN format(' USING v::%s', new) ELSE '' END;
    EXCEPTION WHEN OTHERS THEN RETURN 'refused';
    END;
    BEGIN
        EXECUTE format('SELECT (v::%s)::text FROM tried', old) INTO after;
    EXCEPTION WHEN cannot_coerce THEN
        -- No cast leads back: by way of another type.
        BEGIN
            EXECUTE format('SELECT (v::numeric::%s)::text FROM tried', old) INTO after;
        EXCEPTION WHEN cannot_coerce THEN
            BEGIN
                EXECUTE format('SELECT (v::text::%s)::text FROM tried', old) INTO after;
            EXCEPTION WHEN OTHERS THEN RETURN 'lost';
            END;
        WHEN OTHERS THEN RETURN 'lost';
        END;
    WHEN OTHERS THEN RETURN 'lost';
    END;
    RETURN CASE WHEN rtrim(before) = rtrim(after) THEN 'kept' ELSE 'lost' END;
END $$";

#[test]
fn what_is_said_of_a_conversion_is_what_the_server_does() {
    let database = TestDatabase::new();
    database.sql(&format!("ALTER DATABASE {} SET timezone = 'Europe/Berlin'", database.name()));
    database.sql(OWN);
    database.sql(ORACLE);
    let session = database.session();
    session.sql("SET client_min_messages = error");
    let mut wrong = Vec::new();
    for (old, values) in TYPES {
        let columns: Vec<String> =
            (0..TYPES.len()).flat_map(|to| [format!("a{to} {old}"), format!("c{to} {old}")]).collect();
        session.sql(&format!(
            "DROP TABLE IF EXISTS converting; CREATE TABLE converting ({}); INSERT INTO converting DEFAULT VALUES",
            columns.join(", ")
        ));
        let change = |(to, (new, _)): (usize, &(&str, &[&str]))| {
            format!("ALTER a{to} TYPE {new}, ALTER c{to} TYPE {new} USING c{to}::{new}")
        };
        let changes: Vec<String> = TYPES.iter().enumerate().map(change).collect();
        let script = format!("ALTER TABLE converting {}", changes.join(", "));
        let gate = Gate::new(&database).chain(&[("0001_conversions.sql", &script)]);
        let statement = statements(&gate.with(["plan", "--json"]).run().expect(0)).remove(0);
        let told: BTreeSet<&str> = statement["loses"]
            .as_array()
            .expect("losses")
            .iter()
            .map(|lost| lost["column"].as_str().expect("a column"))
            .collect();
        let given = values.iter().map(|value| format!("('{value}')")).collect::<Vec<_>>().join(", ");
        for (to, (new, _)) in TYPES.iter().enumerate() {
            for (column, casts) in [(format!("a{to}"), false), (format!("c{to}"), true)] {
                let outcomes = session.query_text(&format!(
                    "SELECT DISTINCT converted('{old}', '{new}', {casts}, v) FROM (VALUES {given}) AS given(v)"
                ));
                let saw = |outcome: &str| outcomes.iter().any(|row| row[0] == outcome);
                let says = told.contains(column.as_str());
                let how = if casts { "cast" } else { "assigned" };
                if saw("lost") && !says {
                    wrong.push(format!("{old} {how} to {new}: lost, and not said"));
                } else if says && !saw("lost") && saw("kept") && !is_cautious(old, new) {
                    wrong.push(format!("{old} {how} to {new}: said to be lost, and kept"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// Pairs of which the values above do not show the loss that other values have.
fn is_cautious(old: &str, new: &str) -> bool {
    let is_limited = |type_: &str| matches!(type_, "varchar(5)" | "short");
    // A text is read by another type's rules, and a JSON scalar as a number; how long another type's text is depends on its
    // value.
    let is_long = |type_: &str| matches!(type_, "numeric" | "interval" | "interval(0)") || type_.ends_with("[]");
    new == "name" && is_long(old)
        || matches!(old, "text" | "name" | "json" | "jsonb")
        || is_limited(old)
        || is_limited(new)
}
