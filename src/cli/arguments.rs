//! The commands and their arguments. Every command that reads settings has a flag for each of them.

use clap::{Arg, ArgAction, Command};

use super::confirm;
use crate::config;
use crate::scratch;
use crate::tool::keeper;

pub fn command() -> Command {
    Command::new("lockgate")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A deploy gate for PostgreSQL: waits for the database, brings its schema to head, then opens")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(100)
        .subcommands([
            migrate(),
            serve(),
            exec(),
            wait(),
            status(),
            plan(),
            history(),
            down(),
            stamp(),
            adopt(),
            new(),
            import(),
            snapshot(),
            repair(),
            verify(),
            healthcheck(),
            explain(),
            keep_runner(),
            keep_scratch(),
            keep_scratch_database(),
        ])
}

/// The flags are built only for the command that runs: a start should not pay for the flags of others.
fn with_settings(name: &'static str) -> Command {
    Command::new(name).defer(|command| command.args(config::flags()))
}

fn migrate() -> Command {
    with_settings("migrate")
        .about("Wait, lock, migrate, and exit 0 at head: for init containers, Jobs and pre-deploy hooks")
        .alias("upgrade")
        .arg(
            Arg::new("TARGET")
                .allow_negative_numbers(true)
                .help("a revision id or a prefix of one, head, or +N [default: head]"),
        )
        .arg(
            Arg::new("skipped")
                .long("skipped")
                .action(ArgAction::SetTrue)
                .help("at head too, try the optional statements again that were skipped"),
        )
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .hide(true)
                .help("the same as `lockgate plan`"),
        )
}

fn plan() -> Command {
    with_settings("plan")
        .about("Show what migrate (or down) would do, statement by statement; write nothing, needs SELECT only")
        .arg(
            Arg::new("TARGET")
                .allow_negative_numbers(true)
                .help("a revision id or a prefix of one, head, base, +N or -N [default: head]"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("print JSON"))
        .arg(Arg::new("check").long("check").action(ArgAction::SetTrue).help("exit 3 when something is pending"))
        .arg(
            Arg::new("check-data")
                .long("check-data")
                .action(ArgAction::SetTrue)
                .help("ask the tables too: where a verdict rests on rows, and which rows would refuse a statement"),
        )
}

fn serve() -> Command {
    with_settings("serve").about("The same, then stay up and serve /ready, /health and /metrics: for sidecars")
}

fn exec() -> Command {
    with_settings("exec")
        .about("The same, then become CMD (no shell)")
        .arg(
            Arg::new("keep-env")
                .long("keep-env")
                .action(ArgAction::SetTrue)
                .help("leave the LOCKGATE_* variables in CMD's environment"),
        )
        .arg(
            Arg::new("serve")
                .long("serve")
                .action(ArgAction::SetTrue)
                .help("stay CMD's parent and go on serving /ready, /health and /metrics"),
        )
        .arg(
            Arg::new("CMD")
                .required(true)
                .num_args(1..)
                .last(true)
                .value_parser(clap::value_parser!(std::ffi::OsString))
                .help("the program and its arguments, after --"),
        )
}

fn wait() -> Command {
    with_settings("wait").about("Wait until the database is at this chain's head; never writes, needs SELECT only")
}

fn status() -> Command {
    with_settings("status")
        .aliases(["current", "heads"])
        .about("Show current, head, what is pending and who holds the lock")
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("print JSON"))
        .arg(Arg::new("check").long("check").action(ArgAction::SetTrue).help("exit 3 when not at head"))
}

