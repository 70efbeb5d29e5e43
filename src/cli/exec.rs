//! `lockgate exec -- CMD`: the gate, then CMD in its place.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use clap::ArgMatches;

use super::chosen::Chosen;
use super::environ;
use super::run::{self, Finish};
use super::serve;
use super::signals;
use super::supervise::supervise;
use super::watch;
use crate::config::{Config, DEFAULT_LISTEN};
use crate::execute::{Signal, Stop};
use crate::failure::{Code, Coded, Exit, Failure};
use crate::files::{self, NoProgram};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::stderr;
use crate::telemetry::termination;

#[derive(Debug, thiserror::Error)]
enum ExecError {
    #[error("{} is not there", .0.display())]
    NotFound(PathBuf),
    #[error("{} cannot be run", .program.display())]
    CannotRun { program: PathBuf, source: std::io::Error },
    #[error("stopped before the command was started")]
    Stopped(Signal),
}

impl From<NoProgram> for ExecError {
    fn from(error: NoProgram) -> Self {
        match error {
            NoProgram::NotThere(program) => Self::NotFound(program),
            NoProgram::CannotRun { program, source } => Self::CannotRun { program, source },
        }
    }
}

impl Coded for ExecError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound(_) => Code::EXEC_NOT_FOUND,
            Self::CannotRun { .. } => Code::EXEC_CANNOT_RUN,
            Self::Stopped(signal) => signal.code(),
        }
    }
}

pub fn run(config: Config, arguments: &ArgMatches) -> Result<u8, Failure> {
    let words: Vec<OsString> = arguments.get_many("CMD").into_iter().flatten().cloned().collect();
    // clap requires at least one word.
    let Some((name, rest)) = words.split_first() else { return Ok(Exit::Usage.code()) };
    let program = files::find_program(name, std::env::var_os("PATH").as_deref()).map_err(ExecError::from)?;
    let mut command = Command::new(&program);
    command.arg0(name).args(rest);
    if !arguments.get_flag("keep-env") {
        forget_settings(&mut command);
    }
    if arguments.get_flag("serve") { beside(config, command, program) } else { instead(config, command, program) }
}

/// Runs the gate, then CMD in its place.
fn instead(config: Config, mut command: Command, program: PathBuf) -> Result<u8, Failure> {
    let progress = Progress::new(Metrics::new());
    let settings = config.clone();
    let refused = run::block_on(config.serve.listen.is_some(), async {
        let server = serve::listen_if_asked(&settings, &progress)?;
        let stop = run::stop()?;
        let finish = Finish::new(&settings, &progress);
        let passed = match pass(config, &finish, &stop).await {
            Err(failure) if server.answers() => Some(finish.linger(failure, &stop).await?),
            passed => passed.map(|_| None)?,
        };
        // CMD may need the same port.
        server.close().await;
        if passed.is_some() {
            return Ok(passed);
        }
        signals::give_back();
        // A signal that arrived until now is still reported; from here on a signal ends this process, and CMD never runs.
        match stop.within(LAST_WORD).await {
            Some(signal) => Err(Failure::from(ExecError::Stopped(signal))),
            None => Ok(None),
        }
    })?;
    if let Some(exit) = refused {
        return Ok(exit.code());
    }
    hand_over(&settings);
    let source = command.exec();
    Err(ExecError::CannotRun { program, source }.into())
}

/// Runs the gate, then CMD as its child, while the gate continues to serve.
fn beside(config: Config, command: Command, program: PathBuf) -> Result<u8, Failure> {
    let progress = Progress::new(Metrics::new());
    let settings = config.clone();
    run::block_on(true, async {
        let server = serve::listen(settings.serve.listen.unwrap_or(DEFAULT_LISTEN), &progress)?;
        let stop = run::stop()?;
        let finish = Finish::new(&settings, &progress);
        let ended = match pass(config, &finish, &stop).await {
            Err(failure) => finish.linger(failure, &stop).await.map(Exit::code),
            Ok(gate) => {
                hand_over(&settings);
                serve::follow(&gate);
                environ::erase("LOCKGATE_");
                let stopping = || progress.update(|known| known.stopping = true);
                tokio::select! {
                    biased;
                    ended = supervise(command, stopping) => {
                        ended.map_err(|source| ExecError::CannotRun { program, source }.into())
                    }
                    never = watch::watch(&gate) => match never {},
                    never = watch::watch_schema(&gate) => match never {},
                }
            }
        };
        server.close().await;
        ended
    })
}

/// The runtime passes on a signal that has arrived within this time.
const LAST_WORD: Duration = Duration::from_millis(2);

/// Runs the gate to its end, and then checks once more for a signal.
async fn pass(config: Config, finish: &Finish<'_>, stop: &Stop) -> Result<Chosen, Failure> {
    let (settings, known) = (config.clone(), finish.progress.clone());
    let passed = run::stoppable(&settings, finish.progress, stop, async move |stop| {
        let gate = run::gate(config, known, stop).await?;
        let opened = gate.run().await?;
        match gate.stop().arrived() {
            Some(signal) => Err(Failure::from(ExecError::Stopped(signal))),
            None => Ok((gate, opened)),
        }
    });
    match passed.await {
        Ok((gate, opened)) => {
            finish.say(&Ok(opened));
            Ok(gate)
        }
        Err(failure) => {
            finish.say(&Err(failure.clone()));
            Err(failure)
        }
    }
}

/// Empties the termination message file: its content would be shown as the cause of CMD's death. The log is flushed so that its
/// last lines precede CMD's first.
fn hand_over(settings: &Config) {
    if let Some(Err(error)) = settings.serve.termination_log.as_deref().map(termination::clear) {
        tracing::warn!(%error, "the termination message file cannot be emptied");
    }
    stderr::flush();
}

/// The owner's password must not reach the app.
fn forget_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.as_bytes().starts_with(b"LOCKGATE_") {
            command.env_remove(name);
        }
    }
}
