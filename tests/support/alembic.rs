//! A real Alembic, where the set-up could install one.

use std::path::PathBuf;

/// The directory of its programs, Python among them.
pub fn alembic_place() -> Option<PathBuf> {
    let place =
        std::env::var_os("LOCKGATE_TEST_ALEMBIC").map(PathBuf::from).filter(|place| place.join("alembic").exists());
    if place.is_none() {
        eprintln!("skipped: no Alembic here; .ci/setup installs it where there is Python (LOCKGATE_TEST_ALEMBIC)");
    }
    place
}
