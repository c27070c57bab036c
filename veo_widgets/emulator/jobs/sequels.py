"""Orders that build on a video there is already: changed, continued, or enlarged."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

from . import encoding
from .operations import Clip, Operation, Operations
from .orders import Order
from .refusals import invalid, precondition

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
    """`base` as a change to `original`: the same scene with other words, or the same frames with a new card."""
    old = original.order
    if old is None:
        return _over(base, original, operations)
    return replace(
        _again(base, old),
        prompt=base.prompt,
        theme=f"{old.theme} {old.prompt}".strip(),
        seed=old.seed if base.seed is None else base.seed,
        references=base.references or old.references,
    )


def upscaled(base: Order, original: Original, operations: Operations) -> Order:
    """`base` as `original` in the resolution of `base`."""
    old = original.order
    larger = _over(base, original, operations) if old is None else _again(base, old)
    return replace(larger, upscaled_from=original.resolution)


def extended(base: Order, original: Original, operations: Operations) -> Order:
    """`base` as what comes after `original`, in one clip with it."""
    hops = original.order.hops if original.order else 0
    return replace(_over(base, original, operations), duration_seconds=base.duration_seconds, hops=hops + 1)


def _again(base: Order, old: Order) -> Order:
    return replace(
        old,
        surface=base.surface,
        model=base.model,
        wire=base.wire,
        alias=base.alias,
        parent=base.parent,
        resolution=base.resolution,
        samples=1,
        scene=old.recipe(0).draw,
        storage_uri=base.storage_uri,
        by_uri=base.by_uri,
        stored=base.stored,
        upscaled_from="",
        directions=base.directions,
    )


def _over(base: Order, original: Original, operations: Operations) -> Order:
    return replace(
        base,
        source=operations.storeroom.keep(original.data),
        source_frames=original.probe.frames,
        aspect_ratio=original.aspect_ratio,
        duration_seconds=0,
    )
