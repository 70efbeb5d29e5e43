//! What other processes of the same account may see of this one.

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// The memory of this process holds the schema owner's password, and the app beside it often runs as the same account: no other
/// process may read that memory or trace this one, and no core is dumped (prctl(2), PR_SET_DUMPABLE). An `execve` takes it
/// back: CMD is as it always was.
pub fn close() {
    // A kernel or a sandbox that does not know it leaves things as they are.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
