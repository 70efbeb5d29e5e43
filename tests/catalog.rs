//! Compares existing objects with a script's definitions: read from a real catalog, compared by structure, proved by building.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lockgate::catalog::{
    Catalog, CatalogError, Column, Comparison, Constraint, ConstraintKind, DefaultValue, Definition, Found, How, Index,
    Key, Proof, Question, Surroundings, Wanted, compare, is_told, load, prove, prove_alone,
};
use lockgate::config::Config;
use lockgate::connect::{Connector, Message, Session};
use lockgate::pg::name::QualifiedName;
use lockgate::progress::Progress;
use lockgate::sql::{Expr, Template, TypeName};
use lockgate::statement::change::Generated;
use lockgate::telemetry::metrics::Metrics;

use crate::support::TestDatabase;
use cases::{CASES, TABLE};

mod bounds; // partitions, by their values
mod cases; // definitions of every kind, other spellings, others that differ
mod facts;
mod random; // what trees tell, held against the server

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

async fn session(url: &str) -> Session {
    let variables = [("LOCKGATE_DATABASE_URL".into(), url.into())];
    let config = Config::load(variables, Vec::new()).expect("settings");
    Connector::new(config.database, "test", Progress::new(Metrics::new())).connect().await.expect("a session")
}

fn public(name: &str) -> QualifiedName {
    QualifiedName::new("public", name)
}

fn path() -> Arc<[String]> {
    ["public".to_owned()].into()
}

/// Everything that the cases make, under one name of each kind.
fn wanted() -> Wanted {
    let names = |names: &[&str]| names.iter().map(|name| public(name)).collect::<BTreeSet<_>>();
    Wanted {
        relations: names(&["t", "v", "m", "s", "i", "other"]),
        types: names(&["d", "r", "e", "c"]),
        functions: names(&["f", "a"]),
        statistics: names(&["st"]),
        collations: names(&["co"]),
        ..Wanted::default()
    }
}

fn expr(sql: &str) -> Expr {
    Expr { sql: sql.to_owned(), columns: Vec::new(), calls: Vec::new(), nextval: None }
}

/// The definition that a line of SQL represents, and its key.
fn definition(sql: &str) -> (Key, Definition) {
    let build = || Template::from_sql(sql);
    let words: Vec<&str> = sql.split_whitespace().collect();
    let t = public("t");
    match words.as_slice() {
        ["DEFAULT", column, rest @ ..] => {
            let value = DefaultValue::Expr { expr: expr(&rest.join(" ")), path: path(), since: Vec::new() };
            (Key::Default(t, (*column).to_owned()), Definition::Default(Some(value)))
        }
        ["GENERATED", rest @ ..] => {
            let type_ = TypeName {
                schema: None,
                name: "varchar".to_owned(),
                modifiers: vec!["9".to_owned()],
                is_array: false,
                is_set: false,
                is_reference: false,
            };
            let generated = Some(Generated { expr: expr(&rest.join(" ")), stored: true }.into());
            let column = Column { type_, collation: None, identity: None, generated, path: path() };
            (Key::Column(t, "gen".to_owned()), Definition::Column(column))
        }
        ["ALTER", "TABLE", _, "ADD", "CONSTRAINT", _, kind, ..] => {
            let kind = if *kind == "CHECK" {
                ConstraintKind::Check { no_inherit: false }
            } else {
                ConstraintKind::Exclude { elements: Vec::new() }
            };
            let constraint = Constraint {
                kind,
                build: build(),
                valid: true,
                deferrable: false,
                initially_deferred: false,
                columns: Vec::new(),
                path: path(),
                since: Vec::new(),
            };
            (Key::Constraint(t, "con".to_owned()), Definition::Constraint(constraint))
        }
        ["CREATE", "INDEX", ..] | ["CREATE", "UNIQUE", "INDEX", ..] => {
            let columns = Vec::new();
            let index = Index { table: t, build: build(), columns, path: path(), since: Vec::new() };
            (Key::Relation(public("i")), Definition::Index(index))
        }
        ["CREATE", "VIEW", ..] => (
            Key::Relation(public("v")),
            Definition::View { materialized: false, build: build(), reads: Vec::new(), path: path() },
        ),
        ["CREATE", "FUNCTION" | "PROCEDURE", ..] => {
            let key = Key::Function(public("f"), vec!["int4".to_owned()]);
            (key, Definition::Function { build: build(), path: path() })
        }
        ["CREATE", "AGGREGATE", ..] => {
            let key = Key::Function(public("a"), vec!["int4".to_owned()]);
            (key, Definition::Function { build: build(), path: path() })
        }
        ["CREATE", "TRIGGER", ..] | ["CREATE", "CONSTRAINT", "TRIGGER", ..] => {
            (Key::Trigger(t, "trg".to_owned()), Definition::Trigger { build: build(), path: path() })
        }
        ["CREATE", "POLICY", ..] => {
            (Key::Policy(t, "pol".to_owned()), Definition::Policy { build: build(), path: path() })
        }
        ["CREATE", "RULE", ..] => (Key::Rule(t, "rul".to_owned()), Definition::Rule { build: build(), path: path() }),
        ["CREATE", "DOMAIN", ..] => {
            (Key::Type(public("d")), Definition::Domain { build: build(), path: path(), not_valid: vec![] })
        }
        ["CREATE", "TYPE", ..] => (Key::Type(public("r")), Definition::Range { build: build(), path: path() }),
        ["CREATE", "SEQUENCE", ..] => {
            let sequence = Definition::Sequence { build: build(), owned_by: None, identity: false };
            (Key::Relation(public("s")), sequence)
        }
        ["CREATE", "STATISTICS", ..] => {
            let statistics = Definition::Statistics { table: t, build: build(), path: path() };
            (Key::Statistics(public("st")), statistics)
        }
        ["CREATE", "COLLATION", ..] => (Key::Collation(public("co")), Definition::Collation { build: build() }),
        other => panic!("{other:?}"),
    }
}

