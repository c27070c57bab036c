"""What an interaction looks like from outside: status, steps, errors, tokens (wire reference 3.3)."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass

from ...domain.catalog import AGENT_PLATFORM
from ..files import timestamp
from ..jobs.operations import Clip, Operation, Operations
from ..jobs.orders import Order
from ..refusals import Json
from .checks import public_id

# Video tokens for each second that comes out (wire reference 7).
_TOKENS = {"360p": 1931, "720p": 5792, "1080p": 8688, "4k": 17376}
_UPSCALE_TOKENS = {
    ("360p", "720p"): 2896, ("720p", "1080p"): 2896, ("360p", "1080p"): 5792, ("720p", "4k"): 11584,
}  # fmt: skip
# Gemini's count for a small picture; a large one is cut into several, which no client needs to see here.
_PICTURE_TOKENS = 258
# Opaque to clients, who have to send it back unchanged.
_SIGNATURE = base64.b64encode(b"the emulator does not think").decode()
_GRPC_NAMES = {
    3: "INVALID_ARGUMENT",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    13: "INTERNAL",
    14: "UNAVAILABLE",
}
_FAILURE = "Video generation failed due to an internal server issue. Please try again in a few minutes."
_WITHHELD = "I can't make that video, because it may go against the usage guidelines. Try another prompt."
# An outcome that is none of these is a status by itself.
_STATUS = {"done": "completed", "filtered": "completed", "partial": "completed", "empty": "completed"}


@dataclass(frozen=True)
class View:
    """One interaction as it is now.

    Attributes:
        operation: the interaction.
        operations: reads its clip.
        root: the base URL and version that file uris begin with.
        over: whether it has ended.
        with_input: whether the steps begin with what was asked.
    """

    operation: Operation
    operations: Operations
    root: str
    over: bool
    with_input: bool = False

    async def to_json(self) -> Json:
        """The interaction as the service answers it."""
        operation, order = self.operation, self.operation.order
        reply: Json = {
            "id": public_id(operation.id),
            "object": "interaction",
            "model": order.model,
            "status": self._status(),
            "created": timestamp(operation.created),
            "updated": timestamp(operation.completed or self.operations.clock()),
        }
        if order.parent:
            reply["previous_interaction_id"] = order.parent
        asked = [{"type": "user_input", "content": [{"type": "text", "text": order.prompt}]}] if self.with_input else []
        # No steps and no usage before the end: what is not there yet costs nothing.
        if not self.over or operation.cancelled:
            return reply | ({"steps": asked} if asked else {})
        return reply | {"steps": asked + await self._steps(), "usage": usage(order)} | self._error_or_token()

    def _status(self) -> str:
        directions = self.operation.order.directions
        if self.operation.cancelled:
            return "cancelled"
        if not self.over:
            return directions.status or "in_progress"
        return _STATUS.get(directions.outcome, directions.outcome)

    def _error_or_token(self) -> Json:
        directions = self.operation.order.directions
        if directions.outcome == "failed":
            return {"errors": [{"code": _GRPC_NAMES.get(directions.code, str(directions.code)), "message": _FAILURE}]}
        return {"continuation_token": _SIGNATURE} if directions.outcome == "requires_continuation" else {}

    async def _steps(self) -> list[Json]:
        directions = self.operation.order.directions
        thought = {"type": "thought", "signature": _SIGNATURE}
        if directions.outcome == "done":
            return [thought, {"type": "model_output", "content": [await self._video()]}]
        if directions.outcome in {"filtered", "partial"}:
            return [thought, {"type": "model_output", "content": [{"type": "text", "text": _WITHHELD}]}]
        if directions.outcome == "failed":
            error = {"code": directions.code, "message": _FAILURE, "details": []}
            return [thought, {"type": "model_output", "error": error}]
        return [] if directions.outcome == "empty" else [thought]

    async def _video(self) -> Json:
        operation = self.operation
        video: Json = {"type": "video", "mime_type": "video/mp4"}
        if not operation.order.by_uri:
            data = await asyncio.to_thread(self.operations.read, Clip(operation, 0))
            return video | {"data": base64.b64encode(data).decode()}
        if operation.order.surface == AGENT_PLATFORM:
            return video | {"uri": operation.object_uri(0)}
        return video | {"uri": f"{self.root}/files/{operation.file_id(0)}:download?alt=media"}


def usage(order: Order) -> Json:
    """The tokens of an order: none come out where no video does."""
    pictures = len(order.references) + sum(one is not None for one in (order.first_frame, order.last_frame))
    # Gemini's rule of thumb: four characters are a token.
    asked = max(1, len(order.prompt) // 4) + _PICTURE_TOKENS * pictures
    made = _video_tokens(order) if order.delivered() else 0
    return {
        "total_input_tokens": asked,
        "total_output_tokens": made,
        "output_tokens_by_modality": [{"modality": "video", "tokens": made}] if made else [],
        "total_tokens": asked + made,
    }


def _video_tokens(order: Order) -> int:
    if order.upscaled_from:
        return round(_UPSCALE_TOKENS[order.upscaled_from, order.resolution] * order.total_seconds)
    # Of an extension only what it adds is new; a given video that is changed comes out whole.
    made = order.delivery(0)
    return round(_TOKENS[made.resolution] * (made.duration_seconds or order.total_seconds))
