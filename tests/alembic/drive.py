"""Carries out Alembic's own commands over one project: a line in, `ok` or the error out.

drive.py ALEMBIC_INI
"""

import contextlib
import io
import sys

from alembic import command
from alembic.config import Config

for line in sys.stdin:
    word, *rest = line.split()
    config = Config(sys.argv[1], stdout=io.StringIO())
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            if word == "check":
                command.current(config, check_heads=True)
            else:
                getattr(command, word)(config, *rest)
        answer = "ok"
    except (Exception, SystemExit) as error:
        answer = f"{type(error).__name__}: {error}".replace("\n", " ")
    print(answer, flush=True)
