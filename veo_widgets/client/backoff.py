"""Waiting for quota: since when, until when at the latest, and how people are told."""

from __future__ import annotations

import math
from datetime import datetime

from ..domain.errors import VeoError
from ..domain.job_record import JobRecord
from .retries import QUOTA_SECONDS


class GivenUpError(VeoError):
    """A job has waited for quota for as long as one may."""


def last_attempt(record: JobRecord) -> float:
    """When a job is sent for the last time, in seconds since the epoch; infinite if no service has refused it yet."""
    return math.inf if record.waiting_since is None else record.waiting_since + QUOTA_SECONDS


def given_up(record: JobRecord, now: float) -> GivenUpError:
    """What is told of a job whose waiting for quota has come to its end."""
    since = _moment(record.waiting_since or now, now)
    return GivenUpError(f"It has waited for quota since {since}, and there was none. Send it again later.")


def waiting(record: JobRecord, why: str, at: float, now: float) -> str:
    """What is told of a job that the service has no room for.

    Args:
        record: the job.
        why: the service's answer.
        at: when it is sent again, in seconds since the epoch.
        now: the same for now.
    """
    since, last = _moment(record.waiting_since or now, now), _moment(min(last_attempt(record), 2e10), now)
    return (
        f"Waiting for quota since {since}; it is sent again at {_moment(at, now)}, and not after {last}. "
        f"A refused attempt is usually not charged. {why}"
    )


def _moment(at: float, now: float) -> str:
    """The time of day, with the date where that is not today."""
    then, today = datetime.fromtimestamp(at).astimezone(), datetime.fromtimestamp(now).astimezone().date()
    return then.strftime("%H:%M:%S" if then.date() == today else "%Y-%m-%d %H:%M:%S")
