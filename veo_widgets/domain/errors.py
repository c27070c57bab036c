"""Every exception the package raises, in one tree.

```text
VeoError
├── InvalidRequestError (ValueError)    refused here, before anything was sent
│   ├── BudgetError                     it would cost more than may be spent
│   ├── PlaceTakenError                 that piece of a film or batch already has a job; see `.job_id`
│   ├── UnknownModelError               no such model at this provider
│   └── RetiredModelError               the service has retired the model
├── ConfigError                         no credentials, or no such provider
├── MissingExtraError (ImportError)     an optional package is not installed
├── ServiceError                        the service answered with an error
│   ├── BadRequestError                 400: a wrong parameter or combination
│   ├── AuthenticationError             401: key or token missing or wrong
│   ├── PermissionDeniedError           403: key valid, access not granted
│   ├── NotFoundError                   404: model, operation or file
│   ├── RateLimitError                  429: too fast, out of quota, or over a spend cap; `.limit` says which
│   └── ServiceUnavailableError         5xx: the service is having problems
├── NoAnswerError                       the connection broke; `.sent`: the request may have arrived
├── InvalidReplyError                   the service's answer cannot be read
├── DownloadError                       a clip could not be saved completely
├── LedgerError                         the ledger cannot be read or written
│   └── AcceptedError                   a job is running, but that was not recorded; see `.job_id`
├── WaitTimeoutError (TimeoutError)     the wait timed out; the job carries on
└── JobError                            a job ended without a clip; `.job_id` names it
    ├── GenerationFailedError           the service reported an error
    ├── GenerationFilteredError         the safety filter withheld every clip
    ├── ClipExpiredError                the service no longer keeps the clip
    └── UnknownOutcomeError             the answer to the create was lost
```

`DeliveryWarning` is not an error: the clip arrived, but it differs from the request.

Each message is one or two sentences that say what happened and what to do about it.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Literal, Self, TypeVar

from .printable import printable
from .redaction import redact

# What a service may have run out of; empty where it does not say.
Limit = Literal["minute", "day", "running", "spend", ""]


def _can_be_pickled(value: object) -> bool:
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 (whatever an object raises that will not be pickled)
        return False
    return True


def _portable(value: object) -> object:
    """A value for another process; one that cannot be pickled is replaced by its repr."""
    return value if _can_be_pickled(value) else repr(value)


class _Portable(BaseException):
    """Keeps all its attributes when copied or pickled, whatever its constructor takes."""

    def __reduce__(self) -> tuple[Any, ...]:
        # A job may fail in another process of a pool, whose parent gets only what can be pickled.
        state = {name: _portable(value) for name, value in vars(self).items()}
        return _rebuild_error, (type(self), tuple(map(_portable, self.args)), state)

    def __copy__(self) -> Self:
        return _rebuild_error(type(self), self.args, vars(self))


_Kind = TypeVar("_Kind", bound=_Portable)


def _rebuild_error(kind: type[_Kind], args: tuple[object, ...], state: dict[str, Any]) -> _Kind:
    # Not by calling the class: each constructor takes other arguments than `args`.
    error = kind.__new__(kind, *args)
    # Beyond our own constructors, which have done their part: ImportError keeps its message beside the arguments.
    super(_Portable, error).__init__(*args)
    vars(error).update(state)
    return error


class VeoError(_Portable, Exception):
    """Anything that went wrong in this package. Catch it to catch them all.

    A service may quote the key it refuses, so keys are taken out of every message; and what would move a terminal's
    cursor is shown instead.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(printable(redact(arg)) if isinstance(arg, str) else arg for arg in args))


