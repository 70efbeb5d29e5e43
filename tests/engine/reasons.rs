//! The codes of reasons: each is given by the plan of a case that `reasons.txt` names, or the file says why no case has it.

use std::collections::BTreeSet;

use super::Case;
use crate::support::Outcome;

/// A code and a case, or a code, a dash and the reason.
const LIST: &str = include_str!("reasons.txt");

fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    LIST.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

/// The plan gives the codes that the list expects of the case.
#[track_caller]
pub fn are_given(case: &Case, plan: &Outcome) {
    let document = serde_json::from_str(&plan.stdout).unwrap_or_default();
    let mut given = BTreeSet::new();
    collect(&document, &mut given);
    if let Some(file) = std::env::var_os("LOCKGATE_TEST_REASONS") {
        note(&file, case, &given);
    }
    for (code, _) in lines().filter(|(_, name)| *name == case.name) {
        assert!(given.contains(code), "the plan gives no {code}, but {given:?}; {plan}");
    }
}

/// All codes in a plan, at any depth.
fn collect(part: &serde_json::Value, given: &mut BTreeSet<String>) {
    match part {
        serde_json::Value::Array(parts) => parts.iter().for_each(|part| collect(part, given)),
        serde_json::Value::Object(parts) => {
            for (name, value) in parts {
                match (name.as_str(), value) {
                    ("reason_code", serde_json::Value::String(code)) => drop(given.insert(code.clone())),
                    ("provisional_codes", serde_json::Value::Array(codes)) => {
                        given.extend(codes.iter().filter_map(|code| code.as_str().map(str::to_owned)));
                    }
                    _ => collect(value, given),
                }
            }
        }
        _ => {}
    }
}

/// For the author of the list: the codes of each case, a line each.
fn note(file: &std::ffi::OsStr, case: &Case, given: &BTreeSet<String>) {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).expect("a file to write to");
    let lines: String = given.iter().map(|code| format!("{code} {}\n", case.name)).collect();
    file.write_all(lines.as_bytes()).expect("a file takes it");
}

#[test]
fn every_code_of_a_reason_is_its_own_and_has_a_case_or_says_why_not() {
    let codes: Vec<&str> = lockgate::assess::documented().map(|one| one.code).collect();
    let own: BTreeSet<&str> = codes.iter().copied().collect();
    assert_eq!(own.len(), codes.len(), "a code stands for two reasons: {codes:?}");
    let is_plain = |code: &str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    assert!(codes.iter().all(|code| is_plain(code)), "{codes:?}");
    let listed: BTreeSet<&str> = lines().map(|(code, _)| code).collect();
    assert_eq!(listed, own, "tests/engine/reasons.txt (left) and the codes (right)");
    let cases: BTreeSet<String> =
        super::cases().into_iter().filter(|case| case.foreseen).map(|case| case.name).collect();
    let unknown: Vec<_> = lines().filter(|(_, name)| !name.starts_with("- ") && !cases.contains(*name)).collect();
    assert!(unknown.is_empty(), "no such case, or none with a plan: {unknown:?}");
}
