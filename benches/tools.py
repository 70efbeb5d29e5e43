"""The tools under measure: the same chain in each one's own layout, and how each is run."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

TABLE = "CREATE TABLE t{n:04} (\n    id bigint PRIMARY KEY,\n    name text NOT NULL,\n    made_at timestamptz NOT NULL DEFAULT now()\n);\n"
HISTORY = "CREATE TABLE history (revision text PRIMARY KEY, depth bigint, checksum text, applied_at timestamptz);\n"
# A lockgate to compare this one with.
OTHER = "other lockgate"
# The same executable over the same chain, nothing of it judged.
UNDEFENDED = "lockgate, run-as-is"


@dataclass
class Taken:
    """What one run took."""

    wall: float  # milliseconds
    cpu: float
    peak: float  # MB
    server: float = 0.0  # milliseconds of the server's CPU


def write_chains(place, length):
    """One chain in the layouts of all tools."""
    chains = {name: Path(place) / f"{name}-{length}" for name in ("lockgate", UNDEFENDED, "sqlx", "goose", "dbmate", "psql")}
    for chain in chains.values():
        chain.mkdir()
    script = [HISTORY]
    for n in range(1, length + 1):
        up, down = TABLE.format(n=n), f"DROP TABLE t{n:04};\n"
        (chains["lockgate"] / f"{n:04}_table.sql").write_text(up)
        (chains[UNDEFENDED] / f"{n:04}_table.sql").write_text(f"-- lockgate:run-as-is\n\n{up}")
        (chains["sqlx"] / f"{n:04}_table.sql").write_text(up)
        (chains["goose"] / f"{n:05}_table.sql").write_text(f"-- +goose Up\n{up}-- +goose Down\n{down}")
        (chains["dbmate"] / f"{n:04}_table.sql").write_text(f"-- migrate:up\n{up}\n-- migrate:down\n{down}")
        row = f"INSERT INTO history VALUES ('{n:04}', {n}, '{n:064x}', clock_timestamp());\n"
        script.append(f"BEGIN;\n{up}{row}COMMIT;\n")
    (chains["psql"] / "all.sql").write_text("".join(script))
    return chains


class Tools:
    """How each tool is told to bring a database to head. `psql` is the floor: nothing to read, nothing to check."""

    def __init__(self, programs, place):
        self.programs, self.place = programs, Path(place)
        self.chains = {length: write_chains(place, length) for length in (100, 1000)}
        # Nothing of this machine's settings reaches a tool.
        self.environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}

    def runners(self):
        return [name for name in ("lockgate", OTHER, "sqlx-cli", "goose", "dbmate") if name in self.programs]

    def to_head(self, name, length, url):
        chains, environment = self.chains[length], dict(self.environment)
        if name == "psql":
            return self.psql(url, chains["psql"] / "all.sql", at_once=False)
        words = {
            "lockgate": ["migrate"],
            OTHER: ["migrate"],
            UNDEFENDED: ["migrate"],
            "sqlx-cli": ["migrate", "run", "--source", chains["sqlx"]],
            "goose": ["up"],
            "dbmate": ["--no-dump-schema", "--migrations-dir", chains["dbmate"], "migrate"],
        }[name]
        if name in ("lockgate", OTHER, UNDEFENDED):
            environment |= self.settings(url, chains[UNDEFENDED if name == UNDEFENDED else "lockgate"])
        elif name in ("sqlx-cli", "dbmate"):
            environment |= {"DATABASE_URL": url}
        elif name == "goose":
            environment |= {"GOOSE_DRIVER": "postgres", "GOOSE_DBSTRING": url, "GOOSE_MIGRATION_DIR": str(chains["goose"])}
        program = self.programs["lockgate" if name == UNDEFENDED else name]
        return self.launch([program, *words], environment)

    def migrate(self, chain, url, under=()):
        words = [*under, self.programs["lockgate"], "migrate"]
        return self.launch(words, {**self.environment, **self.settings(url, chain)})

    def run(self, command, chain, url, *words):
        return self.launch([self.programs["lockgate"], command, *words], {**self.environment, **self.settings(url, chain)})

    def psql(self, url, *files, at_once=True):
        """The files in one transaction, as a person would load them."""
        words = [self.programs["psql"], "-Xq", *(["-1"] if at_once else []), "-v", "ON_ERROR_STOP=1", "-d", url]
        return self.launch([*words, *(word for file in files for word in ("-f", file))], self.environment)

    def plan(self, length, url):
        settings = self.settings(url, self.chains[length]["lockgate"])
        return self.launch([self.programs["lockgate"], "plan"], {**self.environment, **settings})

    @staticmethod
    def settings(url, chain):
        return {"LOCKGATE_DATABASE_URL": url, "LOCKGATE_MIGRATIONS": str(chain)}

    def select_1(self, url):
        return self.launch([self.programs["psql"], "-XqAt", "-d", url, "-c", "select 1"], self.environment)

    def nothing(self):
        """What a program that does nothing takes: the floor of the launcher."""
        return self.launch(["/bin/true"], self.environment)

    def launch(self, words, environment):
        log = self.place / "log"
        words = [str(word) for word in (self.programs["launch"], log, *words)]
        line = subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout
        wall, cpu, peak, code = map(int, line.split())
        if code != 0:
            raise SystemExit(f"bench: {' '.join(words[2:])[:500]} ended with {code}:\n{log.read_text()[-2000:]}")
        return Taken(wall / 1000, cpu / 1000, peak * 1024 / 1e6)
