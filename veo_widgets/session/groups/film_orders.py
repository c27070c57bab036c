"""A film as whoever puts it together has to know it: this program, or another that has nothing but the order."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ...domain.errors import VeoError
from ...domain.job_record import JobRecord
from ...domain.media import Video
from ...domain.paths import NO_ROOM
from ...storage.clips import library
from ...storage.films import stitching
from ...storage.films.captions import Cue, webvtt
from ...storage.films.cards import Card
from ...storage.films.edits import Edit
from ...storage.films.signatures import Part, Signing
from ...storage.films.stitching import Segment
from .cutting import Span
from .piece import Piece
from .renditions import Rendition
from .shot_times import ShotTimes, shot_names, shot_times
from .timeline_files import write_captions


@dataclass(frozen=True)
class FilmOrder:
    """What is in a film, and how it is put together.

    Attributes:
        name: of the film.
        jobs: their ids.
        clips: those in it with what they are called, in order.
        shots: what each shot is called.
        spans: which shots are in which clip.
        edits: what is shown of each clip, and title cards.
        rendition: how it is rendered; None for hard cuts alone.
        source_type: where its pictures come from, as IPTC calls it.
    """

    name: str
    jobs: tuple[str, ...]
    clips: tuple[tuple[str, Video], ...]
    shots: tuple[str, ...]
    spans: tuple[Span, ...]
    edits: tuple[Edit, ...]
    rendition: Rendition | None = None
    source_type: str = ""

    @classmethod
    def of(
        cls,
        name: str,
        pieces: Sequence[Piece],
        records: Sequence[JobRecord],
        spans: Sequence[Span],
        edits: Sequence[Edit],
        rendition: Rendition | None = None,
    ) -> FilmOrder:
        """The order of a film whose shots all have their clips."""
        placed = {span.segment.path for span in spans}
        made = zip(pieces, (record.videos[0] for record in records), strict=True)
        return cls(
            name,
            tuple(record.id for record in records),
            tuple((piece.label, video) for piece, video in made if video.path in placed),
            tuple(shot_names(pieces)),
            tuple(spans),
            tuple(edits),
            rendition,
            _source_type(records),
        )

    def fetched(self) -> FilmOrder:
        """The same once its clips are on this machine.

        Raises:
            DownloadError: one cannot be read in its bucket.
        """
        for _, video in self.clips:
            video.fetch()
        return self

    def moved(self, places: Mapping[Path, Path]) -> FilmOrder:
        """The same with its files elsewhere: clips, music, narration and typefaces."""

        def there(path: Path) -> Path:
            return places.get(path, path)

        def moved_edit(edit: Edit) -> Edit:
            source = edit.source
            if isinstance(source, Segment):
                return replace(edit, source=replace(source, path=there(source.path)))
            return replace(edit, source=replace(source, font=there(source.font))) if source.font else edit

        rendition = self.rendition
        if rendition is not None:
            tracks = [replace(track, path=there(track.path)) for track in rendition.tracks]
            rendition = replace(rendition, tracks=tracks)
        clips = tuple((label, replace(video, path=there(video.path))) for label, video in self.clips)
        return replace(self, clips=clips, edits=tuple(map(moved_edit, self.edits)), rendition=rendition)

    @property
    def own_files(self) -> set[Path]:
        """The files in it that are no clips."""
        tracks = self.rendition.tracks if self.rendition else ()
        fonts = (edit.source.font for edit in self.edits if isinstance(edit.source, Card))
        return {*(track.path for track in tracks), *(font for font in fonts if font)}

    def made(
        self, path: Path, signing: Signing | None, progress: Callable[[float], object] = lambda _share: None
    ) -> Video:
        """Put the film together: written, signed where that is wished, and given its name once it is whole.

        Args:
            path: the file; its clips are on this machine. What is said in it lies beside it.
            signing: what it is signed with.
            progress: told how much is done, from 0 to 1; what it raises ends the work.

        Raises:
            VeoError: a clip cannot be read, or the file cannot be written.
            ConfigError, MissingExtraError: as for `Film.video`.
        """
        # FFmpeg takes what stands before a colon in a bare name for a protocol.
        part = path.absolute().with_name(f"{path.stem}.{secrets.token_hex(4)}.part")
        unsigned = part.with_suffix(".unsigned.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            parts = [Part.of(label, video.path) for label, video in self.clips]
            times, cues = self._write(unsigned if signing else part, progress)
            recipe = {
                "film": self.name,
                "jobs": self.jobs,
                "ingredients": [{"name": item.path.name, "sha256": item.sha256} for item in parts],
                "shots": times,
            }
            if signing:
                signing.sign(unsigned, part, path.name, parts, self.source_type)
            made = library.settle(part, path, recipe)
        except OSError as error:
            why = error.strerror or error
            more = " Make room and try again." if error.errno in NO_ROOM else ""
            raise VeoError(f"The film could not be written to {str(path)!r}: {why}.{more}") from error
        finally:
            for left in (part, unsigned):
                with suppress(OSError):
                    left.unlink()
        if cues:
            write_captions(path.with_suffix(".vtt"), webvtt(cues))
        return made

    def _write(self, target: Path, progress: Callable[[float], object]) -> tuple[ShotTimes, list[Cue]]:
        cues: list[Cue] = []
        if self.rendition is None:
            begins = stitching.stitch([span.segment for span in self.spans], target)
        else:
            rendered = self.rendition.write(self.edits, target, progress)
            begins, cues = rendered.begins, rendered.cues
        return shot_times(self.shots, self.spans, self.edits, begins), cues


def _source_type(records: Sequence[JobRecord]) -> str:
    """Where the pictures of a film come from, as IPTC calls it; the emulator draws without AI."""
    emulated = [record.provider == "emulator" for record in records]
    return "algorithmicMedia" if all(emulated) else "compositeSynthetic" if any(emulated) else "trainedAlgorithmicMedia"
