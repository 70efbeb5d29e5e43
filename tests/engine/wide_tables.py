"""Random statements about tables and what hangs on them."""

WEIGHTS = {
    "table": 9, "table_like": 1.5, "table_inherits": 1, "table_partitioned": 2, "partition": 3, "attach": 1.5, "detach": 0.7,
    "inherit": 0.7, "table_as": 1, "drop_table": 2.5, "swap": 2, "rebuild": 1.2, "rename_relation": 2, "set_schema": 1.2,
    "add_column": 7, "drop_column": 2.5, "rename_column": 2.5, "column_type": 2.5, "default": 2.5, "not_null": 2, "identity": 1.5,
    "drop_expression": 0.4, "column_setting": 1.5, "add_constraint": 5, "using_index": 1, "drop_constraint": 2, "rename_constraint": 1.2,
    "validate": 1, "alter_constraint": 0.6, "index": 5, "drop_index": 2, "rename_index": 1.2, "index_setting": 0.5, "table_setting": 2,
    "row_security": 1, "replica_identity": 0.8, "cluster_on": 0.6, "trigger_state": 1, "trigger": 2, "drop_trigger": 1, "policy": 1.5,
    "alter_policy": 0.7, "drop_policy": 0.7, "rule": 1, "drop_rule": 0.5, "sequence": 1.5, "alter_sequence": 1.5, "owned_by": 1.2,
    "drop_sequence": 0.7, "data": 2.5, "temporary": 1, "if_exists": 1.5,
}
TABLES = ("alpha", "beta", "gamma", "delta")
COLUMNS = ("a", "b", "c", "d", "e", "id")
VALUES = {"integer": ("0", "1 + 1", "NULL", "length('abc')"), "bigint": ("7", "0"), "text": ("'x'", "lower('A')", "''", "NULL", "current_user::text"),
          "character varying": ("'v'",), "numeric": ("1.5", "0"), "boolean": ("true", "1 > 2"), "date": ("'2020-01-01'", "current_date"),
          "timestamp with time zone": ("now()", "'2020-01-01'"), "jsonb": ("'{}'",), "text[]": ("'{}'", "ARRAY['a']"), "character": ("'c'", "NULL")}
TYPES = ("integer", "bigint", "text", "varchar(20)", "numeric(8,2)", "boolean", "date", "timestamptz", "jsonb", "text[]", "char(4)", "smallint",
         "interval", "uuid", "int4", "pg_catalog.int4", "double precision", "bit(3)", "varchar[]", "time(3)", "name", "inet")


