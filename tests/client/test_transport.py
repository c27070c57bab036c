"""HTTP over real loopback sockets: what every kind of answer is turned into, and who gets to see a key."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import anyio
import httpx
import pytest

from veo_widgets.client.transport.connections import _Routed
from veo_widgets.client.transport.routes import Routes, TlsContexts
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.accounts import Account
from veo_widgets.config.addresses import nearness, origin, redirected
from veo_widgets.config.credentials import ApiKey, Secret
from veo_widgets.domain import errors
from veo_widgets.domain.catalog import AGENT_PLATFORM, GEMINI_API
from veo_widgets.domain.errors import DownloadError, InvalidReplyError, NoAnswerError, ServiceError, VeoError
from veo_widgets.providers.registry import PROVIDERS, Endpoint
from veo_widgets.providers.wires import Call, Field, Reply

from ..raw_server import Server, answer

KEY = "AIza-a-secret"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def other() -> Iterator[Server]:
    """A server at another origin."""
    with Server() as running:
        yield running


def account(base_url: str, key: str = KEY) -> Account:
    return Account(PROVIDERS["gemini"], Endpoint("gemini", GEMINI_API, base_url), ApiKey(Secret(key)))


@asynccontextmanager
async def transport() -> AsyncIterator[Transport]:
    made = Transport()
    try:
        yield made
    finally:
        await made.aclose()


def send(base_url: str, path: str = "/x", body: Any = None, key: str = KEY) -> Reply:
    async def run() -> Reply:
        async with transport() as made:
            call = Call("create", "POST" if body is not None else "GET", base_url + path, json=body)
            return await made.send(call, account(base_url, key))

    return anyio.run(run)


def download(base_url: str, url: str, signed: Account | None = None) -> tuple[int | None, bytes]:
    async def run() -> tuple[int | None, bytes]:
        async with transport() as made, made.stream(Call("content", "GET", url), signed or account(base_url)) as stream:
            return stream.length, b"".join([chunk async for chunk in stream.chunks])

    return anyio.run(run)


def error(status: str = "", message: str = "It said so", *details: Any) -> dict[str, Any]:
    return {"error": {"code": 1, "message": message, "status": status, "details": list(details)}}


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
BAD_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
PAGE = {"Content_Type": "text/html; charset=utf-8"}


def test_a_reply_is_its_json(server: Server) -> None:
    server.answers["/v1/x?y=1"] = answer(200, {"name": "ä"}, Retry_After="7")
    reply = send(server.url, "/v1/x?y=1", {"a": [1]})
    assert reply == Reply(200, {"name": "ä"}, 7.0)
    ((method, path, headers, body),) = server.seen
    assert (method, path, json.loads(body)) == ("POST", "/v1/x?y=1", {"a": [1]})
    assert headers["x-goog-api-key"] == KEY
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("veo-widgets")
    assert KEY not in path


def test_a_get_has_no_body(server: Server) -> None:
    server.answers["/x"] = answer(200, {})
    send(server.url)
    ((method, _, headers, body),) = server.seen
    assert (method, body) == ("GET", b"")
    assert "content-type" not in headers


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "words"),
    [
        (400, error("INVALID_ARGUMENT", "Bad ratio."), errors.BadRequestError, "INVALID_ARGUMENT", "Bad ratio."),
        (
            400,
            error("INVALID_ARGUMENT", "Bad key", BAD_KEY),
            errors.AuthenticationError,
            "INVALID_ARGUMENT",
            "Bad key. C",
        ),
        (400, error("", "Bad key", BAD_KEY), errors.AuthenticationError, "API_KEY_INVALID", "Check the key"),
        (400, error("FAILED_PRECONDITION"), errors.BadRequestError, "FAILED_PRECONDITION", "It said so"),
        (401, error("UNAUTHENTICATED"), errors.AuthenticationError, "UNAUTHENTICATED", "Check the key or token"),
        (403, error("PERMISSION_DENIED"), errors.PermissionDeniedError, "PERMISSION_DENIED", "billing"),
        (404, error("NOT_FOUND"), errors.NotFoundError, "NOT_FOUND", "has expired"),
        (408, b"", errors.ServiceUnavailableError, "", "HTTP 408"),
        (409, error("ABORTED"), errors.BadRequestError, "ABORTED", "It said so"),
        (429, error("RESOURCE_EXHAUSTED"), errors.RateLimitError, "RESOURCE_EXHAUSTED", "quota"),
        (499, error("CANCELLED"), errors.BadRequestError, "CANCELLED", "It said so"),
        (500, error("INTERNAL"), errors.ServiceUnavailableError, "INTERNAL", "try again later"),
        (503, [error("UNAVAILABLE")], errors.ServiceUnavailableError, "UNAVAILABLE", "It said so"),
        (504, b"", errors.ServiceUnavailableError, "", "HTTP 504 (video/mp4)"),
        (429, [], errors.RateLimitError, "", "HTTP 429"),
        (400, {"error": "plain"}, errors.BadRequestError, "", "refused: plain."),
        (
            400,
            {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}},
            errors.AuthenticationError,
            "no_db_connection",
            "Check the key or token",
        ),
        (404, {"detail": "Not Found"}, errors.NotFoundError, "", "refused: Not Found."),
        (422, {"detail": [{"msg": "x"}]}, errors.BadRequestError, "", "refused: x."),
        (
            400,
            {"error": {"message": "No", "type": "invalid_request_error", "param": None, "code": None}},
            errors.BadRequestError,
            "invalid_request_error",
            "refused: No.",
        ),
        (
            401,
            {"error": {"message": "No", "type": "auth_error", "code": "401"}},
            errors.AuthenticationError,
            "auth_error",
            "",
        ),
        (400, {"error": {"message": None, "status": 7, "details": {}}}, errors.BadRequestError, "", "HTTP 400"),
        (400, error("X", "long" * 1000), errors.BadRequestError, "X", "longlong"),
        (400, error("X", "y", None, 7, {"reason": None}), errors.BadRequestError, "X", "y"),
        (400, b"[" * 100_000, errors.BadRequestError, "", "HTTP 400"),
    ],
)
def test_each_status_is_an_error_of_its_own(
    server: Server, status: int, body: Any, kind: type[ServiceError], code: str, words: str
) -> None:
    server.answers["/x"] = answer(status, body)
    with pytest.raises(ServiceError) as caught:
        send(server.url)
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code, caught.value.retry_after) == (status, code, None)
    assert words in str(caught.value)
    assert str(caught.value).startswith("Gemini Developer API refused: ")
    assert len(str(caught.value)) < 900
    assert KEY not in str(caught.value)


def test_a_refused_download_is_told_as_one(server: Server) -> None:
    body = error("X", "No permission to access the File x or it may not exist.")
    server.answers["/v1/f"] = answer(403, body, X_Request_Id="req_12345678")
    with pytest.raises(errors.PermissionDeniedError, match=r"keep clips .* own key.* \[request req_12345678\]"):
        download(server.url, f"{server.url}/v1/f")


@pytest.mark.parametrize("location", ["", "http://127.0.0.1:1/login"])
def test_a_call_that_is_redirected_is_neither_followed_nor_called_wrong(server: Server, location: str) -> None:
    server.answers["/x"] = answer(302, b"", Location=location)
    with pytest.raises(ServiceError, match="check base_url") as caught:
        send(server.url, body={})
    assert type(caught.value) is ServiceError
    assert len(server.seen) == 1


def date_in(seconds: float, zone: str) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True).replace(" GMT", zone)


@pytest.mark.parametrize(
    ("header", "details", "seconds"),
    [
        ("", [], None),
        ("12", [], 12),
        ("1.5", [], 1.5),
        ("-5", [], 0),
        ("inf", [], None),
        ("nan", [], None),
        ("soon", [], None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", [], None),
        ("Wed, 21 Oct 2026 07:28:00 +99999999999999", [], None),
        ("12", [RETRY], 34.5),
        ("", [None, {"retryDelay": 7}, {"retryDelay": "xs"}, {"retryDelay": "infs"}, RETRY], 34.5),
        ("12", [{"retryDelay": "-1s"}], 0),
        ("12", [{"retryDelay": "34"}], 12),
    ],
)
def test_when_to_come_back(server: Server, header: str, details: list[Any], seconds: float | None) -> None:
    server.answers["/x"] = answer(429, error("RESOURCE_EXHAUSTED", "Slow down", *details), Retry_After=header)
    with pytest.raises(errors.RateLimitError) as caught:
        send(server.url)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("zone", [" GMT", " -0000", ""])
@pytest.mark.parametrize(("ahead", "seconds"), [(3600, 3600), (-3600, 0)])
def test_a_date_to_come_back_at(server: Server, zone: str, ahead: float, seconds: float) -> None:
    server.answers["/x"] = answer(429, error("RESOURCE_EXHAUSTED", "Slow down"), Retry_After=date_in(ahead, zone))
    with pytest.raises(errors.RateLimitError) as caught:
        send(server.url)
    assert caught.value.retry_after == pytest.approx(seconds, abs=60)


def test_a_strange_digit_is_no_time_to_come_back(server: Server) -> None:
    server.answers["/x"] = answer(429, {}).replace(b"Connection", b"Retry-After: \xb2\r\nConnection")
    with pytest.raises(errors.RateLimitError) as caught:
        send(server.url)
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(200, b"<html>Sign in</html>", **PAGE), "answered with text/html instead of JSON"),
        (answer(200, b"", Content_Type=""), "gave an empty answer instead of JSON"),
        (answer(200, b"{", Content_Type=""), "an empty page instead of JSON"),
        (answer(200, b""), "gave an empty answer instead of JSON"),
        (answer(200, b'{"name": '), "instead of JSON"),
        (answer(200, b"\xff\xfe\xfa"), "instead of JSON"),
        (answer(200, b"[" * 100_000), "instead of JSON"),
        (answer(204), "gave an empty answer instead of JSON"),
    ],
)
def test_an_answer_that_is_no_json_cannot_be_read(server: Server, reply: bytes, words: str) -> None:
    server.answers["/x"] = reply
    with pytest.raises(InvalidReplyError, match=words):
        send(server.url, body={})


def test_a_refused_connection_was_never_sent() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(NoAnswerError, match="could not be reached") as caught:
            send(url, body={})
    assert caught.value.sent is False
    assert url in str(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"nonsense\r\n\r\n",
        answer(200, {"name": "n"})[:-3],
        answer(200, b"not gzip", Content_Encoding="gzip"),
    ],
    ids=["nothing", "half a head", "no http", "half a body", "not gzip"],
)
def test_a_connection_that_breaks_may_have_been_heard(server: Server, reply: bytes) -> None:
    server.answers["/x"] = reply
    with pytest.raises(NoAnswerError, match="did not answer") as caught:
        send(server.url, body={})
    assert caught.value.sent is True
    assert not str(caught.value).endswith("..")
    assert len(server.seen) == 1


@pytest.mark.parametrize("key", ["AIza\nsecret", "AIza\x00secret", "AIzaсekret", "“AIza-secret”"])
def test_a_key_that_cannot_be_sent_is_not_shown(server: Server, key: str) -> None:
    with pytest.raises(NoAnswerError, match="a character that cannot be sent") as caught:
        send(server.url, body={}, key=key)
    assert caught.value.sent is False
    assert "AIza" not in str(caught.value)
    assert server.seen == []


def test_nothing_is_kept_of_a_closed_transport(server: Server) -> None:
    server.answers["/x"] = answer(200, {"n": 1})

    async def run() -> list[Any]:
        made = Transport()
        call = Call("poll", "GET", f"{server.url}/x")
        replies = [await made.send(call, account(server.url))]
        await made.aclose()
        await made.aclose()
        replies.append(await made.send(call, account(server.url)))
        await made.aclose()
        return [reply.body for reply in replies]

    assert anyio.run(run) == [{"n": 1}, {"n": 1}]


def test_many_calls_at_once_all_come_back(server: Server) -> None:
    server.answers["/x"] = answer(200, {})

    async def run() -> int:
        done = 0
        async with transport() as made:

            async def one() -> None:
                nonlocal done
                await made.send(Call("poll", "GET", f"{server.url}/x"), account(server.url))
                done += 1

            async with anyio.create_task_group() as tasks:
                for _ in range(100):
                    tasks.start_soon(one)
        return done

    assert anyio.run(run) == len(server.seen) == 100


# Downloads

CLIP = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 4000


def test_a_clip_arrives_as_it_was_sent(server: Server) -> None:
    server.answers["/f?alt=media"] = answer(200, CLIP)
    assert download(server.url, f"{server.url}/f?alt=media") == (len(CLIP), CLIP)
    ((method, _, headers, _),) = server.seen
    assert (method, headers["x-goog-api-key"], headers["accept-encoding"]) == ("GET", KEY, "identity")


def test_a_length_may_be_missing_or_mean_something_else(server: Server) -> None:
    server.answers["/open"] = answer(200, CLIP, Content_Length="")
    assert download(server.url, f"{server.url}/open") == (None, CLIP)
    server.answers["/gzip"] = answer(200, gzip.compress(CLIP), Content_Encoding="gzip")
    assert download(server.url, f"{server.url}/gzip") == (None, CLIP)


def test_a_clip_that_breaks_off_is_no_answer(server: Server) -> None:
    server.answers["/f"] = answer(200, CLIP)[: len(CLIP) // 2]
    with pytest.raises(NoAnswerError):
        download(server.url, f"{server.url}/f")


@pytest.mark.parametrize(
    ("status", "kind"), [(403, errors.PermissionDeniedError), (404, errors.NotFoundError), (500, VeoError)]
)
def test_an_error_instead_of_a_clip(server: Server, status: int, kind: type[VeoError]) -> None:
    server.answers["/f"] = answer(status, error("X", "Gone"))
    with pytest.raises(kind, match="Gone"):
        download(server.url, f"{server.url}/f")


def test_an_error_that_breaks_off_is_no_answer(server: Server) -> None:
    server.answers["/f"] = answer(404, error("X", "Gone"))[:-5]
    with pytest.raises(NoAnswerError):
        download(server.url, f"{server.url}/f")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_key_stays_with_its_own_origin(server: Server, other: Server, status: int) -> None:
    server.answers["/f"] = answer(status, b"moved", Location="/g?x=1")
    server.answers["/g?x=1"] = answer(status, b"moved", Location=f"{other.url}/h")
    other.answers["/h"] = answer(200, CLIP)
    assert download(server.url, f"{server.url}/f") == (len(CLIP), CLIP)
    assert [headers.get("x-goog-api-key") for _, _, headers, _ in server.seen] == [KEY, KEY]
    ((_, path, headers, _),) = other.seen
    assert path == "/h"
    assert KEY not in " ".join((path, *headers.values()))
    assert not {"x-goog-api-key", "authorization", "cookie", "referer"} & set(headers)


def test_a_clip_at_a_strange_origin_is_fetched_without_a_key(server: Server, other: Server) -> None:
    other.answers["/h"] = answer(200, CLIP)
    assert download(server.url, f"{other.url}/h")[1] == CLIP
    assert KEY not in str(other.seen)


def test_a_token_goes_to_googles_own_storage_and_no_further(server: Server) -> None:
    agent = replace(account(server.url), provider=PROVIDERS["agent_platform"])
    agent = replace(agent, endpoint=Endpoint("agent_platform", AGENT_PLATFORM, server.url, "p", "l"))
    for url, trusted in (
        ("https://storage.googleapis.com/storage/v1/b/x/o/y?alt=media", True),
        ("https://storage.googleapis.com:443/x", True),
        (f"{server.url}/x", True),
        ("http://storage.googleapis.com/x", False),
        ("https://storage.googleapis.com.evil.example/x", False),
        ("https://storage.googleapis.com@evil.example/x", False),
        ("https://evil.example/storage.googleapis.com", False),
        ("https://storage.googleapis.com:8443/x", False),
    ):
        assert agent.trusts(url) is trusted, url
        assert not account("https://h").trusts(url), url


@pytest.mark.parametrize(("hops", "arrives"), [(1, True), (5, True), (6, False)])
def test_redirects_are_followed_five_times(server: Server, hops: int, *, arrives: bool) -> None:
    for hop in range(hops):
        server.answers[f"/{hop}"] = answer(302, b"", Location=f"{server.url}/{hop + 1}")
    server.answers[f"/{hops}"] = answer(200, CLIP)
    if arrives:
        assert download(server.url, f"{server.url}/0")[1] == CLIP
    else:
        with pytest.raises(DownloadError, match="more than 5 times"):
            download(server.url, f"{server.url}/0")
    assert len(server.seen) == min(hops + 1, 6)


def test_a_redirect_to_itself_ends(server: Server) -> None:
    server.answers["/f"] = answer(302, b"", Location="/f")
    with pytest.raises(DownloadError, match="more than 5 times"):
        download(server.url, f"{server.url}/f")


@pytest.mark.parametrize("location", ["ftp://x/y", "file:///etc/passwd", "data:video/mp4;base64,AAAA", "javascript:1"])
def test_a_redirect_to_something_else_than_http_is_not_followed(server: Server, location: str) -> None:
    server.answers["/f"] = answer(302, b"", Location=location)
    with pytest.raises(VeoError):
        download(server.url, f"{server.url}/f")
    assert len(server.seen) == 1


def test_a_secure_address_is_not_left_for_an_open_one() -> None:
    assert redirected("https://a/b", "c") == "https://a/c"
    assert redirected("http://a/b", "https://a/b") == "https://a/b"
    for location in ("http://a/b", "http://a:443/b", "ftp://a"):
        with pytest.raises(DownloadError, match="not followed"):
            redirected("https://a/b", location)
    with pytest.raises(DownloadError, match="not an address"):
        redirected("https://a/b", "https://[::1/x")


@pytest.mark.parametrize("location", ["http://[::1/x", "http://127.0.0.1:abc/", "http://127.0.0.1:99999/", "http://"])
@pytest.mark.parametrize("redirected", [True, False])
def test_an_address_that_is_none_is_an_error_of_ours(server: Server, location: str, *, redirected: bool) -> None:
    server.answers["/f"] = answer(302, b"", Location=location)
    with pytest.raises(VeoError):
        download(server.url, f"{server.url}/f" if redirected else location)


def test_a_slow_download_does_not_hold_up_a_poll(server: Server, other: Server) -> None:
    server.answers["/x"] = answer(200, {"n": 1})
    other.answers["/f"] = answer(200, CLIP)

    async def run() -> tuple[Any, list[bytes]]:
        async with transport() as made:
            signed = account(server.url)
            async with made.stream(Call("content", "GET", f"{other.url}/f"), signed) as stream:
                reply = await made.send(Call("poll", "GET", f"{server.url}/x"), signed)
                return reply.body, [chunk async for chunk in stream.chunks]

    body, rest = anyio.run(run)
    assert body == {"n": 1}
    assert b"".join(rest) == CLIP


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Host/x", "https://host"),
        ("https://host:443/x", "https://host"),
        ("http://host:80", "http://host"),
        ("http://host:443", "http://host:443"),
        ("https://user:pass@host:8443/x?y#z", "https://host:8443"),
        ("https://good.example@evil.example/", "https://evil.example"),
        ("https://good.example\\@evil.example/", "https://evil.example"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, expected: str) -> None:
    assert origin(url) == expected


def send_call(call: Call, base_url: str) -> Reply:
    async def run() -> Reply:
        async with transport() as made:
            return await made.send(call, account(base_url))

    return anyio.run(run)


def test_a_form_carries_texts_and_files(server: Server) -> None:
    server.answers["/x"] = answer(200, {"id": "video_1"})
    form = (Field("prompt", "Größe <é>"), Field("input_reference", b"\x89PNG\r\n", "cat.png", "image/png"))
    assert send_call(Call("create", "POST", server.url + "/x", form=form), server.url).body == {"id": "video_1"}
    ((method, _, headers, body),) = server.seen
    assert method == "POST"
    kind, _, boundary = headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    text, file, rest = body.removeprefix(b"--").replace(b"\r\n--" + boundary.encode(), b"\0").split(b"\0")
    assert rest == b"--\r\n"
    head, _, value = text.partition(b"\r\n\r\n")
    assert b'name="prompt"' in head
    assert b"filename" not in head
    assert value.decode() == "Größe <é>"
    head, _, value = file.partition(b"\r\n\r\n")
    assert b'name="input_reference"; filename="cat.png"' in head
    assert b"Content-Type: image/png" in head
    assert value == b"\x89PNG\r\n"
    assert headers["x-goog-api-key"] == KEY


@pytest.mark.parametrize("path", ["/videos/video_bGl0%2Bg%3D%3D", "/videos/video_a%253D", "/videos/a%2Fb"])
def test_an_id_arrives_as_it_was_encoded(server: Server, path: str) -> None:
    server.answers[path] = answer(200, {})
    send_call(Call("poll", "GET", server.url + path), server.url)
    assert server.seen[0][1] == path


@pytest.mark.parametrize(("method", "status"), [("DELETE", 200), ("POST", 204)])
def test_only_a_cancel_may_be_answered_with_nothing(server: Server, method: Any, status: int) -> None:
    server.answers["/x"] = answer(status)
    assert send_call(Call("cancel", method, server.url + "/x"), server.url) == Reply(status, None)
    assert server.seen[0][0] == method
    with pytest.raises(InvalidReplyError):
        send_call(Call("poll", "GET", server.url + "/x"), server.url)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"openai_poll_after_ms": "1500"}, 1.5),
        ({"retry_after_ms": "250", "Retry_After": "9"}, 0.25),
        ({"openai_poll_after_ms": "soon", "Retry_After": "9"}, 9),
    ],
)
def test_a_pause_may_be_told_in_milliseconds(server: Server, headers: dict[str, str], seconds: float) -> None:
    server.answers["/x"] = answer(200, {}, **headers)
    assert send(server.url).retry_after == seconds


def fetch(url: str, provider: str, limit: int = 1000, seconds: float = 10) -> bytes:
    async def run() -> bytes:
        async with transport() as made:
            return await made.fetch(url, account(provider), limit, seconds)

    return anyio.run(run)


def test_what_is_on_the_web_is_read_without_a_key(server: Server, other: Server) -> None:
    other.answers["/a.png?x=1"] = answer(302, b"", Location="/b.png")
    other.answers["/b.png"] = answer(200, b"a picture")
    assert fetch(f"{other.url}/a.png?x=1", server.url) == b"a picture"
    for _, _, headers, _ in other.seen:
        assert headers["host"] == other.url.removeprefix("http://")
        assert not {"x-goog-api-key", "authorization"} & set(headers)
    assert server.seen == []


def test_a_host_is_asked_by_the_number_that_was_checked(server: Server) -> None:
    server.answers["/a.png"] = answer(200, b"a picture")
    assert fetch(f"http://localhost:{server.port}/a.png", server.url) == b"a picture"
    assert server.seen[0][2]["host"] == f"localhost:{server.port}"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(404, b""), r"The answer was HTTP 404\."),
        (answer(200, bytes(1001)), r"It has more than 0.001 MB\."),
        (answer(302, b"", Location="/a.png"), r"redirected more than 5 times\."),
        (answer(302, b"", Location="file:///etc/passwd"), "redirected to 'file', which is not followed"),
        (answer(302, b"", Location="http://169.254.169.254/token"), "169.254.169.254 is a link-local address"),
        (answer(302, b"", Location="http://10.1.2.3/"), "10.1.2.3 is a private address, which is never fetched"),
        (answer(200, b"half", Content_Length="9"), "The connection broke"),
        (b"", "did not answer"),
    ],
)
def test_what_cannot_be_read_says_why(server: Server, reply: bytes, words: str) -> None:
    server.answers["/a.png"] = reply
    with pytest.raises(DownloadError, match=words):
        fetch(f"{server.url}/a.png", server.url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"])
def test_a_provider_of_the_world_is_no_reason_to_ask_this_machine(server: Server, host: str) -> None:
    with pytest.raises(DownloadError, match="is this machine itself, which is never fetched"):
        fetch(f"http://{host}:{server.port}/a.png", "https://8.8.8.8")
    assert server.seen == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http:///x", "http://a:b@127.0.0.1/", "http://127.0.0.1:x/"])
def test_what_is_no_web_address_is_not_read(server: Server, url: str) -> None:
    with pytest.raises(DownloadError, match="not an http:// or https:// address"):
        fetch(url, server.url)


def test_a_host_that_is_not_there_or_takes_for_ever(server: Server) -> None:
    with pytest.raises(DownloadError, match=r"There is no host nowhere\.invalid\."):
        fetch("http://nowhere.invalid/a.png", server.url)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(DownloadError, match=r"It takes longer than 0.05 s\."):
            fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/", server.url, seconds=0.05)


@pytest.mark.parametrize(
    ("number", "near"),
    [
        ("8.8.8.8", ""),
        ("2606:4700:4700::1111", ""),
        ("10.0.0.1", "a private address"),
        ("192.168.1.1", "a private address"),
        ("100.64.0.1", "a private address"),
        ("fd00::1", "a private address"),
        ("224.0.0.1", "a private address"),
        ("2002:a00:1::", "a private address"),
        ("169.254.169.254", "a link-local address"),
        ("fe80::1", "a link-local address"),
        ("::ffff:127.0.0.1", "this machine itself"),
        ("::", "this machine itself"),
    ],
)
def test_how_near_a_number_is(number: str, near: str) -> None:
    assert nearness(number) == near


class ProtocolError(Exception):
    """As the library for SOCKS raises it."""


ProtocolError.__module__ = "socksio.exceptions"


def test_a_proxy_that_speaks_no_socks_was_sent_nothing() -> None:
    class Socks(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
            raise ProtocolError("Malformed reply")

    async def ask() -> None:
        made = Transport(_Routed(Routes(lambda _tls, _proxy: Socks(), TlsContexts(httpx.create_ssl_context))))
        try:
            await made.send(Call("poll", "GET", "http://127.0.0.1:1/x"), account("http://127.0.0.1:1"))
        finally:
            await made.aclose()

    with pytest.raises(NoAnswerError, match="the proxy said: it does not speak SOCKS5") as caught:
        anyio.run(ask)
    assert not caught.value.sent
