//! A role that may create in a schema may take the history's name first. The gate runs no code of such an object and trusts none
//! of its rows.

use crate::support::{Cluster, Gate, Outcome, TestDatabase};

const CHAIN: [(&str, &str); 2] =
    [("0001_app.sql", "CREATE TABLE app (id int)"), ("0002_more.sql", "CREATE TABLE more (id int)")];

/// As the version before made it.
const TABLE: &str = "CREATE TABLE public.lockgate_history (revision text PRIMARY KEY, depth bigint NOT NULL, description text NOT \
    NULL, checksum text NOT NULL, bytes text NOT NULL, state text NOT NULL, kind text NOT NULL, started_at timestamptz NOT NULL, \
    finished_at timestamptz, applied_by text NOT NULL DEFAULT session_user, application text NOT NULL, version text NOT NULL, \
    verdicts jsonb NOT NULL, progress jsonb, verified text); GRANT ALL ON public.lockgate_history TO PUBLIC;";

/// Tells the log as whom it ran; a transaction that may not write does not stop it.
const ARMED: &str = "CREATE FUNCTION public.armed(anyelement) RETURNS anyelement LANGUAGE plpgsql AS $$ BEGIN
    IF current_user <> session_user OR current_setting('application_name') LIKE 'lockgate/%' THEN
        RAISE LOG 'SPRUNG in % as %', current_database(), current_user; END IF; RETURN $1; END $$;
    CREATE FUNCTION public.armed_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM public.armed(1); RETURN NEW; END $$;";

/// The object that mallory creates, and a word of the refusal.
const IMPOSTORS: [(&str, &str, &str); 8] = [
    ("a table", TABLE, "its owner is"),
    (
        "a table with a trigger",
        "{table} CREATE TRIGGER t BEFORE INSERT ON public.lockgate_history FOR EACH ROW EXECUTE FUNCTION public.armed_trigger()",
        "it has triggers, which would run as this role: t",
    ),
    (
        "a view",
        "CREATE VIEW public.lockgate_history AS SELECT public.armed('0001'::text) AS revision, public.armed(1::bigint) AS depth",
        "it is a view, not a table",
    ),
    (
        "a table with a policy",
        "{table} INSERT INTO public.lockgate_history VALUES ('1', 1, '', '', '', '', '', now(), now(), '', '', '', '{}', NULL, NULL);
         ALTER TABLE public.lockgate_history ENABLE ROW LEVEL SECURITY;
         CREATE POLICY p ON public.lockgate_history USING (public.armed(true))",
        "its owner is",
    ),
    (
        "a table with a rule",
        "{table} CREATE RULE r AS ON INSERT TO public.lockgate_history DO ALSO SELECT public.armed(1)",
        "it has rules, which would run as this role: r",
    ),
    (
        "a table with a child",
        "{table} CREATE TABLE public.child () INHERITS (public.lockgate_history)",
        "it inherits from a table, or is inherited from",
    ),
    (
        "columns of a type of one's own",
        "CREATE DOMAIN public.number AS bigint CHECK (public.armed(VALUE) > 0);
         CREATE TABLE public.lockgate_history (revision text, depth public.number, state text, bytes text, checksum text, verdicts jsonb)",
        "columns have types with functions of their own: depth",
    ),
    ("a sequence", "CREATE SEQUENCE public.lockgate_history", "it is a sequence, not a table"),
];

const COMMANDS: [&[&str]; 9] = [
    &["status"],
    &["plan"],
    &["plan", "--check-data"],
    &["history"],
    &["wait", "--wait-timeout=300ms"],
    &["migrate"],
    &["stamp", "head", "--yes"],
    &["down", "base", "--yes"],
    &["exec", "--", "/bin/echo", "APP STARTED"],
];

struct Scene {
    database: TestDatabase,
    gate: Gate,
}

