//! One run of a program against a scratch server, recorded.

use std::ffi::{OsStr, OsString};
use std::sync::{Arc, Mutex};

use super::RecordError;
use super::conversation::{Shared, locked};
use super::relay::Relay;
use super::trace::Trace;
use crate::config::{Database, Target};
use crate::connect::Connector;
use crate::failure::Failure;
use crate::files;
use crate::pg::version::ServerVersion;
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;
use crate::tool::child::{Child, Start};
use crate::tool::environment::{self, Wanted};
use crate::tool::secrets::Secrets;

/// The program, and the way in which it receives the server's address.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program and its arguments, with `{target}` replaced.
    pub words: Vec<String>,
    /// Variables that contain the URL of its database.
    pub url_variables: Vec<String>,
    /// `PYTHONHASHSEED`.
    pub seed: u32,
}

/// A successful run.
pub struct Run {
    pub trace: Trace,
    /// The last lines of its output, without secrets.
    pub said: Vec<String>,
}

const APPLICATION: &str = "lockgate-record";

/// Runs the program to its end, and returns its conversation with the server.
///
/// # Errors
/// The program cannot be run, it fails, or the recording is incomplete.
pub async fn run(command: &Command, database: &Database, server: ServerVersion) -> Result<Run, Failure> {
    let connector = Connector::new(database.clone(), APPLICATION, Progress::new(Metrics::new()));
    let target = connector.target().await?;
    let trace: Shared = Arc::new(Mutex::new(Trace::default()));
    let relay = Relay::start(connector, target.clone(), Arc::clone(&trace)).await.map_err(RecordError::Relay)?;
    let start = start(command, &relay.target(&target), server)?;
    let mut child = Child::start(start, secrets(&target)).map_err(|source| cannot_start(command, source))?;
    let code = child.ended().await.map_err(|source| cannot_start(command, source))?;
    let said = child.tail.lines();
    drop(relay);
    if code != 0 {
        return Err(RecordError::Command { code, said }.into());
    }
    let trace = std::mem::take(&mut *locked(&trace));
    match trace.broken {
        Some(why) => Err(RecordError::Broken(why).into()),
        None => Ok(Run { trace, said }),
    }
}

fn cannot_start(command: &Command, source: std::io::Error) -> RecordError {
    RecordError::Start { program: command.words.first().cloned().unwrap_or_default(), source }
}

fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn secrets(target: &Target) -> Secrets {
    let variables = variables();
    let password = target.password.as_ref().map(crate::config::Secret::expose);
    Secrets::new(password, variables.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

fn start(command: &Command, target: &Target, server: ServerVersion) -> Result<Start, RecordError> {
    let (word, arguments) =
        command.words.split_first().ok_or_else(|| RecordError::Broken("no command is named".to_owned()))?;
    let variables = variables();
    let there = |name: &str| variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    let path = there("PATH");
    let program = files::find_program(OsStr::new(word), path.as_deref().map(OsStr::new));
    let program = program.map_err(|source| RecordError::Program { program: word.clone(), source })?;
    let wanted = Wanted { target, host: 0, server, application: APPLICATION, lock_timeout: None };
    let mut set = environment::set(&wanted, there);
    set.retain(|(name, _)| !command.url_variables.contains(name));
    for name in &command.url_variables {
        set.push((name.clone(), url(there(name).as_deref(), target).into()));
    }
    let fixed = [("TZ", "UTC".to_owned()), ("PGTZ", "UTC".to_owned()), ("PYTHONHASHSEED", command.seed.to_string())];
    set.extend(fixed.map(|(name, value)| (name.to_owned(), OsString::from(value))));
    let removed = environment::removed(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()));
    Ok(Start { program, arguments: arguments.to_vec(), set, removed })
}

/// Parameters of a URL that lead elsewhere, or request encryption before the relay.
const ELSEWHERE: [&str; 12] = [
    "host",
    "hostaddr",
    "port",
    "user",
    "password",
    "passfile",
    "dbname",
    "database",
    "service",
    "channel_binding",
    "target_session_attrs",
    "gssencmode",
];

/// A program's URL with the relay's address; its scheme, which names the driver, and its other parameters are kept.
fn url(given: Option<&str>, target: &Target) -> String {
    let (scheme, rest) = given.and_then(|given| given.split_once("://")).unwrap_or(("postgresql", ""));
    let parameters = rest.split_once('?').map_or("", |(_, parameters)| parameters);
    let is_kept = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default();
        !parameter.is_empty() && !name.starts_with("ssl") && !ELSEWHERE.contains(&name)
    };
    let kept: Vec<&str> = parameters.split('&').filter(is_kept).collect();
    let question = if kept.is_empty() { "" } else { "?" };
    format!("{scheme}://{}{question}{}", environment::authority(target, &target.hosts[0]), kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_url_keeps_its_driver_and_leads_to_the_relay() {
        let variables =
            [("LOCKGATE_DATABASE_URL".into(), "postgres://me:p%40ss@127.0.0.1:7/my%20db?sslmode=disable".into())];
        let target = Config::load(variables, Vec::new()).unwrap().database.resolve().unwrap();
        for (given, wanted) in [
            (None, "postgresql://me:p%40ss@127.0.0.1:7/my%20db"),
            (
                Some("postgresql+asyncpg://a:b@db:5432/x?ssl=require"),
                "postgresql+asyncpg://me:p%40ss@127.0.0.1:7/my%20db",
            ),
            (
                Some("postgresql+psycopg2:///x?host=/tmp&options=-csearch_path%3Dapp&sslmode=verify-full"),
                "postgresql+psycopg2://me:p%40ss@127.0.0.1:7/my%20db?options=-csearch_path%3Dapp",
            ),
            (Some("nonsense"), "postgresql://me:p%40ss@127.0.0.1:7/my%20db"),
        ] {
            assert_eq!(url(given, &target), wanted);
        }
    }
}
