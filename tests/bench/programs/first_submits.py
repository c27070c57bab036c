"""The first cell of a fresh process: prints when it began, in seconds since 1970; the service knows when it heard."""

import json
import os
import sys
import time

said = json.load(sys.stdin)
url, prompt = said["base_url"], said["prompt"]
MODEL = "veo-3.1-generate-preview"


def veo_widgets():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_cell("%load_ext veo_widgets")
    # Somebody types a prompt, or has all cells run at once.
    time.sleep(said["pause"])
    began = time.time()
    shell.run_cell(f"%%veo --seconds 4 --quiet\n{prompt}")
    return began


def google_genai():
    began = time.time()
    from google import genai

    client = genai.Client(api_key="a-key", http_options={"base_url": url})
    client.models.generate_videos(model=MODEL, source={"prompt": prompt})
    return began


def litellm():
    began = time.time()
    from litellm import video_generation

    video_generation(prompt=prompt, model=f"gemini/{MODEL}", api_key="a-key", api_base=url)
    return began


began = {"veo_widgets": veo_widgets, "google-genai": google_genai, "litellm": litellm}[said["client"]]()
print(f"\n{json.dumps({'began': began})}", flush=True)
os._exit(0)
