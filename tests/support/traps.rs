//! What a role may plant that can only create in `public`: operators and functions that fit lockgate's own SQL better than
//! pg_catalog's. `LOCKGATE_TEST_TRAPS=1` plants them in every database of a run.

use super::{Cluster, TestDatabase};

/// So that each database of the cluster has them from the start.
pub fn plant(cluster: &Cluster) {
    let template = cluster.session("template1");
    template.sql("CREATE ROLE mallory; GRANT CREATE ON SCHEMA public TO mallory; SET ROLE mallory");
    template.sql(include_str!("traps.sql"));
}

/// Whether this run plants them everywhere.
pub fn are_wanted() -> bool {
    std::env::var_os("LOCKGATE_TEST_TRAPS").is_some()
}

/// The traps that lockgate has run into, but for those that a statement of the chain names itself: psql would run them too.
pub fn sprung(database: &TestDatabase, chain: &[&str]) -> Vec<String> {
    let place = format!("TRAP in {} as ", database.name());
    let log = database.cluster().log();
    let mut found: Vec<String> = Vec::new();
    for line in log.split(&place).skip(1) {
        let (trap, query) = line.split_once(" by <<").unwrap_or((line, ""));
        let query = query.split(">>").next().unwrap_or_default();
        let is_of_chain = chain.iter().any(|text| text.contains(query.trim().trim_end_matches(';')));
        if !is_of_chain && !found.iter().any(|other| other.contains(trap)) {
            found.push(format!("{trap}\n    by {query}"));
        }
    }
    found
}
