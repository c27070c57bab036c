"""Films: shots that are cut together, go on from each other's last frame, or extend each other."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self, get_args

import anyio.to_thread

from . import library, provenance, signatures, stitching
from .arguments import NAME, SEVERAL, TEXT, accepts, instance_of, refusal
from .assembly import Assembly
from .errors import ConfigError, InvalidRequestError, UnknownOutcomeError, VeoError, nearest
from .media import Image, Video
from .pieces import Piece, canonical, has_clip, merged, number_equals, planned, tell_apart
from .planning import Plan, following
from .progress import Line, metered
from .record import JobRecord, JobState
from .signatures import Part, Signing
from .stitching import Segment
from .sync import Client
from .waiting import result

Transition = Literal["cut", "continue", "extend"]
# What is said for all shots and yet not for one that extends the shot before, whose clip decides it; and the length,
# which there is how much longer the clip gets.
_DECIDED = {"aspect_ratio", "resolution", "duration_seconds", "first_frame", "last_frame", "reference_images"}


@dataclass(frozen=True)
class Shot:
    """One shot of a film, as `shot` makes it."""

    prompt: str
    transition: Transition = "cut"
    values: Mapping[str, Any] = field(default_factory=dict)


@accepts(prompt=TEXT)
def shot(prompt: str, transition: Transition = "cut", **values: Any) -> Shot:
    """A shot for `film`.

    Args:
        prompt: what it shows.
        transition: how it begins. ``cut``: on its own. ``continue``: from the last frame of the shot before.
            ``extend``: the service makes the clip of the shot before longer, by ``seconds``.
        values: as for `submit`; they take precedence over those of the film.

    Raises:
        InvalidRequestError: no such transition.
    """
    allowed = get_args(Transition)
    if transition not in allowed:
        message = f"transition: {transition!r} is not one of {', '.join(allowed)}.{nearest(transition, allowed)}"
        raise InvalidRequestError(message, parameter="transition", value=transition, allowed=allowed)
    return Shot(prompt, transition, values)


class Film(Assembly):
    """A film made from shots. Shown as a table; in a notebook, with a still of each shot.

    Cut shots are made at the same time, the others when the shot before has its clip. A shot is identified by its
    definition and by the clip that it continues: a clip that exists is never paid for again, whatever crashed or was
    edited in between.

    Args:
        client: sends and watches.
        name: identifies the film when you run it again.
        shots: in order; a text is a cut shot.
        common: settings for every shot, as for `submit`.

    Raises:
        InvalidRequestError: there are no shots.
        ConfigError: no such provider, or no model is named and none is known.
    """

    @accepts(client=instance_of(Client, "a client"), name=NAME)
    def __init__(self, client: Client, name: str, shots: Iterable[Shot | str], common: Mapping[str, Any]) -> None:
        given = _shots(shots)
        chains: list[list[Piece]] = []
        for number, one in enumerate(given, 1):
            chain = chains[-1] if chains and one.transition != "cut" else []
            chain.append(_piece(client, number, one, common, chain[-1] if chain else None))
            if len(chain) == 1:
                chains.append(chain)
        for chain in chains:
            _check_lengths(chain)
        super().__init__(client, "film", name, chains)
        number_equals(self.pieces)
        tell_apart(self.pieces, [piece.values for piece in self.pieces])
        self.remarks = self._bars()

    _at_last = "putting the clips together"

    def _bars(self) -> tuple[str, ...]:
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

    def _noted(self, records: Sequence[JobRecord | None]) -> tuple[str, ...]:
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
        records = [record for record in self._records() if record and has_clip(record)]
        if len(records) < len(self.pieces):
            lacking = ", ".join(item.label for item in self.plan().entries if not item.clip)
            raise VeoError(
                f"{self.title}: {lacking} has no clip yet, so there is no film; run() makes what is missing."
            )
        return self._put_together(records)

    def _put_together(self, records: Sequence[JobRecord]) -> Video:
        """The film, with a word on what takes so long where it is not there yet."""
        making: Future[Video] = self.client.start(anyio.to_thread.run_sync, self._stitched, records)
        with metered(lambda _: Line(f"{self.title}: {self._at_last}"), notable=False) as tick:
            return result(making, None, tick)

    @property
    def path(self) -> Path:
        """The film's file; see `video`."""
        return self.video.path

    def run(self, *, retry: bool = False, max_running: int | None = None) -> Self:  # noqa: D102 (see Assembly)
        if any(piece.follows == "continue" for piece in self.pieces):
            stitching.check_extra()
        if signing := signatures.configured():
            signing.check()
        return super().run(retry=retry, max_running=max_running)

    async def _check(self, retry: bool) -> None:  # noqa: FBT001 (as in Assembly)
        for piece, record in zip(self.pieces, await self._standing(), strict=True):
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
            return client.plan(piece.prompt, **following(before, "extend_from", piece.values))
        png = await anyio.to_thread.run_sync(stitching.last_frame, before.videos[0].path)
        frame = replace(Image.of(png, "first_frame"), name=f"the last frame of {before.videos[0].path.name}")
        return client.plan(piece.prompt, **await client.questions.learn_model({**piece.values, "first_frame": frame}))

    async def _finish(self) -> None:
        records = [record for record in await self._standing() if record and has_clip(record)]
        if len(records) == len(self.pieces):
            # What speaks against it is told when the film is asked for.
            with suppress(VeoError):
                await anyio.to_thread.run_sync(self._stitched, records)

    def _concluded(self) -> Self:
        for piece in self.pieces:
            if piece.trouble is not None:
                again = "film.run() goes on; film.run(retry=True) also sends what has failed again."
                raise VeoError(f"{self.title}: {piece.label} has no clip. {piece.trouble} {again}") from piece.trouble
        return self

    def _stitched(self, records: Sequence[JobRecord]) -> Video:
        segments = _segments(self.pieces, records)
        if len(segments) == 1:
            return next(video for record in records for video in record.videos if video.path == segments[0].path)
        signing = signatures.configured()
        path = self._target(records, segments, signing)
        if path.is_file() and (known := Video(path).recipe.get("file")):
            return Video.from_json({**known, "path": path})
        part = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.part")
        unsigned = part.with_suffix(".unsigned.part")
        try:
            parts = self._parts(records, segments)
            recipe = {
                "film": self.name,
                "jobs": [record.id for record in records],
                "ingredients": [{"name": item.path.name, "sha256": item.sha256} for item in parts],
            }
            stitching.stitch(segments, unsigned if signing else part)
            if signing:
                signing.sign(unsigned, part, path.name, parts, _source_type(records))
            return library.settle(part, path, recipe)
        except OSError as error:
            why = error.strerror or error
            raise VeoError(
                f"The film could not be written to {str(path)!r}: {why}. Make room and try again."
            ) from error
        finally:
            for left in (part, unsigned):
                with suppress(OSError):
                    left.unlink()

    def _parts(self, records: Sequence[JobRecord], segments: Sequence[Segment]) -> list[Part]:
        """The clips that are in the film, as its recipe and its manifest name them."""
        placed = {segment.path for segment in segments}
        made = zip(self.pieces, (record.videos[0] for record in records), strict=True)
        return [Part.of(piece.label, video.path) for piece, video in made if video.path in placed]

    def _target(self, records: Sequence[JobRecord], segments: Sequence[Segment], signing: Signing | None) -> Path:
        """A name that changes with every clip of the film, and with who signs it."""
        clips = [record.videos[0].sha256 for record in records]
        made_of = (clips, [item.runs_on for item in segments], *([signing.mark] if signing else []))
        digest = hashlib.sha256(repr(made_of).encode()).hexdigest()
        return records[0].videos[0].path.with_name(f"{library.slug(self.name)}_film_{digest[:8]}.mp4")

    def _repr_html_(self) -> str:
        outline = self._outline(posters=True)
        shown = outline._repr_html_()
        records = [record for record in self._records() if record and has_clip(record)]
        if len(records) < len(self.pieces) or len(segments := _segments(self.pieces, records)) < 2:
            return shown
        try:
            path = self._target(records, segments, signatures.configured())
        except ConfigError:
            return shown
        return shown + (Video(path)._repr_html_() if path.is_file() else "")