impl Scene {
    /// A database in which mallory may create, before a gate that is a superuser, or owns nothing but its own tables.
    fn new(mallorys: &str, is_superuser: bool) -> Self {
        let cluster = Cluster::shared();
        let (mallory, app) = (cluster.role("LOGIN"), cluster.role("LOGIN"));
        let database = TestDatabase::on(&cluster);
        database.sql(&format!("GRANT CREATE ON SCHEMA public TO {mallory}, {app}"));
        let mallorys = mallorys.replace("{table}", TABLE);
        database.sql(&format!("SET ROLE {mallory}; {ARMED} {mallorys}"));
        let url = if is_superuser { database.url() } else { database.url_as(&app, None) };
        let gate = Gate::at(&url).env("LOCKGATE_LOG_FORMAT", "text").chain(&CHAIN);
        Self { database, gate }
    }

    fn run(&self, words: &[&str]) -> Outcome {
        let outcome = self.gate.with(words).run();
        let log = self.database.log();
        let ran = log.lines().find(|line| line.contains(&format!("SPRUNG in {} as", self.database.name())));
        assert_eq!(ran, None, "{}", words.join(" "));
        outcome
    }
}

#[test]
fn nothing_under_the_historys_name_that_a_lesser_role_made_is_run_or_believed() {
    for (what, sql, says) in IMPOSTORS {
        for is_superuser in [true, false] {
            let scene = Scene::new(sql, is_superuser);
            for words in COMMANDS {
                let outcome = scene.run(words);
                let reads_only = matches!(words[0], "status" | "wait" | "history");
                // A role that only reads cannot know whose history it should be.
                let is_warned = outcome.stderr.contains("whom nothing makes trusted: LOCKGATE_TRUSTED_OWNERS=");
                let is_refused =
                    ["LG0515", "is not taken for the history", says].iter().all(|it| outcome.stderr.contains(it));
                let is_hidden = outcome.stderr.contains("row security hides rows");
                assert!(
                    is_refused || reads_only && says == "its owner is" && (is_warned || is_hidden),
                    "{what}, {}: {outcome}",
                    words.join(" ")
                );
                assert!(!outcome.stdout.contains("APP STARTED"), "{what}: {outcome}");
            }
            assert_eq!(
                scene.database.value("SELECT count(*) FROM pg_tables WHERE tablename IN ('app', 'more')"),
                "0",
                "{what}"
            );
        }
    }
}

#[test]
fn rows_that_a_lesser_role_copied_from_another_database_open_no_gate() {
    let first = TestDatabase::new();
    Gate::new(&first).args(["migrate"]).chain(&CHAIN).run().expect(0);
    let rows = first.value("SELECT json_agg(h) FROM lockgate_history h").replace('\'', "''");
    let forged = format!(
        "{TABLE} INSERT INTO public.lockgate_history SELECT * FROM json_populate_recordset(NULL::public.lockgate_history, '{rows}')"
    );
    let scene = Scene::new(&forged, true);
    for words in [&["migrate"][..], &["exec", "--", "/bin/echo", "APP STARTED"], &["plan"]] {
        let outcome = scene.run(words).expect(65);
        assert!(outcome.stderr.contains("ALTER TABLE \"public\".\"lockgate_history\" OWNER TO"), "{outcome}");
    }
    let owner = scene.database.value("SELECT tableowner FROM pg_tables WHERE tablename = 'lockgate_history'");
    let trusting = scene.gate.with(["migrate"]).env("LOCKGATE_TRUSTED_OWNERS", &owner).run().expect(0);
    assert!(trusting.stderr.contains("PUBLIC may write the history public.lockgate_history"), "{trusting}");
    let other = scene.gate.with(["wait"]).env("LOCKGATE_TRUSTED_OWNERS", "somebody").run().expect(65);
    assert!(other.stderr.contains("LG0515"), "{other}");
}

