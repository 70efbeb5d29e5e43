//! The table of error codes. A code is never reused and never changes its meaning.

use std::fmt;

/// The kind of help that a failure needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The same run may succeed later.
    Retry,
    /// A person has to change the chain, the schema, the database or a right.
    Refuse,
    /// A setting or an argument is wrong.
    Configuration,
    /// Stopped by a signal, with nothing half-recorded.
    Stopped,
}

impl Class {
    pub const ALL: [Self; 4] = [Self::Retry, Self::Refuse, Self::Configuration, Self::Stopped];

    /// The word in logs and in the label of `lockgate_failures_total`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Refuse => "refuse",
            Self::Configuration => "configuration",
            Self::Stopped => "stopped",
        }
    }
}

/// The exit codes, an interface: Job `podFailurePolicy`, systemd and ECS match on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Open = 0,
    NotAtHead = 3,
    /// Not at head, and the pending revisions lose existing data.
    Destructive = 4,
    Usage = 64,
    Refused = 65,
    Unsupported = 69,
    Bug = 70,
    OutOfTime = 75,
    NoAccess = 77,
    Configuration = 78,
    CannotRun = 126,
    NotFound = 127,
    Interrupted = 130,
    Terminated = 143,
}

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// A code of the table: 311 prints as `LG0311`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LG{:04}", self.0)
    }
}

impl Code {
    /// The code that prints as `text`, if it is in the table.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().to_ascii_uppercase();
        let number = digits.strip_prefix("LG").unwrap_or(&digits).parse::<u16>().ok()?;
        TABLE.iter().map(|entry| entry.code).find(|code| code.0 == number)
    }

    /// True if a session could not be established or broke.
    pub fn is_of_connection(self) -> bool {
        (Self::UNREACHABLE..=Self::SHARED_SESSION).contains(&self) && self != Self::PRIVILEGE
    }

    pub fn entry(self) -> &'static Entry {
        TABLE.iter().find(|entry| entry.code == self).expect("every Code is a constant made together with its entry")
    }
}

/// One line of the table.
#[derive(Debug)]
pub struct Entry {
    pub code: Code,
    pub exit: Exit,
    pub class: Class,
    /// A few words, as in the table of the documentation.
    pub title: &'static str,
    /// The condition under which it occurs.
    pub meaning: &'static str,
    /// The advice.
    pub next: &'static str,
}

macro_rules! codes {
    ($($name:ident = $number:literal, $exit:ident, $class:ident, $title:literal, $meaning:literal, $next:literal;)*) => {
        impl Code { $(pub const $name: Code = Code($number);)* }

        /// Every code, in order.
        pub const TABLE: &[Entry] = &[$(Entry {
            code: Code::$name, exit: Exit::$exit, class: Class::$class,
            title: $title, meaning: $meaning, next: $next,
        }),*];
    };
}

