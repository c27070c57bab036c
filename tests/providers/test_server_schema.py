"""The parameters that a server's OpenAPI document names.

``said/fastapi_0_165.json`` holds what FastAPI 0.165 writes of two creates: one with the form fields of sglang 0.5.23,
and one with a model of pydantic's as its JSON body.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.domain.catalog import OPENAI, ExtraParam
from veo_widgets.providers.registry import Endpoint
from veo_widgets.providers.wires import Reply
from veo_widgets.providers.wires.server_schema import parameters, server_schema

SAID: dict[str, Any] = json.loads((Path(__file__).parent / "said" / "fastapi_0_165.json").read_text("utf-8"))


def read(document: Any) -> dict[str, ExtraParam]:
    return {param.name: param for param in parameters(Reply(200, document))}


def of(properties: dict[str, Any], path: str = "/v1/videos", **more: Any) -> dict[str, Any]:
    """A document whose create takes a JSON body with these fields."""
    schema = {"type": "object", "properties": properties}
    body = {"content": {"application/json": {"schema": schema}}}
    return {"paths": {path: {"post": {"requestBody": body}}}, **more}


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("http://gpu-box:30000", "http://gpu-box:30000/openapi.json"),
        ("http://gpu-box:30000/v1", "http://gpu-box:30000/openapi.json"),
        ("https://gateway.example.com/team/v1", "https://gateway.example.com/team/openapi.json"),
        ("https://gateway.example.com/team", "https://gateway.example.com/team/openapi.json"),
    ],
)
def test_the_document_is_asked_for_beside_the_version(base_url: str, url: str) -> None:
    call = server_schema(Endpoint("openai", OPENAI, base_url))
    assert (call.method, call.url, call.purpose) == ("GET", url, "list")


def test_the_fields_of_a_form_are_read_without_files_and_without_ours() -> None:
    found = read(SAID["form"])
    assert {name: param.kind for name, param in found.items()} == {
        "reference_url": "text",
        "video_url": "text",
        "video_path": "text",
        "num_outputs_per_prompt": "integer",
        "fps": "integer",
        "num_frames": "integer",
        "generator_device": "text",
        "guidance_scale": "number",
        "num_inference_steps": "integer",
        "enable_teacache": "boolean",
        "output_path": "text",
    }
    assert found["generator_device"].default == "cuda"
    assert found["fps"] == ExtraParam("fps", "integer")


def test_a_json_body_tells_ranges_choices_defaults_and_help() -> None:
    assert read(SAID["json"]) == {
        "steps": ExtraParam("steps", "integer", help="Denoising steps.", default=30, minimum=1, maximum=50),
        "guidance": ExtraParam("guidance", "number", default=5, minimum=0, maximum=20),
        "quality": ExtraParam("quality", "choice", default="low", choices=("low", "high")),
        "mode": ExtraParam("mode", "choice", choices=("fast", "slow")),
        "loop": ExtraParam("loop", "boolean", default=False),
        "fps": ExtraParam("fps", "integer", default=16),
    }


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": ["integer", "null"], "default": "x"}, ExtraParam("a", "integer")),
        (
            {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9},
            ExtraParam("a", "integer", minimum=1, maximum=8),
        ),
        ({"type": "integer", "enum": [1, 2]}, ExtraParam("a", "integer", help="One of 1, 2.")),
        ({"type": "number", "default": True, "minimum": "x"}, ExtraParam("a", "number")),
        ({"type": "number", "maximum": float("inf")}, ExtraParam("a", "number")),
        ({"type": "number", "minimum": -(10**400)}, ExtraParam("a", "number")),
        # A default that the server itself would refuse, and limits that leave nothing.
        ({"type": "number", "maximum": 5, "default": 9}, ExtraParam("a", "number", maximum=5)),
        ({"type": "number", "minimum": 9, "maximum": 5, "default": 7}, ExtraParam("a", "number", default=7)),
        ({"type": "string", "enum": ["x"], "default": "y"}, ExtraParam("a", "choice", choices=("x",))),
        ({"type": "string", "const": "x", "default": "x"}, ExtraParam("a", "choice", choices=("x",), default="x")),
        ({"type": "string", "description": "a\n b"}, ExtraParam("a", "text", help="a b")),
        (
            {"allOf": [{"$ref": "#/components/schemas/Q"}], "default": "y"},
            ExtraParam("a", "choice", choices=("x", "y"), default="y"),
        ),
        ({"$ref": "#/components/schemas/Far~1~0off"}, ExtraParam("a", "boolean")),
        ({"type": "string", "format": "binary"}, None),
        ({"type": "string", "deprecated": True}, None),
        ({"type": "array"}, None),
        ({"type": ["integer", "string"]}, None),
        ({"$ref": "#/components/schemas/Round"}, None),
        ({"$ref": "https://example.com/schema.json"}, None),
        ({"$ref": 7}, None),
        ({"anyOf": "x"}, None),
        ("integer", None),
    ],
)
def test_a_field_is_what_its_schema_comes_down_to(schema: Any, expected: ExtraParam | None) -> None:
    schemas = {
        "Q": {"type": "string", "enum": ["x", "y"]},
        "Far/~off": {"type": "boolean"},
        "Round": {"anyOf": [{"$ref": "#/components/schemas/Round"}, {"$ref": "#/components/schemas/Round"}]},
    }
    assert read(of({"a": schema}, components={"schemas": schemas})).get("a") == expected


@pytest.mark.parametrize("name", ["seed", "size", "__proto__", "constructor", "", "a b", "a[b]", "a.b", "é", "x" * 65])
def test_a_name_that_is_ours_or_no_name_is_left_out(name: str) -> None:
    assert read(of({name: {"type": "integer"}})) == {}


@pytest.mark.parametrize("path", ["/videos", "/api/v1/videos", "/v1/videos/"])
def test_the_create_is_found_wherever_it_is_mounted(path: str) -> None:
    assert list(read(of({"fps": {"type": "integer"}}, path))) == ["fps"]


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"paths": []}, {"paths": {"/v1/videos": []}}, of({}), of({"a": {"type": "integer"}}, "/v1/images")],
)
def test_a_document_that_says_nothing_of_videos_names_nothing(document: Any) -> None:
    assert read(document) == {}


def test_a_document_that_stands_for_millions_of_schemas_is_left_early() -> None:
    # Each of ten names the ten of the next level: resolved to the end these would be ten thousand million.
    level = {"anyOf": [{"$ref": "#/components/schemas/Next"}] * 10}
    found = read(of({f"a{n}": level for n in range(9999)}, components={"schemas": {"Next": level}}))
    assert found == {}
    assert len(read(of({f"a{n}": {"type": "integer"} for n in range(9999)}))) == 60
