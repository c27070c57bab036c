"""What may be spent: for one request, in one session, in a day, in a month; by all, a user, for a project. US dollars.

Days and months are those of this computer's time zone. A job counts from its submit on, with the price it is expected
to have; a failed or filtered one counts for nothing once that is known. The emulator is free.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from shlex import quote
from typing import Any

from .errors import BudgetError, InvalidRequestError, nearest
from .pricing import Cost, dollars
from .printable import html_output, printable
from .spender import KINDS, NOBODY, Spender
from .tables import frame

PERIODS = ("session", "day", "month")
LIMITS = ("request", *PERIODS)
# What may be limited for a user and for a project too, beside what holds for all.
SHARED = ("request", "day", "month")
# These limits of the user and the project of a job by their keys, such as ``user day``.
SCOPED = tuple(f"{kind} {name}" for kind in KINDS for name in SHARED)
_ALL = (*LIMITS, *SCOPED)
# `unknown` is no limit: it is what is reserved for a request whose price nobody knows.
NAMES = (*LIMITS, "unknown")
# Without a limit that somebody set, a loop gone wrong must not cost more than this before anybody looks.
DEFAULT_DAY = 20.0
# The place of the ledger says who they are that spend it together.
ANNOUNCEMENT = (
    f"At most ${DEFAULT_DAY:.2f} a day is spent {{}}. "
    "veo.budget(day=…) or %veo budget day … changes that; veo.budget() shows it."
)
# What counts is in cents or less; sums of them are not exact.
_ROUNDING = 1e-9


def variable(name: str) -> str:
    """The environment variable for a name: ``VEO_BUDGET_DAY``."""
    return f"VEO_BUDGET_{name.upper()}"


def local_day(at: float) -> str:
    """The ISO date of a moment in this computer's time zone."""
    # Local, as the people who watch their spending count days.
    return datetime.fromtimestamp(at).astimezone().date().isoformat()


def amount(value: object, name: str, label: str = "") -> float:
    """An amount as users write it; ``off`` is no limit.

    Args:
        value: US dollars, as a number or text, with or without ``$``.
        name: of the limit.
        label: what messages call it; default is the name.

    Raises:
        InvalidRequestError: it is none.
    """
    if value == "off" and name in LIMITS:
        return math.inf
    try:
        usd = float(str(value).strip().removeprefix("$"))
    except ValueError:
        usd = math.nan
    # Written so that what is not a number is refused too; True would be one dollar.
    if isinstance(value, bool) or not usd >= 0 or (usd == math.inf and name not in LIMITS):
        more = ", or 'off' for no limit" if name in LIMITS else ""
        raise InvalidRequestError(
            f"{label or name}: {value!r} is not an amount of US dollars; give a number such as 2.50{more}.",
            parameter=label or name,
            value=value,
        )
    return usd


def read_pairs(words: Sequence[str]) -> dict[str, str | None]:
    """Limits as they are typed, ``day 20 month off``; ``default`` stands for None.

    Raises:
        InvalidRequestError: an amount is missing.
    """
    if len(words) % 2:
        raise InvalidRequestError(f"budget: {words[-1]!r} has no amount; write it as in: day 20 month off.")
    return {name: None if usd == "default" else usd for name, usd in zip(words[::2], words[1::2], strict=True)}


def check_name(name: str) -> str:
    """The name, if it is one of a budget's.

    Raises:
        InvalidRequestError: it is none.
    """
    if name in NAMES:
        return name
    message = f"{name}: no such budget; choose one of {', '.join(NAMES)}.{nearest(name, NAMES)}"
    raise InvalidRequestError(message, parameter=name, allowed=NAMES)


def check_shared(name: str, kind: str) -> None:
    """Refuse a limit that a user or a project cannot have.

    Raises:
        InvalidRequestError: it is one that only holds for a program, or for all.
    """
    if name not in SHARED:
        message = f"{name}: it cannot be set for a {kind}; {', '.join(SHARED)} can."
        raise InvalidRequestError(message, parameter=name, allowed=SHARED)


@dataclass(frozen=True)
class Tally:
    """What a period has cost: `spent` by jobs that have ended, `reserved` by those that may still cost something."""

    spent: float = 0.0
    reserved: float = 0.0