/// The statement that creates a definition on the real objects.
fn real(sql: &str) -> String {
    if let Some(expression) = sql.strip_prefix("GENERATED ") {
        return format!("ALTER TABLE t ADD gen varchar(9) GENERATED ALWAYS AS ({expression}) STORED");
    }
    let own = match definition(sql).0 {
        Key::Relation(name)
        | Key::Type(name)
        | Key::Function(name, _)
        | Key::Statistics(name)
        | Key::Collation(name) => name.name.clone(),
        Key::Constraint(_, name) | Key::Trigger(_, name) | Key::Policy(_, name) | Key::Rule(_, name) => name,
        Key::Default(_, column) => {
            let value = sql.splitn(3, ' ').nth(2).expect("a value");
            return format!("ALTER TABLE t ALTER {column} SET DEFAULT {value}");
        }
        key => panic!("{key}"),
    };
    sql.replace("{name}", &own).replace("{target}", "t")
}

async fn judge(session: &Session, catalog: &Catalog, how: How, sql: &str) -> Proof {
    let (key, wanted) = definition(sql);
    let found: &Found = catalog.get(&key).unwrap_or_else(|| panic!("{key} is not there: {catalog:#?}"));
    match compare(&wanted, found) {
        Comparison::Equal => Proof::Equal,
        Comparison::Differs(difference) => Proof::Differs(difference, None),
        Comparison::Prove => {
            let question = Question { key: &key, wanted: &wanted, found_key: &key, found };
            let proofs = prove_alone(session, &[question], how, Duration::from_secs(5)).await;
            let proof = proofs.expect("proofs").remove(0);
            // A verdict from the words alone must agree with the server's proof.
            let is_told = is_told(&question, &Surroundings::default());
            assert!(how == How::Explain || !is_told || proof == Proof::Equal, "{sql}: told to be equal, {proof:?}");
            proof
        }
    }
}

