"""What is measured, and what measures: built or installed where it is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SQLX, GOOSE, DBMATE = "0.9.0", "v3.29.0", "2.36.0"
# goose brings every driver along unless it is told not to: 12 MB in place of 60.
GOOSE_TAGS = "no_clickhouse no_libsql no_mssql no_mysql no_sqlite3 no_vertica no_ydb"


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def cache():
    """The place that .ci/setup installs into."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    default = "/var/cache/lockgate" if os.geteuid() == 0 else Path(home) / "lockgate"
    return Path(os.environ.get("LOCKGATE_SETUP_CACHE", default)) / "bench"


def run(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, **more)


def programs():
    """Every program by its name. A peer that cannot be had is left out, and said so."""
    found = {"psql": psql(), "launch": launcher(), **lockgate()}
    for name, get in {"sqlx-cli": sqlx, "goose": goose, "dbmate": dbmate, "wrk": wrk}.items():
        try:
            found[name] = get()
        except (OSError, subprocess.CalledProcessError) as error:
            say(f"{name} is left out: {error}")
    return found


def lockgate():
    """An executable that `LOCKGATE` names is measured as it is."""
    place = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    found = {"lockgate": Path(os.environ.get("LOCKGATE", place / "lockgate")), "bare": place / "examples" / "bare"}
    if "LOCKGATE" not in os.environ or not found["bare"].exists():
        say("building lockgate and a bare axum handler (release)")
        # One after the other: built together, lockgate would get the features that only the tests ask for.
        for target in (["--bin", "lockgate"], ["--example", "bare"]):
            run("cargo", "build", "--release", "--locked", "--quiet", *target, cwd=ROOT)
    return found


def launcher():
    place = ROOT / "target" / "launch"
    run("cc", "-O2", "-o", place, ROOT / "benches" / "launch.c")
    return place


def psql():
    """The program itself: Debian's /usr/bin/psql is a Perl script that costs more than it."""
    real = Path(os.environ["PG_BIN"]) / "psql"
    if not real.exists():
        sys.exit(f"bench: there is no {real}, and without psql there is nothing to compare with")
    return real


def sqlx():
    place = cache() / "bin" / "sqlx"
    if not place.exists():
        say(f"installing sqlx-cli {SQLX} into {cache()} (building it takes some minutes)")
        run("cargo", "install", "--quiet", "--locked", "--root", cache(), "sqlx-cli", "--version", SQLX,
            "--no-default-features", "--features", "postgres,rustls")
    return place


def goose():
    place = cache() / "bin" / "goose"
    if not place.exists():
        say(f"installing goose {GOOSE} into {cache()}")
        run("go", "install", "-tags", GOOSE_TAGS, f"github.com/pressly/goose/v3/cmd/goose@{GOOSE}",
            env={**os.environ, "GOBIN": str(place.parent)})
    return place


def dbmate():
    """The program itself, out of its npm package: node, which usually starts it, costs more than it."""
    places = [cache().parent / "tools", cache() / "dbmate"]  # the tests have it too
    programs = [program for place in places for program in place.glob("node_modules/@dbmate/*/bin/dbmate")]
    if not programs:
        say(f"installing dbmate {DBMATE} into {places[-1]}")
        run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", places[-1], f"dbmate@{DBMATE}",
            stdout=subprocess.DEVNULL)
        programs = list(places[-1].glob("node_modules/@dbmate/*/bin/dbmate"))
    if not programs:
        raise OSError("npm installed no program for this machine")
    return programs[0]


def wrk():
    """From its Debian package, unpacked and not installed where nobody may install; with the library that it needs."""
    found = shutil.which("wrk")
    if found:
        return Path(found)
    place = cache() / "wrk"
    start = place / "wrk"
    if not start.exists():
        say(f"installing wrk into {cache()}")
        work = cache() / "installing"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            download(work, "wrk", luajit())
        except subprocess.CalledProcessError:
            # The package lists of a fresh image are empty.
            run("apt-get", "update", "-qq", stdout=subprocess.DEVNULL)
            download(work, "wrk", luajit())
        for package in work.glob("*.deb"):
            run("dpkg-deb", "-x", package, place)
        shutil.rmtree(work)
        libraries = next(place.glob("usr/lib/*/libluajit*.so*")).parent
        start.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {place}/usr/bin/wrk "$@"\n')
        start.chmod(0o755)
    # It says its version and ends with 1; a library that is missing ends it with 127.
    version = subprocess.run([start, "-v"], capture_output=True, text=True)
    if "wrk" not in version.stdout:
        raise OSError(version.stderr.strip())
    return start


def download(work, *packages):
    run("apt-get", "download", "-qq", *packages, cwd=work, stdout=subprocess.DEVNULL)


def luajit():
    """The package of the library, as wrk's own names it."""
    words = subprocess.run(["apt-cache", "depends", "wrk"], capture_output=True, text=True, check=True).stdout.split()
    found = [word for word in words if word.startswith("libluajit")]
    if not found:
        raise subprocess.CalledProcessError(1, "apt-cache depends wrk")
    return found[0]
