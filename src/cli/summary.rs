//! The end of a run in readable form: one line, then a list.

use std::time::Duration;

use crate::config::LogFormat;
use crate::failure::{counted, text};
use crate::gate::Opened;
use crate::progress::{Known, Note};
use crate::telemetry::stderr;

pub struct Summary {
    pub line: String,
    pub list: Vec<(&'static str, String)>,
}

impl Summary {
    pub fn new(opened: &Opened, known: &Known, took: Duration) -> Self {
        let place = match (opened.ahead, &known.current, &known.head) {
            (0, Some(current), Some(head)) if current != head => {
                format!("at {current}, short of head {head} as asked for")
            }
            (0, _, Some(head)) => format!("at head {head}"),
            (ahead, _, Some(head)) => format!("ahead of head {head} by {ahead}"),
            (_, _, None) => "at head".to_owned(),
        };
        let done = match opened.applied.len() {
            0 => "nothing to do".to_owned(),
            count => format!("{} applied", counted(count, "revision")),
        };
        let line = format!("open: {place}, {done}, {:.2} s", took.as_secs_f32());
        let mut list = Vec::new();
        if !opened.applied.is_empty() {
            list.push(("applied", shorten(&opened.applied)));
        }
        if !known.verdicts.is_empty() {
            let counts: Vec<String> = known.verdicts.iter().map(|(word, count)| format!("{count} {word}")).collect();
            list.push(("statements", counts.join(", ")));
        }
        let of = |verdict: &str| known.notes.iter().filter(|note| note.verdict == verdict).collect::<Vec<_>>();
        for (title, notes) in [("satisfied", of("satisfied")), ("converged", of("converge"))] {
            if !notes.is_empty() {
                list.push((title, named(&notes)));
            }
        }
        let skipped: Vec<&Note> = known.skipped.iter().collect();
        if !skipped.is_empty() {
            list.push(("skipped", named(&skipped)));
        }
        Self { line, list }
    }

    pub fn down(opened: &Opened, known: &Known, took: Duration) -> Self {
        let current = known.current.as_deref().unwrap_or("base");
        let done = match opened.applied.len() {
            0 => "nothing to take back".to_owned(),
            count => format!("{} taken back", counted(count, "revision")),
        };
        let line = format!("down: at {current}, {done}, {:.2} s", took.as_secs_f32());
        let list = if opened.applied.is_empty() { Vec::new() } else { vec![("taken back", shorten(&opened.applied))] };
        Self { line, list }
    }

    /// Prints to stderr: text lines, or one JSON event.
    pub fn print(&self, format: LogFormat) {
        match format {
            LogFormat::Text => {
                let list = self.list.iter().map(|(name, words)| format!("\n  {name}: {}", text::line(words)));
                stderr::say(&format!("{}{}\n", text::line(&self.line), list.collect::<String>()));
            }
            LogFormat::Json => {
                let field = |name| self.list.iter().find(|(field, _)| *field == name).map(|(_, text)| text.as_str());
                tracing::info!(
                    applied = field("applied"),
                    statements = field("statements"),
                    satisfied = field("satisfied"),
                    converged = field("converged"),
                    skipped = field("skipped"),
                    "{}",
                    self.line
                );
            }
        }
    }
}

/// The first few notes, each with its reason.
fn named(notes: &[&Note]) -> String {
    const MOST: usize = 6;
    let mut words: Vec<String> =
        notes.iter().take(MOST).map(|note| format!("{} ({})", note.what, note.reason)).collect();
    if notes.len() > MOST {
        words.push(format!("and {} more", notes.len() - MOST));
    }
    words.join(", ")
}

/// The first and the last id of a long list.
fn shorten(ids: &[String]) -> String {
    const MANY: usize = 12;
    match ids {
        [first, .., last] if ids.len() > MANY => format!("{first} … {last}"),
        _ => ids.join(" "),
    }
}
