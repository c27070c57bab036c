"""Spending by day, model, notebook and state, as a table, a plot and a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import Any

from .errors import InvalidRequestError, VeoError, nearest
from .paths import expanded
from .pricing import dollars
from .printable import html_output, printable
from .tables import frame

GROUPS = ("day", "model", "notebook", "state")
# What `Spend.grouped` takes; a table of users or projects is also shown where there are several.
ALL_GROUPS = (*GROUPS, "user", "project", "provider")
# Days in the plot; the table has them all.
_BARS = 31
_WIDTH, _HEIGHT = 480, 64


@dataclass(frozen=True)
class Item:
    """Jobs that have everything but their id in common.

    Attributes:
        day: the local ISO date of their submit.
        notebook: the notebook's path, or empty.
        jobs: how many.
        usd: what they count for: reserved while they run, final when they have ended.
        unpriced: how many of them have no known price and are not in `usd`.
        free: how many of them had a price of 0.
        user: whose they are; empty for jobs of earlier versions.
        project: what they were spent for, or empty.
    """

    day: str
    model: str
    provider: str
    notebook: str
    state: str
    jobs: int
    usd: float
    unpriced: int = 0
    free: int = 0
    user: str = ""
    project: str = ""


@dataclass(frozen=True, repr=False)
class Spend:
    """What jobs have cost, in US dollars. As text a table, in a notebook with a plot by day.

    Attributes:
        items: by day, model, provider, notebook, state, user and project; jobs of the emulator are free and not among
            them.
        groups: what the tables are by; empty for the usual.
    """

    items: tuple[Item, ...] = ()
    groups: tuple[str, ...] = ()

    def grouped(self, by: str) -> Spend:
        """The same as one table, by one of `ALL_GROUPS`.

        Raises:
            InvalidRequestError: there is no such group.
        """
        if by in ALL_GROUPS:
            return replace(self, groups=(by,))
        hint = nearest(by, ALL_GROUPS) if isinstance(by, str) else ""
        message = f"by: {by!r} is not one of {', '.join(ALL_GROUPS)}.{hint}"
        raise InvalidRequestError(message, parameter="by", value=by, allowed=ALL_GROUPS)

    @property
    def usd(self) -> float:
        """The sum."""
        return sum((item.usd for item in self.items), 0.0)

    def by(self, group: str) -> dict[str, float]:
        """US dollars by ``day``, ``model``, ``user`` or another of `ALL_GROUPS`, in alphabetical order."""
        return {name: usd for name, _, usd, _ in self._sums_by(group)}

    def _sums_by(self, group: str) -> list[tuple[str, int, float, int]]:
        """Name, jobs, US dollars, and how many of the jobs were free."""
        sums: dict[str, tuple[int, float, int]] = {}
        for item in self.items:
            name = getattr(item, group)
            jobs, usd, free = sums.get(name, (0, 0.0, 0))
            sums[name] = (jobs + item.jobs, usd + item.usd, free + item.free)
        # Sorted, so that days come in order and two tables can be compared.
        return [(name, *sums[name]) for name in sorted(sums)]

    def to_csv(self, path: str | Path) -> Path:
        """Write one line for each item; returns the path.

        Raises:
            VeoError: the file cannot be written.
        """
        return write_csv(path, [item.name for item in fields(Item)], self._item_dicts())

    def to_frame(self) -> Any:
        """One row for each item as a pandas ``DataFrame``.

        Raises:
            VeoError: pandas is not installed.
        """
        return frame([item.name for item in fields(Item)], (row.values() for row in self._item_dicts()))

    def _item_dicts(self) -> list[dict[str, Any]]:
        return [asdict(item) for item in self.items]

    def _tables(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        return [
            (
                group,
                [
                    (_label(group, name), str(jobs), "free" if jobs == free else dollars(usd))
                    for name, jobs, usd, free in self._sums_by(group)
                ],
            )
            for group in self.groups or self._usual_groups()
        ]

    def _usual_groups(self) -> tuple[str, ...]:
        """Who spends is only said where that is more than one."""
        several = (group for group in ("user", "project") if len({getattr(item, group) for item in self.items}) > 1)
        return (*GROUPS, *several)

    def _summary(self) -> str:
        jobs, unpriced = sum(item.jobs for item in self.items), sum(item.unpriced for item in self.items)
        unknown = f"; {unpriced} more of unknown price" if unpriced else ""
        count = jobs - unpriced
        amount = "Nothing" if count and count == sum(item.free for item in self.items) else dollars(self.usd)
        return f"{amount} for {count} job{'' if count == 1 else 's'}{unknown}. The emulator is free."

    def __repr__(self) -> str:
        if not self.items:
            return "Nothing was spent. The emulator is free."
        tables = self._tables()
        width = max(len(cell) for group, rows in tables for cell in (group, *(row[0] for row in rows)))
        lines = [self._summary()]
        for group, rows in tables:
            lines.append("")
            lines += [f"{a:<{width}}  {b:>5}  {c:>10}" for a, b, c in ((group, "jobs", "cost"), *rows)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not self.items:
            return "<p>Nothing was spent. The emulator is free.</p>"
        tables = "".join(_table(group, rows) for group, rows in self._tables())
        grid = f'<div style="display:flex;flex-wrap:wrap;gap:0 2em;align-items:flex-start">{tables}</div>'
        # Prices hold dollar signs, between which notebooks set mathematics.
        return html_output(f"<p>{escape(self._summary())}</p>", _plot(self.by("day")), grid)


def _label(group: str, name: str) -> str:
    if group == "notebook":
        # The folders before it are nobody's business who is shown the table.
        return printable(Path(name).name) or "no notebook"
    return printable(name) or f"no {group}"


def write_csv(path: str | Path, names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write rows to a file; returns its path.

    Raises:
        VeoError: the file cannot be written.
    """
    target = expanded(path)
    try:
        # The csv module writes its own line ends; Python's translation would double them on Windows.
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(map(harmless, rows))
    except OSError as error:
        raise VeoError(f"csv: cannot write {str(target)!r}: {error.strerror or error}.") from error
    return target


