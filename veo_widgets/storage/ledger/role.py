"""As whom a program works with a ledger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """As whom a program works with a ledger.

    Attributes:
        name: of the role in the database, where the server keeps users apart; empty where it does not.
        administers: whether it may set the limits of others. Where users are not kept apart, everybody may.
    """

    name: str = ""
    administers: bool = True


ANYBODY = Role()
