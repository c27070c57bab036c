"""The doctor: what a plain request would use, and whether it would work. Starts nothing and costs nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from ...client.async_client import AsyncClient
from ...client.plan import Plan, make_plan, unnamed
from ...config import accounts
from ...config.environment import read_environment
from ...config.resolution import chosen
from ...config.settings import Settings
from ...domain.catalog import Model
from ...domain.errors import ConfigError, RetiredModelError, VeoError
from ...domain.redaction import redact
from ...providers.registry import LITELLM, Provider
from ...providers.wires import listing
from . import machine
from .allowance import allowance
from .report import Finding, Report
from .servers import server_findings
from .service import visit

__all__ = ["Finding", "Report", "diagnose", "without_client"]


async def diagnose(client: AsyncClient, environ: Mapping[str, str] | None = None, *, patience: float = 20.0) -> Report:
    """Look at everything that a plain request needs; nothing is started and nothing is paid for.

    Args:
        client: whose settings, ledger and network are looked at.
        environ: the environment; default is that of this process, a ``.env`` file and the keyring.
        patience: seconds to wait for each answer of the service.
    """
    start = [*findings_of("versions", machine.versions), *findings_of("extras", machine.extras)]
    try:
        environ = read_environment() if environ is None else environ
        settings = client.settings
    except VeoError as error:
        return Report((*start, Finding("settings", "problem", str(error)), *await _ledger_findings(client)))
    (found,) = findings_of("provider", lambda: _chosen_provider(settings, environ)[1])
    provider = _chosen_provider(settings, environ)[0] if found.state == "ok" else None
    signed = findings_of("credentials", lambda: machine.credentials(provider, settings, environ))
    asked = (
        await _findings_later("endpoint", lambda: _service_findings(client, provider, settings, environ, patience))
        if provider
        else []
    )
    faults = findings_of("network", lambda: machine.network(environ))
    return Report(
        (
            *start,
            *signed,
            found,
            *asked,
            # What kept the service from answering has been told by then.
            *(fault for fault in faults if all(fault.message != one.message for one in asked)),
            *await _ledger_findings(client),
            *findings_of("clips folder", lambda: machine.clips(settings, environ)),
            *findings_of("host", lambda: machine.host(environ)),
            *findings_of("player", lambda: machine.browser(settings, environ)),
        )
    )


def without_client(error: Exception) -> Report:
    """The findings that need no client.

    Args:
        error: why there is none.
    """
    return Report(
        (
            *findings_of("versions", machine.versions),
            *findings_of("extras", machine.extras),
            *findings_of("provider", lambda: _chosen_provider(Settings(), read_environment())[1]),
            *findings_of("credentials", lambda: machine.credentials(None, Settings(), read_environment())),
            *findings_of("network", lambda: machine.network(read_environment())),
            _failed_check("data folder" if isinstance(error, ConfigError) else "client", error),
            *findings_of("host", lambda: machine.host(read_environment())),
        )
    )


async def _ledger_findings(client: AsyncClient) -> list[Finding]:
    folder = partial(machine.folder, "data folder", client.home, "Set VEO_WIDGETS_HOME to another folder.")
    return [*await _findings_later("jobs", lambda: machine.jobs(client)), *findings_of("data folder", folder)]


def findings_of(topic: str, check: Callable[[], Finding | Iterable[Finding]]) -> list[Finding]:
    """What a check finds. One that breaks is a finding itself: whoever asks a doctor has trouble enough."""
    try:
        found = check()
        return [found] if isinstance(found, Finding) else list(found)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other checks go on)
        return [_failed_check(topic, error)]


async def _findings_later(topic: str, check: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    """As `told`, of what has to wait."""
    try:
        return await check()
    except Exception as error:  # noqa: BLE001 (whatever it is, the other checks go on)
        return [_failed_check(topic, error)]


def _failed_check(topic: str, error: Exception) -> Finding:
    if isinstance(error, VeoError):
        return Finding(topic, "problem", str(error))
    return Finding(topic, "problem", redact(f"This could not be looked at: {type(error).__name__}: {error}"))


def _chosen_provider(settings: Settings, environ: Mapping[str, str]) -> tuple[Provider | None, Finding]:
    try:
        provider, why = chosen(None, "", settings, environ)
    except VeoError as error:
        return None, Finding("provider", "problem", str(error))
    message = f"a plain %%veo uses {provider.label} ({provider.name}), decided by {why}"
    return provider, Finding("provider", "ok", message)


async def _service_findings(
    client: AsyncClient, provider: Provider, settings: Settings, environ: Mapping[str, str], patience: float
) -> list[Finding]:
    if provider.knows:
        return await _gateway_findings(client, provider, settings, environ, patience)
    plan, model = _plan_and_model(client, {}, settings, environ)
    if plan is None:
        return [model]
    try:
        account = accounts.account(provider, plan.model.surface, settings, environ)
    except VeoError as error:
        return [model, Finding("account", "problem", str(error))]
    _, found = await visit(client, partial(listing.question, plan.model), account, environ, patience)
    return [model, *found]


async def _gateway_findings(
    client: AsyncClient, provider: Provider, settings: Settings, environ: Mapping[str, str], patience: float
) -> list[Finding]:
    """A gateway names its models itself, so it is asked before a model is spoken of."""
    try:
        account = accounts.account(provider, provider.surfaces[0], settings, environ)
    except VeoError as error:
        return [Finding("account", "problem", str(error))]
    reply, found = await visit(client, listing.listing, account, environ, patience)
    answers = any(finding.topic == "endpoint" and finding.state == "ok" for finding in found)
    if answers:
        found += await server_findings(client, account, reply, patience)
    if answers and provider.surfaces[0] == LITELLM:
        found += await allowance(client, account, reply, patience)
    values: dict[str, Any] = {}
    try:
        if unnamed({}, settings, environ):
            if reply is None:
                return found
            values["model"] = f"{provider.prefixes[0]}/{listing.only_video_model(reply, provider)}"
        names = listing.listed(reply) if reply else None
    except VeoError as error:
        return [*found, Finding("model", "problem", str(error))]
    offered = await client.discovery.described(values, settings, environ)
    plan, model = _plan_and_model(client, values, settings, environ, offered)
    return [*found, model, *_unlisted(plan, names)]


def _unlisted(plan: Plan | None, names: Mapping[str, str] | None) -> list[Finding]:
    if plan is None or names is None or plan.model.id in names:
        return []
    message = f"{plan.model.id} is not in its list: {listing.shown(names) or 'it is empty'}"
    return [Finding("model", "warning", message, "Name one that is, or ask the operator.")]


def _plan_and_model(
    client: AsyncClient,
    values: Mapping[str, Any],
    settings: Settings,
    environ: Mapping[str, str],
    offered: tuple[Model, ...] = (),
) -> tuple[Plan | None, Finding]:
    today = datetime.fromtimestamp(client.now()).astimezone().date().isoformat()
    try:
        # Any prompt will do: nothing is sent.
        plan = make_plan("A cat", values, settings=settings, today=today, environ=environ, offered=offered)
    except VeoError as error:
        return None, Finding("model", "problem", str(error))
    retired = next((error for error in plan.violations if isinstance(error, RetiredModelError)), None)
    if retired:
        return plan, Finding("model", "problem", str(retired))
    ends = plan.model.shut_down
    if plan.model.may_have_ended(today) and plan.provider.auth != "none":
        message = f"{_price_text(plan)}; it may have ended on {ends}, which no source confirms"
        instead = f" If it is refused, use {plan.model.replacement}." if plan.model.replacement else ""
        return plan, Finding("model", "warning", message, f"The service was asked whether it answers.{instead}")
    if ends and not plan.model.may_have_ended(today) and plan.model.status != "shut_down":
        instead = f"Use {plan.model.replacement} instead." if plan.model.replacement else "Use another by then."
        return plan, Finding("model", "warning", f"{_price_text(plan)}; it ends on {ends}", instead)
    return plan, Finding("model", "ok", _price_text(plan))


def _price_text(plan: Plan) -> str:
    full = plan.full
    length = f"{full.duration_seconds:g} s" if full.duration_seconds else ""
    shape = ", ".join(filter(None, (length, full.resolution, full.aspect_ratio)))
    free = ", which the emulator does not charge" if plan.provider.auth == "none" else ""
    return f"{plan.model.id}, {plan.cost} for its default clip{f' ({shape})' if shape else ''}{free}"
