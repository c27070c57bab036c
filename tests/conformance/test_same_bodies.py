"""Our client and google-genai make the same request: what each sends is compared field by field.

Both send to the emulator, whose journal keeps the bodies. Where ours differs on purpose, `DIFFERENCES` says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.config.accounts import Settings
from veo_widgets.config.credentials import Secret
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client

Json = dict[str, Any]
DEVELOPER, PLATFORM = "veo-3.1-generate-preview", "veo-3.1-generate-001"
FULL = {"aspect_ratio": "16:9", "resolution": "720p", "duration_seconds": 8}
SAID = {"aspect_ratio": "9:16", "resolution": "1080p", "duration_seconds": 8, "negative_prompt": "rain"}

# A request in google-genai's words, and the same in ours; a colour stands for the picture of that colour.
Pair = tuple[Json, Json]
EITHER: dict[str, Pair] = {
    "text": ({"config": FULL}, FULL),
    "all that was said": ({"config": SAID}, SAID),
    "first frame": ({"image": "red", "config": FULL}, {"first_frame": "red", **FULL}),
    "both frames": (
        {"image": "red", "config": {"last_frame": "blue", **FULL}},
        {"first_frame": "red", "last_frame": "blue", **FULL},
    ),
    "references": (
        {"config": {"reference_images": ["red", "blue"], **FULL}},
        {"reference_images": ["red", "blue"], **FULL},
    ),
}
DEVELOPER_ONLY: dict[str, Pair] = {
    "people": (
        {"image": "red", "config": {"person_generation": "allow_adult", **FULL}},
        {"first_frame": "red", "person_generation": "allow_adult", **FULL},
    ),
    "nothing said": ({}, {}),
}
PLATFORM_ONLY: dict[str, Pair] = {
    "samples and seed": (
        {"config": {"number_of_videos": 2, "seed": 7, "generate_audio": False, **FULL}},
        {"samples": 2, "seed": 7, "generate_audio": False, **FULL},
    ),
    "people": (
        {"config": {"person_generation": "dont_allow", **FULL}},
        {"person_generation": "dont_allow", **FULL},
    ),
    "bucket": ({"config": {"output_gcs_uri": "gs://films/", **FULL}}, {"storage_uri": "gs://films/", **FULL}),
    "picture in a bucket": ({"image": "gs://films/a.png", "config": FULL}, {"first_frame": "gs://films/a.png", **FULL}),
    "nothing said": ({}, {}),
}

PRICED = "a default is sent, so that what was priced is what is made"
CASE = "google-genai writes ASSET, the Agent Platform's documents asset"
# Flavour and field: why ours is not what google-genai sends.
DIFFERENCES: dict[tuple[str, str], str] = {
    ("developer", "parameters.aspectRatio"): PRICED,
    ("developer", "parameters.resolution"): PRICED,
    ("developer", "parameters.durationSeconds"): PRICED,
    ("platform", "parameters.aspectRatio"): PRICED,
    ("platform", "parameters.resolution"): PRICED,
    ("platform", "parameters.durationSeconds"): PRICED,
    ("platform", "parameters.sampleCount"): PRICED,
    ("platform", "parameters.generateAudio"): PRICED,
    ("platform", "instances.0.referenceImages.0.referenceType"): CASE,
    ("platform", "instances.0.referenceImages.1.referenceType"): CASE,
}


def flat(value: Any, place: str = "") -> Json:
    """JSON as one level: the place of each leaf, and the leaf."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        return {place: value}
    return {leaf: found for key, item in items for leaf, found in flat(item, f"{place}.{key}".lstrip(".")).items()}


def different(theirs: Json, ours: Json) -> dict[str, tuple[Any, Any]]:
    """The fields that are not the same, each with what they and we send; None where it is not sent."""
    one, other = flat(theirs), flat(ours)
    # As text, since 8 and 8.0 are the same to Python and not to every server.
    unlike = [key for key in one | other if json.dumps(one.get(key)) != json.dumps(other.get(key))]
    return {key: (one.get(key), other.get(key)) for key in unlike}


