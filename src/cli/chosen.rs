//! The gate for the layout of the chain's directory.

use std::path::Path;

use crate::alembic::{self, AlembicError, Graph, Project, Search};
use crate::chain::{Chain, digest};
use crate::config::{Config, Layout, Migrator, Program, Tool};
use crate::execute::Stop;
use crate::failure::{Code, Failure};
use crate::gate::{self, Gate, Observed, Opened};
use crate::program;
use crate::progress::Progress;
use crate::tool::{self, ToolGate, VersionTable};

/// A gate for a chain of one kind or the other.
pub enum Chosen {
    /// SQL files, which lockgate itself runs.
    Native(Box<Gate>),
    /// A chain that another tool runs.
    Tool(Box<ToolGate>),
}

/// A chain that another tool's command applies.
pub enum Theirs {
    Alembic(Project),
    /// A chain of programs; `LOCKGATE_MIGRATIONS` names its list or directory.
    Program(Program),
}

impl Theirs {
    /// # Errors
    /// All errors of the chain, at once.
    pub fn read(&self, config: &Config) -> Result<Graph, Failure> {
        match self {
            Self::Alembic(project) => Ok(alembic::read(project, tool::heads(config))?),
            Self::Program(program) => Ok(program::read(&config.chain.migrations, *program)?),
        }
    }

    pub fn tool(&self) -> Migrator {
        match self {
            Self::Alembic(_) => Migrator::Alembic,
            Self::Program(program) => Migrator::Program(*program),
        }
    }

    /// The tool's own history.
    ///
    /// # Errors
    /// The table's place is unknown.
    pub fn table(&self, config: &Config) -> Result<VersionTable, Failure> {
        let its = self.tool();
        if let Some(other) = config.chain.coexist.as_ref().filter(|other| other.migrator != its) {
            return Err(another_history(config, other.migrator, its));
        }
        match self {
            Self::Alembic(project) => Ok(VersionTable::of(config, project)?),
            Self::Program(program) => Ok(VersionTable::of_program(config, *program)?),
        }
    }
}

/// The chain of another tool that the settings name; none if the chain consists of SQL files.
///
/// # Errors
/// Alembic's settings do not name the place of the revisions.
pub fn theirs(config: &Config) -> Result<Option<Theirs>, AlembicError> {
    match config.chain.layout {
        Layout::Program(program) => Ok(Some(Theirs::Program(program))),
        _ => Ok(project(config)?.map(Theirs::Alembic)),
    }
}

/// The Alembic project that the settings name.
///
/// # Errors
/// Alembic's settings do not name the place of the revisions.
pub fn project(config: &Config) -> Result<Option<Project>, AlembicError> {
    let is_there = config.chain.migrations.exists();
    // Without a configured directory, and without the default one, the project may be in the current directory.
    let directory = if !is_there && config.chain.migrations == Path::new("migrations") {
        Path::new(".")
    } else {
        &config.chain.migrations
    };
    let settings = config.alembic_config.as_deref();
    let search = |settings| Search { directory, settings, section: &config.alembic.section };
    match config.chain.layout {
        Layout::Native | Layout::Tool(_) | Layout::Program(_) => Ok(None),
        Layout::Auto => search(settings.filter(|_| !is_there)).find(),
        Layout::Alembic => search(settings).find().map(|found| Some(found.unwrap_or_else(|| search(None).as_said()))),
    }
}

/// A runner is set, but nothing needs it.
pub fn no_alembic(config: &Config) -> Failure {
    let directory = config.chain.migrations.display();
    Failure {
        next: "point LOCKGATE_MIGRATIONS at the directory of alembic.ini or at the folder of revisions; for Django, Rails and others \
               LOCKGATE_LAYOUT says whose chain it is; a chain of SQL files needs no LOCKGATE_RUNNER"
            .to_owned(),
        ..Failure::new(Code::NO_RUNNER, format!("LOCKGATE_RUNNER is set, and {directory} holds no Alembic chain"))
    }
}

