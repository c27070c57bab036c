#!/bin/sh
# litellm 1.108.7: the proxy posts one create of /v1/videos to the service three times when the answer is a 500.
#
# The service may have made the video before it answers 500, so that one create is three videos and three prices. The
# client of the proxy has sent one request, with no retries of its own, and sees one 500; no line of the configuration
# asks for retries. The same happens with 408, 409, 429, 502, 503 and 504, not with 400. A request that
# brings the header "x-litellm-num-retries: 0" is posted once.
#
# Seen on 2026-11-28 with Python 3.11:
#   litellm 1.108.7
#   as it is: answered 500, posted 3 times
#   x-litellm-num-retries: 0: answered 500, posted 1 time
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'litellm[proxy]==1.108.7'
# The map of prices that comes with it spares a request for the newest.
LITELLM_LOCAL_MODEL_COST_MAP=True "$folder/venv/bin/python" - "$folder/config.yaml" <<'PYTHON'
import importlib.metadata
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

posted = []


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        posted.append(self.path)
        answer = b'{"error": {"message": "The video was begun; then something broke.", "type": "server_error"}}'
        self.send_response(500)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
config = Path(sys.argv[1])
config.write_text(
    f"""model_list:
  - model_name: films
    litellm_params:
      model: openai/sora-2
      api_base: http://127.0.0.1:{server.server_port}/v1
      api_key: sk-none
"""
)
key = f"sk-{secrets.token_hex(32)}"
command = [sys.executable, "-m", "litellm.proxy.proxy_cli", "--config", str(config)]
proxy = subprocess.Popen(
    [*command, "--host", "127.0.0.1", "--port", "0", "--telemetry", "False"],
    env={**os.environ, "LITELLM_MASTER_KEY": key},
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
)
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def create(told, headers):
    posted.clear()
    body = json.dumps({"model": "films", "prompt": "A cat", "seconds": "4"}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}", **headers}
    try:
        status = direct.open(urllib.request.Request(f"{address}/v1/videos", body, headers), timeout=120).status
    except urllib.error.HTTPError as error:
        status = error.code
    print(f"{told}: answered {status}, posted {len(posted)} time{'s' if len(posted) != 1 else ''}")
    return status, len(posted)


try:
    said = (re.search(r"Uvicorn running on (http://\S+)", line) for line in proxy.stdout)
    address = next(found[1] for found in said if found)
    threading.Thread(target=proxy.stdout.read, daemon=True).start()
    print("litellm", importlib.metadata.version("litellm"))
    seen = create("as it is", {}), create("x-litellm-num-retries: 0", {"x-litellm-num-retries": "0"})
finally:
    proxy.terminate()
    proxy.wait(30)
sys.exit(0 if seen == ((500, 3), (500, 1)) else 1)
PYTHON
