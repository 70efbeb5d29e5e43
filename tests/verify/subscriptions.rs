//! A subscription, with its publisher on the same server: its drift is seen, and its password is never shown.

use crate::support::{Cluster, Gate, TestDatabase};

const PASSWORD: &str = "very-secret-word";

/// A subscriber at head, whose chain makes the subscription, and its snapshot.
fn subscribed(cluster: &Cluster) -> (TestDatabase, TestDatabase, Gate) {
    let (publisher, subscriber) = (TestDatabase::on(cluster), TestDatabase::on(cluster));
    publisher.sql("CREATE TABLE news (id int PRIMARY KEY); CREATE PUBLICATION first; CREATE PUBLICATION second");
    // A subscription to its own server would wait for a slot that waits for it.
    publisher.sql("SELECT pg_create_logical_replication_slot('lockgate_slot', 'pgoutput')");
    let connection =
        format!("dbname={} host=127.0.0.1 port={} user=app password={PASSWORD}", publisher.name(), cluster.port());
    let made = format!(
        "CREATE TABLE news (id int PRIMARY KEY);\nCREATE SUBSCRIPTION reader CONNECTION '{connection}' PUBLICATION first \
         WITH (create_slot = false, slot_name = lockgate_slot, enabled = false, connect = false);"
    );
    let gate = Gate::new(&subscriber).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_news.sql", made.as_str())]);
    gate.with(["migrate"]).run().expect(0);
    gate.with(["snapshot", "--database"]).run().expect(0);
    (publisher, subscriber, gate)
}

#[test]
fn its_drift_is_seen_and_repaired_and_its_password_is_never_shown() {
    let cluster = Cluster::start_private(&[("wal_level", "logical")]);
    let (publisher, subscriber, gate) = subscribed(&cluster);
    let gate = gate.env("LOCKGATE_SCRATCH_URL", cluster.url("postgres")).env("LOCKGATE_SCRATCH_IS_MINE", "yes");
    let mut shown = vec![gate.read("schema.lockgate.json")];
    let mut say = |words: &[&str], code: i32| {
        let outcome = gate.with(words).run().expect(code);
        shown.push(outcome.to_string());
        outcome
    };
    say(&["verify"], 0);
    subscriber
        .sql("ALTER SUBSCRIPTION reader SET (synchronous_commit = 'remote_apply'); ALTER SUBSCRIPTION reader ENABLE");
    let drifted = say(&["verify"], 3);
    assert!(drifted.stdout.contains("different   subscription reader"), "{drifted}");
    assert!(drifted.stdout.contains("synchronous_commit") && drifted.stdout.contains("disabled"), "{drifted}");
    say(&["repair", "--dry-run"], 0);
    say(&["repair", "--apply"], 0);
    say(&["verify"], 0);
    // A person has to copy tables, and to reach for another server.
    subscriber.sql("ALTER SUBSCRIPTION reader SET PUBLICATION second WITH (refresh = false)");
    let kept = say(&["repair"], 3);
    assert!(kept.stdout.contains("not done    subscription reader: publications differs"), "{kept}");
    subscriber.sql("ALTER SUBSCRIPTION reader SET (slot_name = NONE); DROP SUBSCRIPTION reader");
    let gone = say(&["repair"], 3);
    assert!(gone.stdout.contains("not done    subscription reader: missing: its connection is a secret"), "{gone}");
    shown.push(gate.read("0002_repair.sql"));
    assert!(!shown.iter().any(|text| text.contains(PASSWORD)), "{}", shown.join("\n"));
    publisher.sql("SELECT pg_drop_replication_slot('lockgate_slot')");
}
