"""Signing with what Google's own library finds, and never showing a key."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anyio
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from veo_widgets.config.accounts import account
from veo_widgets.config.credentials import Secret
from veo_widgets.config.environment import read_environment
from veo_widgets.config.google_login import GoogleToken
from veo_widgets.config.precedence import settings_table
from veo_widgets.config.resolution import choose_provider, found_credentials
from veo_widgets.config.settings import Settings
from veo_widgets.domain.catalog import AGENT_PLATFORM
from veo_widgets.domain.errors import AuthenticationError, ConfigError, NoAnswerError, VeoError
from veo_widgets.emulator import Emulator
from veo_widgets.providers.registry import PROVIDERS

PROGRAM = """
import sys
import veo_widgets as veo
veo.configure(provider="agent_platform", base_url=sys.argv[1], project="films", folder=sys.argv[2])
try:
    # The real service takes minutes where the emulator takes a moment, and the first poll waits for it.
    job = veo.submit("A cat", seconds=4)
    print(job.state, job.record.operation.split("/")[1])
    for _ in range(3):
        client = job.client
        client.call(client.asynchronous.detach, job.id)
        client.call(client.asynchronous.refresh, job.id)
except veo.VeoError as error:
    print(type(error).__name__, error)
"""


def run(emulator: Emulator, folder: Path, **variables: str) -> str:
    # A machine of Google's own would answer for the credentials that are missing here.
    environment = {"PATH": "/usr/bin", "HOME": str(folder), "NO_GCE_CHECK": "true", "VEO_WIDGETS_HOME": str(folder)}
    command = [sys.executable, "-c", PROGRAM, emulator.base_url, str(folder / "clips")]
    done = subprocess.run(
        command, env={**environment, **variables}, capture_output=True, text=True, timeout=600, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def key_file(tmp_path: Path, emulator: Emulator) -> Path:
    """A service account's key file, whose tokens come from the emulator."""
    path = tmp_path / "key.json"
    path.write_text(json.dumps(service_account(emulator.base_url, quota_project_id="studio")))
    return path


def test_application_default_credentials_sign_requests(emulator: Emulator, tmp_path: Path, key_file: Path) -> None:
    assert run(emulator, tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(key_file)) == "queued films"
    create = next(entry for entry in emulator.journal() if entry.kind == "create")
    assert create.path.startswith("/v1/projects/films/locations/us-central1/")
    assert create.headers["authorization"].startswith("Bearer ")
    assert "x-goog-api-key" not in create.headers
    # Signing the create and everything after it takes one token, not one for each request.
    assert [entry.kind for entry in emulator.journal()].count("token") == 1


def test_missing_credentials_say_what_to_do(emulator: Emulator, tmp_path: Path) -> None:
    said = run(emulator, tmp_path)
    assert said.startswith("ConfigError Agent Platform: no Google credentials were found. Run `gcloud auth")
    assert emulator.journal() == []


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret("canary")
    assert "canary" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "canary"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(secret)


