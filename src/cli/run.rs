//! The shared part of `migrate`, `serve`, `exec` and `wait`: the runtime, the chain read in parallel with the first connection,
//! and the end.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::chosen::{self, Chosen, Theirs};
use super::{compiled, signals, summary};
use crate::chain::{self, Chain};
use crate::config::{Config, LogFormat, Migrator, OutOfOrder};
use crate::connect::{Connector, application_name};
use crate::execute::Stop;
use crate::failure::{Code, Failure};
use crate::gate::{self, Gate, Opened, Outside};
use crate::progress::{Phase, Progress};
use crate::source;
use crate::telemetry::termination;
use crate::tool::{self, OneByOne, ToolGate};

/// Runs a command in a runtime that is small for a pure migration. With probes to answer, another thread answers them, so reading
/// scripts never delays one.
pub fn block_on<T>(serves: bool, command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut builder = if serves { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    builder.worker_threads(2).enable_io().enable_time();
    let runtime = builder.build();
    let runtime =
        runtime.map_err(|error| Failure::new(Code::BUG, format!("the runtime cannot be started: {error}")))?;
    let result = runtime.block_on(command);
    if LEFT_BEHIND.load(Ordering::Relaxed) {
        // Its threads must not lose their runtime.
        std::mem::forget(runtime);
    } else {
        // A thread that only reads, and a name server that does not answer, are not waited for.
        runtime.shutdown_background();
    }
    result
}

/// Installs the handlers: from now on a signal requests a stop.
///
/// # Errors
/// The handlers cannot be installed.
pub fn stop() -> Result<Stop, Failure> {
    signals::listen().map_err(|error| Failure::new(Code::BUG, format!("signal handlers cannot be installed: {error}")))
}

/// True if abandoned work continues; the process is about to end.
static LEFT_BEHIND: AtomicBool = AtomicBool::new(false);

/// The wait for work that ignores a signal, outside of a migration.
const HEARD_WITHIN: Duration = Duration::from_millis(500);

/// Runs a command that only reads; if a signal comes first, nothing was written.
pub fn looking<T, F>(
    config: &Config,
    progress: &Progress,
    work: impl FnOnce(Stop) -> F + Send + 'static,
) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>>,
{
    block_on(false, async { stoppable(config, progress, &stop()?, work).await }).map_err(|failure| {
        if ![Code::INTERRUPTED, Code::TERMINATED].contains(&failure.code) {
            return failure;
        }
        Failure { next: "run again".to_owned(), ..Failure::new(failure.code, "stopped; nothing was written") }
    })
}

/// Runs work on a thread of its own, and listens for signals meanwhile: reading and judging large scripts ignores signals until
/// it is done. Work that does not end soon after a signal is abandoned; the process ends, then the connection, and with it the
/// lock. A running migration has the grace period to report the outcome of its statement.
///
/// # Errors
/// The work's own failure, or the signal.
pub async fn stoppable<T, F>(
    config: &Config,
    progress: &Progress,
    stop: &Stop,
    work: impl FnOnce(Stop) -> F + Send + 'static,
) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>>,
{
    let (runtime, heard) = (Handle::current(), stop.clone());
    let (tell, mut told) = oneshot::channel();
    let work = move || {
        // The receiver is gone if the work was abandoned.
        let _ = tell.send(runtime.block_on(work(heard)));
    };
    std::thread::Builder::new()
        .name("work".to_owned())
        .stack_size(STACK)
        .spawn(work)
        .map_err(|error| Failure::new(Code::BUG, format!("a thread cannot be started: {error}")))?;
    let broken = |_| Err(Failure::new(Code::BUG, "the work ended without a result"));
    let signal = tokio::select! {
        biased;
        result = &mut told => return result.unwrap_or_else(broken),
        signal = stop.requested() => signal,
    };
    let unheard = async {
        tokio::time::sleep(HEARD_WITHIN).await;
        // The sender lives as long as the progress, so the wait ends only with the phase.
        let _ = progress.subscribe().wait_for(|known| known.phase != Phase::Migrating).await;
    };
    tokio::select! {
        biased;
        result = &mut told => return result.unwrap_or_else(broken),
        () = unheard => {}
        () = tokio::time::sleep(config.patience.grace.max(HEARD_WITHIN)) => {}
    }
    LEFT_BEHIND.store(true, Ordering::Relaxed);
    Err(gate::stopped(progress, signal))
}

/// The stack size of a process's first thread, in bytes.
const STACK: usize = 8 << 20;

/// Creates a gate; its chain is read while the first connection attempt, with the initial question, is in progress.
pub async fn gate(config: Config, progress: Progress, stop: Stop) -> Result<Chosen, Failure> {
    let settings = config.clone();
    let theirs = unless_stopped(&stop, tokio::task::spawn_blocking(move || chosen::theirs(&settings))).await??;
    match theirs {
        Some(theirs) => tool_gate(config, theirs, progress, stop).await.map(Box::new).map(Chosen::Tool),
        None => native_gate(config, progress, stop).await.map(Box::new).map(Chosen::Native),
    }
}

async fn tool_gate(config: Config, theirs: Theirs, progress: Progress, stop: Stop) -> Result<ToolGate, Failure> {
    let table = theirs.table(&config)?;
    let pod = pod_name();
    let connector = Connector::new(config.database.clone(), &application_name(&pod), progress.clone());
    let first = tool::first_attempt(connector.clone(), table.clone());
    let settings = config.clone();
    let read = tokio::task::spawn_blocking(move || theirs.read(&settings));
    let graph = unless_stopped(&stop, read).await??;
    Ok(ToolGate::new(config, graph, table, connector, first, pod, (progress, stop)))
}

/// Stops while nothing has begun: the file system may never answer.
async fn unless_stopped<T>(stop: &Stop, reading: JoinHandle<T>) -> Result<T, Failure> {
    tokio::select! {
        read = reading => read.map_err(|error| Failure::new(Code::BUG, format!("reading the chain: {error}"))),
        signal = stop.requested() => Err(Failure::new(signal.code(), "stopped while the chain was read")),
    }
}

async fn native_gate(config: Config, progress: Progress, stop: Stop) -> Result<Gate, Failure> {
    let application = application_name(&pod_name());
    let connector = Connector::new(config.database.clone(), &application, progress.clone());
    let settings = config.clone();
    let (listed, length) = oneshot::channel();
    let read = move || {
        let project = || compiled::project(&settings);
        // The receiver is gone if the attempt has failed.
        source::read_beside(&settings, project, |length| _ = listed.send(length))
    };
    let chain = tokio::task::spawn_blocking(read);
    let first = gate::first_attempt(connector.clone(), config.chain.history_table.clone(), length);
    let (chain, graph) = unless_stopped(&stop, chain).await??;
    let (is_compiled, whole) = (chain.is_compiled(), compiled::whole(graph.as_ref()));
    warn_of_holes(&config, &chain);
    let is_its = |migrator: Migrator| match migrator {
        Migrator::Alembic => chain.layout().is_none(),
        Migrator::Tool(tool) => chain.layout() == Some(tool),
        Migrator::Program(_) => false,
    };
    if let Some(theirs) = config.chain.coexist.as_ref().filter(|theirs| !is_its(theirs.migrator)) {
        return Err(chosen::another_layout(&config, theirs.migrator, &chain));
    }
    let outside = match &config.runner {
        Some(_) if !is_compiled => return Err(chosen::no_alembic(&config)),
        Some(_) if config.chain.coexist.is_none() => return Err(compiled::without_its_table()),
        Some(runner) => {
            let (told, runner) = ((progress.clone(), stop.clone()), (runner, &config.patience));
            Some(OneByOne::new(runner, connector.clone(), pod_name(), whole, told)?)
        }
        None => None,
    };
    let mut gate = Gate::new(config, chain, application, connector, first, progress, stop);
    gate.outside = outside.map(|outside| Box::new(outside) as Box<dyn Outside>);
    Ok(gate)
}

/// A file that was forgotten in one release and added in the next is too late.
pub fn warn_of_holes(config: &Config, chain: &Chain) {
    let holes: Vec<String> = chain::holes(chain).iter().map(ToString::to_string).collect();
    if !holes.is_empty() && config.policy.out_of_order == OutOfOrder::Fail {
        tracing::warn!("{}; if it comes later, it will be refused as out of order", holes.join(", "));
    }
}

/// The pod's name from the downward API, otherwise the host's name.
pub fn pod_name() -> String {
    std::env::var("POD_NAME")
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned())
}

