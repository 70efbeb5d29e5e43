use super::*;

/// A `public` with the table t, its type mood, one function f, two functions g, and an operator `~>`.
struct Public;

impl Names for Public {
    fn relation(&self, name: &str) -> Option<String> {
        ["t", "u"].contains(&name).then(|| "public".to_owned())
    }

    fn type_(&self, name: &str) -> Option<String> {
        (name == "mood").then(|| "public".to_owned())
    }

    fn collation(&self, name: &str) -> Option<String> {
        (name == "german").then(|| "public".to_owned())
    }

    fn function(&self, schema: Option<&str>, name: &str) -> Option<String> {
        match (schema, name) {
            (_, "f") => Some("public".to_owned()),
            (_, "g") => None,
            (schema, _) => Some(schema.unwrap_or("pg_catalog").to_owned()),
        }
    }

    fn is_systems_operator(&self, name: &str) -> bool {
        name != "~>"
    }
}

fn table() -> QualifiedName {
    QualifiedName::new("public", "t")
}

/// The cases with another result than expected.
fn held(cases: &[(&str, &str)], expected: bool, is_same: impl Fn(&str, &str, Words<'_>) -> bool) {
    let table = table();
    let words = Words { names: Some(&Public), table: Some(&table) };
    let wrong: Vec<_> = cases.iter().filter(|(one, other)| is_same(one, other, words) != expected).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn texts_of_one_tree_are_one_expression() {
    let same = [
        ("a > 0", "((a > 0))"),
        ("t.a > 0", "a > 0"),
        ("public.t.a > 0", "a > 0"),
        ("pg_catalog.lower(a)", "lower(a)"),
        ("f(a)", "public.f(a)"),
        ("'ok'::mood", "'ok'::public.mood"),
        ("a COLLATE german", "(a COLLATE public.german)"),
        ("a OPERATOR(pg_catalog.=) b", "a = b"),
        ("timezone('utc', now())", "(now() AT TIME ZONE 'utc')"),
        ("x::int", "(x)::integer"),
        ("-1", "'-1'::integer"),
        ("'a'::varchar::text", "'a'::text"),
        (
            "s::text = ANY (ARRAY['a'::character varying, 'b'::character varying]::text[])",
            "(s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])",
        ),
    ];
    held(&same, true, is_same_expression);
}

#[test]
fn what_may_mean_something_else_is_not_the_same() {
    let different = [
        ("a > 0", "a >= 0"),
        ("lower(a)", "public.lower(a)"),
        ("f(a)", "f(a)"),
        ("g(a)", "public.g(a)"),
        ("u.a > 0", "a > 0"),
        ("other.t.a > 0", "a > 0"),
        ("a ~> b", "a ~> b"),
        ("a = ANY (SELECT 1)", "a <> ANY (SELECT 1)"),
        ("a OPERATOR(public.=) b", "a = b"),
        ("'a'", "'a'::text"),
        ("'01'::integer", "1"),
        ("'1'::bigint", "1"),
        ("'a'::varchar(1)::text", "'a'::text"),
        ("a COLLATE \"C\"", "a"),
        ("ARRAY['a']::text[]", "ARRAY['a']"),
        ("(a).b", "b"),
        ("a AND b OR c", "a AND (b OR c)"),
        ("x::numeric(3)", "x::numeric"),
        ("syntax error", "syntax error"),
    ];
    held(&different, false, is_same_expression);
}

#[test]
fn an_index_is_what_it_makes() {
    let built = "CREATE INDEX own ON t USING btree (lower(a), b DESC) WHERE (b > 0)";
    let same = ["CREATE INDEX CONCURRENTLY own ON t (lower(t.a), b DESC NULLS FIRST) WHERE b > 0", built];
    let different = [
        "CREATE UNIQUE INDEX own ON t (lower(a), b DESC) WHERE b > 0",
        "CREATE INDEX own ON t (lower(a), b) WHERE b > 0",
        "CREATE INDEX own ON t (lower(a), b DESC)",
        "CREATE INDEX own ON t (lower(a) text_pattern_ops, b DESC) WHERE b > 0",
        "CREATE INDEX own ON t (lower(a), b DESC) INCLUDE (c) WHERE b > 0",
        "CREATE INDEX own ON t USING hash (lower(a)) WHERE b > 0",
        "CREATE INDEX own ON t (lower(a), b DESC) WHERE u.b > 0",
    ];
    held(&same.map(|index| (index, built)), true, is_same_statement);
    held(&different.map(|index| (index, built)), false, is_same_statement);
}

#[test]
fn a_trigger_and_a_rule_keep_what_their_qualifiers_say() {
    let trigger = "CREATE TRIGGER own BEFORE UPDATE OF a ON t FOR EACH ROW WHEN ((old.a <> new.a)) EXECUTE FUNCTION public.f('1')";
    let rule = "CREATE RULE own AS ON INSERT TO t DO INSERT INTO public.u (a) VALUES (new.a)";
    let same = [
        (
            "CREATE TRIGGER own BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (OLD.a <> NEW.a) EXECUTE PROCEDURE f(1)",
            trigger,
        ),
        ("CREATE RULE own AS ON INSERT TO t DO ALSO INSERT INTO u (a) VALUES (NEW.a)", rule),
    ];
    let different = [
        (
            "CREATE TRIGGER own BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a <> OLD.a) EXECUTE FUNCTION f(1)",
            trigger,
        ),
        ("CREATE TRIGGER own BEFORE UPDATE ON t FOR EACH ROW WHEN (OLD.a <> NEW.a) EXECUTE FUNCTION f(1)", trigger),
        ("CREATE TRIGGER own BEFORE UPDATE OF a ON t WHEN (OLD.a <> NEW.a) EXECUTE FUNCTION f(1)", trigger),
        ("CREATE RULE own AS ON INSERT TO t DO ALSO INSERT INTO t (a) VALUES (NEW.a)", rule),
        ("CREATE RULE own AS ON INSERT TO t DO INSTEAD INSERT INTO u (a) VALUES (NEW.a)", rule),
        ("CREATE RULE own AS ON UPDATE TO t DO ALSO INSERT INTO u (a) VALUES (OLD.a)", rule),
    ];
    held(&same, true, is_same_statement);
    held(&different, false, is_same_statement);
}

#[test]
fn a_policys_own_columns_need_no_table_and_those_of_its_queries_do() {
    let found = "CREATE POLICY own ON t AS PERMISSIVE FOR ALL TO a, b USING ((EXISTS ( SELECT 1 FROM public.u WHERE (u.a = t.a))) AND (a > 0))";
    let policy = |head: &str, queried: &str, own: &str| {
        format!("CREATE POLICY own ON t {head} USING (EXISTS (SELECT 1 FROM {queried}) AND {own} > 0)")
    };
    let same =
        [policy("TO b, a", "u WHERE u.a = t.a", "t.a"), policy("FOR ALL TO a, b", "public.u WHERE u.a = t.a", "a")];
    let different = [
        policy("FOR SELECT TO a, b", "u WHERE u.a = t.a", "a"),
        policy("AS RESTRICTIVE TO a, b", "u WHERE u.a = t.a", "a"),
        policy("TO a", "u WHERE u.a = t.a", "a"),
        policy("TO a, b", "u WHERE u.a = a", "a"),
        policy("TO a, b", "t AS u WHERE u.a = t.a", "a"),
        policy("TO a, b", "u WHERE u.a = t.a", "u.a"),
    ];
    held(&same.each_ref().map(|policy| (policy.as_str(), found)), true, is_same_policy);
    held(&different.each_ref().map(|policy| (policy.as_str(), found)), false, is_same_policy);
}

#[test]
fn a_domains_checks_have_names_and_no_order() {
    let found = "CREATE DOMAIN own AS integer DEFAULT 1 NOT NULL CONSTRAINT d_check CHECK ((VALUE > 0)) CONSTRAINT d_check1 CHECK ((VALUE < 9))";
    let same = ["CREATE DOMAIN own AS int CHECK (value > 0) NOT NULL CHECK (value < 9) DEFAULT 1"];
    let different = [
        "CREATE DOMAIN own AS int CHECK (value < 9) NOT NULL CHECK (value > 0) DEFAULT 1",
        "CREATE DOMAIN own AS int CHECK (value > 0) CHECK (value < 9) DEFAULT 1",
        "CREATE DOMAIN own AS int CHECK (value > 0) NOT NULL CHECK (value < 9) DEFAULT 2",
        "CREATE DOMAIN own AS int4[] CHECK (value > 0) NOT NULL CHECK (value < 9) DEFAULT 1",
        "CREATE DOMAIN own AS int CONSTRAINT e CHECK (value > 0) NOT NULL CHECK (value < 9) DEFAULT 1",
    ];
    let is_same = |one: &str, other: &str, words: Words<'_>| is_same_domain(one, other, "d", words);
    held(&same.map(|domain| (domain, found)), true, is_same);
    held(&different.map(|domain| (domain, found)), false, is_same);
    let found = "CREATE DOMAIN own AS character varying(3) DEFAULT 'a'::character varying";
    held(&[("CREATE DOMAIN own AS varchar(3) DEFAULT 'a'", found)], true, is_same);
    held(&[("CREATE DOMAIN own AS varchar(3) DEFAULT 'b'", found)], false, is_same);
}

#[test]
fn a_views_query_is_what_it_reads_and_gives() {
    let of_one = "SELECT t.a, lower(t.s) AS lower, (t.b + 1) AS more FROM public.t WHERE (t.a > 0) ORDER BY t.b;";
    let of_two = "SELECT t.a, x.b FROM (public.t LEFT JOIN public.u x ON ((t.a = x.a)));";
    let same = [
        ("CREATE VIEW own AS SELECT a, lower(s), b + 1 AS more FROM t WHERE a > 0 ORDER BY b", of_one),
        (
            "CREATE VIEW own (a, lower, more) AS SELECT x.a, lower(x.s), x.b + 1 FROM public.t x WHERE a > 0 ORDER BY x.b",
            of_one,
        ),
        ("CREATE VIEW own AS SELECT t.a, x.b FROM t LEFT JOIN u AS x ON t.a = x.a", of_two),
        (
            "CREATE VIEW own AS SELECT a FROM t UNION SELECT b FROM u",
            "SELECT t.a FROM public.t UNION SELECT u.b FROM public.u;",
        ),
        (
            "CREATE VIEW own AS WITH w AS (SELECT a FROM t) SELECT a FROM w",
            "WITH w AS (SELECT t.a FROM public.t) SELECT w.a FROM w;",
        ),
    ];
    let different = [
        ("CREATE VIEW own AS SELECT a, lower(s), b + 1 AS less FROM t WHERE a > 0 ORDER BY b", of_one),
        ("CREATE VIEW own AS SELECT a, lower(s), b + 1 AS more FROM u WHERE a > 0 ORDER BY b", of_one),
        ("CREATE VIEW own AS SELECT a, lower(s), b + 1 AS more FROM t WHERE a > 0 ORDER BY b NULLS FIRST", of_one),
        ("CREATE VIEW own AS SELECT a, lower(u.s), b + 1 AS more FROM t WHERE a > 0 ORDER BY b", of_one),
        ("CREATE VIEW own (a, b, more) AS SELECT a, lower(s), b + 1 FROM t WHERE a > 0 ORDER BY b", of_one),
        ("CREATE VIEW own AS SELECT t.a, x.b FROM t JOIN u AS x ON t.a = x.a", of_two),
        ("CREATE VIEW own AS SELECT x.a, x.b FROM t LEFT JOIN u AS x ON t.a = x.a", of_two),
        (
            "CREATE VIEW own AS SELECT a FROM t UNION ALL SELECT b FROM u",
            "SELECT t.a FROM public.t UNION SELECT u.b FROM public.u;",
        ),
        // ORDER BY a means the column with that alias, t.a another.
        ("CREATE VIEW own AS SELECT b AS a FROM t ORDER BY a", "SELECT t.b AS a FROM public.t ORDER BY t.a;"),
        // A WITH query with the name of a relation.
        (
            "CREATE VIEW own AS WITH u AS (SELECT a FROM t) SELECT a FROM u",
            "WITH u AS (SELECT t.a FROM public.t) SELECT u.a FROM u;",
        ),
    ];
    let is_same = |one: &str, other: &str, words: Words<'_>| is_same_query(one, other, Words { table: None, ..words });
    held(&same, true, is_same);
    held(&different, false, is_same);
}
