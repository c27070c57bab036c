"""The form's schema, and that the browser's rules and prices, worked out from it, are Python's.

``js/tests/agreement.json`` holds a table of requests with what Python says of each; vitest reads the same file. To
write it anew after a change of rules, prices or models: ``python tests/test_schema.py``.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.config import Settings
from veo_widgets.media import Image
from veo_widgets.params import PARAMS
from veo_widgets.planning import make_plan
from veo_widgets.providers import PROVIDERS
from veo_widgets.widgets.schema import schema

TODAY = "2026-11-22"
TABLE = Path(__file__).parent.parent / "js" / "tests" / "agreement.json"
STILL = Image(b"\x89PNG\r\n\x1a\n", "image/png", "cat.png")
BUCKET = Image(uri="gs://bucket/cat.png", name="gs://bucket/cat.png")
# What the form sends in place of an image or a clip.
HELD = {"first_frame", "last_frame", "extend_from", "edit_from", "upscale_from"}
SAID: tuple[dict[str, Any], ...] = (
    {},
    {"prompt": ""},
    {"prompt": "", "first_frame": STILL},
    {"resolution": "1080p", "duration_seconds": 4},
    {"resolution": "1080p"},
    {"resolution": "4k", "duration_seconds": 8, "samples": 2},
    {"resolution": "360p", "duration_seconds": 3.5},
    {"duration_seconds": 6, "samples": 4, "aspect_ratio": "9:16"},
    {"duration_seconds": 12},
    {"samples": 9},
    {"seed": 0, "negative_prompt": "rain", "person_generation": "allow_adult"},
    {"person_generation": "dont_allow", "first_frame": STILL},
    {"person_generation": "allow_all"},
    {"generate_audio": False},
    {"generate_audio": True},
    {"last_frame": STILL},
    {"first_frame": STILL, "last_frame": STILL, "duration_seconds": 6},
    {"first_frame": BUCKET},
    {"reference_images": (STILL, STILL)},
    {"reference_images": (STILL,) * 7},
    {"reference_images": (STILL,), "first_frame": STILL, "duration_seconds": 4},
    {"extend_from": "cat.mp4"},
    {"extend_from": "cat.mp4", "resolution": "1080p", "duration_seconds": 8},
    {"extend_from": "cat.mp4", "duration_seconds": 4, "reference_images": (STILL,)},
    {"edit_from": "cat.mp4"},
    {"edit_from": "cat.mp4", "extend_from": "cat.mp4"},
    {"upscale_from": "cat.mp4", "resolution": "1080p"},
    {"upscale_from": "cat.mp4"},
    {"allow_retired": True},
)


def held(name: str, value: Any) -> Any:
    """A value as the form says it."""
    if isinstance(value, tuple):
        return [held(name, item) for item in value]
    if isinstance(value, Image):
        return {"held": "x", "name": value.name, "in_bucket": value.is_in_bucket}
    return {"held": "x", "name": value} if name in HELD else value


def rows(provider: str, models: list[str]) -> list[dict[str, Any]]:
    settings = Settings(provider=provider)
    found = []
    for model, said in product(models, SAID):
        values = {"prompt": "A cat", "model": model, **said}
        rest = {name: value for name, value in values.items() if name != "prompt"}
        plan = make_plan(values["prompt"], rest, settings=settings, today=TODAY, environ={})
        faults = sorted({error.parameter for error in plan.violations})
        values = {name: held(name, value) for name, value in values.items()}
        found.append({"values": values, "faults": faults, "usd": plan.cost.usd})
    return found


@cache
def table() -> list[dict[str, Any]]:
    made = []
    for provider in ("emulator", "agent_platform", "gemini"):
        said = schema(PROVIDERS[provider], Settings(provider=provider), TODAY, {})
        made.append({"schema": said, "rows": rows(provider, [model["id"] for model in said["models"]])})
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


def test_the_table_has_every_kind_of_fault_and_prices() -> None:
    faults = {name for one in table() for row in one["rows"] for name in row["faults"]}
    assert faults >= {"model", "prompt", "resolution", "duration_seconds", "samples", "seed", "last_frame"}
    assert any(row["usd"] for one in table() for row in one["rows"])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_a_form(provider: str) -> None:
    made = schema(PROVIDERS[provider], Settings(provider=provider), TODAY, {})
    assert [param["name"] for param in made["params"]] == [param.name for param in PARAMS]
    ids = [model["id"] for model in made["models"]]
    assert made["default_model"] in ids
    assert len(set(ids)) == len(ids)
    # It travels with every form.
    assert len(json.dumps(made)) < 60_000


def test_a_model_that_has_ended_says_so_and_names_another() -> None:
    made = schema(PROVIDERS["gemini"], Settings(provider="gemini"), TODAY, {})
    model = next(model for model in made["models"] if model["id"] == "veo-3.1-generate-preview")
    assert "2026-10-22" in model["retired"]
    assert model["replacement"] == "gemini-omni-1.1-flash"


def test_a_name_that_only_an_operator_knows_can_be_configured() -> None:
    made = schema(PROVIDERS["litellm"], Settings(provider="litellm", model="our-veo"), TODAY, {})
    assert made["default_model"] == "our-veo"
    model = next(model for model in made["models"] if model["id"] == "our-veo")
    assert not model["listed"]
    assert "seed" in model["uncarried"]


if __name__ == "__main__":
    TABLE.write_text(written(table()), "utf-8")
