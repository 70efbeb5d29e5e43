//! A chain that another tool runs: one database from waiting to open. The pending revisions are determined from the tool's files
//! and its version table, without the tool.

pub mod child;
mod command;
mod down;
mod ending;
pub mod environment;
mod error;
mod follow;
mod inspect;
pub mod keeper;
mod observe;
mod one_by_one;
mod outline;
mod run;
pub mod secrets;
mod status;
mod verify;

pub use down::taken_back;
pub use error::ToolError;
pub use one_by_one::OneByOne;
pub use outline::{Outline, Outlined, outline};
pub use status::{Glance, glance};

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::alembic::{AlembicError, Graph, Heads, Project, VERSION_TABLE};
use crate::chain::hex::hex;
use crate::config::{AlembicHeads, Config, HistoryTable, Migrator, Program, Runner, RunnerTable};
use crate::connect::{Answer, ConnectError, Connector, Session};
use crate::execute::Stop;
use crate::failure::Failure;
use crate::gate::flow::{self, Said};
use crate::gate::{GateError, Opened, schema, stopped};
use crate::history::{self, Read, Told};
use crate::pg::name::quote_ident;
use crate::program::ProgramError;
use crate::progress::Progress;
use inspect::Look;
use run::Work;
use tokio::task::JoinHandle;

/// Everything that a run on one database needs.
pub struct ToolGate {
    pub config: Config,
    pub graph: Graph,
    pub connector: Connector,
    pub progress: Progress,
    pub stop: Stop,
    /// True for read-only commands.
    pub only_reads: bool,
    /// The revisions to be applied, with all their predecessors.
    wanted: Vec<usize>,
    /// `TARGET` as given; none means head.
    aimed: Option<String>,
    direction: Direction,
    /// The pod's name, for the command's sessions.
    pod: String,
    pub table: VersionTable,
    first: Mutex<Option<FirstAttempt>>,
    /// The logged warnings about the version table.
    said: Said,
    expected: schema::Expected,
}

/// The direction of the command.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Direction {
    Up,
    /// Back to these revisions, or to base.
    Down(Vec<usize>),
}

/// The tool's own history.
#[derive(Clone, Debug)]
pub struct VersionTable {
    pub tool: Migrator,
    pub name: HistoryTable,
    /// The read of its rows' ids.
    ids: Read,
    /// True if a setting names it as this chain's: unknown rows are ahead, not another service's.
    pub is_ours: bool,
    /// True if `env.py` may create it differently from Alembic: its width is unknown until it exists.
    pub makes_its_own: bool,
}

impl VersionTable {
    /// The table that the settings name, otherwise that of `env.py`.
    ///
    /// # Errors
    /// `env.py` computes the name, and no setting gives it.
    pub fn of(config: &Config, project: &Project) -> Result<Self, AlembicError> {
        if let Some(table) = &config.version_table {
            let makes_its_own = project.table.makes_its_own;
            return Ok(Self { name: table.clone(), is_ours: true, makes_its_own, ..Self::of_alembic() });
        }
        let said = &project.table;
        if said.is_computed {
            return Err(AlembicError::Table { path: PathBuf::from("env.py") });
        }
        let is_ours = said.name.as_ref().is_some_and(|name| name != VERSION_TABLE);
        let name = said.name.clone().unwrap_or_else(|| VERSION_TABLE.to_owned());
        let name = HistoryTable { schema: said.schema.clone(), name };
        Ok(Self { name, is_ours, makes_its_own: said.makes_its_own, ..Self::of_alembic() })
    }

    fn of_alembic() -> Self {
        let name = HistoryTable { schema: None, name: VERSION_TABLE.to_owned() };
        Self { tool: Migrator::Alembic, name, ids: Read::Versions, is_ours: false, makes_its_own: false }
    }

    /// The history of a tool whose revisions are programs.
    ///
    /// # Errors
    /// No setting names it, and the tool has no default for it.
    pub fn of_program(config: &Config, program: Program) -> Result<Self, ProgramError> {
        let tool = Migrator::Program(program);
        let usual = program.history().map(|(name, columns)| RunnerTable {
            table: HistoryTable { schema: None, name: name.to_owned() },
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
        });
        let history = match usual {
            Some(usual) => usual,
            None => config.runner_table.clone().ok_or(ProgramError::NoTable)?,
        };
        let said = config.chain.coexist.as_ref().filter(|theirs| theirs.migrator == tool);
        let said = said.and_then(|theirs| theirs.table.clone());
        let is_ours = said.is_some() || program.history().is_none();
        let columns = history.columns.iter().map(|column| format!("h.{}::pg_catalog.text", quote_ident(column)));
        let values = columns.collect::<Vec<_>>().join(" || '.'::pg_catalog.text || ");
        // A run has one such table.
        let ids = Read::Tool { values: values.leak(), rest: "" };
        Ok(Self { tool, name: said.unwrap_or(history.table), ids, is_ours, makes_its_own: true })
    }

    /// The ids in an answer.
    fn rows(&self, told: &Told) -> Vec<String> {
        told.rows_of(self.ids).filter_map(|row| row.first().cloned().flatten()).collect()
    }
}

/// The allowed number of heads.
pub fn heads(config: &Config) -> Heads {
    match config.alembic.heads {
        AlembicHeads::Many => Heads::Many,
        // `alembic upgrade heads` means all heads.
        AlembicHeads::One if config.runner.iter().any(|runner| runner.words.iter().any(|word| word == "heads")) => {
            Heads::Many
        }
        AlembicHeads::One => Heads::One,
    }
}

