"""What is told once before plans are sent: an old catalog, a model that may have ended, and what plans remark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..domain import catalog
from ..domain.limits import place
from .plan import Plan

# Models come and go, and prices change, about as often.
_OLD_DAYS = 60


def age(today: str) -> int:
    """How many days ago the sources of the catalog were last looked at."""
    return (date.fromisoformat(today) - date.fromisoformat(catalog.current().checked_on)).days


class CatalogNotices:
    """What one client has told already."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def of(self, plan: Plan, today: str) -> list[str]:
        """What is to be known before a plan is sent, each thing once; at the emulator, what the plan itself remarks.

        Args:
            plan: what is sent.
            today: an ISO date.
        """
        # Nobody pays there, and nothing there ends.
        found = [] if plan.provider.name == "emulator" else [*_notices(plan, today)]
        found += [(remark, remark) for remark in plan.remarks]
        new = [text for matter, text in found if matter not in self._told]
        self._told |= {matter for matter, _ in found}
        return new


def _notices(plan: Plan, today: str) -> Iterator[tuple[str, str]]:
    model, days = plan.model, age(today)
    if model.is_listed and not model.is_own and days > _OLD_DAYS:
        newer = "`veo catalog update FILE` takes a newer one, and so does a newer veo-widgets"
        yield "age", f"The catalog of models and prices is {days} days old; {newer}."
    if model.may_have_ended(today):
        doubt = next((doubt for doubt in model.unconfirmed if doubt.startswith("shut_down")), "")
        _, bracket, reason = doubt.partition(" ")
        instead = f"; if it is refused, use {model.replacement}" if model.replacement else ""
        when = f"on {model.shut_down}{f' {reason}' if bracket else ''}"
        yield f"end {model.id}", f"{model.id} may have ended at {place(model)} {when}{instead}."
