//! The tools of tests: a cluster, a database, the gate, a proxy that cuts, a patient wait.
#![allow(dead_code, unused_imports, reason = "each part serves the tests that need it")]

pub mod alembic; // a real Alembic, its projects, and what was compiled from them
pub mod cluster; // a throw-away PostgreSQL: the shared one, private ones, standbys
pub mod database; // a database per test, and sessions in it
pub mod eventually; // waiting for a condition, to a deadline
pub mod failed; // how a run failed: the code, the sentence, the facts below it
pub mod fake; // on a port, but not the server that a gate hopes for
pub mod files; // the repository's own, by folder and extension
pub mod gate; // the real executable: run, spawn, signal, ask
pub mod hold; // a statement that takes as long as the test wants
pub mod http; // a tiny blocking HTTP client
pub mod long; // tests that take half a minute and more
pub mod network; // network namespaces, so that packets can be swallowed
pub mod no_standby; // a synchronous standby that never confirms
pub mod pooler; // a throw-away PgBouncer
pub mod process; // free ports, unprivileged children, the watchdog that cleans up after a killed run
pub mod proxy; // TCP between gate and server: count, delay, refuse, freeze, cut
pub mod running; // a gate that runs: signal it, ask it, wait for it
pub mod tls; // a certificate authority, a server's certificate, a client's
pub mod traps; // what a lesser role may plant
pub mod wire; // where PostgreSQL's protocol messages end in a stream

pub use alembic::{Alembic, Revision, alembic_place};
pub use cluster::{Cluster, Shutdown};
pub use database::{Session, TestDatabase};
pub use eventually::{eventually, eventually_some};
pub use failed::Failed;
pub use fake::Fake;
pub use files::below;
pub use gate::{Gate, Outcome, says};
pub use hold::{HELD, Hold};
pub use long::long_tests_are_wanted;
pub use no_standby::NoStandby;
pub use pooler::{PoolMode, Pooler};
pub use proxy::{Cut, Proxy, Way};
pub use running::Running;
