"""Reads models from files and calls: entries of ``catalog.json``, and models of one's own, which need only an id.

Every field is checked, because a wrong one would first be noticed when a clip costs more than was said, or is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, replace
from typing import Any

from .arguments import NONE
from .errors import nearest
from .model import ExtraParam, Model, TypicalSeconds, unlisted
from .model_fields import (
    CONDITIONS,
    CONSEQUENCES,
    DEFAULTS,
    EXTENSION,
    EXTRA,
    FIELDS,
    OWN_FIELDS,
    POSITIVE,
    PRICES,
    SOME_TEXT,
    TAKEN,
    TEXTS,
    Entry,
    EntryError,
    brief,
    is_day,
    is_number,
)


def read_catalog(document: Any, where: str) -> tuple[str, tuple[Model, ...]]:
    """The day that a catalog was checked, and its models.

    Args:
        document: the file as JSON.
        where: its name, for messages.

    Raises:
        EntryError: a field of a model is wrong.
        ValueError: it is no catalog.
    """
    entries = document.get("models") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or not entries or not is_day(document.get("checked_on")):
        raise ValueError(f"{where}: it is not a catalog of models with `checked_on` and `models`.")
    found = [model for entry in entries for model in _listed(Entry(entry, where))]
    places = [(model.id, model.surface) for model in found]
    twice = next((place for place in places if places.count(place) > 1), None)
    if twice:
        raise ValueError(f"{where}: {twice[0]} stands twice at {twice[1]}.")
    return document["checked_on"], tuple(found)


def _listed(entry: Entry) -> Iterator[Model]:
    """A model of a catalog on each of its surfaces."""
    # Said with the model that a message is about, and not only as its place in the list.
    entry.check(FIELDS)
    needed = {item.name for item in fields(Model) if item.default is MISSING and item.default_factory is MISSING}
    for name in (*sorted(needed - {"surface"}), "surfaces"):
        if name not in entry.values:
            raise entry.error(name, None, "it is missing")
    for name in ("provider", "origin", "price", "images_cost_extra"):
        if name in entry.values:
            raise entry.error(name, entry.values[name], "a catalog has no such field")
    for surface in entry.values["surfaces"]:
        known = {item.name for item in fields(Model)}
        more = {key: value for key, value in entry.values.items() if key not in known}
        yield _consistent(Model(**_values(entry), surface=surface, more=more), entry)


def own_models_in(value: Any, where: str) -> tuple[Model, ...]:
    """The models of one's own in a list of tables.

    Args:
        value: the list.
        where: the file or the call that has it, for messages and as the models' `origin`.

    Raises:
        EntryError: a field is wrong.
    """
    if not isinstance(value, list | tuple):
        raise EntryError(
            where, "", "models", value, "it is not a list; write [[tool.veo_widgets.models]] over each model"
        )
    found = tuple(model for item in value for model in _own(Entry(item, where)))
    places = [(model.id, model.provider, model.surface) for model in found]
    if twice := next((place for place in places if places.count(place) > 1), None):
        at = f" for the provider {twice[1]!r}" if twice[1] else ""
        raise EntryError(where, twice[0], "id", twice[0], f"it stands twice{at}; leave one of the two out")
    return found


def _own(entry: Entry) -> Iterator[Model]:
    """A model of one's own on each surface that it names, or on that of whoever serves it."""
    if "id" not in entry.values:
        raise entry.error("id", None, "it is missing; every model needs one")
    entry.check({"id": FIELDS["id"]})
    for name in entry.values:
        if name not in OWN_FIELDS:
            # Without its value, which may be a key that somebody thought belonged here.
            hint = nearest(name, OWN_FIELDS).rstrip("?")
            question = f"; did you mean {hint.partition('mean ')[2]}" if hint else ""
            raise entry.error(str(name), None, f"there is no such field{question}; there are {', '.join(OWN_FIELDS)}")
    entry.check(FIELDS)
    values = _values(entry) | _price(entry)
    for name, of in (
        ("default_duration_s", "durations_s"),
        ("default_resolution", "resolutions"),
        ("default_aspect_ratio", "aspect_ratios"),
        ("default_size", "sizes"),
    ):
        if values.get(of):
            values.setdefault(name, values[of][0])
    # A list of lengths means these and no others; without one, any may be asked for.
    values.setdefault("durations_continuous", not values.get("durations_s"))
    values = {"family": entry.values["id"], "status": "ga", "source": (entry.where,)} | values
    # Without a surface, whoever serves it decides about the wire.
    base = unlisted(entry.values["id"], "", entry.values.get("api", ""))
    for surface in entry.values.get("surfaces") or ("",):
        yield _consistent(replace(base, **{**values, "surface": surface, "origin": entry.where}), entry)


