//! Objects that a role with no right but to create in `public` may plant: operators and functions that match lockgate's own SQL
//! better than pg_catalog's. `LOCKGATE_TEST_TRAPS=1` plants them in every database of a run.

use super::{Cluster, TestDatabase};

/// So that each database of the cluster has them from the start.
pub fn plant(cluster: &Cluster) {
    let template = cluster.session("template1");
    template.sql("CREATE ROLE mallory; GRANT CREATE ON SCHEMA public TO mallory; SET ROLE mallory");
    template.sql(include_str!("traps.sql"));
}

/// True if this run plants them everywhere.
pub fn are_wanted() -> bool {
    std::env::var_os("LOCKGATE_TEST_TRAPS").is_some()
}

/// The traps that lockgate has run into, but for those that a statement of the chain names itself: psql would run them too.
pub fn sprung(database: &TestDatabase, chain: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (trap, query) in all(database) {
        if !is_of_chain(&query, chain) && !found.iter().any(|other| other.contains(&trap)) {
            found.push(format!("{trap}\n    by {query}"));
        }
    }
    found
}

/// True if a statement of the chain runs a trap itself, or made an object that runs one.
pub fn are_meant(database: &TestDatabase, chain: &[&str]) -> bool {
    let ran = all(database).iter().any(|(_, query)| is_of_chain(query, chain));
    let held = "WITH owned AS MATERIALIZED (SELECT classid, objid FROM pg_shdepend WHERE refobjid = 'mallory'::regrole \
        AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())) \
        SELECT count(*) FROM pg_depend WHERE refclassid IN ('pg_operator'::regclass, 'pg_proc'::regclass) \
        AND (refclassid, refobjid) IN (SELECT * FROM owned) AND (classid, objid) NOT IN (SELECT * FROM owned)";
    ran || database.value(held) != "0"
}

/// Each with the text of the message that ran it.
fn all(database: &TestDatabase) -> Vec<(String, String)> {
    let place = format!("TRAP in {} as ", database.name());
    let log = database.log();
    let told = log.split(&place).skip(1).map(|line| {
        let (trap, query) = line.split_once(" by <<").unwrap_or((line, ""));
        (trap.to_owned(), query.split(">>").next().unwrap_or_default().to_owned())
    });
    told.collect()
}

fn is_of_chain(query: &str, chain: &[&str]) -> bool {
    chain.iter().any(|text| text.contains(query.trim().trim_end_matches(';')))
}
