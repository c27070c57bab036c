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

## Your job and your money

Every job is written to disk before it is sent, and its price is reserved in your budget. This is what happens next.

| what happens | your job | your money |
| --- | --- | --- |
| You close the laptop, the kernel dies, or you interrupt the cell | It carries on at the service. `%veo resume` picks it up and downloads the clip. | You pay once, for the clip. |
| The program dies before the job is sent | It ends as `failed`: “It was not sent”. | Nothing is spent or reserved. |
| The budget is too small, or the request breaks a rule | It is refused before anything is sent. | Nothing is spent or reserved. |
| Nobody answers at the service's address | It is sent again up to three times, because nothing has left your machine, then fails. | The reservation is released. |
| The service refuses the request, the key or the account | It is `failed`, with the service's reason. | The reservation is released. |
| The service has no room and names a quota | It waits where you can see it, and is sent when there is room, for up to six hours. | The budget is checked again when it is sent. |
| A daily quota or a spending limit is used up | It is `failed`, and is not sent again automatically. | The reservation is released. |
| The answer to the request is lost, or proves nothing (5xx, a gateway's page, a redirect by 302 or 303) | It is `unknown`, and is never sent again automatically. You decide: `%veo look`, `%veo retry` or `%veo forget`. | It may be charged, so the price stays reserved until you decide. Sending it again may cost twice. |
| Polling fails: errors, lost connections, too many requests | Polling goes on until there is an answer. | Polling is free. |
| The key stops working while the job runs | The waiting ends with the error; the job carries on. Fix the key and run `%veo resume`. | You pay once, for the clip. |
| The safety filter withholds the clip | It is `filtered`, with the reason. | The price becomes zero. Where the service does not say so itself, the message says that such a job is usually not charged. |
| The service cannot make the clip | It is `failed`, with the reason. | As for a filtered clip. |
| The download breaks or stalls | It continues where it stopped. A file gets the clip's name only once it is complete. | Downloading again is free. |
| What arrives is not a video, five times | It is `failed`. `%veo look` fetches the clip once the cause is fixed. | The price stays counted, because the clip was made. Fetching it is free. |
| The clip differs from what you asked for | You get it, with the differences on the card and a `DeliveryWarning`. | A price per second follows the seconds delivered. |
| The disk is full, or the folder is gone | The job stays open. Free some space or choose another folder, then run `%veo resume`. | You pay once, for the clip. |
| The service has deleted the clip before it was downloaded | It is `expired`. | The price stays counted, because the clip was made. |
| Another program has the job | It is left to that program while its lease of 75 seconds is renewed. `%veo resume --take-over` takes it over at once. | Nothing is sent twice. |
| You run the same cell again | The cell asks before it pays again. With `--once`, it shows the clip that is there. | You pay again only if you click, or if nobody can be asked, as in nbconvert without `--once`. |

## How this is tested

The tables below are made from the tests' own tables by `make docs-tables`, and `make test` tries every row.

- `unknown`: the service may have accepted the create, but its answer is lost. It is never sent again automatically.
- `queued`, `running` or `downloading`: the waiting has ended and the job carries on at the service. `%veo resume` or another
  `wait()` finishes it, which the tests check.
- *Creates* counts the requests for a job that reach the service, broken ones included. No two of them ever start a clip.
- *Clips* counts the files in the folder afterwards. Each is complete and has its recipe, and there is nothing else.
"""
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

A program is killed (SIGKILL) at each of these moments, and at random ones; then another one resumes. `make torture` kills
hundreds. Nothing is ever paid for twice, and no partial clip is left behind.
"""
STOPPED = """A program may also be suspended, as when you close the lid, for longer than its lease. Another program takes over its job and
finishes it; then the first one wakes up. If it had not begun to send the create by then, it never does. In all other cases
the job ends `succeeded`, with one create:
"""
RETRIES = """## What is repeated

A *look* is a poll, a download or a listing. If the service says when to come back, that takes precedence over the pauses.
`stopped` means that the waiting ends and the job stays open.
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def _fault(fault: Fault) -> tuple[object, ...]:
    wires = "all" if fault.ways == ALL else ", ".join(WIRES[way.name] for way in fault.ways)
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
    return f"{RETRIES}\n{_table(('question', 'answer', 'asked again', 'else', 'why'), rows)}"


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_faults(*section) for section in SECTIONS.items()), _kills(), _retries()])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
