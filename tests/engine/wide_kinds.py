"""Random statements about objects that are no tables: types, views, code, rights, comments, and what few chains use."""

WEIGHTS = {
    "enum": 2, "enum_label": 1.5, "domain": 1.5, "alter_domain": 1.5, "composite": 1, "alter_composite": 0.8, "range": 0.3, "rename_type": 1,
    "drop_type": 0.8, "view": 3, "replace_view": 1.2, "alter_view": 1, "materialized": 1, "drop_view": 1, "function": 2.5, "replace_function": 1,
    "alter_function": 1.2, "rename_function": 0.6, "drop_function": 1, "procedure": 0.6, "aggregate": 0.3, "event_trigger": 0.5, "grant": 3, "revoke": 1.5,
    "default_privileges": 1, "owner": 1, "comment": 3, "publication": 1, "statistics": 1, "collation": 0.7, "operator": 0.4, "cast": 0.3,
    "text_search": 0.5, "server": 0.5, "foreign_table": 0.5, "extension": 0.8, "schema": 1.2, "do_static": 1.5, "do_dynamic": 1.5, "call": 0.8, "path": 1,
    "drop_schema": 0.3,
}


class Kinds:
    def enum(self):
        labels = self.chance.sample(["low", "mid", "high", "open", "done"], self.chance.randint(0, 4))
        return f"CREATE TYPE {self.new('mood', 'level')} AS ENUM ({', '.join(map(repr, labels))})"

    def enum_label(self):
        type_ = self.one("types", kind="e")
        if not type_:
            return None
        near = self.among(*type_["labels"] or ["low"])
        if self.often(0.3):
            return f"ALTER TYPE {self.named(type_)} RENAME VALUE '{near}' TO '{self.fresh_name('label')}'"
        return f"ALTER TYPE {self.named(type_)} ADD VALUE {self.among('', 'IF NOT EXISTS ')}'{self.fresh_name('label')}'{self.among('', f' BEFORE {near!r}', f' AFTER {near!r}')}"

    def domain(self):
        body = self.among("integer CHECK (VALUE > 0)", "text", "text NOT NULL DEFAULT 'x'", "varchar(9) CONSTRAINT short CHECK (length(VALUE) < 5)",
                          'text COLLATE "C"', "integer CHECK (VALUE > 0) CHECK (VALUE < 9)", "integer[]")
        return f"CREATE DOMAIN {self.new('posint', 'code')} AS {body}"

    def alter_domain(self):
        domain = self.one("types", kind="d")
        if not domain:
            return None
        key = self.one("constraints", domain=self.named(domain)) or self.one("constraints", domain=domain["name"])
        own = key["name"] if key else "short"
        return f"ALTER DOMAIN {self.named(domain)} " + self.among(
            "SET DEFAULT NULL", "DROP DEFAULT", "SET NOT NULL", "DROP NOT NULL", "ADD CHECK (VALUE IS NOT NULL)", "ADD CONSTRAINT more CHECK (VALUE IS NOT NULL) NOT VALID",
            f"DROP CONSTRAINT {own}", f"DROP CONSTRAINT IF EXISTS {own} CASCADE", f"RENAME CONSTRAINT {own} TO {self.fresh_name('short')}", f"VALIDATE CONSTRAINT {own}",
            f"RENAME TO {self.fresh_name('posint', 'code')}")

    def composite(self):
        return f"CREATE TYPE {self.new('pair', 'point3')} AS ({', '.join(self.chance.sample(['x integer', 'y text', 'z numeric(4,1)', 'w varchar(3) COLLATE ' + chr(34) + 'C' + chr(34)], self.chance.randint(1, 3)))})"

    def alter_composite(self):
        type_ = self.one("types", kind="c")
        if not type_:
            return None
        attribute = self.among(*type_["attributes"] or ["x"])
        return f"ALTER TYPE {self.named(type_)} " + self.among(f"ADD ATTRIBUTE {self.among('u', 'v')} integer", f"DROP ATTRIBUTE {attribute}", f"ALTER ATTRIBUTE {attribute} TYPE bigint CASCADE",
                                                               f"RENAME ATTRIBUTE {attribute} TO {self.among('u', 'v')} CASCADE", f"DROP ATTRIBUTE IF EXISTS {attribute} CASCADE")

    def range(self):
        return f"CREATE TYPE {self.new('span')} AS RANGE (subtype = {self.among('numeric', 'float8', 'text')})"

    def rename_type(self):
        type_, schema = self.one("types"), self.one("schemas")
        return type_ and f"ALTER TYPE {self.named(type_)} {self.among('RENAME TO ' + self.fresh_name('mood', 'pair', 'kind'), 'SET SCHEMA ' + schema['name'], 'OWNER TO app_writer')}"

    def drop_type(self):
        type_ = self.one("types")
        return type_ and f"DROP {'DOMAIN' if type_['kind'] == 'd' else 'TYPE'} {self.among('', 'IF EXISTS ')}{self.named(type_)}{self.among('', ' CASCADE')}"

    def query(self):
        source = self.one("relations", kind=("r", "p", "v", "m"))
        if not source or not source["columns"]:
            return None
        columns = self.columns_of(source, 3)
        name = self.named(source)
        other = self.one("relations", kind=("r", "v"))
        return self.among(f"SELECT {', '.join(columns)} FROM {name}", f"SELECT * FROM {name}", f"SELECT s.{columns[0]} AS {columns[0]} FROM {name} s WHERE s.{columns[-1]} IS NOT NULL",
                          f"SELECT count(*) AS n FROM {name}", f"SELECT x.{columns[0]} FROM {name} x CROSS JOIN {self.named(other or source)} y", f"SELECT {columns[0]}::text AS t, 1 AS one FROM {name}")

    def view(self):
        query = self.query()
        options = self.among("", "", " WITH (security_barrier)", " WITH (security_barrier = on)", *[" WITH (security_invoker = true)"] * (self.version >= 150000))
        return query and f"CREATE {self.among('', '', 'OR REPLACE ')}VIEW {self.new('seen', 'shown')}{options} AS {query}"

    def replace_view(self):
        view, query = self.one("relations", kind="v"), self.query()
        return view and query and f"CREATE OR REPLACE VIEW {self.named(view)}{self.among('', ' WITH (security_barrier)')} AS {query}"

    def alter_view(self):
        view = self.one("relations", kind="v")
        column = view and self.column_of(view)
        if not column:
            return None
        return f"ALTER VIEW {self.among('', 'IF EXISTS ')}{self.named(view)} " + self.among("SET (security_barrier = true)", "RESET (security_barrier)", f"ALTER {column['name']} SET DEFAULT NULL", f"RENAME COLUMN {column['name']} TO {self.among('p', 'q')}",
                                                              "SET (check_option = local)", "OWNER TO app_writer")

    def materialized(self):
        view = self.one("relations", kind="m")
        if view and self.often(0.4):
            return self.among(f"REFRESH MATERIALIZED VIEW {self.named(view)}", f"DROP MATERIALIZED VIEW {self.among('', 'IF EXISTS ')}{self.named(view)}")
        query = self.query()
        return query and f"CREATE MATERIALIZED VIEW {self.among('', 'IF NOT EXISTS ')}{self.new('kept')} AS {query}{self.among('', ' WITH NO DATA')}"

    def drop_view(self):
        view = self.one("relations", kind="v")
        return view and f"DROP VIEW {self.among('', 'IF EXISTS ')}{self.named(view)}{self.among('', ' CASCADE')}"

    def function(self):
        number = self.chance.randint(1, 9)
        table = self.table_there()
        attributes = self.among("", " IMMUTABLE", " STABLE STRICT", " SECURITY DEFINER", " COST 50 PARALLEL SAFE", " SET search_path = public", " LEAKPROOF")
        return f"CREATE {self.among('', '', 'OR REPLACE ')}" + self.among(
            f"FUNCTION {self.new('calc')}({self.among('n integer', 'integer', 'n integer DEFAULT 5', 'a text, b text[]', 'VARIADIC n integer[]')}) RETURNS integer LANGUAGE sql{attributes} AS $$ SELECT {number} $$",
            f"FUNCTION {self.new('calc')}() RETURNS trigger LANGUAGE plpgsql{attributes if 'STRICT' not in attributes else ''} AS $$ BEGIN RETURN NEW; END $$",
            f"FUNCTION {self.new('rows_of')}(OUT a integer, OUT b text) LANGUAGE sql AS $$ SELECT {number}, 'x' $$",
            f"FUNCTION {self.new('rows_of')}() RETURNS SETOF {self.named(table) if table else 'integer'} LANGUAGE sql STABLE ROWS 10 AS $$ SELECT NULL::{self.named(table) if table else 'integer'} $$",
            *[f"FUNCTION {self.new('calc')}(n integer) RETURNS integer LANGUAGE sql RETURN n + {number}"] * (self.version >= 140000),
            f"FUNCTION {self.new('calc')}(m {self.type()}) RETURNS {self.among('void', 'text')} LANGUAGE plpgsql AS $$ BEGIN RETURN; END $$")

    def _function(self, *kinds):
        return self.one("functions", kind=kinds or ("f",))

    def _signature(self, function):
        return f"{self.named(function)}({function['arguments']})"

    def replace_function(self):
        function = self.one("functions", kind="f", result="integer")
        return function and f"CREATE OR REPLACE FUNCTION {self._signature(function)} RETURNS integer LANGUAGE sql AS $$ SELECT {self.chance.randint(10, 99)} $$"

    def alter_function(self):
        function = self._function("f", "p")
        return function and f"ALTER ROUTINE {self._signature(function)} " + self.among("SECURITY DEFINER", "STABLE", "COST 7", "SET search_path = ''", "RESET ALL", "SET work_mem = '8MB'", "OWNER TO app_writer", "PARALLEL SAFE", "STRICT")

    def rename_function(self):
        function, schema = self._function("f", "p"), self.one("schemas")
        return function and f"ALTER ROUTINE {self._signature(function)} {self.among('RENAME TO ' + self.fresh_name('calc'), 'SET SCHEMA ' + schema['name'])}"

    def drop_function(self):
        function = self._function("f", "p", "a")
        word = {"f": "FUNCTION", "p": "PROCEDURE", "a": "AGGREGATE"}.get(function and function["kind"])
        return function and f"DROP {word} {self.among('', 'IF EXISTS ')}{self._signature(function)}{self.among('', ' CASCADE')}"

    def procedure(self):
        return f"CREATE {self.among('', 'OR REPLACE ')}PROCEDURE {self.new('work')}({self.among('', 'n integer')}) LANGUAGE sql AS $$ SELECT 1 $$"

    def aggregate(self):
        return f"CREATE AGGREGATE {self.new('total')}(integer) (SFUNC = int4pl, STYPE = integer{self.among('', ', INITCOND = ' + chr(39) + '0' + chr(39))})"

    def event_trigger(self):
        there = self.one("event_triggers")
        if there:
            return self.among(f"DROP EVENT TRIGGER {there['name']}", f"ALTER EVENT TRIGGER {there['name']} {self.among('DISABLE', 'ENABLE', 'ENABLE ALWAYS')}", f"ALTER EVENT TRIGGER {there['name']} RENAME TO {self.fresh_name('watch')}")
        made = ["CREATE OR REPLACE FUNCTION watching() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$",
                f"CREATE EVENT TRIGGER {self.fresh_name('watch')} ON {self.among('ddl_command_end', 'sql_drop', 'ddl_command_start')} {self.among('', 'WHEN TAG IN (' + chr(39) + 'CREATE TABLE' + chr(39) + ') ')}EXECUTE FUNCTION watching()"]
        return [text.replace("WHEN TAG IN ('CREATE TABLE') ", "") if "sql_drop" in text else text for text in made]

    def right(self):
        relation, function, type_, schema = self.one("relations"), self._function("f", "p", "a"), self.one("types"), self.one("schemas")
        choices = [f"{self.among('USAGE', 'CREATE', 'ALL')} ON SCHEMA {schema['name']}"]
        if relation:
            name, columns = self.named(relation), ", ".join(self.columns_of(relation)) if relation["kind"] != "S" else "a"
            word = "SEQUENCE " if relation["kind"] == "S" else self.among("", "TABLE ")
            choices += [f"{self.among('SELECT', 'ALL', 'ALL PRIVILEGES', 'UPDATE')} ON {word}{name}"] * 2
            choices += [f"{self.among('SELECT, INSERT', 'TRUNCATE', 'REFERENCES', f'SELECT ({columns})', f'SELECT ({columns}), UPDATE ({columns})', f'ALL ({columns})', f'SELECT, UPDATE ({columns})')} ON {name}"]
            choices += [f"{self.among('SELECT', 'ALL')} ON ALL {self.among('TABLES', 'SEQUENCES')} IN SCHEMA public"]
        if function:
            choices.append(f"{self.among('EXECUTE', 'ALL')} ON ROUTINE {self._signature(function)}")
        if type_:
            choices.append(f"USAGE ON TYPE {self.named(type_)}")
        return self.among(*choices)

    def whom(self):
        return self.among("app_reader", "app_writer", "PUBLIC", "app_reader, app_writer", "CURRENT_USER")

    def grant(self):
        return f"GRANT {self.right()} TO {self.whom()}{self.among('', '', '', ' WITH GRANT OPTION')}"

    def revoke(self):
        return f"REVOKE {self.among('', '', 'GRANT OPTION FOR ')}{self.right()} FROM {self.whom()}{self.among('', ' CASCADE')}"

    def default_privileges(self):
        head = f"ALTER DEFAULT PRIVILEGES{self.among('', ' IN SCHEMA public', ' FOR ROLE app_writer')} "
        return head + self.among("GRANT SELECT ON TABLES TO app_reader", "REVOKE SELECT ON TABLES FROM app_reader", "REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", "GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
                                 "GRANT ALL ON SEQUENCES TO app_writer", "GRANT USAGE ON TYPES TO app_reader", "REVOKE USAGE ON TYPES FROM PUBLIC")

    def owner(self):
        relation, function = self.one("relations"), self._function("f")
        word = {"v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE"}.get(relation and relation["kind"], "TABLE")
        whom = self.among("app_writer", "CURRENT_USER", "prove", "SESSION_USER")
        if function and self.often(0.3):
            return f"ALTER FUNCTION {self._signature(function)} OWNER TO {whom}"
        return relation and f"ALTER {word} {self.named(relation)} OWNER TO {whom}"

    def comment(self):
        text = self.among("'one'", "'two'", "''", "NULL", "E'three\\'s'")
        relation, type_, function, key = self.one("relations"), self.one("types"), self._function("f", "p"), self.one("constraints")
        index, trigger, policy, statistics = self.one("indexes"), self.one("triggers"), self.one("policies"), self.one("statistics")
        choices = [f"SCHEMA {self.one('schemas')['name']}"]
        if relation:
            word = {"v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE", "f": "FOREIGN TABLE"}.get(relation["kind"], "TABLE")
            choices += [f"{word} {self.named(relation)}"] * 3
            choices += [f"COLUMN {self.named(relation)}.{self.column_of(relation)['name']}"] * 3 if relation["columns"] and relation["kind"] != "S" else []
        choices += [f"{'DOMAIN' if type_['kind'] == 'd' else 'TYPE'} {self.named(type_)}"] if type_ else []
        choices += [f"ROUTINE {self._signature(function)}"] if function else []
        choices += [f"CONSTRAINT {key['name']} ON {key['table'] if not key['domain'] else 'DOMAIN ' + key['domain']}"] if key else []
        choices += [f"INDEX {self.named(index)}"] if index else []
        choices += [f"TRIGGER {trigger['name']} ON {trigger['table']}"] if trigger else []
        choices += [f"POLICY {policy['name']} ON {policy['table']}"] if policy else []
        choices += [f"STATISTICS {self.named(statistics)}"] if statistics else []
        choices += [f"EXTENSION {one['name']}" for one in self.all("extensions")[:1]] + [f"SERVER {one['name']}" for one in self.all("servers")[:1]]
        choices += [f"PUBLICATION {one['name']}" for one in self.all("publications")[:1]] + [f"COLLATION {self.named(one)}" for one in self.all("collations")[:1]]
        choices += [f"EVENT TRIGGER {one['name']}" for one in self.all("event_triggers")[:1]]
        return f"COMMENT ON {self.among(*choices)} IS {text}"

    def publication(self):
        there, table = self.one("publications"), self.table_there()
        if not table:
            return None
        name = self.named(table)
        columns = ", ".join(self.columns_of(table) or ["a"])
        listed = self.among(name, name, f"ONLY {name}", *[f"{name} ({columns})", f"{name} WHERE ({columns.split(',')[0]} IS NOT NULL)"] * (self.version >= 150000))
        if there and self.often(0.6):
            return f"ALTER PUBLICATION {there['name']} " + self.among(f"ADD TABLE {listed}", f"SET TABLE {listed}", f"DROP TABLE {name}", "SET (publish = 'insert')", "SET (publish_via_partition_root = true)", f"RENAME TO {self.fresh_name('pub')}", "OWNER TO CURRENT_USER") \
                if self.often(0.8) else f"DROP PUBLICATION {there['name']}"
        whole = self.among(f" FOR TABLE {listed}", f" FOR TABLE {listed}", " FOR ALL TABLES", "", *[" FOR TABLES IN SCHEMA public"] * (self.version >= 150000))
        return f"CREATE PUBLICATION {self.fresh_name('pub')}{whole}{self.among('', ' WITH (publish = ' + chr(39) + 'insert, update' + chr(39) + ')')}"

    def statistics(self):
        there, table = self.one("statistics"), self.table_there("r")
        if there and self.often(0.5):
            return self.among(f"DROP STATISTICS {self.among('', 'IF EXISTS ')}{self.named(there)}", f"ALTER STATISTICS {self.named(there)} RENAME TO {self.fresh_name('stat')}", f"ALTER STATISTICS {self.named(there)} SET STATISTICS 40")
        columns = table and self.columns_of(table, 3)
        if not columns or len(columns) < 2:
            return None
        unnamed = self.version >= 160000 and self.often(0.2)
        return f"CREATE STATISTICS {'' if unnamed else self.new('stat')}{self.among('', ' (ndistinct)', ' (dependencies, mcv)')} ON {', '.join(columns)} FROM {self.named(table)}"

    def collation(self):
        there = self.one("collations")
        if there and self.often(0.4):
            return self.among(f"DROP COLLATION {self.named(there)}{self.among('', ' CASCADE')}", f"ALTER COLLATION {self.named(there)} RENAME TO {self.fresh_name('coll')}")
        made = self.among(f"CREATE COLLATION {self.new('coll')} (locale = 'C')", f'CREATE COLLATION {self.new("coll")} FROM "C"', f"CREATE COLLATION {self.new('coll')} (provider = icu, locale = 'de')")
        table = self.table_there("r")
        return (made, f"ALTER TABLE {self.named(table)} ADD COLUMN zz text COLLATE {made.split()[2]}") if table and self.often(0.5) else made

    def operator(self):
        there = self.one("operators")
        if there and self.often(0.5):
            return f"DROP OPERATOR {there['schema']}.{there['name']} ({there['left']}, {there['right']})"
        return f"CREATE OPERATOR {self.among('===', '~~~')} (FUNCTION = {self.among('int4eq', 'texteq')}, LEFTARG = {self.among('integer', 'text')}, RIGHTARG = {self.among('integer', 'text')})"

    def cast(self):
        return self.among("CREATE CAST (text AS integer) WITH INOUT AS ASSIGNMENT", "DROP CAST (text AS integer)", "DROP CAST IF EXISTS (text AS integer)")

    def text_search(self):
        there, other = self.one("configurations"), self.one("dictionaries")
        if there and self.often(0.6):
            return self.among(f"ALTER TEXT SEARCH CONFIGURATION {self.named(there)} ALTER MAPPING FOR asciiword WITH simple", f"DROP TEXT SEARCH CONFIGURATION {self.named(there)}",
                              f"ALTER TEXT SEARCH CONFIGURATION {self.named(there)} RENAME TO {self.fresh_name('conf')}", f"COMMENT ON TEXT SEARCH CONFIGURATION {self.named(there)} IS 'c'")
        return self.among(f"CREATE TEXT SEARCH CONFIGURATION {self.new('conf')} (COPY = english)", f"CREATE TEXT SEARCH DICTIONARY {self.new('dict')} (TEMPLATE = simple)",
                          f"DROP TEXT SEARCH DICTIONARY {self.named(other)} CASCADE" if other else "")

    def server(self):
        there = self.one("servers")
        if there:
            return self.among(f"ALTER SERVER {there['name']} OPTIONS (SET host 'other')", f"CREATE USER MAPPING FOR CURRENT_USER SERVER {there['name']} OPTIONS (user 'x')", f"DROP SERVER {there['name']}{self.among('', ' CASCADE')}",
                              f"DROP USER MAPPING IF EXISTS FOR CURRENT_USER SERVER {there['name']}", f"ALTER SERVER {there['name']} RENAME TO {self.fresh_name('remote')}", f"GRANT USAGE ON FOREIGN SERVER {there['name']} TO app_reader")
        return "CREATE EXTENSION IF NOT EXISTS postgres_fdw", f"CREATE SERVER {self.fresh_name('remote')} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'one')"

    def foreign_table(self):
        server, there = self.one("servers"), self.one("relations", kind="f")
        if there and self.often(0.6):
            return self.among(f"ALTER FOREIGN TABLE {self.named(there)} ADD COLUMN far text", f"DROP FOREIGN TABLE {self.named(there)}", f"ALTER FOREIGN TABLE {self.named(there)} OPTIONS (ADD fetch_size '9')")
        return server and f"CREATE FOREIGN TABLE {self.new('afar')} (a integer, b text NOT NULL OPTIONS (column_name 'z')) SERVER {server['name']} OPTIONS (table_name 'x')"

    def extension(self):
        there = self.one("extensions")
        if there and self.often(0.4):
            return f"DROP EXTENSION {self.among('', 'IF EXISTS ')}{there['name']}{self.among('', ' CASCADE')}"
        table = self.table_there("r")
        made = self.among("CREATE EXTENSION IF NOT EXISTS pg_trgm", "CREATE EXTENSION citext", "CREATE EXTENSION IF NOT EXISTS hstore", "CREATE EXTENSION btree_gist", "CREATE EXTENSION pgcrypto")
        uses = {"pg_trgm": "CREATE INDEX trgm_idx ON {} USING gin (({}::text) gin_trgm_ops)", "citext": "ALTER TABLE {} ADD COLUMN ci citext UNIQUE", "hstore": "ALTER TABLE {} ADD COLUMN hs hstore DEFAULT ''"}
        use = uses.get(made.split()[-1])
        column = table and self.column_of(table)
        return (made, use.format(self.named(table), column["name"])) if use and column and self.often(0.6) else made

    def schema(self):
        there = [one["name"] for one in self.all("schemas") if one["name"] != "public"]
        if there and self.often(0.25):
            return f"ALTER SCHEMA {self.among(*there)} RENAME TO {self.among('north', 'south', 'east')}"
        return f"CREATE SCHEMA {self.among('', 'IF NOT EXISTS ')}{self.among('north', 'south')}{self.among('', '', ' AUTHORIZATION app_writer', ' CREATE TABLE inside (id integer PRIMARY KEY) CREATE VIEW within AS SELECT id FROM inside')}"

    def drop_schema(self):
        there = [one["name"] for one in self.all("schemas") if one["name"] != "public"]
        return f"DROP SCHEMA {self.among('', 'IF EXISTS ')}{self.among(*there)}{self.among('', ' CASCADE')}" if there else None

    def do_static(self):
        """Definitions in a block, guarded or not."""
        body = [made for made in (self.add_column(), self.enum(), self.index(), self.add_constraint(), self.drop_column(), self.comment()) if isinstance(made, str)]
        one = self.among(*body) if body else "PERFORM 1"
        return self.among(f"DO $do$ BEGIN {one}; END $do$", f"DO $do$ BEGIN IF 1 = 1 THEN {one}; END IF; END $do$",
                          f"DO $do$ BEGIN {one}; EXCEPTION WHEN duplicate_object OR duplicate_table OR duplicate_column THEN NULL; END $do$")

    def do_dynamic(self):
        """What it does no text tells."""
        table = self.one("relations", kind="r", schema="public")
        if not table:
            return None
        loop = "DO $do$ DECLARE r record; BEGIN FOR r IN {} LOOP EXECUTE format({}); END LOOP; END $do$"
        return self.among(
            loop.format(f"SELECT indexrelid::regclass AS i FROM pg_index WHERE indrelid = '{table['name']}'::regclass AND NOT indisprimary AND NOT indisunique", "'DROP INDEX %s', r.i"),
            loop.format(f"SELECT conname FROM pg_constraint WHERE conrelid = '{table['name']}'::regclass AND contype IN ('c', 'f')", f"'ALTER TABLE {table['name']} DROP CONSTRAINT %I', r.conname"),
            loop.format(f"SELECT relname FROM pg_class WHERE relname = '{table['name']}' AND relkind = 'r'", "'CREATE POLICY %I ON %I USING (true)', 'pol' || 1, r.relname"),
            loop.format("SELECT 'g' AS c", f"'ALTER TABLE {table['name']} ADD COLUMN %I integer', r.c"),
            loop.format("SELECT 'idx' AS c", f"'CREATE INDEX %I ON {table['name']} ((1))', r.c || 1"),
            loop.format(f"SELECT '{self.fresh_name('alpha', 'beta')}' AS c", "'DROP TABLE IF EXISTS %I CASCADE', r.c"),
            f"DO $do$ BEGIN EXECUTE 'CREATE TABLE {self.fresh_name('alpha', 'beta')} (id integer PRIMARY KEY, a text)'; END $do$")

    def call(self):
        """Definitions by a function that is called."""
        made = self.add_column()
        if not isinstance(made, str):
            return None
        return (f"CREATE OR REPLACE FUNCTION doing() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN {made}; END $f$", "SELECT doing()") + self.among((), ("DROP FUNCTION doing()",))

    def path(self):
        """Names resolve along the path, which no revision hands on."""
        schema = self.one("schemas")
        made = self.table()
        return f"SET {self.among('', 'LOCAL ')}search_path = {schema['name']}, public", made, *self.among((), ("RESET search_path",), ("SET search_path = public",))
