//! Whole configurations.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::failure::{Code, Coded};

fn vars(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn load(pairs: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    Config::load(vars(pairs), Vec::new())
}

#[test]
fn without_any_setting_every_default_is_there_and_no_database_is() {
    let config = load(&[]).unwrap();
    assert_eq!(config.chain.migrations, PathBuf::from("migrations"));
    assert_eq!(config.chain.history_table.to_string(), "lockgate_history");
    assert_eq!(config.patience.wait_timeout, Duration::from_secs(300));
    assert_eq!(config.patience.auth_retry_for, Duration::from_secs(30));
    assert_eq!(config.patience.lock_wait, Duration::from_secs(1800));
    assert_eq!(config.patience.ddl_lock_timeout.value, Duration::from_secs(2));
    assert_eq!(config.patience.ddl_lock_retry_for, Duration::from_secs(600));
    assert_eq!(config.patience.statement_timeout, Duration::ZERO);
    assert_eq!(config.patience.check_data_timeout, Duration::from_secs(30));
    assert_eq!(config.patience.grace, Duration::from_secs(25));
    assert_eq!(config.policy.on_mismatch, OnMismatch::Converge);
    assert_eq!(config.policy.ahead, Ahead::Allow);
    assert_eq!(config.policy.out_of_order, OutOfOrder::Fail);
    assert_eq!(config.serve.listen, None);
    assert_eq!(config.serve.readiness, Readiness::Latched);
    assert_eq!(config.log.filter, "info");
    assert_eq!(config.warnings, [""; 0]);
    assert_eq!(config.database.describe(), "no database");
    assert_eq!(config.database.require().unwrap_err().code(), Code::NO_DATABASE);
    assert_eq!(config.database.resolve().unwrap_err().code(), Code::NO_DATABASE);
}

#[test]
fn what_is_set_is_taken_and_a_flag_wins() {
    let overrides = vec![("LOCKGATE_GRACE".to_owned(), "1m30s".to_owned())];
    let env = vars(&[
        ("LOCKGATE_GRACE", "nonsense"),
        ("LOCKGATE_HISTORY_TABLE", "Ops.\"History\""),
        ("LOCKGATE_LISTEN", ":${PORT}"),
        ("PORT", "8080"),
        ("LOCKGATE_READINESS", "live"),
        ("LOCKGATE_LOG_FORMAT", "json"),
        ("LOCKGATE_METRICS_TEXTFILE", "/m.prom"),
        ("LOCKGATE_TERMINATION_LOG", "/t"),
        ("LOCKGATE_LOG", ""),
    ]);
    let config = Config::load(env, overrides).unwrap();
    assert_eq!(config.patience.grace, Duration::from_secs(90));
    assert_eq!(config.chain.history_table, HistoryTable { schema: Some("ops".to_owned()), name: "History".to_owned() });
    assert_eq!(config.serve.listen, Some("[::]:8080".parse().unwrap()));
    assert_eq!(config.serve.readiness, Readiness::Live);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.log.filter, "info");
    assert_eq!(config.serve.metrics_textfile, Some(PathBuf::from("/m.prom")));
    assert_eq!(config.serve.termination_log, Some(PathBuf::from("/t")));
}

#[test]
fn every_wrong_setting_is_reported_at_once_by_its_variable() {
    let errors = load(&[
        ("LOCKGATE_WAIT_TIMEOUT", "5"),
        ("LOCKGATE_AHEAD", "maybe"),
        ("LOCKGATE_LISTEN", ":$PORT"),
        ("LOCKGATE_LOG", "verbose"),
        ("LOCKGATE_HISTORY_TABLE", "a.b.c"),
        ("LOCKGATE_PASSWORD_COMMAND", "'hunter2"),
        ("LOCKGATE_MIGRATIONS_FILE", "/nowhere/migrations"),
        ("LOCKGATE_DATABASE_URL", "postgres://u:hunter2@h:0/d?sslmode=maybe&connect_timeout=x"),
        ("PGSSLCERT", "/c"),
        ("PGSSLCERT_FILE", "/c"),
    ])
    .unwrap_err();
    assert_eq!(errors.code(), Code::SETTINGS);
    assert_eq!(
        errors.details(),
        [
            "LOCKGATE_MIGRATIONS_FILE: /nowhere/migrations cannot be read: No such file or directory (os error 2)",
            "LOCKGATE_LISTEN: names $PORT, which is not set",
            "LOCKGATE_PASSWORD_COMMAND: has a quote that is not closed, or a \\ at its end",
            "LOCKGATE_HISTORY_TABLE: must be `table` or `schema.table`",
            "LOCKGATE_WAIT_TIMEOUT: \"5\" has no unit: write 5s, 5m or 5ms",
            "LOCKGATE_AHEAD: \"maybe\" is not one of allow, fail",
            "LOCKGATE_LOG: is not a filter such as info, debug or info,lockgate=debug",
            "PGSSLCERT: is set, and PGSSLCERT_FILE too: unset one of them",
            "LOCKGATE_DATABASE_URL: `port` is not a number from 1 to 65535",
            "LOCKGATE_DATABASE_URL: `sslmode` is not one of disable, allow, prefer, require, verify-ca, verify-full",
            "LOCKGATE_DATABASE_URL: `connect_timeout` is not a whole number of seconds",
        ]
    );
    assert_eq!(errors.to_string(), "11 settings cannot be read");
}