def _source_type(records: Sequence[JobRecord]) -> str:
    """Where the pictures of a film come from, as IPTC calls it; the emulator draws without AI."""
    emulated = [record.provider == "emulator" for record in records]
    return "algorithmicMedia" if all(emulated) else "compositeSynthetic" if any(emulated) else "trainedAlgorithmicMedia"


def _shots(shots: Any) -> list[Shot]:
    """The shots that were given, one or several."""
    items = list(shots) if SEVERAL.fits(shots) else [shots]
    if not items:
        raise InvalidRequestError("shots: there are none; give veo.shot(…) or prompts.", parameter="shots")
    for item in items:
        if not isinstance(item, str | Shot):
            raise refusal("shots", item, "a shot; give veo.shot(…) or a prompt")
    return [shot(item) if isinstance(item, str) else item for item in items]


def _piece(client: Client, number: int, one: Shot, common: Mapping[str, Any], before: Piece | None) -> Piece:
    """A shot with its plan; what the shot before decides has a stand-in there."""
    label = f"shot {number}"
    follows = "" if one.transition == "cut" else one.transition
    made = Piece(label, one.prompt, {}, (("begins", one.transition),), follows=follows)
    try:
        own = canonical(one.values)
        shared = canonical(common)
        if follows == "extend":
            shared = {name: value for name, value in shared.items() if name not in _DECIDED}
        made = replace(made, values=merged(shared, own))
        made = replace(made, violations=tuple(_misfits(made, one.transition, own, before)))
    except InvalidRequestError as error:
        return replace(made, violations=(error,))
    stand_in: dict[str, Any] = {}
    if follows == "continue":
        stand_in = {"first_frame": Image(name="the last frame of the shot before")}
    elif follows == "extend":
        stand_in = {"extend_from": f"clip-before-shot-{number}"}
    return planned(made, partial(client.plan, one.prompt, **{**made.values, **stand_in}), stand_in)


