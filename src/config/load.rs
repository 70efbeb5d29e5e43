//! Builds a [`Config`] from variables and flags, and reports every error at once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, ConfigErrors};
use super::from_text::{Text, Texts};
use super::settings::{
    Alembic, Chain, Log, Login, PREFIX, Patience, Policy, RunnerSettings, SETTINGS, ScratchServer, Serve, Setting,
};
use super::variables::Variables;
use super::{Config, Database, Migrator, listen, names};

/// The default path of a container's termination message (`terminationMessagePath`).
const TERMINATION_LOG: &str = "/dev/termination-log";

impl Config {
    /// Reads everything, secret files included, from the environment and the flags ([`super::overrides`]).
    ///
    /// A missing database is not an error here: [`Database::require`] reports it.
    ///
    /// # Errors
    /// Every wrong setting, each by its variable's name.
    pub fn load(
        vars: impl IntoIterator<Item = (OsString, OsString)>,
        overrides: Vec<(String, String)>,
    ) -> Result<Self, ConfigErrors> {
        load(&Variables::new(vars, overrides), Database::check)
    }

    /// The same for a command that needs no database: an error in its address counts only when the database is used
    /// ([`Database::resolve`]), because a `DATABASE_URL` may be meant for the app alone.
    ///
    /// As [`Config::load`], without those of the database.
    /// As [`Config::load`], without those of the database.
    pub fn load_offline(
        vars: impl IntoIterator<Item = (OsString, OsString)>,
        overrides: Vec<(String, String)>,
    ) -> Result<Self, ConfigErrors> {
        load(&Variables::new(vars, overrides), |_| (Vec::new(), Vec::new()))
    }
}

/// `check` returns the warnings and the errors of the database's settings.
fn load(
    variables: &Variables,
    check: impl FnOnce(&Database) -> (Vec<String>, Vec<ConfigError>),
) -> Result<Config, ConfigErrors> {
    let mut texts = texts(variables);
    let login = Login::read(&mut texts);
    let chain = Chain::read(&mut texts);
    let alembic = Alembic::read(&mut texts);
    let runner = RunnerSettings::read(&mut texts);
    let patience = Patience::read(&mut texts);
    let policy = Policy::read(&mut texts);
    let serve = Serve::read(&mut texts);
    let scratch = ScratchServer::read(&mut texts);
    let log = Log::read(&mut texts);
    let mut errors = texts.into_errors();
    // Errors of the other settings are collected already.
    let (command, iterations) = login.map_or((None, 1), |login| (login.password_command, login.scram_min_iterations));
    let database = Database::new(variables, command, iterations);
    let (mut ignored, wrong) = check(&database);
    let latch = serve.as_ref().and_then(|serve| serve.latch_file.as_ref());
    if latch.is_some_and(|file| file.exists()) {
        // A sidecar that was open before opens again: its check reports a secret in the middle of its rotation.
        ignored.extend(wrong.iter().map(ToString::to_string));
    } else {
        errors.extend(wrong);
    }
    if let Some(errors) = ConfigErrors::of(errors) {
        return Err(errors);
    }
    let config = || {
        let chain = chain?;
        let of_alembic = chain.coexist.as_ref().filter(|theirs| theirs.migrator == Migrator::Alembic);
        let serve = serve?;
        Some(Config {
            database,
            version_table: of_alembic.and_then(|theirs| theirs.table.clone()),
            chain,
            alembic_config: variables.value("ALEMBIC_CONFIG").ok().flatten().map(PathBuf::from),
            alembic: alembic?,
            runner: runner.as_ref()?.runner(),
            runner_down: runner.as_ref()?.runner_down(),
            runner_table: runner?.table,
            patience: patience?,
            policy: policy?,
            serve: Serve { termination_log: serve.termination_log.clone().or_else(termination_log), ..serve },
            scratch: scratch?,
            log: log?,
            warnings: [names::warnings(variables), ignored].concat(),
        })
    };
    Ok(config().expect("a setting without a value has noted an error, or has a default"))
}

fn termination_log() -> Option<PathBuf> {
    Path::new(TERMINATION_LOG).exists().then(|| PathBuf::from(TERMINATION_LOG))
}

/// The texts of every setting except the database's own address, whose files are read again at every attempt.
fn texts(variables: &Variables) -> Texts {
    let (mut set, mut errors) = (Vec::new(), Vec::new());
    for setting in SETTINGS.iter().filter(|setting| setting.name != "DATABASE_URL") {
        match text(setting, variables) {
            Ok(text) => set.extend(text.map(|text| (setting.variable(), text))),
            Err(error) => errors.push(error),
        }
    }
    let mut set: BTreeMap<String, String> =
        envy::prefixed(PREFIX).from_iter(set).expect("a text takes every text, and no name comes twice");
    let texts = SETTINGS.iter().filter_map(|setting| {
        let text = match set.remove(&setting.name.to_ascii_lowercase()) {
            Some(text) => Text { text, is_default: false },
            None => Text { text: setting.default?.to_owned(), is_default: true },
        };
        Some((setting.name, text))
    });
    Texts::new(texts.collect(), errors)
}

/// The configured text.
fn text(setting: &Setting, variables: &Variables) -> Result<Option<String>, ConfigError> {
    let name = setting.variable();
    let Some(given) = variables.given(&name)? else { return Ok(None) };
    let text = given.read(&name)?;
    let lookup = |name: &str| variables.value(name).ok().flatten();
    Ok(Some(match setting.name {
        "LISTEN" => listen::expand(text.expose(), lookup).map_err(|problem| ConfigError::setting(name, problem))?,
        _ => text.expose().to_owned(),
    }))
}
