//! A question to the user before an action that cannot be undone.

use std::io::{self, BufRead, IsTerminal};

use clap::{Arg, ArgAction, ArgMatches};

use super::output::Output;
use crate::execute::Stop;
use crate::failure::{Code, Failure};
use crate::gate::GateError;

pub fn yes() -> Arg {
    Arg::new("yes").long("yes").short('y').action(ArgAction::SetTrue).help("do not ask, on a terminal")
}

/// True if a user can be asked: on a terminal, unless `--yes` is given.
pub fn is_due(arguments: &ArgMatches) -> bool {
    !arguments.get_flag("yes") && io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Shows `output` and asks, and waits for the answer or a signal.
///
/// # Errors
/// The answer is not yes, or a signal came first.
pub async fn ask(output: Output, question: &str, stop: &Stop) -> Result<(), Failure> {
    output.prompt(&format!("{question} [y/N] "))?;
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map(|_| answer)
    });
    let answer = tokio::select! {
        answer = answer => answer,
        signal = stop.requested() => {
            // After the terminal's `^C`.
            Output::default().prompt("\n")?;
            return Err(GateError::Stopped("waiting for an answer", signal, None).into());
        }
    };
    match answer {
        Ok(Ok(answer)) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        _ => Err(Failure::new(Code::DECLINED, "nothing was done")),
    }
}
