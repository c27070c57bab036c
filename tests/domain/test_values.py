"""Values that differ from others in a few fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.values import changed

RECORD = JobRecord(
    "veo-1",
    JobState.QUEUED,
    VideoRequest("A cat"),
    "gemini",
    "",
    "",
    Cost(1.0),
    created_at=1.0,
    updated_at=1.0,
    folder="/x",
)


def test_a_changed_record_is_the_one_that_dataclasses_make() -> None:
    found = changed(RECORD, polls=3, state=JobState.RUNNING)
    assert found == replace(RECORD, polls=3, state=JobState.RUNNING)
    assert (RECORD.polls, RECORD.state) == (0, JobState.QUEUED)


def test_a_field_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="JobRecord has no field 'pols'"):
        changed(RECORD, pols=3)
