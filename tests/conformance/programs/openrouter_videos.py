"""OpenRouter's own SDK makes a video: the models, the create, the polls and the content.

Reads a JSON object from standard input and prints one: ``base_url`` (with ``/api/v1``), ``key``, ``folder`` for the
clip, and ``request``: the keywords of ``generate``.
"""

import json
import sys
import time
from pathlib import Path

from openrouter import OpenRouter, errors

said = json.load(sys.stdin)
# Its default is to send all that is answered with 5xx again for an hour, creates too.
client = OpenRouter(api_key=said["key"], server_url=said["base_url"], retry_config=None)
videos = client.video_generation
results = {"models": [model.id for model in videos.list_videos_models().data], "statuses": []}
try:
    job = videos.generate(**said["request"])
except errors.OpenRouterError as error:
    results |= {"raised": type(error).__name__, "message": str(error)}
else:
    while job.status in {"pending", "in_progress"}:
        results["statuses"].append(job.status)
        time.sleep(0.05)
        job = videos.get_generation(job_id=job.id)
    results |= job.model_dump(mode="json")
    if job.status == "completed":
        path = Path(said["folder"]) / "clip.mp4"
        path.write_bytes(videos.get_video_content(job_id=job.id).read())
        results["path"] = str(path)
json.dump(results, sys.stdout)
