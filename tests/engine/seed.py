"""Three rows in every table: values made from types and constraints, best effort."""

import hashlib
import json
import re

from catalog import HISTORY
from wire import ident, literal

WANTED = 3

_COUNTS = f"""SELECT c.oid::text, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND c.relname NOT IN ('{HISTORY}', '{HISTORY}_events', '__diesel_schema_migrations', '_sqlx_migrations', 'schema_migrations')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY 2, 3"""

_COLUMNS = """SELECT a.attname, format_type(b.oid, CASE WHEN y.typtype = 'd' THEN y.typtypmod ELSE a.atttypmod END), b.typtype, b.typcategory,
  a.attnotnull OR y.typnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
  (SELECT array_to_json(array_agg(e.enumlabel ORDER BY e.enumsortorder))::text FROM pg_enum e WHERE e.enumtypid = b.oid)
FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
  JOIN pg_type b ON b.oid = CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = {0} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""

_KEYS = """SELECT k.contype, k.confrelid::regclass::text, k.confrelid::text,
  (SELECT array_to_json(array_agg(a.attname ORDER BY u.at)) FROM unnest(k.conkey) WITH ORDINALITY u(attnum, at)
     JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum)::text,
  (SELECT array_to_json(array_agg(a.attname ORDER BY u.at)) FROM unnest(k.confkey) WITH ORDINALITY u(attnum, at)
     JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum)::text,
  pg_get_constraintdef(k.oid)
