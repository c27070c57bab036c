"""What a LiteLLM proxy tells of money: what a key may spend, which deployments it reaches, and what was booked.

Source: LiteLLM 1.108.7 with a database, run and read in ``litellm/proxy/``: ``/key/info`` in
``management_endpoints/key_management_endpoints.py``, ``/team/info`` in ``team_endpoints.py``, ``/user/info`` in
``internal_user_endpoints.py``, ``/model/info`` in ``proxy_server.py``, and ``/spend/logs/v2`` in
``spend_tracking/spend_management_endpoints.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Literal, TypeGuard
from urllib.parse import urlencode

from ...domain.bookings import Booking
from ...domain.errors import InvalidReplyError, InvalidRequestError, NotFoundError, ServiceError
from ..registry import Endpoint
from ..video_ids import read_video_id
from .base import Call, Reply

Refusal = Literal["", "no database", "no rights", "no such key", "no such route"]

PAGE_ROWS = 500
# An id holds the service's own name for a video, packed; a name or a date is shorter.
_LONGEST = 8192
_NO_DATABASE = re.compile(r"database not connected|prisma client is not initialized", re.IGNORECASE)
_NO_RIGHTS = re.compile(r"only proxy admin|not allowed to (call|access)|not authorized to", re.IGNORECASE)
# Its own polls and downloads are calls of videos too, and not what a video is paid for with.
_LOOKS = re.compile(r"video_(status|content|list|delete)$")


@dataclass(frozen=True)
class Window:
    """A budget: what is spent of it, and until when.

    Attributes:
        spent: US dollars since it was last reset.
        limit: US dollars at most; None for no limit.
        every: how often it is reset, in LiteLLM's words such as ``30d``; empty if never.
        resets_at: seconds since the epoch; None if it is not reset, or nobody says when.
    """

    spent: float
    limit: float | None
    every: str = ""
    resets_at: float | None = None


@dataclass(frozen=True)
class Holder:
    """A key, a team, a member of one or a user, and what it may spend.

    Attributes:
        name: its alias, or empty.
        windows: its budgets; the first is the one that has no other name.
        requests: a minute at most; None for no limit.
        tokens: a minute at most; None for no limit.
        models: the names it may use; empty for all.
        expires_at: seconds since the epoch; None for never.
        team, user: the ids of those that it belongs to, or empty.
        token: of a key, its hash, by which the log names it.
    """

    name: str
    windows: tuple[Window, ...]
    requests: int | None = None
    tokens: int | None = None
    models: tuple[str, ...] = ()
    expires_at: float | None = None
    team: str = ""
    user: str = ""
    token: str = ""


# The master key is in no table of keys; this is the log's name for it, which is no secret.
MASTER = Holder("", (), token="litellm_proxy_master_key")  # noqa: S106


def key_info(endpoint: Endpoint) -> Call:
    """What the key that signs the request may spend."""
    return _question(endpoint, "key/info")


def team_info(team: str, endpoint: Endpoint) -> Call:
    """What a team may spend."""
    return _question(endpoint, "team/info", team_id=team)


def user_info(user: str, endpoint: Endpoint) -> Call:
    """What a user may spend."""
    return _question(endpoint, "user/info", user_id=user)


def model_info(endpoint: Endpoint) -> Call:
    """The deployments behind the names that the key may use."""
    return _question(endpoint, "model/info")


def log_page(page: int, since: float, until: float, key: Holder, endpoint: Endpoint) -> Call:
    """A page of the proxy's log, oldest first: all calls of the key's user, or else of the key.

    Args:
        page: from 1.
        since: seconds since the epoch.
        until: likewise.
        key: whose calls are wanted; an admin's would see everybody's.
        endpoint: the proxy.
    """
    # By the user, so that jobs which were sent with an earlier key of the same user are found.
    whose = {"user_id": key.user} if key.user else {"api_key": key.token}
    window = {"start_date": _utc(since), "end_date": _utc(until)}
    # In the order of time, so that what is booked meanwhile moves nothing to another page.
    return _question(endpoint, "spend/logs/v2", **window, **whose, page=page, page_size=PAGE_ROWS, sort_order="asc")


def _question(endpoint: Endpoint, path: str, **query: object) -> Call:
    # These routes lie beside /v1, at the proxy's own root.
    return Call("list", "GET", f"{endpoint.base_url}/{path}" + (f"?{urlencode(query)}" if query else ""))


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def refusal(error: ServiceError) -> Refusal:
    """Why the proxy does not tell, where that is no fault: it answers 401, 403, 404 and 500 for these alike."""
    # Without a database /key/info is 500 and /spend/logs/v2 is 401.
    if _NO_DATABASE.search(error.said):
        return "no database"
    if _NO_RIGHTS.search(error.said):
        return "no rights"
    if isinstance(error, NotFoundError):
        return "no such key" if "key not found" in error.said.lower() else "no such route"
    return ""


def read_key(reply: Reply) -> Holder:
    """The answer to `key_info`.

    Raises:
        InvalidReplyError: it is none.
    """
    body = _mapping(reply.body)
    return _holder(_mapping(body.get("info")), "key_alias", _text(body.get("key")))


def read_team(reply: Reply, user: str) -> tuple[Holder, Holder | None]:
    """The answer to `team_info`: the team, and its member `user` if that one has a budget of its own in it.

    Raises:
        InvalidReplyError: it is none.
    """
    body = _mapping(reply.body)
    team = _holder(_mapping(body.get("team_info")), "team_alias")
    memberships = body.get("team_memberships")
    for one in memberships if isinstance(memberships, list) else ():
        if isinstance(one, dict) and user and one.get("user_id") == user and _limits(one).get("max_budget"):
            return team, _holder(one, "user_id")
    return team, None


def read_user(reply: Reply) -> Holder:
    """The answer to `user_info`.

    Raises:
        InvalidReplyError: it is none.
    """
    return _holder(_mapping(_mapping(reply.body).get("user_info")), "user_alias")


def _holder(row: Mapping[str, Any], alias: str, token: str = "") -> Holder:
    limits = _limits(row)
    return Holder(
        _text(row.get(alias)),
        (_window(row.get("spend"), limits, "budget_reset_at"), *_further_windows(row)),
        _count(limits.get("rpm_limit")),
        _count(limits.get("tpm_limit")),
        tuple(filter(None, map(_text, _list(row.get("models"))))),
        _moment(row.get("expires")),
        _text(row.get("team_id")),
        _text(row.get("user_id")),
        token,
    )


def _limits(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row's own limits, and for those that are not set the ones of a budget that several share."""
    shared = row.get("litellm_budget_table")
    names = ("max_budget", "budget_duration", "budget_reset_at", "rpm_limit", "tpm_limit")
    own = {name: row.get(name) for name in names}
    return {name: shared.get(name) if value is None else value for name, value in own.items()} if _is(shared) else own


