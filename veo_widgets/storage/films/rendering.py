"""A film that is cut: trimmed, faded, and as loud as was asked for. Needs the extra ``media``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ...domain.errors import VeoError
from .edited_pictures import edited_pictures
from .edited_sound import LaidDown, lay_down, read_back
from .edits import Edit, Shown, frame_count, laid_out
from .mixing import Track
from .pictures import Copied, Encoded
from .prefetch import prefetched
from .sound import Sound
from .source_clips import RATE
from .stitching import MUXING, check_extra

if TYPE_CHECKING:
    from av import AudioFrame
    from av.container import OutputContainer

__all__ = ["EVEN", "Edit", "Track", "render"]

# LUFS. What EBU R 128's supplement for streaming and the large platforms settle around.
EVEN = -16.0


def render(
    edits: Sequence[Edit],
    target: Path,
    *,
    loudness: float | None = EVEN,
    tracks: Sequence[Track] = (),
    shape: Fraction | None = None,
    crop: bool = True,
    progress: Callable[[float], object] = lambda _share: None,
) -> None:
    """Write a film as MP4. Pictures are copied where nothing of them changes, and encoded once where it does.

    Args:
        edits: the clips in order; the first decides size, colours and frame rate.
        target: the file to write; another is written beside it meanwhile.
        loudness: of the whole film, in LUFS by EBU R 128; None leaves the clips' own.
        tracks: music and narration, each laid over what came before.
        shape: width to height of the film, with the first clip's shorter side; None: that clip's own.
        crop: whether clips of another shape than `shape` fill the film, without what does not fit in; otherwise, and
            where no shape is said, they get black bars.
        progress: told how much is done, from 0 to 1.

    Raises:
        InvalidRequestError: a time is beyond a clip's end, a clip is too short for its fades, or a track has no sound.
        MissingExtraError: the media packages are not installed.
        VeoError: a clip cannot be read, or the file cannot be written.
    """
    check_extra()
    import av

    laid = target.with_name(f"{target.name}.sound")
    try:
        shown = laid_out(edits)
        for track in tracks:
            track.check()
        sounds = bool(tracks) or any(one.clip.sounds for one in shown)
        measured = lay_down(shown, tracks, laid) if sounds else None
        picture = _Picture(_size(shown[0].clip.size, shape), crop=crop and shape is not None)
        with av.open(str(target), "w", format="mp4", options=MUXING) as out:
            if measured is None:
                _write(shown, out, None, picture, progress)
            else:
                with read_back(laid, measured, loudness) as frames:
                    _write(shown, out, frames, picture, progress)
    except VeoError:
        raise
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise VeoError(f"The film cannot be rendered: {error}.") from error
    finally:
        with suppress(OSError):
            laid.unlink()


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


def _write(
    shown: Sequence[Shown],
    out: OutputContainer,
    frames: Iterator[AudioFrame] | None,
    picture: _Picture,
    progress: Callable[[float], object],
) -> None:
    first = shown[0].clip
    copied = picture.size == first.size and _can_be_copied(shown)
    pictures = Copied(first, out) if copied else Encoded(first, out, picture.size)
    sound = LaidDown(frames, Sound(out)) if frames is not None else None
    made = _copied(pictures, shown) if isinstance(pictures, Copied) else _encoded(pictures, shown, picture)
    seconds = frame_count(shown) * first.step
    for until in made:
        # Side by side, so that the muxer need not wait for either.
        if sound is not None:
            sound.encode_until(until)
        progress(min(float(until / seconds), 1.0))
    pictures.close()
    if sound is not None:
        sound.close()


def _can_be_copied(shown: Sequence[Shown]) -> bool:
    alike = len({one.clip.kind for one in shown}) == 1
    return alike and all(
        one.edit.is_whole
        and one.clip.can_be_copied
        and abs(one.clip.seconds - one.count * one.step) < Fraction(1, RATE)
        for one in shown
    )


def _copied(pictures: Copied, shown: Sequence[Shown]) -> Iterator[Fraction]:
    """The time up to which there are pictures, clip by clip."""
    at = Fraction(0)
    for one in shown:
        with one.clip.open() as container:
            pictures.write(one.clip, container, at)
        at += one.clip.seconds
        yield at


def _encoded(pictures: Encoded, shown: Sequence[Shown], picture: _Picture) -> Iterator[Fraction]:
    """The time up to which there are pictures, frame by frame."""
    step = shown[0].step
    with prefetched(edited_pictures(shown, picture.size, pictures.matrix, crop=picture.crop)) as frames:
        for number, frame in enumerate(frames):
            pictures.encode(frame, number * step)
            yield (number + 1) * step
