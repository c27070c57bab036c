#!/bin/sh
# openai 3.57.0: videos.create(input_reference=...) sends the bytes of a PNG as application/octet-stream, named "upload".
#
# Its type, FileTypes, allows bytes, a file, a path, or a tuple of name, content and type. A server that goes by the type of
# the part and takes only image/jpeg, image/png and image/webp, as OpenAI documents it, refuses the bytes of a picture
# that it takes as a path. An io.BytesIO is sent as bytes are; an open file has the type that its name has.
#
# Seen on 2026-11-28 with Python 3.11:
#   openai 3.57.0
#   bytes: filename "upload", application/octet-stream
#   io.BytesIO: filename "upload", application/octet-stream
#   path: filename "start.png", image/png
#   open file: filename "start.png", image/png
#   tuple: filename "start.png", image/png
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0
"$folder/venv/bin/python" -W ignore::DeprecationWarning - "$folder" <<'PYTHON'
import base64
import email
import io
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openai

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
parts = []


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        form = email.message_from_bytes(b"content-type: " + self.headers["content-type"].encode() + b"\r\n\r\n" + body)
        parts.extend(part for part in form.get_payload() if part.get_filename())
        answer = json.dumps({"id": "video_1", "object": "video", "status": "queued"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="sk-none")
path = Path(sys.argv[1]) / "start.png"
path.write_bytes(PNG)
seen = {}
print("openai", openai.__version__)
with path.open("rb") as file:
    forms = {
        "bytes": PNG,
        "io.BytesIO": io.BytesIO(PNG),
        "path": path,
        "open file": file,
        "tuple": ("start.png", PNG, "image/png"),
    }
    for name, given in forms.items():
        client.videos.create(model="any", prompt="A cat", input_reference=given)
        part = parts.pop()
        assert part.get_payload(decode=True) == PNG
        seen[name] = (part.get_filename(), part.get_content_type())
        print(f'{name}: filename "{seen[name][0]}", {seen[name][1]}')
named, unnamed = ("start.png", "image/png"), ("upload", "application/octet-stream")
expected = {"bytes": unnamed, "io.BytesIO": unnamed, "path": named, "open file": named, "tuple": named}
sys.exit(0 if seen == expected else 1)
PYTHON