/// `LOCKGATE_COEXIST` names a tool, but the chain is another's.
fn another_history(config: &Config, tool: Migrator, its: Migrator) -> Failure {
    let directory = config.chain.migrations.display();
    Failure {
        next: format!("LOCKGATE_COEXIST={}:SCHEMA.TABLE names the history of this chain", its.word()),
        ..Failure::new(
            Code::LAYOUT,
            format!("LOCKGATE_COEXIST names {}, and the chain in {directory} is {}", tool.name(), its.names()),
        )
    }
}

/// `LOCKGATE_COEXIST` names a tool, but the chain has another layout.
pub fn another_layout(config: &Config, tool: Migrator, chain: &Chain) -> Failure {
    let (directory, is) =
        (config.chain.migrations.display(), chain.layout().map_or("lockgate's own".to_owned(), Tool::names));
    Failure {
        next: format!(
            "LOCKGATE_LAYOUT={} says that the directory is {}; a chain of another layout goes on without LOCKGATE_COEXIST",
            tool.word(),
            tool.names()
        ),
        ..Failure::new(
            Code::LAYOUT,
            format!("LOCKGATE_COEXIST names {}, and the chain in {directory} is {is}", tool.name()),
        )
    }
}

impl Chosen {
    /// The gate of a chain of SQL files, for a command that supports no other.
    ///
    /// # Errors
    /// It is another tool's chain.
    pub fn native(self, instead: &str) -> Result<Gate, Failure> {
        match self {
            Self::Native(gate) => Ok(*gate),
            Self::Tool(gate) => {
                let tool = gate.table.tool;
                let next = if tool == Migrator::Alembic { instead } else { "use the tool's own command for it" };
                let message = format!("the chain is {}, and this command works on SQL files alone", tool.names());
                Err(Failure { next: next.to_owned(), ..Failure::new(Code::LAYOUT, message) })
            }
        }
    }

    pub fn config(&self) -> &Config {
        match self {
            Self::Native(gate) => &gate.config,
            Self::Tool(gate) => &gate.config,
        }
    }

    pub fn config_mut(&mut self) -> &mut Config {
        match self {
            Self::Native(gate) => &mut gate.config,
            Self::Tool(gate) => &mut gate.config,
        }
    }

    pub fn progress(&self) -> &Progress {
        match self {
            Self::Native(gate) => &gate.progress,
            Self::Tool(gate) => &gate.progress,
        }
    }

    pub fn stop(&self) -> &Stop {
        match self {
            Self::Native(gate) => &gate.stop,
            Self::Tool(gate) => &gate.stop,
        }
    }

    /// Makes the gate read-only.
    pub fn only_read(&mut self) {
        match self {
            Self::Native(gate) => gate.only_reads = true,
            Self::Tool(gate) => gate.only_reads = true,
        }
    }

    /// Brings the database to head.
    ///
    /// # Errors
    /// The one failure that keeps the gate closed.
    pub async fn run(&self) -> Result<Opened, Failure> {
        match self {
            Self::Native(gate) => gate.run().await,
            Self::Tool(gate) => gate.run().await,
        }
    }

    /// Waits until another run has brought the database to head.
    ///
    /// # Errors
    /// The deadline, a signal, or a database that can never reach head.
    pub async fn wait_for_head(&self) -> Result<Opened, Failure> {
        match self {
            Self::Native(gate) => gate::wait_for_head(gate).await,
            Self::Tool(gate) => gate.wait_for_head().await,
        }
    }

    /// One look of an open gate.
    pub async fn observe(&self) -> Observed {
        match self {
            Self::Native(gate) => gate.observe().await,
            Self::Tool(gate) => gate.observe().await,
        }
    }

    /// Checks for drift once; false if there is no snapshot for comparison.
    ///
    /// # Errors
    /// The database could not be asked, or the snapshot cannot be used.
    pub async fn look_for_drift(&self) -> Result<bool, Failure> {
        match self {
            Self::Native(gate) => gate.look_for_drift().await,
            Self::Tool(gate) => gate.look_for_drift().await,
        }
    }

    /// The digest of the chain, by which a latch file recognizes it.
    pub fn digest(&self) -> String {
        match self {
            Self::Native(gate) => digest::of_bytes(gate.chain.revisions()),
            Self::Tool(gate) => tool::digest(&gate.graph, gate.table.tool),
        }
    }
}
