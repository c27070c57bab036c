"""The doctor: what a plain request would use, and whether it would work. Starts nothing and costs nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from .. import config
from ..choice import chosen
from ..client import AsyncClient
from ..config import Settings
from ..errors import ConfigError, RetiredModelError, VeoError
from ..planning import Plan, make_plan, unnamed
from ..providers import Provider
from ..redaction import redact
from ..surroundings import surroundings
from ..wires import listing
from . import machine
from .report import Finding, Report
from .service import visit

__all__ = ["Finding", "Report", "diagnose", "without_client"]


async def diagnose(client: AsyncClient, environ: Mapping[str, str] | None = None) -> Report:
    """Look at everything that a plain request needs; nothing is started and nothing is paid for.

    Args:
        client: whose settings, ledger and network are looked at.
        environ: the environment; default is that of this process, a ``.env`` file and the keyring.
    """
    start = [*told("versions", machine.versions), *told("extras", machine.extras)]
    try:
        environ = surroundings() if environ is None else environ
        settings = client.settings
    except VeoError as error:
        return Report((*start, Finding("settings", "problem", str(error)), *await _kept(client)))
    (found,) = told("provider", lambda: _provider(settings, environ)[1])
    provider = _provider(settings, environ)[0] if found.state == "ok" else None
    signed = told("credentials", lambda: machine.credentials(provider, settings, environ))
    asked = await _told_later("endpoint", lambda: _service(client, provider, environ)) if provider else []
    faults = told("network", lambda: machine.network(environ))
    return Report(
        (
            *start,
            *signed,
            found,
            *asked,
            *(fault for fault in faults if all(fault.message != one.message for one in asked)),
            *await _kept(client),
            *told("clips folder", lambda: machine.clips(settings, environ)),
            *told("host", lambda: machine.host(environ)),
            *told("player", lambda: machine.browser(settings, environ)),
        )
    )


def without_client(error: Exception) -> Report:
    """What can be said where there is no client to look with.

    Args:
        error: why there is none.
    """
    return Report(
        (
            *told("versions", machine.versions),
            *told("extras", machine.extras),
            *told("provider", lambda: _provider(Settings(), surroundings())[1]),
            *told("credentials", lambda: machine.credentials(None, Settings(), surroundings())),
            *told("network", lambda: machine.network(surroundings())),
            _broken("data folder" if isinstance(error, ConfigError) else "client", error),
            *told("host", lambda: machine.host(surroundings())),
        )
    )


async def _kept(client: AsyncClient) -> list[Finding]:
    folder = partial(machine.folder, "data folder", client.home, "Set VEO_WIDGETS_HOME to another folder.")
    return [*await _told_later("jobs", lambda: machine.jobs(client)), *told("data folder", folder)]


def told(topic: str, check: Callable[[], Finding | Iterable[Finding]]) -> list[Finding]:
    """What a check finds. One that breaks is a finding itself: whoever asks a doctor has trouble enough."""
    try:
        found = check()
        return [found] if isinstance(found, Finding) else list(found)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other checks go on)
        return [_broken(topic, error)]


async def _told_later(topic: str, check: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    """As `told`, of what has to wait."""
    try:
        return await check()
    except Exception as error:  # noqa: BLE001 (whatever it is, the other checks go on)
        return [_broken(topic, error)]


def _broken(topic: str, error: Exception) -> Finding:
    if isinstance(error, VeoError):
        return Finding(topic, "problem", str(error))
    return Finding(topic, "problem", redact(f"This could not be looked at: {type(error).__name__}: {error}"))


def _provider(settings: Settings, environ: Mapping[str, str]) -> tuple[Provider | None, Finding]:
    try:
        provider, why = chosen(None, "", settings, environ)
    except VeoError as error:
        return None, Finding("provider", "problem", str(error))
    message = f"a plain %%veo uses {provider.label} ({provider.name}), decided by {why}"
    return provider, Finding("provider", "ok", message)


async def _service(client: AsyncClient, provider: Provider, environ: Mapping[str, str]) -> list[Finding]:
    if provider.knows:
        return await _gateway(client, provider, environ)
    plan, model = _planned(client, {}, environ)
    if plan is None:
        return [model]
    try:
        account = config.account(provider, plan.model.surface, client.settings, environ)
    except VeoError as error:
        return [model, Finding("account", "problem", str(error))]
    _, found = await visit(client, partial(listing.question, plan.model), account, environ)
    return [model, *found]


async def _gateway(client: AsyncClient, provider: Provider, environ: Mapping[str, str]) -> list[Finding]:
    """A gateway names its models itself, so it is asked before a model is spoken of."""
    try:
        account = config.account(provider, provider.surfaces[0], client.settings, environ)
    except VeoError as error:
        return [Finding("account", "problem", str(error))]
    reply, found = await visit(client, listing.listing, account, environ)
    values: dict[str, Any] = {}
    try:
        if unnamed({}, client.settings, environ):
            if reply is None:
                return found
            values["model"] = f"{provider.prefixes[0]}/{listing.only_video_model(reply, provider)}"
        names = listing.listed(reply) if reply else None
    except VeoError as error:
        return [*found, Finding("model", "problem", str(error))]
    plan, model = _planned(client, values, environ)
    return [*found, model, *_unlisted(plan, names)]


def _unlisted(plan: Plan | None, names: Mapping[str, str] | None) -> list[Finding]:
    if plan is None or names is None or plan.model.id in names:
        return []
    message = f"{plan.model.id} is not in its list: {listing.shown(names) or 'it is empty'}"
    return [Finding("model", "warning", message, "Name one that is, or ask the operator.")]


def _planned(client: AsyncClient, values: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[Plan | None, Finding]:
    today = datetime.fromtimestamp(client.now()).astimezone().date().isoformat()
    try:
        plan = make_plan("A cat", values, settings=client.settings, today=today, environ=environ)
    except VeoError as error:
        return None, Finding("model", "problem", str(error))
    retired = next((error for error in plan.violations if isinstance(error, RetiredModelError)), None)
    if retired:
        return plan, Finding("model", "problem", str(retired))
    ends = plan.model.shut_down
    if ends and plan.model.status != "shut_down":
        instead = f"Use {plan.model.replacement} instead." if plan.model.replacement else "Use another by then."
        return plan, Finding("model", "warning", f"{_priced(plan)}; it ends on {ends}", instead)
    return plan, Finding("model", "ok", _priced(plan))


def _priced(plan: Plan) -> str:
    full = plan.full
    length = f"{full.duration_seconds:g} s" if full.duration_seconds else ""
    shape = ", ".join(filter(None, (length, full.resolution, full.aspect_ratio)))
    free = ", which the emulator does not charge" if plan.provider.auth == "none" else ""
    return f"{plan.model.id}, {plan.cost} for its default clip{f' ({shape})' if shape else ''}{free}"
