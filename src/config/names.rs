//! Names of variables that begin with `LOCKGATE_`: known, set by Kubernetes, or misspelled.

use super::settings::{PREFIX, SETTINGS, Setting};
use super::variables::{Variables, file_variable};

/// A warning for every `LOCKGATE_*` without effect.
pub(super) fn warnings(variables: &Variables) -> Vec<String> {
    variables.starting_with(PREFIX).filter_map(|(name, value)| warning(name, value.unwrap_or_default())).collect()
}

fn warning(name: &str, value: &str) -> Option<String> {
    let is = |setting: &&Setting| setting.variable() == name || file_variable(&setting.variable()) == name;
    match SETTINGS.iter().find(is) {
        Some(_) => None,
        None if is_service_form(name, value) => None,
        None => Some(match nearest(name) {
            Some(near) => format!("{name} is not a setting and is ignored: is {near} meant?"),
            None => format!("{name} is not a setting and is ignored"),
        }),
    }
}

/// True if Kubernetes sets such a variable for a Service named `lockgate` or `lockgate-…`: `_SERVICE_HOST`,
/// `_SERVICE_PORT[_NAME]`, `_PORT`, `_PORT_<n>_<PROTO>[_PROTO|_PORT|_ADDR]` (kubernetes `pkg/kubelet/envvars`).
fn is_service_form(name: &str, value: &str) -> bool {
    // The `_PORT` of Kubernetes is a URL (`tcp://10.0.0.1:9321`): a bare number was set by a user.
    if let Some(service) = name.strip_suffix("_PORT")
        && !service.ends_with("_SERVICE")
        && !inner_port(service)
    {
        return value.parse::<u16>().is_err();
    }
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || name.match_indices("_PORT_").any(|(at, _)| numbered_port(&name[at + "_PORT_".len()..]))
}

/// True if `…_PORT_9321_TCP` precedes a last `_PORT`.
fn inner_port(service: &str) -> bool {
    service.match_indices("_PORT_").any(|(at, _)| numbered_port(&service[at + "_PORT_".len()..]))
}

/// True for `9321_TCP`, with or without a further part.
fn numbered_port(text: &str) -> bool {
    let mut parts = text.splitn(3, '_');
    let number = parts.next().is_some_and(|part| part.parse::<u16>().is_ok());
    let proto = parts.next().is_some_and(|part| matches!(part, "TCP" | "UDP" | "SCTP"));
    number && proto && matches!(parts.next(), None | Some("PROTO" | "PORT" | "ADDR"))
}

/// The known variable that `name` most likely misspells.
fn nearest(name: &str) -> Option<String> {
    let typed = name.strip_prefix(PREFIX)?.to_uppercase();
    let distance = |setting: &Setting| {
        let part = typed.len() >= 4 && (setting.name.contains(&typed) || typed.contains(setting.name));
        // A part of a name (`TIMEOUT`) is more likely than a change of a third of its letters.
        strsim::damerau_levenshtein(setting.name, &typed).min(if part { 2 } else { usize::MAX })
    };
    let near = SETTINGS.iter().min_by_key(|setting| distance(setting))?;
    (distance(near) <= (typed.len() / 3).max(2)).then(|| near.variable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_adds_for_a_service_is_silent() {
        for (name, value) in [
            ("LOCKGATE_PORT", "tcp://10.0.0.1:9321"),
            ("LOCKGATE_SERVICE_HOST", "10.0.0.1"),
            ("LOCKGATE_SERVICE_PORT", "9321"),
            ("LOCKGATE_SERVICE_PORT_HTTP", "9321"),
            ("LOCKGATE_PORT_9321_TCP", "tcp://10.0.0.1:9321"),
            ("LOCKGATE_PORT_9321_TCP_PROTO", "tcp"),
            ("LOCKGATE_PORT_9321_TCP_PORT", "9321"),
            ("LOCKGATE_PORT_9321_TCP_ADDR", "10.0.0.1"),
            ("LOCKGATE_GATE_SERVICE_HOST", "10.0.0.1"),
            ("LOCKGATE_GATE_SERVICE_PORT", "9321"),
            ("LOCKGATE_GATE_SERVICE_PORT_METRICS", "9321"),
            ("LOCKGATE_GATE_PORT", "tcp://10.0.0.1:9321"),
            ("LOCKGATE_GATE_PORT_9321_TCP", "tcp://10.0.0.1:9321"),
            ("LOCKGATE_GATE_PORT_9321_TCP_PORT", "9321"),
        ] {
            assert_eq!(warning(name, value), None, "{name}");
        }
    }

    #[test]
    fn a_slip_is_warned_of_with_the_nearest_name() {
        for (name, near) in [
            ("LOCKGATE_WAIT_TIMOUT", Some("LOCKGATE_WAIT_TIMEOUT")),
            ("LOCKGATE_WAITTIMEOUT", Some("LOCKGATE_WAIT_TIMEOUT")),
            ("LOCKGATE_MIGRATION", Some("LOCKGATE_MIGRATIONS")),
            ("LOCKGATE_DATABASE", Some("LOCKGATE_DATABASE_URL")),
            ("LOCKGATE_LISTEN_ADDR", Some("LOCKGATE_LISTEN")),
            ("LOCKGATE_XYZZY", None),
        ] {
            let text = warning(name, "x").unwrap();
            match near {
                Some(near) => assert_eq!(text, format!("{name} is not a setting and is ignored: is {near} meant?")),
                None => assert_eq!(text, format!("{name} is not a setting and is ignored")),
            }
        }
        assert!(warning("LOCKGATE_PORT", "9321").is_some());
    }

    #[test]
    fn known_names_are_silent() {
        assert_eq!(warning("LOCKGATE_LOG", "x"), None);
        assert_eq!(warning("LOCKGATE_DATABASE_URL_FILE", "x"), None);
    }
}
