//! The application name by which the server and other gates recognize this one.

use crate::pg::name::MAX_IDENTIFIER;

/// The prefix of every gate's name.
pub const PREFIX: &str = "lockgate/";

/// `lockgate/` and the *end* of the pod's name (the pods of one Deployment differ in the last part), truncated to the 63 bytes
/// that the server keeps. Characters other than printable ASCII are replaced, as the server does.
pub fn application_name(pod: &str) -> String {
    let printable: String = pod.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect();
    let room = MAX_IDENTIFIER - PREFIX.len();
    let start = printable.len().saturating_sub(room);
    format!("{PREFIX}{}", &printable[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_pod_name_keeps_its_end() {
        let name = application_name(&format!("{}-7c9d5-x2x4z", "a".repeat(80)));
        assert_eq!(name.len(), 63);
        assert!(name.starts_with("lockgate/a") && name.ends_with("-7c9d5-x2x4z"));
    }
}
