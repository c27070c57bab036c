"""Who spends: whose job it is, and for which project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .arguments import NAME
from .errors import InvalidRequestError

Kind = Literal["user", "project"]
KINDS: tuple[Kind, ...] = ("user", "project")
# Longer than any login, and short enough for a line of a table.
_LONGEST = 200


@dataclass(frozen=True)
class Spender:
    """Who spends.

    Attributes:
        user: whose job it is; empty if nobody knows.
        project: what it is spent for; empty for none.
    """

    user: str = ""
    project: str = ""

    def name(self, kind: Kind) -> str:
        """The user or the project."""
        return self.user if kind == "user" else self.project


NOBODY = Spender()


def spender_name(value: object, parameter: str) -> str:
    """The name of a user or a project.

    Raises:
        InvalidRequestError: it is empty, too long, or has characters that cannot be shown.
    """
    if isinstance(value, str) and NAME.fits(value) and value.strip() and value.isprintable() and len(value) <= _LONGEST:
        return value.strip()
    raise InvalidRequestError(
        f"{parameter}: {str(value)[:60]!r} is not a name; give one of at most {_LONGEST} characters on one line.",
        parameter=parameter,
        value=value,
    )
