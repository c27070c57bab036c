#!/bin/sh
# google-genai 2.34.0: with aiohttp installed, a create whose connection breaks after it was read is sent a second time.
#
# The service may have begun the video before the connection broke, so that one `generate_videos` is two videos and two
# prices. aiohttp itself does not repeat a POST; google-genai does, one to ten seconds later, for any ClientOSError or
# ServerDisconnectedError, unless retry_options are given. Over httpx, which it uses where aiohttp is missing or a
# client of httpx's is given, the create is sent once and the caller gets the error.
#
# Seen on 2026-11-29 with Python 3.11:
#   google-genai 2.34.0, aiohttp 3.14.5
#   aiohttp: ServerDisconnectedError, sent 2 times
#   aiohttp, one attempt: ServerDisconnectedError, sent 1 time
#   httpx: RemoteProtocolError, sent 1 time
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'google-genai[aiohttp]==2.34.0' httpx==0.28.1
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import importlib.metadata
import sys

import httpx
from google import genai

posted = []


async def serve(reader, writer):
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
    await reader.readexactly(length)
    posted.append(head.partition("\r\n")[0])
    # Read to its end, and not answered.
    writer.close()


async def create(told, **options):
    posted.clear()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        client = genai.Client(api_key="a-key", http_options={"base_url": url, **options}).aio
        try:
            await client.models.generate_videos(model="veo-3.1-generate-preview", source={"prompt": "A cat"})
        except Exception as error:
            seen = type(error).__name__
        else:
            seen = "no error"
    print(f"{told}: {seen}, sent {len(posted)} time{'s' if len(posted) != 1 else ''}")
    return seen, len(posted)


async def main():
    names = "google-genai", "aiohttp"
    print(*(f"{name} {importlib.metadata.version(name)}" for name in names), sep=", ")
    return [
        await create("aiohttp"),
        await create("aiohttp, one attempt", retry_options={"attempts": 1}),
        await create("httpx", httpx_async_client=httpx.AsyncClient(trust_env=False)),
    ]


seen = asyncio.run(main())
lost = "ServerDisconnectedError"
sys.exit(0 if seen == [(lost, 2), (lost, 1), ("RemoteProtocolError", 1)] else 1)
PYTHON
