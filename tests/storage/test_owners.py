"""Whose jobs are, for which project, and limits for these, in a file and on a server."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest

from veo_widgets.domain.budgets import local_day
from veo_widgets.domain.errors import BudgetError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.spender import Spender
from veo_widgets.storage.ledger.ledger import Ledger

from .places import OPENING, FilePlace
from .test_ledger import record

# Whoever is kept apart from others is one user alone: see `test_protection`.
pytestmark = pytest.mark.parametrize("place", ["sqlite", "postgres"], indirect=True)
NOW = 1_790_000_000.0
# A program of one user, for one project, that submits as fast as it can once it is told to.
SPENDING = f"""{OPENING}
import time
from veo_widgets.domain.errors import BudgetError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
ledger, who, project, name = opened(), *sys.argv[3:]
print("ready", flush=True)
sys.stdin.readline()
for number in range(8):
    now = time.time()
    new = JobRecord(f"{{name}}{{number}}", JobState("submitting"), VideoRequest("A cat", "m"), "gemini", "s", "w",
                    Cost(0.8), now, now, "/clips", owner=who, project=project)
    try:
        ledger.reserve(new, "", {{"day": 1000.0}}, {{}}, seconds=75.0)
        print("accepted", flush=True)
    except BudgetError as error:
        print(str(error).replace("\\n", " "), flush=True)
"""


@pytest.fixture
def ledger(place: FilePlace) -> Iterator[Ledger]:
    with closing(place.open()) as opened:
        yield opened


def paid(name: str, owner: str = "", project: str = "", **values: object) -> JobRecord:
    return record(name, at=NOW, provider="gemini", owner=owner, project=project, **values)


def reserve(ledger: Ledger, job: JobRecord) -> None:
    ledger.reserve(job, "", {}, {}, seconds=75.0)


# Owners


def test_a_job_stays_with_who_submitted_it_for_what_it_was_submitted_for(ledger: Ledger, place: FilePlace) -> None:
    reserve(ledger, paid("one", "ada", "ads"))
    ledger.write(replace(paid("one", "ben", "films"), state=JobState.RUNNING, operation="op"), "by another")
    with closing(place.open()) as other:
        found = other.read("one")
        assert (found.owner, found.project, found.operation) == ("ada", "ads", "op")
        assert [(job.owner, job.project) for job in other.jobs()] == [("ada", "ads")]
        assert other.reread(found) == found
        assert [job.record.owner for job in other.shelf.named(["one"])] == ["ada"]
    assert place.execute("SELECT owner, project, instr(record, 'ada') FROM jobs") == [("ada", "ads", 0)]


def test_what_was_spent_is_told_apart_by_user_and_project(ledger: Ledger) -> None:
    for name, owner, project in (("a", "ada", "ads"), ("b", "ben", "ads"), ("c", "ada", ""), ("d", "", "")):
        reserve(ledger, paid(name, owner, project))
    spend = ledger.spend()
    assert spend.by("user") == pytest.approx({"": 0.8, "ada": 1.6, "ben": 0.8})
    assert spend.by("project") == pytest.approx({"": 1.6, "ads": 1.6})
    assert "no user" in repr(spend)
    assert "no project" in repr(spend)


# Limits


@pytest.mark.parametrize(
    ("whose", "limited", "free"),
    [
        (Spender(user="ada"), paid("b", "ada", "ads"), paid("c", "ben", "ads")),
        (Spender(project="ads"), paid("b", "ben", "ads"), paid("c", "ada", "films")),
    ],
)
@pytest.mark.parametrize("name", ["request", "day", "month"])
def test_a_limit_holds_for_whom_it_was_set(
    ledger: Ledger, name: str, whose: Spender, limited: JobRecord, free: JobRecord
) -> None:
    ledger.set_budgets({name: 1.0}, whose)
    reserve(ledger, paid("a", "ada", "ads"))
    limited = replace(limited, cost=Cost(1.5)) if name == "request" else limited
    kind, who = ("user", "ada") if whose.user else ("project", "ads")
    with pytest.raises(BudgetError) as caught:
        reserve(ledger, limited)
    one = "one " if name == "request" else "a "
    assert f"the limit for {one}{name} of the {kind} '{who}' is $1.00" in str(caught.value)
    assert f"veo.budget({name}=…, {kind}='{who}') or %veo budget {name} … --{kind} {who} raises it" in str(caught.value)
    reserve(ledger, free)
    assert [job.id for job in ledger.jobs()] == ["c", "a"]
    ledger.set_budgets({name: None}, whose)
    reserve(ledger, limited)


def test_all_limits_of_a_job_have_to_hold_also_when_its_create_leaves(ledger: Ledger) -> None:
    job = paid("a", "ada", "ads")
    reserve(ledger, job)
    for values, whose, told in (
        ({"day": 0.5}, Spender(), "for a day is"),
        ({"day": 0.6}, Spender(user="ada"), "for a day of the user 'ada' is"),
        ({"month": 0.7}, Spender(project="ads"), "for a month of the project 'ads' is"),
    ):
        ledger.set_budgets(values, whose)
        with pytest.raises(BudgetError, match=told):
            ledger.begin_sending(job, "")
        ledger.set_budgets(dict.fromkeys(values), whose)
    ledger.set_budgets({"day": 0.8}, Spender(user="ada"))
    assert ledger.begin_sending(job, "")


def test_a_budget_shows_what_is_asked_for(ledger: Ledger) -> None:
    reserve(ledger, paid("a", "ada", "ads"))
    ledger.set_budgets({"day": 5.0}, Spender(project="ads"))
    today = local_day(NOW)
    plain = ledger.budget(today, {}, {}, Spender("ada", "films"))
    assert "ada" not in repr(plain)
    shown = ledger.budget(today, {}, {}, Spender("ada", "ads"), ["user"])
    lines = [" ".join(line.split()) for line in repr(shown).splitlines()]
    assert "day, user ada none $0.00 $0.80" in lines
    assert "day, project ads $5.00 $0.00 $0.80 $4.20 set" in lines
    assert shown.left == pytest.approx(4.2)


def test_programs_of_several_users_never_spend_a_cent_too_much_together(place: FilePlace) -> None:
    """Six programs want eight times 80 cents each: what they may spend overlaps, and each limit holds to the cent."""
    with closing(place.open()) as ledger:
        ledger.set_budgets({"month": 8.0})
        ledger.set_budgets({"day": 4.0}, Spender(user="ada"))
        ledger.set_budgets({"day": 2.4}, Spender(project="ads"))
    who = [("ada", "ads"), ("ada", "films"), ("ben", "ads"), ("ben", "films"), ("cy", ""), ("ada", "")]
    with ExitStack() as stack:
        programs = []
        for number, names in enumerate(who):
            command = [sys.executable, "-W", "error", "-c", SPENDING, *place.arguments, *names, f"p{number}x"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            programs.append(stack.enter_context(subprocess.Popen(command, **pipes)))
        assert [program.stdout.readline() for program in programs] == ["ready\n"] * 6
        place.at(time.time())
        for program in programs:
            program.stdin.write("\n")
            program.stdin.flush()
        said = Counter(line for program in programs for line in program.communicate()[0].splitlines())
    assert said["accepted"] == 10
    assert said.total() == 48
    sums = place.execute("SELECT owner, project, sum(usd) FROM jobs GROUP BY 1, 2")
    total = sum(usd for *_, usd in sums)
    assert total == pytest.approx(8.0)
    assert sum(usd for owner, _, usd in sums if owner == "ada") <= 4.0 + 1e-9
    assert sum(usd for _, project, usd in sums if project == "ads") <= 2.4 + 1e-9
