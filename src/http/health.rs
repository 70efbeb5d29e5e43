//! The probes. The kubelet asks them often and with a second's patience, so their answers are prepared and returned without a
//! router; a failure is named in them.
//!
//! The bodies follow draft-inadarei-api-health-check-06.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use crate::progress::{Known, Phase, Progress, Trouble};

/// One answer per phase, in the order of [`Phase::ALL`], then the one for an open gate that is stopping.
static ANSWERS: LazyLock<Vec<Answer>> = LazyLock::new(|| {
    let phases = Phase::ALL.into_iter().map(|phase| Answer::new(phase.word(), describe(phase)));
    phases.chain([Answer::new(Phase::Open.word(), "A signal asked the gate to end.")]).collect()
});

/// The two bodies of a state: `/livez` passes where `/ready` fails.
struct Answer {
    pass: Bytes,
    fail: Bytes,
}

impl Answer {
    fn new(phase: &str, description: &str) -> Self {
        let body = |status: &str| {
            let version = env!("CARGO_PKG_VERSION");
            let body = serde_json::json!({
                "status": status, "phase": phase, "version": version, "description": description,
            });
            Bytes::from(body.to_string())
        };
        Self { pass: body("pass"), fail: body("fail") }
    }
}

fn describe(phase: Phase) -> &'static str {
    match phase {
        Phase::Starting => "The gate is starting.",
        Phase::Waiting => "Waiting for the database.",
        Phase::Locking => "Waiting for the migration lock.",
        Phase::Planning => "Holding the pending revisions against the catalog.",
        Phase::Migrating => "Applying the pending revisions.",
        Phase::Verifying => "Verifying the schema.",
        Phase::Open => "The schema stands at head.",
        Phase::Failed => "The gate failed; /status says why.",
    }
}

/// The same with the failure: `output` is the draft's name for it, `since` and `code` are ours.
fn troubled(known: &Known, trouble: &Trouble, passes: bool) -> Bytes {
    let description = match known.phase {
        Phase::Open if known.stopping => "A signal asked the gate to end.",
        Phase::Open => "The gate is open; its last check failed.",
        phase => describe(phase),
    };
    let body = serde_json::json!({
        "status": if passes { "pass" } else { "fail" },
        "phase": known.phase.word(),
        "version": env!("CARGO_PKG_VERSION"),
        "description": description,
        "code": trouble.failure.code.to_string(),
        "output": trouble.failure.told(),
        "since": humantime::format_rfc3339_seconds(trouble.since).to_string(),
    });
    Bytes::from(body.to_string())
}

#[derive(Clone, Copy)]
enum Probe {
    /// True if traffic may come: not before head, and not while stopping.
    Ready,
    /// True if the chain reached head.
    Health,
    /// True if the process is sane. It never depends on the database: a long migration must not be killed for it.
    Live,
}

impl Probe {
    fn of(path: &str) -> Option<Self> {
        match path {
            "/ready" | "/readyz" | "/startup" => Some(Self::Ready),
            "/health" | "/healthz" => Some(Self::Health),
            "/livez" => Some(Self::Live),
            _ => None,
        }
    }

    fn passes(self, known: &Known) -> bool {
        match self {
            Self::Ready => known.ready(),
            Self::Health => known.phase == Phase::Open,
            Self::Live => true,
        }
    }
}

/// The answer to a probe; none for any other path.
pub fn answer(progress: &Progress, method: &Method, path: &str) -> Option<Response<Full<Bytes>>> {
    let probe = Probe::of(path)?;
    if method != Method::GET && method != Method::HEAD {
        return Some(not_allowed());
    }
    let (passes, body) = progress.look(|known| {
        let passes = probe.passes(known);
        if let Some(trouble) = &known.trouble {
            return (passes, troubled(known, trouble, passes));
        }
        let ending = known.phase == Phase::Open && known.stopping;
        let answer = &ANSWERS[if ending { Phase::ALL.len() } else { known.phase as usize }];
        (passes, if passes { &answer.pass } else { &answer.fail }.clone())
    });
    let mut response = Response::new(Full::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/health+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !passes {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    Some(response)
}

fn not_allowed() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phase_finds_its_own_body() {
        for (index, phase) in Phase::ALL.into_iter().enumerate() {
            assert_eq!(phase as usize, index);
            let body: serde_json::Value = serde_json::from_slice(&ANSWERS[index].fail).unwrap();
            assert_eq!(body["phase"], phase.word());
            assert_eq!(body["status"], "fail");
        }
    }
}
