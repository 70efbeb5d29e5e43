"""For every revision: the seeded database before it, and what a fresh run of it gives."""

import re
import shutil
import tempfile
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import catalog
import rows
from seed import Seeder
from split import closing
from wire import ServerError, literal


@dataclass
class Boundary:
    """A revision between two states. `base` is a database that may be copied."""
    builder: object
    history: object
    revision: object
    base: str
    chain: Path
    before: dict
    schema: dict
    rows: tuple
    volatile: set
    # The revision after it, and whether tables are seeded.
    next: object
    seeded: bool
    _pair: object = None
    _snapshot: object = None
    _lock: object = field(default_factory=threading.Lock)

    def pair(self):
        """The same for this revision and the next together; nothing where seeds stop the next."""
        with self._lock:
            if self._pair is None:
                self._pair = self.builder.pair(self) or False
            return self._pair or None


    def snapshot(self, pair):
        """A folder with the chain as far as this revision, or the next with `pair`, and the snapshot of a fresh run of it."""
        with self._lock:
            if self._snapshot is None:
                self._snapshot = {}
            if pair not in self._snapshot:
                self._snapshot[pair] = self.builder.snapshot(self.base, self.next if pair else self.revision)
            return Path(self._snapshot[pair].name)


def execute(session, statements):
    """Runs them one by one, each committed by itself; transaction commands are left out."""
    for statement in statements:
        if statement.kind != "control":
            session.results(statement.text)


