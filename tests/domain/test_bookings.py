"""Our count of costs held against another."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from veo_widgets.domain.bookings import Booking, compare
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest

RECORD = JobRecord(
    id="abc", state=JobState.SUCCEEDED, request=VideoRequest("A cat", "veo"), provider="litellm", surface="litellm",
    wire="openai_videos", cost=Cost(1.6), created_at=1.0, updated_at=1.0, folder="/clips", operation="o",
)  # fmt: skip


def booked(operation: str = "o", usd: float = 1.6, **more: object) -> Booking:
    return Booking(operation, "veo", usd, 2.0, **more)  # type: ignore[arg-type]


def why(record: JobRecord, *bookings: Booking) -> str:
    (difference,) = compare("the proxy", [(record.operation, record)], (), bookings).differences
    return difference.why


def test_the_same_amounts_agree_and_the_sum_is_told() -> None:
    found = compare("the proxy", [("o", RECORD)], (), [booked(usd=1.5), booked(usd=0.1, looked=True)])
    assert (found.agreeing, found.here, len(found.rows)) == (1, 1.6, 0)
    assert repr(found) == "This ledger and the log of the proxy agree on 1 job: $1.60."
    assert found._repr_html_()


def test_each_difference_has_its_reason() -> None:
    assert why(RECORD) == "not in the log, or not yet"
    assert why(replace(RECORD, wire="interactions")) == "the log does not name interactions"
    assert why(replace(RECORD, operation="")) == "the answer to its create was lost"
    assert why(RECORD, booked(usd=2)) == "priced otherwise"
    assert why(replace(RECORD, cost=Cost(None)), booked()) == "no price is known here"
    assert why(replace(RECORD, state=JobState.RUNNING), booked(usd=2)) == "still open; here it is an estimate"
    filtered = replace(RECORD, state=JobState.FILTERED, cost=Cost(0.0))
    assert why(filtered, booked()) == "filtered, so it is free here; the log books at the create"


def test_what_costs_nothing_here_need_not_be_booked() -> None:
    free = replace(RECORD, cost=Cost(0.0))
    assert compare("the proxy", [("o", free)], (), ()).agreeing == 1
    # An unknown price is never zero.
    assert compare("the proxy", [("o", replace(RECORD, cost=Cost(None)))], (), ()).agreeing == 0


def test_bookings_of_no_job_are_told_unless_they_are_explained() -> None:
    others = [booked("other"), booked("earlier"), booked("", 0.2, looked=True), booked("theirs", own=False)]
    found = compare("the proxy", [("o", RECORD)], ["earlier"], [booked(), *others], "A remark.")
    assert [(item.job, item.booked, item.why) for item in found.differences] == [
        ("", 1.6, "no job of this ledger"),
        ("", 0.2, "a look or a download was booked"),
    ]
    assert round(found.booked, 6) == 3.4
    assert repr(found).endswith("$1.60 here, $3.40 in the log of the proxy; they agree on 1 job. A remark.")


def test_a_line_shows_both_amounts_and_what_is_missing() -> None:
    jobs = [("a", replace(RECORD, id="a", cost=Cost(None))), ("b", replace(RECORD, id="b", cost=Cost(0.0)))]
    found = compare("the proxy", jobs, (), [booked("b"), booked("c", 0.005)])
    assert [row[3:5] for row in found.rows] == [("price unknown", "-"), ("$0.00", "$1.60"), ("-", "$0.0050")]


def test_it_is_a_frame_and_a_file_too(tmp_path: Path) -> None:
    found = compare("the proxy", [("o", RECORD)], (), [booked("=SUM(A1)", 2)])
    frame = found.to_frame()
    assert list(frame.columns) == ["job", "at", "model", "here", "booked", "why"]
    assert list(frame["booked"].dropna()) == [2.0]
    with found.to_csv(tmp_path / "differences.csv").open() as file:
        assert [row["job"] for row in csv.DictReader(file)] == ["abc", ""]