def _picture_size(piece: Piece) -> tuple[int, int] | None:
    """Width and height that a shot will have; None where its plan does not tell, or another clip decides it."""
    plan = piece.plan
    if plan is None or plan.full.mode in {"extension", "edit", "upscale"}:
        return None
    return plan.full.picture_size(plan.model)


def _misfits(
    piece: Piece, transition: Transition, own: Mapping[str, Any], before: Piece | None
) -> Iterable[InvalidRequestError]:
    if piece.follows and before is None:
        message = f"transition: {transition!r} needs a shot before; the first one is cut."
        yield InvalidRequestError(message, parameter="transition", value=transition, allowed=("cut",))
    taken = {"continue": "first_frame", "extend": "extend_from"}.get(transition, "")
    if taken in own:
        message = f"{taken}: the shot before decides it; leave it out, or begin with a cut."
        yield InvalidRequestError(message, parameter=taken)
    samples = piece.values.get("samples", 1)
    if str(samples) != "1":
        message = f"samples: {samples!r} is not 1; a shot has one clip."
        yield InvalidRequestError(message, parameter="samples", value=samples, allowed=(1,))


def _check_lengths(chain: Sequence[Piece]) -> None:
    """Refuse extensions that the model is known not to make of the clip before."""
    seconds, source = 0.0, None
    for piece in chain:
        if piece.plan is None:
            return
        if piece.follows != "extend" or source is None:
            seconds, source = float(piece.plan.full.duration_seconds or 0), piece.plan
            continue
        seconds += piece.plan.cost.seconds
        piece.violations = (*piece.violations, *_unextendable(piece.plan, source, seconds))


def _unextendable(plan: Plan, source: Plan, seconds: float) -> Iterable[InvalidRequestError]:
    limits = plan.model.extension or {}
    most, sizes = limits.get("total_max_s"), limits.get("resolutions")
    if most and seconds > most:
        message = f"transition: the clip would be {seconds:g} s long; {plan.model.id} extends to {most} s at most."
        yield InvalidRequestError(message, parameter="transition", value="extend")
    if sizes and source.full.resolution not in sizes:
        message = f"resolution: {source.full.resolution!r} cannot be extended by {plan.model.id}"
        message += f"; make the shot before in {' or '.join(sizes)}."
        yield InvalidRequestError(message, parameter="resolution", value=source.full.resolution, allowed=sizes)
    if plan.provider.name != source.provider.name:
        message = f"provider: {plan.provider.name} cannot extend a clip of {source.provider.name}."
        yield InvalidRequestError(message, parameter="provider", value=plan.provider.name)


def _segments(pieces: Sequence[Piece], records: Sequence[JobRecord]) -> list[Segment]:
    """The clips to put together: an extension has the clip that it extends in it."""
    found: list[Segment] = []
    before: JobRecord | None = None
    for piece, record in zip(pieces, records, strict=True):
        clip = Segment(record.videos[0].path)
        if piece.follows == "extend" and before and _holds(record, before):
            found[-1] = clip
        else:
            if piece.follows == "continue":
                found[-1] = replace(found[-1], runs_on=True)
            found.append(clip)
        before = record
    return found


def _holds(extension: JobRecord, source: JobRecord) -> bool:
    """Whether an extension came with the clip before it, as all but unconfirmed services send it."""
    return extension.videos[0].seconds > extension.cost.seconds + source.videos[0].seconds / 2
