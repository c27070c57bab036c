"""What the services' error bodies become: the class, the limit, the remedy and the request's id, whatever the wire."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from veo_widgets.client.retries import rule_for
from veo_widgets.domain import errors
from veo_widgets.domain.catalog import AGENT_PLATFORM, AZURE_OPENAI, GEMINI_API, OPENAI
from veo_widgets.domain.errors import ServiceError
from veo_widgets.emulator import Emulator
from veo_widgets.providers.registry import LITELLM, LITELLM_GEMINI, Endpoint
from veo_widgets.providers.wires import Call
from veo_widgets.providers.wires.http_errors import service_error
from veo_widgets.session.client import Client

RPC = "type.googleapis.com/google.rpc."
CREATE, POLL = Call("create", "POST", "https://a/x"), Call("poll", "GET", "https://a/x")
CONTENT = Call("content", "GET", "https://a/x")
GEMINI = Endpoint("gemini", GEMINI_API, "https://generativelanguage.googleapis.com")
VERTEX = Endpoint("agent_platform", AGENT_PLATFORM, "https://a", "films", "us-central1")
ELSEWHERE = Endpoint("agent_platform", AGENT_PLATFORM, "https://a", "films", "europe-west4")
EXPRESS = Endpoint("agent_platform", AGENT_PLATFORM, "https://a")
PROXY, THROUGH = Endpoint("litellm", LITELLM, "https://p"), Endpoint("litellm", LITELLM_GEMINI, "https://p")
SORA, AZURE = Endpoint("openai", OPENAI, "https://api.openai.com/v1"), Endpoint("azure", AZURE_OPENAI, "https://z")
GATEWAY = Endpoint("mine", OPENAI, "https://g")


def refused(
    status: int, body: Any, there: Endpoint | None = None, call: Call | None = CREATE, **headers: str
) -> ServiceError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return service_error("It", status, named, data, call=call, endpoint=there)


def google(status: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": 0, "message": message, "status": status, "details": list(details)}}


def info(reason: str, **metadata: str) -> dict[str, Any]:
    return {"@type": RPC + "ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def links(*urls: Any) -> dict[str, Any]:
    return {"@type": RPC + "Help", "links": [{"description": "More", "url": url} for url in urls]}


def violation(metric: str, quota: str, value: str = "10") -> dict[str, Any]:
    dimensions = {"location": "global", "model": "gemini-omni-1.1-flash"}
    found = {"quotaMetric": metric, "quotaId": quota, "quotaDimensions": dimensions, "quotaValue": value}
    return {"@type": RPC + "QuotaFailure", "violations": [found]}


def openai(message: str, kind: str = "invalid_request_error", code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def litellm(message: str, kind: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": "None", "code": code}}


def quoting(inner: dict[str, Any], name: str = "RateLimitError: GeminiException") -> str:
    """The sentence in which LiteLLM 1.106 quotes the service's answer."""
    return (
        f"litellm.{name} - {json.dumps(inner)}\n\nLiteLLM: model group 'veo-once' failed with the error above. "
        "No fallback was attempted."
    )


DEVELOPERS = "generativelanguage.googleapis.com/"
EXCEEDED = "You exceeded your current quota, please check your plan and billing details."
RETRY = {"@type": RPC + "RetryInfo", "retryDelay": "34.2s"}
PER_MINUTE = violation(DEVELOPERS + "predict_requests", "PredictLongRunningRequestsPerMinutePerProjectPerModel")
PER_DAY = violation(DEVELOPERS + "generate_requests_per_model_per_day", "GenerateRequestsPerDayPerProjectPerModel")
FREE = violation(DEVELOPERS + "generate_content_free_tier_requests", "GenerateRequestsPerDay-FreeTier", "0")
CROSSED = (
    "LiteLLM Rate Limit Handler for rate limit type = key. Crossed TPM / RPM / Max Parallel Request Limit. current rpm:"
    " 5, rpm limit: 5, current tpm: 0, tpm limit: 9, current max_parallel_requests: 0, max_parallel_requests: 9"
)
OVER = "Rate limit exceeded for api_key: 88dc. Limit type: {}. Current limit: 2, Remaining: 0. Limit resets at: soon"

