#!/bin/sh
# openrouter 1.3.84: one call to create a video posts it again after every 5xx and every late answer, for up to an hour.
#
# POST /videos begins a video that is paid for, and answers with its id. video_generation.generate() repeats it as the
# SDK repeats a GET. Late is more than 5 s: the SDK sets no time limit of its own, and httpx has that one. Each post may
# have begun a video; the caller learns the id of the last one, or gets an error after an hour.
#
# RFC 9110, 9.2.2: a client should not repeat a POST by itself unless it knows that this is safe. The SDK has such a way
# for private endpoints, whose create takes an Idempotency-Key "to make retries safe"; its create of a video has none.
# The package's page on PyPI does not mention retries. With retries=None a create is posted once.
#
# Seen on 2026-11-29 with Python 3.11:
#   openrouter 1.3.84, httpx 0.28.1
#   502 twice: posted 3 times, with an Idempotency-Key: 0; became gen-vid-3
#   no answer, twice: posted 3 times, with an Idempotency-Key: 0; became gen-vid-3
#     hung up after 5 s, 5 s
#   502 always: posted 71 times, with an Idempotency-Key: 0; became OpenRouterDefaultError
#     gave up after 60 minutes of a clock that was put forward
#   502 always, retries=None: posted 1 time, with an Idempotency-Key: 0; became OpenRouterDefaultError
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openrouter==1.3.84 httpx==0.28.1
NO_PROXY=127.0.0.1 "$folder/venv/bin/python" - <<'PYTHON'
import importlib
import importlib.metadata
import json
import random
import sys
import threading
import time
import types
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from openrouter import OpenRouter

posted, waited = [], []


class Service(BaseHTTPRequestHandler):
    # What becomes of each post, the last again and again: an answer, or None for none.
    answers = ()

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        assert self.path == "/api/v1/videos"
        posted.append(self.headers.get("idempotency-key"))
        answer = self.answers[min(len(posted), len(self.answers)) - 1]
        if answer is None:
            began = time.monotonic()
            self.connection.recv(1)
            waited.append(round(time.monotonic() - began))
            self.close_connection = True
            return
        begun = {"id": f"gen-vid-{len(posted)}", "polling_url": "/api/v1/videos/1", "status": "pending"}
        failed = {"error": {"code": 502, "message": "The video was begun; then something broke."}}
        body = json.dumps(begun if answer == 202 else failed).encode()
        self.send_response(answer)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = OpenRouter(api_key="none", server_url=f"http://127.0.0.1:{server.server_port}/api/v1")


def create(told, *answers, **given):
    posted.clear()
    Service.answers = answers
    try:
        became = client.video_generation.generate(model="google/veo-3.1", prompt="A cat", duration=8, **given).id
    except Exception as error:
        became = type(error).__name__
    times, keys = f"{len(posted)} time{'s' if len(posted) != 1 else ''}", sum(key is not None for key in posted)
    print(f"{told}: posted {times}, with an Idempotency-Key: {keys}; became {became}")
    return len(posted), keys, became


class Forward:
    """A clock that a sleep puts forward, so that nobody has to wait for an hour."""

    now = 0.0

    def time(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("openrouter", "httpx")))
seen = [create("502 twice", 502, 502, 202), create("no answer, twice", None, None, 202)]
print(f"  hung up after {', '.join(f'{seconds} s' for seconds in waited)}")
clock = Forward()
importlib.import_module("openrouter.utils.retries").time = clock
# Each wait has a random part of up to 1 s.
random.seed(1)
seen.append(create("502 always", 502))
minutes = int(clock.now // 60)
print(f"  gave up after {minutes} minutes of a clock that was put forward")
seen.append(create("502 always, retries=None", 502, retries=None))
late = len(waited) == 2 and min(waited) >= 5
error = "OpenRouterDefaultError"
expected = [(3, 0, "gen-vid-3"), (3, 0, "gen-vid-3"), (71, 0, error), (1, 0, error)]
sys.exit(0 if seen == expected and late and minutes >= 60 else 1)
PYTHON