def _window(spent: object, row: Mapping[str, Any], reset: str) -> Window:
    return Window(
        _amount(spent) or 0.0,
        _amount(row.get("max_budget")),
        _text(row.get("budget_duration")),
        _moment(row.get(reset)),
    )


def _further_windows(row: Mapping[str, Any]) -> list[Window]:
    """Budgets that hold beside the first, such as one for each hour; what is spent of them stands apart."""
    used = row.get("budget_limits_usage")
    found = []
    for one in filter(_is, _list(row.get("budget_limits"))):
        spent = used.get(_text(one.get("budget_duration"))) if _is(used) else None
        found.append(_window(spent.get("current_spend") if _is(spent) else None, one, "reset_at"))
    return found


def read_deployments(reply: Reply) -> dict[str, tuple[str, ...]]:
    """The answer to `model_info`: by the operator's name, the model of each deployment.

    Raises:
        InvalidReplyError: it is none.
    """
    found: dict[str, tuple[str, ...]] = {}
    for row in filter(_is, _rows(reply)):
        params = row.get("litellm_params")
        name, model = _text(row.get("model_name")), _text(params.get("model")) if _is(params) else ""
        if name:
            found[name] = (*found.get(name, ()), model)
    return found


def read_log(reply: Reply, key: Holder) -> tuple[list[Booking], bool]:
    """The answer to `log_page`: what it books for videos, and whether another page may follow.

    Args:
        reply: the answer.
        key: with which it was asked.

    Raises:
        InvalidReplyError: it is none.
    """
    rows = _rows(reply)
    return [found for row in filter(_is, rows) if (found := _booking(row, key.token))], len(rows) >= PAGE_ROWS


def _booking(row: Mapping[str, Any], token: str) -> Booking | None:
    name, kind, usd = _text(row.get("request_id")), _text(row.get("call_type")), _amount(row.get("spend")) or 0.0
    operation = upstream_name(name)
    looked = bool(_LOOKS.search(kind))
    # Chats and embeddings are in the same log; a pass-through is a video's if it was given a video's id.
    if "video" not in kind and operation == name:
        return None
    # A look that is free, or a create that was refused, has booked nothing.
    if not usd and (looked or row.get("status") == "failure"):
        return None
    model = _text(row.get("model_group")) or _text(row.get("model"))
    named, own = "" if operation == name else operation, row.get("api_key") == token
    return Booking(named, model, usd, _moment(row.get("startTime")), looked, own)


def upstream_name(video_id: str) -> str:
    """The service's own name for a video, by which the proxy's log and its answers mean the same one.

    The id that a create answers also holds the deployment; that of the log does not, and a poll's lacks the model.
    """
    try:
        return read_video_id(video_id).operation
    except InvalidRequestError:
        return video_id


def _rows(reply: Reply) -> list[Any]:
    rows = _mapping(reply.body).get("data")
    if not isinstance(rows, list):
        raise _unreadable()
    return rows


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _unreadable()
    return value


def _unreadable() -> InvalidReplyError:
    return InvalidReplyError("LiteLLM's proxy answered with something else than what was asked for; check base_url.")


def _is(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""


def _amount(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if isfinite(value) else None
    except OverflowError:
        return None


def _count(value: object) -> int | None:
    amount = _amount(value)
    return None if amount is None else int(amount)


def _moment(value: object) -> float | None:
    """Seconds since the epoch of an ISO time; one without a zone is UTC, as the proxy's columns are."""
    try:
        at = datetime.fromisoformat(_text(value))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
