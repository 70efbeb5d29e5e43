//! A server that waits for a synchronous standby, and has none.

use super::{Cluster, eventually};

/// No commit is confirmed while it lives.
pub struct NoStandby(Cluster);

impl NoStandby {
    pub fn on(cluster: &Cluster) -> Self {
        set(cluster, "ALTER SYSTEM SET synchronous_standby_names = '*'", "*");
        Self(cluster.clone())
    }
}

impl Drop for NoStandby {
    fn drop(&mut self) {
        set(&self.0, "ALTER SYSTEM RESET synchronous_standby_names", "");
    }
}

fn set(cluster: &Cluster, sql: &str, value: &str) {
    let session = cluster.session("postgres");
    session.sql(sql);
    session.sql("SELECT pg_reload_conf()");
    eventually("the setting is in force", || {
        cluster.session("postgres").value("SHOW synchronous_standby_names") == value
    });
}
