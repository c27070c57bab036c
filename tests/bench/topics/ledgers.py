"""Many jobs on disk."""

from __future__ import annotations

from functools import partial

from ..rows import Row
from ..stage import BEFORE, Stage, rounds

# What a ledger of any size should bear alike.
_ALIKE = {
    "jobs_ms": "veo.jobs()",
    "common_ms": "a search, words of many prompts",
    "rare_ms": "a search, a word of every thousandth prompt",
    "none_ms": "a search, a word of none",
    "submit_ms": "a submit",
}


def ledgers(stage: Stage) -> list[Row]:
    """A thousand, ten thousand and a hundred thousand jobs on disk."""
    sizes = {"few": 1_000, "many": 10_000, "most": 100_000}
    cases = {
        name: partial(stage.run, "veo_widgets", "ledgers", jobs=jobs, open=100) for name, jobs in sizes.items()
    } | {BEFORE: partial(stage.run, BEFORE, "ledgers", jobs=sizes["most"], open=100)}
    found = rounds(cases, 3)
    few, many, most, before = (found[name] for name in cases)
    goals = {"jobs_ms": ("veo.jobs()", 50), "resume_ms": ("resume, with 100 open", 200), "change_ms": ("a change", 2)}
    rows = [
        Row("Ledger of 10,000 jobs", what, many[key], "ms", f"≤ {goal}", many[key] <= goal)
        for key, (what, goal) in goals.items()
    ]
    rows.append(Row("Ledger of 10,000 jobs", "all of them as a table", many["all_jobs_ms"], "ms"))
    topic, goal = "Ledger of 100,000 jobs", "≤ 1.5 × of 1,000 jobs"
    rows += [
        Row(
            topic,
            what,
            most[key],
            "ms",
            goal,
            most[key] <= 1.5 * few[key],
            {"1,000 jobs": few[key], BEFORE: before[key]},
        )
        for key, what in _ALIKE.items()
    ]
    note = "It also makes a tenth of the index of prompts, as do those after it until that is whole."
    rows.append(
        Row(topic, "the first search of all", most["first_ms"], "ms", others={BEFORE: before["first_ms"]}, method=note)
    )
    return rows
