//! Protects this process from others of the same account.

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// The memory of this process contains the schema owner's password, and the app beside it often runs as the same account: no
/// other process may read that memory or trace this one, and no core is dumped (prctl(2), PR_SET_DUMPABLE). An `execve` resets
/// it, so CMD is not affected.
pub fn close() {
    // A kernel or a sandbox that does not support it leaves everything as it is.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
