"""The form's schema, and that the browser reads its rules and prices as Python does.

``js/tests/agreement.json`` holds requests that show every row counting and not, kept and broken, with what Python says
of each; vitest reads the same file. To write it anew after a change of rules, prices or models:
``python tests/notebook/test_schema.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.client.model_discovery import Offer
from veo_widgets.client.plan import Plan, make_plan
from veo_widgets.config.accounts import Settings
from veo_widgets.domain.catalog import ExtraParam, describe, own_models_in
from veo_widgets.domain.errors import RetiredModelError
from veo_widgets.domain.limits import doubts_of, lengths_of, rates_of, rules_of
from veo_widgets.domain.media import Image
from veo_widgets.domain.params import BY_NAME, PARAMS
from veo_widgets.domain.request import applies, is_said
from veo_widgets.domain.rules import broken
from veo_widgets.notebook.widgets.forms.schema import schema, with_offer
from veo_widgets.providers.registry import PROVIDERS
from veo_widgets.providers.wires import Reply
from veo_widgets.providers.wires.described_models import described

TODAY = "2026-11-22"
TABLE = Path(__file__).parents[2] / "js" / "tests" / "agreement.json"
STILL = Image(b"\x89PNG\r\n\x1a\n", "image/png", "cat.png")
BUCKET = Image(uri="gs://bucket/cat.png", name="gs://bucket/cat.png")
# Models of one's own: free, with sizes; at a price for a clip; at one for a second; at one by resolution, with sizes;
# and one with its id alone.
OWN: list[dict[str, Any]] = [
    {
        "id": "Wan-AI/Wan2.2-T2V-A14B",
        "provider": "server",
        "price": 0,
        "sizes": ["832x480", "480x832", "1280x720"],
        "durations_s": [3, 5],
        "fps": 16,
        "extra": [
            {
                "name": "guidance_scale",
                "kind": "number",
                "minimum": 1,
                "maximum": 20,
                "default": 5,
                "help": "How closely the clip follows the prompt.",
            },
            {"name": "num_inference_steps", "kind": "integer", "label": "Steps", "minimum": 1, "maximum": 100},
            {"name": "sampler", "kind": "choice", "choices": ["euler", "unipc"], "default": "unipc"},
            {"name": "enable_teacache", "kind": "boolean", "label": "TeaCache", "default": False},
            {"name": "lora", "kind": "text", "label": "LoRA", "help": "A LoRA's path on the server."},
            {"name": "flow_shift", "kind": "number"},
        ],
    },
    {"id": "clip-maker", "provider": "server", "price": {"per_clip": 0.4}, "aspect_ratios": ["16:9", "9:16", "1:1"]},
    {"id": "second-maker", "provider": "server", "price": {"per_second": 0.05}, "durations_s": [4, 8]},
    {
        "id": "line-maker",
        "provider": "server",
        "usd_per_second": {"480p": 0.02, "720p": 0.05},
        "resolutions": ["480p", "720p"],
        "sizes": ["640x480", "1280x720", "832x480"],
        "durations_s": [4],
    },
    {"id": "plain", "provider": "server"},
]
# What the form sends in place of an image or a clip.
HELD = {"first_frame", "last_frame", "extend_from", "edit_from", "upscale_from"}
SOURCES = ("edit_from", "remix_from", "upscale_from", "extend_from")
SAID: tuple[dict[str, Any], ...] = (
    {},
    {"prompt": " "},
    {"prompt": "", "first_frame": STILL},
    {"resolution": "1080p", "duration_seconds": 4},
    {"resolution": "1080p", "duration_seconds": 8},
    {"resolution": "4k", "duration_seconds": 6, "samples": 2},
    {"resolution": "4k"},
    {"resolution": "360p", "duration_seconds": 3.5},
    {"resolution": "1024p"},
    {"size": "832x480"},
    {"duration_seconds": 6, "samples": 4, "aspect_ratio": "9:16"},
    *({"duration_seconds": seconds} for seconds in (1, 2.9, 3, 5, 10, 10.1, 12, 15, 15.1)),
    *({"samples": count} for count in (1, 2, 3, 5, 9)),
    {"seed": 0, "negative_prompt": "rain", "storage_uri": "gs://bucket/"},
    *({"person_generation": who} for who in ("allow_adult", "dont_allow", "allow_all")),
    *({"person_generation": who, "first_frame": STILL} for who in ("allow_adult", "dont_allow", "allow_all")),
    {"person_generation": "allow_all", "last_frame": STILL, "first_frame": STILL},
    {"person_generation": "dont_allow", "extend_from": "cat.mp4"},
    {"generate_audio": False},
    {"generate_audio": True},
    {"last_frame": STILL},
    {"first_frame": STILL, "last_frame": STILL, "duration_seconds": 6},
    {"first_frame": STILL, "last_frame": STILL, "duration_seconds": 12},
    {"first_frame": BUCKET, "last_frame": BUCKET},
    {"reference_images": (STILL, BUCKET)},
    *({"reference_images": (STILL,) * count} for count in (1, 3, 4, 6, 7, 10, 11)),
    {"reference_images": (STILL,), "first_frame": STILL, "duration_seconds": 4},
    {"reference_images": (STILL,), "last_frame": STILL, "extend_from": "cat.mp4"},
    *({"reference_videos": ("cat.mp4",) * count} for count in (1, 3, 4)),
    {"reference_videos": ("cat.mp4",), "extend_from": "cat.mp4"},
    {"extend_from": "cat.mp4"},
    {"extend_from": "cat.mp4", "resolution": "1080p", "duration_seconds": 4, "samples": 2},
    {"extend_from": "cat.mp4", "duration_seconds": 10},
    {"extend_from": "cat.mp4", "duration_seconds": 12},
    {"edit_from": "cat.mp4"},
    {"edit_from": "cat.mp4", "duration_seconds": 5},
    {"remix_from": "cat"},
    *(dict.fromkeys(pair, "cat.mp4") for pair in combinations(SOURCES, 2)),
    {"upscale_from": "cat.mp4", "resolution": "1080p", "prompt": ""},
    {"upscale_from": "cat.mp4", "resolution": "360p"},
    {"upscale_from": "cat.mp4", "resolution": "4k", "duration_seconds": 4},
    {"upscale_from": "cat.mp4"},
    {"allow_retired": True},
    {"size": "832x480"},
    {"size": "640x480", "duration_seconds": 4},
    {"aspect_ratio": "1:1"},
    {"extra": {"guidance_scale": 7.5, "num_inference_steps": 30, "sampler": "euler", "enable_teacache": True}},
    {"extra": {"guidance_scale": 21, "num_inference_steps": 2.5, "sampler": "heun", "enable_teacache": "on"}},
    {"extra": {"guidance_scale": "much", "num_inference_steps": 0, "lora": ["a"]}},
    {"extra": {"provider.options": {"seed": [1, None]}}},
)


def held(name: str, value: Any) -> Any:
    """A value as the form says it."""
    if isinstance(value, tuple):
        return [held(name, item) for item in value]
    if isinstance(value, Image):
        return {"held": "x", "name": value.name, "in_bucket": value.is_in_bucket}
    return {"held": "x", "name": value} if name in HELD else value


def planned(provider: str, values: dict[str, Any]) -> Plan:
    rest = {name: value for name, value in values.items() if name != "prompt"}
    rest["model"] = rest["model"] or "any"
    return make_plan(values["prompt"], rest, settings=Settings(provider=provider), today=TODAY, environ={})


def faults(plan: Plan) -> dict[str, str]:
    """What Python refuses, by parameter, in the form's words where a rule has some."""
    hints = {rule.parameter: rule.hint for rule, _ in reversed(list(broken(plan.request, plan.model)))}
    told = {error.parameter: str(error).removeprefix(f"{error.parameter}: ") for error in reversed(plan.violations)}
    ended = next((str(error) for error in plan.violations if isinstance(error, RetiredModelError)), None)
    told |= {"model": ended} if ended else {}
    told |= {"prompt": "Say what the clip shows."} if "prompt" in told else {}
    # The form says in few words what Python says at length.
    told |= dict.fromkeys((name for name in told if name.startswith("extra.")), "not that")
    # A form that is open to any name says what holds for all of them.
    told = {name: words.replace("'any'", "'NAME'") for name, words in told.items()}
    shapes = {name: f"Here only {', '.join(BY_NAME[name].choices)}." for name in ("aspect_ratio", "resolution")}
    told |= {name: shapes[name] for name, words in told.items() if "none of the sizes" in words}
    told |= {name: "A gs:// address cannot be read here." for name, words in told.items() if "takes bytes" in words}
    return {**told, **hints}


