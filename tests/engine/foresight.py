"""What a plan said before a run, held against what the run then did."""

import json


def read(stdout):
    """(verdicts by count, whether some verdict is called provisional); None where there is no plan to read."""
    try:
        plan = json.loads(stdout)
    except ValueError:
        return None
    counts, provisional = {}, False
    parts = [plan]
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, dict):
            parts += part.values()
            provisional |= bool(part.get("provisional"))
            if "verdict" in part and "line" in part:
                counts[part["verdict"]] = counts.get(part["verdict"], 0) + 1
    return counts, provisional


def unforeseen(planned, code):
    """Why the plan was wrong about the run, in words; none where it was right, or did not give the last word."""
    plan_code, stdout = planned
    plan = read(stdout)
    if plan_code == code or plan is None or plan[1]:
        return ""
    return f"the plan ended with {plan_code}, the run with {code}"
