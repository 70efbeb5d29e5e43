//! The table of settings: the one list behind the variables, the flags, their help and the spelling hints.

use clap::{Arg, ArgAction, ArgMatches};

/// What every variable of lockgate's own begins with.
pub const PREFIX: &str = "LOCKGATE_";

/// One setting: the variable `LOCKGATE_<name>`, the file variable `LOCKGATE_<name>_FILE` and the flag `--<flag>`.
#[derive(Debug)]
pub struct Setting {
    /// The variable's name without [`PREFIX`].
    pub name: &'static str,
    /// The same name as a flag: lower case, with hyphens.
    pub flag: &'static str,
    /// What the help shows in the value's place.
    pub value: &'static str,
    /// Read as if it had been set, where it is not.
    pub default: Option<&'static str>,
    pub help: &'static str,
}

impl Setting {
    /// The variable's full name.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    fn arg(&self) -> Arg {
        let default = self.default.map(|text| format!("default: {text}; ")).unwrap_or_default();
        Arg::new(self.name)
            .long(self.flag)
            .value_name(self.value)
            .help(format!("{} [{default}{}]", self.help, self.variable()))
            .help_heading("Settings")
            .action(ArgAction::Set)
            .global(true)
    }
}

macro_rules! settings {
    ($($name:literal, $flag:literal, $value:literal, $default:expr, $help:literal;)*) => {
        /// Every setting, in the order of the help.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            name: $name, flag: $flag, value: $value, default: $default, help: $help,
        }),*];
    };
}

settings! {
    "DATABASE_URL", "database-url", "URL", None,
        "The database, in one of libpq's forms; else DATABASE_URL, else PG*";
    "PASSWORD_COMMAND", "password-command", "COMMAND", None,
        "A command that prints the password; words, no shell; run at every attempt";
    "SCRAM_MIN_ITERATIONS", "scram-min-iterations", "NUMBER", Some("4096"),
        "A server whose SCRAM has fewer iterations is not sent a proof of the password; at least 1";
    "MIGRATIONS", "migrations", "DIR", Some("migrations"),
        "The directory of the chain";
    "WAIT_TIMEOUT", "wait-timeout", "DURATION", Some("5m"),
        "How long to wait for the database to accept us";
    "AUTH_RETRY_FOR", "auth-retry-for", "DURATION", Some("30s"),
        "How long a refused password, role or missing database is tried again";
    "LOCK_WAIT", "lock-wait", "DURATION", Some("30m"),
        "How long to wait for another gate to finish";
    "DDL_LOCK_TIMEOUT", "ddl-lock-timeout", "DURATION", Some("2s"),
        "How long one attempt of a revision may queue for locks on tables; unset, a shorter lock_timeout of the role or database stands";
    "DDL_LOCK_RETRY_FOR", "ddl-lock-retry-for", "DURATION", Some("10m"),
        "How long to keep retrying such attempts";
    "STATEMENT_TIMEOUT", "statement-timeout", "DURATION", Some("0"),
        "How long one statement may run; 0 is without limit";
    "CHECK_DATA_TIMEOUT", "check-data-timeout", "DURATION", Some("30s"),
        "How long `plan --check-data` asks the rows about one part of a statement; 0 is without limit";
    "ON_MISMATCH", "on-mismatch", "converge|fail", Some("converge"),
        "What to do with an object that is there but different";
    "COMMIT_WAIT", "commit-wait", "once|each", Some("once"),
        "How often revisions that are sent together wait for the disk and for synchronous standbys: once, before any is reported, or at each commit";
    "ON_DESTRUCTIVE", "on-destructive", "warn|refuse|allow", Some("warn"),
        "What to do with a statement that loses existing rows or values without lockgate:accept destructive";
    "VERIFY", "verify", "off|warn|enforce", None,
        "Whether the schema is held against the snapshot beside the chain before the gate opens; unset, enforce where there is one";
    "AHEAD", "ahead", "allow|fail", Some("allow"),
        "What to do when the database is ahead of this chain";
    "OUT_OF_ORDER", "out-of-order", "fail|allow", Some("fail"),
        "What to do with a pending revision that is older than current";
    "FIRST_CONTACT", "first-contact", "prove|refuse|migrate", Some("prove"),
        "What to do where the history is empty, but objects of the chain exist";
    "TRUSTED_OWNERS", "trusted-owners", "ROLES", None,
        "Roles whose objects are trusted, between commas; besides the gate's role, the roles that it is a member of, superusers and the database's owner";
    "HISTORY_TABLE", "history-table", "TABLE", Some("lockgate_history"),
        "The table that records what was applied; without a schema, in the connection's current_schema()";
    "LISTEN", "listen", "ADDRESS", None,
        "Where to serve: :9321, 127.0.0.1:9321, [::]:$PORT; unset, `serve` takes port 9321 of every address";
    "READINESS", "readiness", "latched|live", Some("latched"),
        "Whether /ready stays open when the database goes away, or a later check fails";
    "LOOK_EVERY", "look-every", "DURATION", Some("10s"),
        "How often an open gate looks at the database again, so that /status and the metrics are true; 0 is never";
    "LINGER", "linger", "DURATION", None,
        "How long a failed gate still answers on its port before it ends; unset, 30s in `serve` and 0 elsewhere";
    "VERIFY_EVERY", "verify-every", "DURATION", None,
        "How often an open gate holds the schema against the snapshot again, and shows drift in /status and the metrics; unset, never";
    "LATCH_FILE", "latch-file", "FILE", None,
        "Remember here that the gate was open, for a sidecar's restart: it opens at once and checks after";
    "METRICS_TEXTFILE", "metrics-textfile", "FILE", None,
        "Write the metrics here at the end, for a node exporter";
    "TERMINATION_LOG", "termination-log", "FILE", None,
        "Kubernetes' termination message file; /dev/termination-log where that is there";
    "SCRATCH_BIN", "scratch-bin", "DIR", None,
        "The directory of initdb and postgres for a scratch server; unset, pg_config's, the newest that is installed, or the PATH's";
    "SCRATCH_URL", "scratch-url", "URL", None,
        "A server to make a scratch database on instead, by a role with CREATEDB; the whole address is in the URL";
    "SCRATCH_IS_MINE", "scratch-is-mine", "yes|no", Some("no"),
        "yes: a chain may make roles and change settings of that server";
    "LAYOUT", "layout", "auto|native|TOOL", Some("auto"),
        "The kind of chain in the directory: native, or the tool that made it, such as alembic, goose or flyway; auto looks at its files";
    "ALEMBIC_SECTION", "alembic-section", "NAME", Some("alembic"),
        "The section of alembic.ini";
    "ALEMBIC_HEADS", "alembic-heads", "one|many", Some("one"),
        "The number of heads that an Alembic chain may have";
    "COEXIST", "coexist", "TOOL[:TABLE]", None,
        "The tool whose own history is gone on from, and kept beside ours, such as alembic, goose or flyway:ops.history; of Alembic's own files the version table, as alembic:schema.table";
    "RUNNER", "runner", "COMMAND", None,
        "The command that applies an Alembic chain, or single revisions of a compiled one, such as `alembic upgrade {target}`; words, no shell; {target} is replaced";
    "RUNNER_STRICT", "runner-strict", "yes|no", Some("yes"),
        "A runner's command that fails keeps the gate closed though the database is at head";
    "GRACE", "grace", "DURATION", Some("25s"),
        "The time to end within, after SIGTERM";
    "LOG", "log", "FILTER", Some("info"),
        "What to log: a level, or a list such as info,lockgate=debug";
    "LOG_FORMAT", "log-format", "auto|text|json", Some("auto"),
        "How to log; auto is text on a terminal, JSON elsewhere";
}

