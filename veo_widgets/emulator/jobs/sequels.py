"""Orders that build on an existing video: edited, extended or upscaled."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

from ..refusals import invalid, precondition
from ..rendering import encoding
from .operations import Clip, Operation, Operations
from .orders import Order

_SHORT_SIDES = {360: "360p", 720: "720p", 1024: "1024p", 1080: "1080p", 2160: "4k"}


@dataclass(frozen=True)
class Original:
    """A video to build on.

    Attributes:
        data: its bytes.
        probe: how long and how large it is.
        order: what it was made from, if it was made here.
    """

    data: bytes
    probe: encoding.Probe
    order: Order | None = None

    @property
    def resolution(self) -> str:
        """Its resolution in the catalog's words; of a size that has none, ``720p``."""
        if self.order is not None:
            return self.order.resolution
        # A video from elsewhere has any size, and 720p is what every model makes.
        return _SHORT_SIDES.get(min(self.probe.width, self.probe.height), "720p")

    @property
    def aspect_ratio(self) -> str:
        """``16:9`` or ``9:16``, whichever is nearer."""
        return "16:9" if self.probe.width >= self.probe.height else "9:16"

    def first_picture(self) -> bytes:
        """Its first frame as a PNG."""
        out = io.BytesIO()
        encoding.stills(self.data, [0])[0].save(out, "PNG")
        return out.getvalue()


def ours(clip: Clip, operations: Operations) -> Original:
    """A clip of this emulator to build on."""
    data = operations.read(clip)
    return Original(data, encoding.probe(data), clip.operation.order)


def result_of(operation: Operation, operations: Operations, name: str) -> Original:
    """The result of an earlier job to build on.

    Raises:
        RefusalError: it is still running, or came to no video.
    """
    # Asked first: of a filtered job it helps nobody to hear that it is still being processed.
    if operation.cancelled or not operation.order.delivered():
        raise invalid(f"{name} has no video to continue from.")
    if not operations.over(operation):
        raise precondition(f"{name} is still being processed.")
    return ours(Clip(operation, 0), operations)


def uploaded(data: bytes, place: str) -> Original:
    """A video sent by the client to build on.

    Raises:
        RefusalError: the bytes are no video.
    """
    try:
        return Original(data, encoding.probe(data))
    except ValueError as error:
        raise invalid(f"`{place}` could not be decoded as a video.") from error


def edited(base: Order, original: Original, operations: Operations) -> Order:
    """`base` as an edit of `original`: the same scene under other words, or the same frames under a new card."""
    # Of a video that was made here the scene is known and can be drawn anew; any other is only written over.
    old = original.order
    if old is None:
        return _drawn_over(base, original, operations)
    return replace(
        _same_scene_again(base, old),
        prompt=base.prompt,
        # "Make it night" says nothing of the sea in the first prompt, which must stay a sea.
        theme=f"{old.theme} {old.prompt}".strip(),
        # The card names the seed that the scene came from.
        seed=old.seed if base.seed is None else base.seed,
        references=base.references or old.references,
    )


def upscaled(base: Order, original: Original, operations: Operations) -> Order:
    """`base` as `original` in the resolution of `base`."""
    old = original.order
    # What was made here is drawn in the larger size, so that an upscale is sharp.
    larger = _drawn_over(base, original, operations) if old is None else _same_scene_again(base, old)
    return replace(larger, upscaled_from=original.resolution)


def extended(base: Order, original: Original, operations: Operations) -> Order:
    """`base` as an extension of `original`, in one clip with it."""
    hops = original.order.hops if original.order else 0
    return replace(_drawn_over(base, original, operations), duration_seconds=base.duration_seconds, hops=hops + 1)


def _same_scene_again(base: Order, old: Order) -> Order:
    return replace(
        old,
        surface=base.surface,
        model=base.model,
        wire=base.wire,
        alias=base.alias,
        parent=base.parent,
        resolution=base.resolution,
        # A sequel is one clip, whatever its original was one of.
        samples=1,
        # By number and not by prompt, which a sequel changes.
        scene=old.recipe(0).draw,
        storage_uri=base.storage_uri,
        by_uri=base.by_uri,
        stored=base.stored,
        upscaled_from="",
        directions=base.directions,
    )


def _drawn_over(base: Order, original: Original, operations: Operations) -> Order:
    return replace(
        base,
        source=operations.storeroom.keep(original.data),
        source_frames=original.probe.frames,
        aspect_ratio=original.aspect_ratio,
        # No frames of its own: every one is taken from the source.
        duration_seconds=0,
    )