/// The final reports of a run, successful or not.
pub struct Finish<'a> {
    pub progress: &'a Progress,
    pub began: Instant,
    pub format: LogFormat,
    pub textfile: Option<&'a Path>,
    pub termination: Option<&'a Path>,
    /// The time for which a failed run still answers.
    pub linger: Duration,
}

impl<'a> Finish<'a> {
    pub fn new(config: &'a Config, progress: &'a Progress) -> Self {
        Self {
            progress,
            began: Instant::now(),
            format: config.log.format,
            textfile: config.serve.metrics_textfile.as_deref(),
            termination: config.serve.termination_log.as_deref(),
            linger: config.serve.linger.unwrap_or_default(),
        }
    }

    /// Reports the end everywhere that the settings ask for; the caller prints the failure itself.
    pub fn say(&self, result: &Result<Opened, Failure>) {
        match result {
            Ok(opened) => {
                let summary = summary::Summary::new(opened, &self.progress.read(), self.began.elapsed());
                summary.print(self.format);
                self.terminate(|path| termination::write_summary(path, &summary.line));
            }
            Err(failure) => {
                self.progress.fail(failure);
                self.terminate(|path| termination::write_failure(path, failure));
            }
        }
        if let Some(path) = self.textfile {
            let scrape = self.progress.read().scrape();
            if let Err(error) = self.progress.metrics.write_textfile(path, &scrape) {
                tracing::warn!(%error, "the metrics file {} cannot be written", path.display());
            }
        }
    }

    /// The same for a run that rolled revisions back.
    pub fn say_down(&self, result: &Result<Opened, Failure>) {
        match result {
            Ok(opened) => {
                summary::Summary::down(opened, &self.progress.read(), self.began.elapsed()).print(self.format)
            }
            Err(failure) => self.progress.fail(failure),
        }
    }

    fn terminate(&self, write: impl FnOnce(&Path) -> std::io::Result<()>) {
        if let Some(path) = self.termination
            && let Err(error) = write(path)
        {
            tracing::warn!(%error, "the termination message file {} cannot be written", path.display());
        }
    }
}
