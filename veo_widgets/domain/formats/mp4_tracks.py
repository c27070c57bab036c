"""What the tracks of an MP4 say: their kind, how long and in what shape they are shown, and how often they change."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .mp4_boxes import boxes, walk

_ALL_ONES = {0: 0xFFFF_FFFF, 1: 0xFFFF_FFFF_FFFF_FFFF}
# Bits of the flags of `tfhd` and `trun` for what these boxes hold.
_BASE, _DESCRIPTION, _DEFAULT_STEP = 0x1, 0x2, 0x8
_DATA_OFFSET, _FIRST_FLAGS, _STEPS = 0x1, 0x4, 0x100
_SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)
# The matrix of what is shown as it is stored; its last column has 30 bits after the point (6.2.2).
_PLAIN = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
# A table of time steps may hold as many; a day of pictures has two million.
_MOST_ENTRIES = 2_000_000


@dataclass
class Track:
    """One track of a file.

    Attributes:
        number: its id.
        kind: ``vide``, ``soun``, or another that nobody sees.
        scale: units of its media a second.
        length: of its media in these units; 0 where that is not known.
        steps: how many of its samples last how many units.
        last: how many units the last sample lasts.
        shown: seconds by its edit list; 0.0 without one.
        edits: how many parts of its media that list shows.
        size: width and height as it is shown.
        turned: whether it is turned, mirrored or moved when it is shown.
    """

    number: int = 0
    kind: str = ""
    scale: int = 0
    length: int = 0
    steps: Counter[int] = field(default_factory=Counter)
    last: int = 0
    shown: float = 0.0
    edits: int = 0
    size: tuple[int, int] = (0, 0)
    turned: bool = False

    @property
    def seconds(self) -> float:
        """How long it is shown."""
        units = max(self.length, sum(step * count for step, count in self.steps.items()))
        # The edit list goes first, as it does in players.
        return self.shown or (units / self.scale if self.scale else 0.0)

    @property
    def rate(self) -> float:
        """Samples a second; of a variable rate, on average."""
        steps = self.steps.copy()
        if sum(steps.values()) > 1 and len(steps) > 1:
            # Writers do not know how long the last one lasts.
            steps[self.last] -= 1
        units, count = sum(step * count for step, count in steps.items()), sum(steps.values())
        return round(self.scale * count / units, 3) if units > 0 else 0.0

    def add(self, step: int, count: int) -> None:
        """Take up samples that follow those before."""
        if count > 0:
            self.steps[step] += count
            self.last = step


def duration(body: bytes) -> tuple[int, int]:
    """Length and units a second of an ``mvhd`` or ``mdhd`` body; a length that is not known is 0."""
    scale, length = struct.unpack_from(">IQ", body, 20) if body[0] == 1 else struct.unpack_from(">II", body, 12)
    # All ones is the standard's word for a length that is not known.
    return (0 if length == _ALL_ONES.get(body[0]) else length), scale


def turns(mvhd: bytes) -> bool:
    """Whether an ``mvhd`` body turns, mirrors or moves all pictures of its file."""
    return mvhd[-64:-28] != _PLAIN


def read(trak: bytes, movie_scale: int) -> Track:
    """The track in a ``trak`` body.

    Args:
        trak: the body.
        movie_scale: units a second of edit lists.

    Raises:
        struct.error, KeyError, IndexError: a box of it is missing or too short.
    """
    found: dict[bytes, bytes] = {}
    for kind, body in walk(trak):
        # QuickTime has a second `hdlr` further inside, of what brings the bytes.
        found.setdefault(kind, body)
    tkhd = found[b"tkhd"]
    track = Track(number=struct.unpack_from(">I", tkhd, 20 if tkhd[0] == 1 else 12)[0])
    track.kind = found[b"hdlr"][8:12].decode("latin-1")
    if track.kind not in {"vide", "soun"}:
        return track
    # Sound without it still is sound; a picture without it is damage, and raises.
    if b"mdhd" in found or track.kind == "vide":
        track.length, track.scale = duration(found[b"mdhd"])
    for step, count in _read_time_steps(found.get(b"stts", b"")):
        track.add(step, count)
    track.shown, track.edits = _read_edit_list(found.get(b"elst", b""), movie_scale)
    if track.kind == "vide":
        track.size = _shown_size(tkhd, found.get(b"stsd", b""))
        track.turned = tkhd[-44:-8] != _PLAIN
    return track


def _read_time_steps(stts: bytes) -> Iterator[tuple[int, int]]:
    if len(stts) < 8:
        return
    # The count is the file's word; the box's own length is the limit.
    for number in range(min(struct.unpack_from(">I", stts, 4)[0], _MOST_ENTRIES, (len(stts) - 8) // 8)):
        count, step = struct.unpack_from(">II", stts, 8 + 8 * number)
        yield step, count


def _read_edit_list(elst: bytes, scale: int) -> tuple[float, int]:
    """Seconds that an edit list shows, those before the track begins among them, and the number of its parts."""
    if len(elst) < 8 or not scale:
        return 0.0, 0
    size, form = (20, ">Qq") if elst[0] == 1 else (12, ">Ii")
    count = min(struct.unpack_from(">I", elst, 4)[0], (len(elst) - 8) // size)
    parts = [struct.unpack_from(form, elst, 8 + size * number) for number in range(count)]
    edits = sum(start >= 0 for _, start in parts)
    # A length of zero is to the end, in files that are written in pieces.
    return (sum(length for length, _ in parts) / scale if parts and parts[-1][0] else 0.0), edits


def _shown_size(tkhd: bytes, stsd: bytes) -> tuple[int, int]:
    """Width and height as they are shown: turned as the matrix says, in square pixels."""
    # Fixed-point numbers of 16 and 16 bits (8.3.2).
    width, height = (number >> 16 for number in struct.unpack(">II", tkhd[-8:]))
    entry = next(boxes(stsd[8:]), (b"", b""))[1]
    if len(entry) >= 78:
        stored = struct.unpack_from(">HH", entry, 24)
        across, down = next(
            (struct.unpack_from(">II", body) for kind, body in boxes(entry[78:]) if kind == b"pasp"), (1, 1)
        )
        # A header that says another size than is stored has taken the pixels' shape into account already.
        if (width, height) in {stored, (0, 0)}:
            width, height = (round(stored[0] * across / down), stored[1]) if across and down else stored
    # The first two numbers of the matrix: a quarter turn moves the weight from one to the other.
    a, b = struct.unpack_from(">ii", tkhd, len(tkhd) - 44)
    return (height, width) if abs(b) > abs(a) else (width, height)


def defaults(mvex: bytes) -> dict[int, int]:
    """The time step of each track's samples in fragments that do not say it."""
    found = {}
    for kind, body in boxes(mvex):
        if kind == b"trex" and len(body) >= 16:
            number, _, step = struct.unpack_from(">III", body, 4)
            found[number] = step
    return found


