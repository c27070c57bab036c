"""Models and catalogs that chance has made: refused in a sentence, or fit for prices, rules and the form."""

from __future__ import annotations

import json
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from veo_widgets.domain import catalog
from veo_widgets.domain.catalog import Model, own_models_in
from veo_widgets.domain.catalog_changes import changes
from veo_widgets.domain.limits import doubts_of, rules_of
from veo_widgets.domain.model_fields import OWN_FIELDS
from veo_widgets.domain.pricing import estimate
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.rules import violations
from veo_widgets.providers.model_table import own_table

from .replies import ANYTHING

TODAY = "2026-11-29"
SHIPPED: dict[str, Any] = json.loads(Path(catalog.__file__).with_name("catalog.json").read_text("utf-8"))
FULL: dict[str, Any] = {
    "id": "Wan-AI/Wan2.2-T2V-A14B",
    "provider": "sglang",
    "price": {"per_second": 0.05, "per_clip": 0.1},
    "sizes": ["832x480", "1280x720"],
    "durations_s": [3, 5],
    "fps": 16,
    "typical_seconds": {"low": 10, "likely": 40, "high": 90},
    "extension": {"adds_s": [4], "total_max_s": 30},
    "person_generation": {"text": ["allow_all"], "default": None},
    "constraints": [{"if": {"mode": "image"}, "then": {"duration_s": [5], "forbid": ["seed"]}}],
    "extra": [
        {"name": "steps", "kind": "integer", "minimum": 1, "maximum": 100, "default": 30},
        {"name": "sampler", "kind": "choice", "choices": ["euler", "unipc"]},
    ],
}
ODD = ANYTHING | st.sampled_from([0, -1, 0.5, 1e308, "", "x", "1x1", "99999x99999", [], {}, [{}], {"if": {}}, True])


def changed(draw: st.DrawFn, value: Any) -> Any:
    """A value in which one place has something odd."""
    if isinstance(value, dict) and value and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: changed(draw, value[name])}
    if isinstance(value, list) and value and draw(st.booleans()):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], changed(draw, value[at]), *value[at + 1 :]]
    return draw(ODD)


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    entry = deepcopy(FULL)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from([*OWN_FIELDS, *FULL]))
        entry[name] = changed(draw, entry.get(name))
    return entry


def use(model: Model) -> None:
    """Everything that is done with a model before anything is sent."""
    rules_of(model)
    doubts_of(model)
    for said in ({}, {"size": "832x480", "duration_seconds": 3.0}, {"extra": {"steps": 30, "other": [1]}, "seed": 1}):
        request = VideoRequest("A cat", model.id, **said)
        cost = estimate(request, model)
        assert cost.usd is None or cost.usd >= 0
        assert str(cost)
        violations(request, model, TODAY)
    assert repr(own_table([model], TODAY))


@given(entries())
def test_a_model_is_refused_or_can_be_used(entry: dict[str, Any]) -> None:
    found: tuple[Model, ...] = ()
    with suppress(ValueError):
        found = own_models_in([entry], "models.toml")
    for model in found:
        use(model)


@given(ANYTHING)
def test_what_is_no_list_of_models_is_refused(value: Any) -> None:
    with suppress(ValueError):
        assert own_models_in(value, "models.toml") == ()


@st.composite
def catalogs(draw: st.DrawFn) -> dict[str, Any]:
    models = [dict(model) for model in SHIPPED["models"]]
    at = draw(st.integers(0, len(models) - 1))
    name = draw(st.sampled_from(sorted(models[at])))
    models[at][name] = changed(draw, models[at][name])
    return {"checked_on": "2099-01-01", "models": models}


@given(catalogs() | ANYTHING)
def test_a_catalog_is_refused_or_can_be_used(document: Any) -> None:
    try:
        data = json.dumps(document).encode()
        found = catalog.read(data, "new.json")
    except ValueError:
        return
    assert changes(catalog.shipped(), found, TODAY) is not None
    for model in found.models:
        use(model)
