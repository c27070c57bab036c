"""What can be asked for nothing: which models there are, and whether key, project and place are right."""

from __future__ import annotations

import pytest

from .conftest import DEVELOPER_MODEL, GLOBAL, PLACE, PLATFORM_MODEL, Calls

NO_OPERATION = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("path", ["/v1/models", "/models", "/openai/v1/models"])
def test_gateways_list_their_models_to_a_bearer(calls: Calls, path: str) -> None:
    headers = {"api-key": "a-key"} if "openai" in path else calls.bearer
    body = calls.http.get(path, headers=headers).raise_for_status().json()
    assert body["object"] == "list"
    names = [entry["id"] for entry in body["data"]]
    assert len(names) == len(set(names))
    assert ("sora-2" in names, PLATFORM_MODEL in names) == (True, "openai" not in path)
    assert {entry["object"] for entry in body["data"]} == {"model"}
    refused = calls.http.get(path, headers={"authorization": "Bearer wrong"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")


def test_an_operators_names_are_listed_with_what_they_are_for(calls: Calls) -> None:
    calls.emulator.list_models("our-veo")
    (entry,) = calls.http.get("/v1/models", headers=calls.bearer).json()["data"]
    assert (entry["id"], entry["mode"]) == ("our-veo", "video_generation")
    assert "models" in calls.http.get("/v1/models", headers=calls.key).json()
    calls.emulator.reset()
    assert len(calls.http.get("/v1/models", headers=calls.bearer).json()["data"]) > 1


def asked(calls: Calls, place: str, model: str, token: str = "a-token") -> tuple[int, str]:
    name = f"{place.removeprefix('/v1/')}/{model}/operations/{NO_OPERATION}"
    reply = calls.http.post(
        f"{place}/{model}:fetchPredictOperation",
        json={"operationName": name},
        headers={"authorization": f"Bearer {token}"},
    )
    return reply.status_code, reply.json()["error"]["message"]


def test_an_operation_that_cannot_exist_tells_what_is_wrong(calls: Calls) -> None:
    status, said = asked(calls, PLACE, PLATFORM_MODEL)
    assert (status, "operation" in said) == (404, True)
    for place, model in ((PLACE, "veo-9"), (PLACE.replace("us-central1", "nowhere1"), PLATFORM_MODEL)):
        status, said = asked(calls, place, model)
        assert (status, said.startswith("Publisher Model")) == (404, True)
    assert asked(calls, PLACE, PLATFORM_MODEL, "wrong")[0] == 401


def test_a_project_without_the_api_says_where_to_enable_it(calls: Calls) -> None:
    place = PLACE.replace("films", "disabled-films")
    status, said = asked(calls, place, PLATFORM_MODEL)
    assert status == 403
    assert "Vertex AI API has not been used in project disabled-films before or it is disabled" in said
    interaction = calls.http.get(
        f"{GLOBAL.replace('films', 'disabled-films')}/interactions/none", headers=calls.bearer
    ).json()["error"]
    assert interaction["details"][0]["reason"] == "SERVICE_DISABLED"
    key = {"x-goog-api-key": "disabled-key"}
    refused = calls.http.get(f"/v1beta/models/{DEVELOPER_MODEL}", headers=key)
    assert (refused.status_code, refused.json()["error"]["details"][0]["reason"]) == (403, "SERVICE_DISABLED")
