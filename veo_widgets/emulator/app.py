"""The ASGI application: every route of the emulated services."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from . import admin, files
from .faults.rules import Doorkeeper
from .jobs.state import Backstage, backstage
from .journal import Journalist
from .localai import video as localai
from .omni import interactions
from .openai import models, videos
from .refusals import RefusalError, answer_refusal, not_found
from .veo import agent_platform, developer_api


async def _no_such_route(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    # Starlette's own answer is plain text, which no client of these services can read.
    if status == 405:
        return RefusalError(405, "Method not allowed.", status="UNIMPLEMENTED").response()
    return not_found().response()


async def _emulator_failed(_request: Request, error: Exception) -> Response:
    # A fault of the emulator's own must not pass for one that a test asked for.
    return RefusalError(500, f"The emulator itself failed: {error!r}").response()


async def _list_models(request: Request) -> Response:
    """``GET /v1/models``, a path of Google's and of OpenAI's: the key tells whose client asks, or the dialect."""
    # A key of Google's settles it, even beside a bearer token; a client of OpenAI's has the bearer alone.
    has_googles_key = "x-goog-api-key" in request.headers or "key" in request.query_params
    speaks_openais = "authorization" in request.headers or "dialect" in backstage(request).standing
    if speaks_openais and not has_googles_key:
        return await models.list_models(request)
    return await developer_api.list_models(request)


def build(stage: Backstage) -> ASGIApp:
    """The application around the parts of one emulator."""
    app = Starlette(
        routes=[
            *admin.routes(),
            *files.routes(),
            *agent_platform.routes(),
            *developer_api.routes(),
            *interactions.routes(),
            *videos.routes(),
            *models.routes(),
            *localai.routes(),
            *(Route(f"/{version}/models", _list_models) for version in developer_api.VERSIONS),
        ],
        exception_handlers={RefusalError: answer_refusal, HTTPException: _no_such_route, Exception: _emulator_failed},
    )
    app.state.backstage = stage
    # The journal is outermost, so that a request whose connection is reset on arrival is noted too.
    return Journalist(Doorkeeper(app, stage.faults), stage.journal, stage.clock)