#[test]
fn a_definition_is_equal_to_itself_however_it_is_written_and_to_no_other() {
    let mut wrong = Vec::new();
    for (made, others) in CASES {
        let database = TestDatabase::new();
        database.sql(TABLE);
        database.sql(&real(made));
        block_on(async {
            let session = session(&database.url()).await;
            let catalog = load(&session, &wanted()).await.expect("a catalog");
            for (equal, sql) in spellings(made, others) {
                let proof = judge(&session, &catalog, How::Build, sql).await;
                if (proof == Proof::Equal) != equal || matches!(proof, Proof::Cannot(_)) {
                    wrong.push(format!("{made}\n  {sql}\n  {proof:?}"));
                }
            }
        });
        let left = database.value("SELECT count(*) FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid WHERE nspname LIKE 'pg_temp%'");
        assert_eq!(left, "0", "{made}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The names of keywords: the server quotes them in its own text.
#[test]
fn names_that_are_keywords_are_no_difference() {
    let database = TestDatabase::new();
    database.sql(TABLE);
    database.sql("ALTER TABLE t RENAME TO \"order\"");
    database.sql("CREATE TRIGGER \"user\" BEFORE INSERT ON \"order\" FOR EACH ROW EXECUTE FUNCTION notify_change()");
    database.sql("CREATE RULE \"select\" AS ON DELETE TO \"order\" DO ALSO NOTIFY gone");
    block_on(async {
        let session = session(&database.url()).await;
        let order = public("order");
        let wanted = Wanted { relations: [order.clone()].into(), ..Wanted::default() };
        let catalog = load(&session, &wanted).await.expect("a catalog");
        let trigger = "CREATE TRIGGER {name} BEFORE INSERT ON {target} FOR EACH ROW EXECUTE FUNCTION notify_change()";
        let rule = "CREATE RULE {name} AS ON DELETE TO {target} DO ALSO NOTIFY gone";
        for (key, sql) in [
            (Key::Trigger(order.clone(), "user".to_owned()), trigger),
            (Key::Rule(order.clone(), "select".to_owned()), rule),
        ] {
            let (_, wanted) = definition(sql);
            let found = catalog.get(&key).expect("it is there");
            let question = Question { key: &key, wanted: &wanted, found_key: &key, found };
            let proofs = prove_alone(&session, &[question], How::Build, Duration::from_secs(5)).await.expect("proofs");
            assert_eq!(proofs, [Proof::Equal], "{key}");
        }
    });
}

/// `pg_dump` writes the server's own text, and the server makes other text of that.
#[test]
fn a_restored_database_is_equal_to_the_one_that_was_dumped() {
    let mut wrong = Vec::new();
    for (made, _) in CASES.iter().filter(|(made, _)| made.contains("IN ('a', 'b')") && !made.starts_with("GENERATED")) {
        let database = TestDatabase::new();
        database.sql(TABLE);
        database.sql(&real(made));
        restore(&database, made);
        block_on(async {
            let session = session(&database.url()).await;
            let catalog = load(&session, &wanted()).await.expect("a catalog");
            let proof = judge(&session, &catalog, How::Build, made).await;
            if proof != Proof::Equal {
                wrong.push(format!("{made}\n  {proof:?}"));
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Makes the object again from the text that a dump has of it.
fn restore(database: &TestDatabase, made: &str) {
    let (text, drop) = match definition(made).0 {
        Key::Constraint(..) => (
            "SELECT 'ALTER TABLE t ADD CONSTRAINT con ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'con'",
            "ALTER TABLE t DROP CONSTRAINT con",
        ),
        Key::Relation(name) if name.name == "v" => {
            ("SELECT 'CREATE VIEW v AS ' || pg_get_viewdef('v'::regclass)", "DROP VIEW v")
        }
        Key::Relation(_) => ("SELECT pg_get_indexdef('i'::regclass)", "DROP INDEX i"),
        Key::Trigger(..) => {
            ("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'trg'", "DROP TRIGGER trg ON t")
        }
        Key::Policy(..) => (
            "SELECT 'CREATE POLICY pol ON t FOR SELECT USING (' || pg_get_expr(polqual, polrelid) || ')' FROM pg_policy",
            "DROP POLICY pol ON t",
        ),
        Key::Rule(..) => ("SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE rulename = 'rul'", "DROP RULE rul ON t"),
        Key::Type(_) => (
            "SELECT 'CREATE DOMAIN d AS varchar(20) DEFAULT ''x'' NOT NULL ' || pg_get_constraintdef(oid) FROM pg_constraint \
             WHERE contypid = 'd'::regtype AND contype = 'c'",
            "DROP DOMAIN d",
        ),
        key => panic!("{key}"),
    };
    let text = database.value(text);
    database.sql(drop);
    database.sql(&text);
}

#[test]
fn without_the_right_to_temporary_objects_the_proof_is_made_beside() {
    let mut wrong = Vec::new();
    for (made, others) in CASES {
        let database = TestDatabase::new();
        let role = database.cluster().role("LOGIN");
        database.sql(&format!("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC", database.name()));
        database.sql(&format!("GRANT CREATE ON SCHEMA public TO {role}; SET ROLE {role};{TABLE}{}", real(made)));
        block_on(async {
            let session = session(&database.url_as(&role, None)).await;
            let catalog = load(&session, &wanted()).await.expect("a catalog");
            // The body names the table, which is called otherwise there.
            let names_table =
                |sql: &str| sql.to_uppercase().contains("T.S IN") && !sql.contains("VIEW") || sql.contains("= t.a)");
            for (equal, sql) in spellings(made, others) {
                let proof = judge(&session, &catalog, How::Build, sql).await;
                let told = if names_table(sql) {
                    matches!(proof, Proof::Cannot(_) | Proof::Equal)
                } else {
                    (proof == Proof::Equal) == equal
                };
                if !told {
                    wrong.push(format!("{made}\n  {sql}\n  {proof:?}"));
                }
            }
        });
        assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'lockgate%'"), "0", "{made}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn explain_never_proves_and_never_takes_an_equal_one_for_another() {
    let (mut wrong, mut likely) = (Vec::new(), 0);
    for (made, others) in CASES {
        let database = TestDatabase::new();
        database.sql(TABLE);
        database.sql(&real(made));
        block_on(async {
            let session = session(&database.url()).await;
            let catalog = load(&session, &wanted()).await.expect("a catalog");
            for (equal, sql) in spellings(made, others) {
                let proof = judge(&session, &catalog, How::Explain, sql).await;
                likely += usize::from(proof == Proof::Likely);
                if proof == Proof::Equal || equal && matches!(proof, Proof::Differs(..)) {
                    wrong.push(format!("{made}\n  {sql}\n  {proof:?}"));
                }
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(likely >= 10, "{likely}");
}

/// The definition itself and every other of its case, with whether it is equal.
fn spellings<'a>(made: &'a str, others: &[&'a str]) -> Vec<(bool, &'a str)> {
    let others = others.iter().map(|other| (other.starts_with('='), &other[2..]));
    [(true, made)].into_iter().chain(others).collect()
}

#[test]
fn a_definition_that_is_being_changed_is_waited_for_no_longer_than_told() {
    let database = TestDatabase::new();
    database.sql(TABLE);
    database.sql("CREATE VIEW v AS SELECT a FROM t");
    let other = database.session();
    other.sql("BEGIN; LOCK TABLE v, t");
    block_on(async {
        let session = session(&database.url()).await;
        session.send(&Message::users("SET lock_timeout = '50ms'")).await.done().await.expect("a setting");
        let error = load(&session, &wanted()).await.expect_err("a lock");
        assert!(matches!(error, CatalogError::Locked(_)), "{error:?}");
    });
}

#[test]
fn a_proof_leaves_the_callers_transaction_as_it_was() {
    let database = TestDatabase::new();
    database.sql(TABLE);
    let view = "CREATE VIEW {name} AS SELECT a FROM t";
    let trigger = "CREATE TRIGGER {name} BEFORE INSERT ON {target} FOR EACH ROW EXECUTE FUNCTION notify_change()";
    database.sql(&format!("{};{}", real(view), real(trigger)));
    let asked = ["CREATE VIEW {name} AS SELECT a FROM gone", view, "CREATE VIEW {name} AS SELECT 1 / 0 AS a", trigger];
    block_on(async {
        let session = session(&database.url()).await;
        let ask = |sql: &'static str| {
            let session = &session;
            async move { session.send(&Message::users(sql)).await.rows().await.expect("rows") }
        };
        ask("BEGIN; SET LOCAL search_path = public, pg_catalog; CREATE TABLE mine ()").await;
        let catalog = load(&session, &wanted()).await.expect("a catalog");
        let pairs: Vec<(Key, Definition)> = asked.iter().map(|sql| definition(sql)).collect();
        let questions: Vec<Question<'_>> = pairs
            .iter()
            .map(|(key, wanted)| Question {
                key,
                wanted,
                found_key: key,
                found: catalog.get(key).expect("it is there"),
            })
            .collect();
        let proofs = prove(&session, &questions, How::Build).await.expect("proofs");
        let equal: Vec<bool> = proofs.iter().map(|proof| *proof == Proof::Equal).collect();
        assert_eq!(equal, [false, true, false, true], "{proofs:?}");
        let settings = "SELECT current_setting('search_path'), current_setting('check_function_bodies'), current_setting('jit'), \
                        current_setting('plan_cache_mode'), (SELECT count(*) FROM pg_prepared_statements), \
                        pg_my_temp_schema() = 0, to_regclass('mine') IS NOT NULL";
        let told: Vec<String> = ask(settings).await.remove(0).into_iter().flatten().collect();
        assert_eq!(told, ["public, pg_catalog", "on", "on", "auto", "0", "t", "t"]);
        let locks = "SELECT DISTINCT mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname IN ('t', 'v', 'other') \
                     AND l.pid = pg_backend_pid() AND mode <> 'AccessShareLock'";
        assert!(ask(locks).await.is_empty());
        ask("COMMIT").await;
        let outside = prove(&session, &questions, How::Build).await.expect_err("no transaction");
        assert!(matches!(outside, CatalogError::Server(_)), "{outside:?}");
    });
}
