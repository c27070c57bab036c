"""Work that is done ahead on another thread: in order, with its errors, and at rest when nobody asks any more."""

from __future__ import annotations

import threading

import pytest

from veo_widgets.storage.films.prefetch import prefetched


@pytest.mark.parametrize("portion", [1, 7])
def test_everything_comes_once_and_in_order(portion: int) -> None:
    with prefetched(iter(range(50)), portion) as numbers:
        assert list(numbers) == list(range(50))


def test_an_error_of_the_maker_is_raised_where_its_work_is_used() -> None:
    def numbers():
        yield 1
        raise ValueError("the clip is damaged")

    with pytest.raises(ValueError, match="the clip is damaged"), prefetched(numbers()) as made:
        list(made)


def test_nothing_is_made_once_the_block_has_ended() -> None:
    """The file that is read may be closed then."""
    made, threads = [], set()

    def numbers():
        for number in range(1000):
            made.append(number)
            threads.add(threading.current_thread())
            yield number

    with prefetched(numbers()) as given:
        assert next(given) == 0
    assert len(made) < 10
    assert not any(thread.is_alive() for thread in threads)
    assert threading.current_thread() not in threads