class Tables:
    def table_there(self, *kinds):
        return self.one("relations", kind=kinds or ("r", "p"))

    def column_of(self, table, *types):
        columns = [one for one in table["columns"] or [] if not types or one["type"] in types]
        return self.chance.choice(columns) if columns else None

    def columns_of(self, table, most=2):
        names = [one["name"] for one in table["columns"] or []]
        return self.chance.sample(names, min(len(names), self.chance.randint(1, most)))

    def type(self):
        mine = self.one("types")
        if mine and self.often(0.2):
            return self.named(mine) + self.among("", "", "", "[]")
        return self.among(*TYPES)

    def value(self, type_):
        mine = [one for one in self.all("types", kind="e") if type_ in (one["name"], f"{one['schema']}.{one['name']}")]
        if mine:
            return f"'{self.among(*mine[0]['labels'])}'" if mine[0]["labels"] else "NULL"
        for base, values in VALUES.items():
            if type_.startswith(base) or base.startswith(type_.split("(")[0]):
                return self.among(*values)
        return "NULL"

    def column(self, name, constraints=True):
        type_ = self.type()
        words = [name]
        dice = self.chance.random()
        if dice < 0.08:
            words.append(self.among("serial", "bigserial", "smallserial"))
        elif dice < 0.16:
            options = self.among("", "", " (START 10 INCREMENT 2)", " (SEQUENCE NAME own_seq CACHE 5)", " (MINVALUE 5)")
            words.append(f"{self.among('integer', 'bigint')} GENERATED {self.among('ALWAYS', 'BY DEFAULT')} AS IDENTITY{options}")
        elif dice < 0.2:
            words.append("integer GENERATED ALWAYS AS (1 + 2) STORED")
        else:
            words.append(type_)
            if type_ in ("text", "varchar(20)") and self.often(0.15):
                words.append(f"COLLATE {self.among(chr(34) + 'C' + chr(34), 'pg_catalog.' + chr(34) + 'POSIX' + chr(34), chr(34) + 'default' + chr(34))}")
            if self.often(0.3):
                words.append(f"DEFAULT {self.value(type_)}")
            if self.often(0.2):
                words.append(self.among("NOT NULL", "NULL", "NOT NULL"))
        if constraints and self.often(0.3):
            words.append(self.inline(name, words[1]))
        return " ".join(words)

    def inline(self, name, type_):
        named = f"CONSTRAINT {self.fresh_name('own', 'rule')} " if self.often(0.25) else ""
        target = self.table_there()
        choices = ["UNIQUE", "UNIQUE", "PRIMARY KEY", f"CHECK ({name} IS NOT NULL)", f"CHECK ({name} IS NULL OR true) NO INHERIT", "UNIQUE DEFERRABLE"]
        if target:
            column = self.column_of(target)
            choices += [f"REFERENCES {self.named(target)}", f"REFERENCES {self.named(target)} ({column['name'] if column else 'id'}) ON DELETE CASCADE"]
        return named + self.among(*choices)

    def constraint(self, columns, table=None):
        named = f"CONSTRAINT {self.fresh_name('own', 'rule', 'key')} " if self.often(0.4) else ""
        some = self.chance.sample(columns, min(len(columns), self.chance.randint(1, 2)))
        target = self.one("relations", kind=("r", "p")) or {"schema": "public", "name": "alpha", "columns": []}
        listed, one = ", ".join(some), some[0]
        their = self.column_of(target)
        choices = [
            f"UNIQUE ({listed})", f"PRIMARY KEY ({listed})", f"UNIQUE ({listed}) DEFERRABLE INITIALLY DEFERRED", f"CHECK ({one} IS NOT NULL)",
            f"CHECK ({one} IS NOT NULL OR {some[-1]} IS NULL)", "CHECK (1 < 2)", f"UNIQUE ({one}) INCLUDE ({some[-1]})",
            f"EXCLUDE USING btree ({one} WITH =)", f"FOREIGN KEY ({one}) REFERENCES {self.named(target)}", f"UNIQUE ({listed}) WITH (fillfactor = 80)",
            f"FOREIGN KEY ({one}) REFERENCES {self.named(target)} ({their['name'] if their else 'id'}) {self.among('', 'ON DELETE SET NULL', 'ON UPDATE CASCADE DEFERRABLE', 'MATCH FULL')}",
        ]
        if self.version >= 150000:
            choices.append(f"UNIQUE NULLS NOT DISTINCT ({listed})")
        return named + self.among(*choices)

    def table(self, head=None, tail=""):
        name = self.new(*TABLES)
        columns = self.chance.sample(COLUMNS, self.chance.randint(1, 5))
        lines = [self.column(one) for one in columns]
        lines += [self.constraint(columns) for _ in range(self.chance.choices((0, 1, 2, 3), (5, 3, 2, 1))[0])]
        self.chance.shuffle(lines)
        kind = self.among(*["TABLE"] * 8, "UNLOGGED TABLE", "TABLE IF NOT EXISTS")
        tail = tail or self.among("", "", "", "", " WITH (fillfactor = 70)", " WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off)")
        return f"CREATE {kind} {name} ({', '.join(lines)}){tail}"

    def table_like(self):
        source = self.table_there()
        if not source:
            return None
        what = self.among("", " INCLUDING ALL", " INCLUDING DEFAULTS", " INCLUDING CONSTRAINTS INCLUDING INDEXES", " INCLUDING IDENTITY",
                          " INCLUDING ALL EXCLUDING INDEXES", " INCLUDING COMMENTS INCLUDING STORAGE", " INCLUDING GENERATED INCLUDING STATISTICS")
        more = self.among("", "", ", zz_more integer", ", UNIQUE (" + (self.columns_of(source, 1) or ["a"])[0] + ")")
        return f"CREATE TABLE {self.new(*TABLES)} (LIKE {self.named(source)}{what}{more})"

    def table_inherits(self):
        parent = self.table_there("r")
        if not parent:
            return None
        own = self.among("", "", "f integer", "f integer UNIQUE", f"{(self.columns_of(parent, 1) or ['a'])[0]} integer")
        return f"CREATE TABLE {self.new(*TABLES)} ({own}) INHERITS ({self.named(parent)})"

    def table_partitioned(self):
        key, type_ = self.among("a", "b"), self.among("integer", "date", "text")
        rest = self.among("", ", c integer UNIQUE", ", c text DEFAULT 'x' NOT NULL", f", UNIQUE ({key})", f", PRIMARY KEY ({key})", ", d serial",
                          ", d integer GENERATED ALWAYS AS IDENTITY", ", CHECK (" + key + " IS NOT NULL)", ", e integer REFERENCES " + TABLES[0])
        how = self.among("RANGE", "LIST", "HASH")
        return f"CREATE TABLE {self.new('parts', *TABLES)} ({key} {type_}{rest}) PARTITION BY {how} ({key})"

    def bound(self, parent):
        key = parent["key"] or ""
        column = key[key.find("(") + 1:key.find(")")]
        type_ = next((one["type"] for one in parent["columns"] if one["name"] == column), "integer")
        number = self.chance.randint(1, 8)
        values = {"date": f"'202{number}-01-01'", "text": f"'{chr(96 + number)}'"}
        later = {"date": f"'202{number + 1}-01-01'", "text": f"'{chr(97 + number)}'"}
        if key.startswith("HASH"):
            return f"FOR VALUES WITH (MODULUS 4, REMAINDER {number % 4})"
        if self.often(0.2):
            return "DEFAULT"
        if key.startswith("LIST"):
            return f"FOR VALUES IN ({values.get(type_, number)})"
        return f"FOR VALUES FROM ({values.get(type_, number)}) TO ({later.get(type_, number + 1)})"

    def partition(self):
        parent = self.one("relations", kind="p")
        if not parent:
            return self.table_partitioned()
        own = self.among("", "", "", f" (CONSTRAINT pc CHECK ({parent['columns'][0]['name']} IS NOT NULL))", f" ({parent['columns'][-1]['name']} DEFAULT NULL)")
        below = self.among(*[""] * 6, f" PARTITION BY LIST ({parent['columns'][0]['name']})")
        return f"CREATE TABLE {self.new('part', 'slice')} PARTITION OF {self.named(parent)}{own} {self.bound(parent)}{below}"

    def attach(self):
        parent = self.one("relations", kind="p")
        if not parent:
            return None
        child = self.fresh_name("late", "slice")
        how = self.among(f"CREATE TABLE {child} (LIKE {self.named(parent)}{self.among('', ' INCLUDING ALL', ' INCLUDING INDEXES')})",
                         f"CREATE TABLE {child} (" + ", ".join(f"{one['name']} {one['type']}{' NOT NULL' if one['not_null'] else ''}" for one in parent["columns"]) + ")")
        return how, f"ALTER TABLE {self.named(parent)} ATTACH PARTITION {child} {self.bound(parent)}"

    def detach(self):
        child = self.one("relations", partition=True)
        parent = self.one("relations", kind="p")
        return child and parent and f"ALTER TABLE {self.named(parent)} DETACH PARTITION {self.named(child)}"

    def inherit(self):
        parent = self.table_there("r")
        if not parent or not parent["columns"]:
            return None
        child = self.fresh_name("kid", "heir")
        columns = ", ".join(f"{one['name']} {one['type']}{' NOT NULL' if one['not_null'] else ''}" for one in parent["columns"])
        made = [f"CREATE TABLE {child} ({columns})", f"ALTER TABLE {child} INHERIT {self.named(parent)}"]
        return made + [f"ALTER TABLE {child} NO INHERIT {self.named(parent)}"] * self.often(0.3)

    def table_as(self):
        source = self.table_there()
        if not source:
            return None
        columns = ", ".join(self.columns_of(source, 3)) or "1 AS one"
        return self.among(f"CREATE TABLE {self.new(*TABLES)} AS SELECT {columns} FROM {self.named(source)}",
                          f"SELECT {columns} INTO {self.new(*TABLES)} FROM {self.named(source)}")

    def drop_table(self):
        table = self.table_there()
        return table and f"DROP TABLE {self.among('', 'IF EXISTS ')}{self.named(table)}{self.among('', ' CASCADE', ' RESTRICT')}"

    def swap(self):
        """The old table goes aside, a new one takes its name."""
        table = self.one("relations", kind="r", schema="public")
        if not table:
            return None
        name, old = table["name"], f"{table['name']}_old"
        index = self.one("indexes", table=name, of_constraint=False)
        made = [f"ALTER TABLE {name} RENAME TO {old}"]
        if index and self.often(0.5):
            made.append(f"ALTER INDEX {index['name']} RENAME TO {index['name']}_old")
        made.append(self.among(f"CREATE TABLE {name} (LIKE {old} INCLUDING ALL)", f"CREATE TABLE {name} (id integer PRIMARY KEY, a text UNIQUE)",
                               f"CREATE TABLE {name} AS SELECT * FROM {old}"))
        if index and len(made) == 3 and self.often(0.5):
            made.append(f"CREATE INDEX {index['name']} ON {name} (a)")
        return made + ([f"DROP TABLE {old}{self.among('', ' CASCADE')}"] if self.often(0.6) else [])

    def rebuild(self):
        """A new table beside the old one, which it replaces."""
        table = self.one("relations", kind="r", schema="public")
        if not table:
            return None
        name = table["name"]
        key = self.one("constraints", table=name, kind=("p", "u"))
        made = [f"CREATE TABLE tmp_{name} (LIKE {name} INCLUDING {self.among('ALL', 'DEFAULTS', 'INDEXES')})"]
        if key and self.often(0.5):
            columns = (self.columns_of(table, 1) or ["id"])[0]
            made = [f"ALTER TABLE {name} DROP CONSTRAINT {key['name']}", f"CREATE TABLE tmp_{name} ({columns} integer, CONSTRAINT {key['name']} UNIQUE ({columns}))"]
        return made + [f"DROP TABLE {name}", f"ALTER TABLE tmp_{name} RENAME TO {name}"]

    def rename_relation(self):
        thing = self.one("relations")
        word = {"v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE", "f": "FOREIGN TABLE"}.get(thing and thing["kind"], "TABLE")
        return thing and f"ALTER {word} {self.among('', '', 'IF EXISTS ')}{self.named(thing)} RENAME TO {self.fresh_name(*TABLES, 'other')}"

    def set_schema(self):
        thing, schema = self.one("relations"), self.one("schemas")
        word = {"v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE", "f": "FOREIGN TABLE"}.get(thing and thing["kind"], "TABLE")
        return thing and f"ALTER {word} {self.named(thing)} SET SCHEMA {schema['name']}"

    def alter(self, *kinds):
        table = self.table_there(*kinds)
        return table, table and f"ALTER TABLE {self.among('', '', '', '', 'ONLY ', 'IF EXISTS ')}{self.named(table)}"

    def add_column(self):
        table, head = self.alter()
        if not table:
            return None
        more = f", ADD {self.column(self.among(*COLUMNS))}" if self.often(0.2) else ""
        return f"{head} ADD COLUMN {self.among('', '', '', 'IF NOT EXISTS ')}{self.column(self.among(*COLUMNS, 'f', 'g'))}{more}"

    def drop_column(self):
        table, head = self.alter()
        column = table and self.column_of(table)
        return column and f"{head} DROP COLUMN {self.among('', 'IF EXISTS ')}{column['name']}{self.among('', ' CASCADE')}"

    def rename_column(self):
        table, head = self.alter()
        column = table and self.column_of(table)
        return column and f"{head.replace('ONLY ', '')} RENAME COLUMN {column['name']} TO {self.among(*COLUMNS, 'z')}"

    def column_type(self):
        table, head = self.alter()
        column = table and self.column_of(table)
        if not column:
            return None
        type_ = self.among("text", "bigint", "numeric", "varchar(30)", "timestamptz", "jsonb", column["type"])
        using = f" USING {column['name']}::text::{type_}" if self.often(0.5) else ""
        return f"{head.replace('ONLY ', '')} ALTER COLUMN {column['name']} TYPE {type_}{using}"

    def default(self):
        table, head = self.alter()
        column = table and self.column_of(table)
        if not column:
            return None
        return f"{head} ALTER {column['name']} " + self.among("DROP DEFAULT", f"SET DEFAULT {self.value(column['type'])}", f"SET DEFAULT {self.value(column['type'])}")

    def not_null(self):
        table, head = self.alter()
        column = table and self.column_of(table)
        return column and f"{head} ALTER COLUMN {column['name']} {self.among('SET', 'SET', 'DROP')} NOT NULL"

    def identity(self):
        table, head = self.alter()
        column = table and self.column_of(table, "integer", "bigint", "smallint")
        if not column:
            return None
        head = f"{head} ALTER {column['name']}"
        if column["identity"]:
            return self.among(f"{head} DROP IDENTITY{self.among('', ' IF EXISTS')}", f"{head} SET GENERATED {self.among('ALWAYS', 'BY DEFAULT')}", f"{head} SET INCREMENT 3 SET START 9")
        return f"{head} SET NOT NULL", f"{head} ADD GENERATED {self.among('ALWAYS', 'BY DEFAULT')} AS IDENTITY{self.among('', ' (START 5)')}"

    def drop_expression(self):
        table, head = self.alter()
        column = table and next((one for one in table["columns"] or [] if one["generated"]), None)
        return column and f"{head} ALTER {column['name']} DROP EXPRESSION{self.among('', ' IF EXISTS')}"

    def column_setting(self):
        table, head = self.alter()
        column = table and self.column_of(table)
        what = ["SET STATISTICS 50", "SET STORAGE MAIN", "SET STORAGE EXTERNAL", "SET (n_distinct = 5)", "RESET (n_distinct)", "SET (n_distinct = 5, n_distinct_inherited = 6)"]
        what += ["SET COMPRESSION pglz"] if self.version >= 140000 else []
        return column and f"{head} ALTER {column['name']} {self.among(*what)}"

    def add_constraint(self):
        table, head = self.alter()
        if not table or not table["columns"]:
            return None
        late = self.among("", "", "", " NOT VALID")
        return f"{head} ADD {self.constraint([one['name'] for one in table['columns']])}{late}"

    def using_index(self):
        table = self.table_there("r")
        columns = table and self.columns_of(table, 2)
        if not columns:
            return None
        name = self.fresh_name("ready")
        named = self.among("", f"CONSTRAINT {self.fresh_name('own', 'key')} ")
        return (f"CREATE UNIQUE INDEX {name} ON {self.named(table)} ({', '.join(columns)})",
                f"ALTER TABLE {self.named(table)} ADD {named}{self.among('UNIQUE', 'PRIMARY KEY')} USING INDEX {name}")

    def constraint_there(self, *kinds):
        found = [one for one in self.all("constraints", domain=None) if one["table"] != "-" and (not kinds or one["kind"] in kinds)]
        return self.chance.choice(found) if found else None

    def drop_constraint(self):
        key = self.constraint_there()
        return key and f"ALTER TABLE {key['table']} DROP CONSTRAINT {self.among('', 'IF EXISTS ')}{key['name']}{self.among('', ' CASCADE')}"

    def rename_constraint(self):
        key = self.constraint_there()
        return key and f"ALTER TABLE {key['table']} RENAME CONSTRAINT {key['name']} TO {self.fresh_name('own', 'rule', 'renamed')}"

    def validate(self):
        key = self.constraint_there("c", "f")
        return key and f"ALTER TABLE {key['table']} VALIDATE CONSTRAINT {key['name']}"

    def alter_constraint(self):
        key = self.constraint_there("f")
        return key and f"ALTER TABLE {key['table']} ALTER CONSTRAINT {key['name']} {self.among('DEFERRABLE', 'NOT DEFERRABLE', 'DEFERRABLE INITIALLY DEFERRED')}"

    def index(self):
        table = self.one("relations", kind=("r", "p", "m"))
        columns = table and self.columns_of(table)
        if not columns:
            return None
        name = self.among("", f"{self.fresh_name('idx', table['name'] + '_idx')}", f"IF NOT EXISTS {self.fresh_name('idx', 'by')}")
        keys = self.among(", ".join(columns), f"{columns[0]} DESC NULLS LAST", f"({columns[0]} IS NULL)", f"lower({columns[0]}::text)",
                          f"{columns[0]}, ({columns[-1]} IS NOT NULL)", f'({columns[0]}::text) COLLATE "C"')
        tail = self.among("", "", "", f" WHERE {columns[0]} IS NOT NULL", f" INCLUDE ({columns[-1]})", " WITH (fillfactor = 60)")
        return f"CREATE {self.among('', '', 'UNIQUE ')}INDEX {name} ON {self.among('', '', '', 'ONLY ')}{self.named(table)}{self.among('', '', ' USING hash', ' USING brin')} ({keys}){tail}"

    def drop_index(self):
        index = self.one("indexes", of_constraint=False)
        return index and f"DROP INDEX {self.among('', 'IF EXISTS ')}{self.named(index)}{self.among('', ' CASCADE')}"

    def rename_index(self):
        index = self.one("indexes")
        return index and f"ALTER INDEX {self.among('', 'IF EXISTS ')}{self.named(index)} RENAME TO {self.fresh_name('idx', 'renamed')}"

    def index_setting(self):
        index = self.one("indexes")
        return index and f"ALTER INDEX {self.named(index)} {self.among('SET (fillfactor = 50)', 'RESET (fillfactor)')}"

    def table_setting(self):
        table, head = self.alter()
        what = self.among("SET (fillfactor = 90)", "RESET (fillfactor)", "SET (autovacuum_enabled = false, fillfactor = 60)", "SET (toast.autovacuum_enabled = false)",
                          "SET UNLOGGED", "SET LOGGED", "SET WITHOUT CLUSTER", "OWNER TO app_writer", "OWNER TO CURRENT_USER")
        return table and f"{head} {what}"

    def row_security(self):
        table, head = self.alter()
        return table and f"{head} {self.among('ENABLE', 'ENABLE', 'DISABLE', 'FORCE', 'NO FORCE')} ROW LEVEL SECURITY"

    def replica_identity(self):
        index, table = self.one("indexes", unique=True), self.table_there("r")
        if index and self.often(0.6):
            return f"ALTER TABLE {index['table']} REPLICA IDENTITY USING INDEX {index['name']}"
        return table and f"ALTER TABLE {self.named(table)} REPLICA IDENTITY {self.among('FULL', 'NOTHING', 'DEFAULT')}"

    def cluster_on(self):
        index = self.one("indexes")
        return index and f"ALTER TABLE {index['table']} CLUSTER ON {index['name']}"

    def trigger_state(self):
        trigger = self.one("triggers")
        if self.often(0.3):
            rule = self.one("rules")
            return rule and f"ALTER TABLE {rule['table']} {self.among('DISABLE', 'ENABLE', 'ENABLE ALWAYS')} RULE {rule['name']}"
        return trigger and f"ALTER TABLE {trigger['table']} {self.among('DISABLE', 'ENABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA')} TRIGGER {self.among(trigger['name'], trigger['name'], 'ALL', 'USER')}"

    def trigger(self):
        table, function = self.table_there(), self.one("functions", result="trigger")
        if not table or not function:
            return "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
        column = self.column_of(table)
        when = self.among("", "", f" WHEN (NEW.{column['name']} IS NOT NULL)" if column else "")
        event = self.among("INSERT", "UPDATE", "INSERT OR UPDATE", f"UPDATE OF {column['name']}" if column else "UPDATE")
        head = self.among("CREATE TRIGGER", "CREATE TRIGGER", "CREATE CONSTRAINT TRIGGER", *["CREATE OR REPLACE TRIGGER"] * (self.version >= 140000))
        if "CONSTRAINT" in head:
            return f"{head} {self.fresh_name('trg')} AFTER {event} ON {self.named(table)} DEFERRABLE FOR EACH ROW{when} EXECUTE FUNCTION {self.named(function)}()"
        return f"{head} {self.fresh_name('trg')} {self.among('BEFORE', 'AFTER')} {event} ON {self.named(table)} FOR EACH ROW{when} EXECUTE FUNCTION {self.named(function)}()"

    def drop_trigger(self):
        trigger = self.one("triggers")
        return trigger and self.among(f"DROP TRIGGER {self.among('', 'IF EXISTS ')}{trigger['name']} ON {trigger['table']}",
                                      f"ALTER TRIGGER {trigger['name']} ON {trigger['table']} RENAME TO {self.fresh_name('trg')}")

    def policy(self):
        table = self.table_there()
        column = table and self.column_of(table)
        if not column:
            return None
        body = self.among(f"USING ({column['name']} IS NOT NULL)", "USING (true) WITH CHECK (true)", "", f"FOR SELECT TO app_reader USING ({column['name']} IS NULL)",
                          "AS RESTRICTIVE FOR UPDATE TO app_reader, app_writer USING (true)", "FOR INSERT TO CURRENT_USER WITH CHECK (1 > 0)")
        return f"CREATE POLICY {self.fresh_name('pol')} ON {self.named(table)} {body}"

    def alter_policy(self):
        policy = self.one("policies")
        return policy and f"ALTER POLICY {policy['name']} ON {policy['table']} {self.among('TO app_reader', 'USING (false)', 'RENAME TO ' + self.fresh_name('pol'))}"

    def drop_policy(self):
        policy = self.one("policies")
        return policy and f"DROP POLICY {self.among('', 'IF EXISTS ')}{policy['name']} ON {policy['table']}"

    def rule(self):
        table = self.table_there("r")
        return table and f"CREATE {self.among('', 'OR REPLACE ')}RULE {self.fresh_name('rul')} AS ON {self.among('INSERT', 'DELETE')} TO {self.named(table)} {self.among('DO ALSO NOTHING', 'DO INSTEAD NOTHING', 'WHERE 1 = 2 DO INSTEAD NOTHING')}"

    def drop_rule(self):
        rule = self.one("rules")
        return rule and self.among(f"DROP RULE {self.among('', 'IF EXISTS ')}{rule['name']} ON {rule['table']}", f"ALTER RULE {rule['name']} ON {rule['table']} RENAME TO {self.fresh_name('rul')}")

    def sequence(self):
        options = self.among("", " START 5", " AS integer", " INCREMENT BY 10 MINVALUE 10 CACHE 3 CYCLE", " AS smallint MAXVALUE 99")
        return f"CREATE SEQUENCE {self.among('', '', 'IF NOT EXISTS ')}{self.new('seq', 'alpha_id_seq')}{options}"

    def alter_sequence(self):
        sequence = self.one("relations", kind="S")
        return sequence and f"ALTER SEQUENCE {self.among('', 'IF EXISTS ')}{self.named(sequence)} {self.among('INCREMENT BY 5', 'AS bigint', 'CACHE 7 CYCLE', 'NO MAXVALUE', 'START 3', 'OWNED BY NONE')}"

    def owned_by(self):
        sequence, table = self.one("relations", kind="S"), self.table_there("r")
        column = table and self.column_of(table)
        return sequence and column and f"ALTER SEQUENCE {self.named(sequence)} OWNED BY {self.named(table)}.{column['name']}"

    def drop_sequence(self):
        sequence = self.one("relations", kind="S")
        return sequence and f"DROP SEQUENCE {self.among('', 'IF EXISTS ')}{self.named(sequence)}{self.among('', ' CASCADE')}"

    def data(self):
        table = self.table_there("r")
        column = table and self.column_of(table)
        if not column:
            return None
        name, value = column["name"], self.value(column["type"])
        return self.among(f"INSERT INTO {self.named(table)} ({name}) VALUES ({value})", f"UPDATE {self.named(table)} SET {name} = {value}",
                          f"DELETE FROM {self.named(table)} WHERE {name} IS NULL", f"INSERT INTO {self.named(table)} DEFAULT VALUES",
                          f"TRUNCATE {self.named(table)}")

    def temporary(self):
        """A table that goes with its session, and may shadow another meanwhile."""
        table = self.one("relations", kind="r", schema="public")
        name = table["name"] if table and self.often(0.5) else "scratch"
        made = [f"CREATE TEMP TABLE {name} (a integer, q text){self.among('', ' ON COMMIT DROP')}"]
        made += [self.among(f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS g integer", f"CREATE INDEX temp_idx ON {name} (a)", f"INSERT INTO {name} VALUES (1, 'x')", f"COMMENT ON TABLE {name} IS 'temp'")]
        return made + [f"DROP TABLE {name}"] * self.often(0.4)

    def if_exists(self):
        """Often of nothing, and safe by nature."""
        name = self.fresh_name(*TABLES)
        return self.among(f"DROP TABLE IF EXISTS {name}", f"DROP INDEX IF EXISTS {self.fresh_name('idx', 'ready')}", f"ALTER TABLE IF EXISTS {name} DROP COLUMN IF EXISTS {self.among(*COLUMNS)}",
                          f"ALTER TABLE IF EXISTS {name} DROP CONSTRAINT IF EXISTS {self.fresh_name('own', 'rule')}", f"DROP VIEW IF EXISTS {self.fresh_name('seen')}", f"DROP SEQUENCE IF EXISTS {self.fresh_name('seq')}",
                          f"ALTER TABLE IF EXISTS {name} RENAME TO {self.fresh_name(*TABLES)}", f"DROP TYPE IF EXISTS {self.fresh_name('mood', 'pair')} CASCADE", f"CREATE INDEX IF NOT EXISTS {self.fresh_name('idx')} ON {name} (a)",
                          f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {self.among(*COLUMNS)} integer", f"DROP FUNCTION IF EXISTS {self.fresh_name('calc')}(integer)", f"CREATE TABLE IF NOT EXISTS {name} (id integer, a text)")
