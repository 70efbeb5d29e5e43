//! The parameters of a connection from any source, before they are interpreted.

use std::collections::BTreeMap;

use super::super::Secret;
use super::super::error::ConfigError;
use super::pairs::Pair;

macro_rules! keys {
    ($($key:ident = $word:literal $(| $alias:literal)*, $variable:expr;)*) => {
        /// A parameter that has a meaning for a gate.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Key { $($key),* }

        impl Key {
            pub(super) const ALL: &[Self] = &[$(Self::$key),*];

            /// libpq's name of the parameter.
            pub(super) fn word(self) -> &'static str {
                match self { $(Self::$key => $word),* }
            }

            /// libpq's environment variable (PostgreSQL documentation 34.15).
            pub(super) fn variable(self) -> Option<&'static str> {
                match self { $(Self::$key => $variable),* }
            }

            fn of(name: &str) -> Option<Self> {
                match name {
                    $($word $(| $alias)* => Some(Self::$key),)*
                    _ => None,
                }
            }
        }
    };
}

// The aliases are JDBC's and the ORMs'.
keys! {
    Host = "host", Some("PGHOST");
    HostAddr = "hostaddr", Some("PGHOSTADDR");
    Port = "port", Some("PGPORT");
    User = "user" | "username", Some("PGUSER");
    Password = "password", Some("PGPASSWORD");
    Dbname = "dbname" | "database", Some("PGDATABASE");
    SslMode = "sslmode", Some("PGSSLMODE");
    Ssl = "ssl", None;
    SslRootCert = "sslrootcert", Some("PGSSLROOTCERT");
    SslCert = "sslcert", Some("PGSSLCERT");
    SslKeyFile = "sslkey", Some("PGSSLKEY");
    SslNegotiation = "sslnegotiation" | "sslNegotiation", Some("PGSSLNEGOTIATION");
    GssEncMode = "gssencmode" | "gssEncMode", Some("PGGSSENCMODE");
    // Parameters that demand more safety: enforced or refused, and never ignored.
    RequireSsl = "requiressl", Some("PGREQUIRESSL");
    RequireAuth = "require_auth" | "requireAuth", Some("PGREQUIREAUTH");
    RequirePeer = "requirepeer", Some("PGREQUIREPEER");
    SslCrl = "sslcrl", Some("PGSSLCRL");
    SslCrlDir = "sslcrldir", Some("PGSSLCRLDIR");
    SslCertMode = "sslcertmode", Some("PGSSLCERTMODE");
    SslSni = "sslsni", Some("PGSSLSNI");
    SslMinProtocol = "ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION");
    SslMaxProtocol = "ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION");
    MinProtocol = "min_protocol_version", Some("PGMINPROTOCOLVERSION");
    // Prisma's parameter for verifying the certificate.
    SslAccept = "sslaccept", None;
    Options = "options", Some("PGOPTIONS");
    ConnectTimeout = "connect_timeout" | "connectTimeout", Some("PGCONNECT_TIMEOUT");
    TargetSessionAttrs = "target_session_attrs" | "targetServerType", Some("PGTARGETSESSIONATTRS");
    ChannelBinding = "channel_binding" | "channelBinding", Some("PGCHANNELBINDING");
    PassFile = "passfile", Some("PGPASSFILE");
    // Prisma's parameter: the name of one schema.
    Schema = "schema", None;
    // A search_path: JDBC's parameter, and that of pgx, lib/pq, dbmate and Atlas.
    SearchPath = "search_path" | "currentSchema", None;
    // Prisma's parameter for connections through PgBouncer.
    PgBouncer = "pgbouncer", None;
    Service = "service", Some("PGSERVICE");
    ServiceFile = "servicefile", Some("PGSERVICEFILE");
}

/// Parameters of libpq and JDBC without an effect on a gate.
const HARMLESS: &[&str] = &[
    "ApplicationName",
    "application_name",
    "client_encoding",
    "fallback_application_name",
    "gssdelegation",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "sslcompression",
    "tcp_user_timeout",
];

/// Parameters of libpq, ORMs and drivers that are ignored. Their names may always be shown; an unlisted name only if it cannot be
/// a piece of a password.
const IGNORED: &[&str] = &[
    "binaryTransfer",
    "charset",
    "connection_limit",
    "default_query_exec_mode",
    "encoding",
    "lock_timeout",
    "loginTimeout",
    "pool_max_conns",
    "pool_min_conns",
    "pool_size",
    "pool_timeout",
    "prepareThreshold",
    "prepared_statements",
    "reWriteBatchedInserts",
    "replication",
    "socketTimeout",
    "socket_timeout",
    "sslfactory",
    "sslidentity",
    "sslpassword",
    "statement_cache_size",
    "statement_timeout",
    "stringtype",
    "tcpKeepAlive",
    "timezone",
    "uselibpqcompat",
];

