//! The runner for tools whose migrations are programs: real ones where they could be installed, and commands that record as they do.

mod django;
mod node;
mod recorded;

use crate::support::{TestDatabase, eventually};

/// The sessions of the runner's command.
fn sessions(database: &TestDatabase) -> String {
    database.value(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockgate-runner/%' AND datname = current_database()",
    )
}

/// Waits until the command is in the middle of its statement.
fn sleeps(database: &TestDatabase) {
    let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockgate-runner/%' AND query LIKE '%pg_sleep%' \
                  AND state = 'active' AND datname = current_database()";
    eventually("the command's statement runs", || database.value(sleeps) == "1");
}
