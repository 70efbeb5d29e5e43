"""Makes random folders of revisions, and prints what Alembic's own ScriptDirectory reads in each: a line of JSON a folder.

graphs.py DIRECTORY SEED COUNT
"""

import json
import pathlib
import random
import sys
import warnings

from alembic.script import ScriptDirectory

warnings.simplefilter("ignore")
root, seed, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
random.seed(seed)


def literal(ids):
    if not ids:
        return random.choice(["None", "None", "()"])
    if len(ids) == 1:
        one = ids[0]
        half = len(one) // 2
        forms = [f"'{one}'", f'"{one}"', f"('{one}',)", f"['{one}']", f"('{one[:half]}' '{one[half:]}')", f"'\\x{ord(one[0]):02x}{one[1:]}'"]
        return random.choice(forms)
    inner = ", ".join(f"'{one}'" for one in ids)
    return random.choice([f"({inner})", f"[{inner}]", inner, f"(\n    {inner},  # two\n)"])


def source(identity, down, depends, labels):
    lines = ['"""title', "", 'revision = "wrong"', "down_revision = 'wrong'", '"""', "# revision = 'wrong'", "OTHER = 'x'"]
    name = f"'{identity}'"
    if random.random() < 0.3:
        lines.append(f"REVISION_ID = {name}")
        name = "REVISION_ID"
    typed = random.random() < 0.5
    lines.append(f"revision{': str' if typed else ''} = {name}")
    lines.append(f"down_revision{': Union[str, None]' if typed and False else ''} = {literal(down)}")
    lines.append(f"branch_labels = {literal(labels)}")
    lines.append(f"depends_on = {literal(depends)}")
    lines += ["", "def upgrade():", "    revision = 'wrong'", "    down_revision = f'{revision!r}'", ""]
    text = random.choice(["\n", "\r\n"]).join(lines)
    return random.choice(["", "\ufeff"]) + text


for number in range(count):
    folder = root / f"g{number}"
    versions = folder / "versions"
    versions.mkdir(parents=True)
    made, labels_made = [], []
    for _ in range(random.randint(1, 18)):
        identity = "".join(random.choice("0123456789abcdef") for _ in range(12))
        down = random.sample(made, min(len(made), random.choice([0, 1, 1, 1, 1, 1, 2])))
        depends = random.sample(made + labels_made, 1) if made and random.random() < 0.2 else []
        labels = [f"label_{len(labels_made)}"] if random.random() < 0.15 else []
        (versions / f"{random.randint(0, 99):02}_{identity}.py").write_text(source(identity, down, depends, labels), encoding="utf-8", newline="")
        made.append(identity)
        labels_made += labels
    (versions / "__init__.py").write_text("")
    script = ScriptDirectory(str(folder))
    chain = script.revision_map
    revisions = {
        revision.revision: sorted(other.revision for other in chain._get_ancestor_nodes([revision], include_dependencies=True))
        for revision in (chain.get_revision(identity) for identity in made)
    }
    print(json.dumps({"folder": str(folder), "heads": sorted(script.get_heads()), "ancestors": revisions}))