class Builder:
    def __init__(self, cluster, gate, history, enforces=False):
        self.cluster, self.gate, self.history, self.enforces = cluster, gate, history, enforces
        self.directory = tempfile.TemporaryDirectory(prefix="lockgate-chain-")
        self.chain = Path(self.directory.name)
        self.seeder = Seeder()
        self.tables = (0, 0)
        self.unseeded = []
        self.unsteady = set()

    def close(self):
        self.directory.cleanup()

    def steady(self, schema):
        return {key: facts for key, facts in schema.items() if key not in self.unsteady}

    def schema(self, session):
        """The catalog of a database, without what differs from one fresh run to the next."""
        return self.steady(catalog.read(session))

    def rehearse(self):
        """Applies the chain once to an empty database: what this server cannot run is mended, or ends the chain, visibly."""
        database = self.cluster.clone(label="rehearsal")
        kept = []
        for revision in self.history.revisions:
            error = self._rehearse(database, revision)
            if error is not None:
                self.history.notes.append(f"ends before {revision.file}: {error}")
                break
            if revision.statements:
                kept.append(revision)
        self.cluster.drop(database)
        self.history.revisions = kept
        for revision in kept:
            (self.chain / revision.file).write_text(revision.text)

    def _rehearse(self, database, revision):
        with self.cluster.session(database) as session:
            at = 0
            while at < len(revision.statements):
                statement = revision.statements[at]
                error = session.attempt(statement.text) if statement.kind != "control" else None
                if error is None:
                    at += 1
                    continue
                mended = _with_alias(statement.text, error)
                if mended:
                    revision.text = revision.text.replace(statement.text, mended, 1)
                elif self.history.lenient:
                    revision.text = ";\n".join(s.text for i, s in enumerate(revision.statements) if i != at) + ";\n"
                else:
                    return f"line {statement.line}: {error}"
        return None

    def boundaries(self, wanted=lambda revision: True):
        """A Boundary for each wanted revision, in order. Its base is the receiver's to drop."""
        stamped = self.cluster.clone(label="stamped")
        code, _, stderr = self.gate.run(stamped, self.chain, "stamp", "head", "--unchecked")
        if code != 0:
            raise RuntimeError(f"{self.history.name}: lockgate stamp head --unchecked: exit code {code}\n{stderr}")
        history = f"{self.cluster.schema}.lockgate_history"
        with self.cluster.session(stamped) as session:
            records = dict(session.query(f"SELECT revision, to_jsonb(h)::text FROM {history} h"))
            session.query(f"DELETE FROM {history}")
        # Two lines: one with seeds, and one without for a revision that seeds would stop.
        seeded, plain = self.cluster.clone(stamped, "seeded"), self.cluster.clone(stamped, "plain")
        self.cluster.drop(stamped)
        last = max((i for i, revision in enumerate(self.history.revisions) if wanted(revision)), default=-1)
        try:
            for revision in self.history.revisions[:last + 1]:
                base = self.cluster.clone(seeded, "base") if wanted(revision) else None
                boundary = None
                if self._apply(seeded, revision):
                    if base:
                        boundary = self._boundary(revision, base, seeded, True)
                    self._must_apply(plain, revision)
                else:
                    self.unseeded.append(revision.id)
                    self.cluster.drop(base, seeded)
                    base = self.cluster.clone(plain, "base") if wanted(revision) else None
                    self._must_apply(plain, revision)
                    if base:
                        boundary = self._boundary(revision, base, plain, False)
                    seeded = self.cluster.clone(plain, "seeded")
                if boundary:
                    yield boundary
                record = records[revision.id]
                for database in (seeded, plain):
                    with self.cluster.session(database) as session:
                        session.query(f"INSERT INTO {history} SELECT * FROM"
                                      f" jsonb_populate_record(NULL::{history}, {literal(record)})")
                        if database == seeded:
                            self.tables = self.seeder.top_up(session)
        finally:
            self.cluster.drop(seeded, plain)

    def snapshot(self, base, last):
        directory = tempfile.TemporaryDirectory(prefix="lockgate-chain-")
        for revision in self.history.revisions[:self.history.revisions.index(last) + 1]:
            shutil.copy(self.chain / revision.file, directory.name)
        database = self.cluster.clone(base, "snapshot")
        try:
            for arguments in (["migrate"], ["snapshot", "--database"]):
                code, _, stderr = self.gate.run(database, directory.name, *arguments)
                if code != 0:
                    raise RuntimeError(f"{self.history.name}:{last.id}: lockgate {' '.join(arguments)}: exit code {code}\n{stderr}")
        finally:
            self.cluster.drop(database)
        return directory

    def pair(self, boundary):
        ends = []
        for _ in range(2):
            database = self.cluster.clone(boundary.base, "pair")
            try:
                if not self._apply(database, boundary.revision) or not self._apply(database, boundary.next):
                    return None
                with self.cluster.session(database) as session:
                    ends.append((self.schema(session), rows.read(session)))
            finally:
                self.cluster.drop(database)
        if ends[0][0] != ends[1][0]:
            return None
        return replace(boundary, revision=boundary.next, schema=ends[0][0], rows=ends[0][1],
                       volatile=rows.volatile(ends[0][1], ends[1][1]))

    def _after(self, revision):
        at = self.history.revisions.index(revision)
        return self.history.revisions[at + 1] if at + 1 < len(self.history.revisions) else None

    def _apply(self, database, revision):
        with self.cluster.session(database) as session:
            try:
                execute(session, revision.statements)
            except ServerError:
                return False
        return True

    def _must_apply(self, database, revision):
        with self.cluster.session(database) as session:
            execute(session, revision.statements)

    def _boundary(self, revision, base, applied, seeded):
        with self.cluster.session(applied) as session:
            schema, one = self.schema(session), rows.read(session)
        again = self.cluster.clone(base, "again")
        with self.cluster.session(again) as session:
            before = self.schema(session)
            execute(session, revision.statements)
        with self.cluster.session(again) as session:
            other = self.schema(session), rows.read(session)
        self.cluster.drop(again)
        if other[0] != schema:
            # A `now` that was frozen in a view: what differs is compared no more.
            unsteady = [key for key in schema if schema[key] != other[0].get(key)]
            self.history.notes.append(f"{revision.file}: two fresh runs differ in {', '.join(map(' '.join, unsteady))}, left out")
            self.unsteady |= set(unsteady)
        schema = self.steady(schema)
        return Boundary(self, self.history, revision, base, self.chain, self.steady(before), schema, one, rows.volatile(one, other[1]),
                        self._after(revision), seeded)


def _with_alias(text, error):
    """Before PostgreSQL 16 a subquery in FROM needs an alias; the error points to its parenthesis."""
    if error.sqlstate != "42601" or "subquery in FROM must have an alias" not in error.text or not error.position:
        return None
    end = closing(text, error.position - 1)
    if end is None:
        return None
    return f"{text[:end + 1]} AS unnamed_{error.position}{text[end + 1:]}"


def named(pattern, revision):
    """Whether a selector means this revision: by its id or a part of its name."""
    return re.fullmatch(r"0*" + re.escape(pattern.lstrip("0")), revision.id) is not None or pattern in revision.file
