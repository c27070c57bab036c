"""Routes for tests and tools: the journal, scripts, the pace, a fresh start. They ask for no key."""

from __future__ import annotations

import json
from dataclasses import fields

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import Rule
from .pace import Pace
from .refusals import Json, invalid
from .state import backstage

_RULE_FIELDS = {field.name for field in fields(Rule)}


async def _body(request: Request) -> Json:
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
    body = await _body(request)
    unknown = sorted(set(body) - _RULE_FIELDS)
    if unknown:
        raise invalid(f"Unknown: {', '.join(unknown)}; known are {', '.join(sorted(_RULE_FIELDS))}.")
    try:
        backstage(request).faults.add(Rule(**{name: value for name, value in body.items() if value is not None}))
    except (TypeError, ValueError) as error:
        raise invalid(str(error)) from error
    return JSONResponse({"ok": True})


async def direct(request: Request) -> Response:
    """``POST /_admin/directions``: lines of front matter, as an object, that hold for every prompt to come."""
    lines = {key: str(value) for key, value in (await _body(request)).items()}
    backstage(request).direct(lines)
    return JSONResponse(lines)


async def pace(request: Request) -> Response:
    """``POST /_admin/pace`` with ``{"pace": "at-once" | "polls:N" | "seconds:SPEED"}``, for operations to come."""
    try:
        backstage(request).pace = Pace.parse(str((await _body(request)).get("pace")))
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
