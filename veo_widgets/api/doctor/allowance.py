"""What a key may spend at a LiteLLM proxy, and what answers behind the names that it may use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial

import anyio

from ...client.async_client import AsyncClient
from ...config.accounts import Account
from ...domain.errors import InvalidReplyError, ServiceError, VeoError
from ...domain.pricing import dollars
from ...domain.printable import printable
from ...providers.registry import Endpoint
from ...providers.wires import Call, Reply, listing, proxy_spend
from ...providers.wires.proxy_spend import Holder, Window
from .report import Finding

# None of these is a problem: the key works all the same.
_UNTOLD = {
    "no database": "the proxy runs without a database: it keeps no budgets and no log",
    "no rights": "the proxy does not tell this key what it may spend",
    "no such key": "the proxy keeps no budget for this key, as for its master key",
    "no such route": "the server does not tell what a key may spend",
}
_Ask = Callable[[Callable[[Endpoint], Call]], Awaitable[Reply]]


async def allowance(client: AsyncClient, account: Account, models: Reply | None, patience: float) -> list[Finding]:
    """What the key in use may spend, which video models it may use, and the deployments behind them.

    Args:
        client: for the network.
        account: of the proxy.
        models: the answer to `listing.listing`; None if it was refused, as it is when the budget is used up.
        patience: seconds to wait for each answer.
    """

    async def ask(question: Callable[[Endpoint], Call]) -> Reply:
        with anyio.fail_after(patience):
            return await client.discovery.ask(question, account)

    try:
        names = listing.listed(models) if models else {}
    except InvalidReplyError:
        return []
    videos = listing.video_models(names, account.provider)
    # A name that the proxy knows nothing of may make videos too.
    asked_for = (*videos, *(name for name, purpose in names.items() if not purpose and name not in videos))
    usable = [_usable(videos, names)] if names else []
    return [*await _budgets(ask), *usable, *await _deployments(ask, asked_for)]


async def _budgets(ask: _Ask) -> list[Finding]:
    try:
        key = proxy_spend.read_key(await ask(proxy_spend.key_info))
    except (VeoError, TimeoutError) as error:
        return [Finding("budget", "ok", _why_untold(error))]
    holders, late = {"key": key}, list[Finding]()
    try:
        holders |= await _groups(ask, key)
    except TimeoutError:
        late = [Finding("budget", "ok", "the proxy did not tell in time what else limits this key")]
    found = [_budget(whose, holder, window) for whose, holder in holders.items() for window in holder.windows]
    limits = [f"{whose}: {limit}" for whose, holder in holders.items() if (limit := _limits(holder))]
    return [*found, *late, *([Finding("limits", "ok", "; ".join(limits))] if limits else [])]


async def _groups(ask: _Ask, key: Holder) -> dict[str, Holder]:
    """Whose budgets hold beside the key's own: its team's and the member's in it, or else its user's."""
    try:
        if key.team:
            team, member = proxy_spend.read_team(await ask(partial(proxy_spend.team_info, key.team)), key.user)
            return {"team": team} if member is None else {"team": team, "member": member}
        if key.user:
            return {"user": proxy_spend.read_user(await ask(partial(proxy_spend.user_info, key.user)))}
    except VeoError:
        # The key's own budget is the answer; what else limits it this key may not ask.
        pass
    return {}


def _why_untold(error: Exception) -> str:
    said = _UNTOLD.get(proxy_spend.refusal(error)) if isinstance(error, ServiceError) else None
    # Not the proxy's own sentence: it may quote the key.
    status = f" (HTTP {error.status})" if isinstance(error, ServiceError) and error.status else ""
    return said or f"the proxy did not tell what this key may spend{status}"


def _budget(whose: str, holder: Holder, window: Window) -> Finding:
    who = f"{whose} {printable(holder.name)}".strip()
    ends = f"; the key ends on {_time(holder.expires_at)}" if whose == "key" and holder.expires_at else ""
    until = f" until {_time(window.resets_at)}" if window.resets_at else ""
    every = f", set anew every {printable(window.every)}" if window.every else ""
    if window.limit is None:
        return Finding("budget", "ok", f"{who}: {dollars(window.spent)} spent, without a limit{ends}")
    left = max(window.limit - window.spent, 0.0)
    spent = f"{dollars(window.spent)} of {dollars(window.limit)} spent"
    message = f"{who}: {spent}, {dollars(left)} left{until}{every}{ends}"
    if left:
        return Finding("budget", "ok", message)
    return Finding("budget", "problem", message, f"Wait{until}, or ask the proxy's operator for more.")


def _limits(holder: Holder) -> str:
    rates = ((holder.requests, "requests"), (holder.tokens, "tokens"))
    return ", ".join(f"{number} {what} a minute" for number, what in rates if number is not None)


def _usable(videos: tuple[str, ...], names: Mapping[str, str]) -> Finding:
    others = len(names) - len(videos)
    more = f"; {others} other name{'' if others == 1 else 's'}" if others else ""
    return Finding("models", "ok", f"this key may use {listing.shown(videos) or 'none known to make videos'}{more}")


async def _deployments(ask: _Ask, names: tuple[str, ...]) -> list[Finding]:
    """The names behind which there are several deployments, and whether these differ."""
    try:
        behind = proxy_spend.read_deployments(await ask(proxy_spend.model_info))
    except (VeoError, TimeoutError):
        # The key may not see them, or the server has no such page; a request does not depend on it.
        return []
    return [_deployed(name, behind[name]) for name in names if len(behind.get(name, ())) > 1]


def _deployed(name: str, models: tuple[str, ...]) -> Finding:
    different = tuple(dict.fromkeys(models))
    message = f"{name} has {len(models)}: {listing.shown(different)}"
    if len(different) == 1:
        return Finding("deployments", "ok", message)
    remedy = "The proxy chooses one for each request; what it is and what it costs may differ."
    return Finding("deployments", "warning", message, remedy)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
