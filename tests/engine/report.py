"""The table, the reasons, the floors."""

import json
from collections import Counter, defaultdict

import fresh
from cells import CRASH, LIMIT, OK, OUTCOMES, REFUSED, ROWS, SCHEMA, UNTRUE, WAYS
from gate import reason

FLOORS = {"whole": 97.0, "whole, DDL only": 99.0, "prefix": 90.0, "half": 94.0, "once": 100.0, "stepwise": 100.0}
# Of these the table has one line for all, and a refusal is as bad as a wrong end.
MANY = ("written", "cases", "wide")


class Report:
    def __init__(self, keep=None):
        self.results = []
        self.keep = open(keep, "w") if keep else None
        self.lines = []

    def add(self, result):
        self.results.append(result)
        if self.keep and result.outcome != OK:
            self.keep.write(json.dumps(result.as_dict()) + "\n")
            self.keep.flush()
        if result.outcome in (SCHEMA, ROWS, CRASH, UNTRUE) or result.way in ("once", "stepwise") and result.outcome != OK:
            print(f"  {result.outcome.upper():12} {selector(result)}  {_gist(result)}", flush=True)

    def table(self):
        """history × way, then all of a way."""
        counts = defaultdict(Counter)
        for result in self.results:
            ways = [result.way] + (["whole, DDL only"] if result.way == "whole" and result.ddl_only else [])
            for way in ways:
                counts[_shown(result), way][result.outcome] += 1
                counts["all", way][result.outcome] += 1
        order = [way for base in WAYS + fresh.WAYS for way in ([base, "whole, DDL only"] if base == "whole" else [base])]
        names = list(dict.fromkeys(_shown(result) for result in self.results)) + ["all"]
        print(f"\n| {'history':24} | {'way':15} | " + " | ".join(f"{name:>12}" for name in OUTCOMES) + f" | {'of':>5} | {'ok':>7} |")
        print("|" + "---|" * (len(OUTCOMES) + 4))
        for name in names:
            for way in order:
                row = counts.get((name, way))
                if row:
                    total = sum(row.values())
                    cells = " | ".join(f"{row[outcome]:>12}" for outcome in OUTCOMES)
                    print(f"| {name:24} | {way:15} | {cells} | {total:>5} | {100 * row[OK] / total:>6.1f}% |")
        return {way: counts["all", way] for way in order if counts.get(("all", way))}

    def reasons(self, most=25):
        refused = [result for result in self.results if result.outcome in (REFUSED, CRASH, UNTRUE)]
        if not refused:
            return
        groups = defaultdict(list)
        for result in refused:
            groups[reason(result.said)].append(result)
        print(f"\n{len(refused)} refusals and crashes, by reason:")
        for text, found in sorted(groups.items(), key=lambda item: -len(item[1]))[:most]:
            print(f"  {len(found):>5}  {text}\n         e.g. --only {selector(found[0])}")
        if len(groups) > most:
            print(f"         and {len(groups) - most} other reasons")

    def missed(self, totals, floors):
        """What is below its floor, one line each."""
        lines = []
        for way, floor in floors.items():
            row = totals.get(way)
            if row and 100 * row[OK] / sum(row.values()) < floor:
                lines.append(f"{way}: {100 * row[OK] / sum(row.values()):.1f} % is below the floor of {floor} %")
        for outcome in (SCHEMA, ROWS, CRASH, UNTRUE):
            count = sum(result.outcome == outcome for result in self.results)
            if count:
                lines.append(f"{outcome}: {count} cells; none may be")
        unforeseen = [result for result in self.results if result.unforeseen]
        print(f"\nruns that the plan foresaw otherwise, without calling it provisional: {len(unforeseen)}")
        for result in unforeseen[:20]:
            print(f"  {selector(result)}  {result.unforeseen}")
        if unforeseen:
            lines.append(f"plan and run: {len(unforeseen)} cells differ; none may")
        limits = sum(result.outcome == LIMIT for result in self.results)
        if limits:
            print(f"limit: in {limits} cells the outside run left the catalog as it was, and nobody can tell that its data statements ran")
        return lines


def selector(result):
    """What `--only` takes to run this cell again."""
    return ":".join(part for part in (result.history, result.revision, result.way, result.detail) if part)


def tell(result, boundary):
    """One cell in full."""
    print(f"\n=== {selector(result)}: {result.outcome}, exit code {result.code} ({result.file})")
    print("statements:")
    for statement in boundary.revision.statements:
        print(f"  {statement.kind:7} {statement}")
    print("outside:" if result.outside else "outside: nothing")
    for line in result.outside:
        print(f"  {line}")
    print("lockgate:")
    for line in result.said:
        print(f"  {line}")
    for line in result.differences:
        print(f"  differs: {line}")


def _shown(result):
    return result.group if result.group in MANY else result.history


def tell_chain(history, results):
    """A whole chain in full."""
    for revision in history.revisions:
        print(f"--- {revision.file}\n{revision.text}")
    for result in results:
        print(f"=== {result.way} {result.revision} {result.detail}: {result.outcome}, exit code {result.code}")
        for line in result.said + result.differences:
            print(f"  {line}")


def _gist(result):
    """What is most particular of what was said."""
    lines = result.differences or [line for line in result.said if line.startswith(("  ", "cause:"))] or result.said or [""]
    return " | ".join(line.strip() for line in lines)[:230]
