//! `lockgate explain`: an error code in full.

use clap::ArgMatches;

use super::UsageError;
use super::output::Output;
use crate::failure::{Code, Entry, Exit, Failure, TABLE};

pub fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let mut output = Output::default();
    match arguments.get_one::<String>("CODE") {
        None => {
            for entry in TABLE {
                say!(output, "{}  exit {:<3}  {}", entry.code, entry.exit.code(), entry.title);
            }
        }
        Some(text) => match Code::parse(text) {
            Some(code) => print(&mut output, code.entry()),
            None => {
                return Err(UsageError(format!("{text} is no code of lockgate; `lockgate explain` lists all")).into());
            }
        },
    }
    output.end()?;
    Ok(Exit::Open)
}

fn print(output: &mut Output, entry: &Entry) {
    say!(output, "{}: {}", entry.code, entry.title);
    say!(output);
    say!(output, "{}", entry.meaning);
    say!(output);
    say!(output, "What to do: {}", entry.next);
    say!(output, "Exit code {}, class {}.", entry.exit.code(), entry.class.word());
}
