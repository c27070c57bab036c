"""A clip that comes as base64 inside a poll's answer, to disk. Prints the memory for that in bodies."""

import asyncio
import json
import sys
from pathlib import Path

from peak import Peak

from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.clock import Clock
from veo_widgets.config.accounts import Settings

said = json.load(sys.stdin)


async def hardly(_seconds):
    await asyncio.sleep(0.01)


async def main():
    folder = Path(said["folder"])
    settings = Settings(provider="emulator", base_url=said["base_url"], folder=folder)
    async with AsyncClient(settings, home=folder / "home", clock=Clock(sleep=hardly)) as client:
        await client.generate("A small cat", seconds=4)
        peak = Peak()
        (clip,) = await client.generate(f"---\nbytes: {said['bytes']}\n---\nA cat", seconds=4)
        assert clip.path.stat().st_size == said["bytes"]
        print(json.dumps({"bodies": peak.above() * 2**20 / (said["bytes"] * 4 / 3)}))


asyncio.run(main())