def harmless(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose texts no spreadsheet runs as formulas."""
    return {
        key: f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
        for key, value in row.items()
    }


def _table(group: str, rows: list[tuple[str, str, str]]) -> str:
    head = "".join(
        f'<th style="text-align:{side};padding:1px 6px">{name}</th>'
        for name, side in _with_alignment((group, "jobs", "cost"))
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{side};padding:1px 6px">{escape(cell)}</td>' for cell, side in _with_alignment(row)
        )
        + "</tr>"
        for row in rows
    )
    return f'<table style="margin:0 0 1em"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _with_alignment(cells: tuple[str, str, str]) -> list[tuple[str, str]]:
    return list(zip(cells, ("left", "right", "right"), strict=True))


def _plot(days: Mapping[str, float]) -> str:
    """A bar for each day, in the colour of the text, which is visible on any background; empty for a single day."""
    if len(days) < 2:
        return ""
    # The last day with a cost, not today: a plot that ends in empty weeks shows nothing.
    last = date.fromisoformat(max(days))
    past = min((last - date.fromisoformat(min(days))).days, _BARS - 1)
    # Days without a cost have their place too, or two bars would seem to be neighbours.
    calendar = [(last - timedelta(days=ago)).isoformat() for ago in range(past, -1, -1)]
    shown = [(day, days.get(day, 0.0)) for day in calendar]
    most = max(usd for _, usd in shown) or 1.0
    # Two days should be two bars, not two halves of the plot.
    step = min(_WIDTH // len(shown), 40)
    bars = "".join(_bar(f"{day}: {dollars(usd)}", step - 2, usd / most, day in days) for day, usd in shown)
    ends = f"{shown[0][0]} to {shown[-1][0]}"
    # Not SVG: of a notebook that it does not trust JupyterLab takes its tags away and leaves its texts, all in one row.
    return (
        f'<div style="font-size:11px;margin:0 0 12px">{dollars(most)} at most in a day'
        f'<div role="img" aria-label="Cost by day from {ends}" '
        f'style="height:{_HEIGHT}px;line-height:{_HEIGHT}px;white-space:nowrap;overflow-x:auto">{bars}</div>{ends}</div>'
    )


def _bar(title: str, width: int, share: float, has_jobs: bool) -> str:  # noqa: FBT001 (the only caller is above)
    """A day with jobs is seen, whatever they cost."""
    height = max(round(share * _HEIGHT), 1 if has_jobs else 0)
    # A border without a colour has that of the text. JupyterLab drops a background of currentColor.
    return (
        f'<span title="{title}" style="display:inline-block;vertical-align:bottom;margin:0 1px;width:{width}px;'
        f'border-bottom:{height}px solid;opacity:0.6"></span>'
    )