LIMITS: dict[str, tuple[int, Any, Endpoint | None, str, str]] = {
    "a minute's": (429, google("RESOURCE_EXHAUSTED", EXCEEDED, PER_MINUTE, RETRY), GEMINI, "minute", "passes in 35 s"),
    "a minute's, in a list": (429, [google("RESOURCE_EXHAUSTED", EXCEEDED, PER_MINUTE)], GEMINI, "minute", "a minute"),
    "a day's": (429, google("RESOURCE_EXHAUSTED", EXCEEDED, PER_DAY, RETRY), GEMINI, "day", "midnight Pacific time"),
    "both": (429, google("RESOURCE_EXHAUSTED", EXCEEDED, PER_MINUTE, PER_DAY), GEMINI, "day", "midnight Pacific"),
    "a free key's": (429, google("RESOURCE_EXHAUSTED", EXCEEDED, FREE, RETRY), GEMINI, "spend", "turn billing on"),
    "a free key's, in words": (
        429,
        google(
            "RESOURCE_EXHAUSTED", f"{EXCEEDED} * Quota exceeded for metric: x_free_tier_requests, limit: 0, model: m"
        ),
        GEMINI,
        "spend",
        "turn billing on for its project; waiting does not help",
    ),
    "a cap": (
        429,
        google("RESOURCE_EXHAUSTED", "Your project has exceeded its monthly spending cap."),
        GEMINI,
        "spend",
        "Raise the cap at https://ai.studio/spend",
    ),
    "no credit": (
        429,
        google("RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
        GEMINI,
        "spend",
        "add credit at https://ai.studio/projects",
    ),
    "Google's without details": (429, google("RESOURCE_EXHAUSTED", EXCEEDED), VERTEX, "", "That may pass"),
    "the Agent Platform's": (
        429,
        google(
            "RESOURCE_EXHAUSTED",
            "Quota exceeded for aiplatform.googleapis.com/long_running_online_prediction_requests_per_base_model with "
            "base model: veo-3.1-generate-001. Please submit a quota increase request.",
        ),
        VERTEX,
        "minute",
        "send fewer at a time",
    ),
    "running jobs": (
        429,
        google("RESOURCE_EXHAUSTED", "Too many concurrent operations for this model."),
        VERTEX,
        "running",
        "one of the running jobs has ended",
    ),
    "OpenAI's minute": (
        429,
        openai("Rate limit reached for sora-2 on requests per min (RPM): Limit 5", "requests", "rate_limit_exceeded"),
        SORA,
        "minute",
        "within a minute",
    ),
    "OpenAI's day": (
        429,
        openai("Rate limit reached for sora-2 on requests per day (RPD): Limit 9", "requests", "rate_limit_exceeded"),
        SORA,
        "day",
        "within a day",
    ),
    "OpenAI's credit": (
        429,
        openai(EXCEEDED, "insufficient_quota", "insufficient_quota"),
        SORA,
        "spend",
        "https://platform.openai.com",
    ),
    "OpenAI's cap": (
        400,
        openai("Billing hard limit has been reached", "image_generation_user_error", "billing_hard_limit_reached"),
        SORA,
        "spend",
        "https://platform.openai.com",
    ),
    "Azure's": (
        429,
        openai("Requests have exceeded call rate limit of your current tier.", "x", "429"),
        AZURE,
        "minute",
        "fewer",
    ),
    "Azure's tasks": (
        429,
        openai("Too many running tasks. Please wait until some tasks finish.", "too_many_running_tasks", None),
        AZURE,
        "running",
        "room again",
    ),
    "payment": (402, openai("No money", "x"), GATEWAY, "spend", "Raise the limit; waiting does not help"),
    "a proxy's requests": (429, litellm(OVER.format("requests"), "None", "429"), PROXY, "minute", "within a minute"),
    "a proxy's tokens": (429, litellm(OVER.format("tokens"), "None", "429"), PROXY, "minute", "within a minute"),
    "a proxy's jobs": (429, litellm(OVER.format("max_parallel_requests"), "None", "429"), PROXY, "running", "ended"),
    "a proxy's older jobs": (429, litellm("Max parallel request limit reached", "None", "429"), PROXY, "running", ""),
    "a proxy's older limiter": (429, litellm(CROSSED, "None", "429"), PROXY, "minute", "within a minute"),
    "a proxy with nobody left": (
        429,
        litellm("No deployments available for selected model, Try again in 60 seconds.", "None", "429"),
        PROXY,
        "minute",
        "within a minute",
    ),
    # 422 by default in 1.106, 400 in versions before, 429 where the operator says so.
    **{
        f"a proxy's budget, {status}": (
            status,
            litellm("Budget has been exceeded! Current cost: 2.4, Max budget: 2.0", "budget_exceeded", str(status)),
            PROXY,
            "spend",
            "Ask the proxy's operator to raise the budget of your key",
        )
        for status in (400, 422, 429)
    },
    "a proxy's budget of a day": (
        400,
        litellm("ExceededBudget: Key over 1d budget. Spend=2, Budget=1", "auth_error", "400"),
        PROXY,
        "spend",
        "Ask the proxy's operator",
    ),
    "quoted by a proxy": (
        429,
        litellm(quoting(google("RESOURCE_EXHAUSTED", EXCEEDED, PER_DAY)), "throttling_error", "429"),
        PROXY,
        "day",
        f"refused: {EXCEEDED} The day's quota",
    ),
    "the operator's cap": (
        429,
        google("RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
        THROUGH,
        "spend",
        "Tell the proxy's operator, whose account it is",
    ),
    "a page": (429, b"<html>Slow down</html>", GATEWAY, "", "HTTP 429 (text/html). That may pass"),
    "nothing": (429, b"", None, "", "HTTP 429"),
}


@pytest.mark.parametrize(("status", "body", "there", "limit", "words"), LIMITS.values(), ids=LIMITS)
def test_limits_are_told_apart(status: int, body: Any, there: Endpoint | None, limit: str, words: str) -> None:
    error = refused(status, body, there, content_type="text/html")
    assert isinstance(error, errors.RateLimitError)
    assert (error.limit, error.is_passing) == (limit, limit not in {"day", "spend"})
    assert words in str(error)


def test_what_a_proxy_quotes_counts_as_if_it_had_been_said() -> None:
    inner = google("RESOURCE_EXHAUSTED", EXCEEDED, PER_MINUTE, RETRY)
    error = refused(429, litellm(quoting(inner), "throttling_error", "429"), PROXY)
    assert (error.retry_after, error.code) == (34.2, "RESOURCE_EXHAUSTED")
    assert "litellm." not in str(error)
    broken = litellm('litellm.X: GeminiException - {"error": {"message": "cut', "x", "429")
    assert "GeminiException" in str(refused(429, broken, PROXY))


def publisher(model: str, location: str = "us-central1") -> dict[str, Any]:
    return google(
        "NOT_FOUND",
        f"Publisher Model `projects/films/locations/{location}/publishers/google/models/{model}` was not found or your "
        "project does not have access to it. Please ensure you are using a valid model version.",
    )


def developers(model: str) -> dict[str, Any]:
    said = f"models/{model} is not found for API version v1beta, or is not supported for predictLongRunning."
    return google("NOT_FOUND", said)


ENABLE = "https://console.developers.google.com/apis/api/aiplatform.googleapis.com/overview?project=720070608347"
DISABLED = google(
    "PERMISSION_DENIED",
    "Agent Platform API has not been used in project 720070608347 before or it is disabled.",
    info("SERVICE_DISABLED", service="aiplatform.googleapis.com", activationUrl=ENABLE),
    links("https://cloud.google.com/other"),
)
UNAUTHENTICATED = google(
    "UNAUTHENTICATED",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other.",
    info("ACCESS_TOKEN_TYPE_UNSUPPORTED", service="aiplatform.googleapis.com"),
)
GONE = google("PERMISSION_DENIED", "You do not have permission to access the File abc123 or it may not exist.")
BAD, AUTH = errors.BadRequestError, errors.AuthenticationError
DENIED, MISSING = errors.PermissionDeniedError, errors.NotFoundError
TROUBLE = errors.ServiceUnavailableError
LOGIN = "gcloud auth application-default login"

REMEDIES: dict[str, tuple[int, Any, Endpoint, Call, type[ServiceError], str]] = {
    # A model that is not there
    "another region": (
        404,
        publisher("veo-3.1-generate-001", "europe-west4"),
        ELSEWHERE,
        CREATE,
        MISSING,
        "available in us-central1 and may not be in europe-west4: set location='us-central1' or GOOGLE_CLOUD_LOC",
    ),
    "Omni in a region": (
        404,
        publisher("gemini-omni-1.2-flash"),
        VERTEX,
        CREATE,
        MISSING,
        "available in global and may not be in us-central1",
    ),
    "a preview": (
        404,
        publisher("veo-3.1-fast-generate-preview"),
        ELSEWHERE,
        CREATE,
        MISSING,
        "has retired veo-3.1-fast-generate-preview; use veo-3.1-fast-generate-001.",
    ),
    "no access": (
        404,
        publisher("veo-3.1-generate-001"),
        VERTEX,
        CREATE,
        MISSING,
        "Project films has no access to it: check the model's page",
    ),
    "no access of a key": (
        404,
        publisher("veo-3.1-generate-001"),
        EXPRESS,
        CREATE,
        MISSING,
        "The key's project has no access",
    ),
    "a wrong name": (404, publisher("veo-9"), VERTEX, CREATE, MISSING, "known are veo-3.1-generate-001, veo-3.1-fast"),
    "retired": (
        404,
        developers("veo-3.0-generate-001"),
        GEMINI,
        CREATE,
        MISSING,
        "retired veo-3.0-generate-001; use gemini-omni-1.2-flash.",
    ),
    "never there": (404, developers("veo-9"), GEMINI, CREATE, MISSING, "or the key's project has no billing"),
    "the operator's": (404, developers("veo-9"), THROUGH, CREATE, MISSING, "The proxy is set up with a model"),
    "no operation": (404, google("NOT_FOUND", "It was not found."), VERTEX, POLL, MISSING, "and region they were"),
    "no page": (404, {"detail": "Not Found"}, GATEWAY, CREATE, MISSING, "refused: Not Found. The model, operation"),
    # Downloads
    "a clip that is gone": (403, GONE, GEMINI, CONTENT, DENIED, "or two days, and only for the project"),
    "a clip behind a proxy": (
        403,
        litellm(quoting(GONE, "BadRequestError: GeminiException"), "permission_error", "403"),
        PROXY,
        CONTENT,
        DENIED,
        "Services keep clips for one or two days. If the clip is older, send the request again.",
    ),
    "a key that did not arrive": (
        403,
        google("PERMISSION_DENIED", "Generative Language API has not been used in project 123456789 before."),
        GEMINI,
        CONTENT,
        DENIED,
        "If project 123456789 is not yours, the key is wrong or did not arrive",
    ),
    "another's clip": (401, google("UNAUTHENTICATED", "No."), GEMINI, CONTENT, AUTH, "Use the key that the job"),
    "a wrong key for a clip": (
        400,
        google("INVALID_ARGUMENT", "API key not valid.", info("API_KEY_INVALID")),
        GEMINI,
        CONTENT,
        AUTH,
        "Use the key that the job was sent with",
    ),
    "a login that ran out meanwhile": (401, UNAUTHENTICATED, VERTEX, CONTENT, AUTH, LOGIN),
    "a bucket": (
        403,
        google("PERMISSION_DENIED", "me@x does not have storage.objects.get access to the object."),
        VERTEX,
        CONTENT,
        DENIED,
        "the Storage Object User role",
    ),
    "a clip that was deleted": (404, google("NOT_FOUND", "x"), GEMINI, CONTENT, MISSING, "the request again as a new"),
    # Keys, logins, projects
    "a wrong key": (
        400,
        google("INVALID_ARGUMENT", "API key not valid.", info("API_KEY_INVALID")),
        GEMINI,
        CREATE,
        AUTH,
        "Check the key",
    ),
    "a leaked key": (
        403,
        google("X", "Your API key was reported as leaked."),
        GEMINI,
        CREATE,
        DENIED,
        "make a new one",
    ),
    "a tied key": (403, google("X", "No.", info("API_KEY_IP_ADDRESS_BLOCKED")), GEMINI, CREATE, DENIED, "restrictions"),
    "no key": (
        403,
        google("X", "Method doesn't allow unregistered callers."),
        GEMINI,
        CREATE,
        DENIED,
        "did not arrive",
    ),
    "a login": (401, UNAUTHENTICATED, VERTEX, CREATE, AUTH, LOGIN),
    "a login of too little": (
        403,
        google("PERMISSION_DENIED", "No.", info("ACCESS_TOKEN_SCOPE_INSUFFICIENT")),
        VERTEX,
        CREATE,
        DENIED,
        LOGIN,
    ),
    "an API that is off": (
        403,
        DISABLED,
        VERTEX,
        CREATE,
        DENIED,
        f"Enable the API for the project, wait a few minutes, then try again. See {ENABLE}",
    ),
    "no billing": (
        403,
        google("PERMISSION_DENIED", "This API method requires billing.", info("BILLING_DISABLED"), links(ENABLE)),
        VERTEX,
        CREATE,
        DENIED,
        f"Turn billing on for the project, wait a few minutes, then try again. See {ENABLE}",
    ),
    "no role": (
        403,
        google("PERMISSION_DENIED", "Permission 'aiplatform.endpoints.predict' denied on resource '//x'."),
        VERTEX,
        CREATE,
        DENIED,
        "the Vertex AI User role",
    ),
    "another's quota": (
        403,
        google("X", "No.", info("USER_PROJECT_DENIED")),
        VERTEX,
        CREATE,
        DENIED,
        "set-quota-project",
    ),
    "a place": (
        400,
        google("FAILED_PRECONDITION", "User location is not supported for the API use."),
        GEMINI,
        CREATE,
        BAD,
        "not available in your location",
    ),
    "billing first": (
        400,
        google("FAILED_PRECONDITION", "Please enable billing on project films."),
        GEMINI,
        CREATE,
        BAD,
        "Turn billing on",
    ),
    "a parameter": (400, google("INVALID_ARGUMENT", "durationSeconds is out of bound."), GEMINI, CREATE, BAD, "bound."),
    "a prompt": (
        400,
        google("INVALID_ARGUMENT", "The prompt violates the policy. Support codes: 58061214"),
        VERTEX,
        CREATE,
        BAD,
        "(the filter saw a child)",
    ),
    # LiteLLM's own
    "a proxy without a database": (
        400,
        litellm("No connected db.", "no_db_connection", "400"),
        PROXY,
        CREATE,
        AUTH,
        "Ch",
    ),
    "a proxy's key of yesterday": (
        400,
        litellm("Expired Key.", "expired_key", "400"),
        PROXY,
        CREATE,
        AUTH,
        "Check the k",
    ),
    "a proxy's unknown key": (
        401,
        litellm("Authentication Error, Invalid proxy server token passed.", "token_not_found_in_db", "401"),
        PROXY,
        CREATE,
        AUTH,
        "Check the key",
    ),
    "a proxy's unknown name": (
        400,
        openai("/videos: Invalid model name passed in model=nope. Call `/v1/models`."),
        PROXY,
        CREATE,
        BAD,
        "the proxy's operator has set up; /v1/models lists them",
    ),
    "a proxy's model for others": (
        403,
        litellm("key not allowed to access model.", "key_model_access_denied", "403"),
        PROXY,
        CREATE,
        DENIED,
        "Ask the proxy's operator to let your key use",
    ),
    "the operator's key": (
        401,
        litellm(quoting(UNAUTHENTICATED, "AuthenticationError: GeminiException"), "authentication_error", "401"),
        PROXY,
        CREATE,
        AUTH,
        "The service refused the proxy's own account",
    ),
    "the operator's billing": (403, DISABLED, THROUGH, CREATE, DENIED, "tell the proxy's operator"),
    "no such verb": (
        500,
        litellm("litellm.APIConnectionError: video extension is not supported for Gemini", "x", "500"),
        PROXY,
        CREATE,
        BAD,
        "video extension is not supported for Gemini.",
    ),
    "a proxy that is down": (
        503,
        litellm(quoting(google("UNAVAILABLE", "Busy."), "ServiceUnavailableError: GeminiException"), "x", "503"),
        PROXY,
        CREATE,
        TROUBLE,
        "refused: Busy. The service is having problems",
    ),
    # OpenAI, Azure, pages
    "OpenAI's key": (401, openai("Incorrect API key", code="invalid_api_key"), SORA, CREATE, AUTH, "Check the key"),
    "Azure's key": (
        401,
        {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}},
        AZURE,
        CREATE,
        AUTH,
        "Check the key",
    ),
    "a page": (403, b"<html>", GATEWAY, CREATE, DENIED, "HTTP 403 (text/html). Check that the key's project"),
    "FastAPI's": (400, {"detail": {"error": "No model."}}, GATEWAY, CREATE, BAD, "refused: No model."),
    "a gateway that waits too long": (504, b"", GATEWAY, CREATE, TROUBLE, "HTTP 504"),
}


@pytest.mark.parametrize(("status", "body", "there", "call", "kind", "words"), REMEDIES.values(), ids=REMEDIES)
def test_each_refusal_says_what_to_do(
    status: int, body: Any, there: Endpoint, call: Call, kind: type[ServiceError], words: str
) -> None:
    error = refused(status, body, there, call, content_type="text/html")
    assert type(error) is kind
    assert words in str(error)
    assert (error.status, "  " in str(error), "\n" in str(error)) == (status, False, False)


@pytest.mark.parametrize(
    ("headers", "details", "expected"),
    [
        ({"x_litellm_call_id": "0a326edb-00cf-478c-b617-6c31aa0203f0"}, [], "0a326edb-00cf-478c-b617-6c31aa0203f0"),
        ({"x_request_id": "req_0123456789abcdef"}, [], "req_0123456789abcdef"),
        ({"apim_request_id": "b1e3f5d2-77aa-4d0c-8f2e-2f6d0f6f8a11"}, [], "b1e3f5d2-77aa-4d0c-8f2e-2f6d0f6f8a11"),
        ({"x_cloud_trace_context": "105445aa7843bc8bf206b120001000/1;o=1"}, [], "105445aa7843bc8bf206b120001000/1"),
        ({"x_guploader_uploadid": "ABPtcPpXk3-z_9"}, [], "ABPtcPpXk3-z_9"),
        ({"x_request_id": "a-header-s"}, [{"@type": RPC + "RequestInfo", "requestId": "a-body-s"}], "a-body-s"),
        ({}, [], ""),
        ({"x_request_id": "short"}, [], ""),
        ({"x_request_id": "two words here"}, [], ""),
        ({"x_request_id": "x" * 101}, [], ""),
        ({"x_request_id": "<script>alert(1)</script>"}, [], ""),
        # A gateway that echoes whatever it was sent.
        ({"x_request_id": "sk-1234567890abcdef"}, [], ""),
        ({"x_request_id": "AIzaSyA1234567890abcdefghijklmnopqrstuv"}, [], ""),
        ({"x_request_id": "ya29.a0AfH6SMBx"}, [], ""),
        ({"x_request_id": "eyJhbGciOiJSUzI1NiJ9.e30.sig"}, [], ""),
        ({"x_request_id": "Bearer 1234567890"}, [], ""),
    ],
)
def test_the_request_s_name_is_told_and_nothing_else(headers: dict, details: list[Any], expected: str) -> None:
    error = refused(500, google("INTERNAL", "Oh.", *details), VERTEX, **headers)
    assert error.request_id == expected
    assert str(error).endswith(f" [request {expected}]" if expected else "try again later.")
    for value in headers.values():
        assert (value in str(error)) is (value == expected)


@pytest.mark.parametrize(
    "url",
    [
        "http://console.cloud.google.com/",
        "javascript:alert(1)",
        "https://user:secret@example.com/",
        "https://example.com/?key=AIzaSecret",
        "https://example.com/?access_token=secret",
        "https://example.com/ and more words",
        "https://example.com/\u001b[31m",
        "https://example.com/" + "x" * 300,
        7,
        None,
    ],
)
def test_only_a_plain_https_link_is_shown(url: Any) -> None:
    body = google("PERMISSION_DENIED", "No.", links(url), info("X", activationUrl=url))
    shown = str(refused(403, body, VERTEX))
    assert "See " not in shown
    assert "example.com" not in shown
    assert str(refused(403, google("X", "No.", links(url, ENABLE)), VERTEX)).endswith(f"See {ENABLE}")


def test_a_link_is_not_told_twice() -> None:
    body = google("PERMISSION_DENIED", f"Enable it at {ENABLE} then retry.", links(ENABLE))
    assert str(refused(403, body, VERTEX)).count(ENABLE) == 1


@pytest.mark.parametrize(("fault", "limit"), [("status-429-day", "day"), ("status-429-spend", "spend")])
def test_what_waiting_does_not_mend_is_sent_once(client: Client, emulator: Emulator, fault: str, limit: str) -> None:
    emulator.script("create", fault)
    with pytest.raises(errors.RateLimitError) as caught:
        client.submit("A cat", seconds=4)
    assert caught.value.limit == limit
    assert [entry.status for entry in emulator.journal()] == [429]
    assert [job.state for job in client.jobs()] == ["failed"]


def test_an_error_survives_a_pickle() -> None:
    error = refused(429, google("RESOURCE_EXHAUSTED", EXCEEDED, PER_DAY, RETRY), GEMINI, x_request_id="req_12345678")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize("body", [b"", b"[]", b"[1]", b"7", b'{"error": 7}', b'{"error": []}', b'{"error": {}}', b"{"])
def test_a_body_without_an_error_is_no_trouble(body: bytes) -> None:
    for status in (302, 400, 404, 429, 500):
        assert f"HTTP {status}" in str(refused(status, body))


JUNK: list[Any] = [None, 7, "x", [], [None], {}, {"links": 7}, {"links": [7, {}]}, {"violations": [7]}, {"metadata": 7}]


@pytest.mark.parametrize("junk", JUNK)
def test_details_of_any_shape_are_read(junk: Any) -> None:
    for details in (junk, [junk], [[junk], junk]):
        body = {"error": {"message": junk, "status": junk, "code": junk, "type": junk, "details": details}}
        assert isinstance(refused(429, body), errors.RateLimitError)
        assert isinstance(refused(404, {"detail": junk}, VERTEX, CONTENT), errors.NotFoundError)


PYDANTIC = """2 validation errors for VideoGenerationsRequest
seconds
  Input should be a valid integer, unable to parse [type=int_parsing, input_value='2.5', input_type=str]
    For further information visit https://errors.pydantic.dev/2.14/v/int_parsing
image.0.url
  Value error, no such image [type=value_error]
"""
VLLM = r"""2 validation errors:
  {'type': 'x', 'loc': 'body.seconds', 'msg': "Must match '^[1-9]\\d*$'", 'input': '2.5'}
  {'type': 'missing', 'loc': ('body', 'prompt'), 'msg': 'Field required', 'input': None}"""
WORDS: dict[str, tuple[int, Any, str]] = {
    "FastAPI's list": (
        422,
        {"detail": [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required"}]},
        "It refused: prompt: Field required.",
    ),
    "several faults": (
        422,
        {"detail": [{"loc": ["body", "a", 0], "msg": "x"}, {"loc": ["query", "b"], "msg": "y"}, {"msg": "z"}, "w", 7]},
        "It refused: a.0: x; b: y; z; w.",
    ),
    "pydantic's": (
        400,
        {"detail": f"Invalid request body: {PYDANTIC}"},
        "It refused: seconds: Input should be a valid integer, unable to parse; image.0.url: no such image.",
    ),
    "vLLM's": (400, {"error": {"message": VLLM}}, r"d: seconds: Must match '^[1-9]\d*$'; prompt: Field required."),
    "vLLM's of a key": (401, {"error": "Unauthorized"}, "It refused: Unauthorized."),
    "new-api's of a model": (
        503,
        {"error": {"code": "model_not_found", "message": "No channel", "type": "new_api_error"}},
        "It refused: No channel (code model_not_found).",
    ),
    "FastAPI's text": (400, {"detail": "No such model"}, "It refused: No such model."),
    "FastAPI's object": (400, {"detail": {"code": "E1", "message": "No"}}, "It refused: No (code E1)."),
    "code and message": (400, {"code": "Invalid", "message": "size must be 832*480"}, "size must be 832*480 (code Inv"),
    "a number and msg": (400, {"code": 40001, "msg": "size is wrong"}, "It refused: size is wrong (code 40001)."),
    "beside data": (400, {"code": "fail", "message": "No", "data": None}, "It refused: No (code fail)."),
    "fail_reason": (400, {"fail_reason": "No credit"}, "It refused: No credit."),
    "a video": (400, {"id": "v", "status": "failed", "error": {"code": "oom", "message": "No"}}, "No (code oom)."),
    "OAuth's": (400, {"error": "invalid_grant", "error_description": "It is old"}, "It is old (code invalid_grant)."),
    "Spring's": (400, {"status": 400, "error": "Bad Request", "path": "/x"}, "It refused: Bad Request."),
    "Nest's": (400, {"statusCode": 400, "message": ["size is wrong", "no model"]}, "size is wrong; no model."),
    "RFC 9457": (400, {"title": "No credit", "detail": "Your balance is 0"}, "It refused: Your balance is 0."),
    "errors": (400, {"errors": [{"message": "No"}, {"message": "Nor"}]}, "It refused: No; Nor."),
    "errors by field": (422, {"errors": {"size": ["is bad", "is odd"], "n": "no"}}, "size: is bad; is odd; n: no."),
    "errors' texts": (400, {"errors": ["No", "Nor"]}, "It refused: No; Nor."),
    "errors' codes": (400, {"errors": [{"Code": "E1", "Message": "No"}]}, "It refused: No (code E1)."),
    "errors' fields": (400, {"errors": [{"field": "size", "message": "is bad"}]}, "It refused: size: is bad."),
    "JSON:API's": (
        422,
        {"errors": [{"title": "Bad", "detail": "Size is bad", "code": "E1"}]},
        "Size is bad (code E1).",
    ),
    "MiniMax's": (400, {"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, "login fail (code 1004)."),
    "MiniMax's, no error": (400, {"base_resp": {"status_code": 0, "status_msg": "success"}, "msg": "No"}, "d: No."),
    "Alibaba's": (400, {"Code": "E.Size", "Message": "No", "HostId": "x"}, "It refused: No (code E.Size)."),
    "Tencent's": (400, {"Response": {"Error": {"Code": "E1", "Message": "No"}}}, "It refused: No (code E1)."),
    "Volcengine's": (400, {"ResponseMetadata": {"Error": {"Code": "E1", "Message": "No"}}}, "No (code E1)."),
    "errors of no kind": (400, {"errors": {"size": {"a": 1}}}, """HTTP 400 (an empty page): {"errors": {"size": {"a"""),
    "Django's": (400, {"size": ["is bad"]}, 'It refused: HTTP 400 (an empty page): {"size": ["is bad"]}.'),
    "too much of no kind": (400, {"size": {"a": "x" * 500}}, "x" * 180 + "."),
    "Apigee's": (403, {"fault": {"faultstring": "Denied", "detail": {"errorcode": "x.y"}}}, "It refused: Denied."),
    "Kling's": (400, {"task_status": "failed", "task_status_msg": "No"}, "It refused: No."),
    "Kie's": (400, {"failCode": "E1", "failMsg": "No"}, "It refused: No (code E1)."),
    "a key of no kind": (400, {"headers": {"authorization": "Bearer sk-canary0canary0canary0"}}, "[key]"),
    "a text": (400, b"Invalid size", "It refused: Invalid size."),
    "JSON's text": (400, b'"Invalid size"', "It refused: Invalid size."),
    "a page": (400, b"<!doctype html><html><head><title>Sign&nbsp;in &amp; on</title></html>", ", 'Sign in & on'."),
    "a page without a title": (400, b"<html><body><h1 class=x>Not <b>here</b></h1></body>", ", 'Not here'."),
    "S3's": (400, b"<?xml version='1.0'?><Error><Code>X</Code><Message>Expired</Message></Error>", ", 'Expired'."),
    "an untitled page": (400, b"<html><body>x</body></html>", "It refused: HTTP 400 (an empty page)."),
    "half of JSON": (400, b'{"error": {"mess', "It refused: HTTP 400 (an empty page)."),
    "bytes": (400, b"\x00\x01\x02\xff", "It refused: HTTP 400 (an empty page)."),
    "nothing filled in": (400, {"error": None, "message": "", "code": None}, "It refused: HTTP 400 (an empty page)."),
}


@pytest.mark.parametrize(("status", "body", "words"), WORDS.values(), ids=WORDS)
def test_the_service_s_own_words_are_told_whatever_their_shape(status: int, body: Any, words: str) -> None:
    assert words in str(refused(status, body, GATEWAY))


def test_a_page_s_title_is_harmless_and_short() -> None:
    title = "\x1b[2J\u202eSign in\x00" + "x" * 450
    error = refused(403, f"<html><title>{title}</title>".encode(), GATEWAY)
    assert not {"\x1b", "\u202e", "\x00"} & set(str(error))
    assert len(str(error)) < 800
    key = "sk-" + "a1B2" * 8
    assert key not in str(refused(400, f"<title>{key}</title>".encode(), GATEWAY))
    assert key not in str(refused(400, f"no key {key}".encode(), GATEWAY))


@pytest.mark.parametrize("place", ["top", "error", "detail"])
def test_a_request_s_id_in_the_body_is_told(place: str) -> None:
    named = {"message": "No", "request_id": "r-1"}
    error = refused(400, named if place == "top" else {place: named}, GATEWAY)
    assert (error.request_id, str(error)) == ("r-1", "It refused: No. [request r-1]")
    assert refused(400, {"error": {"message": "No"}, "request_id": "r-1"}, GATEWAY).request_id == "r-1"
    for body in (
        {"Code": "E1", "Message": "No", "RequestId": "r-1"},
        {"Response": {"Error": {"Code": "E1", "Message": "No"}, "RequestId": "r-1"}},
        {"errors": ["No"], "requestId": "r-1"},
    ):
        assert refused(400, body, GATEWAY).request_id == "r-1"
    assert refused(400, {"message": "No", "request_id": "sk-a1b2c3d4e5f6"}, GATEWAY).request_id == ""


def test_a_clip_that_is_not_there_is_no_reason_to_pay_again_at_once() -> None:
    said = str(refused(404, {"detail": "Not Found"}, GATEWAY, CONTENT))
    assert "may not be ready yet" in said
    assert "tried again until then" in said
    assert said.endswith("Send the request again as a new job only if the clip is older.")


@pytest.mark.parametrize(
    "body",
    [
        {"errors": {"size": ["is bad"]}},
        {"errors": ["Bad"]},
        {"base_resp": {"status_code": 1004, "status_msg": "Bad"}},
        {"Code": "E1", "Message": "Bad", "RequestId": "r-1"},
    ],
    ids=repr,
)
def test_words_of_any_shape_are_the_service_s_own(body: Any) -> None:
    error = refused(400, body, GATEWAY)
    assert (type(error), rule_for("create", error).end) == (BAD, "failed")
    assert error.said.lower().endswith("bad")


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [{}, {"message": "billing"}, b"<title>Forbidden</title>"])
def test_a_clip_that_is_not_handed_out_is_no_matter_of_billing(status: int, body: Any) -> None:
    said = str(refused(status, body, GATEWAY, CONTENT))
    assert "The clip exists" in said
    assert "billing is on" not in said
    assert "Turn billing on" not in said
    assert "may use this model" not in str(refused(status, {}, GATEWAY, POLL))


def test_credit_is_not_asked_for_at_another_s_server() -> None:
    body = json.dumps({"error": {"message": "Oh."}}).encode()
    own = service_error("OpenAI", 402, {}, body, endpoint=Endpoint("openai", OPENAI, "https://api.openai.com/v1"))
    assert "platform.openai.com" in str(own)
    other = service_error("gate", 402, {}, body, endpoint=Endpoint("openai", OPENAI, "https://gate.example/v1"))
    assert str(other) == "gate refused: Oh. Raise the limit; waiting does not help."
