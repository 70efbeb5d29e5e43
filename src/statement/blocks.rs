//! BEGIN … COMMIT and SAVEPOINT … RELEASE in a script. A complete block asks for the transaction that a gate makes anyway.

use super::lower::{Lowered, Refused};

/// Removes complete blocks. Any other transaction command is refused later: half a block, a ROLLBACK, a savepoint that outlives
/// its block.
pub(super) fn drop_balanced(lowered: &mut Vec<Lowered>, notes: &mut Vec<String>) {
    let commands: Vec<(usize, &'static str, bool)> = lowered
        .iter()
        .enumerate()
        .filter_map(|(at, one)| match one.refused.first() {
            Some(Refused::Transaction { command, plain }) => Some((at, *command, *plain)),
            _ => None,
        })
        .collect();
    let mut gone: Vec<usize> = Vec::new();
    let mut open: Option<usize> = None;
    for &(at, command, plain) in &commands {
        match command {
            "BEGIN" | "START TRANSACTION" if plain => open = Some(at),
            "COMMIT" if plain => gone.extend(open.take().into_iter().flat_map(|begin| [begin, at])),
            "SAVEPOINT" | "RELEASE" => {}
            _ => open = None,
        }
    }
    let blocks = gone.len() / 2;
    gone.extend(savepoints(lowered, &commands));
    if gone.len() / 2 > blocks {
        notes.push("SAVEPOINT and its RELEASE are left out: nothing is rolled back to it".to_owned());
    }
    match blocks {
        0 => {}
        1 => notes.push("the BEGIN and COMMIT of the script are left out: a gate brings its own".to_owned()),
        _ => notes.push(format!("the BEGIN and COMMIT of {blocks} blocks are left out: a gate brings its own")),
    }
    gone.sort_unstable_by_key(|&at| std::cmp::Reverse(at));
    for at in gone {
        lowered.remove(at);
    }
}

/// Savepoints that are set and released in the same block, if no statement rolls back to any savepoint.
fn savepoints(lowered: &[Lowered], commands: &[(usize, &'static str, bool)]) -> Vec<usize> {
    if commands.iter().any(|(_, command, _)| command.starts_with("ROLLBACK")) {
        return Vec::new();
    }
    let mut gone = Vec::new();
    let mut open: Vec<(usize, &str)> = Vec::new();
    for &(at, command, _) in commands {
        let name = lowered[at].savepoint.as_str();
        match command {
            "SAVEPOINT" => open.push((at, name)),
            "RELEASE" => {
                if let Some(of) = open.iter().rposition(|(_, other)| *other == name) {
                    gone.extend([open[of].0, at]);
                    // RELEASE also releases the savepoints that were set after it.
                    gone.extend(open.drain(of..).skip(1).map(|(at, _)| at));
                }
            }
            _ => open.clear(),
        }
    }
    gone
}