def painted(value: Any, picture: Callable[[str], str]) -> Any:
    """A request with the path of a picture where it names a colour."""
    if isinstance(value, dict):
        return {key: painted(item, picture) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [painted(item, picture) for item in value]
    return picture(value) if value in {"red", "blue"} else value


def creates(emulator: Emulator) -> list[Json]:
    return [entry.body for entry in emulator.journal() if entry.kind == "create"]


def compared(client: Client, emulator: Emulator, pairs: dict[str, Pair], **ours: Any) -> dict[str, Any]:
    """The differences of each pair; the SDK's creates are in the journal already."""
    theirs = creates(emulator)
    assert len(theirs) == len(pairs)
    for _, request in pairs.values():
        client.submit("A cat", **ours, **request).detach()
    mine = creates(emulator)[len(theirs) :]
    return {name: different(*bodies) for name, *bodies in zip(pairs, theirs, mine, strict=True)}


def test_at_the_developer_api(
    run: Callable[..., Json],
    emulator: Emulator,
    make_client: Callable[..., Client],
    settings: Settings,
    picture: Callable[[str], str],
) -> None:
    pairs = painted(EITHER | DEVELOPER_ONLY, picture)
    sdk = {name: {"prompt": "A cat", "model": DEVELOPER, **theirs} for name, (theirs, _) in pairs.items()}
    run("genai2", "genai_developer", requests=sdk)
    client = make_client(replace(settings, provider="gemini", api_key=Secret("a-key")))
    client.budget(day=1000)
    found = compared(client, emulator, pairs, model=DEVELOPER, allow_retired=True)
    assert set(found.pop("nothing said")) == {field for flavour, field in DIFFERENCES if flavour == "developer"}
    assert not any(found.values())


def test_at_the_agent_platform(
    run: Callable[..., Json],
    emulator: Emulator,
    client: Client,
    picture: Callable[[str], str],
    service_account: Path,
) -> None:
    pairs = painted(EITHER | PLATFORM_ONLY, picture)
    sdk = {name: {"prompt": "A cat", "model": PLATFORM, **theirs} for name, (theirs, _) in pairs.items()}
    run("genai3", "genai_platform", requests=sdk, service_account=str(service_account))
    found = compared(client, emulator, pairs, model=PLATFORM)
    allowed = {field for flavour, field in DIFFERENCES if flavour == "platform"}
    assert {field for one in found.values() for field in one} == allowed
    # With everything said that has a price, only sound and the number of clips are said by us alone.
    assert found.pop("references").keys() == {field for field in allowed if "referenceType" in field} | {
        "parameters.sampleCount",
        "parameters.generateAudio",
    }
    assert found.pop("samples and seed") == {}
    assert set(found.pop("nothing said")) == {field for field in allowed if field.startswith("parameters.")}
    alone = {"parameters.sampleCount": (None, 1), "parameters.generateAudio": (None, True)}
    assert all(one == alone for one in found.values())


def test_an_extension_names_the_clip_alike(
    run: Callable[..., Json], emulator: Emulator, make_client: Callable[..., Client], settings: Settings
) -> None:
    first = run("genai2", "genai_developer", requests={"first": {"model": DEVELOPER, "prompt": "A cat"}})["first"]
    request = {"model": DEVELOPER, "prompt": "A cat", "video": first["clips"][0]["uri"], "config": FULL}
    run("genai2", "genai_developer", requests={"longer": request})
    client = make_client(replace(settings, provider="gemini", api_key=Secret("a-key")))
    ours = {"extend_from": first["clips"][0]["uri"], **FULL}
    client.submit("A cat", model=DEVELOPER, allow_retired=True, **ours).detach()
    _, theirs, mine = creates(emulator)
    assert different(theirs, mine) == {}


@pytest.mark.parametrize(("left", "right"), [({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}], "c": None})])
def test_the_comparison_sees_differences(left: Json, right: Json) -> None:
    assert different(left, right) == {"a.1.b": (2, 3)}
    assert different({"a": 8}, {"a": 8.0}) == {"a": (8, 8.0)}
    assert different(left, {}) == {"a.0": (1, None), "a.1.b": (2, None)}
