//! Bounds of partitions by their values, held against the server: two of one value overlap, and are refused.

use std::collections::BTreeSet;
use std::time::Duration;

use lockgate::catalog::{Comparison, Definition, How, Key, Proof, Question, Table, Wanted, compare, load, prove_alone};

use super::{block_on, public, session};
use crate::support::TestDatabase;

/// Types, and values of each in several spellings; some are another type's.
const VALUES: &[(&str, &[&str])] = &[
    ("date", &["'2024-01-01'", "'2024-1-1'", "'Jan 1 2024'", "date '20240101'", "'2024-01-02'", "'infinity'"]),
    ("timestamp", &["'2024-01-01'", "'2024-01-01 00:00'", "'2024-01-01 00:00:00.0'", "'2024-01-01 00:00:01'"]),
    ("timestamptz", &["'2024-01-01'", "'2024-01-01 00:00+00'", "'2024-01-01 01:00+01'", "'2024-01-01 00:00+01'"]),
    ("timestamptz(0)", &["'2024-01-01 00:00:00.2+00'", "'2024-01-01 00:00:00+00'", "'2024-01-01 00:00:01+00'"]),
    ("int4", &["1", "'1'", "'01'", "2", "1.0", "'-1'", "-1"]),
    ("int8", &["1", "1::int2", "'1'", "9223372036854775807", "'9223372036854775807'"]),
    ("numeric", &["1", "1.0", "'1.00'", "1e0", "'NaN'", "0.1", "'.1'"]),
    ("numeric(4,1)", &["1.04", "1.0", "1", "'1.05'", "1.1"]),
    ("text", &["'a'", "E'\\x61'", "'A'", "'a '", "U&'\\0061'", "'1'", "'1.0'", "''"]),
    ("varchar(3)", &["'a'", "'a  '", "'abc'", "'abcd'"]),
    ("char(3)", &["'a'", "'a  '", "'abc'", "'ab'"]),
    ("bool", &["true", "'t'", "'yes'", "false", "'0'"]),
    (
        "uuid",
        &[
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
            "'{A0EEBC999C0B4EF8BB6D6BB9BD380A11}'",
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'",
        ],
    ),
    ("inet", &["'10.0.0.1'", "'10.0.0.1/32'", "'10.0.0.1/24'"]),
    ("bytea", &["'\\x61'", "'a'", "'\\x62'"]),
];

#[test]
fn two_bounds_are_equal_exactly_where_the_server_says_that_they_overlap() {
    let database = TestDatabase::new();
    let admin = database.session();
    let mut wanted = Wanted::default();
    for (kind, (type_, values)) in VALUES.iter().enumerate() {
        for (at, value) in values.iter().enumerate() {
            admin.sql(&format!("CREATE TABLE p_{kind}_{at} (k {type_}) PARTITION BY LIST (k)"));
            let make = format!("CREATE TABLE q_{kind}_{at} PARTITION OF p_{kind}_{at} FOR VALUES IN ({value})");
            if admin.try_sql(&make).is_ok() {
                wanted.relations.insert(public(&format!("q_{kind}_{at}")));
            }
        }
    }
    let mut pairs = Vec::new();
    for (kind, (_, values)) in VALUES.iter().enumerate() {
        for at in (0..values.len()).filter(|at| wanted.relations.contains(&public(&format!("q_{kind}_{at}")))) {
            for value in *values {
                let other = format!("CREATE TABLE other PARTITION OF p_{kind}_{at} FOR VALUES IN ({value})");
                let overlaps = match admin.try_sql(&format!("BEGIN; {other}")) {
                    Ok(_) => false,
                    Err(error) if error.code().is_some_and(|code| code.code() == "42P17") => true,
                    // No value of this type.
                    Err(_) => {
                        admin.sql("ROLLBACK");
                        continue;
                    }
                };
                admin.sql("ROLLBACK");
                let bound = (public(&format!("p_{kind}_{at}")), format!("FOR VALUES IN ({value})"));
                let wanted = Table {
                    foreign: false,
                    unlogged: false,
                    partition_by: None,
                    partition_of: Some(bound),
                    inherits: Vec::new(),
                };
                pairs.push((Key::Relation(public(&format!("q_{kind}_{at}"))), Definition::Table(wanted), overlaps));
            }
        }
    }
    let wrong = block_on(async {
        let session = session(&database.url()).await;
        let catalog = load(&session, &wanted).await.expect("a catalog");
        let found = |key: &Key| catalog.get(key).unwrap_or_else(|| panic!("{key} is not there"));
        let asked: Vec<_> =
            pairs.iter().filter(|(key, wanted, _)| compare(wanted, found(key)) == Comparison::Prove).collect();
        let questions: Vec<Question<'_>> =
            asked.iter().map(|(key, wanted, _)| Question { key, wanted, found_key: key, found: found(key) }).collect();
        let mut wrong = BTreeSet::new();
        for how in [How::Build, How::Explain] {
            let proofs = prove_alone(&session, &questions, how, Duration::from_secs(5)).await.expect("proofs");
            for ((key, wanted, overlaps), proof) in asked.iter().zip(&proofs) {
                let is_right = match proof {
                    Proof::Equal => *overlaps,
                    Proof::Differs(..) => !*overlaps,
                    _ => false,
                };
                if !is_right {
                    wrong.insert(format!("{key}: {:?} and {wanted:?}: overlap {overlaps}, {proof:?}", found(key)));
                }
            }
        }
        for (key, wanted, overlaps) in &pairs {
            let is_wrong = match compare(wanted, found(key)) {
                Comparison::Equal => !overlaps,
                Comparison::Differs(_) => *overlaps,
                Comparison::Prove => false,
            };
            if is_wrong {
                wrong.insert(format!("{key}: {:?} and {wanted:?}: overlap {overlaps}, without a question", found(key)));
            }
        }
        assert!(asked.len() > 100, "{} of {} pairs were asked", asked.len(), pairs.len());
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}
