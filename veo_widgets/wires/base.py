"""What every wire does: say what to send, and read what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..providers import Endpoint
from ..record import Operation, Sample
from ..request import VideoRequest

Purpose = Literal["create", "poll", "content"]


@dataclass(frozen=True)
class Call:
    """One HTTP request, unsigned.

    Attributes:
        purpose: what it is for; a create costs money and is never repeated on doubt.
        json: the body, or None.
    """

    purpose: Purpose
    method: Literal["GET", "POST"]
    url: str
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """A whole answer that is not an HTTP error.

    Attributes:
        body: the decoded JSON.
        retry_after: seconds the service asked to wait, if it did.
    """

    status: int
    body: Any = field(repr=False)
    retry_after: float | None = None


class Wire(Protocol):
    """A dialect. Methods are pure; `endpoint` says where, the request what."""

    name: str

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """The call that starts a completed request."""

    def created(self, reply: Reply) -> str:
        """The operation's name in the answer to `create`.

        Raises:
            InvalidReplyError: there is none.
        """

    def poll(self, operation: str, endpoint: Endpoint) -> Call:
        """The call that asks how an operation is."""

    def parse(self, reply: Reply) -> Operation:
        """What the answer to `poll` says.

        Raises:
            InvalidReplyError: it cannot be read.
        """

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:
        """The call that downloads a sample which has an address."""
