"""Random chains, the same for the same seed: tables, columns, constraints, indexes, enums, views, functions, triggers,
renames, drops and data statements, with and without names. What the server refuses is left out by the rehearsal."""

import random

from histories import numbered

TYPES = ["integer", "bigint", "text", "varchar(40)", "numeric(10,2)", "boolean", "timestamptz", "timestamp", "date", "uuid", "jsonb",
         "text[]", "smallint", "double precision"]
DEFAULTS = {"integer": ["0", "42", "(1 + 2)"], "bigint": ["0", "7"], "text": ["''", "'new'", "lower('ABC')"], "varchar(40)": ["'x'"],
            "numeric(10,2)": ["0", "1.50"], "boolean": ["true", "false"], "timestamptz": ["now()", "'2024-01-01'"],
            "timestamp": ["now()", "(now() AT TIME ZONE 'utc')"], "date": ["current_date"], "uuid": ["gen_random_uuid()"],
            "jsonb": ["'{}'", "'{\"a\": 1}'::jsonb"], "text[]": ["'{}'", "ARRAY['a']"], "smallint": ["1"], "double precision": ["0.5"]}
WIDER = {"integer": ["bigint", "numeric"], "bigint": ["numeric"], "varchar(40)": ["text", "varchar(80)"], "smallint": ["integer"],
         "timestamp": ["timestamptz"], "boolean": ["text"], "uuid": ["text"], "date": ["timestamp"]}
NOUNS = "account order invoice item person product ticket message event session device region payment member note".split()
PARTS = "name status amount kind owner_id created_at updated_at note score label total code position active data price".split()