class TokenServer:
    """A token service that answers every request alike, and remembers what it was sent."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.gives("anybody")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.seen.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(outer.status)
                self.send_header("content-type", outer.kind)
                self.send_header("content-length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def gives(self, who: str) -> None:
        self.says(200, json.dumps({"access_token": f"token-of-{who}", "expires_in": 3600}))

    def says(self, status: int, body: str, kind: str = "application/json") -> None:
        self.status, self.body, self.kind = status, body.encode(), kind

    def __enter__(self) -> TokenServer:
        threading.Thread(target=self._server.serve_forever).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as server:
        yield server


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


PRIVATE_KEY = private_key()
NAMED = "GOOGLE_APPLICATION_CREDENTIALS"


def service_account(url: str, **others: object) -> dict[str, object]:
    said = {"type": "service_account", "project_id": "films", "private_key": PRIVATE_KEY, "private_key_id": "1"}
    return {**said, "client_email": "robot@films.example", "token_uri": f"{url}/token", **others}


def federated(url: str, source: object) -> dict[str, object]:
    pool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/one"
    kind = "urn:ietf:params:oauth:token-type:jwt"
    said = {"type": "external_account", "audience": pool, "subject_token_type": kind, "credential_source": source}
    return {**said, "token_url": f"{url}/sts"}


def impersonated(url: str, **others: object) -> dict[str, object]:
    account = f"{url}/v1/projects/-/serviceAccounts/robot@films.iam.gserviceaccount.com:generateAccessToken"
    said = {"type": "impersonated_service_account", "service_account_impersonation_url": account}
    return {**said, "source_credentials": service_account(url), **others}


def signed(environ: pytest.MonkeyPatch, value: str, folder: Path) -> dict[str, str]:
    """What credentials that the environment names make of a request, in a process that never signed one."""
    environ.setenv(NAMED, value)
    environ.setenv("NO_GCE_CHECK", "true")
    environ.setenv("CLOUDSDK_CONFIG", str(folder / "gcloud"))
    return anyio.run(GoogleToken().headers)


POINT = "Point it at a file of Google's credentials, or unset it and run `gcloud auth application-default login`."
NEW_KEY = "Make a new key for this service account"
OF_POOL = "Check that the token its credential_source points to is available"
AS_ANOTHER = "roles/iam.serviceAccountTokenCreator"
FILES: dict[str, tuple[object, str, str]] = {
    "empty": ("", "is empty", POINT),
    "no JSON": ("-----BEGIN", "is not JSON", POINT),
    "binary": (b"\xff\xfe\x00", "is not JSON", POINT),
    "a byte order mark": (b"\xef\xbb\xbf{}", "begins with a byte order mark", "Save it as UTF-8 without one."),
    "nested": ("[" * 100_000, "is not JSON", POINT),
    "a list": ([], "is JSON, but not an object with a type", POINT),
    "nothing": (None, "is JSON, but not an object with a type", POINT),
    "without a type": ({"project_id": "films"}, "is JSON without a type", POINT),
    "unknown type": ({"type": "robot"}, "is of the type 'robot'", POINT),
    "a type that is none": ({"type": ["robot"]}, "is of the type \"['robot']\"", POINT),
    "an OAuth client": ({"installed": {"client_id": "x"}}, "is an OAuth client's file", "--client-id-file="),
    "a web client": ({"web": {"client_id": "x"}}, "is an OAuth client's file", "--client-id-file="),
    "a field missing": (service_account("x", private_key=None), "lacks private_key", NEW_KEY),
    "no text": (service_account("x", token_uri=5), "lacks token_uri", NEW_KEY),
    "an empty text": (service_account("x", token_uri=""), "lacks token_uri", NEW_KEY),
    "no key": (service_account("x", private_key="garbage"), "cannot be used: ", NEW_KEY),
    "a login without its secret": ({"type": "authorized_user", "client_id": "x"}, "client_secret and", "login` again."),
    "a pool without a source": (federated("x", "file"), "lacks credential_source", OF_POOL),
    "a pool with an empty source": (federated("x", {"nothing": 1}), "cannot be used: ", OF_POOL),
    "a number for a file": (federated("x", {"file": 1 << 20}), "a credential_source whose file is not a path", OF_POOL),
    "somebody of a number": (
        impersonated("x", source_credentials=federated("x", {"file": 1 << 20})),
        "a credential_source whose file is not a path",
        AS_ANOTHER,
    ),
    "nobody to be": (impersonated("x", service_account_impersonation_url="nobody"), "cannot be used: ", AS_ANOTHER),
    "somebody unknown": (impersonated("x", source_credentials={"type": "robot"}), "cannot be used: ", AS_ANOTHER),
    "a list as somebody": (impersonated("x", source_credentials=[1]), "lacks source_credentials", AS_ANOTHER),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_used_is_named_with_its_fault_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    said, fault, remedy = FILES[name]
    path = tmp_path / "credentials.json"
    path.write_bytes(
        said if isinstance(said, bytes) else (said if isinstance(said, str) else json.dumps(said)).encode()
    )
    with pytest.raises(ConfigError) as caught:
        signed(monkeypatch, str(path), tmp_path)
    assert str(caught.value).startswith(f"Agent Platform: {NAMED} names {str(path)!r}, which ")
    assert fault in str(caught.value)
    assert remedy in str(caught.value)
    assert PRIVATE_KEY[40:80] not in str(caught.value)
    # The same as gcloud's own login: then there is no variable to unset.
    kept = tmp_path / "gcloud" / "application_default_credentials.json"
    kept.parent.mkdir()
    path.rename(kept)
    with pytest.raises(ConfigError) as caught:
        signed(monkeypatch, "", tmp_path)
    assert fault in str(caught.value)
    assert repr(str(kept)) in str(caught.value)
    assert NAMED not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{folder}/absent.json", "absent.json', which is not there. Point it at"),
        ("{folder}", "', which is a folder. Point it at"),
        ("'{folder}/key.json'", "has quotes in its value"),
        ('"{folder}/key.json"', "has quotes in its value"),
        ("~/key.json", "is '~/key.json'; the ~ is not expanded here"),
        ('{{"type": "service_account", "private_key": "s3cret"}}', "holds the contents of a file; it should"),
        ("czNjcmV0" * 400, "holds the contents of a file; it should"),
        (" ", "is blank"),
    ],
)
def test_a_value_that_is_no_path_is_told_from_a_file_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        signed(monkeypatch, value.format(folder=tmp_path), tmp_path)
    assert NAMED in str(caught.value)
    assert words in str(caught.value)
    assert not re.search("s3cret|czNjcmV0", str(caught.value))


PAGE = "<html><title>Sign in</title></html>"
GRANT = '{"error": "invalid_grant", "error_description": "Invalid JWT Signature."}'
CLOCK = '{"error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived token."}'
AUDIENCE = '{"error": "invalid_target", "error_description": "The audience is wrong."}'
ANSWERS = {
    "refused": (service_account, 400, GRANT, AuthenticationError, "Invalid JWT Signature. Make a new key"),
    "a wrong clock": (service_account, 400, CLOCK, AuthenticationError, "Set this computer's clock right."),
    "a page": (service_account, 200, PAGE, NoAnswerError, "127.0.0.1 answered with a web page (HTTP 200)"),
    "a refusing page": (service_account, 403, PAGE, NoAnswerError, "127.0.0.1 answered with a web page (HTTP 403)"),
    "a text": (service_account, 200, "ok", NoAnswerError, "something that is not a token (HTTP 200)"),
    "a list": (service_account, 200, "[]", NoAnswerError, "something that is not a token (HTTP 200)"),
    "trouble": (federated, 503, '{"error": "busy"}', NoAnswerError, "127.0.0.1 answered with HTTP 503"),
    "too many": (federated, 429, '{"error": "busy"}', NoAnswerError, "127.0.0.1 answered with HTTP 429"),
    "a pool's refusal": (federated, 400, AUDIENCE, AuthenticationError, f"The audience is wrong. {OF_POOL}"),
    "a pool's page": (federated, 200, PAGE, NoAnswerError, "a web page (HTTP 200)"),
    "no leave to be another": (impersonated, 403, '{"error": "denied"}', AuthenticationError, AS_ANOTHER),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_token_service_says_is_told_with_the_files_name_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tokens: TokenServer, name: str
) -> None:
    make, status, body, kind, words = ANSWERS[name]
    (tmp_path / "subject").write_text("a token")
    path = tmp_path / "credentials.json"
    made = make(tokens.url, {"file": str(tmp_path / "subject")}) if make is federated else make(tokens.url)
    path.write_text(json.dumps(made))
    tokens.says(status, body, "text/html" if body == PAGE else "application/json")
    with pytest.raises(VeoError) as caught:
        signed(monkeypatch, str(path), tmp_path)
    assert type(caught.value) is kind, caught.value
    assert repr(str(path)) in str(caught.value)
    assert words in str(caught.value)
    if isinstance(caught.value, NoAnswerError):
        assert not caught.value.sent
    assert tokens.seen


def test_who_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path, subject = tmp_path / "credentials.json", tmp_path / "subject"
    subject.write_text("a token")
    gone = "http://127.0.0.1:9"
    for made in (service_account(gone), federated(gone, {"file": str(subject)}), federated("x", {"url": gone})):
        path.write_text(json.dumps(made))
        with pytest.raises(NoAnswerError) as caught:
            signed(monkeypatch, str(path), tmp_path)
        assert f"{str(path)!r} ({NAMED}): 127.0.0.1 could not be reached (connection refused)" in str(caught.value)
    path.write_text(json.dumps(federated(gone, {"file": str(tmp_path / "absent")})))
    with pytest.raises(AuthenticationError, match=rf"absent' was not found. {OF_POOL}"):
        signed(monkeypatch, str(path), tmp_path)
    monkeypatch.setenv("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1")
    path.write_text(json.dumps(federated(gone, {"executable": {"command": str(tmp_path / "absent")}})))
    with pytest.raises(AuthenticationError, match=rf"absent'. {OF_POOL}"):
        signed(monkeypatch, str(path), tmp_path)


def test_a_token_is_asked_for_by_the_way_that_everything_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tokens: TokenServer
) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps(service_account(tokens.url)))
    for variable, value in (
        ("all_proxy", "socks://127.0.0.1:1"),
        ("REQUESTS_CA_BUNDLE", "/absent.pem"),
        ("SSLKEYLOGFILE", "/absent/keys"),
    ):
        monkeypatch.setenv(variable, value)
    assert set(signed(monkeypatch, str(path), tmp_path)) == {"authorization"}
    path.write_text(json.dumps(service_account("http://sts.invalid")))
    with pytest.raises(ConfigError, match=r"^all_proxy: 'socks://127.0.0.1:1' is not a kind"):
        signed(monkeypatch, str(path), tmp_path)
    monkeypatch.setenv("all_proxy", tokens.url)
    monkeypatch.setenv("no_proxy", "[::1],10.0.0.0/8")
    assert set(signed(monkeypatch, str(path), tmp_path)) == {"authorization"}


def test_a_new_login_is_taken_up_by_the_running_kernel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tokens: TokenServer
) -> None:
    kept = tmp_path / "gcloud" / "application_default_credentials.json"
    kept.parent.mkdir()
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(kept.parent))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv(NAMED, raising=False)
    token = GoogleToken()
    with pytest.raises(ConfigError, match="no Google credentials were found"):
        anyio.run(token.headers)
    for who in ("first", "second"):
        kept.write_text(json.dumps(service_account(tokens.url, client_id=who)))
        tokens.gives(who)
        for _ in range(2):
            assert anyio.run(token.headers) == {"authorization": f"Bearer token-of-{who}"}
    assert len(tokens.seen) == 2
    # What was refused is asked for anew, without another change of the file too.
    kept.write_text(json.dumps(service_account(tokens.url, client_id="the third")))
    tokens.says(400, GRANT)
    with pytest.raises(AuthenticationError):
        anyio.run(token.headers)
    tokens.gives("third")
    assert anyio.run(token.headers) == {"authorization": "Bearer token-of-third"}


def test_the_file_names_the_project_where_nothing_else_does(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps(service_account("https://oauth2.googleapis.com")))
    agent, environ = PROVIDERS["agent_platform"], {NAMED: str(path), "CLOUDSDK_CONFIG": str(tmp_path)}
    settings = Settings(provider="agent_platform")
    assert account(agent, AGENT_PLATFORM, settings, environ).endpoint.project == "films"
    named = {**environ, "GOOGLE_CLOUD_PROJECT": "others"}
    assert account(agent, AGENT_PLATFORM, settings, named).endpoint.project == "others"
    own = replace(settings, project="mine")
    assert account(agent, AGENT_PLATFORM, own, named).endpoint.project == "mine"
    express = {**environ, "GOOGLE_GENAI_USE_VERTEXAI": "true", "GOOGLE_API_KEY": "AIza-express"}
    assert account(agent, AGENT_PLATFORM, settings, express).endpoint.project == ""

    def sources(environ: dict[str, str]) -> list[str]:
        return [found.source for found in found_credentials(settings, environ) if found.what == "project"]

    assert sources(environ) == [f"project_id in {path}"]
    assert sources(named) == ["environment GOOGLE_CLOUD_PROJECT"]
    table = settings_table(settings, Settings(), read_environment({**environ, "VEO_DOTENV": "0", "VEO_PYPROJECT": "0"}))
    assert f"project_id in {path}" in str(table)
    # A file alone chooses no provider: it may be there for other things, and this one costs money.
    assert choose_provider(None, "", Settings(), environ).name == "emulator"
    path.write_text(json.dumps({"type": "authorized_user", "client_id": "x", "client_secret": "y"}))
    with pytest.raises(ConfigError, match="lacks refresh_token"):
        account(agent, AGENT_PLATFORM, settings, environ)
    assert sources(environ) == []
    user = {"type": "authorized_user", "client_id": "x", "client_secret": "y", "refresh_token": "z"}
    path.write_text(json.dumps({**user, "quota_project_id": "paying"}))
    assert account(agent, AGENT_PLATFORM, settings, environ).endpoint.project == "paying"
    path.write_text(json.dumps(user))
    with pytest.raises(ConfigError, match="no project was found"):
        account(agent, AGENT_PLATFORM, settings, environ)
