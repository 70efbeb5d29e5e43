//! From variables and flags to a [`Config`], with every error at once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::error::{ConfigError, ConfigErrors};
use super::field::{Field, Hidden, Iterations, LogFilter, Roles, Switch, Word, Words};
use super::settings::{PREFIX, SETTINGS, Setting};
use super::variables::Variables;
use super::{
    Ahead, Alembic, AlembicHeads, CommitWait, Config, Database, FirstContact, HistoryTable, Layout, Log, LogFormat,
    Migrator, OnDestructive, OnMismatch, OutOfOrder, Patience, Policy, Readiness, Runner, ScratchServer, Serve,
    TheirHistory, Verify, listen, names,
};

/// Where Kubernetes reads a container's last words (`terminationMessagePath`), by default.
const TERMINATION_LOG: &str = "/dev/termination-log";

impl Config {
    /// Reads everything, secret files included, from the environment and the flags ([`super::overrides`]).
    ///
    /// That no database is named is not an error here: [`Database::require`] says it.
    ///
    /// # Errors
    /// Every wrong setting, each by its variable's name.
    pub fn load(
        vars: impl IntoIterator<Item = (OsString, OsString)>,
        overrides: Vec<(String, String)>,
    ) -> Result<Self, ConfigErrors> {
        load(&Variables::new(vars, overrides), Database::check)
    }

    /// The same for a command that needs no database: what is wrong with its address is an error only when it is
    /// asked for ([`Database::resolve`]), since a `DATABASE_URL` may be there for the app alone.
    ///
    /// # Errors
    /// As [`Config::load`], without those of the database.
    pub fn load_offline(
        vars: impl IntoIterator<Item = (OsString, OsString)>,
        overrides: Vec<(String, String)>,
    ) -> Result<Self, ConfigErrors> {
        load(&Variables::new(vars, overrides), |_| (Vec::new(), Vec::new()))
    }
}

/// `check` gives the warnings and the errors of the database's settings.
fn load(
    variables: &Variables,
    check: impl FnOnce(&Database) -> (Vec<String>, Vec<ConfigError>),
) -> Result<Config, ConfigErrors> {
    let mut errors = Vec::new();
    let mut raw = Raw::read(variables, &mut errors);
    errors.extend(raw.problems());
    let command = std::mem::take(&mut raw.password_command).value();
    // What cannot be read is among the errors.
    let iterations = std::mem::take(&mut raw.scram_min_iterations).value().map_or(1, |count| count.0);
    let database = Database::new(variables, command.map(|words| words.0), iterations);
    let (mut ignored, wrong) = check(&database);
    if raw.latch_file.read().is_some_and(|file| file.exists()) {
        // A sidecar that was open before opens again: a secret that is in the middle of its rotation is its check's to say.
        ignored.extend(wrong.iter().map(ToString::to_string));
    } else {
        errors.extend(wrong);
    }
    match ConfigErrors::of(errors) {
        Some(errors) => Err(errors),
        None => {
            let warnings = [names::warnings(variables), ignored].concat();
            let said = Said {
                // What cannot be read is among the errors.
                ddl_lock_timeout: matches!(variables.given("LOCKGATE_DDL_LOCK_TIMEOUT"), Ok(Some(_))),
                alembic_config: variables.value("ALEMBIC_CONFIG").ok().flatten().map(PathBuf::from),
            };
            Ok(raw
                .config(database, warnings, said)
                .expect("a setting without a value has noted an error, or has a default"))
        }
    }
}

/// Facts that are read beside the settings' own values.
struct Said {
    /// True where a person set it.
    ddl_lock_timeout: bool,
    alembic_config: Option<PathBuf>,
}