#[test]
fn a_history_of_the_databases_owner_of_a_superuser_or_of_ones_group_is_believed() {
    let cluster = Cluster::shared();
    let (owner, group) = (cluster.role("LOGIN"), cluster.role("NOLOGIN"));
    let (app, member) = (cluster.role("LOGIN"), cluster.role(&format!("LOGIN IN ROLE {group}")));
    let superuser = cluster.session("postgres").value("SELECT current_user");
    for (of, role) in [(owner.as_str(), &app), (superuser.as_str(), &app), (group.as_str(), &member)] {
        let database = TestDatabase::on(&cluster);
        database.sql(&format!(
            "ALTER DATABASE {} OWNER TO {owner}; GRANT CREATE ON SCHEMA public TO {app}, {group}",
            database.name()
        ));
        Gate::new(&database).args(["migrate", "0001"]).chain(&CHAIN).run().expect(0);
        database.sql(&format!(
            "ALTER TABLE lockgate_history OWNER TO {of}; GRANT SELECT, INSERT, UPDATE ON lockgate_history TO {app}, {member}"
        ));
        let gate = Gate::at(&database.url_as(role, None)).chain(&CHAIN);
        gate.with(["migrate"]).run().expect(0);
        gate.with(["status", "--check"]).run().expect(0);
    }
}

#[test]
fn row_security_that_a_script_switches_on_everywhere_hides_the_history_from_no_reader() {
    let database = TestDatabase::new();
    let reader = database.cluster().role("LOGIN");
    let everywhere = "DO $$ DECLARE r record; BEGIN FOR r IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP \
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', r.tablename); END LOOP; END $$";
    let gate = Gate::new(&database).chain(&[("0001_t.sql", "CREATE TABLE t (id int)"), ("0002_rls.sql", everywhere)]);
    gate.with(["migrate"]).run().expect(0);
    database.sql(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}"));
    let reads =
        Gate::at(&database.url_as(&reader, None)).env("LOCKGATE_LOG_FORMAT", "text").migrations(gate.chain_directory());
    reads.with(["wait"]).run().expect(0);
    reads.with(["status", "--check"]).run().expect(0);
    database.sql("DROP POLICY lockgate_read ON lockgate_history");
    let hidden = reads.with(["wait"]).run().expect(77);
    assert!(hidden.stderr.contains("row security hides rows of it from this role"), "{hidden}");
    assert!(hidden.stderr.contains("CREATE POLICY lockgate_read ON"), "{hidden}");
}

#[test]
fn a_refused_question_of_our_own_is_no_lost_connection() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"]).chain(&CHAIN);
    gate.run().expect(0);
    // As after a hand that took a column away.
    database.sql("ALTER TABLE lockgate_history DROP COLUMN depth");
    let outcome = gate.run().expect(65);
    assert!(outcome.stderr.contains("LG0506") && !outcome.stderr.contains("broke"), "{outcome}");
}

/// From version 16 on it is a member of that role, with ADMIN alone.
#[test]
fn a_history_of_a_role_that_the_gate_only_made_is_not_believed() {
    let cluster = Cluster::shared();
    let gate = cluster.role("LOGIN CREATEROLE");
    let made = format!("{gate}_made");
    let database = TestDatabase::on(&cluster);
    let as_gate = |sql: &str| database.sql(&format!("SET SESSION AUTHORIZATION {gate}; {sql}"));
    as_gate(&format!("CREATE ROLE {made}"));
    database.sql(&format!("GRANT CREATE ON SCHEMA public TO {gate}, {made}; SET ROLE {made}; {TABLE}"));
    let migrate = Gate::at(&database.url_as(&gate, None)).env("LOCKGATE_LOG_FORMAT", "text").chain(&CHAIN);
    let refused = migrate.with(["migrate"]).run().expect(65);
    assert!(refused.stderr.contains("LG0515"), "{refused}");
    // A GRANT to an existing member changes only the named options.
    let with = if cluster.version() >= 16 { " WITH INHERIT TRUE" } else { "" };
    database.sql(&format!("GRANT {made} TO {gate}{with}"));
    migrate.with(["migrate"]).run().expect(0);
}
