#!/bin/sh
# adlfs 2026.8.0: put_file and pipe_file store an .mp4 as application/octet-stream, and a signed address says so to a browser.
#
# The packages of fsspec for the other two clouds, s3fs and gcsfs, guess the type from the name. adlfs takes it if it is
# told: put_file(..., content_settings={"content_type": "video/mp4"}). Azurite, Azure's own emulator, is the store here.
#
# Seen on 2026-12-01 with Python 3.11 and Node.js 20, Azurite 3.35.0:
#   adlfs 2026.8.0
#   put_file: application/octet-stream
#   pipe_file: application/octet-stream
#   put_file with content_settings: video/mp4
#
# Exits 0 while that is so. Needs PyPI and the npm registry; nothing else of the network.
set -eu
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check adlfs==2026.8.0
npm install --silent --no-audit --no-fund --prefix "$folder" azurite@3.35.0 >/dev/null
port=$("$folder/venv/bin/python" -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
"$folder/node_modules/.bin/azurite-blob" --silent --disableTelemetry --skipApiVersionCheck --inMemoryPersistence \
	--blobPort "$port" >"$folder/server.log" 2>&1 &
server=$!
"$folder/venv/bin/python" - "$port" "$folder" <<'PYTHON'
import sys
import time
import urllib.request
from pathlib import Path

import adlfs
from azure.core.exceptions import AzureError

port, folder = sys.argv[1:]
# The account of everybody's emulator, as its README has it.
account = "devstoreaccount1"
key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
told = f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key}"
fs = adlfs.AzureBlobFileSystem(connection_string=f"{told};BlobEndpoint=http://127.0.0.1:{port}/{account}")
for _ in range(300):
    try:
        fs.mkdir("clips")
        break
    except (AzureError, OSError):
        time.sleep(0.2)
clip = Path(folder, "clip.mp4")
clip.write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2")
print(f"adlfs {adlfs.__version__}")
seen = []
for name, put in {
    "put_file": lambda path: fs.put_file(str(clip), path),
    "pipe_file": lambda path: fs.pipe_file(path, clip.read_bytes()),
    "put_file with content_settings": lambda path: fs.put_file(
        str(clip), path, content_settings={"content_type": "video/mp4"}
    ),
}.items():
    path = f"clips/{len(seen)}.mp4"
    put(path)
    with urllib.request.urlopen(fs.sign(path, expiration=60)) as answer:
        seen.append(answer.headers["Content-Type"])
    print(f"{name}: {seen[-1]}")
sys.exit(0 if seen == ["application/octet-stream"] * 2 + ["video/mp4"] else 1)
PYTHON
