"""A large clip from loopback to disk: megabytes a second until it can be played, and the memory in MB above the start.

With `masked` this is measured without the processor's instructions for SHA.
"""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from peak import Peak

said = json.load(sys.stdin)
# What OpenSSL, and so hashlib, is told to do without (x86, ARM); it is read when the program starts.
MASKS = {"OPENSSL_ia32cap": ":~0x20000000", "OPENSSL_armcap": "0"}
if said.pop("masked", False):
    masked = [sys.executable, __file__]
    sys.exit(subprocess.run(masked, check=False, input=json.dumps(said), text=True, env=os.environ | MASKS).returncode)
url, size, folder = said["file_url"], said["bytes"], Path(said["folder"])
path = folder / "clip.mp4"
address = f"{url}/v1beta/files/abcs0:download?alt=media"


measured = {}


class Meter:
    def __enter__(self):
        self.peak, self.cpu, self.time = Peak(), time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_):
        spent, cpu = time.perf_counter() - self.time, time.process_time() - self.cpu
        memory = self.peak.above()
        assert next(folder.glob("**/*.mp4")).stat().st_size == size
        measured.update(mb_s=size / spent / 1e6, memory_mb=memory, cpu_s=cpu)


def hashed_mb_s():
    """How fast this process hashes."""
    data, began = bytes(20_000_000), time.process_time()
    hashlib.sha256(data)
    return 20 / (time.process_time() - began)


async def veo_widgets():
    from veo_widgets.client.async_client import AsyncClient
    from veo_widgets.client.clock import Clock
    from veo_widgets.config.accounts import Settings
    from veo_widgets.config.credentials import Secret
    from veo_widgets.domain.job_record import JobState
    from veo_widgets.storage.clips.poster import make_poster

    # What makes the still is loaded once and has no part in this.
    make_poster(path)
    start, downloading, digested = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def held(_seconds):
        await start.wait()

    def look(seen):
        if seen.record.state is JobState.DOWNLOADING:
            downloading.set()
        if seen.record.state is JobState.SUCCEEDED and seen.record.videos[0].to_json()["sha256"]:
            digested.set()

    settings = Settings(provider="gemini", base_url=url, api_key=Secret("a-key"), folder=folder)
    async with AsyncClient(settings, home=folder / "home", clock=Clock(sleep=held)) as client:
        job = await client.submit("A cat", model="veo-3.1-generate-preview", allow_retired=True)
        client.listen(job.id, look)
        start.set()
        await downloading.wait()
        with Meter():
            await client.wait(job.id)
        playable = time.perf_counter()
        await digested.wait()
        measured["digest_s"] = time.perf_counter() - playable


def httpx():
    import httpx

    with httpx.Client() as client, Meter(), client.stream("GET", address) as answer, path.open("wb") as file:
        for chunk in answer.iter_raw():
            file.write(chunk)


def google_genai():
    from google import genai

    client = genai.Client(api_key="a-key", http_options={"base_url": url})
    operation = client.models.generate_videos(model="veo-3.1-generate-preview", source={"prompt": "A cat"})
    operation = client.operations.get(operation)
    video = operation.response.generated_videos[0].video
    with Meter():
        client.files.download(file=video)
        video.save(str(path))


def openai():
    import warnings

    from openai import OpenAI

    warnings.simplefilter("ignore", DeprecationWarning)
    client = OpenAI(base_url=f"{url}/v1", api_key="a-key")
    with Meter():
        client.videos.download_content("video_abc").write_to_file(path)


def litellm():
    from litellm import video_content, video_generation

    account = {"api_key": "a-key", "api_base": url}
    video = video_generation(prompt="A cat", model="gemini/veo-3.1-generate-preview", **account)
    with Meter():
        path.write_bytes(video_content(video_id=video.id, **account))


def curl():
    with Meter():
        subprocess.run(["curl", "--silent", "--fail", "--output", str(path), address], check=True)


chosen = {
    "veo_widgets": veo_widgets,
    "httpx": httpx,
    "google-genai": google_genai,
    "openai": openai,
    "litellm": litellm,
    "curl": curl,
}[said["client"]]
with suppress(KeyboardInterrupt):
    asyncio.run(chosen()) if asyncio.iscoroutinefunction(chosen) else chosen()
    print(json.dumps({**measured, "hashed_mb_s": hashed_mb_s()}))
