#!/bin/sh
# openai 3.57.0: videos.create_and_poll() returns an unfinished video, and no error, when it does not know the status.
#
# The SDK's helpers.md lists create_and_poll among the helpers that poll until a terminal state is reached. The loop
# waits at "queued" and "in_progress", and takes every other word for an end, also one that it does not know. A program
# that waits in this way fetches a clip that is not there yet, and may give up one that is paid for. One would expect
# the wait to go on, or an error that names the status.
#
# Servers of /v1/videos have words of their own. Aquiles-Image 0.8.3, by its summary "compatible with the OpenAI
# client", says "processing" while it makes a clip. The answers below are made with its own model of a video.
#
# Seen on 2026-11-29 with Python 3.11:
#   openai 3.57.0, aquiles-image 0.8.3
#   queued, in_progress, completed: create_and_poll returned "completed", progress 100, after 4 looks
#   queued, processing, completed: create_and_poll returned "processing", progress 40, after 2 looks
#     two looks later: "completed", progress 100
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0
# The rest of what this server needs is large, and not needed for its model of a video.
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps aquiles-image==0.8.3
NO_PROXY=127.0.0.1 "$folder/venv/bin/python" -W ignore::DeprecationWarning - <<'PYTHON'
import importlib.metadata
import json
import runpy
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openai

aquiles = importlib.metadata.distribution("aquiles-image")
models = runpy.run_path(str(Path(aquiles.locate_file("aquilesimage/models/models.py"))))
STEPS = [("queued", 0), ("processing", 40), ("processing", 90), ("completed", 100)]


class Service(BaseHTTPRequestHandler):
    looks = 0
    # What this server says for Aquiles-Image's word.
    word = ""

    def answer(self, status, progress):
        video = models["VideoResource"](id="video_1", model="wan2.2", status=status, progress=progress, created_at=1)
        answer = json.loads(video.model_dump_json())
        if answer["status"] == "processing":
            answer["status"] = self.word
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.answer(*STEPS[0])

    def do_GET(self):
        Service.looks += 1
        self.answer(*STEPS[min(Service.looks, len(STEPS)) - 1])

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="sk-none")
print(f"openai {openai.__version__}, aquiles-image {aquiles.version}")
seen = []
for word in ("in_progress", "processing"):
    Service.looks, Service.word = 0, word
    video = client.videos.create_and_poll(model="wan2.2", prompt="A cat", poll_interval_ms=10)
    seen.append((video.status, video.progress, Service.looks))
    told = f'create_and_poll returned "{video.status}", progress {video.progress}, after {Service.looks} looks'
    print(f"queued, {word}, completed: {told}")
later = [client.videos.retrieve("video_1") for _ in range(2)][-1]
print(f'  two looks later: "{later.status}", progress {later.progress}')
expected = [("completed", 100, 4), ("processing", 40, 2)]
sys.exit(0 if seen == expected and (later.status, later.progress) == ("completed", 100) else 1)
PYTHON
