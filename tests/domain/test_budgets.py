"""What may be spent, reserved before anything is sent, by however many programs at once."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

import veo_widgets as veo
from veo_widgets.api import functions
from veo_widgets.client.budget_reservations import BudgetReservations
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings, budget_limits
from veo_widgets.domain import catalog, errors
from veo_widgets.domain.budgets import Budget, Tally, amount, read_pairs
from veo_widgets.domain.job_record import JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.groups.batch import Batch
from veo_widgets.storage.ledger.async_ledger import AsyncLedger

# 0.40 USD for four seconds.
PAID = {"provider": "gemini", "model": "veo-3.1-fast-generate-preview", "seconds": 4, "allow_retired": True}
PRICE = 0.4
NOON = time.mktime((2026, 11, 15, 12, 0, 0, 0, 0, -1))
DAY = 86_400


@pytest.fixture
def paying(make_client: Callable[..., Client], settings: Settings) -> Callable[..., Client]:
    """Make clients of a provider that costs money; the emulator plays its part."""

    def make(now: Callable[[], float] = time.time, **changes: object) -> Client:
        given = {"provider": "gemini", "api_key": Secret("a-key"), **changes}
        return make_client(replace(settings, **given), hasty=True, now=now)

    return make


def creates(emulator: Emulator) -> int:
    return [entry.kind for entry in emulator.journal()].count("create")


def day(client: Client) -> tuple[float, float]:
    tally = client.budget().tallies["day"]
    return pytest.approx(tally.spent), pytest.approx(tally.reserved)


# What is admitted


@pytest.mark.parametrize("name", ["request", "session", "day", "month"])
def test_a_limit_is_kept_to_before_anything_is_sent(
    paying: Callable[..., Client], emulator: Emulator, name: str
) -> None:
    client = paying()
    client.budget(**{name: 0.3})
    with pytest.raises(errors.BudgetError) as caught:
        client.submit("A cat", **PAID)
    said = str(caught.value)
    assert "this request takes $0.40, but the limit for " in said
    assert f"{name} is $0.30" in said
    assert f"veo.budget({name}=…) or %veo budget {name} … raises it" in said
    assert (emulator.journal(), client.jobs()) == ([], [])
    client.budget(**{name: PRICE})
    client.submit("A cat", **PAID)
    if name == "request":
        client.submit("A cat", **PAID)
        assert creates(emulator) == 2
        return
    with pytest.raises(errors.BudgetError, match=r"of which \$0\.00 is spent and \$0\.40 reserved"):
        client.submit("A cat", **PAID)
    assert creates(emulator) == 1


@pytest.mark.parametrize(
    ("front", "counted"),
    [({}, (PRICE, 0.0)), ({"outcome": "filtered"}, (0.0, 0.0)), ({"outcome": "failed"}, (0.0, 0.0))],
)
def test_what_was_reserved_is_settled_at_the_end(
    paying: Callable[..., Client], front: dict[str, str], counted: tuple[float, float]
) -> None:
    client = paying()
    lines = "".join(f"{key}: {value}\n" for key, value in {"polls": 2, **front}.items())
    job = client.submit(f"---\n{lines}---\nA cat", **PAID)
    assert client.cost().by("state").keys() <= {"queued", "running", "downloading", *map(str, JobState)}
    try:
        job.wait(600)
    except errors.JobError:
        assert front
    assert day(client) == counted


def test_a_refused_create_costs_nothing_and_a_lost_answer_stays_reserved(
    paying: Callable[..., Client], emulator: Emulator
) -> None:
    with pytest.raises(errors.AuthenticationError):
        paying(api_key=Secret("wrong-key")).submit("A cat", **PAID)
    client = paying()
    assert day(client) == (0, 0)
    emulator.script(on="create", fault="reset")
    with pytest.raises(errors.UnknownOutcomeError):
        client.submit("A cat", **PAID)
    assert day(client) == (0, PRICE)


def test_the_emulator_is_free(make_client: Callable[..., Client], capfd: pytest.CaptureFixture[str]) -> None:
    client = make_client()
    client.budget(request=0, day=0, month=0, session=0)
    assert client.submit("A cat", seconds=4, max_cost=0.01).wait(600).cost.usd == pytest.approx(PRICE)
    assert day(client) == (0, 0)
    assert repr(client.cost()) == "Nothing was spent. The emulator is free."
    assert "spent" not in capfd.readouterr().err


def test_days_and_months_begin_at_local_midnight(paying: Callable[..., Client]) -> None:
    at = [NOON]
    client = paying(now=lambda: at[0])
    client.budget(day=PRICE, month=2 * PRICE, session="off")
    client.submit("A cat", **PAID)
    at[0] = NOON + 11.9 * 3600
    with pytest.raises(errors.BudgetError, match=r"a day is \$0\.40"):
        client.submit("A cat", **PAID)
    at[0] = NOON + 12.1 * 3600
    client.submit("A cat", **PAID)
    at[0] = NOON + 2 * DAY
    with pytest.raises(errors.BudgetError, match=r"a month is \$0\.80"):
        client.submit("A cat", **PAID)
    at[0] = NOON + 20 * DAY
    client.submit("A cat", **PAID)


def test_a_clock_that_is_set_back_brings_no_money_back(paying: Callable[..., Client]) -> None:
    at = [NOON]
    client = paying(now=lambda: at[0])
    client.budget(day=PRICE)
    client.submit("A cat", **PAID)
    at[0] = NOON - 3 * DAY
    with pytest.raises(errors.BudgetError):
        client.submit("A cat", **PAID)


# Prices that nobody knows

ALIAS = {"provider": "openai", "model": "our-veo"}


def test_an_unknown_price_needs_a_word_of_the_user(
    paying: Callable[..., Client], emulator: Emulator, settings: Settings
) -> None:
    client = paying(provider="openai", base_url=f"{settings.base_url}/v1")
    with pytest.raises(errors.BudgetError) as caught:
        client.submit("A cat", **ALIAS)
    said = str(caught.value)
    assert "the price of our-veo at openai is unknown" in said
    assert "max_cost=2.00" in said
    assert "--max-cost 2.00" in said
    assert "veo.budget(unknown=2.00)" in said
    assert (emulator.journal(), client.jobs()) == ([], [])


@pytest.mark.parametrize("standing", [False, True])
def test_what_it_may_cost_is_reserved_and_stays(
    paying: Callable[..., Client], settings: Settings, *, standing: bool
) -> None:
    client = paying(provider="openai", base_url=f"{settings.base_url}/v1")
    client.budget(day=2, unknown=1.5 if standing else None)
    said = {} if standing else {"max_cost": "$1.50"}
    job = client.submit("A cat", **ALIAS, **said)
    with pytest.raises(errors.BudgetError, match=r"takes \$1\.50, but the limit for a day is \$2\.00"):
        client.submit("A cat", **ALIAS, **said)
    assert (job.wait(600).cost.usd, day(client)) == (None, (1.5, 0))


def test_what_failed_gives_back_what_it_might_have_cost(paying: Callable[..., Client], settings: Settings) -> None:
    client = paying(provider="openai", base_url=f"{settings.base_url}/v1")
    job = client.submit("---\noutcome: filtered\n---\nA cat", **ALIAS, max_cost=1.5)
    with pytest.raises(errors.GenerationFilteredError):
        job.wait(600)
    assert day(client) == (0, 0)


def test_a_price_over_max_cost_is_a_broken_rule(paying: Callable[..., Client], emulator: Emulator) -> None:
    client = paying()
    with pytest.raises(errors.BudgetError, match=r"expected to cost \$0\.40, more than the \$0\.39"):
        client.submit("A cat", **PAID, max_cost=0.39)
    client.submit("A cat", **PAID, max_cost=0.4)
    assert creates(emulator) == 1
    with pytest.raises(
        errors.BudgetError, match=r"0 allows only what is free, and this request is expected to cost \$0\.40"
    ):
        client.submit("A cat", **PAID, max_cost=0)
    assert creates(emulator) == 1
    for wrong in ("much", -1, math.nan, math.inf, True):
        with pytest.raises(errors.InvalidRequestError, match="max_cost: "):
            client.plan("A cat", **PAID, max_cost=wrong)


def test_a_job_is_sent_again_at_what_it_might_cost(paying: Callable[..., Client]) -> None:
    client = paying()
    job = client.submit("---\noutcome: filtered\n---\nA cat", **PAID, max_cost=3)
    with pytest.raises(errors.GenerationFilteredError):
        job.wait(600)
    assert job.retry().record.max_cost == 3


@pytest.fixture
def free_model() -> str:
    """A model of one's own that costs nothing."""
    catalog.describe("session", catalog.own_models_in([{"id": "studio/free", "price": 0}], "a test"))
    return "studio/free"