/// One global flag per setting, under the heading "Settings".
pub fn flags() -> Vec<Arg> {
    SETTINGS.iter().map(Setting::arg).collect()
}

/// The flags that were given, as variables: what [`super::Config::load`] lays over the environment.
pub fn overrides(matches: &ArgMatches) -> Vec<(String, String)> {
    let given = |setting: &Setting| {
        // A command built without the flags knows no such id: that is no flag given.
        let value = matches.try_get_one::<String>(setting.name).ok().flatten()?;
        Some((setting.variable(), value.clone()))
    };
    SETTINGS.iter().filter_map(given).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Command;

    fn command() -> Command {
        Command::new("lockgate").args(flags()).subcommand(Command::new("migrate"))
    }

    #[test]
    fn a_flag_is_the_variable_in_lower_case_with_hyphens() {
        for setting in SETTINGS {
            assert_eq!(setting.flag, setting.name.to_lowercase().replace('_', "-"));
        }
        command().debug_assert();
    }

    #[test]
    fn flags_are_taken_before_and_after_the_subcommand() {
        for line in [["lockgate", "--wait-timeout=7s", "migrate"], ["lockgate", "migrate", "--wait-timeout=7s"]] {
            let matches = command().try_get_matches_from(line).unwrap();
            assert_eq!(overrides(&matches), [("LOCKGATE_WAIT_TIMEOUT".to_owned(), "7s".to_owned())]);
        }
    }

    #[test]
    fn a_command_without_the_flags_overrides_nothing() {
        let matches = Command::new("lockgate").try_get_matches_from(["lockgate"]).unwrap();
        assert_eq!(overrides(&matches), []);
    }
}
