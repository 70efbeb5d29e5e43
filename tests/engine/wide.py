"""Random chains that are wide in kinds. A real server says at once which statements it takes; the rest is left out. The same seed
gives the same chain on the same version of the server."""

import json
import random
import re
from pathlib import Path

import wide_kinds
import wide_tables
from histories import History, Revision

INVENTORY = (Path(__file__).parent / "wide.sql").read_text()
ROOM = "BEGIN; SET LOCAL check_function_bodies = on"


class Maker(wide_tables.Tables, wide_kinds.Kinds):
    """The makers of statements, over what the database holds now."""

    def __init__(self, seed, version):
        self.chance = random.Random(f"wide {seed}")
        self.version = version
        self.number = 0
        self.there = {}

    def look(self, session):
        self.there = json.loads(session.value(INVENTORY))

    def all(self, what, **wanted):
        found = self.there.get(what) or []
        return [one for one in found if all(one.get(key) in value if isinstance(value, tuple) else one.get(key) == value
                                            for key, value in wanted.items())]

    def one(self, what, **wanted):
        found = self.all(what, **wanted)
        return self.chance.choice(found) if found else None

    def among(self, *words):
        return self.chance.choice(words)

    def often(self, share):
        return self.chance.random() < share

    def named(self, thing):
        """With its schema, where that is not the first of the path, and now and then where it is."""
        if thing["schema"] != "public" or self.often(0.15):
            return f"{thing['schema']}.{thing['name']}"
        return thing["name"]

    def fresh_name(self, *stems):
        """Few names, so that they come again."""
        stem = self.among(*stems)
        return stem if self.often(0.5) else f"{stem}{self.chance.randint(1, 5)}"

    def new(self, *stems):
        schemas = [one["name"] for one in self.all("schemas") if one["name"] != "public"]
        name = self.fresh_name(*stems)
        return f"{self.among(*schemas)}.{name}" if schemas and self.often(0.15) else name

    def makers(self):
        return {**wide_tables.WEIGHTS, **wide_kinds.WEIGHTS}


def chain(server, name, seed, by_hand=False):
    """`by_hand`: its statements also run one by one, each committed by itself, so nothing in it ends with a transaction."""
    maker = Maker(seed, server.version)
    makers = maker.makers()
    database = server.clone(label="wide")
    revisions = []
    try:
        for number in range(maker.chance.randint(3, 6)):
            with server.session(database) as session:
                statements = _revision(maker, makers, session, maker.chance.randint(2, 9))
            if by_hand:
                statements = [re.sub(r" ON COMMIT DROP$|(?<=^SET) LOCAL", "", text) for text in statements]
            if statements:
                revisions.append(Revision(f"{len(revisions) + 1:04}", f"step_{number + 1}", ";\n".join(statements) + ";\n"))
    finally:
        server.drop(database)
    return History(name, "wide", revisions)


def _revision(maker, makers, session, wanted):
    session.query("BEGIN")
    kept = []
    maker.look(session)
    for _ in range(3 * wanted):
        if len(kept) >= wanted:
            break
        made = getattr(maker, maker.chance.choices(list(makers), list(makers.values()))[0])()
        made = [made] if isinstance(made, str) else list(made or ())
        if not made:
            continue
        session.query("SAVEPOINT here")
        if all(session.attempt(text) is None for text in made):
            if session.attempt("RELEASE here") is None:
                kept += made
                maker.look(session)
                continue
        session.query("ROLLBACK TO here; RELEASE here")
    # A constraint may be deferred, and fail only here.
    return kept if session.attempt("SET CONSTRAINTS ALL IMMEDIATE; COMMIT") is None else []
