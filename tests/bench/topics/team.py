"""One ledger on a server: for a kernel beside a file, for two hundred kernels, and with a million jobs."""

from __future__ import annotations

import time
from functools import partial

import psycopg

from tests.postgres_server import Server, running_server
from veo_widgets.domain.budgets import local_day

from ..rows import Row
from ..stage import Json, Stage, rounds

_KERNELS, _JOBS, _MOST, _FEWER = 200, 10_000, 1_000_000, 10_000
# Of the most, when a month is to be a busy one: 3,300 a day.
_BUSY = 100_000
# Flushed to disk at each commit, as a file is; what a hub of this size sets beside the defaults.
_SETTINGS = ("max_connections=300", "shared_buffers=512MB", "max_wal_size=4GB")
_ALIKE = {
    "jobs_ms": "veo.jobs()",
    "model_ms": "a search, a model of nearly all jobs",
    "few_ms": "a search, a model of few jobs",
    "common_ms": "a search, words of many prompts",
    "rare_ms": "a search, a word of every thousandth prompt",
    "none_ms": "a search, a word of none",
    "submit_ms": "a submit",
}


def team(stage: Stage) -> list[Row]:
    """A submit by engine, many kernels at once, and many jobs."""
    with running_server(*_SETTINGS) as server:
        return [*_submits(stage, server), *_load(stage, server), *_million(stage, server)]


def _submits(stage: Stage, server: Server) -> list[Row]:
    run = partial(stage.run, "veo_widgets", "team_submits", times=100)
    found = rounds({"PostgreSQL": partial(run, url=server.new_database()), "SQLite": partial(run, url="")}, 3)
    ours, file = found["PostgreSQL"], found["SQLite"]
    method = "Both flush each commit to the same disk; the server is on this machine, reached by a socket file"
    return [
        Row(
            "Ledger on a server",
            "a submit",
            ours["submit_ms"],
            "ms",
            "≤ 2 × SQLite",
            ours["submit_ms"] <= 2 * file["submit_ms"],
            {"SQLite": file["submit_ms"]},
            method,
        ),
        Row(
            "Ledger on a server",
            "of that the ledger",
            ours["ledger_ms"],
            "ms",
            others={"SQLite": file["ledger_ms"]},
            method="Three transactions: the intent with its price, that it leaves, and the answer",
        ),
    ]


def _load(stage: Stage, server: Server) -> list[Row]:
    run = partial(stage.run, "veo_widgets", "team_load")
    url = server.new_database()
    many = run(url=url, kernels=_KERNELS, jobs=_JOBS // _KERNELS, every=0)
    # A tenth of a second for each job of all: 100,000 jobs a day have 3 a second at peaks.
    calm = run(url=url, kernels=_KERNELS, jobs=1, every=20)
    file = run(url="", kernels=1, jobs=200, every=0)
    topic, lost = f"{_KERNELS} kernels", _JOBS + _KERNELS - calm["ended"]
    saying = "A kernel is a ledger with a connection of its own and writes what a job has from its intent to its clip"
    return [
        Row(
            topic,
            f"{_JOBS:,} jobs, as fast as they can",
            many["jobs_per_second"],
            "/s",
            "≥ 30, ten times the peaks of 100,000 a day",
            many["jobs_per_second"] >= 30,
            {"one kernel, SQLite": file["jobs_per_second"]},
            saying,
        ),
        Row(topic, "a submit's ledger then, median", many["median_ms"], "ms", others=_later(file, "median_ms")),
        Row(topic, "a submit's ledger then, 99 % are faster", many["late_ms"], "ms", others=_later(file, "late_ms")),
        Row(topic, "the same at 10 jobs a second, median", calm["median_ms"], "ms"),
        Row(
            topic,
            "the same at 10 jobs a second, 99 % are faster",
            calm["late_ms"],
            "ms",
            "≤ 250",
            calm["late_ms"] <= 250,
        ),
        Row(topic, f"jobs lost of {_JOBS + _KERNELS:,}", lost, "", "0", not lost),
        Row(topic, "cents that the sum is off", calm["cents_off"], "", "0", not calm["cents_off"]),
    ]


def _later(file: Json, key: str) -> dict[str, float]:
    return {"one kernel, SQLite": file[key]}


def _million(stage: Stage, server: Server) -> list[Row]:
    urls, cases = {jobs: server.new_database() for jobs in (_FEWER, _MOST)}, {}
    for jobs, url in urls.items():
        stage.run("veo_widgets", "team_fill", url=url, jobs=jobs)
        cases[f"{jobs:,} jobs"] = partial(stage.run, "veo_widgets", "team_size", url=url)
    fewer, most = rounds(cases, 3).values()
    _make_busy(urls[_MOST])
    busy = stage.run("veo_widgets", "team_submits", url=urls[_MOST], times=50)
    topic, goal, others = f"Server with {_MOST:,} jobs", f"≤ 2 × of {_FEWER:,} jobs", f"{_FEWER:,} jobs"
    rows = [
        Row(topic, what, most[key], "ms", goal, most[key] <= 2 * fewer[key], {others: fewer[key]})
        for key, what in _ALIKE.items()
    ]
    what = f"a submit, {_BUSY:,} of the jobs in this month"
    return [*rows, Row(topic, what, busy["submit_ms"], "ms", method="Above a job comes every quarter of an hour")]


def _make_busy(url: str) -> None:
    """Have the newest jobs count for today."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "UPDATE veo_widgets.jobs SET day = %s WHERE rowid > (SELECT max(rowid) - %s FROM veo_widgets.jobs)",
            (local_day(time.time()), _BUSY),
        )
        db.execute("VACUUM ANALYZE veo_widgets.jobs")