def shown(plan: Plan) -> set[str]:
    """Everything that a request lets one see of the rows: each of them counting or not, kept or broken, said or not."""
    request, model = plan.request, plan.model
    failed = [rule for rule, _ in broken(request, model)]
    seen = {
        f"{replace(rule, message='')} {applies(rule.when, request, model)} {rule in failed} "
        f"{is_said(getattr(request, rule.parameter))}"
        for rule in rules_of(model)
    }
    rows = (*rates_of(model), *lengths_of(model), *doubts_of(model))
    seen |= {f"{row} {applies(row.when, request, model)}" for row in rows}
    told = faults(plan)
    ended = told.pop("model", None) is not None
    return seen | set(told.values()) | {f"ended {ended}"}


def rows(provider: str, models: list[str], seen: set[str]) -> list[dict[str, Any]]:
    """The requests that show something which none before them has shown."""
    found: list[dict[str, Any]] = []
    for model, said in product(models, SAID):
        # What a source decides at a server of OpenAI's kind is known to its dialect alone, which refuses it once sent.
        dialect = provider in {"litellm", "server"} or model in {one["id"] for one in OWN}
        if dialect and set(SOURCES) & set(said):
            continue
        values = {"prompt": "A cat", "model": model, **said}
        plan = planned(provider, values)
        if shown(plan) <= seen:
            continue
        seen |= shown(plan)
        estimated = plan.cost.usd is not None and plan.cost.note != ""
        found.append(
            {
                "values": {name: held(name, value) for name, value in values.items()},
                "faults": faults(plan),
                "price": {"usd": plan.cost.usd, "estimated": estimated},
            }
        )
    return found


