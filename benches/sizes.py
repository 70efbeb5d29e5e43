"""Large scripts, long chains and many files: the time beside psql, and the memory."""

import shutil
from pathlib import Path

import limit
from report import Rounds, heading, spread, table

TABLE = "CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL, note text);\n"
MORE = "ALTER TABLE t ADD COLUMN more int;\n"
NOTE = "some text that makes the row a hundred bytes, more or less, as seeds are"
ROW = 130  # bytes of a row's INSERT
ROUNDS = 3
POD = 64  # MiB, as the chart's smallest pods have


def chain(place, name, scripts):
    directory = Path(place) / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for number, script in enumerate(scripts, 1):
        (directory / f"{number:05}_step.sql").write_text(script)
    return directory


def rows(mebibytes):
    return ((n, f"'name of {n}'", f"'{NOTE}'") for n in range(mebibytes * (1 << 20) // ROW))


def as_many(mebibytes):
    return "".join(f"INSERT INTO t (id, name, note) VALUES ({n}, {name}, {note});\n" for n, name, note in rows(mebibytes))


def as_one(mebibytes):
    return "INSERT INTO t (id, name, note) VALUES\n" + ",\n".join(f"({n}, {name}, {note})" for n, name, note in rows(mebibytes)) + ";\n"


def dump(tables):
    """As pg_dump orders it: tables, then keys, then indexes, then foreign keys."""
    each = range(tables)
    parts = [f"CREATE TABLE d{n} (id bigint NOT NULL, parent bigint, name text, made timestamptz DEFAULT now());\n" for n in each]
    parts += [f"ALTER TABLE ONLY d{n} ADD CONSTRAINT d{n}_pkey PRIMARY KEY (id);\n" for n in each]
    parts += [f"CREATE INDEX d{n}_name ON d{n} USING btree (name);\n" for n in each]
    parts += [f"ALTER TABLE ONLY d{n} ADD CONSTRAINT d{n}_up FOREIGN KEY (parent) REFERENCES d{n - 1}(id);\n" for n in each if n]
    return "".join(parts)


def one_by_one(chain):
    """All scripts of a chain in one file, each in a transaction: one for all would need a lock for each table."""
    path = chain.with_suffix(".sql")
    path.write_text("".join(f"BEGIN;\n{script.read_text()}COMMIT;\n" for script in sorted(chain.iterdir())))
    return path


def beside_psql(cluster, tools, chain):
    """Both from an empty database, in turns."""
    files, at_once = sorted(chain.iterdir()), True
    if len(files) > 100:
        files, at_once = [one_by_one(chain)], False

    def on_empty(run):
        def turn():
            cluster.renew("size")
            return run(cluster.url("size"))
        return turn

    return Rounds().run(ROUNDS, {
        "psql": on_empty(lambda url: tools.psql(url, *files, at_once=at_once)),
        "lockgate": on_empty(lambda url: tools.migrate(chain, url)),
    }, warm_up=0)


def in_a_pod(cluster, tools, targets, options):
    """Whether chains are brought to head under a limit of memory, where a process that needs more is killed."""
    place, found = tools.place, []
    with limit.memory(POD) as words:
        if words is None:
            heading(f"Under a limit of {POD} MiB: skipped, no control group can be made here")
            return
        heading(f"Under a limit of {POD} MiB (a control group)")

        def row(name, chain):
            try:
                taken = tools.migrate(chain, cluster.url("pod"), under=words)
            except SystemExit as killed:
                print(killed)
                found.append([name, "killed", ""])
                targets.at_least(f"{name}, under {POD} MiB, at head", 0, 1)
            else:
                found.append([name, "at head", f"{taken.peak * 1e6 / (1 << 20):.1f}"])

        def fresh(name, chain):
            cluster.renew("pod")
            row(name, chain)

        fresh("1,000 revisions", tools.chains[1000]["lockgate"])
        seeds = ("10 MiB as INSERTs of a row", as_many(10)), ("50 MiB as INSERTs of a row", as_many(50)), ("10 MiB as one INSERT", as_one(10))
        for name, rows in seeds:
            seed = chain(place, "seed", [TABLE, rows])
            fresh(name, seed)
            (seed / "00003_step.sql").write_text(MORE)
            row("a column after it", seed)
        comments = chain(place, "files", [TABLE, *(f"COMMENT ON TABLE t IS '{n}';\n" for n in range(20_000))])
        cluster.renew("pod")
        tools.migrate(comments, cluster.url("pod"))
        (comments / "20002_step.sql").write_text(MORE)
        row("one pending behind 20,000 files", comments)
    table(["", f"under {POD} MiB", "peak MiB"], found)


def measure(cluster, tools, targets, options):
    place, found = tools.place, []

    def row(name, rounds, wall=None, peak=None):
        ratio = rounds.ratio("lockgate", "psql") if "psql" in rounds.figures else None
        memory = rounds.median("lockgate", "peak") * 1e6 / (1 << 20)
        found.append([name, spread(rounds.of("lockgate", "wall"), 0), f"{ratio:.2f}" if ratio else "", f"{memory:.1f}"])
        limits.extend([(f"{name}, wall, x psql", ratio, wall, "")] if wall else [])
        limits.extend([(f"{name}, peak memory", memory, peak, " MiB")] if peak else [])

    def behind(name, chain, script, peak=None):
        """One more revision, on the database that the last run left."""
        number = len(list(chain.iterdir())) + 1
        (chain / f"{number:05}_step.sql").write_text(script)
        row(name, Rounds().run(1, {"lockgate": lambda: tools.migrate(chain, cluster.url("size"))}, warm_up=0), peak=peak)

    limits = []
    heading("Large scripts and long chains, from an empty database (psql: in one transaction; of a long chain, one for each script)")
    for mebibytes, peak in ((10, 48), (50, 64)):
        seed = chain(place, "seed", [TABLE, as_many(mebibytes)])
        row(f"{mebibytes} MiB as INSERTs of a row", beside_psql(cluster, tools, seed), 1.5, peak)
        behind("a column after them", seed, MORE, 24)
        largest = chain(place, "seed", [TABLE, as_one(mebibytes)])
        row(f"{mebibytes} MiB as one INSERT", beside_psql(cluster, tools, largest), 1.5, 6 * mebibytes)
        behind("a column after it", largest, MORE, 24)
    row("a dump of 1,000 tables", beside_psql(cluster, tools, chain(place, "dump", [dump(1000)])))
    ten_thousand = chain(place, "long", [f"CREATE TABLE l{n} (id bigint PRIMARY KEY);\n" for n in range(10_000)])
    row("10,000 revisions", beside_psql(cluster, tools, ten_thousand), peak=80)
    behind("at their head, one more", ten_thousand, "CREATE TABLE one_more ();\n")
    comments = chain(place, "files", [TABLE, *(f"COMMENT ON TABLE t IS '{n}';\n" for n in range(20_000))])
    row("20,000 files", beside_psql(cluster, tools, comments))
    behind("one pending behind them", comments, MORE, 48)
    table(["", "wall ms", "x psql", "peak MiB"], found)
    for what, value, limit, unit in limits:
        targets.at_most(what, value, limit, unit)