class InvalidRequestError(VeoError, ValueError):
    """A request that was refused before it was sent; nothing was spent.

    Attributes:
        parameter: the name of the parameter at fault.
        value: what was given.
        allowed: the values that would have been accepted, if they can be listed.
    """

    def __init__(
        self,
        message: str,
        *,
        parameter: str = "",
        value: object = None,
        allowed: Iterable[object] = (),
    ) -> None:
        super().__init__(message)
        self.parameter = parameter
        # A key may have been given under the wrong name.
        self.value = redact(value) if isinstance(value, str) else value
        # It may come as a generator, which would be used up by the first who looks.
        self.allowed = tuple(allowed)


class BudgetError(InvalidRequestError):
    """A request would cost more than is left in a budget, or its price is unknown. Nothing was sent."""


class PlaceTakenError(InvalidRequestError):
    """A piece of a film or batch already has a job, perhaps from another program. Nothing was sent.

    Attributes:
        job_id: that job.
    """

    def __init__(self, job_id: str, group: str = "") -> None:
        piece = f"this piece of {group!r}" if group else "this piece"
        super().__init__(
            f"job: {piece} already has job {job_id} and is not paid for again; veo.job({job_id!r}) shows it.",
            parameter="job",
            value=job_id,
        )
        self.job_id = job_id


class UnknownModelError(InvalidRequestError):
    """No such model at the provider."""


class RetiredModelError(InvalidRequestError):
    """The service has retired the model; ``allow_retired=True`` sends the request anyway."""


class ConfigError(VeoError):
    """Credentials or settings are missing or contradict each other."""


class MissingExtraError(VeoError, ImportError):
    """Something needs an optional extra that is not installed.

    Args:
        what: what needs it, as the subject of a sentence.
        extra: the extra's name, as in ``pip install 'veo-widgets[extra]'``.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional package: pip install 'veo-widgets[{extra}]'")
        self.extra = extra


class ServiceError(VeoError):
    """The service answered with an error.

    Attributes:
        status: the HTTP status, or 0 when the error came inside a finished operation.
        code: the service's own name for it, such as ``INVALID_ARGUMENT``.
        retry_after: seconds the service asked to wait, if it said so.
        request_id: the service's id of the request, which its support will ask for; empty if there is none.
        unread: whether the answer proves that a create sent as a form was not even read; it may then be sent as JSON.
        said: the service's own words; empty if there are none, as in an HTML page or an empty answer.
        answer: the answer in one sentence, without the remedy.
    """

    # Out of the instance's dictionary, and so out of what is pickled or shown: an answer may quote a key.
    __slots__ = ("_body",)

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        retry_after: float | None = None,
        request_id: str = "",
        unread: bool = False,
        body: Any = None,
        said: str | None = None,
        answer: str = "",
    ) -> None:
        super().__init__(message)
        # The body stays as it came, since pollers look for an operation in it; it is in no repr.
        self.unread, self._body = unread, body
        self.status = status
        # Services quote what they were sent, a wrong key included.
        self.said = printable(redact(message if said is None else said))
        self.answer = printable(redact(answer or message))
        self.code = redact(code)
        self.retry_after = retry_after
        self.request_id = request_id

    @property
    def body(self) -> Any:
        """The decoded answer to a poll; None for other requests, and after pickling."""
        return getattr(self, "_body", None)


class BadRequestError(ServiceError):
    """The service refused a parameter or a combination of parameters."""


class AuthenticationError(ServiceError):
    """The key or token is missing or wrong."""


class PermissionDeniedError(ServiceError):
    """The key is valid but may not do this."""


class NotFoundError(ServiceError):
    """The service knows no such model, operation or file."""


class RateLimitError(ServiceError):
    """Too many requests, no quota left, or a spend cap was reached.

    Attributes:
        limit: ``minute`` for too many requests a minute; ``day`` for the daily quota; ``running`` for too many jobs at
            once; ``spend`` for a spend cap, budget or balance; empty if the service does not say.
    """

    def __init__(self, message: str, *, limit: Limit = "", **said: Any) -> None:
        super().__init__(message, **said)
        self.limit: Limit = limit

    @property
    def is_passing(self) -> bool:
        """Whether the same request is likely to be accepted later without any change."""
        # A new day or a new budget may be hours away, and somebody may have to act.
        return self.limit not in {"day", "spend"}

    @property
    def names_quota(self) -> bool:
        """Whether the service says that a quota is the reason; the status alone does not."""
        # Punctuation and case differ from service to service.
        words = "".join(filter(str.isalpha, self.said)).lower()
        # The status's own phrase says no more than the status.
        return words not in {"", "toomanyrequests"} and (bool(self.limit) or "quota" in words)


class ServiceUnavailableError(ServiceError):
    """The service is having problems; it may recover."""


class NoAnswerError(VeoError):
    """The connection broke before the whole answer arrived.

    Attributes:
        sent: False when it is certain that the service never saw the request.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class InvalidReplyError(VeoError):
    """The service's answer is not what it should be."""


