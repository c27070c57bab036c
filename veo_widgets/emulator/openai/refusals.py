"""Error answers of the OpenAI-style wire: other words, another shape, a code that is a text (wire reference 4.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..refusals import RefusalError

_CODES = {
    401: "invalid_api_key", 403: "permission_denied", 404: "not_found", 405: "method_not_allowed",
    429: "rate_limit_exceeded",
}  # fmt: skip

Endpoint = Callable[[Request], Awaitable[Response]]


class OpenAIRefusalError(RefusalError):
    """A refusal that names its code and the parameter at fault."""

    def __init__(self, http: int, message: str, code: str, param: str | None = None) -> None:
        super().__init__(http, message)
        self.code = code
        self.param = param


def bad(param: str, message: str, code: str = "invalid_value") -> OpenAIRefusalError:
    """400 for a parameter."""
    return OpenAIRefusalError(400, message, code, param)


def no_such_model(model: str) -> OpenAIRefusalError:
    """404 for a model nobody serves."""
    return OpenAIRefusalError(
        404, f"The model `{model}` does not exist or you do not have access to it.", "model_not_found", "model"
    )


def no_such_video(video_id: str) -> OpenAIRefusalError:
    """404 for a video that is not there, or no longer."""
    return OpenAIRefusalError(404, f"Video with id '{video_id}' not found.", "not_found")


def wrong_key(key: str) -> OpenAIRefusalError:
    """401 for a missing key, or one nobody issued."""
    # OpenAI quotes the key's beginning; so much is safe in a log.
    text = f"Incorrect API key provided: {key[:5]}***." if key else "You didn't provide an API key."
    return OpenAIRefusalError(401, text, "invalid_api_key")


def _error_type(http: int) -> str:
    if http >= 500:
        return "server_error"
    return "requests" if http == 429 else "invalid_request_error"


def _answer_refusal(refusal: RefusalError) -> JSONResponse:
    code, param = _CODES.get(refusal.http, "server_error" if refusal.http >= 500 else "invalid_value"), None
    if isinstance(refusal, OpenAIRefusalError):
        code, param = refusal.code, refusal.param
    error = {"message": refusal.message, "type": _error_type(refusal.http), "param": param, "code": code}
    # OpenAI tells the delay in a header, Google in the body.
    waits = [str(one["retryDelay"]).rstrip("s") for one in refusal.details if "retryDelay" in one]
    return JSONResponse({"error": error}, refusal.http, headers={"retry-after": waits[0]} if waits else None)


def worded(endpoint: Endpoint) -> Endpoint:
    """`endpoint` with its refusals in the words of this wire."""

    async def answering(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusalError as refusal:
            return _answer_refusal(refusal)

    return answering