/// The settings as envy reads them. The names of the fields are the variables' names.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    password_command: Field<Words>,
    scram_min_iterations: Field<Iterations>,
    migrations: Field<PathBuf>,
    wait_timeout: Field<Duration>,
    auth_retry_for: Field<Duration>,
    lock_wait: Field<Duration>,
    ddl_lock_timeout: Field<Duration>,
    ddl_lock_retry_for: Field<Duration>,
    statement_timeout: Field<Duration>,
    check_data_timeout: Field<Duration>,
    grace: Field<Duration>,
    on_mismatch: Field<OnMismatch>,
    commit_wait: Field<CommitWait>,
    on_destructive: Field<OnDestructive>,
    verify: Field<Verify>,
    ahead: Field<Ahead>,
    out_of_order: Field<OutOfOrder>,
    first_contact: Field<FirstContact>,
    trusted_owners: Field<Roles>,
    history_table: Field<HistoryTable>,
    layout: Field<Layout>,
    alembic_section: Field<Word>,
    alembic_heads: Field<AlembicHeads>,
    coexist: Field<TheirHistory>,
    runner: Field<Words>,
    runner_strict: Field<Switch>,
    listen: Field<SocketAddr>,
    readiness: Field<Readiness>,
    look_every: Field<Duration>,
    linger: Field<Duration>,
    verify_every: Field<Duration>,
    latch_file: Field<PathBuf>,
    metrics_textfile: Field<PathBuf>,
    termination_log: Field<PathBuf>,
    scratch_bin: Field<PathBuf>,
    scratch_url: Field<Hidden>,
    scratch_is_mine: Field<Switch>,
    log: Field<LogFilter>,
    log_format: Field<LogFormat>,
}

impl Raw {
    /// Every setting but the database's own, whose files are read again at every attempt.
    fn read(variables: &Variables, errors: &mut Vec<ConfigError>) -> Self {
        let mut texts = BTreeMap::new();
        for setting in SETTINGS.iter().filter(|setting| setting.name != "DATABASE_URL") {
            match text(setting, variables) {
                Ok(Some(text)) => _ = texts.insert(setting.variable(), text),
                Ok(None) => {}
                Err(error) => errors.push(error),
            }
        }
        envy::prefixed(PREFIX).from_iter(texts).expect("a Field takes every text, and no name comes twice")
    }

    fn problems(&self) -> Vec<ConfigError> {
        let problems = [
            ("PASSWORD_COMMAND", self.password_command.problem()),
            ("SCRAM_MIN_ITERATIONS", self.scram_min_iterations.problem()),
            ("MIGRATIONS", self.migrations.problem()),
            ("WAIT_TIMEOUT", self.wait_timeout.problem()),
            ("AUTH_RETRY_FOR", self.auth_retry_for.problem()),
            ("LOCK_WAIT", self.lock_wait.problem()),
            ("DDL_LOCK_TIMEOUT", self.ddl_lock_timeout.problem()),
            ("DDL_LOCK_RETRY_FOR", self.ddl_lock_retry_for.problem()),
            ("STATEMENT_TIMEOUT", self.statement_timeout.problem()),
            ("CHECK_DATA_TIMEOUT", self.check_data_timeout.problem()),
            ("GRACE", self.grace.problem()),
            ("ON_MISMATCH", self.on_mismatch.problem()),
            ("COMMIT_WAIT", self.commit_wait.problem()),
            ("ON_DESTRUCTIVE", self.on_destructive.problem()),
            ("VERIFY", self.verify.problem()),
            ("AHEAD", self.ahead.problem()),
            ("OUT_OF_ORDER", self.out_of_order.problem()),
            ("FIRST_CONTACT", self.first_contact.problem()),
            ("TRUSTED_OWNERS", self.trusted_owners.problem()),
            ("HISTORY_TABLE", self.history_table.problem()),
            ("LAYOUT", self.layout.problem()),
            ("ALEMBIC_SECTION", self.alembic_section.problem()),
            ("ALEMBIC_HEADS", self.alembic_heads.problem()),
            ("COEXIST", self.coexist.problem()),
            ("RUNNER", self.runner.problem()),
            ("RUNNER_STRICT", self.runner_strict.problem()),
            ("LISTEN", self.listen.problem()),
            ("READINESS", self.readiness.problem()),
            ("LOOK_EVERY", self.look_every.problem()),
            ("LINGER", self.linger.problem()),
            ("VERIFY_EVERY", self.verify_every.problem()),
            ("LATCH_FILE", self.latch_file.problem()),
            ("METRICS_TEXTFILE", self.metrics_textfile.problem()),
            ("TERMINATION_LOG", self.termination_log.problem()),
            ("SCRATCH_IS_MINE", self.scratch_is_mine.problem()),
            ("LOG", self.log.problem()),
            ("LOG_FORMAT", self.log_format.problem()),
        ];
        let wrong = problems.into_iter().filter_map(|(name, problem)| Some((name, problem?)));
        wrong.map(|(name, problem)| ConfigError::setting(format!("{PREFIX}{name}"), problem)).collect()
    }

