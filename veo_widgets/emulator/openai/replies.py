"""What a video looks like from outside on the OpenAI-style wire: the object, its picture, its sheet of pictures."""

from __future__ import annotations

import io

from PIL import Image
from starlette.responses import Response

from ..jobs.operations import Operation, Operations
from ..jobs.orders import Order
from ..jobs.video_ids import public_id
from ..refusals import Json
from ..rendering import encoding

LIFETIME_SECONDS = 24 * 3600
# The first tenth stands in for the queue, so that a client meets both words.
_QUEUED_BELOW = 0.1
# OpenAI does not document its sheet; ten pictures show a clip of any length.
_SHEET_COLUMNS, _SHEET_ROWS = 5, 2
_SHEET_WIDTH = 320
_FAILURE_CODES = {3: "invalid_prompt", 8: "rate_limit_exceeded"}


def video(operation: Operation, operations: Operations, *, over: bool) -> Json:
    """The video object of an operation; `over` says that it has ended."""
    order = operation.order
    error = _find_error(order) if over else None
    status, progress = (
        ("failed" if error else "completed", 100) if over else _status_while_running(operation, operations)
    )
    completed = operation.completed if over else None
    width, height = order.recipe(0).size
    return {
        "id": public_id(operation),
        "object": "video",
        "status": status,
        "progress": progress,
        "created_at": int(operation.created),
        "completed_at": None if completed is None or error else int(completed),
        "expires_at": None if completed is None or error else int(completed + LIFETIME_SECONDS),
        "model": order.alias or order.model,
        "prompt": order.prompt,
        # A text, as in the request.
        "seconds": f"{order.total_seconds:g}",
        "size": f"{width}x{height}",
        "remixed_from_video_id": order.parent or None,
        "error": error,
    }


def _status_while_running(operation: Operation, operations: Operations) -> tuple[str, int]:
    word = operation.order.directions.status
    if word:
        # A gateway with words of its own knows no progress either.
        return word, 0
    # A video nobody has asked for yet is queued, whatever time it is.
    progress = operations.progress(operation) if operation.polls else 0.0
    return ("queued", 0) if progress < _QUEUED_BELOW else ("in_progress", round(progress * 100))


def _find_error(order: Order) -> Json | None:
    directions = order.directions
    if directions.outcome == "failed":
        code = _FAILURE_CODES.get(directions.code, "server_error")
        return {"code": code, "message": "Video generation failed. Please try again."}
    # This wire knows one clip, so one that is withheld is all of them.
    if directions.outcome in {"filtered", "partial"}:
        return {"code": "moderation_blocked", "message": "Your request was blocked by our moderation system."}
    return None


def thumbnail(clip: bytes) -> Response:
    """A frame from the middle of `clip` as WebP."""
    # The first frame of many clips is black or a title.
    middle = encoding.probe(clip).frames // 2
    return _picture_response(encoding.stills(clip, [middle])[0], "WEBP")


def spritesheet(clip: bytes) -> Response:
    """Frames from all along `clip` in one JPEG, row by row."""
    frames, count = encoding.probe(clip).frames, _SHEET_COLUMNS * _SHEET_ROWS
    pictures = encoding.stills(clip, [frames * place // count for place in range(count)])
    width, height = pictures[0].size
    size = (min(width, _SHEET_WIDTH), height * min(width, _SHEET_WIDTH) // width)
    sheet = Image.new("RGB", (size[0] * _SHEET_COLUMNS, size[1] * _SHEET_ROWS))
    for place, picture in enumerate(pictures):
        row, column = divmod(place, _SHEET_COLUMNS)
        sheet.paste(picture.resize(size), (column * size[0], row * size[1]))
    return _picture_response(sheet, "JPEG")


def _picture_response(picture: Image.Image, kind: str) -> Response:
    out = io.BytesIO()
    picture.save(out, kind, quality=85)
    return Response(out.getvalue(), media_type=f"image/{kind.lower()}")
