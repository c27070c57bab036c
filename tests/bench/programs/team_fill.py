"""Fills a ledger on a server with jobs of years past: rows by COPY, indexes afterwards. Prints nothing that counts."""

import json
import random
import sys
import time
from dataclasses import replace

import psycopg
from team_jobs import opened, record

from veo_widgets.domain.job_record import JobState

said = json.load(sys.stdin)
# A clip every quarter of an hour, until now: this month has its share of a ledger of any size.
APART, NOW = 900, time.time()
WORDS = ("a", "cat", "dog", "train", "river", "city", "garden", "mountain", "plays", "crosses", "slowly", "at", "dawn")
random.seed(1)
PROMPTS = [" ".join(random.choices(WORDS, k=30)) for _ in range(997)]
# Made again when all rows are there. The identity's own index stays: it is filled in its order.
INDEXES = """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'veo_widgets'
    AND tablename IN ('jobs', 'prompts') AND NOT EXISTS
    (SELECT 1 FROM pg_constraint WHERE conname = indexname)"""
LINK = "prompts_rowid_fkey"
COLUMNS = """SELECT column_name FROM information_schema.columns WHERE table_schema = 'veo_widgets'
    AND table_name = 'jobs' AND is_generated = 'NEVER' ORDER BY ordinal_position"""


def text(value):
    """A value as COPY reads it."""
    return "\\N" if value is None else str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def lines(number, columns, kept):
    """A job's row, and that of its prompt."""
    at = NOW - APART * (said["jobs"] - number)
    # One of a thousand has a word that the others have not.
    prompt = f"{PROMPTS[number % 997]}{' zeppelin' * (number % 1000 == 500)}, take {number}"
    row = {
        **kept,
        "id": f"job{number:07}",
        "created_at": at,
        "updated_at": at,
        "submitted_at": at,
        "finished_at": at + 60,
        "day": time.strftime("%Y-%m-%d", time.localtime(at)),
        "program": f"p{number >> 6}",
        "record": kept["record"].replace("id-of-it", f"job{number:07}"),
        "request": kept["request"].replace("prompt-of-it", prompt),
        "rowid": number + 1,
    }
    return "\t".join(row[name] if name in {"record", "request"} else text(row[name]) for name in columns), prompt


ledger = opened(said["folder"], said["url"])
job = record("id-of-it")
job = replace(job, request=replace(job.request, prompt="prompt-of-it"), operation="operations/id-of-it")
ledger.write(replace(job, state=JobState.SUCCEEDED, submitted_at=NOW, finished_at=NOW + 60))
ledger.close()
with psycopg.connect(said["url"], autocommit=True) as db:
    db.execute("SET search_path = veo_widgets; SET maintenance_work_mem = '400MB'; SET synchronous_commit = off")
    columns = [name for (name,) in db.execute(COLUMNS)]
    kept = dict(zip(columns, db.execute(f"SELECT {', '.join(columns)} FROM jobs").fetchone(), strict=True))
    kept = {name: text(value) if name in {"record", "request"} else value for name, value in kept.items()}
    indexes = db.execute(INDEXES).fetchall()
    link = db.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", (LINK,)).fetchone()[0]
    db.execute(f"ALTER TABLE prompts DROP CONSTRAINT {LINK}")
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    db.execute("TRUNCATE jobs, prompts, events")
    prompts = []
    with db.cursor().copy(f"COPY jobs ({', '.join(columns)}) FROM STDIN") as copy:
        for number in range(said["jobs"]):
            line, prompt = lines(number, columns, kept)
            copy.write(f"{line}\n")
            prompts.append(prompt)
    with db.cursor().copy("COPY prompts (rowid, prompt) FROM STDIN") as copy:
        for number, prompt in enumerate(prompts):
            copy.write(f"{number + 1}\t{prompt}\n")
    print("copied", time.time() - NOW, flush=True)
    for name, definition in indexes:
        began = time.time()
        db.execute(definition)
        print(name, round(time.time() - began, 2), flush=True)
    db.execute(f"ALTER TABLE prompts ADD CONSTRAINT {LINK} {link}")
    db.execute("SELECT setval(pg_get_serial_sequence('veo_widgets.jobs', 'rowid'), max(rowid)) FROM jobs")
    db.execute("VACUUM ANALYZE jobs, prompts")
    db.execute("CHECKPOINT")
print(json.dumps({"seconds": time.time() - NOW}))
