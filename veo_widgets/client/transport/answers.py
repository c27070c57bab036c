"""HTTP answers, and the errors that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ...config.accounts import Account
from ...config.log import Exchange
from ...domain.errors import InvalidReplyError, NoAnswerError, ServiceError
from ...domain.safe_json import read_json
from ...providers.wires.base import Call, Reply
from ...providers.wires.http_errors import kind_of, retry_after, service_error
from .bodies import Limit, TooLargeError


@dataclass(frozen=True)
class Answer:
    """An answer that was read to its end. It may quote a key, so it shows nothing."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytearray = field(repr=False)


def reply_to(answer: Answer, call: Call, account: Account) -> Reply:
    """What a service has replied.

    Args:
        answer: a whole one.
        call: what was asked.
        account: of whom.

    Raises:
        ServiceError: it is an error.
        InvalidReplyError: it is not JSON.
    """
    if answer.status >= 300:
        raise refusal(answer, call, account)
    # A service may have nothing to say of what it has stopped.
    if call.purpose == "cancel" and not answer.content:
        return Reply(answer.status, None)
    # Reading empties it.
    came = f"answered with {kind_of(answer.headers)}" if answer.content else "gave an empty answer"
    try:
        body = read_json(answer.content)
    except ValueError:
        raise InvalidReplyError(
            f"{account.provider.label} {came} instead of JSON; is a proxy or a login page in between?"
        ) from None
    return Reply(answer.status, body, retry_after(answer.headers, body))


def too_slow(account: Account, limit: Limit, exchange: Exchange | None = None, *, sent: bool = True) -> NoAnswerError:
    """The error for a service that takes longer than it may.

    Args:
        account: who asked.
        limit: for the whole answer.
        exchange: what the log has of it.
        sent: whether the service may have seen the request.
    """
    made = NoAnswerError(f"{account.whereabouts} gave no whole answer in {limit.seconds:g} s.", sent=sent)
    if exchange is not None:
        exchange.failed(made)
    return made


def too_large(account: Account, error: TooLargeError) -> InvalidReplyError:
    """The error for an answer that is not read to its end."""
    return InvalidReplyError(f"{account.provider.label} answered with {error}, which does not answer this request.")


def refusal(answer: Answer, call: Call, account: Account) -> ServiceError:
    """The error that an answer stands for."""
    # A clip may lie elsewhere, and then it is not the provider who refuses.
    elsewhere = call.purpose == "content" and not account.trusts(call.url)
    label = urlsplit(call.url).netloc.rpartition("@")[2] if elsewhere else account.provider.label
    return service_error(
        label,
        answer.status,
        answer.headers,
        bytes(answer.content),
        call=call,
        endpoint=account.endpoint,
        keyless=account.lacks_key and not elsewhere,
    )