@contextmanager
def own_models() -> Iterator[None]:
    describe("session", own_models_in(OWN, "a test"))
    yield
    describe("session", ())


def ids(said: dict[str, Any]) -> list[str]:
    """Every model of a form, and where a gateway serves others too, one of which nothing is known."""
    return [model["id"] for model in said["models"]] + ([""] if "unlisted" in said else [])


@cache
def table() -> list[dict[str, Any]]:
    made, seen = [], set[str]()
    with own_models():
        for provider in ("emulator", "agent_platform", "gemini", "litellm", "server"):
            said = schema(PROVIDERS[provider], Settings(provider=provider), TODAY, {})
            made.append({"schema": said, "rows": rows(provider, ids(said), seen)})
    return json.loads(json.dumps(made))


def written(value: list[dict[str, Any]]) -> str:
    """One line for each request, so that a change can be read."""
    parts = []
    for one in value:
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in one["rows"])
        parts.append(f'{{"schema": {json.dumps(one["schema"], ensure_ascii=False)},\n"rows": [\n{lines}\n]}}')
    return "[\n" + ",\n".join(parts) + "\n]\n"


def test_the_table_that_the_browser_is_compared_with_is_pythons() -> None:
    assert json.loads(TABLE.read_text("utf-8")) == table()


def test_the_requests_break_every_rule_that_a_form_is_sent() -> None:
    for provider in ("emulator", "agent_platform", "gemini", "litellm"):
        said = schema(PROVIDERS[provider], Settings(provider=provider), TODAY, {})
        told: set[str] = set()
        for model, values in product(ids(said), SAID):
            plan = planned(provider, {"prompt": "A cat", "model": model, **values})
            # A rule may stand behind another on the same parameter, which alone is told.
            told |= {*faults(plan).values(), *(rule.hint for rule, _ in broken(plan.request, plan.model))}
        # Where everything that a request can name is allowed, there is nothing to break.
        choices = {param["name"]: sorted(param["choices"]) for param in said["params"] if param["choices"]}
        rules = [rule for rule in said["rules"] if choices.get(rule["parameter"]) != sorted(rule.get("limits", ()))]
        assert [rule for rule in rules if rule["message"] not in told] == []


def test_the_table_has_every_kind_of_test_condition_and_price() -> None:
    rules = [rule for one in table() for rule in one["schema"]["rules"]]
    assert {rule["test"] for rule in rules} == {"in", "between", "most", "given", "absent", "bytes"}
    wanted = [value for rule in rules for value in rule.get("when", {}).values()]
    assert {type(value) for value in wanted} == {bool, list}
    assert {True, False} < {value for value in wanted if isinstance(value, bool)} | {None}
    prices = [row["price"] for one in table() for row in one["rows"]]
    assert {(price["usd"] is None, price["estimated"]) for price in prices} == {
        (True, False),
        (False, False),
        (False, True),
    }


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_a_form(provider: str) -> None:
    made = schema(PROVIDERS[provider], Settings(provider=provider), TODAY, {})
    assert [param["name"] for param in made["params"]] == [param.name for param in PARAMS]
    names = ids(made)
    assert made["default_model"] in names
    assert len(set(names)) == len(names)
    # A gateway's operator names the models, and nobody knows them all.
    assert ("unlisted" in made) is bool(PROVIDERS[provider].knows)
    # It travels with every form.
    assert len(json.dumps(made)) < 40_000