def test_a_free_job_touches_no_budget(
    paying: Callable[..., Client],
    settings: Settings,
    emulator: Emulator,
    free_model: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = paying(provider="openai", base_url=f"{settings.base_url}/v1")
    job = client.submit("A cat", model=free_model, max_cost=0)
    assert capsys.readouterr().err == ""
    client.budget(day=0, request=0)
    client.submit("A dog", model=free_model)
    job.wait(600)
    assert (job.record.cost.text, creates(emulator), day(client)) == ("free", 2, (0, 0))
    spend = client.cost()
    assert (spend.usd, sum(item.free for item in spend.items)) == (0, 2)
    assert re.search(r"studio/free +2 +free", repr(spend))
    with pytest.raises(
        errors.BudgetError, match=r"0 allows only what is free.* of unknown price \(no rate is published"
    ):
        client.submit("A cat", model="our-veo", max_cost=0)
    assert creates(emulator) == 2


def test_a_batch_of_free_clips_is_free(paying: Callable[..., Client], settings: Settings, free_model: str) -> None:
    client = paying(provider="openai", base_url=f"{settings.base_url}/v1")
    assert str(Batch(client, ["A cat", "A dog"], "", "", {"model": free_model}).cost) == "Nothing to pay"


def test_litellms_functions_say_it_in_litellms_words(
    paying: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    before, functions._default = functions._default, paying(provider="openai", base_url=f"{settings.base_url}/v1")
    try:
        with pytest.raises(errors.BadRequestError, match=r"max_cost=2\.00.*veo\.budget\(unknown=2\.00\)"):
            veo.video_generation("A cat", "openai/our-veo")
        assert emulator.journal() == []
        functions.budget(unknown=1)
        assert veo.video_generation("A cat", "openai/our-veo").status == "processing"
        assert veo.video_generation("A cat", "openai/our-veo", max_cost=3).status == "processing"
        assert day(functions._default) == (0, 4)
    finally:
        functions._default = before


# Where limits come from


def test_limits_are_shared_but_for_the_sessions(paying: Callable[..., Client]) -> None:
    first, second = paying(), paying()
    first.budget(day=5, session=1, unknown=2, month="off")
    assert first.budget().limits == {"day": 5, "session": 1, "unknown": 2}
    assert second.budget().limits == {"day": 5, "unknown": 2}
    second.budget(day=None, unknown=None)
    assert first.budget().limits == {"day": 20, "session": 1}
    first.budget(day="off", session=None)
    assert first.budget().limits == {}


@pytest.mark.anyio
async def test_the_environment_goes_first_and_says_so(tmp_path: Path) -> None:
    ledger = AsyncLedger(tmp_path / "ledger.sqlite3")
    reservations = BudgetReservations(
        ledger, lambda: NOON, {"VEO_BUDGET_DAY": "5", "VEO_BUDGET_MONTH": "off", "VEO_BUDGET_UNKNOWN": "$2"}
    )
    await BudgetReservations(ledger, lambda: NOON, {}).limit({"day": 50, "month": 100, "request": 1})
    found = await reservations.budget()
    assert found.limits == {"day": 5, "request": 1, "unknown": 2}
    assert found.sources == {
        "day": "VEO_BUDGET_DAY",
        "month": "VEO_BUDGET_MONTH",
        "unknown": "VEO_BUDGET_UNKNOWN",
        "request": "set",
    }
    with pytest.raises(errors.ConfigError, match="VEO_BUDGET_DAY is set and goes first"):
        await reservations.limit({"day": 50})
    await ledger.aclose()


def test_a_user_and_a_project_have_limits_of_their_own(
    paying: Callable[..., Client], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    client = paying(budget_project="ads")
    client.budget(day=0.5, project="ads")
    client.budget(month="$0.90", user="ada")
    client.submit("A cat", **PAID)
    with pytest.raises(
        errors.BudgetError, match=r"a day of the project 'ads' is \$0\.50, of which .* \$0\.40 reserved"
    ):
        client.submit("A cat", **PAID)
    films = paying(budget_project="films")
    films.submit("A cat", **PAID)
    with pytest.raises(errors.BudgetError, match="a month of the user 'ada' is"):
        films.submit("A cat", **PAID)
    assert films.budget().left == pytest.approx(0.1)
    assert [(job.record.owner, job.record.project) for job in client.jobs()] == [("ada", "films"), ("ada", "ads")]
    assert client.cost().by("project") == pytest.approx({"ads": PRICE, "films": PRICE})
    assert re.search(r"ada +2 +\$0\.80", repr(client.cost(by="user")))
    monkeypatch.setenv("JUPYTERHUB_USER", "ben")
    films.submit("A cat", **PAID)
    assert creates(emulator) == 3
    lines = [" ".join(line.split()) for line in repr(client.budget(user="ben")).splitlines()]
    assert "month, user ben none $0.00 $0.40" in lines


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"day": 1, "user": "ada", "project": "ads"}, "user and project have limits of their own"),
        ({"session": 1, "user": "ada"}, "session: it cannot be set for a user; request, day, month can."),
        ({"unknown": 1, "project": "ads"}, "unknown: it cannot be set for a project"),
        ({"day": 1, "user": " "}, "user: ' ' is not a name"),
        ({"day": 1, "project": "a\nb"}, "project: 'a\\nb' is not a name"),
        ({"week": 3}, "week: no such budget; choose one of request, session, day, month, unknown."),
        ({"dya": 3}, "Did you mean 'day'?"),
        ({"day": "lots"}, "day: 'lots' is not an amount of US dollars; give a number such as 2.50, or 'off'"),
        ({"day": -1}, "day: -1 is not"),
        ({"day": True}, "day: True is not"),
        ({"day": math.nan}, "day: nan is not"),
        ({"unknown": "off"}, "unknown: 'off' is not"),
        ({"unknown": math.inf}, "unknown: inf is not"),
    ],
)
def test_wrong_limits_are_refused_and_change_nothing(client: Client, values: dict[str, object], words: str) -> None:
    with pytest.raises(errors.InvalidRequestError) as caught:
        client.budget(month=7, **values)
    assert words in str(caught.value)
    assert client.budget().limits == {"day": 20}


