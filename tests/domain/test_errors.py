"""Errors stay what they are: in an asynchronous client, in a copy, in another process."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import pkgutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

import veo_widgets
from veo_widgets import exceptions
from veo_widgets.client.async_client import AsyncClient
from veo_widgets.config.accounts import Settings
from veo_widgets.domain import errors
from veo_widgets.emulator import Emulator

for _module in pkgutil.walk_packages(veo_widgets.__path__, "veo_widgets."):
    if not _module.name.endswith("__main__"):
        import_module(_module.name)


def kinds(root: type[BaseException]) -> Iterator[type[BaseException]]:
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


KINDS = sorted({*kinds(errors.VeoError), errors.SubmitInterrupted}, key=lambda kind: kind.__name__)


def test_every_kind_is_had_where_the_reference_says() -> None:
    public = import_module("veo_widgets.errors")
    ours = {kind.__name__ for kind in KINDS if kind.__module__ == errors.__name__}
    assert set(public.__all__) == ours | {"DeliveryWarning"}
    assert all(getattr(public, name) is getattr(errors, name) for name in public.__all__)


def parameters(kind: type[BaseException]) -> dict[str, inspect.Parameter]:
    """What a kind's constructor takes, those of its bases too where it passes them on."""
    found: dict[str, inspect.Parameter] = {}
    for base in kind.__mro__:
        if "__init__" in vars(base) and issubclass(base, errors.VeoError | errors.SubmitInterrupted):
            own = dict(inspect.signature(base.__init__).parameters)
            found = {**own, **found}
            if not any(one.kind is one.VAR_KEYWORD for one in own.values()):
                break
    return {name: one for name, one in found.items() if name != "self" and one.kind is not one.VAR_KEYWORD}


def made(kind: type[BaseException]) -> BaseException:
    """One of a kind, with something else than the default in every attribute."""
    special: dict[str, Any] = {"status": 429, "retry_after": 7.5, "sent": False, "allowed": ("a", 4), "limit": "spend"}
    given, named = [], {}
    for name, one in parameters(kind).items():
        if one.kind is one.KEYWORD_ONLY:
            named[name] = special.get(name, f"some {name}")
        else:
            given.append(f"some {name}")
    error = kind(*given, **named)
    error.add_note("a note")
    return error


def same(one: BaseException, other: BaseException) -> None:
    assert type(other) is type(one)
    assert other.args == one.args
    assert vars(other) == vars(one)
    assert str(other) == str(one)
    assert repr(other) == repr(one)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_survives_pickling_and_copying(kind: type[BaseException]) -> None:
    error = made(kind)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        same(error, pickle.loads(pickle.dumps(error, protocol)))
    same(error, copy.copy(error))
    same(error, copy.deepcopy(error))
    same(error, pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(error)))))


def test_litellms_names_are_among_them() -> None:
    assert {getattr(exceptions, name) for name in exceptions.__all__} <= set(KINDS)
    assert len(KINDS) > 25


def test_what_cannot_be_pickled_is_told_by_its_name() -> None:
    error = errors.InvalidRequestError("no", parameter="first_frame", value=lambda: None, allowed=(open,))
    back = pickle.loads(pickle.dumps(error))
    assert (str(back), back.parameter, back.allowed) == ("no", "first_frame", (open,))
    assert "<lambda>" in back.value
    assert copy.copy(error).value is error.value


def test_an_import_error_and_a_timeout_keep_what_python_gives_them() -> None:
    missing = pickle.loads(pickle.dumps(errors.MissingExtraError("The emulator", "emulator")))
    assert isinstance(missing, ImportError)
    assert missing.msg == str(missing)
    assert isinstance(pickle.loads(pickle.dumps(errors.WaitTimeoutError("late"))), TimeoutError)


def test_an_error_of_another_process_arrives_as_it_was_raised() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(errors.InvalidRequestError, match="no such setting") as caught,
    ):
        pool.submit(veo_widgets.configure, folders="x").result(600)
    assert caught.value.parameter == "folders"


# In an asynchronous client


@pytest.mark.anyio
@pytest.mark.parametrize(
    "error",
    [
        errors.BudgetError("too dear"),
        errors.RateLimitError("slowly", limit="day"),
        ValueError("the user's own"),
        KeyError("x"),
        ExceptionGroup("the user's own", [ValueError("a"), KeyError("b")]),
        ExceptionGroup("of one", [ValueError("a")]),
        BaseExceptionGroup("of all", [KeyboardInterrupt()]),
        SystemExit(3),
    ],
    ids=repr,
)
async def test_an_error_leaves_the_client_as_it_was_raised(
    settings: Settings, tmp_path: Path, error: BaseException
) -> None:
    caught: BaseException | None = None
    try:
        async with AsyncClient(settings, home=tmp_path / "home"):
            await anyio.lowlevel.checkpoint()
            raise error  # noqa: TRY301
    except BaseException as raised:  # noqa: BLE001 (whatever comes)
        caught = raised
    assert caught is error
    assert caught.__cause__ is None


@pytest.mark.anyio
async def test_an_error_of_a_verb_leaves_the_client_with_jobs_under_way(
    settings: Settings, tmp_path: Path, emulator: Emulator
) -> None:
    async def work() -> None:
        async with AsyncClient(settings, home=tmp_path / "home") as client:
            await client.submit("---\npolls: 99\n---\nA cat", duration_seconds=4)
            await client.submit("A cat", duration_seconds=999)

    with pytest.raises(errors.InvalidRequestError, match="seconds") as caught:
        await work()
    assert caught.value.parameter == "duration_seconds"


@pytest.mark.anyio
async def test_a_group_of_a_task_group_of_the_user_stays_one(settings: Settings, tmp_path: Path) -> None:
    async def fail() -> None:
        raise ValueError("one")

    with pytest.raises(ExceptionGroup) as caught:
        async with AsyncClient(settings, home=tmp_path / "home"), anyio.create_task_group() as tasks:
            tasks.start_soon(fail)
    assert [type(error) for error in caught.value.exceptions] == [ValueError]


@pytest.mark.anyio
async def test_a_group_that_was_caught_inside_does_not_cancel_whoever_leaves(
    settings: Settings, tmp_path: Path, emulator: Emulator
) -> None:
    async def fail() -> None:
        raise ValueError("one")

    async def work() -> str:
        async with AsyncClient(settings, home=tmp_path / "home") as client:
            await client.submit("---\npolls: 99\n---\nA cat", duration_seconds=4)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(asyncio.sleep(99))
                    tasks.create_task(fail())
            except* ValueError:
                pass
        return "left"

    assert await asyncio.create_task(work()) == "left"


@pytest.mark.anyio
async def test_a_cancellation_is_one_outside_too(settings: Settings, tmp_path: Path) -> None:
    async def work() -> None:
        async with AsyncClient(settings, home=tmp_path / "home"):
            await anyio.sleep_forever()

    task = asyncio.create_task(work())
    await anyio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await work()
    with anyio.move_on_after(0.1) as scope:
        await work()
    assert scope.cancelled_caught
