"""How a film or a batch stands, and what it costs, as tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape

from ...client.progress import Line, time_left
from ...domain.job_record import JobRecord, JobState
from ...domain.pricing import Cost, sum_text, total_usd
from ...domain.printable import html_output
from ..status_lines import tally
from .piece import Piece, has_clip, may_be_sent_again

# A table of hundreds of rows is no help to anyone.
MOST = 40
# A still has up to 20 kB, and they are all in the notebook.
MOST_STILLS = 12
_MOST_OF_PROBLEM = 160


@dataclass(frozen=True, repr=False)
class Bill:
    """What the pieces of a film or a batch cost, one line each, and together.

    Attributes:
        lines: what each piece is called, its price, and whether it is still to be paid for; refused ones are left out.
        free: whether nothing is charged, as at the emulator.
        refused: how many pieces were left out.
        remarks: what to know beside the price.
    """

    lines: tuple[tuple[str, Cost, bool], ...]
    free: bool = False
    refused: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def usd(self) -> float | None:
        """The price of everything in US dollars; None if any of it is unknown, or there is nothing but refused ones."""
        return total_usd(cost for _, cost, _ in self.lines) if self.lines else None

    @property
    def due(self) -> float | None:
        """What is to be sent, in US dollars; None if any of it is unknown, or there is nothing but refused ones."""
        return total_usd(cost for _, cost, due in self.lines if due) if self.lines else None

    def __str__(self) -> str:
        if self.refused and not self.lines:
            return " · ".join(("No price, because nothing can be sent", *self.remarks))
        free = " (on a real account; the emulator is free)" if self.free else ""
        without = f", not counting {self.refused} refused" if self.refused else ""
        price = f"{sum_text(self.usd)} in all, {sum_text(self.due)} of it still to pay{free}{without}"
        if self.lines and all(cost.is_free for _, cost, _ in self.lines):
            price = f"Nothing to pay{without}"
        return " · ".join((price, *self.remarks))

    def _rows(self) -> list[tuple[str, ...]]:
        return [(label, cost.text, "to pay" if due else "", cost.note) for label, cost, due in self.lines]

    def __repr__(self) -> str:
        return f"{text_table(self._rows())}\n{self}"

    def _repr_html_(self) -> str:
        return html_output(html_table((), self._rows()), f"<p>{escape(str(self))}</p>")


@dataclass(frozen=True)
class Entry:
    """How one piece stands.

    Attributes:
        label: what it is called.
        shown: name and text of its own columns.
        state: of its job, or in words what becomes of it.
        cost: its price, expected or final.
        due: whether `run` would send it.
        prompt: what it shows.
        clip: where its clip lies, from the working folder; empty while there is none.
        problem: why there is none.
        job_id: its job, or empty.
        poster: a still as a ``data:`` address, or empty.
        may_be_sent_again: whether ``run(retry=True)`` would send it.
        is_over: whether nothing more happens to it in this run.
    """

    label: str
    shown: tuple[tuple[str, str], ...]
    state: str
    cost: Cost
    due: bool
    prompt: str
    clip: str = ""
    problem: str = ""
    job_id: str = ""
    poster: str = ""
    may_be_sent_again: bool = False
    is_over: bool = False


@dataclass(frozen=True, repr=False)
class Summary:
    """How every piece of a film or a batch stands at a moment; as text and in a notebook, a table.

    Attributes:
        title: what is shown, such as ``film 'train'``.
        entries: the pieces in their order.
        free: whether nothing is charged.
        remarks: what to know beside the price.
        takes: of a film, the takes that are to be made and are not chosen.
    """

    title: str
    entries: tuple[Entry, ...]
    free: bool = False
    remarks: tuple[str, ...] = ()
    takes: tuple[Entry, ...] = ()

    @property
    def cost(self) -> Bill:
        """The prices."""
        # Nothing is sent for what is refused, and so it has no price.
        every = [*self.entries, *self.takes]
        counted = [entry for entry in every if entry.state != "refused"]
        lines = tuple((entry.label, entry.cost, entry.due) for entry in counted)
        return Bill(lines, self.free, len(every) - len(counted), self.remarks)

    @property
    def states(self) -> dict[str, int]:
        """How many pieces are in each state."""
        return dict(Counter(entry.state for entry in (*self.entries, *self.takes)))

    @property
    def sentence(self) -> str:
        """How many pieces are in each state, and the price."""
        # What waits for another piece is to be sent as well.
        every = (*self.entries, *self.takes)
        counts = Counter("to be sent" if entry.state.startswith("after ") else entry.state for entry in every)
        states = ", ".join(f"{count} {state}" for state, count in counts.items())
        again = sum(entry.may_be_sent_again for entry in self.entries)
        retry = f" run(retry=True) sends {again} again." if again else ""
        return f"{self.title}: {states}. {ended(str(self.cost))}{retry}"

    def _table(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        own = [name for name, _ in self.entries[0].shown] if self.entries else []
        # A take has the columns of shots empty: what it is stands before them.
        takes = tuple(replace(entry, shown=tuple((name, "") for name in own)) for entry in self.takes)
        shown = (*self.entries, *takes)[:MOST]
        # Why there is no clip has a column of its own, where anything is to be said.
        problems = ("problem",) if any(entry.problem for entry in shown) else ()
        rows = [
            (
                entry.label,
                *(text for _, text in entry.shown),
                entry.state,
                entry.cost.text,
                shorten(entry.prompt, 48),
                entry.clip,
                *(_shortened_problem(entry.problem) for _ in problems),
            )
            for entry in shown
        ]
        return ("", *own, "state", "price", "prompt", "clip", *problems), rows

    def _count_left_out(self) -> str:
        count = len(self.entries) + len(self.takes)
        return f"… and {count - MOST} more" if count > MOST else ""

    def __repr__(self) -> str:
        head, rows = self._table()
        return "\n".join(line for line in (self.sentence, text_table([head, *rows]), self._count_left_out()) if line)

    def _repr_html_(self) -> str:
        head, rows = self._table()
        strip = "".join(
            f'<img src="{escape(entry.poster)}" alt="{escape(entry.label)}" title="{escape(entry.label)}" '
            'style="height:90px;border-radius:4px">'
            for entry in self.entries
            if entry.poster
        )
        strip = f'<div style="display:flex;flex-wrap:wrap;gap:4px;margin-bottom:8px">{strip}</div>' if strip else ""
        summary, left_out = f"<p>{escape(self.sentence)}</p>", f"<p>{self._count_left_out()}</p>"
        return html_output(summary, strip, html_table(head, rows), left_out)


def standing_line(summary: Summary, gone: float, over_before: int, final_step: str, *, last: bool) -> Line:
    """How many pieces are there, what they have cost, and how long the rest may take, in a line.

    Args:
        summary: how they stand.
        gone: seconds since the run began.
        over_before: how many pieces had come to their end before.
        final_step: what is left to do once all have.
        last: whether the run has ended, so that nothing is said of time.
    """
    done = [entry for entry in summary.entries if entry.clip]
    failed = sum(entry.is_over and not entry.clip for entry in summary.entries)
    count = len(summary.entries)
    parts = tally(summary.title, [entry.cost for entry in done], failed, count, free=summary.free)
    if last:
        return Line(" · ".join(parts))
    over = len(done) + failed
    # Only what this run has brought tells how fast it is.
    fresh = over - over_before
    if over == count:
        parts.append(final_step)
    elif fresh > 0:
        parts.append(time_left(gone / fresh * (count - over)))
    return Line(" · ".join(part for part in parts if part), over / count if count else None)


def entry(piece: Piece, record: JobRecord | None, waits_for: str, *, posters: bool) -> Entry:
    """How a piece stands.

    Args:
        piece: which.
        record: its job, if it has one.
        waits_for: the piece whose clip it goes on from, if that is not there; else empty.
        posters: whether to bring a still, for which a file is read.
    """
    cost = record.cost if record else piece.plan.cost if piece.plan else Cost(None)
    made = Entry(piece.label, piece.shown, "to be sent", cost, due=False, prompt=piece.prompt)
    if record is None:
        made = replace(made, due=not piece.violations)
        state = "refused" if piece.violations else f"after {waits_for}" if waits_for else made.state
        problem = " ".join(map(str, piece.violations)) or str(piece.trouble or "")
        return replace(made, state="not sent" if piece.trouble else state, problem=problem, is_over=bool(piece.trouble))
    made = replace(made, job_id=record.id, state=_state_text(record), problem=_problem_text(piece, record))
    made = replace(made, is_over=record.state.is_final)
    if not has_clip(record):
        return replace(made, may_be_sent_again=may_be_sent_again(record))
    video = record.videos[0]
    return replace(made, clip=video.relative_path(), poster=video.poster if posters else "")


def _state_text(record: JobRecord) -> str:
    if record.state is JobState.SUCCEEDED and may_be_sent_again(record):
        return "clip gone"
    return "waiting to be sent" if record.held_back else str(record.state)


def _problem_text(piece: Piece, record: JobRecord) -> str:
    if record.problem:
        return f"{record.problem.title}. {record.problem.message}"
    return str(piece.trouble or record.remark)


def ended(sentence: str) -> str:
    """A sentence with the mark that ends it."""
    return sentence if sentence.endswith("?") else f"{sentence}."


def _shortened_problem(text: str) -> str:
    # What was meant stands at the end, and is what helps.
    found = re.search(r" Did you mean '[^']{1,60}'\?", text)
    if found is None or len(text) <= _MOST_OF_PROBLEM:
        return shorten(text, _MOST_OF_PROBLEM)
    return shorten(text[: found.start()], _MOST_OF_PROBLEM - len(found[0])) + found[0]


def shorten(text: str, length: int) -> str:
    """A text on one line, cut where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as text, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows as HTML; every cell is text."""

    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f'<{tag} style="text-align:left">{escape(cell)}</{tag}>' for cell in cells) + "</tr>"

    top = f"<thead>{line(head, 'th')}</thead>" if head else ""
    return f"<table>{top}<tbody>{''.join(line(row, 'td') for row in rows)}</tbody></table>"
