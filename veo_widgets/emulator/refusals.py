"""Error answers as the real services word and shape them (wire reference 1.7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

Json = dict[str, Any]

# Clients pick a detail by this type, not by its place in the list.
_RPC = "type.googleapis.com/google.rpc."
STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    # Google has no name of its own for 502, which passes as 503 does.
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class RefusalError(Exception):
    """A request the service does not serve; the app turns it into the answer."""

    def __init__(self, http: int, message: str, details: Iterable[Json] = (), *, status: str = "") -> None:
        super().__init__(message)
        self.http = http
        self.message = message
        self.details = list(details)
        self.status = status or STATUS_NAMES.get(http, "UNKNOWN")

    def response(self) -> JSONResponse:
        """The answer, with the error object both services use."""
        error: Json = {"code": self.http, "message": self.message, "status": self.status}
        # The services leave the field out where they have nothing to add.
        if self.details:
            error["details"] = self.details
        return JSONResponse({"error": error}, status_code=self.http)


async def answer_refusal(_request: Request, refusal: Exception) -> JSONResponse:
    """Starlette's handler for `RefusalError`."""
    assert isinstance(refusal, RefusalError)  # noqa: S101 - registered for this type only
    return refusal.response()


def invalid(message: str) -> RefusalError:
    """400 for a value that is out of range or of the wrong kind."""
    return RefusalError(400, message)


def unsupported(name: str) -> RefusalError:
    """400 for a known field that this model or surface does not take."""
    return invalid(
        f"`{name}` isn't supported by this model. Please remove it or refer to the Gemini API documentation"
        " for supported usage."
    )


def unknown_field(name: str, place: str) -> RefusalError:
    """400 for a field the service's schema does not have; `place` is empty at the top level."""
    where = f" at '{place}'" if place else ""
    text = f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
    violation = {"field": place, "description": text} if place else {"description": text}
    return RefusalError(400, text, [{"@type": _RPC + "BadRequest", "fieldViolations": [violation]}])


def missing_key() -> RefusalError:
    """403 for a Developer API call without a key."""
    return RefusalError(
        403,
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or"
        " other form of API consumer identity to call this API.",
    )


def wrong_key() -> RefusalError:
    """400 for a key nobody issued."""
    # Google answers a wrong key with 400 rather than 401; the reason in the details tells it apart.
    text = "API key not valid. Please pass a valid API key."
    info = {
        "@type": _RPC + "ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    message = {"@type": _RPC + "LocalizedMessage", "locale": "en-US", "message": text}
    return RefusalError(400, text, [info, message])


def unauthenticated() -> RefusalError:
    """401 for an Agent Platform call without a usable token."""
    info = {
        "@type": _RPC + "ErrorInfo",
        # The reason Google gives for a token of the wrong kind, such as an API key as a bearer.
        "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED",
        "domain": "googleapis.com",
        "metadata": {"service": "aiplatform.googleapis.com"},
    }
    return RefusalError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
        " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        [info],
    )


def service_disabled(name: str, service: str, project: str) -> RefusalError:
    """403 for a project that has not turned the API on."""
    console = f"https://console.developers.google.com/apis/api/{service}/overview?project={project}"
    where = {"domain": "googleapis.com", "metadata": {"service": service, "consumer": f"projects/{project}"}}
    return RefusalError(
        403,
        f"{name} has not been used in project {project} before or it is disabled. Enable it by visiting {console} then"
        " retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and"
        " retry.",
        [
            {"@type": _RPC + "ErrorInfo", "reason": "SERVICE_DISABLED", **where},
            {
                "@type": _RPC + "Help",
                "links": [{"description": "Google developers console API activation", "url": console}],
            },
        ],
    )


def unknown_model(surface_is_developer: bool, model: str, version: str, where: str = "") -> RefusalError:  # noqa: FBT001
    """404 for a model that does not exist, is retired, or is not served at the location."""
    if surface_is_developer:
        return RefusalError(
            404,
            f"models/{model} is not found for API version {version}, or is not supported for predictLongRunning."
            " Call ListModels to see the list of available models and their supported methods.",
        )
    return RefusalError(
        404,
        f"Publisher Model `{where}publishers/google/models/{model}` was not found or your project does not have"
        " access to it. Please ensure you are using a valid model version.",
    )


def not_found(what: str = "Requested entity") -> RefusalError:
    """404 for an operation, path or object that is not there."""
    return RefusalError(404, f"{what} was not found.")


def no_such_file(file_id: str) -> RefusalError:
    """403 for a file that is gone or another project's; the service does not tell which."""
    return RefusalError(403, f"You do not have permission to access the File {file_id} or it may not exist.")


def not_active(file_id: str) -> RefusalError:
    """400 for a file that is still being processed."""
    return precondition(f"The File {file_id} is not in an ACTIVE state and usage is not allowed.")


def precondition(message: str) -> RefusalError:
    """400 for something that is not possible yet, or no longer."""
    return RefusalError(400, message, status="FAILED_PRECONDITION")


def day_is_over() -> RefusalError:
    """429 for a day's quota; the service names a short delay here too, which does not help."""
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_requests_per_model_per_day",
        "quotaId": "GenerateRequestsPerDayPerProjectPerModel",
        "quotaDimensions": {"location": "global"},
        "quotaValue": "10",
    }
    details: list[Json] = [
        {"@type": _RPC + "QuotaFailure", "violations": [violation]},
        {"@type": _RPC + "RetryInfo", "retryDelay": "1s"},
    ]
    return RefusalError(429, "You exceeded your current quota, please check your plan and billing details.", details)


def spend_cap() -> RefusalError:
    """429 for a project that may spend no more this month."""
    return RefusalError(429, "Your project has exceeded its monthly spending cap.")


def quota(*, with_details: bool) -> RefusalError:
    """429, with the quota and the delay the Developer API names, or bare as the Agent Platform often answers."""
    details: list[Json] = [
        {
            "@type": _RPC + "QuotaFailure",
            "violations": [
                {
                    "quotaMetric": "generativelanguage.googleapis.com/predict_long_running_requests",
                    "quotaId": "PredictLongRunningRequestsPerMinutePerProjectPerModel",
                    "quotaDimensions": {"location": "global"},
                    "quotaValue": "10",
                }
            ],
        },
        {
            "@type": _RPC + "Help",
            "links": [
                {"description": "About quotas", "url": "https://ai.google.dev/gemini-api/docs/rate-limits"},
            ],
        },
        {"@type": _RPC + "RetryInfo", "retryDelay": "1s"},
    ]
    # The very sentence of a minute's quota too: only the quota's id tells how long it lasts.
    text = "You exceeded your current quota, please check your plan and billing details."
    return RefusalError(429, text, details if with_details else ())
