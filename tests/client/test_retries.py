"""The table of what is asked again: every error in answer to every question has exactly one row."""

from __future__ import annotations

import pytest

from veo_widgets.client.retries import RULES, answer_of, pause, rule_for
from veo_widgets.domain import errors


def rate_limit(limit: str = "", retry_after: float | None = None) -> errors.RateLimitError:
    return errors.RateLimitError("x", status=429, retry_after=retry_after, limit=limit)


def wordless(status: int, **more: object) -> errors.ServiceError:
    """A page instead of an answer."""
    kind = errors.RateLimitError if status == 429 else errors.BadRequestError
    return kind("x", status=status, said="", **more)


def out_of_space() -> errors.DownloadError:
    error = errors.DownloadError("x")
    error.__cause__ = OSError(28, "No space left on device")
    return error


ANSWERS = {
    "unreachable": [errors.NoAnswerError("x", sent=False)],
    "lost": [errors.NoAnswerError("x"), errors.InvalidReplyError("x")],
    "no clip": [errors.DownloadError("x")],
    "no room": [
        rate_limit("minute"),
        rate_limit("running"),
        errors.RateLimitError("x", status=429, said="You exceeded your current quota."),
    ],
    "no quota": [rate_limit("day"), rate_limit("spend")],
    "no reason": [
        rate_limit(),
        errors.RateLimitError("x", status=429, said="Too Many Requests", limit="minute"),
        wordless(429, limit="minute"),
        wordless(429, limit="spend"),
        wordless(429, retry_after=5.0),
    ],
    "trouble": [
        *(errors.ServiceUnavailableError("x", status=status) for status in (500, 502, 503, 504, 529, 599)),
        *(errors.BadRequestError("x", status=status) for status in (408, 409, 425, 499)),
        errors.ServiceUnavailableError("x", status=503, code="UNAVAILABLE", retry_after=5.0),
        errors.RateLimitError("x", status=500, limit="spend"),
    ],
    "unread": [errors.BadRequestError("x", status=415, unread=True)],
    "astray": [errors.ServiceError("x", status=status) for status in (301, 307, 308)],
    "diverted": [errors.ServiceError("x", status=status) for status in (300, 302, 303, 304)],
    "no word": [wordless(status) for status in (400, 403, 406, 410, 422, 423, 424, 426, 451)],
    "refused": [
        errors.BadRequestError("x", status=400),
        errors.AuthenticationError("x", status=401),
        errors.PermissionDeniedError("x", status=403),
        errors.NotFoundError("x", status=404),
        errors.BadRequestError("x", status=422),
        errors.ConfigError("x"),
        *(wordless(status) for status in (401, 404, 405, 407, 411, 413, 414, 415, 431)),
    ],
}
CASES = [pytest.param(answer, error, id=f"{answer}-{error!r}") for answer in ANSWERS for error in ANSWERS[answer]]


@pytest.mark.parametrize(("answer", "error"), CASES)
def test_every_error_has_its_row(answer: str, error: errors.VeoError) -> None:
    assert answer_of(error) == answer
    assert rule_for("look", error).answer == answer
    # A create brings no clip; whatever else is odd about its answer, that may have been a yes.
    assert rule_for("create", error).answer == ("lost" if answer == "no clip" else answer)


def test_every_row_is_there_once_and_gives_its_reason() -> None:
    rows = [(rule.question, rule.answer) for rule in RULES]
    pairs = ((question, answer) for question in ("create", "look") for answer in ANSWERS)
    assert sorted(rows) == sorted(set(pairs) - {("create", "no clip")})
    assert all(rule.why.endswith(".") for rule in RULES)


@pytest.mark.parametrize(("answer", "error"), CASES)
def test_a_create_is_sent_again_only_where_nothing_can_have_started(answer: str, error: errors.VeoError) -> None:
    again = pause("create", error, tried=1) is not None
    assert again == (answer in {"unreachable", "no room", "unread"})
    unknown = {"trouble", "lost", "no reason", "no word", "diverted", "no clip"}
    assert (rule_for("create", error).end == "unknown") == (answer in unknown)


@pytest.mark.parametrize(("answer", "error"), CASES)
def test_looking_goes_on_unless_it_is_refused(answer: str, error: errors.VeoError) -> None:
    assert pause("look", error, tried=3) is not None
    assert (pause("look", error, tried=4) is None) == (answer in {"refused", "no word", "unread"})
    assert (pause("look", error, tried=100) is None) == (answer in {"refused", "no word", "unread", "no clip"})


def test_a_full_disk_is_not_mended_by_waiting() -> None:
    assert pause("look", out_of_space(), tried=1) is None


@pytest.mark.parametrize(
    ("question", "error", "pauses"),
    [
        ("create", errors.NoAnswerError("x", sent=False), [0.5, 1, 1, None]),
        ("create", rate_limit("minute"), [5, 10, 20, 40, 60, 60]),
        ("create", errors.ServiceUnavailableError("x", status=503, code="UNAVAILABLE", retry_after=1.0), [None]),
        ("create", rate_limit("minute", 34.0), [34, 34]),
        ("create", rate_limit("minute", 0.0), [1, 10, 20]),
        ("look", errors.NoAnswerError("x"), [2, 4, 8, 16, 30, 30]),
        ("look", errors.ServiceUnavailableError("x", status=503, retry_after=7.0), [7, 7]),
        ("look", errors.ServiceUnavailableError("x", status=503, retry_after=9999.0), [30, 30]),
    ],
)
def test_pauses_double_up_to_a_limit_or_are_what_was_asked_for(
    question: str, error: errors.VeoError, pauses: list[float | None]
) -> None:
    assert [pause(question, error, tried=tried) for tried in range(1, len(pauses) + 1)] == pauses


def test_patience_ends() -> None:
    assert pause("create", rate_limit("running"), tried=9, waited=5 * 3600) == 60
    assert pause("create", rate_limit("running"), tried=9, waited=6 * 3600) is None
    assert pause("create", rate_limit("minute", 7 * 3600.0), tried=1) is None