class Chain:
    def __init__(self, seed):
        self.chance = random.Random(f"lockgate {seed}")
        self.tables, self.enums, self.views, self.functions, self.named = {}, {}, {}, {}, []
        self.triggers, self.indexes, self.number = [], [], 0

    def name(self, stem):
        self.number += 1
        return f"{stem}_{self.number}"

    def pick(self, things):
        return self.chance.choice(sorted(things)) if things else None

    def column(self, table, *kinds):
        columns = {name: kind for name, kind in self.tables[table].items() if not kinds or kind in kinds}
        return self.pick(columns)

    def kind(self):
        if self.enums and self.chance.random() < 0.15:
            return self.pick(self.enums)
        return self.chance.choice(TYPES)

    def value(self, kind):
        if kind in self.enums:
            return f"'{self.chance.choice(self.enums[kind])}'"
        return self.chance.choice(DEFAULTS.get(kind, ["NULL"]))

    def definition(self, table, name, kind):
        words = [name, kind]
        dice = self.chance.random()
        if dice < 0.35:
            words.append(f"NOT NULL DEFAULT {self.value(kind)}")
        elif dice < 0.5:
            words.append(f"DEFAULT {self.value(kind)}")
        elif dice < 0.57 and kind in ("integer", "bigint", "numeric(10,2)"):
            words.append(f"CHECK ({name} >= 0)")
        elif dice < 0.62:
            words.append("UNIQUE")
        return " ".join(words)

    # --- statements: each method gives one, or None where it has nothing to work on ---

    def create_table(self):
        name = self.name(self.chance.choice(NOUNS))
        key = self.chance.choice(["serial PRIMARY KEY", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
                                  "bigserial PRIMARY KEY", "uuid PRIMARY KEY DEFAULT gen_random_uuid()"])
        columns, lines = {"id": key.split()[0].replace("big", "").replace("serial", "integer")}, [f"id {key}"]
        for part in self.chance.sample(PARTS, self.chance.randint(2, 5)):
            columns[part] = self.kind()
            lines.append(self.definition(name, part, columns[part]))
        parents = [table for table, held in self.tables.items() if held.get("id") in ("integer", "uuid")]
        if parents and self.chance.random() < 0.5:
            parent = self.pick(parents)
            action = self.chance.choice(["", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON UPDATE CASCADE"])
            columns["parent_id"] = self.tables[parent]["id"]
            lines.append(f"parent_id {columns['parent_id']} REFERENCES {parent} (id){action}")
        if self.chance.random() < 0.3:
            lines.append(f"CONSTRAINT {name}_pair UNIQUE (id, {self.chance.choice(list(columns))})")
        self.tables[name] = columns
        guard = "IF NOT EXISTS " if self.chance.random() < 0.15 else ""
        return f"CREATE TABLE {guard}{name} (\n    " + ",\n    ".join(lines) + "\n)"

    def add_column(self, table):
        name, kind = self.name(self.chance.choice(PARTS)), self.kind()
        self.tables[table][name] = kind
        guard = "IF NOT EXISTS " if self.chance.random() < 0.1 else ""
        text = f"ALTER TABLE {table} ADD COLUMN {guard}{self.definition(table, name, kind)}"
        if self.chance.random() < 0.25:
            other, kind = self.name(self.chance.choice(PARTS)), self.kind()
            self.tables[table][other] = kind
            text += f",\n    ADD COLUMN {self.definition(table, other, kind)}"
        return text

    def drop_column(self, table):
        columns = [name for name in self.tables[table] if name != "id"]
        if len(columns) < 3:
            return None
        name = self.pick(columns)
        del self.tables[table][name]
        return f"ALTER TABLE {table} DROP COLUMN {self.chance.choice(['', 'IF EXISTS '])}{name}"

    def rename_column(self, table):
        old = self.pick([name for name in self.tables[table] if name != "id"])
        if not old:
            return None
        new = self.name(self.chance.choice(PARTS))
        self.tables[table][new] = self.tables[table].pop(old)
        return f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}"

    def rename_table(self, table):
        new = self.name(self.chance.choice(NOUNS))
        self.tables[new] = self.tables.pop(table)
        return f"ALTER TABLE {table} RENAME TO {new}"

    def drop_table(self, table):
        if len(self.tables) < 4:
            return None
        del self.tables[table]
        return f"DROP TABLE {self.chance.choice(['', 'IF EXISTS '])}{table}{self.chance.choice(['', ' CASCADE'])}"

    def replaced_table(self, table):
        """Dropped and made again under its name, with other columns."""
        kept = self.create_table()
        name = list(self.tables)[-1]
        self.tables[table] = self.tables.pop(name)
        return f"DROP TABLE {table} CASCADE", kept.replace(name, table)

    def column_type(self, table):
        column = self.column(table, *WIDER)
        if not column or column == "id":
            return None
        kind = self.chance.choice(WIDER[self.tables[table][column]])
        self.tables[table][column] = kind
        using = f" USING {column}::{kind}" if self.chance.random() < 0.5 else ""
        return f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}{using}"

    def moved_column(self, table):
        """The classic: a new column, filled from the old one, which goes; the new one takes its name."""
        column = self.column(table, "integer", "smallint", "bigint")
        if not column or column in ("id", "parent_id"):
            return None
        new = f"{column}_new"
        self.tables[table][column] = "bigint"
        return (f"ALTER TABLE {table} ADD COLUMN {new} bigint", f"UPDATE {table} SET {new} = {column} * 100",
                f"ALTER TABLE {table} DROP COLUMN {column}", f"ALTER TABLE {table} RENAME COLUMN {new} TO {column}")

    def default(self, table):
        column = self.column(table, *DEFAULTS)
        if not column or column == "id":
            return None
        if self.chance.random() < 0.3:
            return f"ALTER TABLE {table} ALTER {column} DROP DEFAULT"
        return f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {self.value(self.tables[table][column])}"

    def not_null(self, table):
        column = self.column(table, *DEFAULTS)
        if not column or column == "id":
            return None
        if self.chance.random() < 0.3:
            return f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL"
        value = self.value(self.tables[table][column])
        return (f"UPDATE {table} SET {column} = {value} WHERE {column} IS NULL", f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")

    def constraint(self, table):
        number = self.column(table, "integer", "bigint", "numeric(10,2)", "smallint")
        name = self.name(f"{table}_rule") if self.chance.random() < 0.6 else None
        head = f"ALTER TABLE {table} ADD " + (f"CONSTRAINT {name} " if name else "")
        if name:
            self.named.append((table, name))
        dice = self.chance.random()
        if dice < 0.4 and number:
            return f"{head}CHECK ({number} > -1000){self.chance.choice(['', ' NOT VALID'])}"
        if dice < 0.7:
            return f"{head}UNIQUE ({self.column(table)}, id)"
        parents = [other for other, held in self.tables.items() if held.get("id") == "integer"]
        if parents:
            parent, column = self.pick(parents), self.name("ref")
            self.tables[table][column] = "integer"
            action = self.chance.choice(["", " ON DELETE CASCADE", " ON DELETE SET NULL", " DEFERRABLE"])
            return f"ALTER TABLE {table} ADD COLUMN {column} integer", f"{head}FOREIGN KEY ({column}) REFERENCES {parent} (id){action}"
        return None

    def drop_constraint(self, table):
        if not self.named:
            return None
        table, name = self.named.pop(self.chance.randrange(len(self.named)))
        if table not in self.tables:
            return None
        if self.chance.random() < 0.3:
            self.named.append((table, name + "_r"))
            return f"ALTER TABLE {table} RENAME CONSTRAINT {name} TO {name}_r"
        return f"ALTER TABLE {table} DROP CONSTRAINT {name}"

    def index(self, table):
        column = self.column(table, "integer", "bigint", "text", "varchar(40)", "timestamptz", "uuid", "boolean") or "id"
        name = self.name(f"{table}_idx") if self.chance.random() < 0.7 else ""
        if name:
            self.indexes.append(name)
        keys = self.chance.choice([column, f"{column} DESC", f"{column}, id", f"({column}::text)", f"{column} DESC NULLS LAST"])
        tail = self.chance.choice(["", "", f" WHERE {column} IS NOT NULL", " INCLUDE (id)" if "(" not in keys else ""])
        method = self.chance.choice(["", "", " USING btree"])
        return f"CREATE INDEX {name} ON {table}{method} ({keys}){tail}"

    def drop_index(self, table):
        if not self.indexes:
            return None
        name = self.indexes.pop(self.chance.randrange(len(self.indexes)))
        if self.chance.random() < 0.3:
            self.indexes.append(name + "_r")
            return f"ALTER INDEX {name} RENAME TO {name}_r"
        return f"DROP INDEX {self.chance.choice(['', 'IF EXISTS '])}{name}"

    def enum(self):
        name = self.name("kind_type")
        self.enums[name] = self.chance.sample(["low", "mid", "high", "open", "closed", "new", "old"], self.chance.randint(2, 4))
        return f"CREATE TYPE {name} AS ENUM ({', '.join(map(repr, self.enums[name]))})"

    def enum_value(self):
        name = self.pick(self.enums)
        if not name:
            return None
        label, near = self.name("label"), self.chance.choice(self.enums[name])
        if self.chance.random() < 0.3:
            self.enums[name] = [label if old == near else old for old in self.enums[name]]
            return f"ALTER TYPE {name} RENAME VALUE '{near}' TO '{label}'"
        self.enums[name].append(label)
        place = self.chance.choice(["", f" BEFORE '{near}'", f" AFTER '{near}'"])
        return f"ALTER TYPE {name} ADD VALUE {self.chance.choice(['', 'IF NOT EXISTS '])}'{label}'{place}"

    def view(self, table):
        if self.views and self.chance.random() < 0.4:
            name = self.pick(self.views)
            where = self.chance.choice([" WHERE id IS NOT NULL", " WHERE true", ""])
            if self.chance.random() < 0.3:
                return f"DROP VIEW {self.views.pop(name) and name}"
            return f"CREATE OR REPLACE VIEW {name} AS SELECT id, {self.views[name][1]} FROM {self.views[name][0]}{where}"
        name, column = self.name(f"{table}_view"), self.column(table) or "id"
        if column == "id":
            return None
        self.views[name] = (table, column)
        return f"CREATE VIEW {name} AS SELECT id, {column} FROM {table}"

    def function(self):
        if self.functions and self.chance.random() < 0.5:
            name = self.pick(self.functions)
            return f"CREATE OR REPLACE FUNCTION {name}(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT n + {self.chance.randint(1, 9)} $$"
        name = self.name("calc")
        self.functions[name] = True
        return f"CREATE FUNCTION {name}(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT n * {self.chance.randint(2, 9)} $$"

    def trigger(self, table):
        if self.triggers and self.chance.random() < 0.4:
            owner, name = self.triggers.pop()
            return f"DROP TRIGGER {name} ON {owner}" if owner in self.tables else None
        name = self.name("touch")
        self.triggers.append((table, name))
        body = "BEGIN RETURN NEW; END"
        return (f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
                f"CREATE TRIGGER {name} BEFORE {self.chance.choice(['UPDATE', 'INSERT OR UPDATE'])} ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION {name}()")

    def comment(self, table):
        return f"COMMENT ON {self.chance.choice([f'TABLE {table}', f'COLUMN {table}.id'])} IS 'text {self.chance.randint(1, 99)}'"

    def data(self, table):
        column = self.column(table, *DEFAULTS)
        if not column or column in ("id", "parent_id"):
            return None
        value = self.value(self.tables[table][column])
        return self.chance.choice([
            f"UPDATE {table} SET {column} = {value}", f"UPDATE {table} SET {column} = {value} WHERE {column} IS NULL",
            f"INSERT INTO {table} ({column}) VALUES ({value})", f"DELETE FROM {table} WHERE {column} IS NULL",
            f"INSERT INTO {table} ({column}) VALUES ({value}) ON CONFLICT DO NOTHING"])

    def statements(self):
        """One to four statements that belong together."""
        weights = {self.create_table: 3, self.enum: 1, self.enum_value: 1.5, self.function: 1.5}
        on_table = {self.add_column: 6, self.drop_column: 2, self.rename_column: 2, self.rename_table: 0.7, self.drop_table: 0.7,
                    self.replaced_table: 0.4, self.column_type: 2, self.moved_column: 1, self.default: 2, self.not_null: 2,
                    self.constraint: 4, self.drop_constraint: 2, self.index: 5, self.drop_index: 2, self.view: 2, self.trigger: 1.2,
                    self.comment: 1.5, self.data: 1.5}
        if len(self.tables) < 2:
            return [self.create_table()]
        makers = {**weights, **on_table}
        maker = self.chance.choices(list(makers), list(makers.values()))[0]
        made = maker(self.pick(self.tables)) if maker in on_table else maker()
        return [made] if isinstance(made, str) else list(made or ())


def chain(name, seed):
    maker = Chain(seed)
    files = []
    for number in range(maker.chance.randint(8, 12)):
        statements = []
        for _ in range(maker.chance.randint(1, 5)):
            statements += maker.statements()
        files.append((f"step {number + 1}", "".join(text + ";\n" for text in statements)))
    return numbered(name, "generated", files, lenient=True)
