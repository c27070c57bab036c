"""The ASGI application: every route of the emulated services."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from . import admin, agent_platform, developer_api, files, interactions, openai_models, openai_videos
from .faults import Doorkeeper
from .journal import Journalist
from .refusals import RefusalError, answer_refusal, not_found
from .state import Backstage


async def _no_such_route(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    if status == 405:
        return RefusalError(405, "Method not allowed.", status="UNIMPLEMENTED").response()
    return not_found().response()


async def _broken(_request: Request, error: Exception) -> Response:
    return RefusalError(500, f"The emulator itself failed: {error!r}").response()


def build(stage: Backstage) -> ASGIApp:
    """The application around the parts of one emulator."""
    app = Starlette(
        routes=[
            *admin.routes(),
            *files.routes(),
            *agent_platform.routes(),
            *developer_api.routes(),
            *interactions.routes(),
            *openai_videos.routes(),
            *openai_models.routes(),
        ],
        exception_handlers={RefusalError: answer_refusal, HTTPException: _no_such_route, Exception: _broken},
    )
    app.state.backstage = stage
    return Journalist(Doorkeeper(app, stage.faults), stage.journal, stage.clock)