FROM pg_constraint k WHERE k.conrelid = {0} AND k.contype IN ('f', 'c', 'x')"""

_VALUES = {
    "boolean": lambda n: ("true", "false")[n % 2], "uuid": lambda n: literal(_uuid(n)), "json": lambda n: f"'{{\"n\": {n}}}'",
    "jsonb": lambda n: f"'{{\"n\": {n}}}'", "bytea": lambda n: f"'\\x{n:04x}'", "inet": lambda n: f"'10.0.0.{n % 250}'",
    "cidr": lambda n: f"'10.0.{n % 250}.0/24'", "date": lambda n: f"'2024-01-{n % 27 + 1:02}'", "interval": lambda n: f"'{n} hours'",
    "time without time zone": lambda n: f"'10:{n % 60:02}'", "ltree": lambda n: f"'a.b{n}'", "tsvector": lambda n: f"'word{n}'",
    "macaddr": lambda n: f"'08:00:2b:01:02:{n % 250:02x}'", "point": lambda n: f"'({n},{n})'", "oid": str, "xml": lambda n: f"'<a>{n}</a>'",
    "hstore": lambda n: f"'n=>{n}'", '"char"': lambda n: "'a'",
}


def _uuid(n):
    return hashlib.md5(str(n).encode()).hexdigest()


class Seeder:
    """Tops tables up, and remembers which refuse, so that each is tried once in each shape."""

    def __init__(self):
        self.refused = {}
        self.number = 0

    def top_up(self, session):
        """(tables with three rows, tables)."""
        tables = session.query(_COUNTS)
        if not tables:
            return 0, 0
        counts = self._counts(session, tables)
        short = [table for table in tables if counts[table[0]] < WANTED]
        shapes = {table[0]: (session.query(_COLUMNS.format(table[0])), session.query(_KEYS.format(table[0]))) for table in short}
        for table in _parents_first(short, shapes):
            name = f"{table[1]}.{table[2]}"
            shape = json.dumps([shapes[table[0]], [counts.get(key[2]) for key in shapes[table[0]][1]]])
            if self.refused.get(name) == shape:
                continue
            if not self._fill(session, table, *shapes[table[0]], WANTED - counts[table[0]]):
                self.refused[name] = shape
        counts = self._counts(session, tables)
        return sum(count >= WANTED for count in counts.values()), len(tables)

    def _counts(self, session, tables):
        union = " UNION ALL ".join(
            f"SELECT {oid}, count(*) FROM (SELECT FROM {ident(schema)}.{ident(name)} LIMIT {WANTED}) x" for oid, schema, name in tables)
        return {oid: int(count) for oid, count in session.query(union)}

    def _fill(self, session, table, columns, keys, missing):
        full = f"{ident(table[1])}.{ident(table[2])}"
        for _ in range(missing):
            for way in range(4):
                self.number += 1
                if session.attempt(_insert(full, columns, keys, self.number, way)) is None:
                    break
            else:
                return False
        return True


def _parents_first(tables, shapes):
    """By foreign keys; what stands in a circle as it comes."""
    left, done, order = list(tables), set(), []
    short = {table[0] for table in tables}
    while left:
        ready = [table for table in left if all(
            key[2] in done or key[2] == table[0] or key[2] not in short for key in shapes[table[0]][1] if key[0] == "f")]
        ready = ready or left[:1]
        order += ready
        done |= {table[0] for table in ready}
        left = [table for table in left if table not in ready]
    return order


def _insert(table, columns, keys, number, way):
    """Way 0 fills every column; 1 takes values from CHECK; 2 leaves what may be null or has a default; 3 is 2 with values from CHECK."""
    parents, hints = {}, {}
    for kind, _, _, own, theirs, definition in keys:
        if kind == "f":
            target = re.search(r"REFERENCES (?:ONLY )?((?:\"(?:[^\"]|\"\")+\"|[^\s(\"])+)\s*\(", definition).group(1)
            for column, parent in zip(json.loads(own), json.loads(theirs)):
                order = ", ".join(ident(name) for name in json.loads(theirs))
                parents[column] = (f"(SELECT {ident(parent)} FROM {target} ORDER BY {order}"
                                   f" OFFSET {number} % greatest(1, (SELECT count(*) FROM {target})) LIMIT 1)")
        elif kind == "c" and own:
            for column in json.loads(own):
                hints.setdefault(column, []).extend(re.findall(r"'((?:[^']|'')*)'", definition))
    names, values = [], []
    for name, kind, typtype, category, required, default, identity, generated, labels in columns:
        if generated or identity or (default and "nextval(" in default):
            continue
        if way >= 2 and (default is not None or required != "t"):
            continue
        if name in parents:
            value = parents[name]
        elif way in (1, 3) and hints.get(name):
            value = literal(hints[name][number % len(hints[name])].replace("''", "'"))
        elif labels:
            labels_list = json.loads(labels)
            value = literal(labels_list[number % len(labels_list)])
        else:
            value = _value(kind, typtype, category, number, name)
        if value is not None:
            names.append(ident(name))
            values.append(value)
    if not names:
        return f"INSERT INTO {table} DEFAULT VALUES"
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(values)})"


def _text(name, number):
    """Such that it passes what CHECK usually asks of an address, a link or a slug."""
    if "mail" in name.lower():
        return f"u{number}@example.org"
    if "url" in name.lower() or "link" in name.lower():
        return f"https://example.org/{number}"
    return re.sub("[^a-z]", "", name.lower()) + str(number)


def _value(kind, typtype, category, number, name):
    base = re.sub(r"\(.*\)", "", kind).strip()
    if base in _VALUES:
        return _VALUES[base](number)
    if kind.endswith("[]"):
        return "'{}'"
    if typtype == "r":
        return "'empty'"
    if typtype == "c":
        return None
    if category == "N":
        limit = re.match(r"numeric\((\d+),(\d+)\)", kind)
        most = 10 ** (int(limit.group(1)) - int(limit.group(2))) - 1 if limit else 30000
        return str(number % max(1, min(most, 30000)))
    if category == "D":
        return f"'2024-02-{number % 27 + 1:02} 10:00:{number % 60:02}'"
    if category == "S":
        width = re.search(r"\((\d+)\)", kind)
        return literal(_text(name, number)[-int(width.group(1)) if width else -60:])
    if category in ("B", "U", "T", "I", "G", "V"):
        return None
    return "'{}'"
