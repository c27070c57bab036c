"""Routes for tests and tools: the journal, scripts, the pace, a fresh start. They ask for no key."""

from __future__ import annotations

import json
from dataclasses import fields

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults.rules import Rule
from .jobs.pace import Pace
from .jobs.state import backstage
from .refusals import Json, invalid

# A misspelt field would leave its default in force, and the test would run without its fault.
_RULE_FIELDS = {field.name for field in fields(Rule)}


async def _read_object(request: Request) -> Json:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise invalid("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.")
    return body


async def journal(request: Request) -> Response:
    """``GET /_admin/journal``: every request so far."""
    return JSONResponse([entry.to_json() for entry in backstage(request).journal.entries()])


async def script(request: Request) -> Response:
    """``POST /_admin/script``: add one rule; the body has the fields of `Rule`."""
    body = await _read_object(request)
    unknown = sorted(set(body) - _RULE_FIELDS)
    if unknown:
        raise invalid(f"Unknown: {', '.join(unknown)}; known are {', '.join(sorted(_RULE_FIELDS))}.")
    try:
        # JSON has null for what is not said; `Rule` has defaults instead.
        backstage(request).faults.add(Rule(**{name: value for name, value in body.items() if value is not None}))
    except (TypeError, ValueError) as error:
        raise invalid(str(error)) from error
    return JSONResponse({"ok": True})


async def direct(request: Request) -> Response:
    """``POST /_admin/directions``: front matter for every prompt from now on, as an object."""
    # Front matter is text, while JSON callers write numbers.
    lines = {key: str(value) for key, value in (await _read_object(request)).items()}
    backstage(request).direct(lines)
    return JSONResponse(lines)


async def pace(request: Request) -> Response:
    """``POST /_admin/pace`` with ``{"pace": "at-once" | "polls:N" | "seconds:SPEED"}``, for operations to come."""
    try:
        backstage(request).pace = Pace.parse(str((await _read_object(request)).get("pace")))
    except ValueError as error:
        raise invalid(str(error)) from error
    return JSONResponse({"pace": str(backstage(request).pace)})


async def reset(request: Request) -> Response:
    """``POST /_admin/reset``: forget operations, rules and the journal."""
    backstage(request).reset()
    return JSONResponse({"ok": True})


async def health(request: Request) -> Response:
    """``GET /_admin/health``."""
    return JSONResponse({"ok": True, "emulator": True, "pace": str(backstage(request).pace)})


def routes() -> list[Route]:
    """The routes of this module."""
    return [
        Route("/_admin/journal", journal),
        Route("/_admin/script", script, methods=["POST"]),
        Route("/_admin/directions", direct, methods=["POST"]),
        Route("/_admin/pace", pace, methods=["POST"]),
        Route("/_admin/reset", reset, methods=["POST"]),
        Route("/_admin/health", health),
    ]
