"""Figures side by side: rounds in which everybody takes a turn, and a table that holds each figure against its target."""

import statistics
from pathlib import Path

# The printed figures, as a page of the documentation.
PAGE = []


def write(path, first):
    """The page, behind its first lines."""
    Path(path).write_text("\n".join([*first, *PAGE]).rstrip() + "\n")


class Rounds:
    """A list of figures for every name. All names take a turn in every round, so a busy moment of the machine hits all."""

    def __init__(self):
        self.figures = {}

    def run(self, count, turns, warm_up=1):
        """`turns`: a function for each name. The first rounds are not counted; who begins changes from round to round."""
        names = list(turns)
        for at in range(-warm_up, count):
            first = at % len(names)
            for name in names[first:] + names[:first]:
                figure = turns[name]()
                if at >= 0:
                    self.figures.setdefault(name, []).append(figure)
        return self

    def of(self, name, field):
        return [getattr(figure, field) for figure in self.figures[name]]

    def median(self, name, field):
        return statistics.median(self.of(name, field))

    def ratio(self, name, other, field="wall"):
        """The median of the ratios within each round."""
        return statistics.median(a / b for a, b in zip(self.of(name, field), self.of(other, field)))

    def faster(self, names, field="wall"):
        present = [name for name in names if name in self.figures]
        return min(present, key=lambda name: self.median(name, field)) if present else None


def spread(values, digits=1):
    values = list(values)
    middle = f"{statistics.median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} [{min(values):.{digits}f}-{max(values):.{digits}f}]"


def heading(text):
    print(f"\n{text}", flush=True)
    PAGE.extend(["", f"## {text}"])


def table(columns, rows):
    cells = [[str(cell) for cell in row] for row in [columns, *rows]]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    for row in cells:
        first, *others = (cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths)))
        print("  " + "   ".join([first, *others]).rstrip())
    print(flush=True)
    rule = ["---", *["---:"] * (len(columns) - 1)]
    PAGE.extend(["", *("| " + " | ".join(row) + " |" for row in [cells[0], rule, *cells[1:]]), ""])


class Targets:
    """What lockgate promises, and whether it is kept."""

    def __init__(self):
        self.missed = []

    def at_most(self, what, value, limit, unit=""):
        self.say(what, value, f"<= {limit}", value <= limit, unit)

    def at_least(self, what, value, limit, unit=""):
        self.say(what, value, f">= {limit}", value >= limit, unit)

    def say(self, what, value, limit, kept, unit):
        text = f"{value}" if isinstance(value, int) else f"{value:.2f}"
        print(f"  {'PASS' if kept else 'MISS'}  {what}: {text}{unit} (target {limit}{unit})", flush=True)
        PAGE.append(f"- {what}: {text}{unit}, {'kept' if kept else 'missed'} (target {limit}{unit})")
        if not kept:
            self.missed.append(what)