def _values(entry: Entry) -> dict[str, Any]:
    """The fields of a model as `Model` has them."""
    known = {item.name for item in fields(Model)} - {"surface", "origin", "more"}
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in entry.values.items()
        if name in known
    }
    special: dict[str, Callable[[Entry], Any]] = {
        "typical_seconds": _typical,
        "constraints": _constraints,
        "extra": _extras,
        "usd_per_second": lambda entry: entry.values["usd_per_second"] or {},
        "person_generation": _people,
        "extension": _extension,
    }
    return values | {name: read(entry) for name, read in special.items() if name in values}


def _typical(entry: Entry) -> TypicalSeconds:
    said = entry.values["typical_seconds"]
    if not isinstance(said, Mapping):
        # Servers of one's own differ by their load; three times the usual is seldom.
        return TypicalSeconds(said / 2, said, said * 3, entry.where)
    words = "a number of seconds, or a table with low, likely and high in this order"
    if not {"low", "likely", "high"} <= set(said) <= {"low", "likely", "high", "source"}:
        raise entry.wrong("typical_seconds", said, words)
    low, likely, high = said["low"], said["likely"], said["high"]
    if not all(map(POSITIVE.fits, (low, likely, high))) or not low <= likely <= high or low == high:
        raise entry.wrong("typical_seconds", said, words)
    return TypicalSeconds(low, likely, high, str(said.get("source") or entry.where))


def _price(entry: Entry) -> dict[str, Any]:
    """What `price` says, as the catalog's fields."""
    if "price" not in entry.values:
        return {}
    said = entry.values["price"]
    for name in ("usd_per_second", "usd_per_clip"):
        if name in entry.values:
            raise entry.error("price", said, f"it cannot stand beside {name}; leave one of the two out")
    if is_number(said) and said == 0:
        return {"usd_per_clip": 0.0}
    known = {"per_second", "per_clip"}
    if not isinstance(said, Mapping) or not said or not set(said) <= known or not PRICES.fits(said):
        words = "0, {per_second = 0.05} or {per_clip = 0.40}, in US dollars"
        raise entry.wrong("price", said, words)
    found: dict[str, Any] = {}
    if "per_second" in said:
        found["usd_per_second"] = {"": said["per_second"]}
    if "per_clip" in said:
        found["usd_per_clip"] = said["per_clip"]
    return found


def _constraints(entry: Entry) -> tuple[Mapping[str, Any], ...]:
    for rule in entry.values["constraints"]:
        if not set(rule) <= {"if", "then", "note"}:
            raise entry.wrong("constraints", rule, "a rule with `if` and `then`")
        for part, kinds in (("if", CONDITIONS), ("then", CONSEQUENCES)):
            said = rule.get(part)
            if not isinstance(said, Mapping) or not said:
                raise entry.wrong("constraints", rule, f"a rule: its `{part}` is no table, or empty")
            for name, value in said.items():
                if name not in kinds:
                    raise entry.error("constraints", rule, f"{name!r} is not one of {', '.join(kinds)}")
                if not kinds[name].fits(value):
                    raise entry.wrong(f"constraints: {name}", value, kinds[name].words)
    return tuple(entry.values["constraints"])


def _extension(entry: Entry) -> Mapping[str, Any] | None:
    said = entry.values["extension"]
    if said is None:
        return None
    for name, value in said.items():
        if name in EXTENSION and not EXTENSION[name].fits(value):
            raise entry.wrong(f"extension: {name}", value, EXTENSION[name].words)
    if ("adds_s_min" in said) != ("adds_s_max" in said):
        raise entry.wrong("extension", said, "whole: adds_s_min and adds_s_max belong together")
    return dict(said)


