"""Writes ``docs/faults.md`` from the tables: ``python -m tests.torture.fault_page``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from veo_widgets.retries import RULES, Rule

from .fault_table import ALL, CREATE, DOWNLOAD, END, MACHINE, POLL, Fault
from .gateway_table import ANSWERS, CLIPS, MADE, REFUSED, WORDS
from .kill_table import MOMENTS, NOT_SENT, OTHER_MOMENTS, STOPS

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
WIRES = {
    "developer": "Veo (Developer API)",
    "platform": "Veo (Agent Platform)",
    "interactions": "interactions",
    "videos": "`/v1/videos`",
}
HEAD = """# What can go wrong, and what then happens

Made from the tests' own tables by `make docs-tables`; every row is tried by `make test`.

States: `unknown` means that the create may have been taken up and its answer is lost; it is never sent again by itself.
A job that ends `queued`, `running` or `downloading` goes on at the service: the waiting has ended, `%veo resume` or
another `wait()` brings it to its end, which the tests do. *Creates* are the requests for a job that reach the service,
broken ones included; never do two of them start a clip. *Clips* are what is in the folder then, each whole and with its
recipe, and there is nothing else.
"""
SECTIONS = {
    "The create": CREATE,
    "The polls": POLL,
    "The end": END,
    "The download": DOWNLOAD,
    "Creates that are made and not answered": MADE,
    "Refusals of gateways": REFUSED,
    "Answers of other `/v1/videos` servers": ANSWERS,
    "Their words": WORDS,
    "Their clips": CLIPS,
    "This machine": MACHINE,
}
KILLS = """## Programs that are killed

A program is killed (SIGKILL) at each of these moments, and at random ones; then another resumes. `make torture` kills
hundreds. What was paid is never paid twice, and no part of a clip is left.
"""
STOPPED = """A program may also sleep, as under a closed lid, for longer than its lease, while another takes its job
over and brings it to its end; then it wakes up. What has not begun to leave by then does not leave any more; in all
other cases the job ends `succeeded`, with one create:
"""
RETRIES = """## What is asked again

A *look* is a poll, a download or a listing. What a service says about when to come back goes before the pauses.
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def _fault(fault: Fault) -> tuple[object, ...]:
    wires = "all" if fault.ways == ALL else ", ".join(WIRES[way.name] for way in fault.ways)
    error = f"`{fault.raises}`: “{' … '.join(fault.words)}”" if fault.raises else ""
    return fault.what, wires, f"`{fault.state}`", error, fault.creates, fault.polls, fault.clips


def _faults(title: str, faults: Sequence[Fault]) -> str:
    head = ("fault", "wires", "ends", "raises", "creates", "polls, at least", "clips")
    rows = (_fault(fault) for fault in faults)
    if title == "This machine":
        # One wire stands for all.
        return f"## {title}\n\n{_table((head[0], *head[2:]), ((row[0], *row[2:]) for row in rows))}"
    return f"## {title}\n\n{_table(head, rows)}"


def _kills() -> str:
    unsent = "`failed`: it was not sent, and holds no money"
    ends = {"nothing": "nothing was begun", "not sent": unsent, "unknown": "`unknown`", "succeeded": "`succeeded`"}
    rows = [(name, ends[moment[-1]]) for name, moment in {**MOMENTS, **OTHER_MOMENTS}.items()]
    stops = _table(("stopped", "the job"), ((name, ends[_after_stop(name)]) for name in STOPS))
    return f"{KILLS}\n{_table(('killed', 'the job'), rows)}\n{STOPPED}\n{stops}"


def _after_stop(name: str) -> str:
    return "not sent" if name in NOT_SENT else "succeeded"


def _limit(rule: Rule) -> str:
    if rule.pauses is None:
        return "never"
    times = f"{rule.times} times" if rule.times else f"{rule.seconds / 60:g} min" if rule.seconds else "without end"
    return f"after {rule.pauses[0]:g} to {rule.pauses[1]:g} s, {times}"


def _retries() -> str:
    rows = ((rule.question, rule.answer, _limit(rule), f"`{rule.end}`", rule.why) for rule in RULES)
    return f"{RETRIES}\n{_table(('question', 'answer', 'asked again', 'else', 'why'), rows)}"


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_faults(*section) for section in SECTIONS.items()), _kills(), _retries()])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
