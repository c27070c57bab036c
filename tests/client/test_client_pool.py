"""Clients that serve one call at a time."""

from __future__ import annotations

from itertools import count

import anyio
import pytest

from veo_widgets.client.transport.client_pool import ClientPool


@pytest.mark.anyio
async def test_calls_one_after_the_other_share_a_client() -> None:
    lanes = ClientPool(count().__next__, most=3)
    for _ in range(5):
        async with lanes.one() as client:
            assert client == 0


@pytest.mark.anyio
async def test_calls_at_once_have_a_client_each_and_the_one_used_last_is_next() -> None:
    lanes = ClientPool(count().__next__, most=3)
    async with lanes.one() as first:
        async with lanes.one() as second:
            assert (first, second) == (0, 1)
        async with lanes.one() as again:
            assert again == 1
    assert sorted(lanes.drain()) == [0, 1]
    assert lanes.drain() == []


@pytest.mark.anyio
async def test_no_more_calls_than_lanes_go_on_at_once() -> None:
    lanes, running, most = ClientPool(count().__next__, most=2), 0, 0

    async def call() -> None:
        nonlocal running, most
        async with lanes.one():
            running += 1
            most = max(most, running)
            await anyio.lowlevel.checkpoint()
            running -= 1

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(call)
    assert most == 2


@pytest.mark.anyio
async def test_a_call_that_fails_gives_its_client_back() -> None:
    lanes = ClientPool(count().__next__, most=1)
    with pytest.raises(OSError, match="cut"):
        async with lanes.one():
            raise OSError("cut")
    async with lanes.one() as client:
        assert client == 0
