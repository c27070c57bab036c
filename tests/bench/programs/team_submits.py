"""What a submit costs by the engine of its ledger: all of it, and what of it is the ledger's. Prints milliseconds."""

import json
import os
import random
import sys
from statistics import median

from team_jobs import client_of, opened, record, submit, submitted

said = json.load(sys.stdin)
home = f"{said['folder']}/home"
ledger = opened(home, said["url"])
mark = f"{random.getrandbits(32):08x}"
alone = [submitted(ledger, record(f"{mark}{number:05}"))[1] * 1000 for number in range(said["times"])]
ledger.close()
with client_of(said) as client:
    submit(client)
    whole = [submit(client) for _ in range(said["times"])]
print(json.dumps({"ledger_ms": median(alone[10:]), "submit_ms": median(whole)}), flush=True)
# What was submitted is not waited for.
os._exit(0)
