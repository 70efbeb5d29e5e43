//! The integration tests: one binary, so that it links once and shares one throw-away PostgreSQL.
//! Every test gets a database of its own and runs the real executable.

mod access; // who is let in, and how: passwords, roles, databases, privileges, the forms of a URL
mod adopt; // a history that is lost, or another tool's: what the catalog proves is recorded, and nothing runs
mod alembic; // a chain of Alembic's: its graph and its version table without Python, and the runner that applies it
mod beforehand; // plan --check-data: what rows will say of a statement, and that migrate then meets it
mod catalog; // what is there against what a script wants: read, compared, proved by building
mod certificates; // each kind of certificate under each sslmode, beside libpq
mod chain; // directories that are chains, and those that are not
mod coexist; // a compiled chain beside Alembic's own version table: either goes on where the other stands
mod commands; // wait, new, explain; what the command line and the settings refuse
mod crowd; // many instances at once: each revision once, room left for others, the lock's holder named
mod cuts; // a connection that is cut before and after every protocol message
mod ddl_locks; // locks on tables: a short queue, the blocker named, retried; settings of role and script
mod dependents; // objects made by hand that keep a pending statement from running, with the server as the judge
mod docs; // docs/settings.md and docs/errors.md are what the tables of the code say
mod down; // the way back: targets, what has none, what is half taken back, and forth again
mod dump; // everything that is said of the scripts, written down to be compared
mod encryption; // which session is encrypted, which certificate is trusted, which lets in
mod engine; // the defensive engine: a case per file of tests/fixtures/engine
mod english; // how comments begin
mod events; // what the history does not keep: failed runs, revisions taken back or stamped
mod exec; // the gate, then the app in its place
mod explain; // why rows refuse a statement: as fields, to whom, at what cost
mod failover; // a primary that dies in the middle, and a standby that takes its place
mod faults; // a server that lacks a resource, a right or the will to write in the middle of a run
mod first_contact; // an empty history before a database that holds objects of the chain: proved, refused, stamped
mod fuzz; // what is read from outside: connection strings, chains, scripts, requests; random, seeded, bounded
mod harness; // that the harness itself does what tests rely on: cluster, proxy, gate, certificates
mod history; // the history table: at head, ahead, gaps, changes, whose and where it is
mod hostile; // servers, files and texts that mean harm, and what others see of the process
mod impostors;
mod inserts; // many INSERTs that ran outside: asked about together, judged as each alone
mod kills; // SIGKILL, SIGTERM, cut connections, ended backends, a restarted server: each effect once
mod latch; // a sidecar that was open before, and readiness that follows the database
mod layering; // the order of the modules, the length of files, who may name which crate
mod layouts; // the files of other migration tools: none is run by mistake, each is called by its tool's name
mod losses; // statements that lose rows or values: told, refused, accepted; the server as the judge of what is lost
mod mixed; // compiled chains of which Alembic itself runs some revisions; the incidents of examples/alembic
mod optional; // statements that may be left out: why, and where that is seen
mod output; // a stdout, a stderr or a file that takes nothing; how much of the server's words is passed on
mod plan; // what a run would do: verdicts, reasons, locks, losses; that a look changes nothing
mod pooler; // PgBouncer: refused where it shares sessions, good at head and in session mode
mod programs; // Django, Rails and others under the lock: real where they can be had, else by commands that record as they do
mod promises; // what the documents name is there: commands, settings, metrics, endpoints, codes, targets, files
mod races; // what a lesser role makes between the look and the run
mod record; // an Alembic chain recorded on the wire and compiled: classes, refusals, the proof
mod round_trips; // what a start costs on the wire, and what it leaves untouched
mod runner; // a real Alembic under the lock: once, stopped, killed, judged by the version table, without secrets
mod schemas; // a chain per schema: tenants, the parameters of drivers, histories elsewhere, rights on the history
mod scripts; // what a script may hold: a case per file of tests/fixtures/script
mod secrets; // no secret in anything that is printed, served or recorded
mod segments; // revisions that cannot run in one transaction: kills, leftovers, doubt, retries
mod serve; // the endpoints while a run waits, works, stands open and ends
mod sidecar; // what is seen of a gate that failed, and of one that has been open for a while
mod stamp; // the history by hand: stamp, history, healthcheck, TARGET, aliases
mod status; // what is said of where the database stands: status, summaries, the termination message
mod supervise; // the gate as the parent of the app: signals, exit codes, orphans, PID 1
mod swallowed; // a network that swallows packets: both sides notice
mod told; // a run that waits, is stopped or is refused: the truth, and advice worth following
mod traps; // what a lesser role plants in a schema of the path, and nothing of ours runs
mod trust; // objects of lesser roles: a case per folder of tests/trust; none is adopted, none is run
mod verify; // the verified schema: a drift a file, the snapshot, what verify says, the gate's phase
mod waiting; // a database that is away, starting, full, a standby, or none at all
mod window; // revisions that are sent before those before them are answered

mod support;
