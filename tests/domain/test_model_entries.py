"""Models of one's own: what may be said of them, and that every wrong field is told in one sentence."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.domain import catalog, model_fields
from veo_widgets.domain.catalog import AGENT_PLATFORM, EntryError, ExtraParam, Model, TypicalSeconds, own_models_in
from veo_widgets.domain.model_entries import fault_of
from veo_widgets.domain.params import BY_NAME
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.rules import violations

ID = "Wan-AI/Wan2.2-T2V-A14B"
WAN = {
    "id": ID,
    "provider": "sglang",
    "price": 0,
    "sizes": ["832x480", "1280x720"],
    "durations_s": [3, 5],
    "fps": 16,
    "typical_seconds": 40,
    "extra": [
        {"name": "guidance_scale", "kind": "number", "minimum": 1, "maximum": 20, "default": 5, "help": "How closely."},
        {"name": "sampler", "kind": "choice", "choices": ["euler", "unipc"]},
    ],
}


def own(**fields: Any) -> Model:
    (model,) = own_models_in([{"id": ID, **fields}], "models.toml")
    return model


def test_only_an_id_is_required_and_everything_else_is_left_open() -> None:
    model = own()
    assert (model.id, model.provider, model.surface, model.api) == (ID, "", "", "")
    assert (model.is_own, model.is_listed, model.has_price, model.is_free) == (True, True, False, False)
    assert model.typical_seconds.is_guess
    request = VideoRequest(
        "A cat",
        ID,
        size="512x512",
        duration_seconds=7.0,
        samples=3,
        seed=1,
        negative_prompt="rain",
        extra={"steps": 30},
    )
    assert violations(request, model, "2026-11-29") == []
    assert violations(VideoRequest("A cat", ID, person_generation="allow_all"), model, "2026-11-29") == []


def test_what_is_described_is_kept() -> None:
    (model,) = own_models_in([WAN], "models.toml")
    assert (model.sizes, model.default_size, model.durations_s, model.fps) == (
        ("832x480", "1280x720"),
        "832x480",
        (3, 5),
        16,
    )
    assert (model.default_duration_s, model.durations_continuous, model.is_free) == (3, False, True)
    assert model.typical_seconds == TypicalSeconds(20, 40, 120, "models.toml")
    assert model.extra == (
        ExtraParam("guidance_scale", "number", help="How closely.", default=5, minimum=1, maximum=20),
        ExtraParam("sampler", "choice", choices=("euler", "unipc")),
    )
    assert (model.origin, model.source) == ("models.toml", ("models.toml",))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"size": "832x480"}, ""),
        ({"aspect_ratio": "16:9", "resolution": "720p"}, ""),
        ({"aspect_ratio": "9:16"}, "aspect_ratio: '9:16' is not what"),
        ({"resolution": "1080p"}, "give size, one of 832x480 or 1280x720; allowed: 720p"),
        ({"size": "512x512"}, "size: '512x512' is not a size of Wan-AI/Wan2.2-T2V-A14B; allowed: 832x480, 1280x720."),
        ({"duration_seconds": 4.0}, "duration_seconds: 4 is not a length of"),
        ({"extra": {"guidance_scale": 7.5}}, ""),
        ({"extra": {"guidance_scale": 70}}, "extra.guidance_scale: 70 is not from 1 to 20"),
        ({"extra": {"guidance_scale": "high"}}, "extra.guidance_scale: 'high' is not a number"),
        ({"extra": {"sampler": "ddim"}}, "extra.sampler: 'ddim' is not one of euler, unipc"),
        ({"extra": {"anything": [1, 2]}}, ""),
    ],
)
def test_a_request_is_held_against_what_is_described(said: dict[str, Any], words: str) -> None:
    (model,) = own_models_in([WAN], "models.toml")
    found = violations(VideoRequest("A cat", ID, **said), model, "2026-11-29")
    assert [words in str(error) for error in found] == ([True] if words else [])


def test_rules_of_ones_own_hold() -> None:
    rule = {"if": {"resolution": "1080p"}, "then": {"duration_s": [5], "forbid": ["seed"]}}
    model = own(resolutions=["720p", "1080p"], durations_s=[3, 5], constraints=[rule])
    found = violations(VideoRequest("A cat", ID, resolution="1080p", duration_seconds=3.0, seed=1), model, "2026-11-29")
    assert {error.parameter for error in found} == {"duration_seconds", "seed"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fps": "fast"}, "models.toml: model 'Wan-AI/Wan2.2-T2V-A14B': fps: 'fast' is not a number above 0 or None."),
        ({"fsp": 16}, "fsp: there is no such field; did you mean 'fps'; there are id, "),
        ({"id": ""}, "id: '' is not a text of one line that is not empty."),
        ({"id": "wan\n\x1b[31m"}, "is not a text of one line that is not empty."),
        ({"id": 7}, "models.toml: id: 7 is not a text"),
        ({"api_key": "secret-zq1"}, "api_key: there is no such field"),
        ({"origin": "me"}, "origin: there is no such field"),
        ({"sizes": ["832×480"]}, "sizes: ['832×480'] is not a list of sizes such as '832x480'."),
        ({"sizes": ["832x480"], "default_size": "1x1"}, "default_size: '1x1' is not a width and a height"),
        ({"sizes": ["832x480"], "default_size": "720x480"}, "'720x480' is not one of its sizes: 832x480."),
        ({"durations_s": [5, 3]}, "durations_s: [5, 3] is not a list of seconds, the shortest first."),
        ({"durations_s": [3], "default_duration_s": 4}, "default_duration_s: 4 is not one of its durations_s: 3."),
        ({"max_samples": 0}, "max_samples: 0 is not a whole number from 1."),
        ({"seed": "yes"}, "seed: 'yes' is not True or False."),
        ({"api": "rest"}, "api: 'rest' is not one of predictLongRunning, interactions, openai_videos."),
        ({"surfaces": ["google"]}, "surfaces: ['google'] is not a list of gemini-developer-api, "),
        ({"shut_down": "soon"}, "shut_down: 'soon' is not a date such as '2026-11-29' or None."),
        ({"price": 0.4}, "price: 0.4 is not 0, {per_second = 0.05} or {per_clip = 0.40}, in US dollars."),
        ({"price": -1}, "price: -1 is not 0"),
        ({"price": {"per_minute": 1}}, "price: {'per_minute': 1} is not 0"),
        ({"price": {"per_clip": True}}, "price: {'per_clip': True} is not 0"),
        ({"price": 0, "usd_per_clip": 1}, "price: it cannot stand beside usd_per_clip"),
        ({"usd_per_second": {"720p": 0.1}}, "usd_per_second: '720p' is not one of its resolutions: none; write price"),
        (
            {"typical_seconds": {"low": 9, "likely": 4, "high": 5}},
            "typical_seconds: {'low': 9, 'likely': 4, 'high': 5}",
        ),
        ({"typical_seconds": 0}, "typical_seconds: 0 is not a number above 0 or a table of low, likely and high."),
        ({"constraints": [{"if": {"sizes": "x"}, "then": {"duration_s": [5]}}]}, "constraints: 'sizes' is not one of"),
        ({"constraints": [{"then": {}}]}, "constraints: {'then': {}} is not a rule: its `if` is no table, or empty."),
        (
            {"constraints": [{"if": {"mode": "text"}, "then": {"forbid": ["colour"]}}]},
            "constraints: forbid: ['colour'] is not a list of prompt, ",
        ),
        ({"extension": {"adds_s_min": 3}}, "extension: {'adds_s_min': 3} is not whole"),
        ({"extra": [{"name": "steps"}]}, "extra: {'name': 'steps'} has no `kind`."),
        ({"extra": [{"name": "seconds", "kind": "number"}]}, "extra 'seconds': name: a request says this already"),
        ({"extra": [{"name": "a b", "kind": "number"}]}, "extra 'a b': name: 'a b' is not a parameter's name."),
        ({"extra": [{"name": "steps", "kind": "int"}]}, "extra 'steps': kind: 'int' is not one of text, choice, "),
        ({"extra": [{"name": "s", "kind": "choice"}]}, "extra 's': choices: there are none; the kind 'choice' needs"),
        ({"extra": [{"name": "s", "kind": "text", "choices": ["a"]}]}, "and this is of the kind 'text'."),
        ({"extra": [{"name": "s", "kind": "text", "minimum": 1}]}, "extra 's': minimum: only the kinds 'integer'"),
        (
            {"extra": [{"name": "s", "kind": "number", "minimum": 2, "maximum": 1}]},
            "minimum: 2 is above the maximum, 1",
        ),
        (
            {"extra": [{"name": "s", "kind": "integer", "default": 2.5}]},
            "extra 's': default: 2.5 is not a whole number.",
        ),
        ({"extra": [{"name": "s", "kind": "text"}] * 2}, "extra: 's' stands twice."),
        ({"extra": [{"name": "s", "kind": "text", "defualt": "x"}]}, "extra 's': 'defualt' is not one of name, "),
    ],
)
def test_a_wrong_field_is_told_in_one_sentence(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(EntryError) as caught:
        own(**fields)
    assert words in str(caught.value)
    assert "secret-zq1" not in str(caught.value)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"id": ID}, "it is not a list; write [[tool.veo_widgets.models]] over each model"),
        ([ID], "models: 'Wan-AI/Wan2.2-T2V-A14B' is not a table with an id"),
        ([{"fps": 16}], "id: it is missing; every model needs one"),
        ([{"id": ID, "provider": "vllm"}] * 2, "id: it stands twice for the provider 'vllm'; leave one of the two out"),
    ],
)
def test_what_is_no_list_of_models_is_told(value: Any, words: str) -> None:
    with pytest.raises(EntryError) as caught:
        own_models_in(value, "models.toml")
    assert words in str(caught.value)


def test_the_names_of_parameters_are_those_of_a_request() -> None:
    assert {*model_fields.PARAMETERS, "extra"} == set(BY_NAME)
    assert {"model", "seconds", "input_reference"} <= model_fields.TAKEN


@pytest.mark.parametrize("file", ["models.toml", "pyproject.toml", "models.json"])
def test_a_file_describes_models(file: str, tmp_path: Path) -> None:
    path = tmp_path / file
    texts = {
        "models.toml": '[[models]]\nid = "a/b"\nprice = 0\n[[models.extra]]\nname = "steps"\nkind = "integer"',
        "pyproject.toml": '[[tool.veo_widgets.models]]\nid="a/b"\nprice=0\nextra=[{name="steps", kind="integer"}]',
        "models.json": json.dumps([{"id": "a/b", "price": 0, "extra": [{"name": "steps", "kind": "integer"}]}]),
    }
    path.write_text(texts[file], "utf-8")
    (model,) = catalog.models_in(path)
    assert (model.id, model.is_free, model.extra[0].name, model.origin) == ("a/b", True, "steps", str(path))


def test_what_is_described_first_counts() -> None:
    catalog.describe("user", [own(fps=1, provider="vllm"), own(fps=2)])
    catalog.describe("project", [own(fps=3)])
    catalog.describe("session", [own(fps=4, provider="sglang")])
    assert [(model.fps, model.provider) for model in catalog.own_models()] == [(4, "sglang"), (3, ""), (1, "vllm")]


def test_a_date_of_toml_is_one_too() -> None:
    assert own(shut_down=date(2027, 1, 31)).shut_down == "2027-01-31"


def test_a_model_stands_on_each_surface_that_it_names() -> None:
    found = own_models_in([{"id": "veo-4", "surfaces": ["agent-platform", "openai"]}], "models.toml")
    assert [model.surface for model in found] == [AGENT_PLATFORM, "openai"]


def test_a_number_that_is_none_is_no_value() -> None:
    assert fault_of(ExtraParam("s", "number"), float("nan")) == "nan is not a number"
    assert fault_of(ExtraParam("s", "boolean"), 1) == "1 is not True or False"
    assert fault_of(ExtraParam("s", "integer", minimum=1), 0) == "0 is not at least 1"
    assert fault_of(ExtraParam("s", "integer", minimum=1), 1) == ""