/// The digest of a tool's chain, by which a latch file and a snapshot recognize it.
pub fn digest(graph: &Graph, tool: Migrator) -> String {
    let mut hash = Sha256::new();
    for revision in graph.revisions() {
        hash.update(revision.id.as_bytes());
        hash.update(b"\0");
    }
    format!("{} {}", tool.word(), hex(&hash.finalize()))
}

/// A connection attempt in progress, with the answer to the initial question.
pub type FirstAttempt = JoinHandle<Result<(Session, Answer), ConnectError>>;

/// Connects and asks while the files are read.
pub fn first_attempt(connector: Connector, table: VersionTable) -> FirstAttempt {
    tokio::spawn(async move {
        let session = connector.connect().await?;
        let question = history::version_inquiry(&table.name, history::Look::Quick, &[table.ids]);
        let answer = session.send(&question).await.answer().await;
        Ok((session, answer))
    })
}

impl ToolGate {
    pub fn new(
        config: Config,
        graph: Graph,
        table: VersionTable,
        connector: Connector,
        first: FirstAttempt,
        pod: String,
        (progress, stop): (Progress, Stop),
    ) -> Self {
        progress.update(|known| known.head = Some(graph.head()));
        let wanted = graph.heads().to_vec();
        let (first, said) = (Mutex::new(Some(first)), Said::default());
        let (only_reads, aimed, expected) = (false, None, schema::Expected::default());
        let direction = Direction::Up;
        Self {
            config,
            graph,
            connector,
            progress,
            stop,
            only_reads,
            wanted,
            aimed,
            direction,
            pod,
            table,
            first,
            said,
            expected,
        }
    }

    /// Sets the target to the revision that `TARGET` names.
    ///
    /// # Errors
    /// It names no revision.
    pub fn aim(&mut self, target: &str) -> Result<(), Failure> {
        let target = target.to_owned();
        let wanted = self.graph.target(&target);
        self.wanted = wanted.map_err(|why| GateError::Target { target: target.clone(), why })?;
        let takes_it = |runner: &Runner| runner.words.iter().any(|word| word.contains("{target}"));
        if self.config.runner.as_ref().is_some_and(|runner| !takes_it(runner)) {
            return Err(ToolError::NoTarget { target }.into());
        }
        // The tool knows labels and the start of an id too.
        self.aimed = Some(target);
        Ok(())
    }

    /// Waits until the database is at the target.
    ///
    /// # Errors
    /// The one failure that keeps the gate closed.
    pub async fn run(&self) -> Result<Opened, Failure> {
        tokio::select! {
            biased;
            result = self.passage() => result,
            signal = flow::stopped_outside(&self.stop, &self.progress) => Err(stopped(&self.progress, signal)),
        }
    }

    async fn passage(&self) -> Result<Opened, Failure> {
        let (mut applied, mut breaks) = (Vec::new(), 0);
        loop {
            let (look, session) = self.look(self.config.patience.clone()).await?;
            let home = match look {
                Look::Open { ahead } => {
                    let checked = self.verify(&session, ahead).await;
                    session.close().await;
                    if schema::is_lost(checked, &mut breaks, &self.progress)? {
                        continue;
                    }
                    return self.open(applied, ahead);
                }
                Look::Work { pending, .. } if self.runner().is_none() => {
                    session.close().await;
                    return Err(self.no_runner(&pending).into());
                }
                Look::Work { home, .. } => home,
            };
            // A snapshot that cannot be compared is reported before anything runs.
            self.expected()?;
            match self.work(session, &home).await? {
                // The next inspection finds head.
                Work::NothingLeft { .. } if self.verifies() => {}
                Work::Done { applied: ids } if self.verifies() => applied.extend(ids),
                Work::NothingLeft { ahead } => return self.open(applied, ahead),
                Work::Done { applied } => return self.open(applied, 0),
            }
        }
    }

    /// Waits until another run has brought the database to head, for at most `LOCKGATE_WAIT_TIMEOUT` in total for the database
    /// and for head. It takes no lock and writes nothing.
    ///
    /// # Errors
    /// The deadline, a signal, or a version table that can never reach this head.
    pub async fn wait_for_head(&self) -> Result<Opened, Failure> {
        let ahead = flow::wait_for_head(&self.config.patience, &self.progress, &self.stop, async |patience| {
            let (look, session) = self.look(patience).await?;
            session.close().await;
            Ok(look.stand())
        });
        self.open(Vec::new(), ahead.await?)
    }

    fn open(&self, applied: Vec<String>, ahead: usize) -> Result<Opened, Failure> {
        flow::accept(ahead, self.config.policy.ahead)?;
        Ok(flow::open(&self.progress, applied, ahead))
    }

    /// The command for this direction.
    fn runner(&self) -> Option<&Runner> {
        match self.direction {
            Direction::Up => self.config.runner.as_ref(),
            Direction::Down(_) => self.config.runner_down.as_ref(),
        }
    }

    fn no_runner(&self, pending: &[usize]) -> ToolError {
        ToolError::NoRunner { tool: self.table.tool, pending: self.ids(pending) }
    }

    fn ids(&self, at: &[usize]) -> Vec<String> {
        at.iter().map(|&at| self.graph.revisions()[at].id.clone()).collect()
    }

    /// The first attempt with its answer; later a new one.
    async fn connect(&self) -> Result<(Session, Option<Answer>), ConnectError> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(first) = first
            && let Ok(attempt) = first.await
        {
            return attempt.map(|(session, answer)| (session, Some(answer)));
        }
        self.connector.connect().await.map(|session| (session, None))
    }
}
