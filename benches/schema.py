"""The verified schema: a look at all of a large one, beside `pg_dump -s` of it in the same rounds."""

import shutil
from pathlib import Path

from report import Rounds, heading, spread, table

TABLES = 5000
EACH = 50  # tables of a revision: a transaction keeps a lock for each

TABLE = """CREATE TABLE t{n} (
    id bigint PRIMARY KEY,
    parent bigint REFERENCES t{parent},
    name varchar(40) NOT NULL UNIQUE,
    state varchar(10) DEFAULT 'new' CHECK (state IN ('new', 'old')),
    amount numeric(10, 2) NOT NULL DEFAULT 0,
    tags text[],
    data jsonb,
    noted text,
    made_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz,
    CONSTRAINT t{n}_amount CHECK (amount >= 0)
);
CREATE INDEX t{n}_made_at ON t{n} (made_at);
"""


def chain(place):
    directory = Path(place) / "schema"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for first in range(0, TABLES, EACH):
        tables = (TABLE.format(n=n, parent=max(n - 1, 0)) for n in range(first, first + EACH))
        (directory / f"{first // EACH + 1:04}_tables.sql").write_text("".join(tables))
    return directory


def measure(cluster, tools, targets, options):
    cluster.renew("schema")
    directory, url = chain(tools.place), cluster.url("schema")
    tools.migrate(directory, url)
    tools.run("snapshot", directory, url, "--database")
    # At head, with a snapshot that it does not know: it verifies, and marks the head.
    tools.migrate(directory, url)
    cluster.sql("ANALYZE", "schema")
    rounds = Rounds().run(options.rounds, {
        "pg_dump -s": lambda: tools.launch([cluster.bin / "pg_dump", "-s", "-d", url], tools.environment),
        "verify --full": lambda: tools.run("verify", directory, url, "--full"),
        "verify, nothing changed": lambda: tools.run("verify", directory, url),
        "migrate, at the verified head": lambda: tools.migrate(directory, url),
    })
    heading(f"A schema of {TABLES:,} tables, verified")
    rows = []
    for name in rounds.figures:
        ratio = rounds.ratio(name, "pg_dump -s")
        rows.append([name, spread(rounds.of(name, "wall"), 0), f"{ratio:.3f}", spread(rounds.of(name, "cpu"), 0),
                     f"{rounds.median(name, 'peak'):.1f}"])
    table(["", "wall ms", "x pg_dump -s", "CPU ms", "peak MB"], rows)
    targets.at_most("verify, x pg_dump -s", rounds.ratio("verify --full", "pg_dump -s"), 0.6)
    targets.at_most("peak memory", rounds.median("verify --full", "peak"), 40, " MB")
    targets.at_most("verify where nothing has changed, x pg_dump -s", rounds.ratio("verify, nothing changed", "pg_dump -s"), 0.08)