/// The name of a parameter that is in any of the lists, for messages.
pub(super) fn known_word(name: &str) -> Option<&'static str> {
    let listed = || HARMLESS.iter().chain(IGNORED).copied().find(|&word| word == name);
    Key::of(name).map(Key::word).or_else(listed)
}

/// A value, with its variable or file.
#[derive(Clone, Debug)]
pub(super) struct Param {
    pub(super) value: Secret,
    pub(super) origin: String,
}

/// The parameters of one source, or of several in order of precedence.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(BTreeMap<Key, Param>);

impl Params {
    /// The parameters of a connection string or a service. `origin` is the variable that messages name. As in libpq, the last of
    /// two equal names counts, and an empty value is unset.
    pub(super) fn of_pairs(pairs: &[Pair], origin: &str, warnings: &mut Vec<String>) -> Self {
        let mut params = Self::default();
        for pair in pairs {
            match Key::of(pair.name()) {
                Some(key) => params.set(key, Secret::new(pair.value()), origin),
                None => warnings.extend(ignored(pair, origin)),
            }
        }
        params
    }

    pub(super) fn set(&mut self, key: Key, value: Secret, origin: &str) {
        if value.expose().is_empty() && key != Key::Ssl {
            self.0.remove(&key);
        } else {
            self.0.insert(key, Param { value, origin: origin.to_owned() });
        }
    }

    /// Adds the parameters of `other` that are missing here.
    pub(super) fn fill(&mut self, other: Self) {
        for (key, param) in other.0 {
            self.0.entry(key).or_insert(param);
        }
    }

    pub(super) fn param(&self, key: Key) -> Option<&Param> {
        self.0.get(&key)
    }

    pub(super) fn get(&self, key: Key) -> Option<&str> {
        self.param(key).map(|param| param.value.expose())
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Param> {
        self.0.remove(&key)
    }

    /// The error of one parameter, naming its variable.
    pub(super) fn wrong(&self, key: Key, problem: &str) -> ConfigError {
        let origin = self.param(key).map_or("", |param| param.origin.as_str());
        ConfigError::setting(origin, format!("`{}` {problem}", key.word()))
    }
}

/// The warning for a parameter without a meaning here.
fn ignored(pair: &Pair, origin: &str) -> Option<String> {
    let name = pair.name();
    if HARMLESS.contains(&name) {
        return None;
    }
    let identifier = name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let shown = if IGNORED.contains(&name) || (identifier && !pair.behind_password()) {
        format!("the parameter `{name}`")
    } else {
        "a parameter that is not known".to_owned()
    };
    let near = Key::ALL.iter().find(|key| strsim::damerau_levenshtein(key.word(), name) == 1);
    let hint = near.map(|key| format!(": is `{}` meant?", key.word())).unwrap_or_default();
    Some(format!("{origin}: {shown} is ignored{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(pairs: &[(&str, &str)]) -> Vec<String> {
        let mut pairs: Vec<_> = pairs.iter().map(|&(name, value)| Pair::new(name, value)).collect();
        Pair::mark_spill(&mut pairs);
        let mut warnings = Vec::new();
        Params::of_pairs(&pairs, "X", &mut warnings);
        warnings
    }

    #[test]
    fn parameters_without_a_meaning_are_named_and_their_values_are_not() {
        assert_eq!(warnings(&[("pool_size", "secret")]), ["X: the parameter `pool_size` is ignored"]);
        assert_eq!(warnings(&[("foo", "secret")]), ["X: the parameter `foo` is ignored"]);
        assert_eq!(warnings(&[("sslmod", "a")]), ["X: the parameter `sslmod` is ignored: is `sslmode` meant?"]);
        assert_eq!(warnings(&[("keepalives_idle", "1"), ("sslmode", "x")]), [""; 0]);
    }

    #[test]
    fn what_a_password_spills_is_not_named() {
        let spilled = warnings(&[("password", "a"), ("hunter2", ""), ("pool_size", "x")]);
        assert_eq!(spilled, ["X: a parameter that is not known is ignored", "X: the parameter `pool_size` is ignored"]);
    }
}
