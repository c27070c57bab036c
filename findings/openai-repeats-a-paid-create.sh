#!/bin/sh
# openai 3.57.0: videos.create posts a create three times when the answer is a 500, without an Idempotency-Key.
#
# A gateway may have made the video before it answers 500 (the job was started, and what came after that failed). Each
# further POST is then another video, and another price. A video is made by each of the three, and the caller sees one
# InternalServerError. The default of max_retries is 2; with max_retries=0 there is one POST.
#
# Seen on 2026-11-28 with Python 3.11:
#   openai 3.57.0
#   by default: InternalServerError, 3 videos made, idempotency keys: none
#   max_retries=0: InternalServerError, 1 video made, idempotency keys: none
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0
"$folder/venv/bin/python" -W ignore::DeprecationWarning - <<'PYTHON'
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai

made = []


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        made.append(self.headers.get("idempotency-key"))
        answer = b'{"error": {"message": "The video was begun; then something broke.", "type": "server_error"}}'
        self.send_response(500)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("openai", openai.__version__)


def videos(told, **options):
    made.clear()
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="sk-none", **options)
    try:
        client.videos.create(model="any", prompt="A cat")
    except openai.OpenAIError as error:
        keys = sorted({key for key in made if key}) or "none"
        count = f"{len(made)} video{'s' if len(made) > 1 else ''} made"
        print(f"{told}: {type(error).__name__}, {count}, idempotency keys: {keys}")
    return list(made)


by_default, without = videos("by default"), videos("max_retries=0", max_retries=0)
sys.exit(0 if (by_default, without) == ([None] * 3, [None]) else 1)
PYTHON
