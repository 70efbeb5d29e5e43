//! The name under which the server and other gates see this one.

use crate::pg::name::MAX_IDENTIFIER;

/// What the name of every gate begins with.
pub const PREFIX: &str = "lockgate/";

/// `lockgate/` and the *end* of the pod's name (what differs between the pods of one Deployment stands last), cut to the
/// 63 bytes that the server keeps. The server replaces what is not printable ASCII; so does this.
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
