"""Which of a create's two bodies a service takes: a form, as OpenAI's own client sends it, or the same as JSON."""

from __future__ import annotations

from dataclasses import replace

from ..domain.errors import ServiceError
from ..providers.registry import Endpoint
from ..providers.wires import Call
from .retries import answer_of


class Forms:
    """What the services of this process have taken so far.

    A create goes as a form first: vLLM-Omni takes nothing else, OpenAI, Azure, sglang, new-api and LiteLLM's proxy take
    both. Only where the answer proves that the form was not read, as `retries` has it, it goes once more as JSON.
    """

    def __init__(self) -> None:
        # By address: whether it is JSON.
        self._json: dict[str, bool] = {}

    def chosen(self, call: Call, endpoint: Endpoint) -> Call:
        """The call with the one body that its service is known to take, or with both if nothing is known."""
        if not (call.form and call.json is not None) or endpoint.base_url not in self._json:
            return call
        return replace(call, form=()) if self._json[endpoint.base_url] else replace(call, json=None)

    def instead(self, call: Call, error: ServiceError) -> Call | None:
        """The same call as JSON, if its form was not even read and it has another body; else None."""
        return replace(call, form=()) if call.form and answer_of(error) == "unread" else None

    def taken(self, call: Call, endpoint: Endpoint) -> None:
        """Remember what a service has accepted."""
        if call.purpose == "create" and endpoint.base_url not in self._json:
            self._json[endpoint.base_url] = not call.form