def add_fragment(moof: bytes, tracks: Mapping[int, Track], default: Mapping[int, int]) -> None:
    """Take up the samples of a ``moof`` body.

    Args:
        moof: the body.
        tracks: by their ids.
        default: see `defaults`.

    Raises:
        struct.error, IndexError: a box of it is too short.
    """
    for kind, traf in boxes(moof):
        if kind != b"traf":
            continue
        track, step = None, 0
        for inner, body in boxes(traf):
            if inner == b"tfhd":
                number, said = _read_fragment_head(body)
                track, step = tracks.get(number), default.get(number, 0) if said is None else said
            elif inner == b"trun" and track is not None:
                for own, count in _read_run(body, step):
                    track.add(own, count)


def _read_fragment_head(tfhd: bytes) -> tuple[int, int | None]:
    flags, number = struct.unpack_from(">II", tfhd)
    if not flags & _DEFAULT_STEP:
        return number, None
    # Optional fields follow each other in the order of their flags (8.8.7).
    at = 8 + (8 if flags & _BASE else 0) + (4 if flags & _DESCRIPTION else 0)
    return number, int(struct.unpack_from(">I", tfhd, at)[0])


def _read_run(trun: bytes, step: int) -> Iterator[tuple[int, int]]:
    flags, count = struct.unpack_from(">II", trun)
    size = 4 * sum(bool(flags & one) for one in _SAMPLE_FIELDS)
    if not flags & _STEPS:
        yield step, min(count, _MOST_ENTRIES)
        return
    at = 8 + (4 if flags & _DATA_OFFSET else 0) + (4 if flags & _FIRST_FLAGS else 0)
    for number in range(min(count, (len(trun) - at) // size)):
        yield struct.unpack_from(">I", trun, at + size * number)[0], 1
