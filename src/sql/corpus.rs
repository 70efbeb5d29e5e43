//! The scripts of the tests and the examples, for unit tests.

use std::path::Path;

/// Every `.sql` file in a directory of the project, and below it.
pub(crate) fn scripts(directory: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                texts.push(std::fs::read_to_string(path).expect("a script"));
            }
        }
    }
    texts
}
