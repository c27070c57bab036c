"""A film that is cut: trimmed, faded, and as loud as was asked for. Needs the extra ``media``."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ...domain.errors import VeoError
from ...domain.paths import NO_ROOM
from .captions import Cue, add_text_track, cues_of
from .cards import Card
from .edited_pictures import edited_pictures
from .edited_sound import LaidDown, lay_down, read_back
from .edits import Edit, Shown, beginnings, frame_count, laid_out, leading_clip
from .mixing import Track
from .pictures import Copied, Encoded
from .prefetch import prefetched
from .sound import Sound
from .source_clips import RATE, SourceClip
from .stitching import MUXING, check_extra

if TYPE_CHECKING:
    from av import AudioFrame
    from av.container import OutputContainer

__all__ = ["EVEN", "Card", "Edit", "Rendered", "Track", "render"]

# LUFS. What EBU R 128's supplement for streaming and the large platforms settle around.
EVEN = -16.0
# How much of the work it is to lay down the sound.
_SOUND_SHARE = 0.1


@dataclass(frozen=True)
class Rendered:
    """What is in a film that was rendered.

    Attributes:
        cues: what is said.
        begins: the seconds at which each clip and card is first seen.
    """

    cues: list[Cue]
    begins: list[Fraction]


def render(
    edits: Sequence[Edit],
    target: Path,
    *,
    loudness: float | None = EVEN,
    tracks: Sequence[Track] = (),
    shape: Fraction | None = None,
    crop: bool = True,
    text_track: bool = False,
    progress: Callable[[float], object] = lambda _share: None,
) -> Rendered:
    """Write a film as MP4. Pictures are copied where nothing of them changes, and encoded once where it does.

    Args:
        edits: clips and title cards in order; the first clip decides size, colours and frame rate.
        target: the file to write; another is written beside it meanwhile.
        loudness: of the whole film, in LUFS by EBU R 128; None leaves the clips' own.
        tracks: music and narration, each laid over what came before.
        shape: width to height of the film, with the first clip's shorter side; None: that clip's own.
        crop: whether clips of another shape than `shape` fill the film, without what does not fit in; otherwise, and
            where no shape is said, they get black bars.
        text_track: whether the captions go into the file too.
        progress: told how much is done, from 0 to 1; what it raises ends the rendering.

    Raises:
        InvalidRequestError: a time is beyond a clip's end, a clip is too short for its fades, or a track has no sound.
        MissingExtraError: the media packages are not installed.
        VeoError: a clip cannot be read, or the file cannot be written.
        OSError: there is no room.
    """
    check_extra()
    import av

    laid = target.with_name(f"{target.name}.sound")
    try:
        shown = laid_out(edits)
        for track in tracks:
            track.check()
        cues = cues_of(shown)
        sounds = bool(tracks) or any(isinstance(one.clip, SourceClip) and one.clip.sounds for one in shown)
        measured = lay_down(shown, tracks, laid, lambda share: progress(share * _SOUND_SHARE)) if sounds else None
        picture = _Picture(_size(leading_clip(shown).size, shape), crop=crop and shape is not None)
        with av.open(str(target), "w", format="mp4", options=MUXING) as out, ExitStack() as stack:
            frames = stack.enter_context(read_back(laid, measured, loudness)) if measured else None
            made = _Film(shown, out, frames, picture)
            if text_track:
                add_text_track(out, cues, made.seconds)
            made.write(progress)
    except VeoError:
        raise
    except (av.FFmpegError, ValueError, IndexError) as error:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            # Not the name of the file that is written meanwhile.
            raise OSError(error.errno, error.strerror) from error
        raise VeoError(f"The film cannot be rendered: {error}.") from error
    finally:
        with suppress(OSError):
            laid.unlink()
    return Rendered(cues, beginnings(shown))


@dataclass(frozen=True)
class _Picture:
    size: tuple[int, int]
    crop: bool


def _size(first: tuple[int, int], shape: Fraction | None) -> tuple[int, int]:
    if shape is None:
        return first
    short = min(first)
    width, height = (short * shape, Fraction(short)) if shape >= 1 else (Fraction(short), short / shape)
    return round(width / 2) * 2, round(height / 2) * 2


class _Film:
    """A film that is being written: its streams are there at once, what is in them follows.

    Attributes:
        seconds: how long it is.
    """

    def __init__(
        self, shown: Sequence[Shown], out: OutputContainer, frames: Iterator[AudioFrame] | None, picture: _Picture
    ) -> None:
        first, copied = leading_clip(shown), _copied_clips(shown)
        is_copied = picture.size == first.size and len(copied) == len(shown)
        self._pictures = pictures = Copied(first, out) if is_copied else Encoded(first, out, picture.size)
        self._sound = LaidDown(frames, Sound(out)) if frames is not None else None
        self._made = _copied(pictures, copied) if isinstance(pictures, Copied) else _encoded(pictures, shown, picture)
        self._begins = _SOUND_SHARE if frames is not None else 0.0
        self.seconds = frame_count(shown) * first.step

    def write(self, progress: Callable[[float], object]) -> None:
        """Write all of it."""
        with closing(self._made) as made:
            for until in made:
                # Side by side, so that the muxer need not wait for either.
                if self._sound is not None:
                    self._sound.encode_until(until)
                progress(self._begins + (1 - self._begins) * min(float(until / self.seconds), 1.0))
        self._pictures.close()
        if self._sound is not None:
            self._sound.close()


def _copied_clips(shown: Sequence[Shown]) -> list[SourceClip]:
    """The clips that can be taken over as they are."""
    first = leading_clip(shown)
    return [
        one.clip
        for one in shown
        if isinstance(one.clip, SourceClip)
        and one.clip.kind == first.kind
        and one.edit.is_whole
        and one.clip.can_be_copied
        and abs(one.clip.seconds - one.count * one.step) < Fraction(1, RATE)
    ]


def _copied(pictures: Copied, clips: Sequence[SourceClip]) -> Generator[Fraction, None, None]:
    """The time up to which there are pictures, clip by clip."""
    at = Fraction(0)
    for clip in clips:
        with clip.open() as container:
            pictures.write(clip, container, at)
        at += clip.seconds
        yield at


def _encoded(pictures: Encoded, shown: Sequence[Shown], picture: _Picture) -> Generator[Fraction, None, None]:
    """The time up to which there are pictures, frame by frame."""
    step = shown[0].step
    with prefetched(edited_pictures(shown, picture.size, pictures.matrix, crop=picture.crop)) as frames:
        for number, frame in enumerate(frames):
            pictures.encode(frame, number * step)
            yield (number + 1) * step
