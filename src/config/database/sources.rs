//! The variables that name the database, and their precedence.

use std::collections::BTreeMap;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::super::error::ConfigError;
use super::super::secret_file;
use super::super::variables::{Given, Variables};
use super::account::Account;
use super::params::{Key, Params};
use super::{pairs, service, tls};
use crate::files;

/// The variables for a complete connection string: the first that is set counts.
const CONNECTION_STRINGS: [&str; 2] = ["LOCKGATE_DATABASE_URL", "DATABASE_URL"];

/// Every set variable as given. A variable that cannot be read keeps its error.
#[derive(Clone)]
pub(super) struct Sources {
    connection_string: Option<(&'static str, Result<Given, ConfigError>)>,
    environment: BTreeMap<Key, Result<Given, ConfigError>>,
    /// `PGSYSCONFDIR`: the directory of the system's service file.
    sysconfdir: Option<String>,
    pub(super) account: Account,
}

impl Sources {
    pub(super) fn new(variables: &Variables) -> Self {
        let given = |name| variables.given(name).transpose();
        let environment = |&key: &Key| Some((key, given(key.variable()?)?));
        Self {
            connection_string: CONNECTION_STRINGS.into_iter().find_map(|name| Some((name, given(name)?))),
            environment: Key::ALL.iter().filter_map(environment).collect(),
            sysconfdir: variables.value("PGSYSCONFDIR").ok().flatten().map(str::to_owned),
            account: Account::read(variables),
        }
    }

    /// A user or a port alone does not name a database: libpq's default socket is not where a gate's database is.
    pub(super) fn name_a_database(&self) -> bool {
        let places = [Key::Host, Key::HostAddr, Key::Service];
        self.connection_string.is_some() || places.iter().any(|key| self.environment.contains_key(key))
    }

    /// The current parameters of all sources: connection string, then service file, then environment. `errors` receives
    /// everything that cannot be read. None if a whole source is unreadable: the others alone would be misleading.
    pub(super) fn params(&self, warnings: &mut Vec<String>, errors: &mut Vec<ConfigError>) -> Option<Params> {
        let environment = self.environment(errors);
        let mut note = |error| errors.push(error);
        let mut params = self.connection_string(warnings).map_err(&mut note).ok()?;
        params.fill(self.service(&params, &environment, warnings).map_err(&mut note).ok()?);
        params.fill(without_foreign_address(environment, &params));
        Some(params)
    }

    fn connection_string(&self, warnings: &mut Vec<String>) -> Result<Params, ConfigError> {
        let Some((name, given)) = &self.connection_string else { return Ok(Params::default()) };
        let given = given.as_ref().map_err(Clone::clone)?;
        let text = given.read(name)?;
        let origin = given.variable(name);
        let pairs = pairs::parse(text.expose()).map_err(|problem| ConfigError::setting(&origin, problem))?;
        let mut params = Params::of_pairs(&pairs, &origin, warnings);
        tls::fold_ssl(&mut params)?;
        Ok(params)
    }

    fn environment(&self, errors: &mut Vec<ConfigError>) -> Params {
        let mut params = Params::default();
        for (&key, given) in &self.environment {
            let name = key.variable().unwrap_or_default();
            let read =
                given.as_ref().map_err(Clone::clone).and_then(|given| Ok((given.read(name)?, given.variable(name))));
            match read {
                Ok((value, origin)) => params.set(key, value, &origin),
                Err(error) => errors.push(error),
            }
        }
        params
    }

    fn service(
        &self,
        connection_string: &Params,
        environment: &Params,
        warnings: &mut Vec<String>,
    ) -> Result<Params, ConfigError> {
        let find = |key| connection_string.param(key).or_else(|| environment.param(key));
        let Some(name) = find(Key::Service) else { return Ok(Params::default()) };
        let named = find(Key::ServiceFile).map(|param| PathBuf::from(param.value.expose()));
        let default = || service::default_files(self.account.home.as_ref(), self.sysconfdir.as_deref());
        let wrong = |problem: String| ConfigError::setting(&name.origin, problem);
        for path in named.as_ref().map_or_else(default, |path| vec![path.clone()]) {
            let shown = secret_file::shown(&path);
            let text = match files::plain(&path, secret_file::LARGEST_LIST) {
                Ok(bytes) => Zeroizing::new(String::from_utf8_lossy(&Zeroizing::new(bytes)).into_owned()),
                Err(error) if named.is_some() => {
                    return Err(wrong(format!("the service file {shown} cannot be read: {error}")));
                }
                Err(_) => continue,
            };
            let section = service::section(&text, name.value.expose());
            if let Some(pairs) = section.map_err(|problem| wrong(format!("the service file {shown} {problem}")))? {
                let mut params = Params::of_pairs(&pairs, &name.origin, warnings);
                tls::fold_ssl(&mut params)?;
                return Ok(params);
            }
        }
        Err(wrong("`service` is in no service file".to_owned()))
    }
}

/// Drops an address of the environment whose host is not the environment's. libpq would use it for any host of the connection
/// string.
fn without_foreign_address(mut environment: Params, named: &Params) -> Params {
    if named.param(Key::Host).is_some() {
        environment.remove(Key::HostAddr);
    }
    environment
}

/// The names of the variables.
impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let string = self.connection_string.as_ref().map(|(name, _)| *name);
        f.debug_list().entries(string).entries(self.environment.keys().filter_map(|key| key.variable())).finish()
    }
}
