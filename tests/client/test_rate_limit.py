"""Places for creates: never more in a minute than allowed, whatever the clock does."""

from __future__ import annotations

import random

from veo_widgets.client.rate_limit import RateLimit


def test_a_minutes_places_are_given_at_once_and_the_next_when_the_first_is_old() -> None:
    quota = RateLimit(3)
    assert [quota.claim(100.0 + step) for step in range(3)] == [0.0, 0.0, 0.0]
    assert quota.claim(110.0) == 50.0
    assert quota.claim(160.0) == 0.0
    assert quota.claim(160.0) == 1.0


def test_no_minute_sees_more_than_it_may() -> None:
    chance, quota, now, left = random.Random(5), RateLimit(7), 1000.0, []
    for _ in range(3000):
        now += chance.random() * 3
        if not quota.claim(now):
            left.append(now)
    assert all(later - earlier >= 60 for earlier, later in zip(left, left[7:], strict=False))
    # And hardly fewer: a place that is free is taken.
    assert len(left) > 0.9 * 7 * (now - 1000) / 60


def test_what_is_not_known_is_not_limited() -> None:
    quota = RateLimit(None)
    assert [quota.claim(float(step)) for step in range(21)] == [0.0] * 21
    quota.refused(21.0, 30.0)
    assert quota.claim(22.0) == 29.0
    assert quota.claim(51.0) == 0.0


def test_a_refusal_keeps_everybody_back_for_as_long_as_it_says() -> None:
    quota = RateLimit(2)
    assert quota.claim(0.0) == 0.0
    quota.refused(0.0, 34.0)
    assert quota.claim(33.0) == 1.0
    # The one that was refused has used no place up.
    assert [quota.claim(34.0) for _ in range(3)] == [0.0, 0.0, 60.0]


def test_a_clock_that_is_set_back_does_not_close_the_door_for_a_day() -> None:
    quota = RateLimit(1)
    assert quota.claim(86_400.0) == 0.0
    assert quota.claim(10.0) == 0.0
    assert quota.claim(11.0) == 59.0


def test_a_clock_that_is_set_back_does_not_keep_a_refusal_for_a_day() -> None:
    quota = RateLimit(None)
    assert quota.claim(86_400.0) == 0.0
    quota.refused(86_400.0, 30.0)
    assert quota.claim(86_410.0) == 20.0
    assert quota.claim(10.0) == 0.0
