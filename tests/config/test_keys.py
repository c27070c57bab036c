"""Where keys are looked for, in which order, and what is asked last or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import anyio
import pytest

from veo_widgets.config.accounts import account
from veo_widgets.config.credentials import Secret
from veo_widgets.config.environment import dotenv_file, read_dotenv, read_environment
from veo_widgets.config.keys import _answer_within, key_of
from veo_widgets.config.resolution import choose_provider
from veo_widgets.config.settings import Settings
from veo_widgets.domain.catalog import GEMINI_API
from veo_widgets.domain.errors import ConfigError
from veo_widgets.providers.registry import LITELLM, PROVIDERS

GEMINI = PROVIDERS["gemini"]


def dotenv(folder: Path, text: str) -> Path:
    (folder / ".env").write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("GEMINI_API_KEY=abc", "abc"),
        ("  export GEMINI_API_KEY = 'a b'  # why", "a b"),
        ('GEMINI_API_KEY="a$HOME"', "a$HOME"),
        ("GEMINI_API_KEY=a#b # c", "a#b"),
        ("GEMINI_API_KEY=", ""),
        ("GEMINI_API_KEY= # none", ""),
        ("\ufeffGEMINI_API_KEY=x\r\n", "x"),
        ("# GEMINI_API_KEY=x", None),
        ("OTHER='open\nGEMINI_API_KEY=x", "x"),
        ("HOME=x", None),
    ],
)
def test_lines_of_ours_are_read_and_nothing_is_expanded(tmp_path: Path, line: str, value: str | None) -> None:
    found = read_dotenv(dotenv(tmp_path, line) / ".env")
    assert found == ({} if value is None else {"GEMINI_API_KEY": value})


@pytest.mark.parametrize("value", ["'open", '"open', '"a\\nb"', "a'b", "'a' b"])
def test_a_line_that_cannot_be_read_is_named_and_not_quoted(tmp_path: Path, value: str) -> None:
    path = dotenv(tmp_path, f"A=1\nGEMINI_API_KEY={value}") / ".env"
    with pytest.raises(ConfigError, match="line 2: the value of GEMINI_API_KEY cannot be read") as caught:
        read_dotenv(path)
    assert value not in str(caught.value)


def test_the_nearest_file_within_the_project_counts(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "films" / "cats"
    inner.mkdir(parents=True)
    dotenv(tmp_path, "GEMINI_API_KEY=strangers")
    assert dotenv_file(inner) is None
    (tmp_path / "project" / "pyproject.toml").touch()
    assert dotenv_file(inner) is None
    dotenv(tmp_path / "project", "")
    assert dotenv_file(inner) == tmp_path / "project" / ".env"
    (inner / ".env").mkdir()
    assert dotenv_file(inner) == tmp_path / "project" / ".env"


def test_one_order(tmp_path: Path) -> None:
    dotenv(tmp_path, "GEMINI_API_KEY=from-file")
    both = read_environment({"GEMINI_API_KEY": "from-environment"}, tmp_path)
    alone = read_environment({}, tmp_path)
    given = Secret("given-key", "configure()")
    found = [key_of(GEMINI, key, environ) for key, environ in ((given, both), (None, both), (None, alone))]
    assert [key.reveal() for key in found] == ["given-key", "from-environment", "from-file"]
    assert [key.source for key in found] == ["configure()", "environment GEMINI_API_KEY", ".env GEMINI_API_KEY"]
    assert choose_provider(None, "", Settings(), alone).name == "gemini"
    assert not key_of(GEMINI, None, read_environment({"VEO_DOTENV": "0"}, tmp_path))


@pytest.mark.parametrize(
    ("file", "environ", "given", "address"),
    [
        ("LITELLM_PROXY_API_KEY=file-key\n", {}, None, "http://files"),
        # A file's address gets no key but the file's.
        ("", {"LITELLM_PROXY_API_KEY": "mine-1"}, None, None),
        ("LITELLM_PROXY_API_KEY=file-key\n", {"LITELLM_PROXY_API_KEY": "mine-1"}, None, None),
        ("LITELLM_PROXY_API_KEY=file-key\n", {}, Secret("mine-1"), None),
        ("", {}, None, None),
    ],
)
def test_a_file_sends_no_key_of_yours_to_its_address(
    tmp_path: Path, file: str, environ: dict, given: Secret | None, address: str | None
) -> None:
    dotenv(tmp_path, f"{file}LITELLM_PROXY_API_BASE=http://files\nGOOGLE_VERTEX_BASE_URL=http://files\n")
    environment = read_environment(environ, tmp_path)
    assert "GOOGLE_VERTEX_BASE_URL" not in environment
    settings = Settings(provider="litellm", api_key=given)
    if address is None:
        with pytest.raises(ConfigError, match="no address was found"):
            account(PROVIDERS["litellm"], LITELLM, settings, environment)
    else:
        found = account(PROVIDERS["litellm"], LITELLM, settings, environment)
        assert found.endpoint.base_url == address
        assert anyio.run(found.credentials.headers) == {"authorization": "Bearer file-key"}


@pytest.mark.parametrize(
    "address", ["https://me:pass-word-1@host", "https://host/?key=pass-word-1", "https://h/#pass-word-1"]
)
def test_an_address_with_a_key_in_it_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="where others would see a key") as caught:
        account(GEMINI, GEMINI_API, Settings(provider="gemini", base_url=address, api_key=Secret("k")), {})
    assert "pass-word-1" not in str(caught.value)


COLAB = """
class SecretNotFoundError(Exception): pass
class NotebookAccessError(Exception): pass
asked = []
def get(name):
    asked.append(name)
    if name == "GOOGLE_API_KEY":
        raise NotebookAccessError(name)
    if name == "GEMINI_API_KEY":
        return "colab-key"
    raise SecretNotFoundError(name)
