"""One object of what a revision made, changed by hand afterwards."""

import re

from wire import ident, literal


def candidates(statements, base, fresh):
    """[(what, sql)] for everything that the revision made or changed; each changes one object."""
    text = " ".join(statement.text for statement in statements)
    renamed = {name.strip('"').lower() for name in re.findall(r"RENAME\s+TO\s+(\"[^\"]+\"|\w+)", text, re.I)}
    found = []
    for (kind, name), properties in sorted(fresh.items(), key=str):
        before = base.get((kind, name))
        if before == properties:
            continue
        parts = _parts(name)
        # What a renamed table holds was made by an earlier revision.
        if len(parts) > 2 and parts[1].lower() in renamed or parts[-1].lower() in renamed:
            continue
        if before is not None and parts[-1].split("(")[0].lower() not in text.lower():
            continue
        changed = {key for key in set(properties) | set(before or {}) if before is None or before.get(key) != properties.get(key)}
        make = globals().get("_" + kind.replace(" ", "_"))
        if make:
            found += [(f"{kind} {name}: {what}", sql) for what, sql in make(name, parts, properties, changed, before is None, fresh)]
    return found


def _parts(name):
    return [part.strip('"').replace('""', '"') for part in re.findall(r'"(?:[^"]|"")*"|[^.]+', name)]


def _dotted(parts):
    return ".".join(ident(part) for part in parts)


def _column(name, parts, properties, changed, new, fresh):
    table = fresh.get(("table", ".".join(name.split(".")[:-1])))
    if not table or properties.get("generated"):
        return
    alter = f"ALTER TABLE {_dotted(parts[:2])} ALTER COLUMN {ident(parts[2])}"
    if new:
        yield "dropped", f"ALTER TABLE {_dotted(parts[:2])} DROP COLUMN {ident(parts[2])}"
    if "not null" in changed and not properties.get("identity"):
        yield "nullability", f"{alter} {'DROP' if properties.get('not null') else 'SET'} NOT NULL"
    if "default" in changed and not properties.get("identity"):
        if properties.get("default"):
            yield "default dropped", f"{alter} DROP DEFAULT"
        if properties["type"] in ("integer", "bigint", "text", "boolean") and "nextval" not in properties.get("default", ""):
            other = {"boolean": "NOT (%s)" % properties.get("default", "true"), "text": "'mutated'"}.get(properties["type"], "4711")
            yield "default changed", f"{alter} SET DEFAULT {other}"
    if "type" in changed:
        other = {"integer": "bigint", "bigint": "numeric", "text": "varchar(200)", "uuid": "text", "boolean": "text",
                 "timestamp without time zone": "timestamp(3)", "timestamp with time zone": "timestamptz(3)",
                 "jsonb": "json", "smallint": "integer"}.get(properties["type"])
        other = other or ("text" if properties["type"].startswith("character varying") else None)
        if other and not properties.get("identity"):
            yield f"type {other}", f"{alter} TYPE {other} USING {ident(parts[2])}::{other}"


def _constraint(name, parts, properties, changed, new, fresh):
    table, definition = _dotted(parts[:2]), properties["definition"]
    again = f"ALTER TABLE {table} DROP CONSTRAINT {ident(parts[2])}, ADD CONSTRAINT {ident(parts[2])} "
    if not new:
        return
    yield "dropped", f"ALTER TABLE {table} DROP CONSTRAINT {ident(parts[2])}"
    if properties["type"] == "f":
        plain = re.sub(r" ON DELETE (CASCADE|SET NULL|RESTRICT|SET DEFAULT)", "", definition)
        other = plain if plain != definition else re.sub(r"(REFERENCES .*?\))", r"\1 ON DELETE CASCADE", definition, count=1)
        yield "ON DELETE", again + other
    elif properties["type"] == "c":
        expression = re.match(r"CHECK \((.*)\)( NO INHERIT)?( NOT VALID)?$", definition, re.S)
        if expression:
            yield "expression", again + f"CHECK ({expression.group(1)} OR (1 = 2))"
    elif properties["type"] == "u":
        yield "deferrable", again + definition + " DEFERRABLE"


def _index(name, parts, properties, changed, new, fresh):
    definition = properties["definition"]
    if not new or properties.get("constraint") or properties.get("primary"):
        return
    yield "dropped", f"DROP INDEX {_dotted(parts)}"
    if " WHERE " in definition:
        yield "no predicate", f"DROP INDEX {_dotted(parts)}; {definition.split(' WHERE ')[0]}"
    else:
        yield "predicate", f"DROP INDEX {_dotted(parts)}; {definition} WHERE (1 = 1)"
    if " UNIQUE " in definition:
        yield "not unique", f"DROP INDEX {_dotted(parts)}; {definition.replace(' UNIQUE ', ' ', 1)}"


def _view(name, parts, properties, changed, new, fresh):
    body = properties["definition"].strip().rstrip(";")
    if new:
        yield "dropped", f"DROP {'MATERIALIZED ' if properties['kind'] == 'm' else ''}VIEW {_dotted(parts)}"
    if properties["kind"] == "v" and "definition" in changed:
        yield "body", f"CREATE OR REPLACE VIEW {_dotted(parts)} AS SELECT * FROM ({body}) mutated WHERE 1 = 1"


def _function(name, parts, properties, changed, new, fresh):
    definition = properties.get("definition", "")
    if "definition" not in changed:
        return
    if new:
        yield "dropped", f"DROP ROUTINE {name}"
    if "AS $function$" in definition:
        yield "body", definition.replace("AS $function$", "AS $function$\n-- mutated\n", 1)
    if properties["kind"] == "f":
        yield "cost", f"ALTER FUNCTION {name} COST 4711"


def _trigger(name, parts, properties, changed, new, fresh):
    if new:
        yield "dropped", f"DROP TRIGGER {ident(parts[2])} ON {_dotted(parts[:2])}"
    if new:
        yield "disabled", f"ALTER TABLE {_dotted(parts[:2])} DISABLE TRIGGER {ident(parts[2])}"


def _policy(name, parts, properties, changed, new, fresh):
    if new:
        yield "dropped", f"DROP POLICY {ident(parts[2])} ON {_dotted(parts[:2])}"
    if properties.get("using"):
        yield "using", f"ALTER POLICY {ident(parts[2])} ON {_dotted(parts[:2])} USING (1 = 1)"


def _enum(name, parts, properties, changed, new, fresh):
    labels = [label.replace("''", "'") for label in re.findall(r"'((?:[^']|'')*)'", properties.get("labels") or "")]
    if new and len(labels) > 1:
        one, other = literal(labels[0]), literal(labels[1])
        rename = f"ALTER TYPE {_dotted(parts)} RENAME VALUE"
        yield "label order", f"{rename} {one} TO 'between'; {rename} {other} TO {one}; {rename} 'between' TO {other}"


def _domain(name, parts, properties, changed, new, fresh):
    if new:
        yield "nullability", f"ALTER DOMAIN {_dotted(parts)} {'DROP' if properties.get('not null') else 'SET'} NOT NULL"


def _sequence(name, parts, properties, changed, new, fresh):
    if new and " i" not in (properties.get("owner") or ""):
        yield "increment", f"ALTER SEQUENCE {_dotted(parts)} INCREMENT BY 7"


def _comment(name, parts, properties, changed, new, fresh):
    table = re.match(r"table (\S+)$", name)
    column = re.match(r"table column (\S+)$", name)
    if table:
        yield "text", f"COMMENT ON TABLE {table.group(1)} IS 'mutated'"
    elif column:
        yield "text", f"COMMENT ON COLUMN {column.group(1)} IS 'mutated'"
