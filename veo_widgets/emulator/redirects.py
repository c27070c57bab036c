"""Redirects to another name of this host, for which no key is meant."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

BUCKET = "/_bucket"
CIRCLE = "/_circle"


def redirected(request: Request, origin: str = "") -> Response:
    """A 302 to a signed-looking address that needs no key, on `origin` or on another name of this host."""
    # The colon stays as it is, or ``:download`` would not be found again.
    path = f"/_moved{quote(request.url.path, safe='/:')}"
    return RedirectResponse(f"{origin or other_origin(request)}{path}?alt=media", 302)


def bucket_url(request: Request, file_id: str) -> str:
    """Where a gateway's bucket keeps a clip: a signed-looking address under another name of this host."""
    return f"{other_origin(request)}{BUCKET}/{file_id}.mp4?signature=emulator"


def other_origin(request: Request) -> str:
    """This server's origin under another name of this host."""
    # Clients compare host names: this is another host to them, and still this server.
    name = "localhost" if request.url.hostname == "127.0.0.1" else "127.0.0.1"
    return f"http://{name}:{request.url.port or 80}"
