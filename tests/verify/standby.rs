//! A standby, which takes no write, is verified as its primary is.

use super::command::{gate, with_a_large_table};
use crate::support::eventually;
use crate::waiting::replicated;

#[test]
fn a_standby_is_verified_by_one_session_and_by_two() {
    let (database, url) = replicated();
    let primary = gate(&database.url());
    primary.with(["migrate"]).run().expect(0);
    primary.with(["snapshot", "--database"]).run().expect(0);
    let standby = primary.clone().env("LOCKGATE_DATABASE_URL", url);
    eventually("the standby has what the primary has", || standby.with(["verify", "--full"]).run().code == Some(0));
    // The mark of the head is there too, and is a reading that writes nothing.
    primary.with(["migrate"]).run().expect(0);
    eventually("nothing has changed", || standby.with(["verify"]).run().stdout.contains("unchanged since"));
    database.sql("DROP INDEX users_lower_idx; ALTER TABLE users ADD hot_fix text");
    let drifted = || standby.with(["verify"]).run();
    eventually("the drift arrives", || drifted().stdout.contains("  2 differences  ("));
    standby.write("schema.lockgate.json", with_a_large_table(&standby.read("schema.lockgate.json")));
    let large = drifted();
    for line in [
        "  3 differences  (",
        "missing     index users_lower_idx on users",
        "missing     table large",
        "column users.hot_fix",
    ] {
        assert!(large.stdout.contains(line), "it does not say {line:?}; {large}");
    }
}
