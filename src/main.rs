//! The `lockgate` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    lockgate::cli::main()
}
