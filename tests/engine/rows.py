"""The rows of a database, as multisets, and which columns differ from one fresh run to the next."""

from collections import Counter

from catalog import HISTORY
from wire import ident

_TABLES = f"""SELECT n.nspname, c.relname, c.relkind, array_to_json(array(SELECT a.attname FROM pg_attribute a
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname))::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname NOT LIKE '{HISTORY}%'
  AND (c.relkind IN ('r', 'S') OR c.relkind = 'm' AND c.relispopulated)
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY 1, 2"""


def read(session):
    """{table: (columns, [row])}, and {sequence: position}."""
    import json
    tables, sequences = {}, {}
    places = session.query(_TABLES)
    wanted = []
    for schema, name, kind, columns in places:
        names = json.loads(columns)
        full = f"{ident(schema)}.{ident(name)}"
        if kind == "S":
            wanted.append(f"SELECT last_value, is_called FROM {full}")
        elif names:
            wanted.append(f"SELECT {', '.join(f'{ident(column)}::text' for column in names)} FROM ONLY {full}")
        else:
            wanted.append(f"SELECT count(*)::text FROM ONLY {full}")
    answers = session.results("; ".join(wanted)) if wanted else []
    for (schema, name, kind, columns), rows in zip(places, answers):
        if kind == "S":
            sequences[f"{schema}.{name}"] = int(rows[0][0]) + (rows[0][1] == "t")
        else:
            tables[f"{schema}.{name}"] = (json.loads(columns), rows)
    return tables, sequences


def volatile(one, other):
    """The columns whose values two fresh runs do not share: {(table, column)}."""
    found = set()
    for table, (columns, rows) in one[0].items():
        if table not in other[0] or other[0][table][0] != columns:
            continue
        again = other[0][table][1]
        for at, column in enumerate(columns):
            if Counter(row[at] for row in rows) != Counter(row[at] for row in again):
                found.add((table, column))
    return found


def differences(wanted, found, ignored):
    """One line for each table whose rows differ, and for each sequence that is behind."""
    lines = []
    for table in sorted(set(wanted[0]) | set(found[0])):
        columns, fresh = wanted[0].get(table, ([], []))
        names, here = found[0].get(table, ([], []))
        if columns != names:
            lines.append(f"{table}: columns {names}, in a fresh run {columns}")
            continue
        kept = [at for at, column in enumerate(columns) if (table, column) not in ignored]
        fresh = Counter(tuple(row[at] for at in kept) for row in fresh) if columns else Counter(map(tuple, fresh))
        here = Counter(tuple(row[at] for at in kept) for row in here) if columns else Counter(map(tuple, here))
        if fresh != here:
            missing, extra = fresh - here, here - fresh
            names = [columns[at] for at in kept]
            lines.append(f"{table}: {sum(missing.values())} rows of a fresh run are missing, {sum(extra.values())} others are there;"
                         f" e.g. fresh {_row(names, missing)}, found {_row(names, extra)}")
    for sequence, position in wanted[1].items():
        if sequence in found[1] and found[1][sequence] < position:
            lines.append(f"sequence {sequence}: stands at {found[1][sequence]}, in a fresh run at {position}")
    return lines


def _row(names, counter):
    if not counter:
        return "none"
    row = sorted(counter, key=str)[0]
    return "(" + ", ".join(f"{name}={value}" for name, value in zip(names, row))[:300] + ")"
