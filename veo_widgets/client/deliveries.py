"""What came, held against what was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..domain.catalog import Model
from ..domain.formats.containers import ENDINGS, named_by
from ..domain.job_record import JobRecord, names_file
from ..domain.media import Video
from ..domain.params import SIZES, size_of
from ..domain.pricing import Cost
from ..domain.request import VideoRequest
from .job_route import model_of

# A container rounds to frames of picture and sound, a codec to blocks of pixels; 23.976 and 24 are the same rate.
_SECONDS, _SHARE = 0.25, 0.03
_PIXELS = 16
_FPS = 0.5


def same_length(seconds: float, asked: float) -> bool:
    """Whether a clip is as long as it was to be, but for what a container rounds."""
    return abs(seconds - asked) <= max(_SECONDS, _SHARE * asked)


def of_clip(record: JobRecord, video: Video) -> tuple[str, ...]:
    """In what a clip is not what was asked for: as ``4 s instead of 8 s``.

    What nobody said and no request carried is not compared, nor what the file does not tell, nor the length and the
    shape of what was made from another clip, which that clip decides.

    Args:
        record: its job.
        video: the clip on disk.
    """
    model = None if record.adopted else _model(record)
    full = record.request.completed(model) if model else record.request
    shape = full.aspect_ratio or "16:9", full.resolution or "720p"
    if record.wire == "openai_videos" and (full.aspect_ratio or full.resolution) and shape in SIZES:
        # Its one field has both.
        full = replace(full, aspect_ratio=shape[0], resolution=shape[1])
    sound = _sound(record.request, model, video)
    return (*_timing(full, model, video), *_shape(full, video), *sound, *_kind(record, video), *_place(record, video))


def _model(record: JobRecord) -> Model | None:
    """The catalog's entry for what was sent; None where the catalog has none, or no more."""
    model = model_of(record)
    return model if model and model.is_listed else None


def asked_seconds(full: VideoRequest) -> float | None:
    """How long a clip was to be; None where nobody said, or another clip decides it."""
    # So many frames at such a rate say the length in other words.
    return None if full.source or {"num_frames", "frames"} & set(full.extra) else full.duration_seconds or None


def _timing(full: VideoRequest, model: Model | None, video: Video) -> Iterator[str]:
    asked = asked_seconds(full)
    if asked and video.seconds and not same_length(video.seconds, asked):
        yield f"{round(video.seconds, 1):g} s instead of {asked:g} s"
    fps = model.fps if model and "fps" not in full.extra else 0
    if fps and video.fps and not full.source and abs(video.fps - fps) > _FPS:
        yield f"{video.fps:g} frames a second instead of {fps}"


def _shape(full: VideoRequest, video: Video) -> Iterator[str]:
    if not (video.width and video.height) or (full.source and full.mode != "upscale"):
        return
    seen = f"{video.width}×{video.height}"
    ratio, resolution = full.aspect_ratio or "", full.resolution or ""
    size = size_of(full.size) if full.size else SIZES.get((ratio, resolution))
    if size:
        if max(abs(video.width - size[0]), abs(video.height - size[1])) > _PIXELS:
            yield f"{seen} instead of {size[0]}×{size[1]}"
    elif ratio and not _has_ratio(video, ratio):
        yield f"{seen} instead of {ratio}"
    elif resolution and not _has_lines(video, resolution):
        yield f"{seen} instead of {resolution}"


def _has_ratio(video: Video, ratio: str) -> bool:
    across, _, down = ratio.partition(":")
    try:
        wanted = float(across) / float(down)
    except (ValueError, ZeroDivisionError):
        return True
    return abs(video.width - video.height * wanted) <= max(_PIXELS, _SHARE * video.width)


def _has_lines(video: Video, resolution: str) -> bool:
    lines = {min(size) for (_, name), size in SIZES.items() if name == resolution}
    if not lines and resolution.endswith("p"):
        lines = {int(resolution.removesuffix("p"))}
    return not lines or any(abs(min(video.width, video.height) - line) <= _PIXELS for line in lines)


def _sound(request: VideoRequest, model: Model | None, video: Video) -> Iterator[str]:
    if not video.width:
        return
    # Of a model of one's own nobody says that it has sound.
    promised = True if model and model.audio and not model.is_own and not request.source else None
    wanted = promised if request.generate_audio is None else request.generate_audio
    if wanted and not video.has_audio:
        yield "silent instead of with sound"
    elif wanted is False and video.has_audio:
        yield "with sound instead of silent"


def _kind(record: JobRecord, video: Video) -> Iterator[str]:
    wished, came = Path(record.output).suffix.lower(), video.path.suffix.lower()
    if wished in ENDINGS and wished != came:
        yield f"{named_by(came).label} instead of {named_by(wished).label}"


def _place(record: JobRecord, video: Video) -> Iterator[str]:
    wished = Path(record.output)
    if record.output and video.path.parent != (wished.parent if names_file(record.output) else wished):
        yield f"saved as {video.relative_path()} instead of {Video(wished).relative_path()}, which could not be written"


def of_job(record: JobRecord, videos: Sequence[Video]) -> tuple[str, ...]:
    """In what the clips of a job are not what was asked for, their number included; see `of_clip`."""
    asked = record.request.samples or 1
    found: list[str] = []
    if len(videos) != asked and not record.adopted:
        found.append(f"{len(videos)} clip{'' if len(videos) == 1 else 's'} instead of {asked}")
    each = [(video, of_clip(record, video)) for video in videos]
    if len({told for _, told in each}) == 1:
        return (*found, *each[0][1])
    return (*found, *(f"clip {video.sample + 1}: {item}" for video, told in each for item in told))


def followed(cost: Cost, request: VideoRequest, videos: Sequence[Video]) -> Cost:
    """The price once it is known how long the clips are, where each second has one.

    Args:
        cost: what was expected, for the clips that came.
        request: as it was said.
        videos: the clips on disk.

    Returns:
        The price of the seconds that came. It stays where they are those that were asked for, where a file does not
        tell its length, and for what was added to another clip, since only a part of that is new.
    """
    came = [video.seconds for video in videos]
    if not (cost.usd and cost.seconds and came and all(came)) or request.extend_from:
        return cost
    if len(came) == cost.samples and all(same_length(seconds, cost.seconds) for seconds in came):
        return cost
    usd = cost.usd * sum(came) / (cost.seconds * cost.samples)
    seconds = round(sum(came) / len(came), 2)
    notes = [note for note in cost.note.split("; ") if note and "length of the source" not in note]
    note = "; ".join([*notes, f"by the {seconds:g} s of each clip that came"])
    return replace(cost, usd=round(usd, 6), note=note, seconds=seconds, samples=len(came))
