"""A cell: what was done outside the history before `lockgate migrate`, and how that ended."""

import random
import time
from dataclasses import asdict, dataclass, field, replace

import catalog
import foresight
import mutate
import rows
from boundaries import execute
from gate import why

WAYS = ("fresh", "whole", "prefix", "half", "mutated", "ahead")
OK, REFUSED, SCHEMA, ROWS, LIMIT, CRASH, UNTRUE = "ok", "refused", "wrong schema", "wrong rows", "limit", "crash", "untrue"
OUTCOMES = (OK, REFUSED, SCHEMA, ROWS, LIMIT, CRASH, UNTRUE)


@dataclass
class Cell:
    way: str
    detail: str
    # Indexes of the statements that run outside, and what is changed after them.
    outside: list
    mutation: tuple = None
    # A half may fail where what it needs was left out.
    lenient: bool = False
    # Of the revision after it, which then is pending too.
    beyond: list = None


@dataclass
class Result:
    history: str
    group: str
    revision: str
    way: str
    detail: str
    outcome: str
    ddl_only: bool
    code: int = 0
    said: list = field(default_factory=list)
    differences: list = field(default_factory=list)
    outside: list = field(default_factory=list)
    file: str = ""
    unforeseen: str = ""
    seconds: float = 0

    def as_dict(self):
        return asdict(self)


def cells_of(boundary, options):
    """The cells of a revision; the same for the same seed, whatever else runs."""
    statements = boundary.revision.statements

    chance = random.Random(f"{options.seed} {boundary.history.name} {boundary.revision.id}")
    # The draws before the mutations depend on the ways.
    mutations = random.Random(f"{options.seed} {boundary.history.name} {boundary.revision.id} mutated")
    matter = [i for i, s in enumerate(statements) if s.kind != "control"]
    ddl = [i for i in matter if statements[i].kind == "ddl"]
    if "fresh" in options.ways:
        yield Cell("fresh", "", [])
    if "whole" in options.ways:
        yield Cell("whole", "", matter)
    lengths = list(range(1, len(matter)))
    if options.sample and len(lengths) > options.sample:
        lengths = sorted(chance.sample(lengths, options.sample))
    if "prefix" in options.ways:
        for length in lengths:
            yield Cell("prefix", str(length), matter[:length])
    if "half" in options.ways and ddl:
        for number in range(options.halves):
            chosen = sorted(chance.sample(ddl, max(1, len(ddl) // 2)))
            # A setting is no object: it goes with the statements after it.
            chosen = [i for i in matter if i in chosen or statements[i].kind == "session"]
            yield Cell("half", str(number), chosen, lenient=True)
    if "mutated" in options.ways:
        found = mutate.candidates(statements, boundary.before, boundary.schema)
        for number, mutation in enumerate(mutations.sample(found, min(options.mutations, len(found)))):
            yield Cell("mutated", str(number), matter, mutation)
    if "ahead" in options.ways and boundary.next:
        beyond = [i for i, s in enumerate(boundary.next.statements) if s.kind != "control"]
        for length in sorted({chance.randrange(len(beyond) + 1), len(beyond)}) if beyond else ():
            yield Cell("ahead", str(length), matter, beyond=beyond[:length])


def run(cluster, gate, boundary, cell, keep=False):
    """The Result, or None where the cell says nothing (a mutation that changed nothing)."""
    begun = time.monotonic()
    revision, end = boundary.revision, boundary
    if cell.beyond is not None:
        end = boundary.pair()
        if end is None:
            return None
    chain = boundary.snapshot(cell.beyond is not None) if boundary.builder.enforces else boundary.chain
    database = cluster.clone(boundary.base)
    try:
        done = _outside(cluster, database, boundary, cell)
        if done is None:
            return None
        planned = gate.run(database, chain, "plan", "--check-data", "--json", end.revision.id)[:2]
        code, _, stderr = gate.run(database, chain, "migrate", end.revision.id)
        first = stderr
        result = Result(boundary.history.name, boundary.history.group, revision.id, cell.way, cell.detail, OK,
                        revision.ddl_only, code, outside=done, file=revision.file)
        result.unforeseen = foresight.unforeseen(planned, code)
        if code == 0:
            code, _, stderr = gate.run(database, chain, "migrate", end.revision.id)
            if code != 0:
                result.code, result.outcome, result.said = code, CRASH, ["the second run:"] + why(stderr)
            else:
                _compare(cluster, database, boundary, end, cell, result)
        else:
            refused = code in (65, 69, 77)
            result.outcome, result.said = REFUSED if refused else CRASH, why(stderr)
        if keep:
            result.said = first.splitlines()
    finally:
        cluster.drop(database)
    result.seconds = time.monotonic() - begun
    return result


def _outside(cluster, database, boundary, cell):
    """Runs what is done by hand; which statements that were."""
    statements, done = boundary.revision.statements, []
    with cluster.session(database) as session:
        for at in cell.outside:
            if cell.lenient:
                if session.attempt(statements[at].text) is None:
                    done.append(str(statements[at]))
            else:
                execute(session, [statements[at]])
                done.append(str(statements[at]))
    if cell.beyond:
        with cluster.session(database) as session:
            execute(session, [boundary.next.statements[at] for at in cell.beyond])
        done += [f"{boundary.next.id} {boundary.next.statements[at]}" for at in cell.beyond]
    if cell.mutation:
        with cluster.session(database) as session:
            if session.attempt(cell.mutation[1]) is not None:
                return None
        with cluster.session(database) as session:
            if boundary.builder.schema(session) == boundary.builder.steady(boundary.schema):
                return None
        done.append(f"{cell.mutation[0]}: {cell.mutation[1]}")
    return done


def _compare(cluster, database, boundary, end, cell, result):
    with cluster.session(database) as session:
        schema = boundary.builder.schema(session)
        if schema != boundary.builder.steady(end.schema):
            result.outcome, result.differences = SCHEMA, catalog.differences(boundary.builder.steady(end.schema), schema)
            return
        differences = rows.differences(end.rows, rows.read(session), end.volatile)
    if differences:
        result.differences = differences
        result.outcome = LIMIT if _leaves_no_trace(cluster, boundary, cell) else ROWS


def _leaves_no_trace(cluster, boundary, cell):
    """Whether the catalog is after the outside run as before it, or, where it went on into the next revision, as before that:
    then nobody can tell that data statements ran."""
    before = boundary.before
    if cell.beyond:
        before = _schema_after(cluster, boundary, replace(cell, beyond=[]))
    return _schema_after(cluster, boundary, cell) == boundary.builder.steady(before)


def _schema_after(cluster, boundary, cell):
    database = cluster.clone(boundary.base)
    try:
        _outside(cluster, database, boundary, cell)
        with cluster.session(database) as session:
            return boundary.builder.schema(session)
    finally:
        cluster.drop(database)