def test_a_model_that_has_ended_says_so_and_names_another() -> None:
    made = schema(PROVIDERS["gemini"], Settings(provider="gemini"), TODAY, {})
    model = next(model for model in made["models"] if model["id"] == "veo-3.1-generate-preview")
    assert "2026-10-22" in model["retired"]
    assert model["replacement"] == "gemini-omni-1.2-flash"


def test_a_name_that_only_an_operator_knows_can_be_configured() -> None:
    made = schema(PROVIDERS["litellm"], Settings(provider="litellm", model="our-veo"), TODAY, {})
    assert made["default_model"] == "our-veo"
    assert "our-veo" not in ids(made)
    assert not made["unlisted"]["listed"]
    rules = [made["rules"][place] for place in made["unlisted"]["rules"]]
    assert {"seed", "samples", "generate_audio"} < {rule["parameter"] for rule in rules}


def test_a_model_of_ones_own_brings_its_sizes_its_parameters_and_its_price() -> None:
    with own_models():
        made = schema(PROVIDERS["server"], Settings(provider="server"), TODAY, {})
    wan, clip, second, lines, plain = made["models"][:5]
    assert (wan["own"], wan["free"], wan["sizes"]) == (True, True, ("832x480", "480x832", "1280x720"))
    assert [param["name"] for param in wan["extra"]] == [param["name"] for param in OWN[0]["extra"]]
    assert wan["extra"][0]["default"] == 5
    assert (clip["usd_per_clip"], clip.get("free"), second["rates"]) == (0.4, None, [{"usd": 0.05}])
    assert "extra" not in plain
    # The first of its sizes, by which it is priced.
    assert lines["default_resolution"] == "480p"


def test_a_model_of_the_service_s_own_list_is_drawn_from_it() -> None:
    entry = {
        "id": "openai/sora-2-pro",
        "supported_durations": [4, 8],
        "supported_resolutions": ["720p", "4K"],
        "supported_aspect_ratios": ["16:9", "1:1"],
        "pricing_skus": {"duration_seconds_720p": "0.3", "duration_seconds_4k": "0.5"},
    }
    provider, settings = PROVIDERS["openrouter"], Settings(provider="openrouter")
    offered = described(Reply(200, {"data": [entry, {**entry, "id": "openai/sora-2-pro:free"}]}), provider)
    made = schema(provider, settings, TODAY, {}, offered)
    first, second = made["models"][:2]
    assert (first["id"], second["id"], first["listed"], first.get("own")) == (*(one.id for one in offered), True, None)
    assert first["rates"] == [
        {"usd": 0.3, "when": {"resolution": ("720p",)}},
        {"usd": 0.5, "when": {"resolution": ("4k",)}},
    ]
    rules = {made["rules"][place]["parameter"]: made["rules"][place].get("limits") for place in first["rules"]}
    assert rules["duration_seconds"] == (4, 8)
    assert {"negative_prompt", "samples", "edit_from"} < rules.keys()


def test_what_a_server_says_of_itself_is_added() -> None:
    made = schema(PROVIDERS["server"], Settings(provider="server", base_url="http://gpu-box:30000"), TODAY, {})
    assert with_offer(made, Offer()) == made
    found = with_offer(made, Offer(("wan",), (), (ExtraParam("fps", "integer", minimum=0, default=0),)))
    assert (found["default_model"], found["offered"]) == ("wan", ["wan"])
    assert found["learned"] == [{"name": "fps", "kind": "integer", "minimum": 0, "default": 0}]
    # Several are for people to choose from, and what is configured counts.
    assert with_offer(made, Offer(("wan", "ltx")))["default_model"] == ""
    assert with_offer({**made, "default_model": "ltx"}, Offer(("wan",)))["default_model"] == "ltx"


if __name__ == "__main__":
    TABLE.write_text(written(table()), "utf-8")