class DownloadError(VeoError):
    """A clip could not be saved completely. The job can be resumed.

    Attributes:
        fetched: how many bytes of the clip arrived.
        size: how many bytes the clip has.
    """

    fetched: int = 0
    size: int = 0


class DeliveryWarning(UserWarning):
    """A clip is on disk but differs from the request in length, size, frame rate, sound or number of clips.

    ``job.differences`` says how. ``warnings.simplefilter("error", veo.DeliveryWarning)`` makes it an error.
    """


class LedgerError(VeoError):
    """The ledger cannot be read or written.

    Attributes:
        away: whether it is on a server that cannot be reached for now.
    """

    def __init__(self, message: str, *, away: bool = False) -> None:
        super().__init__(message)
        self.away = away


class AcceptedError(LedgerError):
    """The service accepted a job, but that could not be recorded. It runs and is charged; do not send it again.

    Attributes:
        job_id: which job.
    """

    def __init__(self, message: str, *, job_id: str) -> None:
        super().__init__(message)
        self.job_id = job_id


class WaitTimeoutError(VeoError, TimeoutError):
    """The wait timed out. The job carries on; wait again or resume it."""


class JobError(VeoError):
    """A job ended without a clip.

    Attributes:
        job_id: which job.
    """

    def __init__(self, message: str, *, job_id: str = "") -> None:
        super().__init__(message)
        self.job_id = job_id


class GenerationFailedError(JobError):
    """The service reported that it could not make the clip."""


class GenerationFilteredError(JobError):
    """The safety filter withheld every clip."""


class ClipExpiredError(JobError):
    """The service no longer has the clip or the operation."""


class UnknownOutcomeError(JobError):
    """The answer to the create was lost: the job may run, and may be charged."""


class SubmitInterrupted(_Portable, KeyboardInterrupt):
    """Ctrl-C came while a job was being sent. It may run and be charged; `job_id` names it in the ledger."""

    def __init__(self, job_id: str) -> None:
        super().__init__(
            f"Interrupted while job {job_id} was being sent; it may run and be charged. "
            f"veo.job({job_id!r}) shows it before you send it again."
        )
        self.job_id = job_id


def together(errors: Sequence[InvalidRequestError]) -> InvalidRequestError:
    """Several refusals as one error with all their sentences; a single one is returned as it is."""
    if len(errors) == 1:
        return errors[0]
    first = errors[0]
    message = " ".join(dict.fromkeys(map(str, errors)))
    return InvalidRequestError(message, parameter=first.parameter, value=first.value, allowed=first.allowed)


def nearest(value: object, allowed: Iterable[object]) -> str:
    """A hint at the closest match in `allowed`, as `` Did you mean 'x'?``, or nothing."""
    # Half of the letters in common, so that a slip in a short name is met as well.
    close = closest(str(value), map(str, allowed), 0.5)
    return f" Did you mean {close!r}?" if close else ""


def closest(word: str, words: Iterable[str], alike: float) -> str:
    """The word most like another, of which at least this share is the same; empty if there is none."""
    return next(iter(get_close_matches(word, [*words], n=1, cutoff=alike)), "")
