#!/bin/sh
# litellm 1.108.7: without a database, the proxy answers 401 to its own master key where it is asked for its log.
#
# A proxy without a database keeps no log and no keys. Asked with the key that it takes for everything else, it says so
# in two ways: GET /key/info and GET /spend/logs are 500, and GET /spend/logs/v2, by which /spend/logs is to be replaced,
# is 401 with the type "internal_error". A client that takes a 401 for what it means (RFC 9110, 15.5.2) says that the
# key is wrong, or asks for another one.
#
# Seen on 2026-11-29 with Python 3.11:
#   litellm 1.108.7
#   /v1/models: 200
#   /key/info: 500 Database not connected. Connect a database to your proxy - h
#   /spend/logs: 500 /spend/logs ErrorDatabase not connected. Connect a database
#   /spend/logs/v2: 401 Prisma Client is not initialized
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
# Prisma's client is there wherever a proxy is, with a database or without.
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'litellm[proxy]==1.108.7' 'prisma==0.15.0'
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
from pathlib import Path

config = Path(sys.argv[1])
config.write_text(
    """model_list:
  - model_name: films
    litellm_params:
      model: openai/sora-2
      api_base: http://127.0.0.1:9/v1
      api_key: sk-none
"""
)
key = f"sk-{secrets.token_hex(32)}"
command = [sys.executable, "-m", "litellm.proxy.proxy_cli", "--config", str(config)]
proxy = subprocess.Popen(
    [*command, "--host", "127.0.0.1", "--port", "0", "--telemetry", "False"],
    env={**{name: value for name, value in os.environ.items() if name != "DATABASE_URL"}, "LITELLM_MASTER_KEY": key},
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
)
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(path, query=""):
    request = urllib.request.Request(f"{address}{path}{query}", headers={"authorization": f"Bearer {key}"})
    try:
        status, said = direct.open(request, timeout=120).status, ""
    except urllib.error.HTTPError as error:
        status, said = error.code, json.load(error)["error"]["message"]
    print(f"{path}: {status} {said[:60]}".rstrip())
    return status


try:
    said = (re.search(r"Uvicorn running on (http://\S+)", line) for line in proxy.stdout)
    address = next(found[1] for found in said if found)
    threading.Thread(target=proxy.stdout.read, daemon=True).start()
    print("litellm", importlib.metadata.version("litellm"))
    days = "?start_date=2026-11-28&end_date=2026-11-29"
    seen = [ask("/v1/models"), ask("/key/info"), ask("/spend/logs"), ask("/spend/logs/v2", days)]
finally:
    proxy.terminate()
    proxy.wait(30)
sys.exit(0 if seen == [200, 500, 500, 401] else 1)
PYTHON
