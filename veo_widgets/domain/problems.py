"""The explanations of why there is no clip."""

from __future__ import annotations

from dataclasses import dataclass

from .printable import printable
from .redaction import redact

# A service's sentence is kept in the ledger and in notebooks, and some answer with whole pages.
_LONGEST = 2000


def shown(text: str) -> str:
    """A service's own words, safe to show: without keys and control characters, and shortened."""
    text = printable(redact(text))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@dataclass(frozen=True)
class Problem:
    """Why there is no clip, for people: what happened, why, what to do, what it cost."""

    title: str
    message: str
    remedy: str
    charged: str = ""

    def __post_init__(self) -> None:
        # The message may be the service's own, which may quote the key.
        object.__setattr__(self, "message", shown(self.message))


def unknown_problem(why: str, job_id: str, *, listed: bool, free: bool = False) -> Problem:
    """The problem of a job whose create was never answered.

    Args:
        why: what came instead of the answer, in a sentence.
        job_id: its id.
        listed: whether its service keeps a list to look in.
        free: whether its service charges nothing.
    """
    again = "makes a second clip if the first is made" if free else "may pay twice"
    look = (
        f"`veo look {job_id}` looks for it in the service's list"
        if listed
        else f"The service keeps no list; if its console shows the operation, `veo look {job_id} NAME` takes it up"
    )
    return Problem(
        "The service's answer was lost",
        why,
        f"Job {job_id} may be running. {look}. `veo retry {job_id}` sends the request again and {again}; "
        f"`veo forget {job_id}` gives the job up. In a notebook, write %veo for veo, or "
        f"veo.job({job_id!r}).look_for(), .retry() or .forget(); nothing is chosen for you.",
        "" if free else "It may be charged.",
    )


# What is told of a job whose answer was lost and that nobody wants to look for.
FORGOTTEN = Problem("Forgotten", "Its answer was lost, and you have chosen to forget it.", "", "It may be charged.")
# What is told of a job that was called off while it was kept back.
_FREE, _FREE_AS_A_RULE = "Nothing was sent, so nothing is charged.", "A refused request is usually not charged."
# What is told of a job that was called off while it was kept back, before anything of it had left and after.
CANCELLED = Problem("Cancelled", "It was not sent, as you wished.", "", _FREE)
CANCELLED_LATER = Problem("Cancelled", "It is not sent again, as you wished.", "", _FREE_AS_A_RULE)
# What is told of a job whose program ended before anything of it had left.
NOT_SENT = Problem(
    "It was not sent", "The program ended before the request left this machine.", "Send it again.", _FREE
)


def refused_problem(why: str, *, free: bool = False) -> Problem:
    """The problem of a job whose create the service says it refused.

    Args:
        why: in its words.
        free: whether it would have cost nothing; then nothing is said of money.
    """
    charged = f"The service says that it refused the request. {_FREE_AS_A_RULE}"
    return Problem("Refused by the service", why, "", "" if free else charged)


def unsent_problem(why: str, sent_at: float | None) -> Problem:
    """The problem of a job that is not sent, or not sent again.

    Args:
        why: what keeps it here.
        sent_at: when an earlier create of it, which was refused, has left; None if none has.
    """
    if sent_at is None:
        return Problem("It was not sent", why, "", _FREE)
    return Problem("It was not sent again", why, "", _FREE_AS_A_RULE)


def unknown_remark(count: int, usd: float, command: str = "veo") -> str:
    """A remark on jobs whose answers were lost and that await a decision; empty if there are none.

    Args:
        count: how many.
        usd: what is reserved for them, in US dollars.
        command: how verbs are written.
    """
    if not count:
        return ""
    jobs, them = ("1 job", "it") if count == 1 else (f"{count} jobs", "them")
    return (
        f"The answer to {jobs} was lost: see {command} jobs, then {command} look ID, {command} retry ID or "
        f"{command} forget ID. ${usd:.2f} of the budget is held for {them}."
    )


def gone_problem(why: str, *, proxied: bool) -> Problem:
    """The problem of a job whose clip the service no longer hands out.

    Args:
        why: the service's words.
        proxied: it came over the unified route of LiteLLM's proxy, which may call a failed job completed.
    """
    kept = "Services keep clips for one or two days, and this job is older. Send its request again as a new job."
    hidden = "The proxy may call a job completed that has failed or was filtered; its log says what became of it."
    return Problem("The clip is no longer available", why, hidden if proxied else kept)


def unfetched_problem(why: str, attempts: int, job_id: str) -> Problem:
    """The problem of a job whose clip was made but could not be downloaded.

    Args:
        why: how the last download ended.
        attempts: how many ended so.
        job_id: the job's id.
    """
    return Problem(
        "The clip could not be downloaded",
        f"{why} It was tried {attempts} times.",
        "The service may keep the clip for a day or two. Once it or the network works again, "
        f"veo.job({job_id!r}).look_for() or `veo look {job_id}` fetches it, which costs nothing.",
        "It was made, so it may be charged.",
    )
