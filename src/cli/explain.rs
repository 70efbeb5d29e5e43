//! `lockgate explain`: an error code in full.

use clap::ArgMatches;

use crate::failure::{Code, Entry, Exit, TABLE};

pub fn run(arguments: &ArgMatches) -> Exit {
    let Some(text) = arguments.get_one::<String>("CODE") else {
        for entry in TABLE {
            say!("{}  exit {:<3}  {}", entry.code, entry.exit.code(), entry.title);
        }
        return Exit::Open;
    };
    match Code::parse(text) {
        Some(code) => {
            print(code.entry());
            Exit::Open
        }
        None => {
            eprintln!("{text} is no code of lockgate; `lockgate explain` lists all");
            Exit::Usage
        }
    }
}

fn print(entry: &Entry) {
    say!("{}: {}", entry.code, entry.title);
    say!();
    say!("{}", entry.meaning);
    say!();
    say!("What to do: {}", entry.next);
    say!("Exit code {}, class {}.", entry.exit.code(), entry.class.word());
}