codes! {
    USAGE = 100, Usage, Configuration, "wrong usage",
        "The command line has an unknown command, flag or argument.",
        "run `lockgate --help`";
    SETTINGS = 101, Configuration, Configuration, "wrong settings",
        "One or more settings cannot be read. All of them are listed, by the variable's name.",
        "correct every setting that is listed; `lockgate migrate --help` shows what each takes";
    NO_DATABASE = 102, Configuration, Configuration, "no database named",
        "Neither LOCKGATE_DATABASE_URL, DATABASE_URL nor PGHOST says where the database is.",
        "set LOCKGATE_DATABASE_URL, for example postgres://user@host:5432/database";
    SECRET_UNREADABLE = 103, Configuration, Configuration, "a secret cannot be read",
        "A file named by a NAME_FILE variable, or the password command, gave nothing usable.",
        "check that the file is there and readable by this user, or that the command prints the password";
    CERTIFICATE_FILE = 104, Configuration, Configuration, "a certificate file cannot be used",
        "sslrootcert, sslcert or sslkey names a file that is not there or holds no PEM of the right kind.",
        "check the path, and that the file is PEM";
    PARAMETER_REFUSED = 105, Configuration, Configuration, "the server refuses a connection parameter",
        "The server, or a pooler before it, does not take something that the connection asks for: `options`, or what a cloud's proxy has to be told.",
        "correct or remove what the server's message names (`options` in the URL, PGOPTIONS); a pooler that takes no `options` leaves ALTER ROLE … SET";
    BIND = 110, Configuration, Configuration, "cannot listen",
        "The address of LOCKGATE_LISTEN cannot be bound. The database has not been touched.",
        "set LOCKGATE_LISTEN to a free address, or stop what holds it";
    CHAIN_UNREADABLE = 201, Configuration, Configuration, "the chain cannot be read",
        "The directory of LOCKGATE_MIGRATIONS, or a file in it, cannot be opened.",
        "set LOCKGATE_MIGRATIONS to the directory that holds the revisions";
    CHAIN_REFUSED = 202, Refused, Refuse, "the chain is refused",
        "The revisions do not form one chain from one base to one head, or a file is not a readable revision. All problems are listed.",
        "mend every file that is listed; nothing was run";
    SCRIPT_REFUSED = 203, Refused, Refuse, "a script is refused",
        "A script does not parse, or holds something that cannot run under a gate: half a transaction block, ROLLBACK, psql commands, DISCARD ALL, releasing advisory locks.",
        "change the lines that are listed; nothing was run";
    NO_RUNNER = 204, Configuration, Configuration, "nothing here can run the chain",
        "Revisions of another tool are pending, and no command is set that applies them; or the command is not what the chain needs. Nothing was run.",
        "set LOCKGATE_RUNNER to the tool's own command, for example `alembic upgrade head` or `python manage.py migrate`";
    ID_TOO_LONG = 205, Refused, Refuse, "an id is too long for Alembic's version table",
        "The id of a pending revision has more characters than the column version_num takes: Alembic would apply the revision and fail to record it. Nothing was run.",
        "make the column wider, or give the revision a shorter id";
    LAYOUT = 206, Configuration, Configuration, "the command is not for this layout",
        "The command works on a chain of SQL files alone, or needs to know head where the layout cannot tell it.",
        "use the tool's own command for it";
    NO_SNAPSHOT = 207, Usage, Configuration, "there is no snapshot",
        "The schema that the chain makes was to be taken from a snapshot, and the file (schema.lockgate.json beside the chain, or that of `--against`) is not there. `lockgate verify` alone goes on with what the chain's SQL files say.",
        "`lockgate snapshot` writes it from the chain on a scratch server, `lockgate snapshot --database` from a database that is right; commit it beside the chain";
    SNAPSHOT = 208, Configuration, Configuration, "the snapshot cannot be used",
        "The file of the expected schema, or .lockgateignore beside it, cannot be read or written, or a newer version wrote it.",
        "`lockgate snapshot` writes it again";
    SCRATCH = 209, Configuration, Configuration, "there is no scratch server",
        "The schema that the chain makes is read from a server on which the chain runs, and none can be started or used.",
        "install PostgreSQL's server programs or set LOCKGATE_SCRATCH_BIN to their directory, name a server with LOCKGATE_SCRATCH_URL, or take the schema of a database that is right with --database";
    STALE = 210, Refused, Refuse, "the snapshot is of another chain",
        "schema.lockgate.json beside the chain was made from other revisions than those that are there, so the schema cannot be held against it. Nothing was run.",
        "`lockgate snapshot` writes it again, `lockgate snapshot --check` in CI tells it beforehand; LOCKGATE_VERIFY=warn goes on without it";
    RECORDER = 211, Configuration, Configuration, "the chain cannot be recorded here",
        "`lockgate import alembic` runs the command behind `--` against a scratch server by way of a relay. The command is not there, or cannot be started, or no port is free.",
        "correct the command behind `--`, or use the image that has the tool";
    NOT_RECORDED = 212, Refused, Refuse, "the recording is not whole",
        "The command failed, or ended well and left the version table short of head, or what it and the server said to one another could not be followed to the end. Nothing was written.",
        "correct what the command or the message says, and run again";
    NOT_COMPILED = 213, Refused, Refuse, "a revision cannot be compiled",
        "What a revision sends is not the same for everybody, or not all of it can be a script: it saw an error, rolled back a part, sends a secret, differs between two recordings, or its kind of statement has no place in a script. All of them are listed; nothing was written.",
        "change the revisions that are listed, or leave them to Alembic: `--leave REVISION`, and LOCKGATE_RUNNER at the deploy";
    NOT_THE_SAME = 214, Refused, Refuse, "the compiled chain makes another schema",
        "The compiled chain was run on an empty scratch database, and its schema is not the one that the recorded run made. Nothing was written.",
        "look at the differences: a session setting that no statement shows (search_path in the URL or of the role) is one cause; give lockgate the same";
    SCRATCH_SHARED = 215, Configuration, Configuration, "the scratch server is not the chain's alone",
        "The chain changes more than a database, such as roles or settings of the server, or it needs roles that are not there. On the server of LOCKGATE_SCRATCH_URL that would be seen by others, and stay. Nothing was run.",
        "make the roles there, use a server that lockgate makes by itself (LOCKGATE_SCRATCH_BIN), or say LOCKGATE_SCRATCH_IS_MINE=yes where nobody else uses it";
    UNREACHABLE = 301, OutOfTime, Retry, "the database cannot be reached",
        "Connecting was refused, timed out or broke off for the whole of LOCKGATE_WAIT_TIMEOUT.",
        "check that the server runs and that host, port and network policy are right; migrate, serve, exec and wait keep trying for LOCKGATE_WAIT_TIMEOUT";
    HOST_UNKNOWN = 302, OutOfTime, Retry, "the host name is unknown",
        "The host name did not resolve for the whole of LOCKGATE_WAIT_TIMEOUT.",
        "check the host name in the database URL, and that the Service or DNS record exists";
    STARTING = 303, OutOfTime, Retry, "the server is starting or stopping",
        "The server answered that it is starting up, shutting down or in recovery (SQLSTATE 57P01, 57P02, 57P03) for the whole of LOCKGATE_WAIT_TIMEOUT.",
        "look at the server's log for why it does not come up";
    FULL = 304, OutOfTime, Retry, "the server has no free connection",
        "Every connection slot was taken (SQLSTATE 53300) for the whole of LOCKGATE_WAIT_TIMEOUT.",
        "raise max_connections or the limit of the role or database, or close idle connections";
    STANDBY = 305, OutOfTime, Retry, "the server is read-only or a standby",
        "The server is in recovery or read-only, so the chain cannot be applied there.",
        "point the URL at the primary, or list all hosts with target_session_attrs=read-write";
    NOT_POSTGRES = 306, OutOfTime, Retry, "the peer does not speak PostgreSQL's protocol",
        "Something answers on the port, but not as PostgreSQL does.",
        "check the port: a proxy, a metrics port or another service may be listening there";
    CONNECTION_LOST = 307, OutOfTime, Retry, "the connection broke",
        "The connection to the server broke again and again while the chain was applied. What was committed is recorded.",
        "look at the server's log; run again, the history says where to go on";
    PASSWORD = 311, NoAccess, Refuse, "the password is refused",
        "The server refused the password (SQLSTATE 28P01), or the token that PAM, LDAP or RADIUS checks, for the whole of LOCKGATE_AUTH_RETRY_FOR.",
        "check the password; a file (LOCKGATE_DATABASE_URL_FILE, PGPASSWORD_FILE, PGPASSFILE) and LOCKGATE_PASSWORD_COMMAND are read again at every attempt, a variable is not";
    ROLE = 312, NoAccess, Refuse, "the role is refused",
        "The role does not exist, may not log in, or pg_hba.conf has no line for it (SQLSTATE 28000).",
        "create the role with LOGIN, or add a line to pg_hba.conf for this role, database and address";
    DATABASE_MISSING = 313, NoAccess, Refuse, "the database does not exist",
        "The server has no database of that name (SQLSTATE 3D000).",
        "create the database, or correct its name in the URL";
    CERTIFICATE = 314, NoAccess, Refuse, "the server's certificate is not trusted",
        "sslmode asks for a verified certificate, and the server's does not verify.",
        "set sslrootcert to the authority that signed the server's certificate; for verify-full the host name must be in it";
    NO_TLS = 315, NoAccess, Refuse, "the server does not offer TLS",
        "sslmode asks for an encrypted connection, and the server answered that it has none.",
        "turn ssl on in the server, or set sslmode=prefer where the network is trusted";
    PRIVILEGE = 316, NoAccess, Refuse, "a privilege is missing",
        "The role may not do what is needed (SQLSTATE 42501).",
        "grant the privilege that the server's message names";
    TLS_MISMATCH = 317, NoAccess, Refuse, "no TLS that both sides can use",
        "The server and lockgate have no TLS version, cipher, or kind of key in common (lockgate has TLS 1.2 and 1.3 with ECDHE, and verifies RSA, P-256, P-384 and Ed25519), or the server refuses the client's certificate.",
        "give the server an RSA, P-256 or Ed25519 key and TLS 1.2 or newer; look at its log, and at sslcert where one is set";
    NOT_ADMITTED = 318, NoAccess, Refuse, "the server admits no session",
        "The database takes no connections (SQLSTATE 55000), what stands before it rejects them (08004), or a library that every session is to load is not there (58P01).",
        "look at the server's message: ALLOW_CONNECTIONS of the database, or session_preload_libraries and local_preload_libraries";
    DEMAND = 319, NoAccess, Refuse, "the server does not do what the connection demands",
        "require_auth, requirepeer, sslcertmode=require or LOCKGATE_SCRAM_MIN_ITERATIONS asks for more than the server did, for the whole of LOCKGATE_AUTH_RETRY_FOR. A way in that is not allowed was not answered: neither a password nor a proof of one was sent by it.",
        "look at which server answers at that address, and at its pg_hba.conf; change the parameter only where the server may do less";
    UNSUPPORTED = 321, Unsupported, Refuse, "the server is not supported",
        "lockgate needs PostgreSQL 13 or newer, with real advisory locks.",
        "point the URL at a supported PostgreSQL server";
    SHARED_SESSION = 322, Unsupported, Refuse, "the session is shared by a transaction pooler",
        "The connection does not keep one server session, so an advisory lock does not protect anything there.",
        "give LOCKGATE_DATABASE_URL the direct address of the server (or the pooler's session mode); the app may keep the pooled one";
    LOCK_HELD = 401, OutOfTime, Retry, "another gate holds the lock",
        "Another lockgate worked on the same history for the whole of LOCKGATE_LOCK_WAIT.",
        "look at the session that is named; LOCKGATE_LOCK_WAIT sets how long to wait";
    DDL_LOCK = 402, OutOfTime, Retry, "a lock on a table could not be won",
        "Other sessions held locks that a statement needs, for the whole of LOCKGATE_DDL_LOCK_RETRY_FOR. Nothing of the statement's transaction is in force.",
        "end the sessions or prepared transactions that are named, or run at a quieter time; LOCKGATE_DDL_LOCK_TIMEOUT and LOCKGATE_DDL_LOCK_RETRY_FOR set the patience";
    CHANGED = 501, Refused, Refuse, "an applied revision was changed",
        "The history records another checksum for a revision than its file has. Comments, white space and the case of unquoted words do not count.",
        "put the file back as it was applied, and write the change as a new revision; `lockgate stamp ID --unchecked` accepts the file as it stands";
    GAP = 502, Refused, Refuse, "the history holds a revision that the chain does not have",
        "A revision was applied that is neither in this chain nor after its head.",
        "deploy the release that has the revision's file, or put the file back";
    OUT_OF_ORDER = 503, Refused, Refuse, "a pending revision is older than current",
        "A revision that stands before an applied one was never applied here.",
        "give the revision a number after head, or set LOCKGATE_OUT_OF_ORDER=allow";
    AHEAD = 504, Refused, Refuse, "the database is ahead of this release",
        "The history goes on after this chain's head, and LOCKGATE_AHEAD=fail.",
        "deploy the newer release, or set LOCKGATE_AHEAD=allow where the newer schema still serves this one";
    FOREIGN_HISTORY = 505, Refused, Refuse, "the history is another service's",
        "The history table knows none of this chain's revisions, or knows their numbers by another name and another script.",
        "give each service its own LOCKGATE_HISTORY_TABLE, or correct the database in the URL";
    HISTORY_SHAPE = 506, Refused, Refuse, "the history table cannot be read",
        "A table of the history's name is there, but it, or a row of it, is not one that this version of lockgate made.",
        "set LOCKGATE_HISTORY_TABLE to another name, or use the newer lockgate that made it";
    IN_DOUBT = 507, Refused, Refuse, "nobody can tell whether a statement ran",
        "A run ended while a statement ran outside a transaction, and the catalog does not show whether it took effect.",
        "look for yourself: if it ran, record the revision as applied; if not, put `-- lockgate:run-as-is` above the statement and run again";
    NOT_AT_HEAD = 508, OutOfTime, Retry, "the database did not reach head in time",
        "`lockgate wait` saw the history short of this chain's head for the whole of LOCKGATE_WAIT_TIMEOUT.",
        "look at the run that migrates; `lockgate status` shows what is pending";
    BEGUN_CHANGED = 509, Refused, Refuse, "a begun revision was changed",
        "Some segments of a revision are committed, and the part of its file that they came from is not as it was.",
        "put that part back as it was; what comes after the place it stopped at may change";
    NO_WAY_BACK = 510, Refused, Refuse, "a revision has no way back",
        "`lockgate down` would have to take back a revision that has no .down.sql file. Nothing was run.",
        "write the .down.sql file beside the revision, or go forward with a new revision";
    OTHER_WAY = 511, Refused, Refuse, "a revision is half applied or half taken back",
        "A revision that runs in segments was begun in the other direction and has not been finished.",
        "finish it first: `lockgate down` what is half taken back, `lockgate migrate` what is half applied";
    NO_SCHEMA = 512, Refused, Refuse, "the search_path names no schema",
        "The connection's search_path names no schema that exists, so neither the history nor a table of the chain has a place.",
        "create the schema, or correct the search_path in the URL (schema, currentSchema, search_path, options), of the role or of the database";
    FIRST_CONTACT = 513, Refused, Refuse, "the database is not empty, and the history is",
        "Objects of the chain exist, but the history has no row: another source made them, and the catalog does not prove all that the chain would have done before. Nothing is guessed about data on such a database.",
        "`lockgate adopt` records the revisions that the catalog proves, and shows what differs (`--dry-run` shows it first); `lockgate stamp REVISION` records where the database stands by your word; LOCKGATE_FIRST_CONTACT=migrate judges each statement";
    STAMP = 514, Refused, Refuse, "the stamp does not fit",
        "`lockgate stamp` was to record revisions whose definitions the catalog does not have, to forget revisions that are applied, or to accept an edited file.",
        "correct TARGET or the database; `--unchecked` records it all the same";
    UNTRUSTED_HISTORY = 515, Refused, Refuse, "the history is not trusted",
        "A table, or something else, has the history's name, and its owner is not trusted, or reading or writing it would run what somebody else made. Nothing was read of it.",
        "find out who made it; then change its owner, name a trusted one with LOCKGATE_TRUSTED_OWNERS, or drop it";
    TOOL_HISTORY = 516, Refused, Refuse, "the tool's history cannot be gone on from",
        "LOCKGATE_COEXIST keeps the history of the tool that made the chain beside lockgate's own, or `lockgate adopt --from` reads it. It is not there, it has rows at which the tool itself stops, or it lacks revisions that lockgate's history has. Nothing was run.",
        "settle the rows that are listed with the tool itself";
    LEFT_HEAD = 519, Refused, Refuse, "the database of an open gate is short of head",
        "After the gate had opened, the history lost revisions of this chain: somebody took them back, or put a backup in place. The gate only says so.",
        "`lockgate migrate` brings it to head, and so does a restart of the gate; where the way back was meant, deploy the older release";
    CONFLICT = 521, Refused, Refuse, "the database is not what the chain expects",
        "Something is there, and different in a way that needs a person; or nobody can tell whether a statement ran. Nothing was run.",
        "choose from what is offered for each";
    MISSING = 522, Refused, Refuse, "something that pending statements need is missing",
        "Tables, columns, types, roles or other objects that pending statements need are not there, and nothing before the statements makes them. All of them are listed; nothing was run.",
        "make what is listed, or put `-- lockgate:optional` above statements that may be left out";
    NOT_EQUAL = 523, Refused, Refuse, "the schema would not be what a fresh database has",
        "After the pending statements the catalog was held against the chain once more, and something differed. The revision was rolled back.",
        "look at the difference: something that lockgate did not judge changed it";
    CHECK = 524, Refused, Refuse, "a check does not hold",
        "The query of a `lockgate:check` did not return true. The revision was rolled back.",
        "look at the rows that it returned, and correct the data or the check";
    DESTRUCTIVE = 525, Refused, Refuse, "a statement loses existing data",
        "A pending statement loses rows, values or a sequence's position that are there (DROP, TRUNCATE, DELETE of every row, a type that cannot hold every value), and no `lockgate:accept destructive` stands above it. LOCKGATE_ON_DESTRUCTIVE=refuse; on a database that lockgate has not seen before, always. All of them are listed; nothing was run. As a warning it stands in the log of each run.",
        "put `-- lockgate:accept destructive` above each statement whose loss is meant, or set LOCKGATE_ON_DESTRUCTIVE=warn";
    DRIFT = 526, Refused, Refuse, "the schema is not the chain's",
        "The schema was held against the snapshot beside the chain before opening; something is missing or different, and LOCKGATE_VERIFY=enforce. What the run applied is committed.",
        "`lockgate verify` lists the differences; mend the database with a new revision, or `lockgate snapshot` where the file is out of date; LOCKGATE_VERIFY=warn opens all the same";
    NOT_VERIFIED = 527, OutOfTime, Retry, "a part of the schema cannot be looked at",
        "Another session holds, or waits for, an exclusive lock on a table, so its definitions cannot be read. Everything else was held against the snapshot.",
        "run again once the session that is named is done";
    CATALOG = 528, Refused, Refuse, "the catalog cannot be read",
        "The server refused a question about the schema. The question is lockgate's own, not a script's.",
        "let what the server's message names pass, and run again; report it where it does not pass";
    UNEXPECTED = 529, Refused, Refuse, "an answer is not the one that is expected",
        "A statement under `lockgate:expect` changed or gave other rows than it says. The revision was rolled back; those before it are applied and recorded. Of a compiled revision the program that it was compiled from might send something else here.",
        "look at the rows, and correct them or what is expected; have the tool itself run a revision that was compiled from its file";
    ELSEWHERE = 530, Refused, Refuse, "the database is not at the chain's head",
        "A repair is the next revision: what it is to bring back is what the chain makes up to its head. Revisions are not applied yet, or the database has some that the chain does not know. Nothing was written.",
        "`lockgate migrate` first, or repair with the chain that migrated the database";
    STATEMENT = 601, Refused, Refuse, "a statement failed",
        "The server refused a statement. The revision was rolled back; those before it are applied and recorded.",
        "correct the script or the data, and run again";
    SERVER_RESOURCES = 602, OutOfTime, Retry, "the server is out of resources",
        "The server ran out of disk, memory or another resource (SQLSTATE class 53 or 58) in a statement. The revision was rolled back.",
        "free the resource that the server names, and run again";
    ENDED_ITSELF = 603, Refused, Refuse, "a script ended its own transaction",
        "Something in the script committed or rolled back, hidden from PostgreSQL's grammar; `SET standard_conforming_strings = off` makes that possible. The revision is not recorded.",
        "write the script for standard_conforming_strings = on, look at what of it is in force, and mend that by hand";
    NOT_READY = 604, OutOfTime, Retry, "the gate is not ready",
        "`lockgate healthcheck` asked a gate's /ready, and it did not answer 200.",
        "look at the gate's log and /status; LOCKGATE_LISTEN says where it is asked";
    ROWS = 605, Refused, Refuse, "rows refuse a pending statement",
        "`plan --check-data` asked the rows beforehand, and some are in the way of a pending statement: `migrate` would end with LG0601 there, or with LG0529 at a `lockgate:expect`. They stand in the plan below the statement; nothing was run.",
        "look at the rows that are listed, and correct them or the script; a change of them in an earlier revision counts too";
    RUNNER_FAILED = 606, Refused, Refuse, "the runner's command failed",
        "The command of LOCKGATE_RUNNER ended with another code than 0. The version table tells what is applied; its last lines of output stand below.",
        "correct what the command says, and run again; at head, LOCKGATE_RUNNER_STRICT=no opens all the same";
    RUNNER_RECORDED_NOTHING = 607, Refused, Refuse, "the runner's command ended well, and the chain is not applied",
        "The command of LOCKGATE_RUNNER ended with 0, and the version table is not at the target.",
        "look at env.py: a statement before context.begin_transaction() leaves the whole run without a COMMIT in SQLAlchemy 2; look at the command's target, and at which version table it writes (LOCKGATE_COEXIST=TOOL:SCHEMA.TABLE)";
    RUNNER_GAVE_UP = 608, OutOfTime, Retry, "the runner's command gave up for what may pass",
        "The command of LOCKGATE_RUNNER failed for a lock, a deadlock, a lost connection or a server that goes down (SQLSTATE 55P03, 57P01, 57P03, 40001, 40P01, class 08).",
        "run again; LOCKGATE_DDL_LOCK_TIMEOUT and LOCKGATE_DDL_LOCK_RETRY_FOR set the patience for locks";
    OUTPUT = 610, OutOfTime, Retry, "the output cannot be written",
        "stdout did not take what the command printed: the disk is full, most often. What the command did is done. A reader that ends early is no failure.",
        "make room where stdout goes, and run again";
    EXEC_CANNOT_RUN = 701, CannotRun, Configuration, "the command cannot be run",
        "`lockgate exec`: the file is there, but it cannot be executed. The database has not been touched.",
        "check the file's mode and format";
    EXEC_NOT_FOUND = 702, NotFound, Configuration, "the command is not there",
        "`lockgate exec`: no such file on the PATH. The database has not been touched.",
        "check the command after `--` and the PATH of the image";
    TERMINATED = 801, Terminated, Stopped, "stopped by SIGTERM",
        "SIGTERM arrived before the gate was open. A statement that ran was cancelled, no further revision was begun, and the message says what is committed. Nothing is half-recorded.",
        "run again: the history says where to go on";
    INTERRUPTED = 802, Interrupted, Stopped, "stopped by SIGINT",
        "SIGINT (Ctrl-C) arrived before the gate was open. A statement that ran was cancelled, no further revision was begun, and the message says what is committed. Nothing is half-recorded.",
        "run again: the history says where to go on";
    DECLINED = 803, Interrupted, Stopped, "the answer was no",
        "A command asked on the terminal whether to go on, and the answer was not yes. Nothing was done.",
        "run it again and answer y, or give --yes";
    BUG = 901, Bug, Retry, "a bug in lockgate",
        "Something that cannot happen happened.",
        "report it with the log of this run";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_ascend_and_read_back() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} before {}", pair[0].code, pair[1].code);
        }
        for entry in TABLE {
            assert_eq!(Code::parse(&entry.code.to_string()), Some(entry.code));
        }
    }

    #[test]
    fn the_class_agrees_with_the_exit_code() {
        for entry in TABLE {
            let retry = matches!(entry.exit, Exit::OutOfTime | Exit::Bug);
            assert_eq!(retry, entry.class == Class::Retry, "{}", entry.code);
        }
    }
}
