"""Where chains come from: the examples, small ones written for this, and public histories that are fetched."""

import io
import os
import re
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from split import split

ROOT = Path(__file__).resolve().parents[2]
DIESEL = ("CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY,"
          " run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);\n")
SQLX = ("CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL"
        " DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL);\n")
BOUNDARY = ("CREATE TABLE boundary_schema_version (edition text PRIMARY KEY, version bigint NOT NULL);\n"
            "CREATE TABLE log_migration (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, migration_version bigint,"
            " edition text NOT NULL, create_time timestamptz DEFAULT current_timestamp, entry text NOT NULL);\n")
GOLANG = "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);\n"


@dataclass(frozen=True)
class Public:
    """A history that is fetched: its repository, where its files are, what must be there first, and how a file is read and named;
    the part of a name before the first `_` is its version."""
    repository: str
    folder: str
    pattern: str
    tracker: str = ""
    read: "callable" = staticmethod(lambda text: text)
    titled: "callable" = staticmethod(lambda inner: inner.split("/")[0] if "/" in inner else inner[:-4])


def goose(text):
    """The way up of a file with both; without LOCK TABLE as a statement of its own, since a cell runs each by itself."""
    up = re.split(r"^-- \+goose Down.*$", text, flags=re.M)[0]
    up = re.sub(r"^LOCK TABLE [^;]*;", "", up, flags=re.M)
    return re.sub(r"^-- \+goose .*$", "", up, flags=re.M)


def by_folder(inner):
    """`10/02_x.up.sql` as 1002_x: the folder is the first part of the version."""
    major, file = inner.split("/")
    minor, title = file.removesuffix(".up.sql").split("_", 1)
    return f"{major}{int(minor):03}_{title}"


PUBLIC = {
    "lemmy": Public("LemmyNet/lemmy", "migrations", r"^[^/]+/up\.sql$", DIESEL),
    "crates.io": Public("rust-lang/crates.io", "migrations", r"^[^/]+/up\.sql$", DIESEL),
    "mas": Public("element-hq/matrix-authentication-service", "crates/storage-pg/migrations", r"^[^/]+(?<!\.down)\.sql$", SQLX),
    "documenso": Public("documenso/documenso", "packages/prisma/migrations", r"^[^/]+/migration\.sql$"),
    "langfuse": Public("langfuse/langfuse", "packages/shared/prisma/migrations", r"^[^/]+/migration\.sql$"),
    "hatchet": Public("hatchet-dev/hatchet", "cmd/hatchet-migrate/migrate/migrations", r"^[^/]+\.sql$", read=goose),
    "auth": Public("supabase/auth", "migrations", r"^[^/]+\.up\.sql$", "CREATE SCHEMA auth;\n",
                   lambda text: re.sub(r"\{\{.*?\}\}", "auth", text)),
    "authelia": Public("authelia/authelia", "internal/storage/migrations/postgres", r"^[^/]+\.up\.sql$"),
    "vaultwarden": Public("dani-garcia/vaultwarden", "migrations/postgresql", r"^[^/]+/up\.sql$", DIESEL),
    "svix": Public("svix/svix-webhooks", "server/svix-server/migrations", r"^[^/]+\.up\.sql$", SQLX),
    "umami": Public("umami-software/umami", "prisma/migrations", r"^[^/]+/migration\.sql$"),
    "boundary": Public("hashicorp/boundary", "internal/db/schema/migrations/oss/postgres", r"^\d+/.*\.up\.sql$", BOUNDARY,
                       titled=by_folder),
    "ente": Public("ente-io/ente", "server/migrations", r"^[^/]+\.up\.sql$", GOLANG),
    "formbricks": Public("formbricks/formbricks", "packages/database/migration", r"^[^/]+/migration\.sql$"),
    "hoppscotch": Public("hoppscotch/hoppscotch", "packages/hoppscotch-backend/prisma/migrations", r"^[^/]+/migration\.sql$"),
    "harbor": Public("goharbor/harbor", "make/migrations/postgresql", r"^[^/]+\.up\.sql$", GOLANG),
}


@dataclass
class Revision:
    id: str
    name: str
    text: str

    @property
    def statements(self):
        if getattr(self, "_of", None) is not self.text:
            self._of, self._statements = self.text, split(self.text)
        return self._statements

    @property
    def file(self):
        return f"{self.id}_{self.name}.sql"

    @property
    def ddl_only(self):
        kinds = {statement.kind for statement in self.statements}
        return "data" not in kinds and "ddl" in kinds


@dataclass
class History:
    name: str
    group: str
    revisions: list
    notes: list = field(default_factory=list)
    # A generated statement that fails in the rehearsal is left out; any other ends the chain there.
    lenient: bool = False


def numbered(name, group, files, **more):
    """Files in order, as a chain with numeric ids; those without a statement are left out."""
    revisions = []
    for title, text in files:
        text = text.lstrip("\ufeff")
        if split(text):
            plain = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60] or "revision"
            revisions.append(Revision(f"{len(revisions) + 1:04}", plain, text))
    return History(name, group, revisions, **more)


