//! A repair as the script of a revision.

use super::{Doing, Plan, Step};
use crate::verify::Places;

impl Plan {
    /// The number of steps that are carried out.
    pub fn done(&self) -> usize {
        self.steps.iter().filter(|step| step.is_done()).count()
    }

    pub fn not_done(&self) -> impl Iterator<Item = (&Step, &str)> {
        self.steps.iter().filter_map(|step| match &step.doing {
            Doing::Not(reason) => Some((step, reason.as_str())),
            Doing::Done | Doing::Accepted => None,
        })
    }

    /// Adds to each step the place that creates its object.
    pub fn tell(&mut self, places: &Places) {
        self.steps.iter_mut().for_each(|step| step.by = places.of(&step.object).cloned());
    }

    /// Leaves a step undone, with all dependent steps.
    pub fn give_up(&mut self, at: usize, reason: String) {
        super::rows::give_up(&mut self.steps, at, reason);
    }
}

/// The script: each statement under its state line, and the steps left undone as comments.
pub fn text(plan: &Plan, head: &str, after: Option<&str>) -> String {
    let mut text = after.map(|id| format!("-- lockgate:after {id}\n")).unwrap_or_default();
    text += &format!(
        "-- The way back to the snapshot at {head}. Each statement runs where the line above it does not hold: not on a healthy\n\
         -- database, nor on a fresh one.\n"
    );
    let count = plan.done();
    let mut number = 0;
    for step in plan.steps.iter().filter(|step| step.is_done()) {
        number += 1;
        let by = step.by.as_ref().map(|place| format!("  ({place})")).unwrap_or_default();
        text += &format!("\n-- {number}/{count} {}: {}{by}\n", one_line(&step.object), one_line(&step.why));
        for sql in &step.sql {
            if step.alone {
                text += "-- lockgate:no-transaction\n";
            }
            if step.doing == Doing::Accepted || step.accepts {
                text += "-- lockgate:accept destructive\n";
            }
            if !step.state.is_empty() {
                text += &format!("-- lockgate:ensure {}\n", step.state);
            }
            text += &format!("{sql};\n");
        }
    }
    for (step, reason) in plan.not_done() {
        text += &format!("\n-- NOT DONE: {}: {}: {}\n", one_line(&step.object), one_line(&step.why), one_line(reason));
        text += &commented(&step.sql);
        if !step.other.is_empty() {
            text += &format!("-- or\n{}", commented(&step.other));
        }
    }
    text
}

fn commented(statements: &[String]) -> String {
    let line = |line: &str| format!("-- {line}\n");
    statements.iter().flat_map(|sql| format!("{sql};").lines().map(line).collect::<Vec<_>>()).collect()
}

/// The down script: the objects of a repair belong to earlier revisions.
pub fn down() -> String {
    "-- A repair takes nothing back: what it made belongs to the revisions before it.\nSELECT 1;\n".to_owned()
}

/// The text in one line, because a comment ends with its line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