def test_limits_as_they_are_typed() -> None:
    assert read_pairs(["day", "20", "month", "off", "unknown", "default"]) == {
        "day": "20",
        "month": "off",
        "unknown": None,
    }
    with pytest.raises(errors.InvalidRequestError, match="'month' has no amount"):
        read_pairs(["day", "20", "month"])
    assert [amount(value, "day") for value in (0, "0.5", " $3 ", "off")] == [0, 0.5, 3, math.inf]
    with pytest.raises(errors.InvalidRequestError, match="VEO_BUDGET_DAY: 'x'"):
        budget_limits({"VEO_BUDGET_DAY": "x"})
    assert budget_limits({"VEO_BUDGET_DAY": "", "VEO_BUDGET_WEEK": "1"}) == {}


def test_sums_of_cents_are_not_refused_for_their_rounding() -> None:
    budget = Budget.of({}, {"day": 0.3}, {"day": Tally(0.1 + 0.1, 0.0)})
    assert budget.admit("m", Cost(0.1), None) == 0.1
    assert budget.left == pytest.approx(0.1)


def test_the_default_is_told_once(paying: Callable[..., Client], capfd: pytest.CaptureFixture[str]) -> None:
    client = paying()
    client.submit("A cat", **PAID)
    assert "At most $20.00 a day is spent" in capfd.readouterr().err
    client.submit("A cat", **PAID)
    paying().submit("A cat", **PAID)
    assert capfd.readouterr().err == ""


