"""The oracles of a fresh database. psql is the judge: a chain that it accepts must end in lockgate as in psql.

    once      all revisions at once           marker    before one revision, `CREATE TABLE zz` is put first and run by hand:
    stepwise  a `migrate` for each revision             all the rest of it must still run, and the end must agree
    model     what the model states at the end of each of these runs is what the catalog says (only a debug build tells)
"""

import difflib
import random
import tempfile
import time
from pathlib import Path

import catalog
import rows
from cells import CRASH, OK, REFUSED, ROWS, SCHEMA, UNTRUE, Result
from gate import why
from histories import Revision
from wire import ServerError

WAYS = ("once", "stepwise", "marker", "model")
# A chain may give what it makes to a role, and go on.
TRUSTED = "app_reader,app_writer"
MARKER = "CREATE TABLE zz (id integer);\n"


class Refused(Exception):
    """psql does not accept the chain: no question to lockgate."""

    def __init__(self, history, said):
        super().__init__(said)
        self.result = Result(history.name, history.group, "", "psql", "", CRASH, False, said=said.splitlines())


class Judge:
    """Holds one history against psql."""

    def __init__(self, server, gate, history, told):
        self.server, self.gate, self.history, self.told = server, gate, history, told
        self.directory = tempfile.TemporaryDirectory(prefix="lockgate-chain-")
        self.chain = Path(self.directory.name) / "chain"
        self._write(self.chain, history.revisions)
        self.results = []
        self._volatile = None

    def run(self):
        """The results of all ways."""
        database = None
        try:
            database = self._by_psql()
            self.schema, self.rows = self._dump(database), self._rows(database)
            self.facts = self._facts(database)
            if "once" in self.told.ways:
                self._timed("once", "", self._once)
            if {"stepwise", "marker"} & set(self.told.ways):
                self._timed("stepwise", "", self._stepwise)
        finally:
            self.server.drop(database)
            self.directory.cleanup()
        return self.results

    def _timed(self, way, revision, run):
        begun = time.monotonic()
        result = self._result(way, revision)
        run(result)
        result.seconds = time.monotonic() - begun
        if way in self.told.ways:
            self.results.append(result)

    def _result(self, way, revision, detail=""):
        return Result(self.history.name, self.history.group, revision, way, detail, OK, False)

    def _once(self, result):
        database = self.server.clone(label="once")
        try:
            if self._migrate(database, self.chain, "head", result):
                self._compare(database, result)
        finally:
            self.server.drop(database)

    def _stepwise(self, result):
        chance = random.Random(f"{self.told.seed} {self.history.name}")
        ids = [revision.id for revision in self.history.revisions]
        marked = ids if self.told.markers == 0 else chance.sample(ids, min(self.told.markers, len(ids)))
        database = self.server.clone(label="stepwise")
        try:
            for at, revision in enumerate(self.history.revisions):
                wants_marker = "marker" in self.told.ways and revision.id in marked
                before = self.server.clone(database, "marker") if wants_marker else None
                result.revision = revision.id
                went = self._migrate(database, self.chain, revision.id, result)
                if before and went:
                    self._timed("marker", revision.id, lambda result: self._marker(result, before, at, database))
                self.server.drop(before)
                if not went:
                    return
            result.revision = ""
            self._compare(database, result)
        finally:
            self.server.drop(database)

    def _marker(self, result, database, at, after):
        revisions = list(self.history.revisions)
        revisions[at] = Revision(revisions[at].id, revisions[at].name, MARKER + revisions[at].text)
        chain = Path(self.directory.name) / f"marker-{at}"
        self._write(chain, revisions)
        with self.server.session(database) as session:
            if session.attempt(MARKER) is not None:
                return
        code, _, stderr = self.gate.run(database, chain, "migrate", revisions[at].id, LOCKGATE_TRUSTED_OWNERS=TRUSTED)
        if code != 0:
            self._refuse(result, code, stderr)
            return
        wanted = {key: facts for key, facts in self._facts(after).items()}
        found = {key: facts for key, facts in self._facts(database).items() if not key[1].startswith("public.zz")}
        result.differences = catalog.differences(wanted, found)
        result.outcome = SCHEMA if result.differences else OK

    def _migrate(self, database, chain, target, result):
        """Whether it went through. What the model states wrongly is a result of its own, and the run is made without it."""
        asks_model = self.gate.is_debug and "model" in self.told.ways
        run = lambda **more: self.gate.run(database, chain, "migrate", target, LOCKGATE_TRUSTED_OWNERS=TRUSTED, **more)
        code, _, stderr = run(**({"LOCKGATE_PROVE_MODEL": "1"} if asks_model else {}))
        if asks_model:
            told = self._result("model", result.revision, result.way)
            if "LG0523" in stderr:
                told.outcome, told.said = UNTRUE, why(stderr)
            if code != 0:
                # Where the proof itself cannot be made (an event trigger forbids it), the run may be right all the same.
                code, _, stderr = run()
            self.results.append(told)
        if code != 0:
            self._refuse(result, code, stderr)
        return code == 0

    def _refuse(self, result, code, stderr):
        result.code, result.said = code, why(stderr)
        result.outcome = UNTRUE if "LG0523" in stderr else REFUSED if code in (65, 69, 77) else CRASH

    def _compare(self, database, result):
        dump = self._dump(database)
        if dump != self.schema:
            result.outcome = SCHEMA
            lines = list(difflib.unified_diff(self.schema.splitlines(), dump.splitlines(), "psql", "lockgate", n=0, lineterm=""))
            result.differences = catalog.differences(self.facts, self._facts(database)) or lines[2:30]
            return
        differences = rows.differences(self.rows, self._rows(database), set())
        if differences:
            differences = rows.differences(self.rows, self._rows(database), self._changing())
        if differences:
            result.outcome, result.differences = ROWS, differences

    def _changing(self):
        """The columns that two runs of psql do not share."""
        if self._volatile is None:
            database = self._by_psql()
            self._volatile = rows.volatile(self.rows, self._rows(database))
            self.server.drop(database)
        return self._volatile

    def _by_psql(self):
        """A database in which psql has run the chain: each revision in a transaction, or where that cannot be, without."""
        for is_whole in (True, False):
            database = self.server.clone(label="psql")
            error = self.server.psql(database, [str(self.chain / one.file) for one in self.history.revisions], is_whole)
            if error is None:
                return database
            self.server.drop(database)
        raise Refused(self.history, error)

    def _dump(self, database):
        return self.server.dump(database) if self.server.has_clients else str(sorted(self._facts(database).items()))

    def _facts(self, database):
        with self.server.session(database) as session:
            return catalog.read(session)

    def _rows(self, database):
        with self.server.session(database) as session:
            try:
                return rows.read(session)
            except ServerError as error:
                # A view or a foreign table that cannot be read is no row.
                return ({"rows": (["error"], [[str(error)]])}, {})

    def _write(self, place, revisions):
        place.mkdir()
        for revision in revisions:
            (place / revision.file).write_text(revision.text)
