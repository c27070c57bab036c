"""Whether a model takes a request: every rule of the catalog, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from .catalog import Model
from .errors import InvalidRequestError, RetiredModelError, nearest
from .limits import Rule, place, rules_of
from .media import Image
from .model_entries import fault_of
from .request import VideoRequest, applies, is_said, value_text


def violations(request: VideoRequest, model: Model, today: str) -> list[InvalidRequestError]:
    """Every rule that `request` breaks, worst first.

    Args:
        request: as the user gave it.
        model: the catalog's entry.
        today: an ISO date, to tell whether the model has ended.

    Returns:
        One error per broken rule, none of them raised; each names parameter, value, what is allowed and why.
    """
    found: list[InvalidRequestError] = []
    if model.is_retired(today) and not request.allow_retired:
        found.append(retired(model))
    found += [_error(rule, value, request) for rule, value in broken(request, model)]
    return [*found, *_extra_faults(request, model)]


def _extra_faults(request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
    """What of the described parameters has a value that is none of theirs; others may have any."""
    for extra in model.extra:
        if extra.name in request.extra and (fault := fault_of(extra, request.extra[extra.name])):
            name = f"extra.{extra.name}"
            yield InvalidRequestError(
                f"{name}: {fault} ({model.id}).",
                parameter=name,
                value=request.extra[extra.name],
                allowed=extra.choices,
            )


def check(request: VideoRequest, model: Model, today: str) -> None:
    """Raise the first of `violations`, if there is one."""
    for error in violations(request, model, today):
        raise error


def retired(model: Model) -> RetiredModelError:
    """The refusal of a model that has ended: date, source, replacement."""
    source = next((item for item in model.source if "deprecation" in item or "lifecycle" in item), model.source[0])
    when = f" on {model.shut_down}" if model.shut_down else ""
    instead = f" Use {model.replacement} instead." if model.replacement else " There is no replacement."
    where = "" if model.is_own else f" at {place(model)}"
    return RetiredModelError(
        f"model: {model.id} was ended{when}{where} (source: {source}).{instead}"
        " To send the request anyway, pass allow_retired=True.",
        parameter="model",
        value=model.id,
        allowed=(model.replacement,) if model.replacement else (),
    )


def broken(request: VideoRequest, model: Model) -> Iterator[tuple[Rule, Any]]:
    """The rows of `limits.rules_of` that a request breaks, each with what breaks it."""
    for rule in rules_of(model):
        if applies(rule.when, request, model):
            for value in _FAULTS[rule.test](getattr(request, rule.parameter), rule.limits):
                yield rule, value


def declared(request: VideoRequest, model: Model) -> VideoRequest:
    """The request with its extra parameters in the kinds that the model declares.

    On a line and in a table ``1080`` is a number, even where the model takes it as a text.
    """
    texts = {extra.name for extra in model.extra if extra.kind in {"text", "choice"}}
    extra = {
        name: value_text(value) if name in texts and isinstance(value, bool | int | float) else value
        for name, value in request.extra.items()
    }
    return replace(request, extra=extra)


def _outside(value: Any, limits: tuple[Any, ...]) -> list[Any]:
    return [value] if is_said(value) and value not in limits else []


def _out_of_bounds(value: Any, limits: tuple[Any, ...]) -> list[Any]:
    return [value] if is_said(value) and not limits[0] <= value <= limits[1] else []


def _beyond(value: Any, limits: tuple[Any, ...]) -> list[Any]:
    number = len(value) if isinstance(value, tuple) else value or 0
    return [number] if number > limits[0] else []


def _in_buckets(value: Any, _: tuple[Any, ...]) -> list[Any]:
    images = value if isinstance(value, tuple) else (value,)
    return [image.uri for image in images if image and image.is_in_bucket]


# By the name of a test: the values that fail it, of which only a list of images can have several.
_FAULTS: dict[str, Callable[[Any, tuple[Any, ...]], list[Any]]] = {
    "in": _outside,
    "between": _out_of_bounds,
    "most": _beyond,
    "given": lambda value, _: [] if is_said(value) else [value],
    "absent": lambda value, _: [value] if is_said(value) else [],
    "bytes": _in_buckets,
}


def _error(rule: Rule, value: Any, request: VideoRequest) -> InvalidRequestError:
    if isinstance(value, Image):
        value = value.describe()
    if rule.test == "absent" and "{value}" not in rule.message:
        value = "given"
    names = [_name(item) for item in rule.limits] if rule.offered is None else list(rule.offered)
    listed = f"; allowed: {', '.join(names)}" if names else ""
    shown = f"{value:g}" if isinstance(value, float) else repr(value)
    # The value is the user's and may hold braces, so it is put in last.
    why = rule.message.replace("{mode}", request.mode).replace("{value}", shown)
    return InvalidRequestError(
        f"{rule.parameter}: {why}{listed}.{nearest(value, names) if isinstance(value, str) else ''}",
        parameter=rule.parameter,
        value=value,
        allowed=names,
    )


def _name(item: object) -> str:
    if isinstance(item, bool):
        return str(item).lower()
    return f"{item:g}" if isinstance(item, float) else str(item)
