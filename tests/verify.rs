//! The verified schema: facts, the snapshot, the database held against it, and the gate that does so before it opens.

mod cells; // what may become of each kind of object: a case for every cell, or the reason why there can be none
mod command; // snapshot and verify as commands: exit codes, what is said, who may run them, what counts as equal
mod gate; // the phase before open: enforced, warned of, once for each head and snapshot
mod majors; // a snapshot that another major wrote, and a dump of an older one
mod matrix; // a drift a file of tests/verify/drift: seen and named, and nothing else
mod repair; // each drift repaired, or said why not; what is written, and how it is tried before
mod scratch; // a snapshot from the chain on a server that is there for it alone, and leaves nothing behind
mod standby; // a server that takes no write
mod subscriptions; // one whose publisher is on the same server: its drift, and its secret
mod wandering; // drifts by chance, on the schema of the matrix and on an example
mod writer; // facts as SQL, and the facts of what that SQL makes

/// The schema that the drifts begin from.
const BASE: &str = include_str!("verify/base.sql");

/// More of it, which 18 brought.
const SINCE_18: &str = include_str!("verify/since_18.sql");

/// The schema as one script.
fn schema(cluster: &crate::support::Cluster) -> String {
    if cluster.version() < 18 { BASE.to_owned() } else { format!("{BASE}{SINCE_18}") }
}
