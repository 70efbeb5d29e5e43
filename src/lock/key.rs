//! The key of the advisory lock, and the query that tries to take it.

use sha2::{Digest, Sha256};

use crate::connect::APPLICATION_PREFIX;
use crate::pg::name::QualifiedName;

/// A 64-bit advisory lock key (PostgreSQL documentation 9.28.10). The lock space is per database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockKey(i64);

impl LockKey {
    /// The first eight bytes of SHA-256 over `lockgate`, NUL, schema, NUL, table of the history: two services with two
    /// histories in one database do not wait for each other.
    pub fn of(history: &QualifiedName) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"lockgate\0");
        hash.update(history.schema.as_bytes());
        hash.update(b"\0");
        hash.update(history.name.as_bytes());
        let digest = hash.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(i64::from_be_bytes(first))
    }

    /// A condition for the rows of `pg_locks` with this key.
    pub(super) fn in_pg_locks(self) -> String {
        self.locks_of_kind(1)
    }

    /// A bigint key is shown as two halves with `objsubid` 1, a key of two integers with 2 (PostgreSQL documentation 54.13).
    fn locks_of_kind(self, objsubid: u8) -> String {
        let bits = self.0.cast_unsigned();
        let (high, low) = (bits >> 32, bits & 0xffff_ffff);
        format!(
            "l.locktype = 'advisory' AND l.classid = {high} AND l.objid = {low} AND l.objsubid = {objsubid} AND l.database = \
             (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())"
        )
    }

    /// Returns, in order: true if this backend holds the key already, the result of trying the lock, and this backend's pid. It
    /// never waits. If the lock is busy, the sessions of this database with a gate's name are counted (`application_name` is
    /// visible to every role), and the holding backend is named.
    pub(super) fn question(self) -> String {
        let ours = self.in_pg_locks();
        format!(
            "SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND \
             {ours}) THEN 'before' WHEN pg_catalog.pg_try_advisory_lock({}) THEN 'won' ELSE 'busy ' || (SELECT count(*) FROM \
             pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() AND application_name LIKE \
             '{APPLICATION_PREFIX}%') || ' ' || coalesce((SELECT l.pid::text FROM pg_catalog.pg_locks l WHERE l.granted AND {ours} LIMIT 1), '') END, \
             pg_catalog.pg_backend_pid()",
            self.0
        )
    }

    /// Shows a waiter to the others until its transaction ends, and counts them: they share the key's two halves, which are a
    /// different key from the whole (PostgreSQL documentation 9.28.10).
    pub(super) fn presence(self) -> String {
        let bits = self.0.cast_unsigned();
        let (high, low) = ((bits >> 32) as i32, bits as i32);
        format!(
            "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp; SELECT pg_catalog.pg_try_advisory_xact_lock_shared({high}, {low}), (SELECT count(*) FROM \
             pg_catalog.pg_locks l WHERE l.granted AND l.pid <> pg_catalog.pg_backend_pid() AND {})",
            self.locks_of_kind(2)
        )
    }

    /// Releases the lock if this backend holds it, otherwise ends the holding backend if it is idle. No row if the given backend
    /// does not hold the lock (any more).
    pub(super) fn evict(self, backend: i32) -> String {
        format!(
            "SELECT CASE WHEN l.pid = pg_catalog.pg_backend_pid() THEN pg_catalog.pg_advisory_unlock({}) WHEN a.state = \
             'idle' THEN pg_catalog.pg_terminate_backend(l.pid) END FROM pg_catalog.pg_locks l JOIN \
             pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE l.granted AND l.pid = {backend} AND {}",
            self.0,
            self.in_pg_locks()
        )
    }

    /// Releases the lock if this backend holds it.
    pub(super) fn release(self, backend: i32) -> String {
        format!(
            "SELECT CASE WHEN pg_catalog.pg_backend_pid() = {backend} THEN pg_catalog.pg_advisory_unlock({}) END",
            self.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_fixed_for_ever() {
        // A different key would let an old and a new lockgate work at the same time.
        let history = QualifiedName::new("public", "lockgate_history");
        let digest = Sha256::digest(b"lockgate\0public\0lockgate_history");
        let expected = i64::from_be_bytes(digest[..8].try_into().unwrap());
        assert_eq!(LockKey::of(&history), LockKey(expected));
        let other = QualifiedName::new("ops", "lockgate_history");
        assert_ne!(LockKey::of(&other), LockKey::of(&history));
    }
}