#[test]
fn a_secret_file_that_is_not_there_is_said_at_once() {
    let errors = load(&[("LOCKGATE_DATABASE_URL_FILE", "/nowhere/url")]).unwrap_err();
    assert_eq!(errors.code(), Code::SECRET_UNREADABLE);
    assert!(errors.details()[0].starts_with("LOCKGATE_DATABASE_URL_FILE: /nowhere/url cannot be read"));
}

#[test]
fn a_command_without_a_database_does_not_mind_the_apps() {
    let env = vars(&[("DATABASE_URL", "mysql://db/shop")]);
    assert!(Config::load(env.clone(), Vec::new()).is_err());
    let config = Config::load_offline(env, Vec::new()).unwrap();
    assert_eq!(config.database.describe(), "a database whose settings cannot be read");
    assert!(config.database.resolve().is_err());
}

#[test]
fn only_our_own_variables_have_to_be_utf8() {
    let broken = || OsString::from_vec(vec![0xff]);
    for name in ["LS_COLORS", "PGDATA"] {
        assert!(Config::load([(name.into(), broken())], Vec::new()).is_ok(), "{name}");
    }
    for name in ["LOCKGATE_LOG", "PGPASSWORD", "DATABASE_URL"] {
        let env = [(name.into(), broken()), ("PGHOST".into(), "db".into())];
        let errors = Config::load(env, Vec::new()).unwrap_err();
        assert_eq!(errors.details(), [format!("{name}: is not UTF-8")]);
    }
}

#[test]
fn variables_without_an_effect_are_warned_of() {
    let config = load(&[
        ("LOCKGATE_WAIT_TIMEOT", "5m"),
        ("LOCKGATE_SERVICE_HOST", "10.0.0.1"),
        ("LOCKGATE_DATABASE_URL", "postgres://db/shop?pool_size=true"),
    ])
    .unwrap();
    assert_eq!(
        config.warnings,
        [
            "LOCKGATE_WAIT_TIMEOT is not a setting and is ignored: is LOCKGATE_WAIT_TIMEOUT meant?",
            "LOCKGATE_DATABASE_URL: the parameter `pool_size` is ignored",
        ]
    );
}

#[test]
fn a_value_that_a_setting_does_not_take_is_an_error_that_names_it() {
    let takes_few = |setting: &&Setting| setting.value.contains('|') || setting.value == "DURATION";
    for setting in SETTINGS.iter().filter(takes_few) {
        let errors = load(&[(&setting.variable(), "perhaps")]).expect_err(&setting.variable());
        assert!(format!("{errors:?}").contains(&setting.variable()), "{errors:?}");
    }
}

#[test]
fn no_secret_is_in_the_debug_text_of_a_config() {
    let config = load(&[
        ("LOCKGATE_DATABASE_URL", "postgres://u:hunter2@db/shop?password=hunter2"),
        ("PGPASSWORD", "hunter2"),
        ("LOCKGATE_PASSWORD_COMMAND", "print hunter2"),
        ("LOCKGATE_SCRATCH_URL", "postgres://u:hunter2@scratch/"),
    ])
    .unwrap();
    let shown = format!("{config:?} {:?} {}", config.database.resolve(), config.database.describe());
    assert!(!shown.contains("hunter2"), "{shown}");
}
