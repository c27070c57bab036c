"""Why there is no clip, in words for people."""

from __future__ import annotations

from dataclasses import dataclass

from .printable import printable
from .redaction import redact

_LONGEST = 2000


def shown(text: str) -> str:
    """A service's own words as they may be shown: without keys, control characters and novels."""
    text = printable(redact(text))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@dataclass(frozen=True)
class Problem:
    """Why there is no clip, in words for people: what, why, what to do, what it cost."""

    title: str
    message: str
    remedy: str
    charged: str = ""

    def __post_init__(self) -> None:
        # The message may be the service's own, which may quote the key.
        object.__setattr__(self, "message", shown(self.message))


def unknown_problem(why: str) -> Problem:
    """What is told of a job whose create was never answered."""
    return Problem(
        "The service's answer was lost",
        why,
        "The job may be running. Look for it, send it again, or forget it; nothing is chosen for you.",
        "It may be charged.",
    )


# What is told of a job whose answer was lost and that nobody wants to look for.
FORGOTTEN = Problem("Forgotten", "Its answer was lost, and you have chosen to forget it.", "", "It may be charged.")
# What is told of a job that was called off while it was kept back.
NOT_SENT = Problem("Cancelled", "It was not sent, as you wished.", "", "Nothing is charged.")


def gone_problem(why: str, *, proxied: bool) -> Problem:
    """What is told of a job whose clip the service no longer hands out.

    Args:
        why: the service's words.
        proxied: it came over the unified route of LiteLLM's proxy, which may call a failed job completed.
    """
    kept = "Services keep clips for one or two days, and this job is older. Send its request again as a new job."
    hidden = "The proxy may call a job completed that has failed or was filtered; its log says what became of it."
    return Problem("The clip can no longer be had", why, hidden if proxied else kept)


def unfetched_problem(why: str, attempts: int, job_id: str) -> Problem:
    """What is told of a job whose clip was made, and which could not be had.

    Args:
        why: how the last download ended.
        attempts: how many ended so.
        job_id: the job's id.
    """
    return Problem(
        "The clip could not be downloaded",
        f"{why} It was tried {attempts} times.",
        "The service may keep the clip for a day or two. When it or the network has been mended, "
        f"veo.job({job_id!r}).look_for() or `veo look {job_id}` fetches it, which costs nothing.",
        "It was made, so it may be charged.",
    )
