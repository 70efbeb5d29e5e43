//! The properties that are read of each kind of object, and the comparisons that structure alone decides.

use lockgate::catalog::{
    Column, Comparison, Constraint, ConstraintKind, DefaultValue, Definition, ForeignKey, Found, Key, Publication,
    Published, Table, TableProperty, Wanted, compare, load, surroundings,
};
use lockgate::connect::Message;
use lockgate::sql::{Template, TypeName};

use super::{block_on, path, public, session};
use crate::support::TestDatabase;

const SCHEMA: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TYPE pair AS (a int, b varchar(3)[]);
    CREATE TABLE parent (x int, y int, PRIMARY KEY (x, y));
    CREATE TABLE t (
        id bigserial PRIMARY KEY,
        i int GENERATED ALWAYS AS IDENTITY,
        n numeric(10) NOT NULL DEFAULT 0,
        c char, ts timestamp(3), words varchar(20)[], m mood, p pair, k text COLLATE \"C\",
        g int GENERATED ALWAYS AS (1 + 1) STORED,
        x int, y int, u int UNIQUE,
        CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES parent ON DELETE SET NULL,
        CONSTRAINT positive CHECK (u > 0)
    ) WITH (fillfactor = 70);
    CREATE INDEX plain ON t (u);
    CREATE TABLE parts (at date, id int) PARTITION BY RANGE (at);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE MATERIALIZED VIEW m AS SELECT id FROM t;
    COMMENT ON COLUMN t.u IS 'unique';
    ALTER TABLE t ENABLE ROW LEVEL SECURITY;
    ALTER TABLE t ALTER x SET STATISTICS 500;
    GRANT SELECT ON t TO PUBLIC;
    GRANT UPDATE (u) ON t TO PUBLIC;
    CREATE FUNCTION f(int, VARIADIC text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
    CREATE PUBLICATION pub FOR TABLE t;
";

fn wanted() -> Wanted {
    let names = |names: &[&str]| names.iter().map(|name| public(name)).collect();
    Wanted {
        relations: names(&["t", "parent", "parts", "parts_1", "m", "t_id_seq", "plain", "gone"]),
        types: names(&["mood", "pair"]),
        functions: names(&["f"]),
        schemas: ["public".to_owned(), "gone".to_owned()].into(),
        roles: ["pg_monitor".to_owned()].into(),
        extensions: ["plpgsql".to_owned()].into(),
        publications: ["pub".to_owned()].into(),
        event_triggers: ["none".to_owned()].into(),
        ..Wanted::default()
    }
}

fn type_(name: &str, modifiers: &[&str], is_array: bool) -> TypeName {
    let modifiers = modifiers.iter().map(|&word| word.to_owned()).collect();
    TypeName { schema: None, name: name.to_owned(), modifiers, is_array, is_set: false, is_reference: false }
}

fn column(type_: TypeName) -> Definition {
    Definition::Column(Column { type_, collation: None, identity: None, generated: None, path: path() })
}

fn constraint(kind: ConstraintKind, columns: &[&str]) -> Definition {
    Definition::Constraint(Constraint {
        kind,
        build: Template::from_sql(""),
        valid: true,
        deferrable: false,
        initially_deferred: false,
        columns: columns.iter().map(|&name| name.to_owned()).collect(),
        path: path(),
        since: Vec::new(),
    })
}

fn foreign(target_columns: Option<&[&str]>, on_delete: char) -> ConstraintKind {
    ConstraintKind::Foreign(
        ForeignKey {
            target: public("parent"),
            target_columns: target_columns.map(|names| names.iter().map(|&name| name.to_owned()).collect()),
            matching: 's',
            on_update: 'a',
            on_delete,
            delete_columns: Vec::new(),
        }
        .into(),
    )
}

/// A key, the wanted definition under it, and true if the catalog has an equal one.
fn expected() -> Vec<(Key, Definition, bool)> {
    let t = || public("t");
    let of = |name: &str| Key::Column(t(), name.to_owned());
    let named = |name: &str| Key::Constraint(t(), name.to_owned());
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let word = |word: &str| Definition::Word(Some(word.to_owned()));
    let table = |partition_by: Option<&str>, partition_of: Option<&str>| {
        let partition_by = partition_by.map(str::to_owned);
        let partition_of = partition_of.map(|bound| (public("parts"), bound.to_owned()));
        Definition::Table(Table { foreign: false, unlogged: false, partition_by, partition_of, inherits: Vec::new() })
    };
    let mut identity = Column {
        type_: type_("int4", &[], false),
        collation: None,
        identity: Some(true),
        generated: None,
        path: path(),
    };
    let with_identity = Definition::Column(identity.clone());
    identity.identity = Some(false);
    let next = |sequence: &str| Definition::Default(Some(DefaultValue::Next(public(sequence))));
    let unique = |columns: &[&str]| ConstraintKind::Unique {
        columns: names(columns),
        include: Vec::new(),
        nulls_not_distinct: false,
    };
    let primary = |columns: &[&str]| ConstraintKind::Primary { columns: names(columns), include: Vec::new() };
    let grant = |of: Key, privilege: &str| Key::Grant(Box::new(of), "public".to_owned(), privilege.to_owned());
    let property = |property| Key::TableProperty(t(), property);
    let option = |name: &str| property(TableProperty::Option(name.to_owned()));
    vec![
        (Key::Relation(t()), table(None, None), true),
        (Key::Relation(t()), table(Some("RANGE (at)"), None), false),
        (Key::Relation(public("parts")), table(Some("range ( at )"), None), true),
        (Key::Relation(public("parts_1")), table(None, Some("FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')")), true),
        (
            Key::Relation(public("parts_1")),
            table(None, Some("FOR VALUES FROM ('2020-01-01') TO ('2022-01-01')")),
            false,
        ),
        (Key::Relation(public("m")), table(None, None), false),
        (of("id"), column(type_("int8", &[], false)), true),
        (of("id"), column(type_("int4", &[], false)), false),
        (Key::Default(t(), "id".to_owned()), next("t_id_seq"), true),
        (Key::Default(t(), "id".to_owned()), next("other_seq"), false),
        (Key::Default(t(), "u".to_owned()), Definition::Default(None), true),
        (Key::Default(t(), "n".to_owned()), Definition::Default(None), false),
        (of("i"), with_identity, true),
        (of("i"), Definition::Column(identity), false),
        (of("i"), column(type_("int4", &[], false)), false),
        (of("n"), column(type_("numeric", &["10"], false)), true),
        (of("n"), column(type_("numeric", &["10", "2"], false)), false),
        (of("c"), column(type_("bpchar", &["1"], false)), true),
        (of("ts"), column(type_("timestamp", &["3"], false)), true),
        (of("ts"), column(type_("timestamptz", &["3"], false)), false),
        (of("words"), column(type_("varchar", &["20"], true)), true),
        (of("words"), column(type_("varchar", &["20"], false)), false),
        (of("m"), column(type_("mood", &[], false)), true),
        (of("k"), column(type_("text", &[], false)), false),
        (of("g"), column(type_("int4", &[], false)), false),
        (Key::NotNull(t(), "n".to_owned()), Definition::NotNull(true), true),
        (Key::NotNull(t(), "u".to_owned()), Definition::NotNull(true), false),
        (named("fk"), constraint(foreign(None, 'n'), &["x", "y"]), true),
        (named("fk"), constraint(foreign(Some(&["x", "y"]), 'n'), &["x", "y"]), true),
        (named("fk"), constraint(foreign(Some(&["y", "x"]), 'n'), &["y", "x"]), true),
        (named("fk"), constraint(foreign(Some(&["y", "x"]), 'n'), &["x", "y"]), false),
        (named("fk"), constraint(foreign(None, 'c'), &["x", "y"]), false),
        (named("t_pkey"), constraint(primary(&["id"]), &["id"]), true),
        (named("t_pkey"), constraint(unique(&["id"]), &["id"]), false),
        (named("t_u_key"), constraint(unique(&["u"]), &["u"]), true),
        (named("t_u_key"), constraint(unique(&["u", "x"]), &["u", "x"]), false),
        (Key::Relation(public("t_u_key")), Definition::ConstraintIndex { table: t() }, true),
        (Key::Relation(public("plain")), Definition::ConstraintIndex { table: t() }, false),
        (Key::Comment(Box::new(of("u"))), word("unique"), true),
        (Key::Comment(Box::new(of("x"))), Definition::Word(None), true),
        (grant(Key::Relation(t()), "SELECT"), Definition::Flag(true), true),
        (grant(Key::Relation(t()), "DELETE"), Definition::Flag(true), false),
        (grant(of("u"), "UPDATE"), Definition::Flag(true), true),
        (property(TableProperty::RowSecurity), Definition::Flag(true), true),
        (property(TableProperty::ForceRowSecurity), Definition::Flag(false), true),
        (property(TableProperty::ReplicaIdentity), word("d"), true),
        (option("fillfactor"), word("70"), true),
        (option("autovacuum_enabled"), Definition::Word(None), true),
        (Key::ColumnProperty(t(), "x".to_owned(), "statistics".to_owned()), word("500"), true),
        (Key::Type(public("mood")), Definition::Enum { labels: names(&["sad", "ok"]) }, true),
        (Key::Type(public("mood")), Definition::Enum { labels: names(&["ok", "sad"]) }, false),
        (
            Key::Type(public("pair")),
            Definition::Composite {
                attributes: vec![
                    ("a".to_owned(), type_("int4", &[], false)),
                    ("b".to_owned(), type_("varchar", &["3"], true)),
                ],
            },
            true,
        ),
        (Key::Schema("public".to_owned()), Definition::Schema, true),
        (Key::Role("pg_monitor".to_owned()), Definition::Role, true),
        (
            Key::Extension("plpgsql".to_owned()),
            Definition::Extension { schema: Some("pg_catalog".to_owned()), version: Some("0.9".to_owned()) },
            true,
        ),
        (
            Key::Extension("plpgsql".to_owned()),
            Definition::Extension { schema: None, version: Some("1.10".to_owned()) },
            false,
        ),
        (Key::Publication("pub".to_owned()), publication(false), true),
        (Key::Publication("pub".to_owned()), publication(true), false),
        (Key::Published("pub".to_owned(), t()), Definition::Published(Published { columns: None, filter: None }), true),
        (
            Key::Published("pub".to_owned(), t()),
            Definition::Published(Published { columns: Some(vec!["id".to_owned()]), filter: None }),
            false,
        ),
    ]
}

#[test]
fn structure_is_compared_from_the_catalogs_columns() {
    let database = TestDatabase::new();
    database.sql(SCHEMA);
    block_on(async {
        let session = session(&database.url()).await;
        // In an open transaction, and its search_path stays.
        session
            .send(&Message::users("BEGIN READ ONLY; SET LOCAL search_path = pg_temp"))
            .await
            .done()
            .await
            .expect("a transaction");
        let catalog = load(&session, &wanted()).await.expect("a catalog");
        let path = session.send(&Message::users("SHOW search_path")).await.rows().await.expect("a path");
        assert_eq!(path, [[Some("pg_temp".to_owned())]]);
        let mut wrong = Vec::new();
        for (key, wanted, equal) in expected() {
            match catalog.get(&key) {
                Some(found) if (compare(&wanted, found) == Comparison::Equal) == equal => {}
                other => wrong.push(format!("{key}: {wanted:?}\n  {other:?}")),
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        for gone in
            [Key::Relation(public("gone")), Key::Schema("gone".to_owned()), Key::EventTrigger("none".to_owned())]
        {
            assert_eq!(catalog.get(&gone), None);
            assert_eq!(catalog.get(&Key::Comment(Box::new(gone))), None);
        }
        let arguments = [vec!["int4".to_owned(), "text[]".to_owned()], vec!["public.mood".to_owned()]];
        for arguments in arguments {
            assert!(catalog.get(&Key::Function(public("f"), arguments.clone())).is_some(), "{arguments:?}");
        }
        let on: Vec<String> = catalog.on(&public("t")).map(|(key, _)| key.to_string()).collect();
        for expected in
            ["column k of public.t", "constraint positive of public.t", "public.plain", "default of public.t.n"]
        {
            assert!(on.iter().any(|key| key == expected), "{expected}: {on:?}");
        }
        assert!(!on.iter().any(|key| key.contains("not_null")), "{on:?}");
        assert_eq!(catalog.is_valid_index(&public("plain")), Some(true));
        assert!(catalog.has_column(&public("t"), "g") && !catalog.has_column(&public("t"), "h"));
        assert!(
            matches!(catalog.get(&Key::Relation(public("t_id_seq"))), Some(Found::Sequence(it)) if it.owner.is_some())
        );
    });
}

#[test]
fn surroundings_are_read_without_a_right() {
    let database = TestDatabase::new();
    database.sql(SCHEMA);
    database.sql("CREATE SCHEMA closed; CREATE TABLE closed.t (id int)");
    let role = database.cluster().role("LOGIN");
    block_on(async {
        let session = session(&database.url_as(&role, None)).await;
        let mentioned = ["t", "plain", "mood", "int4", "f", "now"].map(str::to_owned).into_iter().collect();
        let found = surroundings(&session, &mentioned, &[]).await.expect("surroundings");
        assert_eq!(
            (found.path.as_slice(), found.user.as_str(), found.is_superuser),
            (&path()[..], role.as_str(), false)
        );
        let relations: Vec<String> = found.relations.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        assert_eq!(relations, ["closed.t r", "public.plain i", "public.t r"]);
        let types: Vec<String> = found.types.iter().map(ToString::to_string).collect();
        assert_eq!(types, ["closed.t", "pg_catalog.int4", "public.mood", "public.t"]);
        let functions: Vec<String> = found
            .functions
            .iter()
            .flat_map(|(name, facts)| {
                facts.iter().map(move |it| format!("{name}({}) {}", it.arguments.join(","), it.volatile))
            })
            .collect();
        assert!(functions.contains(&"public.f(int4,text[]) true".to_owned()), "{functions:?}");
        assert!(functions.contains(&"public.f(public.mood) false".to_owned()), "{functions:?}");
        assert!(functions.contains(&"pg_catalog.now() false".to_owned()), "{functions:?}");
        assert!(found.extensions_available.contains_key("plpgsql"));
    });
}

fn publication(all_tables: bool) -> Definition {
    let acts = ["delete", "insert", "truncate", "update"].map(str::to_owned).to_vec();
    Definition::Publication(Publication { all_tables, schemas: Vec::new(), acts, via_root: false, generated: false })
}
