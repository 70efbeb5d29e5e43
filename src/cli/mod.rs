//! The command line: one file per command.

/// A line of a command's output.
macro_rules! say {
    ($output:expr) => { $output.line(format_args!("")) };
    ($output:expr, $($words:tt)*) => { $output.line(format_args!($($words)*)) };
}

mod adopt;
mod arguments;
mod chosen;
mod compiled;
mod confirm;
mod down;
mod environ;
mod exec;
mod explain;
mod healthcheck;
mod history;
mod import;
mod latch;
mod linger;
mod migrate;
mod new;
mod output;
mod plan;
mod privacy;
mod rehearse;
mod repair;
mod run;
mod schema;
mod serve;
mod signals;
mod snapshot;
mod stamp;
mod status;
mod summary;
mod supervise;
mod verify;
mod wait;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::ArgMatches;

use crate::config::{self, Config, LogFormat};
use crate::failure::{Code, Coded, Exit, Failure};
use crate::process;
use crate::scratch;
use crate::telemetry::{self, stderr};
use crate::tool::keeper;

/// Reads the arguments and the environment, runs one command, and returns its exit code.
pub fn main() -> ExitCode {
    process::share_memory();
    privacy::close();
    signals::end_at_once();
    signals::speak(format_without_config());
    tell_of_panics();
    let code = end();
    stderr::flush();
    code
}

/// A panic's message follows the lines logged before it, and everything is flushed before the process ends.
fn tell_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        stderr::say(&format!("{panic}\n"));
        stderr::flush();
    }));
}

/// Runs the command, and reports its end.
fn end() -> ExitCode {
    let matches = match arguments::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return usage(&error),
    };
    ExitCode::from(dispatch(&matches))
}

/// clap exits with 2 for wrong usage; here that is 64, and help is not an error.
fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    if error.use_stderr() {
        let mut words = std::env::args_os().take_while(|word| word != "--");
        if words.any(|word| word == "--json") {
            let text = error.render().to_string();
            let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            output::print_failure(&Failure::new(Code::USAGE, sentence));
        }
        // If even that cannot be printed, no output is left.
        return ExitCode::from(Exit::Usage.code());
    }
    let told = output::written(printed).map_err(Failure::from);
    ExitCode::from(told.map_or_else(|failure| fail(&failure, format_without_config()), |()| Exit::Open.code()))
}

fn dispatch(matches: &ArgMatches) -> u8 {
    // clap refuses a call without a command earlier.
    let Some((name, arguments)) = matches.subcommand() else { return Exit::Usage.code() };
    if name == "explain" {
        return explain::run(arguments).map_or_else(|failure| fail(&failure, format_without_config()), Exit::code);
    }
    if name == keeper::COMMAND {
        let words: Vec<OsString> = arguments.get_many("CMD").into_iter().flatten().cloned().collect();
        return keeper::keep(&words);
    }
    if name == scratch::keeper::COMMAND {
        let words: Vec<OsString> = arguments.get_many("WORD").into_iter().flatten().cloned().collect();
        return scratch::keeper::keep(&words);
    }
    if name == scratch::database_keeper::COMMAND {
        let name = arguments.get_one::<String>("NAME").map(String::as_str).unwrap_or_default();
        return scratch::database_keeper::keep(name);
    }
    let (variables, overrides) = (std::env::vars_os(), config::overrides(arguments));
    let runs_the_chain = name == "snapshot" && !arguments.get_flag("database");
    let needs_database = !runs_the_chain && !matches!(name, "new" | "import" | "healthcheck");
    let config =
        if needs_database { Config::load(variables, overrides) } else { Config::load_offline(variables, overrides) };
    let is_json = arguments.try_get_one::<bool>("json").is_ok_and(|json| json == Some(&true));
    let fail = |failure: &Failure, format| {
        if is_json {
            output::print_failure(failure);
        }
        fail(failure, format)
    };
    let config = match config {
        Ok(config) => config,
        Err(errors) => return fail(&Failure::from(errors), format_without_config()),
    };
    signals::speak(config.log.format);
    if let Err(error) = telemetry::log::init(&config.log) {
        return fail(&Failure::from(error), config.log.format);
    }
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let format = config.log.format;
    if let Err(error) = config.database.require()
        && needs_database
    {
        return fail(&Failure::from(error), format);
    }
    let result = match name {
        "exec" => return exec::run(config, arguments).unwrap_or_else(|failure| fail(&failure, format)),
        "migrate" if arguments.get_flag("dry-run") => plan::run(config, arguments),
        "plan" => plan::run(config, arguments),
        "migrate" => migrate::run(config, arguments),
        "serve" => serve::run(config),
        "wait" => wait::run(config),
        "down" => down::run(config, arguments),
        "stamp" => stamp::run(config, arguments),
        "adopt" => adopt::run(config, arguments),
        "history" => history::run(&config, arguments),
        "healthcheck" => healthcheck::run(&config),
        "status" => status::run(config, arguments),
        "new" => new::run(&config, arguments),
        "import" => import::run(&config, arguments),
        "snapshot" => snapshot::run(config, arguments),
        "repair" => repair::run(config, arguments),
        "verify" => verify::run(config, arguments),
        _ => Err(Failure::new(Code::USAGE, format!("unknown command {name}"))),
    };
    result.map_or_else(|failure| fail(&failure, format), Exit::code)
}

fn fail(failure: &Failure, format: LogFormat) -> u8 {
    telemetry::log::report(failure, format);
    failure.exit().code()
}

/// A setting is invalid, perhaps the log format itself: text on a terminal, otherwise JSON.
fn format_without_config() -> LogFormat {
    use std::io::IsTerminal;
    if std::env::var_os("LOCKGATE_LOG_FORMAT") == Some(OsString::from("text")) || std::io::stderr().is_terminal() {
        LogFormat::Text
    } else {
        LogFormat::Json
    }
}

/// An invalid argument that clap cannot detect.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

impl Coded for UsageError {
    fn code(&self) -> Code {
        Code::USAGE
    }
}
