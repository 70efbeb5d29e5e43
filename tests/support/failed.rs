//! The failure of a run: the code, the sentence and the facts below it, from the last line of its log.

use serde_json::Value;

use super::gate::Outcome;

/// The report of a failure, with its details and its advice.
#[derive(Clone, Debug)]
pub struct Failed {
    pub message: String,
    pub details: String,
    pub causes: String,
    pub next: String,
    pub outcome: Outcome,
}

impl Outcome {
    /// Fails the test, showing all that was said, unless it ended with this exit code and this error code.
    #[track_caller]
    pub fn fails(self, exit: i32, code: &str) -> Failed {
        let outcome = self.expect(exit);
        let log = outcome.log();
        let told = log.iter().rev().find(|line| line["exit"] == exit);
        let told = told.unwrap_or_else(|| panic!("no failure is logged; {outcome}")).clone();
        assert_eq!(told["code"], code, "error code; {outcome}");
        assert!(outcome.termination_log.starts_with(code), "termination log; {outcome}");
        let text = |field: &str| told[field].as_str().unwrap_or_default().to_owned();
        Failed {
            message: text("message"),
            details: text("details"),
            causes: text("causes"),
            next: text("next"),
            outcome,
        }
    }

    /// The messages that were logged with this error code before the end, in order.
    pub fn said(&self, code: &str) -> Vec<String> {
        let log = self.log().into_iter().filter(|line| line["code"] == code && line["exit"].is_null());
        log.filter_map(|line| line["message"].as_str().map(str::to_owned)).collect()
    }

    /// The error codes that were logged before the end, in order.
    pub fn codes(&self) -> Vec<String> {
        let log = self.log().into_iter().filter(|line| line["exit"].is_null());
        log.filter_map(|line| match &line["code"] {
            Value::String(code) => Some(code.clone()),
            _ => None,
        })
        .collect()
    }
}

impl Failed {
    /// Everything that the failure says.
    pub fn text(&self) -> String {
        [&self.message, &self.details, &self.causes, &self.next].map(String::as_str).join("\n")
    }
}
