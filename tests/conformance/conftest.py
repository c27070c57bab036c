"""Real clients in environments of their own, a real LiteLLM proxy, and what they are given."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image

from veo_widgets.emulator import Emulator, Pace

from ..made_clips import Made
from .environments import python_of
from .litellm_proxy import LiteLLMProxy
from .server_process import ServerProcess

Json = dict[str, Any]
PROGRAMS = Path(__file__).parent / "programs"
_PATIENCE_SECONDS = 600


def surroundings(home: Path) -> dict[str, str]:
    """The environment of a client: none of the user's keys, and no way out of this machine."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        # LiteLLM would fetch its price list from GitHub at every start.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        # Where nobody listens: what tries to leave fails at once and is seen.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
    }


@pytest.fixture(scope="session")
def run_program(shared_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Json]:
    """Run a program in an environment, against the emulator as it is, and read what it prints."""

    def in_environment(environment: str, program: str, **said: Any) -> Json:
        folder = tmp_path_factory.mktemp(program)
        given = {"base_url": shared_emulator.base_url, "key": "a-key", "folder": str(folder), **said}
        done = subprocess.run(
            [str(python_of(environment)), str(PROGRAMS / f"{program}.py")],
            input=json.dumps(given),
            env=surroundings(folder),
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed: Json = json.loads(done.stdout)
        return printed

    return in_environment


@pytest.fixture
def run(run_program: Callable[..., Json], emulator: Emulator) -> Callable[..., Json]:
    """Run a program against an emulator with an empty journal."""
    return run_program


@pytest.fixture(scope="session")
def guarded_emulator() -> Iterator[Emulator]:
    """An emulator that knows one key, which is a token too: ``the-studio's``."""
    with Emulator(pace=Pace.polls(1), clips="small", keys=["the-studio's"]) as emulator:
        yield emulator


@pytest.fixture
def guarded(guarded_emulator: Emulator) -> Emulator:
    """That emulator, with an empty journal."""
    guarded_emulator.reset()
    return guarded_emulator


@pytest.fixture(scope="session")
def service_account(shared_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The key file of a service account that exists nowhere; the emulator gives out its tokens."""
    return account_file(shared_emulator, tmp_path_factory.mktemp("account"))


def account_file(emulator: Emulator, folder: Path) -> Path:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*form).decode()
    path = folder / "service-account.json"
    account = {
        "type": "service_account",
        "project_id": "films",
        "private_key_id": "1",
        "private_key": key,
        "client_email": "tests@films.iam.gserviceaccount.com",
        "token_uri": f"{emulator.base_url}/token",
    }
    path.write_text(json.dumps(account))
    return path


@pytest.fixture(scope="session")
def emulator_of_the_proxy() -> Iterator[Emulator]:
    """One of its own: the proxy asks which models there are whenever it likes, also during other files' tests."""
    with Emulator(pace=Pace.polls(1), clips="small") as emulator:
        yield emulator


@pytest.fixture
def emulator_behind_proxy(emulator_of_the_proxy: Emulator) -> Emulator:
    """The emulator that the proxy stands in front of, with an empty journal."""
    emulator_of_the_proxy.reset()
    return emulator_of_the_proxy


@pytest.fixture(scope="session")
def proxy_of_the_session(
    emulator_of_the_proxy: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiteLLMProxy]:
    upstream = {
        "GEMINI_API_BASE": emulator_of_the_proxy.base_url,
        "GATEWAY_API_BASE": f"{emulator_of_the_proxy.base_url}/v1",
        "GEMINI_API_KEY": "the-operators-key",
        "SERVICE_ACCOUNT_FILE": str(account_file(emulator_of_the_proxy, tmp_path_factory.mktemp("account"))),
    }
    environment = surroundings(tmp_path_factory.mktemp("proxy")) | upstream
    with LiteLLMProxy(python_of("litellm"), environment) as proxy:
        yield proxy


@pytest.fixture
def litellm_proxy(proxy_of_the_session: LiteLLMProxy, emulator_behind_proxy: Emulator) -> LiteLLMProxy:
    """A LiteLLM proxy in front of an emulator with an empty journal; its models are in litellm.yaml."""
    return proxy_of_the_session


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[str], str]:
    """Make a small picture in a colour and give its path; small, so that the journal keeps it whole."""

    def make(colour: str) -> str:
        path = tmp_path / f"{colour}.png"
        Image.new("RGB", (16, 16), colour).save(path)
        return str(path)

    return make


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ServerProcess]]:
    """Start a program of ``servers`` with what it is told; one that runs already is taken, and has forgotten all."""
    clip = Made(seconds=1, flash=0.5, size=(64, 36)).write(tmp_path_factory.mktemp("clip") / "clip.mp4")
    running: dict[str, ServerProcess] = {}
    with ExitStack() as stack:

        def start(program: str, **said: Any) -> ServerProcess:
            mark = json.dumps([program, said], sort_keys=True)
            if mark not in running:
                server = ServerProcess(program, tmp_path_factory.mktemp(program), clip, **said)
                running[mark] = stack.enter_context(server)
            running[mark].forget()
            return running[mark]

        yield start
