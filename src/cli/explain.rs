//! `lockgate explain`: an error code in full.

use clap::ArgMatches;

use crate::failure::{Code, Entry, Exit, TABLE};

pub fn run(arguments: &ArgMatches) -> Exit {
    let Some(text) = arguments.get_one::<String>("CODE") else {
        for entry in TABLE {
            println!("{}  exit {:<3}  {}", entry.code, entry.exit.code(), entry.title);
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
    println!("{}: {}", entry.code, entry.title);
    println!();
    println!("{}", entry.meaning);
    println!();
    println!("What to do: {}", entry.next);
    println!("Exit code {}, class {}.", entry.exit.code(), entry.class.word());
}
