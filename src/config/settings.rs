//! The table of settings, from which the variables, the flags, their help, the spelling hints and the fields of [`super::Config`]
//! are derived. One line defines a setting.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches};

use super::from_text::{FromText, Given, Hidden, Iterations, LogFilter, Roles, Switch, Texts, Word, Words};
use super::{
    Ahead, AlembicHeads, CommitWait, FirstContact, HistoryTable, Layout, LogFormat, OnDestructive, OnMismatch,
    OutOfOrder, Readiness, RunnerTable, TheirHistory, Verify,
};

/// The prefix of every variable of lockgate's own.
pub const PREFIX: &str = "LOCKGATE_";

/// One setting: the variable `LOCKGATE_<name>`, the file variable `LOCKGATE_<name>_FILE` and the flag `--<flag>`.
#[derive(Debug)]
pub struct Setting {
    /// The variable's name without [`PREFIX`].
    pub name: &'static str,
    /// The flag's name: lower case, with hyphens.
    pub flag: &'static str,
    /// The placeholder for the value in the help.
    pub value: &'static str,
    /// The text that is read if the setting is not set.
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

/// Defines the table and, for each group, a struct with a field for each of its settings. A line: the field and the type of its
/// value, the variable, the flag and the placeholder of the value, the default (`none`: the field is an Option; `empty`: it is an
/// empty list), the help.
macro_rules! settings {
    (
        $apart:literal $apart_flag:literal $apart_value:literal, none, $apart_help:literal;
        $($(#[$doc:meta])* $group:ident {
            $($field:ident: $type:ty, $name:literal $flag:literal $value:literal, $default:tt, $help:literal;)*
        })*
    ) => {
        /// Every setting, in the order of the help.
        pub const SETTINGS: &[Setting] = &[
            Setting { name: $apart, flag: $apart_flag, value: $apart_value, default: None, help: $apart_help },
            $($(Setting { name: $name, flag: $flag, value: $value, default: settings!(@default $default), help: $help },)*)*
        ];

        $($(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $group {
            $(#[doc = concat!("`LOCKGATE_", $name, "`: ", $help)]
            pub $field: settings!(@kept $type, $default),)*
        }

        impl $group {
            /// None if a setting is invalid; `texts` has the error.
            pub(super) fn read(texts: &mut Texts) -> Option<Self> {
                $(let $field = settings!(@read texts, $type, $name, $default);)*
                Some(Self { $($field: $field?,)* })
            }
        })*
    };
    (@default none) => { None };
    (@default empty) => { None };
    (@default $default:literal) => { Some($default) };
    (@kept $type:ty, none) => { Option<<$type as FromText>::Value> };
    (@kept $type:ty, empty) => { <$type as FromText>::Value };
    (@kept $type:ty, $default:literal) => { <$type as FromText>::Value };
    (@read $texts:ident, $type:ty, $name:literal, none) => { $texts.read::<$type>($name) };
    (@read $texts:ident, $type:ty, $name:literal, empty) => { $texts.read::<$type>($name).map(Option::unwrap_or_default) };
    (@read $texts:ident, $type:ty, $name:literal, $default:literal) => { $texts.read::<$type>($name).flatten() };
}

settings! {
    "DATABASE_URL" "database-url" "URL", none,
        "The database, in one of libpq's forms; else DATABASE_URL, else PG*";

    /// The gate's password and its proof, in addition to the address.
    Login {
        password_command: Words, "PASSWORD_COMMAND" "password-command" "COMMAND", none,
            "A command that prints the password; words, no shell; run at every attempt";
        scram_min_iterations: Iterations, "SCRAM_MIN_ITERATIONS" "scram-min-iterations" "NUMBER", "4096",
            "A server whose SCRAM has fewer iterations is not sent a proof of the password; at least 1";
    }

    /// The chain and its histories.
    Chain {
        migrations: PathBuf, "MIGRATIONS" "migrations" "DIR", "migrations",
            "The directory of the chain; of revisions that are programs, a file with their list too";
        history_table: HistoryTable, "HISTORY_TABLE" "history-table" "TABLE", "lockgate_history",
            "The table that records what was applied; without a schema, in the connection's current_schema()";
        layout: Layout, "LAYOUT" "layout" "auto|native|TOOL", "auto",
            "The kind of chain in the directory: native, or the tool that made it, such as alembic, goose or flyway; auto looks at its files";
        coexist: TheirHistory, "COEXIST" "coexist" "TOOL[:TABLE]", none,
            "The tool whose own history is gone on from, and kept beside ours, such as alembic, goose or flyway:ops.history; of Alembic's own files the version table, as alembic:schema.table";
    }

    /// An Alembic chain.
    Alembic {
        section: Word, "ALEMBIC_SECTION" "alembic-section" "NAME", "alembic",
            "The section of alembic.ini";
        heads: AlembicHeads, "ALEMBIC_HEADS" "alembic-heads" "one|many", "one",
            "The number of heads that an Alembic chain may have";
    }

    /// The command that applies another tool's chain.
    RunnerSettings {
        command: Words, "RUNNER" "runner" "COMMAND", none,
            "The command that applies the chain of Alembic, Django or another tool whose revisions are programs, or single revisions of a compiled one, such as `alembic upgrade {target}`; words, no shell; {target} is replaced";
        down: Words, "RUNNER_DOWN" "runner-down" "COMMAND", none,
            "The command with which `lockgate down` takes back revisions of an Alembic chain, such as `alembic downgrade {target}`; words, no shell; {target} is replaced";
        table: RunnerTable, "RUNNER_TABLE" "runner-table" "TABLE(COLUMN, …)", none,
            "The history of a tool that the layout `listed` is for, and the columns of an id, such as `migrations(name)`";
        is_strict: Switch, "RUNNER_STRICT" "runner-strict" "yes|no", "yes",
            "A runner's command that fails keeps the gate closed though the database is at head";
    }

    /// The limits of each wait.
    Patience {
        wait_timeout: Duration, "WAIT_TIMEOUT" "wait-timeout" "DURATION", "5m",
            "How long to wait for the database to accept us";
        auth_retry_for: Duration, "AUTH_RETRY_FOR" "auth-retry-for" "DURATION", "30s",
            "How long a refused password, role or missing database is tried again";
        lock_wait: Duration, "LOCK_WAIT" "lock-wait" "DURATION", "30m",
            "How long to wait for another gate to finish";
        ddl_lock_timeout: Given<Duration>, "DDL_LOCK_TIMEOUT" "ddl-lock-timeout" "DURATION", "2s",
            "How long one attempt of a revision may queue for locks on tables; unset, a shorter lock_timeout of the role or database stands";
        ddl_lock_retry_for: Duration, "DDL_LOCK_RETRY_FOR" "ddl-lock-retry-for" "DURATION", "10m",
            "How long to keep retrying such attempts";
        statement_timeout: Duration, "STATEMENT_TIMEOUT" "statement-timeout" "DURATION", "0",
            "How long one statement may run; 0 is without limit";
        check_data_timeout: Duration, "CHECK_DATA_TIMEOUT" "check-data-timeout" "DURATION", "30s",
            "How long `plan --check-data` asks the rows about one part of a statement; 0 is without limit";
        grace: Duration, "GRACE" "grace" "DURATION", "25s",
            "The time to end within, after SIGTERM";
    }

    /// The behaviour on disagreements between the database and the chain.
    Policy {
        on_mismatch: OnMismatch, "ON_MISMATCH" "on-mismatch" "converge|fail", "converge",
            "What to do with an object that is there but different";
        commit_wait: CommitWait, "COMMIT_WAIT" "commit-wait" "once|each", "once",
            "How often revisions that are sent together wait for the disk and for synchronous standbys: once, before any is reported, or at each commit";
        on_destructive: OnDestructive, "ON_DESTRUCTIVE" "on-destructive" "warn|refuse|allow", "warn",
            "What to do with a statement that loses existing rows or values without lockgate:accept destructive";
        verify: Verify, "VERIFY" "verify" "off|warn|enforce", none,
            "Whether the schema is held against the snapshot beside the chain before the gate opens; unset, enforce where there is one";
        ahead: Ahead, "AHEAD" "ahead" "allow|fail", "allow",
            "What to do when the database is ahead of this chain";
        out_of_order: OutOfOrder, "OUT_OF_ORDER" "out-of-order" "fail|allow", "fail",
            "What to do with a pending revision that is older than current";
        first_contact: FirstContact, "FIRST_CONTACT" "first-contact" "prove|refuse|migrate", "prove",
            "What to do where the history is empty, but objects of the chain exist";
        trusted_owners: Roles, "TRUSTED_OWNERS" "trusted-owners" "ROLES", empty,
            "Roles whose objects are trusted, between commas; besides the gate's role, the roles that it is a member of, superusers and the database's owner";
    }

    /// The services of the gate and their addresses.
    Serve {
        listen: SocketAddr, "LISTEN" "listen" "ADDRESS", none,
            "Where to serve: :9321, 127.0.0.1:9321, [::]:$PORT; unset, `serve` takes port 9321 of every address";
        readiness: Readiness, "READINESS" "readiness" "latched|live", "latched",
            "Whether /ready stays open when the database goes away, or a later check fails";
        look_every: Duration, "LOOK_EVERY" "look-every" "DURATION", "10s",
            "How often an open gate looks at the database again, so that /status and the metrics are true; 0 is never";
        linger: Duration, "LINGER" "linger" "DURATION", none,
            "How long a failed gate still answers on its port before it ends; unset, 30s in `serve` and 0 elsewhere";
        verify_every: Duration, "VERIFY_EVERY" "verify-every" "DURATION", none,
            "How often an open gate holds the schema against the snapshot again, and shows drift in /status and the metrics; unset, never";
        latch_file: PathBuf, "LATCH_FILE" "latch-file" "FILE", none,
            "Remember here that the gate was open, for a sidecar's restart: it opens at once and checks after";
        metrics_textfile: PathBuf, "METRICS_TEXTFILE" "metrics-textfile" "FILE", none,
            "Write the metrics here at the end, for a node exporter";
        termination_log: PathBuf, "TERMINATION_LOG" "termination-log" "FILE", none,
            "Kubernetes' termination message file; /dev/termination-log where that is there";
    }

    /// The server on which a chain runs on an empty database.
    ScratchServer {
        bin: PathBuf, "SCRATCH_BIN" "scratch-bin" "DIR", none,
            "The directory of initdb and postgres for a scratch server; unset, pg_config's, the newest that is installed, or the PATH's";
        url: Hidden, "SCRATCH_URL" "scratch-url" "URL", none,
            "A server to make a scratch database on instead, by a role with CREATEDB; the whole address is in the URL";
        is_mine: Switch, "SCRATCH_IS_MINE" "scratch-is-mine" "yes|no", "no",
            "yes: a chain may make roles and change settings of that server";
    }

    /// The content and the form of the log.
    Log {
        filter: LogFilter, "LOG" "log" "FILTER", "info",
            "What to log: a level, or a list such as info,lockgate=debug";
        format: LogFormat, "LOG_FORMAT" "log-format" "auto|text|json", "auto",
            "How to log; auto is text on a terminal, JSON elsewhere";
    }
}

/// One global flag per setting, under the heading "Settings".
pub fn flags() -> Vec<Arg> {
    SETTINGS.iter().map(Setting::arg).collect()
}

/// The given flags as variables, which [`super::Config::load`] puts over the environment.
pub fn overrides(matches: &ArgMatches) -> Vec<(String, String)> {
    let given = |setting: &Setting| {
        // A command without these flags has no such id, so the flag is not given.
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
