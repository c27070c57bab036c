"""What a LiteLLM proxy says of money, read from answers as LiteLLM 1.108.7 gives them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from veo_widgets.domain.errors import InvalidReplyError
from veo_widgets.providers.registry import LITELLM, Endpoint
from veo_widgets.providers.wires import Reply, proxy_spend
from veo_widgets.providers.wires.http_errors import service_error
from veo_widgets.providers.wires.proxy_spend import Holder, Window

Json = dict[str, Any]
PROXY = Endpoint("litellm", LITELLM, "https://gateway.example/models")
OPERATION = "models/veo-3.1-generate-preview/operations/3c1a66f7ce804d6a"
KEY = Holder("", (), user="ann", token="1527c358")
DAY = datetime(2026, 11, 30, tzinfo=UTC).timestamp()


def packed(model: str, tail: str = "") -> str:
    plain = f"litellm:custom_llm_provider:gemini;model_id:{model};video_id:{OPERATION}{tail}"
    return "video_" + base64.b64encode(plain.encode()).decode()


def info(**row: Any) -> Reply:
    return Reply(200, {"key": "1527c358", "info": {"key_alias": "notebooks", "spend": 2.0, **row}})


def line(**row: Any) -> Json:
    usual = {
        "request_id": packed("veo-3.1-generate-preview"),
        "call_type": "avideo_generation",
        "api_key": KEY.token,
        "spend": 1.6,
        "model": "gemini/veo-3.1-generate-preview",
        "model_group": "veo",
        "startTime": "2026-11-30T00:00:00+00:00",
        "status": "success",
    }
    return {**usual, **row}


def read(*rows: Any) -> list[Any]:
    return proxy_spend.read_log(Reply(200, {"data": list(rows), "total": 1, "page": 1}), KEY)[0]


def test_a_video_has_one_name_in_the_create_in_the_log_and_in_a_poll() -> None:
    create = packed("veo-3.1-generate-preview", ";deployment_id:8e93d88c")
    log, poll = packed("veo-3.1-generate-preview"), packed("")
    assert {proxy_spend.upstream_name(one) for one in (create, log, poll, OPERATION)} == {OPERATION}
    assert proxy_spend.upstream_name("video_68a1") == "video_68a1"


def test_the_log_is_asked_at_the_proxys_root_in_utc() -> None:
    url = urlsplit(proxy_spend.log_page(2, DAY, DAY + 60, KEY, PROXY).url)
    assert url.path == "/models/spend/logs/v2"
    assert {name: value for name, (value,) in parse_qs(url.query).items()} == {
        "start_date": "2026-11-30 00:00:00",
        "end_date": "2026-11-30 00:01:00",
        "user_id": "ann",
        "page": "2",
        "page_size": str(proxy_spend.PAGE_ROWS),
        "sort_order": "asc",
    }
    nobodys = proxy_spend.log_page(1, DAY, DAY, Holder("", (), token="a hash"), PROXY)
    assert "api_key=a+hash" in nobodys.url


def test_a_create_is_booked_and_what_costs_nothing_is_not() -> None:
    (found,) = read(
        line(),
        line(call_type="avideo_status", spend=0),
        line(call_type="avideo_generation", spend=0, status="failure", request_id="3135dfef"),
        line(call_type="acompletion", request_id="chatcmpl-1"),
        line(call_type="pass_through_endpoint", request_id="0734da13", model="unknown", spend=0),
    )
    assert (found.operation, found.model, found.usd, found.at) == (OPERATION, "veo", 1.6, DAY)
    assert (found.looked, found.own) == (False, True)


def test_a_pass_through_is_a_videos_if_it_bears_its_name() -> None:
    (found,) = read(line(call_type="pass_through_endpoint", model_group=""))
    assert (found.operation, found.model) == (OPERATION, "gemini/veo-3.1-generate-preview")


def test_a_look_that_costs_and_a_create_that_is_free_are_kept() -> None:
    look, free = read(line(call_type="avideo_content", request_id="a74cdf9d"), line(spend=0, api_key="another"))
    assert (look.operation, look.looked, look.usd) == ("", True, 1.6)
    assert (free.operation, free.usd, free.own) == (OPERATION, 0.0, False)


def test_a_full_page_has_another_behind_it() -> None:
    full = Reply(200, {"data": [line()] * proxy_spend.PAGE_ROWS})
    assert proxy_spend.read_log(full, KEY)[1]
    assert not proxy_spend.read_log(Reply(200, {"data": [line()]}), KEY)[1]


def test_a_key_has_its_own_budget_one_that_it_shares_and_further_ones() -> None:
    key = proxy_spend.read_key(
        info(
            max_budget=10.0,
            budget_duration="7d",
            budget_reset_at="2026-11-30T00:00:00+00:00",
            rpm_limit=60,
            team_id="t",
            user_id=None,
            budget_limits=[{"budget_duration": "1h", "max_budget": 0.3, "reset_at": "2026-11-30T00:00:00Z"}],
            budget_limits_usage={"1h": {"current_spend": 0.4}},
            litellm_budget_table={"max_budget": 5.0, "tpm_limit": 1000},
        )
    )
    assert key.windows == (Window(2.0, 10.0, "7d", DAY), Window(0.4, 0.3, "1h", DAY))
    assert (key.name, key.token, key.team, key.user) == ("notebooks", "1527c358", "t", "")
    # What the key does not say itself, the budget that several share says.
    assert (key.requests, key.tokens) == (60, 1000)
    assert proxy_spend.read_key(info(litellm_budget_table={"max_budget": 5.0})).windows == (Window(2.0, 5.0),)


def test_a_member_counts_where_it_has_a_budget_of_its_own() -> None:
    member = {"user_id": "ann", "spend": 1.0, "litellm_budget_table": {"max_budget": 3.0}}
    body = {"team_info": {"team_alias": "films", "spend": 4}, "team_memberships": [{"user_id": "bob"}, member]}
    team, found = proxy_spend.read_team(Reply(200, body), "ann")
    assert (team.name, team.windows) == ("films", (Window(4.0, None),))
    assert found is not None
    assert (found.name, found.windows) == ("ann", (Window(1.0, 3.0),))
    assert proxy_spend.read_team(Reply(200, body), "bob")[1] is None


def test_deployments_are_counted_by_the_operators_name() -> None:
    rows = [{"model_name": "veo", "litellm_params": {"model": model}} for model in ("gemini/a", "gemini/b")]
    reply = Reply(200, {"data": [*rows, {"model_name": "omni", "litellm_params": None}, "nonsense"]})
    assert proxy_spend.read_deployments(reply) == {"veo": ("gemini/a", "gemini/b"), "omni": ("",)}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, {"error": {"message": "Database not connected. Connect a database to your proxy"}}, "no database"),
        (401, {"error": {"message": "Prisma Client is not initialized", "code": "401"}}, "no database"),
        (
            401,
            {"error": {"message": "Authentication Error, Only proxy admin can be used to"}},
            "no rights",
        ),
        (403, {"detail": "Virtual key is not allowed to call this route. Only allowed to call"}, "no rights"),
        (404, {"error": {"message": "Key not found in database", "code": "404"}}, "no such key"),
        (404, {"detail": "Not Found"}, "no such route"),
        (401, {"error": {"message": "Invalid API key", "type": "token_not_found_in_db"}}, ""),
        (503, {"error": {"message": "overloaded"}}, ""),
    ],
)
def test_why_the_proxy_does_not_tell(status: int, body: Json, expected: str) -> None:
    error = service_error("LiteLLM proxy", status, {"content-type": "application/json"}, json.dumps(body).encode())
    assert proxy_spend.refusal(error) == expected


READERS = (
    proxy_spend.read_key,
    lambda reply: proxy_spend.read_team(reply, "ann"),
    proxy_spend.read_user,
    proxy_spend.read_deployments,
    lambda reply: proxy_spend.read_log(reply, KEY),
)


@pytest.mark.parametrize("body", [None, [], "no", {}, {"data": {}}, {"info": []}, {"team_info": 1}])
@pytest.mark.parametrize("reader", READERS)
def test_another_answer_is_said_to_be_one(reader: Any, body: Any) -> None:
    with pytest.raises(InvalidReplyError, match="something else than what was asked for"):
        reader(Reply(200, body))


@pytest.mark.parametrize("value", [None, True, "x", -1e400, [1], {"a": 1}, 10**400])
def test_values_of_another_kind_are_taken_for_missing(value: Any) -> None:
    strange = dict.fromkeys(line(), value)
    read({**strange, "request_id": packed("m")}, {**strange, "call_type": "avideo_generation"}, value)
    key = proxy_spend.read_key(
        info(**dict.fromkeys(("spend", "max_budget", "budget_limits", "models", "expires"), value))
    )
    assert key.windows[0].limit is None
