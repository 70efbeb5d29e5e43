-- A schema whose texts servers of several majors, and a dump that was restored, write in other words.
CREATE SCHEMA beside;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN code AS varchar(8) CHECK (VALUE IN ('a', 'b', 'c')) CHECK (length(VALUE) < 9);
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE users (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mail varchar(80) NOT NULL UNIQUE CHECK (mail LIKE '%@%' AND mail IS DISTINCT FROM ''),
    state varchar(9) DEFAULT 'new' CHECK (state IN ('new', 'old', 'gone')),
    kind char(3) CHECK (kind IN ('abc', 'def')),
    feels mood DEFAULT 'ok' NOT NULL,
    made timestamptz NOT NULL DEFAULT now(),
    made_on date GENERATED ALWAYS AS ((timezone('UTC', '2026-01-01 00:00:00+00'::timestamptz))::date) STORED,
    noted text,
    short text GENERATED ALWAYS AS (substring(noted FROM 1 FOR 3)) STORED,
    tags text[] DEFAULT '{}',
    data jsonb DEFAULT '{"a": [1, 2]}',
    during tstzrange,
    CONSTRAINT whole CHECK (trim(both ' ' FROM noted) = noted AND position('@' IN noted) > 0 AND overlay(noted PLACING 'x' FROM 1 FOR 1) <> '' AND NOT (state = 'new' AND kind IS NULL))
);
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    user_id int NOT NULL REFERENCES users ON DELETE CASCADE ON UPDATE RESTRICT DEFERRABLE INITIALLY DEFERRED,
    amount numeric(10, 2) DEFAULT 0 CHECK (amount BETWEEN 0 AND 1000000),
    placed date NOT NULL DEFAULT CURRENT_DATE,
    code code,
    UNIQUE (user_id, placed) INCLUDE (amount),
    EXCLUDE USING gist (int4range(user_id, user_id + 1) WITH &&) WHERE (amount > 10)
) WITH (fillfactor = 80, autovacuum_enabled = off);
CREATE INDEX ON orders (lower(code), amount DESC NULLS LAST) WHERE code IN ('a', 'b') AND amount > 0;
CREATE INDEX users_at ON users ((made AT TIME ZONE 'UTC'), (data ->> 'k'), (COALESCE(state, 'x')));
CREATE UNIQUE INDEX users_lower ON users (lower(mail) text_pattern_ops) INCLUDE (state);
CREATE INDEX users_data ON users USING gin (data jsonb_path_ops, tags);
CREATE TABLE events (at timestamptz NOT NULL, kind text NOT NULL, n int, PRIMARY KEY (at, kind)) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2027-01-01 00:00+00') PARTITION BY LIST (kind);
CREATE TABLE events_2026_a PARTITION OF events_2026 FOR VALUES IN ('a', 'b');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE INDEX ON events (n);
CREATE TABLE parent (a int NOT NULL CHECK (a > 0), b text);
CREATE TABLE child (c int) INHERITS (parent);
CREATE VIEW big AS
    SELECT o.id, o.amount, u.mail, u.state IN ('new', 'old') AS is_known, count(*) OVER (PARTITION BY u.id ORDER BY o.placed) AS nth,
        CASE u.state WHEN 'new' THEN 1 ELSE 2 END AS rank, (SELECT max(x.amount) FROM orders x WHERE x.user_id = u.id) AS most
    FROM orders o JOIN users u ON u.id = o.user_id LEFT JOIN LATERAL (SELECT e.n FROM events e WHERE e.n = u.id LIMIT 1) AS l ON true
    WHERE o.amount > 100 AND o.code::text = ANY (ARRAY['a', 'b']);
CREATE VIEW grouped WITH (security_barrier) AS SELECT id, mail FROM users GROUP BY id;
CREATE VIEW joined AS SELECT * FROM users JOIN orders USING (id);
CREATE VIEW several AS
    WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5)
    SELECT n FROM r UNION (SELECT id FROM users EXCEPT SELECT user_id FROM orders) ORDER BY 1;
CREATE MATERIALIZED VIEW totals AS SELECT user_id, sum(amount) FILTER (WHERE code IN ('a', 'c')) AS amount FROM orders GROUP BY ROLLUP (user_id);
CREATE UNIQUE INDEX ON totals (user_id);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.tags := '{}'; RETURN NEW; END $$;
CREATE FUNCTION many(a int, b text DEFAULT 'x', VARIADIC c int[] DEFAULT '{1,2}') RETURNS TABLE (d int, e mood)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1, NULL::public.mood';
CREATE TRIGGER touches BEFORE INSERT OR UPDATE OF mail, state ON users FOR EACH ROW WHEN (NEW.state IN ('new', 'old')) EXECUTE FUNCTION touch();
CREATE TRIGGER counted AFTER DELETE ON orders REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION touch();
CREATE RULE quiet AS ON DELETE TO parent WHERE OLD.b IN ('x', 'y') DO INSTEAD UPDATE parent SET b = 'z' WHERE parent.a = OLD.a;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users USING (mail = current_user AND state IN ('new', 'old') AND id IN (SELECT orders.user_id FROM orders)) WITH CHECK (kind IS NOT NULL);
CREATE STATISTICS both_of (ndistinct, mcv) ON user_id, placed FROM orders;
CREATE TABLE beside.rooms (id int PRIMARY KEY, of_user int REFERENCES users, during int4range DEFAULT '[1,3)');
CREATE VIEW beside.rooms_of AS SELECT r.id, u.mail FROM beside.rooms r, users u WHERE r.of_user = u.id AND r.during @> 2;
CREATE SEQUENCE numbers AS int START 10 INCREMENT 5 CYCLE;
COMMENT ON TABLE users IS 'who buys; it''s "all"';
COMMENT ON COLUMN users.mail IS E'two\nlines';