fn history() -> Command {
    with_settings("history")
        .about("Show what was applied, when, by whom, how long, with what verdicts")
        .arg(
            Arg::new("events")
                .long("events")
                .action(ArgAction::SetTrue)
                .help("show what failed, was taken back or stamped instead"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("print JSON"))
}

fn target(help: &'static str) -> Arg {
    Arg::new("TARGET").required(true).allow_hyphen_values(true).help(help)
}

fn down() -> Command {
    with_settings("down")
        .about("Take revisions back, the newest first, until TARGET is current")
        .alias("downgrade")
        .arg(target("a revision id or a prefix of one, -N, or base"))
        .arg(confirm::yes())
}

fn stamp() -> Command {
    with_settings("stamp")
        .about("Record everything up to TARGET as applied, without running it")
        .arg(target("a revision id or a prefix of one, head, base, +N or -N"))
        .arg(
            Arg::new("unchecked")
                .long("unchecked")
                .action(ArgAction::SetTrue)
                .help("also forget revisions, accept edited files, and record what the catalog does not show"),
        )
        .arg(confirm::yes())
}

fn adopt() -> Command {
    with_settings("adopt")
        .about("Record the revisions that the catalog proves, where the history is lost or was another tool's; run nothing")
        .arg(
            Arg::new("TARGET")
                .allow_negative_numbers(true)
                .help("the last revision that ran, where the catalog cannot show it: an id or a prefix of one, or head"),
        )
        .arg(
            Arg::new("from")
                .long("from")
                .value_name("TOOL[:TABLE]")
                .conflicts_with("TARGET")
                .help("the tool whose history says which is the last: alembic, goose, flyway, prisma and others"),
        )
        .arg(
            Arg::new("accept-drift")
                .long("accept-drift")
                .action(ArgAction::SetTrue)
                .help("record revisions of which something differs too, and keep the differences as drift"),
        )
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("only show what would be recorded; needs SELECT only"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("print JSON"))
}

fn healthcheck() -> Command {
    with_settings("healthcheck").about("Ask a running gate's /ready: exit 0 when it is open")
}

fn new() -> Command {
    with_settings("new")
        .about("Make the next revision's file")
        .arg(Arg::new("NAME").required(true).help("what the revision does, in a few words"))
        .arg(Arg::new("no-down").long("no-down").action(ArgAction::SetTrue).help("make no file for the way back"))
}

fn import() -> Command {
    with_settings("import")
        .about("Write another tool's chain as files of lockgate's own")
        .arg(Arg::new("to").long("to").value_name("DIR").required(true).help("a directory that is new, or empty"))
        .subcommand_negates_reqs(true)
        .subcommand(import_alembic())
}

fn import_alembic() -> Command {
    let many = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).action(ArgAction::Append).help(help)
    };
    Command::new("alembic")
        .about("Record what an Alembic chain sends on scratch servers, and write it as SQL, proved and by classes")
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("DIR")
                .default_value("lockgate")
                .help("the directory of the compiled chain"),
        )
        .arg(Arg::new("check").long("check").action(ArgAction::SetTrue).help(
            "write nothing; exit 3 when the directory is out of date; nothing runs where no Python file has changed",
        ))
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .requires("check")
                .help("with --check, record also where no Python file has changed: env.py, the app and edits of the SQL count then"),
        )
        .arg(many(
            "accept",
            "REVISION",
            "take the first recording of this revision for everybody, where two are not the same",
        ))
        .arg(many("leave", "REVISION", "leave this revision to Alembic, which the deploy then needs: LOCKGATE_RUNNER"))
        .arg(Arg::new("from").long("from").value_name("REVISION").help("leave this revision and all before it to Alembic"))
        .arg(many("url-env", "NAME", "a variable that holds the URL of the command's database [default: DATABASE_URL]"))
        .arg(
            Arg::new("CMD")
                .required(true)
                .num_args(1..)
                .last(true)
                .help("the command and its arguments, as in alembic upgrade {target}"),
        )
}

fn snapshot() -> Command {
    with_settings("snapshot")
        .about("Write the schema that the chain makes beside it, as schema.lockgate.json")
        .arg(
            Arg::new("database")
                .long("database")
                .action(ArgAction::SetTrue)
                .help("take the schema of the given database, which is at head and right, instead of running the chain on a scratch server"),
        )
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .help("write nothing; exit 3 when the file is out of date"),
        )
        .arg(
            Arg::new("sql")
                .long("sql")
                .action(ArgAction::SetTrue)
                .conflicts_with("check")
                .help("write no file; print the schema as SQL that makes it"),
        )
        .arg(privileges())
}

fn verify() -> Command {
    with_settings("verify")
        .about("Hold the database against the snapshot: exit 3 where something is missing, different or unexpected")
        .arg(
            Arg::new("against")
                .long("against")
                .value_name("FILE")
                .help("the snapshot [default: schema.lockgate.json in the chain's directory]"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("print JSON"))
        .arg(
            Arg::new("full")
                .long("full")
                .action(ArgAction::SetTrue)
                .help("read everything, also where nothing has changed since the head was verified"),
        )
        .arg(privileges())
}

fn repair() -> Command {
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    with_settings("repair")
        .about(
            "Write the next revision, which brings the database back to the snapshot: skipped where nothing is wrong",
        )
        .arg(Arg::new("name").long("name").value_name("NAME").help("what the revision's file says [default: repair]"))
        .arg(flag("dry-run", "write nothing; print the revision").conflicts_with("apply"))
        .arg(flag("apply", "carry it out too, as migrate does"))
        .arg(flag("drop", "drop what the chain does not have, with all that it holds"))
}

fn privileges() -> Arg {
    Arg::new("privileges").long("privileges").action(ArgAction::SetTrue).help("owners and grants too")
}

/// The process between the gate and the runner's command; only a gate starts it.
fn keep_runner() -> Command {
    let words =
        Arg::new("CMD").required(true).num_args(1..).last(true).value_parser(clap::value_parser!(std::ffi::OsString));
    Command::new(keeper::COMMAND).hide(true).arg(words)
}

/// The process between a command and its scratch server; only a command starts it.
fn keep_scratch() -> Command {
    let words =
        Arg::new("WORD").required(true).num_args(1..).last(true).value_parser(clap::value_parser!(std::ffi::OsString));
    Command::new(scratch::keeper::COMMAND).hide(true).arg(words)
}

/// The process between a command and its database on a given server; only a command starts it.
fn keep_scratch_database() -> Command {
    Command::new(scratch::database_keeper::COMMAND).hide(true).arg(Arg::new("NAME").required(true).last(true))
}

fn explain() -> Command {
    Command::new("explain")
        .about("Say what an error code means and what to do")
        .arg(Arg::new("CODE").help("a code such as LG0311; without it, all of them"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_commands_are_well_formed() {
        super::command().debug_assert();
    }
}
