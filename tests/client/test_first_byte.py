"""The moment in which a create leaves: told once, after the connection and before the first byte, and never in vain."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import anyio
import pytest

from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.accounts import Account
from veo_widgets.config.credentials import ApiKey, Secret
from veo_widgets.domain.catalog import OPENAI
from veo_widgets.domain.errors import BudgetError, NoAnswerError, ServiceError, VeoError
from veo_widgets.providers.registry import PROVIDERS, Endpoint
from veo_widgets.providers.wires import Call

from ..raw_server import Server, answer

Begin = Callable[[], Awaitable[None]]


@pytest.fixture
def service() -> Iterator[Server]:
    with Server() as server:
        server.answers["/v1/videos"] = answer(200, {"id": "video_1"})
        yield server


def posted(base_url: str, begin: Begin, key: str = "sk-x", transport: Callable[[], Transport] = Transport) -> None:
    account = Account(PROVIDERS["openai"], Endpoint("openai", OPENAI, base_url), ApiKey(Secret(key)))

    async def run() -> None:
        made = transport()
        try:
            call = Call("create", "POST", f"{base_url}/v1/videos", json={"prompt": "A cat"})
            await made.post(await made.prepare(call, account), begin)
        finally:
            await made.aclose()

    anyio.run(run)


WINDOW = """
import sys
from veo_widgets.client.transport.transport import Transport
from tests.client.test_first_byte import posted
loaded = set()
class Watched(Transport):
    async def prepare(self, *asked):
        letter = await super().prepare(*asked)
        loaded.update(sys.modules)
        return letter
async def begin():
    print(sorted(set(sys.modules) - loaded))
posted(sys.argv[1], begin, transport=Watched)
"""


def test_nothing_is_loaded_between_the_intent_and_the_first_byte(service: Server) -> None:
    """Loading httpcore takes a tenth of a second; whoever is killed in it has sent nothing."""
    done = subprocess.run(
        [sys.executable, "-c", WINDOW, service.url], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.stdout == "[]\n", done.stderr


def test_it_is_told_once_and_before_the_service_hears_anything(service: Server) -> None:
    heard: list[int] = []

    async def begin() -> None:
        # Time enough for a byte to arrive, had one left.
        await anyio.sleep(0.05)
        heard.append(len(service.seen))

    posted(service.url, begin)
    assert (heard, len(service.seen)) == ([0], 1)


@pytest.mark.parametrize("error", [BudgetError("Too dear."), VeoError("Not ours."), ServiceError("Odd.", status=503)])
def test_what_speaks_against_it_keeps_it_here(service: Server, error: VeoError) -> None:
    async def begin() -> None:
        raise error

    with pytest.raises(VeoError) as caught:
        posted(service.url, begin)
    assert caught.value is error
    assert service.seen == []


async def never() -> None:
    raise AssertionError("it was said to leave")


def test_nobody_listens() -> None:
    with pytest.raises(NoAnswerError, match="could not be reached") as caught:
        posted("http://127.0.0.1:9", never)
    assert not caught.value.sent


def test_what_answers_speaks_no_tls(service: Server) -> None:
    with pytest.raises(NoAnswerError, match="could not be reached") as caught:
        posted(service.url.replace("http:", "https:"), never)
    assert not caught.value.sent


def test_a_header_that_cannot_be_sent_is_found_before_the_intent(service: Server) -> None:
    with pytest.raises(NoAnswerError, match="a character that cannot be sent") as caught:
        posted(service.url, never, key="sk-\u20ac")
    assert not caught.value.sent
    assert service.seen == []


# A program of its own: httpx reads the proxy from the environment when its client is made.
THROUGH_A_PROXY = """
import anyio, sys
from tests.client.test_first_byte import posted
from veo_widgets.domain.errors import NoAnswerError

began = []

async def begin():
    began.append(True)

try:
    posted("https://service.invalid", begin)
except NoAnswerError as error:
    print(error.sent, began, error)
"""


@pytest.mark.parametrize("refusal", [answer(403), answer(407), answer(502), b""])
def test_a_proxy_that_refuses_to_connect_has_let_nothing_through(refusal: bytes) -> None:
    with Server() as proxy:
        proxy.answers["service.invalid:443"] = refusal
        ran = subprocess.run(
            [sys.executable, "-c", THROUGH_A_PROXY],
            env={**os.environ, "HTTPS_PROXY": proxy.url, "NO_PROXY": "", "no_proxy": ""},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
        )
        assert [method for method, *_ in proxy.seen] == ["CONNECT"]
    assert ran.stdout.startswith("False [] "), ran.stdout + ran.stderr
