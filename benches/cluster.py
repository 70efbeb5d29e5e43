"""A throw-away PostgreSQL, and a distance to it."""

import contextlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def quiet_place():
    """In memory where there is room, so that neither the disk nor its other users are measured."""
    memory = Path("/dev/shm")
    room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    return tempfile.mkdtemp(prefix="lockgate-bench.", dir=memory if room else None)


class Cluster:

    # A dump of 1,000 tables takes more locks in one transaction than 50 connections have by default.
    SETTINGS = {"fsync": "off", "listen_addresses": "127.0.0.1", "max_connections": "50", "autovacuum": "off",
                "max_locks_per_transaction": "256"}

    def __init__(self, place=None, **settings):
        """`place` is a new directory; without one it is quiet."""
        self.bin = Path(os.environ["PG_BIN"])
        self.place = Path(place or quiet_place())
        self.settings = self.SETTINGS | settings
        self.port = free_port()
        # PostgreSQL refuses root.
        self.user = "nobody" if os.geteuid() == 0 else None
        if self.user:
            nobody = pwd.getpwnam(self.user)
            os.chown(self.place, nobody.pw_uid, nobody.pw_gid)
            self.user = nobody

    def server(self, program, *words):
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        done = subprocess.run([self.bin / program, *words], cwd="/", capture_output=True, text=True, **who)
        if done.returncode != 0:
            sys.exit(f"bench: {program}: {done.stdout}{done.stderr}")

    def __enter__(self):
        data = self.place / "data"
        self.server("initdb", "-D", data, "-U", "app", "--auth=trust", "--encoding=UTF8", "--no-sync")
        # On the command line nothing could change them.
        with open(data / "postgresql.conf", "a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in self.settings.items())
        self.start(data, self.port)
        self.pid = int((data / "postmaster.pid").read_text().split()[0])
        self.own_processes = len(self.processes())
        return self

    def __exit__(self, *_):
        self.stop(self.place / "data")
        shutil.rmtree(self.place, ignore_errors=True)

    def start(self, data, port):
        log = self.place / f"{data.name}.log"
        # pg_ctl hands its pipes down to the server: whoever reads them to their end waits for ever.
        options = f"-p {port} -k {self.place}"
        self.server("pg_ctl", "-D", data, "-l", log, "-w", "start", "-o", f"{options} >/dev/null 2>>{log}")

    def stop(self, data):
        self.server("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")

    @contextlib.contextmanager
    def standby(self):
        """Each commit waits for another server."""
        data = self.place / "standby"
        self.server("pg_basebackup", "-D", data, "-d", self.url("postgres"), "-R", "-X", "stream", "-c", "fast", "--no-sync")
        self.start(data, free_port())
        try:
            self.system({"synchronous_standby_names": "*"})
            deadline = time.monotonic() + 30
            while self.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1":
                if time.monotonic() > deadline:
                    sys.exit("bench: the standby did not connect")
                time.sleep(0.05)
            yield
        finally:
            self.system({"synchronous_standby_names": ""})
            self.stop(data)

    def system(self, settings):
        for name, value in settings.items():
            self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self.sql("SELECT pg_reload_conf()")

    def processes(self):
        return Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()

    def cpu(self):
        """Milliseconds of CPU that the sessions which have ended took, to the kernel's 10."""
        deadline = time.monotonic() + 5
        while len(self.processes()) > self.own_processes and time.monotonic() < deadline:
            time.sleep(0.002)
        user, system = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")")[1].split()[13:15]
        return (int(user) + int(system)) * 1000 / os.sysconf("SC_CLK_TCK")

    def sql(self, text, database="postgres"):
        words = [self.bin / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", text]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    def renew(self, database):
        """An empty database of that name."""
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {database} TEMPLATE template0")

    def url(self, database, port=None):
        # Nobody is asked for TLS: one round trip less for all who would ask for it first.
        return f"postgresql://app@127.0.0.1:{port or self.port}/{database}?sslmode=disable"


class Proxy:
    """See proxy.py."""

    def __init__(self, cluster, milliseconds):
        self.port = free_port()
        words = [sys.executable, Path(__file__).with_name("proxy.py"), self.port, cluster.port, milliseconds]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([str(word) for word in words], stdin=pipe, stdout=pipe, text=True)
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def report(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())
