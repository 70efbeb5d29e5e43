"""A throw-away PostgreSQL: made in memory where there is room, gone at the end however the end comes."""

import itertools
import os
import pwd
import queue
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from split import split
from wire import ServerError, Session, ident

SETTINGS = {
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "wal_level": "minimal", "max_wal_senders": "0",
    "autovacuum": "off", "shared_buffers": "256MB", "max_connections": "80", "max_wal_size": "8GB",
    "checkpoint_timeout": "1h", "jit": "off", "timezone": "UTC", "lc_messages": "C", "log_min_messages": "warning",
    "log_statement": "none", "max_prepared_transactions": "5", "max_parallel_workers_per_gather": "0",
    "log_min_error_statement": "panic",
}
# Roles are the cluster's, not a database's: a chain may name these, and none may make its own.
ROLES = ["app_reader", "app_writer"]
# Where a chain lives, and as whom: in `public` as a superuser; as one in a schema of its own, with `public` off the path; in such a
# schema as a role that owns it and nothing else.
HOMES = {"public": None, "tenant": "SUPERUSER", "owner": "NOSUPERUSER"}
HOME_ROLE, HOME_SCHEMA, HOME_TEMPLATE = "dweller", "home", "home_template"
CLEAN_UP = 'while read -r _; do :; done\n"$1/pg_ctl" stop -D "$2/data" -m immediate -w -t 20\nrm -rf "$2"'


