"""A model of one's own where a client looks it up: its usual time, and which looks that makes."""

from __future__ import annotations

from veo_widgets.client.job_status import typical_seconds
from veo_widgets.client.poll_schedule import Schedule
from veo_widgets.domain import catalog
from veo_widgets.domain.catalog import TypicalSeconds, own_models_in

WAN = "Wan-AI/Wan2.2-T2V-A14B"


def describe(**fields: object) -> None:
    entry = {"id": WAN, "provider": "sglang", **fields}
    catalog.describe("session", own_models_in([entry], "a test"))


def test_the_usual_time_that_was_described_decides_when_to_look() -> None:
    assert typical_seconds("sglang", WAN).is_guess
    describe(typical_seconds=40)
    assert typical_seconds("sglang", WAN) == TypicalSeconds(20, 40, 120, "a test")
    assert typical_seconds("vllm", WAN).is_guess
    described = Schedule.of((), typical_seconds("sglang", WAN))
    describe(typical_seconds={"low": 200, "likely": 400, "high": 1200})
    assert Schedule.of((), typical_seconds("sglang", WAN)).delay(0) > described.delay(0)


def test_the_emulator_is_as_much_faster_as_for_other_models() -> None:
    describe(typical_seconds=40)
    assert typical_seconds("emulator", WAN).likely == 2
