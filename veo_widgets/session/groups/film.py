"""Films: shots that are cut together, go on from each other's last frame, or extend each other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import anyio.to_thread

from ...client.plan import Plan, following
from ...client.progress import Line, metered
from ...domain.arguments import FILE, NAME, NUMBER, PATH, SWITCH, accepts, instance_of
from ...domain.errors import ConfigError, UnknownOutcomeError, VeoError
from ...domain.formats import provenance
from ...domain.job_record import JobRecord, JobState
from ...domain.media import Image, Video
from ...storage.clips import library
from ...storage.films import signatures, stitching
from ...storage.films.edits import Edit
from ...storage.films.rendering import EVEN
from ...storage.films.signatures import Signing
from ...storage.films.stitching import Segment
from ..client import Client
from ..executors import each
from ..waiting import result
from .board import Shared
from .boarded import BoardedGroup
from .change import change_of
from .cutting import edits_of
from .editing import read_texts
from .film_orders import FilmOrder
from .film_tasks import make_film, put_up, taken_home, task_of
from .piece import Piece, has_clip
from .rendering_bar import with_bar
from .renditions import rendition_of, target_of
from .shot_times import add_shot_times, shot_times
from .shots import Shot
from .spans import clip_segments, clip_spans
from .strip import strip
from .summary import MOST
from .timeline_files import scenes_of, write_timeline_file
from .title_cards import TitleCard


class Film(BoardedGroup):
    """A film made from shots. Shown as a table; in a notebook, as a strip of its shots with whole prompts.

    Cut shots are made at the same time, the others when the shot before has its clip. A shot is identified by its
    definition and by the clip that it continues: a clip that exists is never paid for again, whatever crashed or was
    edited in between.

    Args:
        client: sends and watches.
        name: identifies the film when you run it again.
        shots: in order, with title cards; a text is a cut shot.
        common: settings for every shot, as for `submit`.
        texts: what ``{names}`` in prompts stand for.

    Attributes:
        parts: shots and title cards in their order.

    Raises:
        InvalidRequestError: there are no shots, or they cannot be cut as they say.
        ConfigError: no such provider, or no model is named and none is known.
    """

    @accepts(client=instance_of(Client, "a client"), name=NAME)
    def __init__(
        self,
        client: Client,
        name: str,
        shots: Iterable[Shot | TitleCard | str],
        common: Mapping[str, Any],
        texts: Mapping[str, str] | None = None,
    ) -> None:
        shared = Shared(common, read_texts(texts))
        super().__init__(client, name, shots, shared)

    _final_step = "putting the clips together"

    def _arrangement_remarks(self) -> tuple[str, ...]:
        """Which shots are of another shape than the film, which has the first one's."""
        shapes = [(piece.label, _picture_size(piece)) for piece in self.pieces]
        first = next((size for _, size in shapes if size), None)
        found = []
        for label, size in shapes:
            if size and first and size[0] * first[1] != size[1] * first[0]:
                sides = "at its sides" if size[0] * first[1] < size[1] * first[0] else "above and below"
                sizes = f"{size[0]}×{size[1]} and the film {first[0]}×{first[1]}"
                found.append(f"{label} is {sizes}: it gets black bars {sides}")
        return tuple(found)

    def _clip_remarks(self, records: Sequence[JobRecord | None]) -> tuple[str, ...]:
        """What becomes of the Content Credentials of the clips, and whether the film gets its own."""
        if sum(piece.follows != "extend" for piece in self.pieces) < 2:
            return ()  # The film is the clip itself.
        try:
            if signatures.configured():
                return ("the film is signed, with its shots as ingredients",)
        except ConfigError as error:
            return (str(error).removesuffix("."),)
        clips = [record.videos[0].path if record and has_clip(record) else None for record in records]
        signed = [
            piece.label for piece, path in zip(self.pieces, clips, strict=True) if path and provenance.carries(path)
        ]
        if not signed:
            return ()
        have = "has" if len(signed) == 1 else "have"
        return (f"{', '.join(signed)} {have} Content Credentials: the film does not carry their manifests",)

    @property
    def video(self) -> Video:
        """The film as one MP4 with sound and hard cuts; put together on first use.

        Raises:
            VeoError: a shot has no clip yet, or the clips cannot be put together.
            ConfigError: it is to be signed, and key or certificates are not fit for that.
            MissingExtraError: the extra ``media`` is not installed, or ``provenance`` for signing.
        """
        return self._stitch_with_progress(self._whole())

    def _whole(self) -> list[JobRecord]:
        records = [record for record in self._records() if record and has_clip(record)]
        if len(records) < len(self.pieces):
            lacking = ", ".join(item.label for item in self.plan().entries if not item.clip)
            raise VeoError(
                f"{self.title}: {lacking} has no clip yet, so there is no film; run() makes what is missing."
            )
        return records

    @accepts(path=PATH, loudness=NUMBER, music=FILE, narration=FILE, music_gain=NUMBER, crop=SWITCH, text_track=SWITCH)
    def render(
        self,
        path: str | Path,
        *,
        loudness: float | None = EVEN,
        music: str | Path | None = None,
        narration: str | Path | None = None,
        music_gain: float = 0.0,
        aspect_ratio: str | None = None,
        crop: bool = True,
        text_track: bool = False,
        on: Any = None,
    ) -> Video:
        """Write the film as its parts are cut: trimmed, faded, and as loud as others. Nothing is paid for.

        Pictures are copied where no shot is trimmed or faded and all are of one kind, and encoded once otherwise. What
        is said in the shots goes into a WebVTT file beside the film. Ctrl-C ends it and leaves what was there before.

        Args:
            path: the file to write, an MP4, or the address of one in a bucket; one that is there is replaced.
            loudness: of the whole film, in LUFS by EBU R 128, with no sample above -1 dB; None leaves it as the clips
                have it.
            music: a file with sound that plays from the beginning, lower where the clips are heard; it fades out with
                the film, and is silent once it is over.
            narration: a file with a voice, under which all else is lowered.
            music_gain: decibels by which the music is made louder; less than 0 is softer.
            aspect_ratio: of the film, such as ``9:16``; default is the first shot's.
            crop: whether shots of another shape than `aspect_ratio` fill the film with their middle; False gives them
                black bars.
            text_track: whether what is said also goes into the MP4, as a track of text that players can show.
            on: who does it, in one task: a `concurrent.futures.Executor`, or a `dask.distributed.Client`, whose workers
                reach the clips; Ctrl-C then ends the waiting. Default is this program.

        Raises:
            InvalidRequestError: a shot ends beyond its clip or is too short for its fades, a file has no sound, or
                `path` is no MP4.
            VeoError, ConfigError, MissingExtraError: as for `video`; or a worker could not do it.
        """
        records = self._whole()
        spans, signing = clip_spans(self.pieces, records), signatures.configured()
        own = Video(self._film_path(records, [span.segment for span in spans], signing))
        home = self.client.asynchronous.home
        target = target_of(path, [own, *(record.videos[0] for record in records)], home)
        rendition = rendition_of(
            self.parts,
            loudness=loudness,
            music=music,
            narration=narration,
            music_gain=music_gain,
            aspect_ratio=aspect_ratio,
            crop=crop,
            text_track=text_track,
        )
        edits = edits_of(self.parts, spans)
        order = FilmOrder.of(self.name, self.pieces, records, spans, edits, rendition)
        title = f"{self.title}: {target.path.name}"
        if on is not None:
            ((made, files),) = each(make_film, [task_of(order, target, signing)], on, title)
            return taken_home(made, files, target)

        def rendered(progress: Callable[[float], object]) -> Video:
            made = order.fetched().made(target.path, signing, progress)
            return put_up(made, target.address) if target.address else made

        return with_bar(self.client, title, rendered)

    @accepts(path=PATH)
    def to_otio(self, path: str | Path) -> Path:
        """Write the film as its parts are cut for an editing program, by OpenTimelineIO. Nothing is paid for.

        Clips are linked where they are; other clips of the same prompt are a shot's takes, and its prompt is a marker.

        Args:
            path: the file to write: ``.otio``, which has all of it; or ``.fcpxml`` (Final Cut Pro), ``.xml``
                (Premiere Pro, Resolve) or ``.edl``, which have no takes and no dips, and ``.fcpxml`` no fades. Pictures
                of the title cards are put beside it.

        Raises:
            InvalidRequestError: `path` ends otherwise, or as for `render`.
            VeoError: a shot has no clip yet, or the format cannot hold the film.
            MissingExtraError: the extra ``editors`` is not installed, or ``media``.
        """
        records = self._whole()
        known = self.client.call(self._jobs_by_place)
        for record in records:
            record.videos[0].fetch()
        spans = clip_spans(self.pieces, records)
        return write_timeline_file(path, self.name, scenes_of(self.parts, spans, known.values()))

    def _stitch_with_progress(self, records: Sequence[JobRecord]) -> Video:
        """The film, with a word on what takes so long where it is not there yet."""
        making: Future[Video] = self.client.start(anyio.to_thread.run_sync, self._stitched_film, records)
        with metered(lambda _: Line(f"{self.title}: {self._final_step}"), notable=False) as tick:
            return result(making, None, tick)

    @property
    def path(self) -> Path:
        """The film's file; see `video`."""
        return self.video.path

    def run(self, *, retry: bool = False, max_running: int | None = None) -> Self:  # noqa: D102 (see Group)
        # Before the first shot is paid for: the next could not begin without the extra.
        if any(piece.follows == "continue" for piece in self.pieces):
            stitching.check_extra()
        if signing := signatures.configured():
            signing.check()
        return super().run(retry=retry, max_running=max_running)

    async def _check(self, retry: bool) -> None:  # noqa: FBT001 (as in Group)
        for piece, record in zip(self.pieces, await self.current_records(), strict=True):
            # Sent again, it might be paid for twice.
            if record and record.state is JobState.UNKNOWN:
                raise UnknownOutcomeError(
                    f"{self.title}: nothing was sent. The answer to the create of {piece.label} was lost, so job "
                    f"{record.id} may run and be charged. job = veo.job({record.id!r}); then job.look_for() asks the "
                    "service for it, job.retry() sends it again, or job.forget() marks it as failed; then run again.",
                    job_id=record.id,
                )
        await super()._check(retry)

    async def _plan(self, piece: Piece, before: JobRecord | None) -> Plan:
        client = self.client.asynchronous
        if not piece.follows or before is None:
            return await super()._plan(piece, before)
        if piece.follows == "extend":
            return await client.prepare(piece.prompt, following(before, "extend_from", piece.values))
        png = await anyio.to_thread.run_sync(lambda: stitching.last_frame(before.videos[0].fetch()))
        frame = replace(Image.of(png, "first_frame"), name=f"the last frame of {before.videos[0].path.name}")
        return await client.prepare(piece.prompt, {**piece.values, "first_frame": frame})

    async def _finish(self) -> None:
        records = [record for record in await self.current_records() if record and has_clip(record)]
        if len(records) == len(self.pieces):
            # What speaks against it is told when the film is asked for.
            with suppress(VeoError):
                await anyio.to_thread.run_sync(self._stitched_film, records)

    def _checked_end(self) -> Self:
        for piece in self.pieces:
            if piece.trouble is not None:
                again = "film.run() goes on; film.run(retry=True) also sends what has failed again."
                raise VeoError(f"{self.title}: {piece.label} has no clip. {piece.trouble} {again}") from piece.trouble
        return self

    def _stitched_film(self, records: Sequence[JobRecord]) -> Video:
        spans = clip_spans(self.pieces, records)
        segments = [span.segment for span in spans]
        edits = [Edit(segment) for segment in segments]
        order = FilmOrder.of(self.name, self.pieces, records, spans, edits).fetched()
        if len(segments) == 1:
            ((_, clip),) = order.clips
            add_shot_times(clip, shot_times(order.shots, spans, edits, [Fraction(0)]))
            return clip
        signing = signatures.configured()
        path = self._film_path(records, segments, signing)
        if path.is_file() and (known := Video(path).recipe.get("file")):
            return Video.from_json({**known, "path": path})
        return order.made(path, signing)

    def _film_path(self, records: Sequence[JobRecord], segments: Sequence[Segment], signing: Signing | None) -> Path:
        """A name that changes with every clip of the film, and with who signs it."""
        clips = [record.videos[0].sha256 for record in records]
        made_of = (clips, [item.runs_on for item in segments], *([signing.mark] if signing else []))
        digest = hashlib.sha256(repr(made_of).encode()).hexdigest()
        return records[0].videos[0].path.with_name(f"{library.slug(self.name)}_film_{digest[:8]}.mp4")

    def _repr_html_(self) -> str:
        summary = self._summary(posters=True)
        change = change_of(self._chains, summary)
        shown = summary._repr_html_()
        if len(self.pieces) <= MOST:
            shown = strip(self.board, self.parts, self.pieces, summary, self.take_records(), change)
        records = [record for record in self._records() if record and has_clip(record)]
        if len(records) < len(self.pieces) or len(segments := clip_segments(self.pieces, records)) < 2:
            return shown
        try:
            path = self._film_path(records, segments, signatures.configured())
        # Why it cannot be signed is among the table's remarks.
        except ConfigError:
            return shown
        return shown + (Video(path)._repr_html_() if path.is_file() else "")


def _picture_size(piece: Piece) -> tuple[int, int] | None:
    """Width and height that a shot will have; None where its plan does not tell, or another clip decides it."""
    plan = piece.plan
    if plan is None or plan.full.mode in {"extension", "edit", "upscale"}:
        return None
    return plan.full.picture_size(plan.model)