def binaries(told):
    """Where the server's programs are: told, `PG_BIN`, or the newest that is installed."""
    if told and not (Path(told) / "initdb").exists():
        sys.exit(f"no PostgreSQL server in {told}")
    places = [told, os.environ.get("PG_BIN")]
    places += [str(place) for place in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    for place in filter(None, places):
        if (Path(place) / "initdb").exists():
            return str(Path(place).resolve())
    sys.exit("no PostgreSQL server found: PG_BIN or --pg-bin names one")


class Cluster:
    admin = "prove"

    def __init__(self, pg_bin, home="public"):
        self.home, self.user, self.schema, self.template = home, self.admin, "public", "template0"
        self.bin = pg_bin
        account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        roomy = os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 6 << 30
        self.directory = tempfile.mkdtemp(prefix="lockgate-engine-", dir="/dev/shm" if roomy else None)
        if account:
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self.socket_directory = self.directory
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", CLEAN_UP, "watchdog", pg_bin, self.directory], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True, **self.as_user)
        data = f"{self.directory}/data"
        self._run("initdb", "-D", data, "-U", self.admin, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.port = _free_port()
        with open(f"{data}/postgresql.conf", "a") as file:
            settings = {**SETTINGS, "port": self.port, "unix_socket_directories": self.directory, "listen_addresses": "127.0.0.1"}
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self._run("pg_ctl", "start", "-D", data, "-l", f"{self.directory}/log", "-w")
        self._names = itertools.count()
        self._idle = queue.SimpleQueue()
        with Session(self, "postgres") as session:
            self.version = int(session.value("SHOW server_version_num"))
            for role in ROLES:
                session.query(f"CREATE ROLE {role}")
        self._make_home()
        self.strategy = self._faster_copy()

    def _make_home(self):
        if HOMES[self.home] is None:
            return
        with Session(self, "postgres") as session:
            session.query(f"CREATE ROLE {HOME_ROLE} LOGIN {HOMES[self.home]}")
            session.query(f"ALTER ROLE {HOME_ROLE} SET search_path = {HOME_SCHEMA}")
            session.query(f"CREATE DATABASE {HOME_TEMPLATE}")
        with Session(self, HOME_TEMPLATE) as session:
            session.query(f"CREATE SCHEMA {HOME_SCHEMA} AUTHORIZATION {HOME_ROLE}")
        self.user, self.schema, self.template = HOME_ROLE, HOME_SCHEMA, HOME_TEMPLATE

    def url(self, database):
        return f"postgres://{self.user}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def session(self, database, **settings):
        return Session(self, database, settings)

    @property
    def has_clients(self):
        return all((Path(self.bin) / name).exists() for name in ("psql", "pg_dump"))

    def psql(self, database, files, is_whole):
        """Runs the files, each in a session and, where `is_whole`, in a transaction of its own; what psql says of an error."""
        if not self.has_clients:
            return self._without_psql(database, files, is_whole)
        words = []
        for file in files:
            words += ["-c", "\\connect -"] if words else []
            words += ["-c", "BEGIN", "-f", file, "-c", "COMMIT"] if is_whole else ["-f", file]
        done = self._client("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, *words)
        return None if done.returncode == 0 else done.stderr.decode(errors="replace")

    def _without_psql(self, database, files, is_whole):
        for file in files:
            with self.session(database) as session:
                texts = [statement.text for statement in split(Path(file).read_text())]
                for text in ["BEGIN", *texts, "COMMIT"] if is_whole else texts:
                    error = session.attempt(text)
                    if error is not None:
                        return f"{file}: {error}"
        return None

    def dump(self, database):
        """The schema as pg_dump writes it, without the history and its events."""
        done = self._client("pg_dump", "-s", "-d", database, "-T", "public.lockgate_history*")
        if done.returncode != 0:
            raise RuntimeError(f"pg_dump {database}: {done.stderr.decode(errors='replace')}")
        return re.sub(r"^\\(un)?restrict .*\n", "", done.stdout.decode(errors="replace"), flags=re.M)

    def _client(self, program, *arguments):
        place = ["-h", self.socket_directory, "-p", str(self.port), "-U", self.user]
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGOPTIONS": "-c client_min_messages=error"}
        return subprocess.run([f"{self.bin}/{program}", *place, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              cwd="/", env=environment, timeout=120)

    def _administer(self, sql):
        """In a session that nobody else uses meanwhile, for what concerns whole databases."""
        try:
            session = self._idle.get_nowait()
        except queue.Empty:
            session = Session(self, "postgres", {"user": self.admin})
        try:
            return session.query(sql)
        finally:
            self._idle.put(session)

    def clone(self, template=None, label="cell"):
        name = f"{label}_{next(self._names)}"
        self._patiently(f"CREATE DATABASE {name} TEMPLATE {ident(template or self.template)}{self.strategy}")
        return name

    def drop(self, *names):
        for name in names:
            if name:
                self._patiently(f"DROP DATABASE IF EXISTS {ident(name)} WITH (FORCE)")

    def stop(self):
        while not self._idle.empty():
            self._idle.get().close()
        self._watchdog.stdin.close()
        self._watchdog.wait()

    def _patiently(self, sql):
        """A backend that is just leaving still counts as a user of its database."""
        for _ in range(50):
            try:
                return self._administer(sql)
            except ServerError as error:
                if error.sqlstate not in ("55006", "55P03"):
                    raise
                time.sleep(0.05)
        return self._administer(sql)

    def _faster_copy(self):
        if self.version < 150000:
            return ""
        times = {}
        self.strategy = ""
        first = self.clone()
        for strategy in ("FILE_COPY", "WAL_LOG"):
            self.strategy = f" STRATEGY {strategy}"
            begun = time.monotonic()
            self.drop(self.clone(first), self.clone(first), self.clone(first))
            times[self.strategy] = time.monotonic() - begun
        self.drop(first)
        return min(times, key=times.get)

    def _run(self, program, *arguments):
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        with open(f"{self.directory}.out", "w+") as out:
            os.unlink(out.name)
            done = subprocess.run([f"{self.bin}/{program}", *arguments], stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=out, cwd="/", env=environment, **self.as_user)
            if done.returncode != 0:
                out.seek(0)
                raise RuntimeError(f"{program}: exit code {done.returncode}\n{out.read()}")


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
