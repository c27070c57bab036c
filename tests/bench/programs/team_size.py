"""A ledger on a server with many jobs: the list, searches and a submit. Prints milliseconds."""

import json
import os
import sys
import time
from statistics import median

from team_jobs import MODEL, client_of, submit

said = json.load(sys.stdin)


def timed(work):
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def often(work):
    return median(timed(work) for _ in range(25))


with client_of(said) as client:
    client.jobs(1)
    submit(client)
    found = {
        "jobs_ms": often(client.jobs),
        # As many are found in a small ledger as in a large one.
        "rare_ms": often(lambda: client.jobs(1, search="zeppelin")),
        "common_ms": often(lambda: client.jobs(search="cat mount")),
        "none_ms": often(lambda: client.jobs(search="submarine")),
        "model_ms": often(lambda: client.jobs(model=MODEL)),
        "few_ms": often(lambda: client.jobs(model="omni")),
        "submit_ms": median(submit(client) for _ in range(25)),
    }
    assert len(client.jobs(1, search="zeppelin")) == 1
    assert len(client.jobs(search="cat mount")) == len(client.jobs())
print(json.dumps(found), flush=True)
# What was submitted is not waited for.
os._exit(0)
