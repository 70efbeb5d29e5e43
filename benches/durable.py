"""Fresh chains where a commit waits: for a disk that is flushed, and for a synchronous standby."""

import os
import statistics
import tempfile
import time

from cluster import Cluster
from report import Rounds, heading

LENGTH = 1000
ROUNDS = 3


def flush(place):
    """Milliseconds for a page that reaches the disk, the median of 50."""
    page, taken = b"x" * 8192, []
    with tempfile.TemporaryFile(dir=place) as file:
        for _ in range(50):
            file.write(page)
            file.flush()
            began = time.monotonic()
            os.fdatasync(file.fileno())
            taken.append((time.monotonic() - began) * 1000)
    return statistics.median(taken)


def beside_psql(cluster, tools):
    def turn(name):
        def run():
            cluster.renew("durable")
            cluster.sql("CHECKPOINT")
            return tools.to_head(name, LENGTH, cluster.url("durable"))
        return run

    return Rounds().run(ROUNDS, {name: turn(name) for name in ("psql", "lockgate")}, warm_up=0)


def measure(print_rounds, tools, targets):
    place = tempfile.mkdtemp(prefix="lockgate-bench.")
    milliseconds = flush(place)
    with Cluster(place, fsync="on") as cluster:
        rounds = beside_psql(cluster, tools)
        heading(f"An empty database, a chain of {LENGTH:,}, fsync on, on a disk that takes {milliseconds:.2f} ms for a flush")
        print_rounds(rounds, "psql")
        targets.at_most("wall, x psql", rounds.ratio("lockgate", "psql"), 0.9)
    with Cluster() as cluster, cluster.standby():
        rounds = beside_psql(cluster, tools)
        heading(f"An empty database, a chain of {LENGTH:,}, a synchronous standby")
        print_rounds(rounds, "psql")
        targets.at_most("wall, x psql", rounds.ratio("lockgate", "psql"), 0.4)