def written():
    """The chains under tests/engine/chains, and those under examples."""
    chains = [(folder, "small") for folder in sorted((ROOT / "tests/engine/chains").glob("*/"))]
    chains += [(ROOT / "examples/platform/migrations", "examples"), (ROOT / "examples/platform/wellness", "examples")]
    for folder, group in chains:
        files = {path.name: path.read_text() for path in folder.glob("*.sql") if not path.name.endswith(".down.sql")}
        if files:
            name = folder.name if folder.name != "migrations" else folder.parent.name
            yield numbered(name, group, _in_order(files))


def of_files(folder, group):
    """A chain for each file: the revisions follow `-- revision`, or are the base and pending sections of a case of the engine. Where
    sections follow `-- change`, each of them ends a chain of its own."""
    found = []
    for path in sorted((ROOT / "tests/engine" / folder).rglob("*.sql")):
        text = path.read_text()
        parts = re.split(r"^-- (base|pending|revision|change|outside|then|down)\b.*\n", text, flags=re.M)
        sections = list(zip(parts[1::2], parts[2::2]))
        if any(kind == "down" for kind, _ in sections) or "fresh: no" in text or "-- lockgate:" in text:
            continue
        files = [(kind, body) for kind, body in sections if kind in ("base", "pending", "revision")]
        name = "/".join(path.relative_to(ROOT / "tests/engine" / folder).with_suffix("").parts)
        changes = [body for kind, body in sections if kind == "change"]
        for number, change in enumerate(changes or [None], 1):
            title = name.replace("/", ".") + (f"-{number:02}" if changes else "")
            history = numbered(title, group, files + ([("change", change)] if changes else []))
            if history.revisions:
                found.append(history)
    return found


def _in_order(files):
    """By name, but after what `lockgate:after` names."""
    after = {name: re.findall(r"^-- lockgate:after (.*)$", text, re.M) for name, text in files.items()}
    ids = {name: name.split("_")[0] for name in files}
    left, done, order = sorted(files), set(), []
    while left:
        ready = [name for name in left if all(
            parent.strip() in done for parents in after[name] for parent in parents.split(","))]
        if not ready:
            raise ValueError(f"no order for {left}")
        order.append(ready[0])
        done.add(ids[ready[0]])
        left.remove(ready[0])
    return [(name[:-4], re.sub(r"^-- lockgate:after .*\n", "", files[name], flags=re.M)) for name in order]


def public(name):
    """A history, or a text that says why it cannot be had."""
    source = PUBLIC[name]
    try:
        place = _place(source)
        if isinstance(place, str):
            return place
        files = _files(place, source)
    except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
        said = getattr(error, "stderr", b"") or b""
        return f"{error} {said.decode(errors='replace').strip()}"
    if not files:
        return f"{place} holds no {source.folder}"
    chain = [("tracker", source.tracker)] if source.tracker else []
    history = numbered(name, "public", chain + files)
    commit = _git(place, "rev-parse", "--short=12", "HEAD").decode().strip() if _is_git(place) else "a work tree"
    history.notes.append(f"{source.repository} at {commit}, {len(history.revisions)} revisions")
    return history


def _place(source):
    """A work tree or a git directory: in LOCKGATE_HISTORIES, else cloned."""
    told = os.environ.get("LOCKGATE_HISTORIES")
    if told:
        owner, short = source.repository.split("/")
        for guess in (short, f"{owner}+{short}/repo", f"{owner}+{short}", f"{short}.git", f"{owner}/{short}"):
            if (Path(told) / guess).is_dir():
                return Path(told) / guess
        return f"{told} has no folder {short}"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lockgate-histories"
    place = cache / (source.repository.replace("/", "+") + ".git")
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        url = f"https://github.com/{source.repository}.git"
        done = subprocess.run(["git", "clone", "--quiet", "--bare", "--depth", "1", url, f"{place}.new"], capture_output=True,
                              timeout=900, env={**os.environ, "GIT_TERMINAL_PROMPT": "0"})
        if done.returncode != 0:
            subprocess.run(["rm", "-rf", f"{place}.new"])
            return f"cannot clone {url}: {done.stderr.decode(errors='replace').strip().splitlines()[-1:]}"
        os.rename(f"{place}.new", place)
    return place


def _is_git(place):
    return (place / "HEAD").exists() or (place / ".git").exists()


def _git(place, *words):
    return subprocess.run(["git", "-c", "safe.directory=*", "-C", str(place), *words], capture_output=True, check=True).stdout


def _files(place, source):
    """(title, text) in the order of the history's own tool: by version, without `-`."""
    if _is_git(place):
        archive = tarfile.open(fileobj=io.BytesIO(_git(place, "archive", "HEAD", source.folder)))
        texts = {member.name: archive.extractfile(member).read().decode() for member in archive if member.isfile()}
    else:
        texts = {str(path.relative_to(place)): path.read_text() for path in (place / source.folder).rglob("*.sql")}
    found = []
    for path, text in texts.items():
        inner = path[len(source.folder) + 1:]
        if re.search(source.pattern, inner):
            title = source.titled(inner)
            version = title.split("_")[0].replace("-", "")
            found.append((version.zfill(20) if version.isdigit() else version, title, source.read(text)))
    return [(title, text) for _, title, text in sorted(found)]