"""
# A keyring of a test's own, of which the real package is told in the environment.
BACKEND = """
import os
from keyring.backend import KeyringBackend

class Backend(KeyringBackend):
    priority = 9
    kept = {}

    def get_password(self, service, name):
        return self.kept.get((service, name))

    def set_password(self, service, name, key):
        if os.environ.get("FULL"):
            raise RuntimeError("no room for " + key)
        self.kept[service, name] = key

    def delete_password(self, service, name):
        del self.kept[service, name]
"""
SIGN = """
import anyio
from veo_widgets.config.accounts import account
from veo_widgets.config.environment import read_environment
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import VeoError
from veo_widgets.providers.registry import PROVIDERS

def sign(name="gemini"):
    try:
        provider = PROVIDERS[name]
        settings = Settings(provider=name)
        found = account(provider, provider.surfaces[0], settings, read_environment())
        print(*(value.encode().decode() for value in anyio.run(found.credentials.headers).values()))
    except VeoError as error:
        print(type(error).__name__, error)
"""


def run(folder: Path, program: str, said: str = "", **variables: str) -> str:
    names = {name for provider in PROVIDERS.values() for name in (*provider.key_env, *provider.url_env)}
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    environment = {**inherited, "PYTHONPATH": path, "HOME": str(folder), **variables}
    ran = subprocess.run(
        [sys.executable, "-c", SIGN + program],
        input=said,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
        # Without a terminal a key is read from standard input.
        start_new_session=True,
    )
    return ran.stdout.strip()


def test_colab_is_asked_in_its_kernel_only(tmp_path: Path) -> None:
    (tmp_path / "google" / "colab").mkdir(parents=True)
    (tmp_path / "google" / "colab" / "__init__.py").touch()
    (tmp_path / "google" / "colab" / "userdata.py").write_text(COLAB)
    assert run(tmp_path, "sign()", VEO_KEYRING="0").startswith("ConfigError Gemini Developer API: no key was found.")
    program = (
        "import google.colab.userdata as u\nsign(); sign(); print(*u.asked); sign('openai'); "
        "from veo_widgets.config.keys import stored_key; print(stored_key(PROVIDERS['gemini'], {}).source)"
    )
    assert run(tmp_path, program, VEO_KEYRING="0").splitlines() == [
        "colab-key",
        "colab-key",
        "GOOGLE_API_KEY GEMINI_API_KEY",
        "ConfigError OpenAI: no key was found. Set OPENAI_API_KEY, or call veo.configure(api_key=…).",
        "Colab secret GEMINI_API_KEY",
    ]
    assert (
        run(tmp_path, program.replace("print(*u.asked)", "print(u.asked)"), GEMINI_API_KEY="mine-1").split()[2] == "[]"
    )


def test_login_keeps_a_key_in_the_keyring(tmp_path: Path) -> None:
    pytest.importorskip("keyring")
    (tmp_path / "ring.py").write_text(BACKEND)
    login = "import ring, veo_widgets as veo\nfrom veo_widgets.config import keys\nveo.login('gemini')\n"
    ring = {"PYTHON_KEYRING_BACKEND": "ring.Backend"}
    forget = "keys._found.clear()\nprint(*ring.Backend.kept)\nsign()"
    assert run(tmp_path, login + forget, "typed-key-1\n", **ring).splitlines() == [
        "('veo_widgets', 'gemini')",
        "typed-key-1",
    ]
    # A key that is piped in is shown to nobody, so there is nothing to warn of.
    assert run(tmp_path, "import warnings; warnings.simplefilter('error')\n" + login + forget, "typed-key-1\n", **ring)
    assert "no key was found" in run(tmp_path, "sign()", **ring)
    assert "no key was found" in run(tmp_path, "sign()", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    refused = "import veo_widgets as veo\ntry: veo.login('gemini')\nexcept veo.VeoError as error: print(error)"
    assert run(tmp_path, refused, "typed-key-1\n", FULL="1", **ring) == (
        "The keyring did not keep the key (RuntimeError: no room for [key]). Set GOOGLE_API_KEY instead."
    )
    assert run(tmp_path, refused, "\n", **ring) == "Nothing was entered and nothing was kept."
    nobody = run(tmp_path, refused, "", **ring)
    assert nobody == "There is nobody here to enter a key. Set GOOGLE_API_KEY instead."


def test_login_keeps_the_key_of_one_address(tmp_path: Path) -> None:
    pytest.importorskip("keyring")
    (tmp_path / "ring.py").write_text(BACKEND)
    program = """
import ring, veo_widgets as veo
from veo_widgets.config import keys
try:
    veo.login("server")
except veo.VeoError as error:
    print(error)
veo.login("http://box:1/v1")
keys._found.clear()
print(*ring.Backend.kept)
for address in ("http://box:1", "http://box:2"):
    found = account(PROVIDERS["server"], "openai", Settings(base_url=address), read_environment())
    print(*(value.encode().decode() for value in anyio.run(found.credentials.headers).values()), found.lacks_key)
"""
    example = "http://gpu-box:30000"
    assert run(tmp_path, program, "key-of-box-1\n", PYTHON_KEYRING_BACKEND="ring.Backend").splitlines() == [
        f"provider: 'server' may be any server; give the address of the one that the key is for, such as {example}.",
        "('veo_widgets', 'http://box:1')",
        "Bearer key-of-box-1 False",
        "True",
    ]


def test_a_keyring_that_waits_for_somebody_holds_nobody_up() -> None:
    locked = threading.Event()
    assert _answer_within(0.02, "locked", lambda: Secret("k", str(locked.wait()))) is None
    # It is not asked again.
    assert _answer_within(60, "locked", lambda: Secret("k")) is None
    locked.set()
    assert _answer_within(60, "open", lambda: Secret("k")) is not None