def test_a_limit_of_the_users_own_is_not_told(paying: Callable[..., Client], capfd: pytest.CaptureFixture[str]) -> None:
    client = paying()
    client.budget(day=3)
    client.submit("A cat", **PAID)
    assert capfd.readouterr().err == ""


def test_a_budget_reads_like_a_table() -> None:
    budget = Budget.of({}, {"month": 100.0}, {"session": Tally(), "day": Tally(1.2, 0.4), "month": Tally(31.0, 0.4)})
    assert repr(budget).splitlines() == [
        "budget     limit   spent  reserved    left  set by",
        "request     none",
        "session     none   $0.00     $0.00",
        "day       $20.00   $1.20     $0.40  $18.40  default",
        "month    $100.00  $31.00     $0.40  $68.60  set",
        "Requests whose price is unknown need max_cost, or veo.budget(unknown=…). The emulator is free.",
    ]
    assert budget._repr_html_().count("<tr>") == 5


# Many at once

PROGRAM = """
import sys, threading
import veo_widgets as veo
veo.configure(provider="gemini", api_key="a-key", base_url=sys.argv[1], folder=sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()

def submit():
    try:
        veo.submit("A cat", model="veo-3.1-fast-generate-preview", seconds=4, allow_retired=True)
    except veo.VeoError as error:
        print(type(error).__name__, flush=True)
    else:
        print("accepted", flush=True)

threads = [threading.Thread(target=submit) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_programs_that_submit_at_once_never_exceed_a_budget_together(
    client: Client, emulator: Emulator, tmp_path: Path
) -> None:
    """Five programs of four threads each want 0.40 USD at the same moment, and 2.80 USD allow seven of them."""
    client.budget(day=2.8)
    with ExitStack() as stack:
        environment = {**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")}
        command = [sys.executable, "-c", PROGRAM, emulator.base_url, str(tmp_path / "clips")]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
        programs = [stack.enter_context(subprocess.Popen(command, **pipes)) for _ in range(5)]
        for program in programs:
            assert program.stdout.readline() == "ready\n"
        for program in programs:
            program.stdin.write("\n")
            program.stdin.flush()
        said = [line for program in programs for line in program.communicate()[0].splitlines()]
    assert creates(emulator) == said.count("accepted") == 7
    assert said.count("BudgetError") == 13
    tally = client.budget().tallies["day"]
    assert tally.spent + tally.reserved == pytest.approx(2.8)


def test_one_client_keeps_to_it_too(paying: Callable[..., Client], emulator: Emulator) -> None:
    client = paying()
    client.budget(session=3 * PRICE)
    refused = []

    async def submit() -> None:
        try:
            await client.asynchronous.submit("A cat", **PAID)
        except errors.BudgetError as error:
            refused.append(error)

    async def all_at_once() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(submit)

    client.call(all_at_once)
    assert (creates(emulator), len(refused)) == (3, 7)


def test_several_requests_are_admitted_together_or_not_at_all() -> None:
    budget = Budget.of({"day": 1.0}, {}, {"day": Tally(0.2, 0.1)})
    wanted = ("a model", Cost(0.35), None)
    assert budget.admit_all([wanted] * 2) == pytest.approx(0.7)
    with pytest.raises(errors.BudgetError, match=r"these 3 requests take \$1\.05, but the limit for a day is \$1\.00"):
        budget.admit_all([wanted] * 3)
    with pytest.raises(errors.BudgetError, match="max_cost: the price of a model is unknown"):
        budget.admit_all([wanted, ("a model", Cost(None), None)])
