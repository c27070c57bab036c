"""Keys taken out of texts: those of this process whatever they look like, others by their looks."""

from __future__ import annotations

import pytest

from veo_widgets.config.credentials import Secret
from veo_widgets.domain import errors
from veo_widgets.domain.problems import Problem
from veo_widgets.domain.redaction import GAP, know, redact


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("key AIzaSyA-1234567890_abcdefghijklmnopqrstu is bad", f"key {GAP} is bad"),
        ("Incorrect API key provided: sk-proj-ab******************wxyz.", f"Incorrect API key provided: {GAP}."),
        ("ya29.a0AfH6SMBx-y_z", GAP),
        ("1//0gabcdefghijklmnopqrstuvwx", GAP),
        ("AQ.Ab8RN6Kabcdefghijklmnop", GAP),
        ("Authorization: Bearer abc123def456==", f"Authorization: Bearer {GAP}"),
        ("https://h/v1?alt=media&key=abc&x=1", f"https://h/v1?alt=media&key={GAP}&x=1"),
        ("https://user:pass@host/", f"https://{GAP}@host/"),
        ("-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY----- end", f"{GAP} end"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", GAP),
        # What only resembles a key.
        ("a task-oriented sk-learn model; the bearer of good news; bearer authorization", None),
        ("https://host/a@b?monkey=1", None),
    ],
)
def test_what_looks_like_a_key_goes(text: str, clean: str | None) -> None:
    assert redact(text) == (text if clean is None else clean)


def test_a_key_that_is_no_utf8_goes_too() -> None:
    know("s3cret-w\udcf6rd-1")
    assert redact("not s3cret-w\udcf6rd-1 again") == f"not {GAP} again"


def test_a_known_key_goes_whatever_it_looks_like() -> None:
    Secret("my/own key+1")
    Secret("my/own key+1 and more")
    assert redact("a my/own key+1 and more b") == f"a {GAP} b"
    assert redact("?x=my%2Fown%20key%2B1") == f"?x={GAP}"


def test_a_word_is_no_key() -> None:
    Secret("emulator")
    Secret("a-b")
    assert redact("the emulator, a-b") == "the emulator, a-b"


def test_errors_and_problems_say_no_key() -> None:
    Secret("plain-known-1")
    said = "Wrong key plain-known-1"
    error = errors.AuthenticationError(said, status=401, code="plain-known-1")
    assert "plain-known-1" not in f"{error} {error!r} {error.args} {error.code}"
    assert "plain-known-1" not in str(errors.InvalidRequestError(said, value=said).value)
    assert "plain-known-1" not in repr(Problem("t", said, ""))
    assert str(errors.MissingExtraError("The emulator", "emulator")).startswith("The emulator needs an optional")
