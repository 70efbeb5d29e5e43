"""The lockgate executable, as a black box."""

import re
import subprocess
from pathlib import Path


class Gate:
    def __init__(self, program, cluster):
        self.program = program
        self.cluster = cluster

    @property
    def is_debug(self):
        return Path(self.program).parent.name == "debug"

    def run(self, database, chain, *arguments, **more):
        """(exit code, stdout, stderr); a run that does not end is exit code None."""
        environment = {
            "PATH": "/usr/bin:/bin", "LOCKGATE_DATABASE_URL": self.cluster.url(database), "LOCKGATE_MIGRATIONS": str(chain),
            "LOCKGATE_LOG_FORMAT": "text", "LOCKGATE_WAIT_TIMEOUT": "20s", "LOCKGATE_AUTH_RETRY_FOR": "1s",
            "LOCKGATE_LOCK_WAIT": "20s", "LOCKGATE_FIRST_CONTACT": "migrate", "LOCKGATE_DDL_LOCK_RETRY_FOR": "5s", "LOCKGATE_TERMINATION_LOG": "/dev/null",
            **more,
        }
        try:
            done = subprocess.run([self.program, *arguments], env=environment, capture_output=True, timeout=120,
                                  stdin=subprocess.DEVNULL, cwd="/")
        except subprocess.TimeoutExpired as late:
            return None, _text(late.stdout), _text(late.stderr) + "\nno end within 120 s"
        return done.returncode, _text(done.stdout), _text(done.stderr)


def _text(output):
    return re.sub(r"\x1b\[[0-9;]*m", "", (output or b"").decode("utf-8", "replace"))


def why(stderr):
    """The lines that say what is wrong: from the first `error[LG…]` on."""
    lines = stderr.splitlines()
    for at, line in enumerate(lines):
        if "error[LG" in line:
            return [line[line.index("error["):]] + lines[at + 1:at + 12]
    return lines[-6:]


def reason(lines):
    """The same without names and numbers, for grouping: the code, and the first sentence that is particular."""
    text = " ".join(line.strip() for line in lines[:4])
    text = text.split(" statement: ")[0]
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "_", text)
    text = re.sub(r'"[^"]*"|\'[^\']*\'|`[^`]*`', "_", text)
    text = re.sub(r"\b\d{4}_\w+\.sql(:\d+)*", "FILE", text)
    text = re.sub(r"\b(?!LG)\w*\d\w*\b", "#", text)
    return re.sub(r"\s+", " ", text)[:170]
