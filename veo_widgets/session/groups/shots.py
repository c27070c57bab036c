"""The shots of a film as they are said, and what each of them would send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar, Literal, get_args

from ...client.plan import Plan
from ...domain.arguments import SECONDS, SEVERAL, TEXT, accepts, refusal
from ...domain.errors import InvalidRequestError, nearest
from ...domain.media import Image
from ...storage.films.edits import Caption
from ..client import Client
from .cutting import check_cut
from .dialogue import captions_of
from .piece import Piece, canonical, merged, planned
from .title_cards import TitleCard

Transition = Literal["cut", "continue", "extend"]
# What is said for all shots and yet not for one that extends the shot before, whose clip decides it; and the length,
# which there is how much longer the clip gets.
_DECIDED = {"aspect_ratio", "resolution", "size", "duration_seconds", "first_frame", "last_frame", "reference_images"}


@dataclass(frozen=True)
class Shot:
    """One shot of a film, as `shot` makes it."""

    prompt: str
    transition: Transition = "cut"
    values: Mapping[str, Any] = field(default_factory=dict)
    start: float = 0.0
    end: float | None = None
    fade: float = 0.0
    dip: float = 0.0
    captions: tuple[Caption, ...] = ()
    # What a title card has.
    card: ClassVar[None] = None


@accepts(prompt=TEXT, start=SECONDS, end=SECONDS, fade=SECONDS, dip=SECONDS)
def shot(
    prompt: str,
    transition: Transition = "cut",
    *,
    start: float = 0.0,
    end: float | None = None,
    fade: float = 0.0,
    dip: float = 0.0,
    captions: str | Iterable[tuple[float, float, str]] | None = None,
    **values: Any,
) -> Shot:
    """A shot for `film`.

    Args:
        prompt: what it shows.
        transition: how it begins. ``cut``: on its own. ``continue``: from the last frame of the shot before.
            ``extend``: the service makes the clip of the shot before longer, by ``seconds``.
        start: seconds that `Film.render` leaves out at the beginning, exact to the frame.
        end: the second of the clip at which it ends there; default is the clip's end.
        fade: seconds of a cross-fade from the shot before, in picture and sound.
        dip: seconds of a dip to black between the shot before and this one.
        captions: what is said: words for all of the shot, or several ``(from, to, words)``, in seconds of its clip
            as `start` and `end` are. `Film.render` writes them as WebVTT.
        values: as for `submit`; they take precedence over those of the film.

    Raises:
        InvalidRequestError: no such transition, the times contradict each other, or the captions are written otherwise.
    """
    check_transition(transition)
    made = Shot(prompt, transition, values, start or 0.0, end, fade or 0.0, dip or 0.0, captions_of(captions))
    check_cut(made)
    return made


def check_transition(value: str) -> None:
    """Check how a shot begins.

    Raises:
        InvalidRequestError: there is no such transition.
    """
    allowed = get_args(Transition)
    if value not in allowed:
        message = f"transition: {value!r} is not one of {', '.join(allowed)}.{nearest(value, allowed)}"
        raise InvalidRequestError(message, parameter="transition", value=value, allowed=allowed)


def as_parts(shots: Any) -> list[Shot | TitleCard]:
    """The shots and title cards that were given, one or several."""
    items = list(shots) if SEVERAL.fits(shots) else [shots]
    for item in items:
        if not isinstance(item, str | Shot | TitleCard):
            raise refusal("shots", item, "a shot; give veo.shot(…), veo.title_card(…) or a prompt")
    found = [shot(item) if isinstance(item, str) else item for item in items]
    if not any(isinstance(part, Shot) for part in found):
        raise InvalidRequestError("shots: there are none; give veo.shot(…) or prompts.", parameter="shots")
    return found


def planned_piece(client: Client, number: int, one: Shot, common: Mapping[str, Any], before: Piece | None) -> Piece:
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
        made = replace(made, violations=tuple(_transition_errors(made, one.transition, own, before)))
    except InvalidRequestError as error:
        return replace(made, violations=(error,))
    stand_in: dict[str, Any] = {}
    if follows == "continue":
        stand_in = {"first_frame": Image(name="the last frame of the shot before")}
    elif follows == "extend":
        stand_in = {"extend_from": f"clip-before-shot-{number}"}
    return planned(made, partial(client.plan, one.prompt, **{**made.values, **stand_in}), stand_in)


def _transition_errors(
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


def check_lengths(chain: Sequence[Piece]) -> None:
    """Refuse extensions that the model is known not to make of the clip before."""
    seconds, source = 0.0, None
    for piece in chain:
        if piece.plan is None:
            return
        if piece.follows != "extend" or source is None:
            seconds, source = float(piece.plan.full.duration_seconds or 0), piece.plan
            continue
        seconds += piece.plan.cost.seconds
        piece.violations = (*piece.violations, *_extension_errors(piece.plan, source, seconds))


def _extension_errors(plan: Plan, source: Plan, seconds: float) -> Iterable[InvalidRequestError]:
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
