"""A limit of memory, as a pod has one: a control group of its own, where this machine lets us make one."""

import contextlib
import os
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


@contextlib.contextmanager
def memory(mebibytes):
    """What stands before a command so that it runs under the limit; nothing where no group can be made."""
    try:
        group = make(mebibytes << 20)
    except OSError:
        yield None
        return
    try:
        # The shell goes into the group, and then becomes the command.
        yield ["/bin/sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"]
    finally:
        group.rmdir()


def make(size):
    """A group of version 1 or 2 (Linux documentation, cgroup-v1/memory and cgroup-v2). What is over the limit is not swapped out."""
    is_first = (ROOT / "memory").is_dir()
    group = (ROOT / "memory" if is_first else ROOT) / f"lockgate-bench-{os.getpid()}"
    group.mkdir()
    try:
        limits = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] if is_first else ["memory.max", "memory.swap.max"]
        (group / limits[0]).write_text(str(size))
        with contextlib.suppress(FileNotFoundError):  # a kernel that does not count swap
            (group / limits[1]).write_text(str(size if is_first else 0))
        return group
    except OSError:
        group.rmdir()
        raise
