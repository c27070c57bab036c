"""Writes ``docs/faults.md`` from the tables: ``python -m tests.torture.fault_page``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from veo_widgets.client.retries import RULES, Rule

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
HEAD = Path(__file__).with_name("fault_head.md").read_text("utf-8")
SECTIONS = {
    "The create": CREATE,
    "The polls": POLL,
    "The end": END,
    "The download": DOWNLOAD,
    "Creates that are accepted but not answered": MADE,
    "Refusals of gateways": REFUSED,
    "Answers of other `/v1/videos` servers": ANSWERS,
    "Status words of other servers": WORDS,
    "Clips of other servers": CLIPS,
    "This machine": MACHINE,
}
KILLS = """## Programs that are killed

A program is killed (SIGKILL) at each of these moments, and at random ones; then another one resumes. `make torture`
kills hundreds. Nothing is ever paid for twice, and no partial clip is left behind.
"""
STOPPED = """A program may also be suspended, as when you close the lid, for longer than its lease. Another program
takes over its job and finishes it; then the first one wakes up. If it had not begun to send the create by then, it
never does. In all other cases the job ends `succeeded`, with one create:
"""
RETRIES = """## What is repeated

A *look* is a poll, a download or a listing. If the service says when to come back, that takes precedence over the
pauses. `stopped` means that the waiting ends and the job stays open.
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def _fault(fault: Fault) -> tuple[object, ...]:
    wires = "all" if fault.ways[: len(ALL)] == ALL else ", ".join(WIRES[way.name] for way in fault.ways)
    words = f": “{' … '.join(fault.words)}”" if any(fault.words) else ""
    error = f"`{fault.raises}`{words}" if fault.raises else ""
    return fault.what, wires, f"`{fault.state}`", error, fault.creates, fault.polls, fault.clips


def _faults(title: str, faults: Sequence[Fault]) -> str:
    head = ("fault", "wires", "state at the end", "raises", "creates", "polls (at least)", "clips")
    rows = (_fault(fault) for fault in faults)
    if title == "This machine":
        # One wire stands for all.
        return f"## {title}\n\n{_table((head[0], *head[2:]), ((row[0], *row[2:]) for row in rows))}"
    return f"## {title}\n\n{_table(head, rows)}"


def _kills() -> str:
    unsent = "`failed`: it was not sent, and no money is reserved"
    ends = {"nothing": "nothing was started", "not sent": unsent, "unknown": "`unknown`", "succeeded": "`succeeded`"}
    rows = [(name, ends[moment[-1]]) for name, moment in {**MOMENTS, **OTHER_MOMENTS}.items()]
    stops = _table(("stopped", "the job"), ((name, ends[_after_stop(name)]) for name in STOPS))
    return f"{KILLS}\n{_table(('killed', 'the job'), rows)}\n{STOPPED}\n{stops}"


def _after_stop(name: str) -> str:
    return "not sent" if name in NOT_SENT else "succeeded"


def _limit(rule: Rule) -> str:
    if rule.pauses is None:
        return "never"
    once = "once" if rule.times == 1 else f"{rule.times} times"
    times = once if rule.times else f"for up to {rule.seconds / 3600:g} h" if rule.seconds else "without limit"
    if not any(rule.pauses):
        return f"at once, {times}"
    return f"after {rule.pauses[0]:g} to {rule.pauses[1]:g} s, {times}"


def _retries() -> str:
    rows = ((rule.question, rule.answer, _limit(rule), f"`{rule.end}`", rule.why) for rule in RULES)
    return f"{RETRIES}\n{_table(('request', 'answer', 'repeated', 'then', 'why'), rows)}"


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_faults(*section) for section in SECTIONS.items()), _kills(), _retries()])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
