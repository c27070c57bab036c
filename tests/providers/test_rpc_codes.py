"""What the numbers inside finished operations are called, and what people are told to do about them."""

from __future__ import annotations

import pytest

from veo_widgets.domain.errors import InvalidReplyError
from veo_widgets.domain.job_record import Operation
from veo_widgets.providers.wires import Reply
from veo_widgets.providers.wires.interactions import Interactions
from veo_widgets.providers.wires.openai_videos import OpenAIVideos
from veo_widgets.providers.wires.predict_long_running import AgentPlatform, DeveloperApi
from veo_widgets.providers.wires.rpc_codes import rpc_failure
from veo_widgets.providers.wires.statuses import is_no_error

CODES = [
    (3, "3 INVALID_ARGUMENT", False, ""),
    (5, "5 NOT_FOUND", False, "every input is still there"),
    (7, "7 PERMISSION_DENIED", False, "the inputs and the bucket"),
    (8, "8 RESOURCE_EXHAUSTED", True, "wait, then send it again"),
    (13, "13 INTERNAL", True, "send it again"),
    (14, "14 UNAVAILABLE", True, "wait a while"),
    (16, "16 UNAUTHENTICATED", False, "sign in again"),
    ("13", "13 INTERNAL", True, "send it again"),
    ("UNAVAILABLE", "UNAVAILABLE", True, "wait a while"),
]


@pytest.mark.parametrize(("code", "shown", "retryable", "remedy"), CODES)
def test_every_wire_names_the_code_and_the_remedy(code: object, shown: str, *, retryable: bool, remedy: str) -> None:
    error = {"code": code, "message": "Oh."}
    answers = {
        DeveloperApi(): {"name": "n", "done": True, "error": error},
        AgentPlatform(): {"name": "n", "done": True, "error": error},
        Interactions(): {"id": "n", "status": "failed", "errors": [error]},
        # As LiteLLM hands on the Agent Platform's.
        OpenAIVideos(): {"id": "n", "status": "failed", "error": error},
    }
    for wire, answer in answers.items():
        found = wire.parse(Reply(200, answer))
        assert (found.outcome, found.code, found.message, found.retryable) == ("failed", shown, "Oh.", retryable)
        assert remedy in found.remedy
        assert bool(found.remedy) is bool(remedy)


def test_a_prompt_that_the_filter_refuses_is_to_be_rephrased() -> None:
    found = rpc_failure("n", 3, "The prompt was blocked. Support codes: 58061214")
    assert found is not None
    assert found.message.endswith("(the filter saw a child).")
    assert found.remedy.startswith("Rephrase the prompt")


@pytest.mark.parametrize(
    "code", [None, True, False, 0, -1, 17, 200, "", "x", "0", "999", "9" * 5000, "²", [13], {}, 1.5]
)
def test_what_is_no_code_is_left_as_it_is(code: object) -> None:
    assert rpc_failure("n", code, "Oh.") is None
    try:
        found = AgentPlatform().parse(Reply(200, {"name": "n", "done": True, "error": {"code": code}}))
    except InvalidReplyError:
        return
    # An error whose only field is not filled in, or says that all is well, is none.
    failed = Operation("n", "failed", code=str(code))
    assert found == (Operation("n", "empty") if is_no_error({"code": code}) else failed)
