"""What would be sent, where, at what price, and what speaks against it: worked out without sending anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import environ as os_environ
from typing import Any

from . import config, rules
from .catalog import Model, TypicalSeconds
from .config import Account, Settings
from .errors import InvalidRequestError
from .pricing import Cost, estimate
from .providers import Provider
from .request import VideoRequest
from .wires import Call, Wire, wire_for


@dataclass(frozen=True)
class Plan:
    """A request with everything decided.

    Attributes:
        request: as the user said it.
        full: the same with the model's defaults, which is what is sent and priced.
        violations: the rules it breaks; a plan with any is never sent.
    """

    request: VideoRequest
    full: VideoRequest
    model: Model
    provider: Provider
    cost: Cost
    violations: tuple[InvalidRequestError, ...]

    @property
    def wire(self) -> Wire:
        """The wire that will carry it."""
        return wire_for(self.model.api, self.model.surface)

    @property
    def typical(self) -> TypicalSeconds:
        """How long it usually takes at this provider."""
        return self.model.typical_seconds.sped_up(self.provider.speed)

    def call(self, account: Account) -> Call:
        """The HTTP request itself, unsigned."""
        return self.wire.create(self.full, account.endpoint)


def make_plan(
    prompt: str,
    values: Mapping[str, Any],
    *,
    settings: Settings,
    today: str,
    environ: Mapping[str, str] = os_environ,
) -> Plan:
    """Work out everything about a request that can be known beforehand.

    Args:
        prompt: what the clips show.
        values: request parameters, and ``model``, ``provider`` and ``allow_retired``.
        settings: as configured.
        today: an ISO date.
        environ: the environment.

    Raises:
        InvalidRequestError: the request cannot even be read.
        ConfigError: no such provider.
    """
    rest = dict(values)
    name, model_name = rest.pop("provider", None), rest.pop("model", None) or ""
    provider = config.choose_provider(name, model_name, settings, environ)
    model = config.choose_model(provider, model_name, settings)
    request = VideoRequest.build(prompt, model.id, **rest)
    found = tuple(rules.violations(request, model, today))
    return Plan(request, request.completed(model), model, provider, estimate(request, model), found)
