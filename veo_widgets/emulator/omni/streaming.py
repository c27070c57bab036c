"""An interaction as server-sent events, for those who ask with ``stream``.

The names and fields are those of Google's page on streaming interactions and of google-genai 3.6.1: the interaction is
created, each step starts, gets its content in deltas and stops, and the interaction is completed, without its steps. Of
a video there is one delta, when it is made; until then the connection stays open and silent.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace

from starlette.responses import Response, StreamingResponse

from ..refusals import Json, invalid
from .replies import View

# Not JSON, and the last that a client reads.
_END = b"event: done\ndata: [DONE]\n\n"


def answer(view: View, end: Callable[[], Awaitable[object]], after: str = "") -> Response:
    """The events of an interaction, from its beginning or from where a reader left off.

    Args:
        view: the interaction.
        end: returns when the interaction has ended.
        after: the ``event_id`` of the last event that is not wanted again; empty: all are wanted.

    Raises:
        RefusalError: there is no such event.
    """
    if after and not after.isdigit():
        raise invalid(f"`last_event_id` {after!r} is not the id of an event.")
    return StreamingResponse(_frames(view, end, int(after or 0)), media_type="text/event-stream")


async def _frames(view: View, end: Callable[[], Awaitable[object]], after: int) -> AsyncIterator[bytes]:
    number = 0
    async for event in _events(view, end):
        # The same interaction has the same events whoever asks, so their numbers can stand for their ids.
        number += 1
        if number > after:
            data = json.dumps(event | {"event_id": str(number)})
            yield f"event: {event['event_type']}\ndata: {data}\n\n".encode()
    yield _END


async def _events(view: View, end: Callable[[], Awaitable[object]]) -> AsyncIterator[Json]:
    begun = await replace(view, over=False).to_json()
    yield {"event_type": "interaction.created", "interaction": begun}
    yield {"event_type": "interaction.status_update", "interaction_id": begun["id"], "status": begun["status"]}
    await end()
    ended = await replace(view, over=True).to_json()
    for index, step in enumerate(ended.pop("steps", [])):
        for event in _step_events(step):
            yield event | {"index": index}
    for error in ended.pop("errors", []):
        yield {"event_type": "error", "error": error}
    yield {"event_type": "interaction.completed", "interaction": ended}


def _step_events(step: Json) -> Iterator[Json]:
    yield {"event_type": "step.start", "step": {"type": step["type"]}}
    if "signature" in step:
        yield {"event_type": "step.delta", "delta": {"type": "thought_signature", "signature": step["signature"]}}
    # A delta of a text or a video has the very fields of the content.
    for content in step.get("content", []):
        yield {"event_type": "step.delta", "delta": content}
    yield {"event_type": "step.stop"}