@dataclass(frozen=True)
class Budget:
    """The limits, and what is spent and reserved under them. As text and in a notebook, a table.

    Attributes:
        limits: US dollars by name; what is missing is not limited. Those of the user and of the project have ``user``
            or ``project`` before their name: ``user day``.
        sources: where each limit comes from.
        tallies: by period.
        spender: which user and which project that is.
    """

    limits: Mapping[str, float]
    sources: Mapping[str, str]
    tallies: Mapping[str, Tally]
    spender: Spender = NOBODY

    @classmethod
    def of(
        cls,
        environment: Mapping[str, float],
        settings: Mapping[str, float],
        tallies: Mapping[str, Tally],
        *,
        spender: Spender = NOBODY,
        fixed: Mapping[str, float] | None = None,
    ) -> Budget:
        """The budget in force: the environment goes before what was set, and that before the default.

        Args:
            environment: limits of the environment.
            settings: limits that were set.
            tallies: by period.
            spender: whose limits are among them.
            fixed: an administrator's limits, which others can lower and not raise; None where there is none.
        """
        limits = {"day": DEFAULT_DAY, **(fixed or {})}
        sources = {"day": "default", **dict.fromkeys(fixed or (), "administrator")}
        bounds = {} if fixed is None else dict(limits)
        # Later ones replace earlier ones, so the strongest comes last.
        for found, source in ((settings, "set"), (environment, "environment")):
            for name, usd in found.items():
                if name in bounds and _is_looser(name, usd, bounds[name]):
                    continue
                limits[name] = usd
                sources[name] = variable(name) if source == "environment" else source
        # `off` in a stronger place lifts a limit of a weaker one, and so is dropped only here.
        known = {name: usd for name, usd in limits.items() if usd < math.inf and name in (*NAMES, *SCOPED)}
        return cls(known, sources, tallies, spender)

    @property
    def unknown(self) -> float | None:
        """What is reserved for a request whose price is unknown; None if such requests are refused."""
        return self.limits.get("unknown")

    @property
    def left(self) -> float:
        """What the next request may cost; infinite without a limit."""
        return min([self._left_under(name) for name in _ALL], default=math.inf)

    def _left_under(self, name: str) -> float:
        tally = self.tallies.get(name, Tally())
        # A limit that was lowered below what is spent leaves nothing, not less.
        return max(self.limits.get(name, math.inf) - tally.spent - tally.reserved, 0.0)

    def admit(self, what: str, cost: Cost, max_cost: float | None) -> float:
        """What to reserve for a request.

        Args:
            what: the model and its provider, for messages.
            cost: the estimate.
            max_cost: what the user said it may cost.

        Raises:
            BudgetError: it costs more than is left, or nobody knows what it costs and nobody said what it may.
        """
        if is_over(cost, max_cost):
            raise over_max_cost(cost, max_cost or 0.0)
        # What is known goes before what was allowed, and that before the flat amount for all such requests.
        price = next((usd for usd in (cost.usd, max_cost, self.unknown) if usd is not None), None)
        if price is None:
            raise BudgetError(
                f"max_cost: the price of {what} is unknown ({cost.note}), so say what it may cost: max_cost=2.00 "
                "(--max-cost 2.00) for this request, or veo.budget(unknown=2.00) for every such request.",
                parameter="max_cost",
            )
        for name in _ALL:
            if price > self._left_under(name) + _ROUNDING:
                raise self._limit_error(name, price)
        return price

    def admit_all(self, wanted: Iterable[tuple[str, Cost, float | None]]) -> float:
        """What to reserve for several requests together; see `admit`, whose arguments `wanted` has.

        Raises:
            BudgetError: one of them is not admitted, or all together cost more than a period leaves.
        """
        # Each by itself first: its error names the request.
        prices = [self.admit(*one) for one in wanted]
        for name in (name for name in _ALL if not name.endswith("request")):
            if sum(prices) > self._left_under(name) + _ROUNDING:
                raise self._limit_error(name, sum(prices), f"these {len(prices)} requests take")
        return sum(prices)

    def _limit_error(self, name: str, price: float, who: str = "this request takes") -> BudgetError:
        tally = self.tallies.get(name)
        used = f", of which {dollars(tally.spent)} is spent and {dollars(tally.reserved)} reserved" if tally else ""
        kind, _, period = name.rpartition(" ")
        one = "one " if period in {"request", "session"} else "a "
        whose = f" of the {kind} {self._whose(kind)!r}" if kind else ""
        return BudgetError(
            f"budget: {who} {dollars(price)}, but the limit for {one}{period}{whose} is "
            f"{dollars(self.limits[name])}{used}; {self._how_raised(kind, period, self.sources[name])}. "
            "Nothing was sent.",
            parameter="budget",
            value=price,
        )

    def _whose(self, kind: str) -> str:
        return printable(self.spender.user if kind == "user" else self.spender.project)

    def _how_raised(self, kind: str, period: str, source: str) -> str:
        if source == "administrator":
            return "whoever administers this ledger can raise it"
        if source not in {"set", "default"}:
            return f"the variable {source} raises it"
        if not kind:
            return f"veo.budget({period}=…) or %veo budget {period} … raises it"
        name = self._whose(kind)
        return f"veo.budget({period}=…, {kind}={name!r}) or %veo budget {period} … --{kind} {quote(name)} raises it"

    def _shown_names(self) -> list[tuple[str, str]]:
        """The limits that have a row, and what they are called there."""
        scoped = [name.split(" ") for name in SCOPED if name in self.limits or name in self.tallies]
        labels = [(f"{kind} {name}", f"{name}, {kind} {self._whose(kind)}") for kind, name in scoped]
        return [*zip(LIMITS, LIMITS, strict=True), *labels]

    _columns = ("budget", "limit", "spent", "reserved", "left", "set by")

    def _table_rows(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = []
        for name, label in self._shown_names():
            limit, tally = self.limits.get(name), self.tallies.get(name)
            used = (dollars(tally.spent), dollars(tally.reserved)) if tally else ("", "")
            left = dollars(self._left_under(name)) if tally and limit is not None else ""
            rows.append((label, "none" if limit is None else dollars(limit), *used, left, self.sources.get(name, "")))
        return rows

    def _remark(self) -> str:
        # Such requests are refused, so this is the place to say what to do.
        if self.unknown is None:
            return "Requests whose price is unknown need max_cost, or veo.budget(unknown=…). The emulator is free."
        return f"{dollars(self.unknown)} is reserved for a request whose price is unknown. The emulator is free."

    def __repr__(self) -> str:
        rows = [self._columns, *self._table_rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self._columns))]
        aligned = (str.ljust, str.rjust, str.rjust, str.rjust, str.rjust, str.ljust)
        lines = (
            "  ".join(align(cell, width) for align, cell, width in zip(aligned, row, widths, strict=True)).rstrip()
            for row in rows
        )
        return "\n".join([*lines, self._remark()])

    def _repr_html_(self) -> str:
        head = "".join(f'<th style="text-align:left">{name}</th>' for name in self._columns)
        body = "".join(
            "<tr>" + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in row) + "</tr>"
            for row in self._table_rows()
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return html_output(table, f"<p>{escape(self._remark())}</p>")

    def to_frame(self) -> Any:
        """One row for each limit as a pandas ``DataFrame``, in US dollars; what is not limited or counted is empty.

        Raises:
            VeoError: pandas is not installed.
        """
        rows: list[tuple[object, ...]] = []
        for name, label in (*self._shown_names(), ("unknown", "unknown")):
            limit, tally = self.limits.get(name), self.tallies.get(name)
            used = (tally.spent, tally.reserved) if tally else (None, None)
            left = self._left_under(name) if tally and limit is not None else None
            rows.append((label, limit, *used, left, self.sources.get(name, "")))
        return frame(("budget", "limit", "spent", "reserved", "left", "set_by"), rows)


def _is_looser(name: str, usd: float, bound: float) -> bool:
    """Whether a limit lets more pass than an administrator's does."""
    # Less reserved for what has no known price lets more of it pass.
    # Written so that what is not a number is looser too.
    return not (usd >= bound if name == "unknown" else usd <= bound)


def is_over(cost: Cost, max_cost: float | None) -> bool:
    """Whether a request would cost more than its user allows; 0 allows what is free, and no unknown price."""
    if max_cost is None or cost.usd is None:
        return max_cost == 0
    return cost.usd > max_cost + _ROUNDING


def over_max_cost(cost: Cost, max_cost: float) -> BudgetError:
    """The error for a request that is expected to cost more than its user allows."""
    if max_cost == 0:
        price = f"expected to cost {cost.text}" if cost.usd is not None else f"of unknown price ({cost.note})"
        return BudgetError(
            f"max_cost: 0 allows only what is free, and this request is {price}; say in US dollars what it may cost.",
            parameter="max_cost",
            value=max_cost,
        )
    return BudgetError(
        f"max_cost: this request is expected to cost {cost.text}, more than the {dollars(max_cost)} it may cost; "
        "allow more, or make it shorter, smaller or fewer clips.",
        parameter="max_cost",
        value=max_cost,
    )
