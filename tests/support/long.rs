//! Tests that take half a minute and more.

/// True in `make test-long` (`LOCKGATE_TEST_LONG`). A test that is left out says so.
pub fn long_tests_are_wanted() -> bool {
    let are_wanted = std::env::var_os("LOCKGATE_TEST_LONG").is_some();
    if !are_wanted {
        eprintln!("not run: a part of make test-long");
    }
    are_wanted
}