def _people(entry: Entry) -> Mapping[str, Any] | None:
    said = entry.values["person_generation"]
    for name, value in (said or {}).items():
        if not (TEXTS.fits(value) if name != "default" else (SOME_TEXT | NONE).fits(value)):
            raise entry.wrong(f"person_generation: {name}", value, "a list of texts")
    return None if said is None else dict(said)


def _extras(entry: Entry) -> tuple[ExtraParam, ...]:
    found = tuple(_extra(said, entry) for said in entry.values["extra"])
    names = [extra.name for extra in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise entry.error("extra", twice, f"{twice!r} stands twice")
    return found


def _extra(said: Mapping[str, Any], entry: Entry) -> ExtraParam:
    for name in ("name", "kind"):
        if name not in said:
            raise entry.error("extra", said, f"{brief(dict(said))} has no `{name}`")
    field = f"extra {said['name']!r}"
    for name, value in said.items():
        if name not in EXTRA and name != "default":
            raise entry.error(field, value, f"{name!r} is not one of {', '.join((*EXTRA, 'default'))}")
        if name in EXTRA and not EXTRA[name].fits(value):
            raise entry.wrong(f"{field}: {name}", value, EXTRA[name].words)
    extra = ExtraParam(**{**said, "choices": tuple(said.get("choices", ()))})
    for name, problem in _faults(extra):
        raise entry.error(f"{field}: {name}", getattr(extra, name), problem)
    return extra


def _faults(extra: ExtraParam) -> Iterator[tuple[str, str]]:
    """What of a parameter does not fit together: a field, and why."""
    low, high = extra.minimum, extra.maximum
    if extra.name in TAKEN:
        yield "name", "a request says this already; choose another field of the server"
    if extra.kind == "choice" and not extra.choices:
        yield "choices", "there are none; the kind 'choice' needs a list of texts"
    if extra.kind != "choice" and extra.choices:
        yield "choices", f"they belong to the kind 'choice', and this is of the kind {extra.kind!r}"
    if extra.kind not in {"integer", "number"} and not low is high is None:
        yield "minimum" if high is None else "maximum", "only the kinds 'integer' and 'number' have one"
    if low is not None and high is not None and low > high:
        yield "minimum", f"{low:g} is above the maximum, {high:g}"
    if extra.default is not None and (problem := fault_of(extra, extra.default)):
        yield "default", problem


def fault_of(extra: ExtraParam, value: object) -> str:
    """Why a value is none of a parameter's, as a message ends; empty if it is one."""
    kind = DEFAULTS[extra.kind]
    if not kind.fits(value):
        return f"{brief(value)} is not {kind.words}"
    if extra.kind == "choice" and value not in extra.choices:
        return f"{brief(value)} is not one of {', '.join(extra.choices)}"
    low, high = extra.minimum, extra.maximum
    if isinstance(value, int | float) and not (-math.inf if low is None else low) <= value <= (
        math.inf if high is None else high
    ):
        if low is not None and high is not None:
            return f"{value!r} is not from {low:g} to {high:g}"
        return f"{value!r} is not at {f'most {high:g}' if low is None else f'least {low:g}'}"
    return ""


def _consistent(model: Model, entry: Entry) -> Model:
    """The model, if what it says holds together."""
    for name, of in (
        ("default_duration_s", "durations_s"),
        ("default_resolution", "resolutions"),
        ("default_aspect_ratio", "aspect_ratios"),
        ("default_size", "sizes"),
    ):
        value, allowed = getattr(model, name), getattr(model, of)
        inside = model.durations_continuous and allowed and of == "durations_s" and allowed[0] <= value <= allowed[-1]
        if value and value not in allowed and not inside:
            raise entry.error(
                name, value, f"{value!r} is not one of its {of}: {', '.join(map(str, allowed)) or 'none'}"
            )
    for name in model.usd_per_second:
        if name and name not in model.resolutions:
            offered = ", ".join(model.resolutions) or "none; write price = {per_second = …}"
            raise entry.error("usd_per_second", name, f"{name!r} is not one of its resolutions: {offered}")
    return model
