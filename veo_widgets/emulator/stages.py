"""What a fault is played with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from .faults import Rule

Proceed = Callable[[], Awaitable[Response]]


@dataclass(frozen=True)
class Stage:
    """What a fault has to play with."""

    request: Request
    rule: Rule
    proceed: Proceed