    /// `None` where a setting that has to have a value has none.
    fn config(self, database: Database, warnings: Vec<String>, said: Said) -> Option<Config> {
        let coexist: Option<TheirHistory> = self.coexist.value();
        let of_alembic = coexist.as_ref().filter(|theirs| theirs.migrator == Migrator::Alembic);
        let version_table = of_alembic.and_then(|theirs| theirs.table.clone());
        let is_strict = self.runner_strict.read().is_none_or(|switch| switch.0);
        let termination_log = || Path::new(TERMINATION_LOG).exists().then(|| PathBuf::from(TERMINATION_LOG));
        Some(Config {
            database,
            migrations: self.migrations.value()?,
            history_table: self.history_table.value()?,
            layout: self.layout.value()?,
            alembic: Alembic {
                settings: said.alembic_config,
                section: self.alembic_section.value()?.0,
                heads: self.alembic_heads.value()?,
                table: version_table,
            },
            coexist,
            runner: self.runner.value().map(|words| Runner { words: words.0, is_strict }),
            patience: Patience {
                wait_timeout: self.wait_timeout.value()?,
                auth_retry_for: self.auth_retry_for.value()?,
                lock_wait: self.lock_wait.value()?,
                ddl_lock_timeout: self.ddl_lock_timeout.value()?,
                ddl_lock_timeout_is_set: said.ddl_lock_timeout,
                ddl_lock_retry_for: self.ddl_lock_retry_for.value()?,
                statement_timeout: self.statement_timeout.value()?,
                check_data_timeout: self.check_data_timeout.value()?,
                grace: self.grace.value()?,
            },
            policy: Policy {
                on_mismatch: self.on_mismatch.value()?,
                commit_wait: self.commit_wait.value()?,
                on_destructive: self.on_destructive.value()?,
                verify: self.verify.value(),
                ahead: self.ahead.value()?,
                out_of_order: self.out_of_order.value()?,
                first_contact: self.first_contact.value()?,
                trusted_owners: self.trusted_owners.value().map(|roles| roles.0).unwrap_or_default(),
            },
            serve: Serve {
                listen: self.listen.value(),
                readiness: self.readiness.value()?,
                look_every: self.look_every.value()?,
                linger: self.linger.value(),
                verify_every: self.verify_every.value(),
                latch_file: self.latch_file.value(),
                metrics_textfile: self.metrics_textfile.value(),
                termination_log: self.termination_log.value().or_else(termination_log),
            },
            scratch: ScratchServer {
                bin: self.scratch_bin.value(),
                url: self.scratch_url.value().map(|url| url.0),
                is_mine: self.scratch_is_mine.value()?.0,
            },
            log: Log { filter: self.log.value()?.0, format: self.log_format.value()? },
            warnings,
        })
    }
}

/// The text that a setting is read from: what is set, else the default.
fn text(setting: &Setting, variables: &Variables) -> Result<Option<String>, ConfigError> {
    let name = setting.variable();
    let Some(given) = variables.given(&name)? else {
        return Ok(setting.default.map(str::to_owned));
    };
    let text = given.read(&name)?;
    if setting.name != "LISTEN" {
        return Ok(Some(text.expose().to_owned()));
    }
    let lookup = |name: &str| variables.value(name).ok().flatten();
    listen::expand(text.expose(), lookup).map(Some).map_err(|problem| ConfigError::setting(name, problem))
}
