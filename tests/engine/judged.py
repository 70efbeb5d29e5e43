"""Which part of the DDL statements has a verdict other than `run`, asked of `lockgate plan --json`."""

import json
from collections import Counter


def statements_in(document):
    """(file or revision, line, verdict) of everything in it that carries a verdict, however it is nested."""
    def walk(value, place):
        if isinstance(value, list):
            for part in value:
                yield from walk(part, place)
        elif isinstance(value, dict):
            named = value.get("file") or value.get("revision") or value.get("id")
            place = str(named) if named else place
            verdict = value.get("verdict")
            if isinstance(verdict, str):
                line = value.get("line") or (value.get("place") or {}).get("line") if not isinstance(value.get("place"), str) else None
                yield place, line, verdict
                return
            for part in value.values():
                yield from walk(part, place)
    return list(walk(document, ""))


def measure(cluster, gate, builders):
    """Prints the share; None where the executable has no such command yet."""
    if not builders:
        return None
    database = cluster.clone(label="judged")
    try:
        counts, unjudged = Counter(), []
        for builder in builders:
            code, out, stderr = gate.run(database, builder.chain, "plan", "--json")
            try:
                document = json.loads(out)
            except ValueError:
                last = (stderr.strip().splitlines() or [""])[0]
                print(f"\nDDL statements judged: skipped: no plan command (exit code {code}: {last})")
                return None
            verdicts = {(str(place), line): verdict for place, line, verdict in statements_in(document)}
            for revision in builder.history.revisions:
                for statement in revision.statements:
                    if statement.kind != "ddl":
                        continue
                    found = next((verdicts[key, statement.line] for key in (revision.id, revision.file)
                                  if (key, statement.line) in verdicts), None)
                    counts["judged" if found not in (None, "run") else "not"] += 1
                    if found in (None, "run"):
                        unjudged.append(f"{builder.history.name}:{revision.id} {found} {statement}")
        total = sum(counts.values())
        share = 100 * counts["judged"] / total if total else 0
        print(f"\nDDL statements judged: {counts['judged']} of {total}, {share:.2f} %")
        for line in unjudged[:20]:
            print(f"  {line}")
        return share
    finally:
        cluster.drop(database)
