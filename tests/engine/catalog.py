"""The schema of a database as a set of facts: {(kind, name): {property: value}}. Columns are a set; nothing is told by oid."""

import json
from pathlib import Path

HISTORY = "lockgate_history"
QUESTION = (Path(__file__).parent / "catalog.sql").read_text()


def read(session):
    facts = {}
    for kind, name, properties in session.query(f"SET search_path = pg_catalog; {QUESTION}; RESET search_path"):
        facts[kind, name] = {key: value for key, value in json.loads(properties).items() if value is not None}
        if kind == "view" and "definition" in facts[kind, name]:
            facts[kind, name]["definition"] = _as_a_set(facts[kind, name]["definition"])
    return facts


def _as_a_set(definition):
    """A view over `*` has its columns in the order of its table's, which is no part of equality."""
    return "\n".join(sorted(line.strip().removeprefix("SELECT ").rstrip(",") for line in definition.splitlines()))


def differences(wanted, found):
    """One line for each object that differs."""
    lines = []
    for key in sorted(set(wanted) | set(found), key=str):
        kind, name = key
        if key not in found:
            lines.append(f"{kind} {name}: missing, a fresh run has {_short(wanted[key])}")
        elif key not in wanted:
            lines.append(f"{kind} {name}: a fresh run has none; found {_short(found[key])}")
        elif wanted[key] != found[key]:
            for part in sorted(set(wanted[key]) | set(found[key])):
                fresh, here = wanted[key].get(part), found[key].get(part)
                if fresh != here:
                    lines.append(f"{kind} {name}: {part} is {here!r}, in a fresh run {fresh!r}")
    return lines


def _short(properties):
    return ", ".join(f"{key} {value}" for key, value in properties.items() if value not in (False, "", "p", "d"))[:200]
