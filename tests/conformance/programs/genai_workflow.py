"""The steps of google-genai's Veo guide that both services share: build the arguments, generate, poll."""

import json
import sys
import time
from pathlib import Path

from google.genai import errors, types


def image(place):
    return (
        types.Image(gcs_uri=place, mime_type="image/png") if "://" in place else types.Image.from_file(location=place)
    )


def video(place):
    if "://" in place:
        return types.Video(uri=place, mime_type="video/mp4")
    return types.Video(video_bytes=Path(place).read_bytes(), mime_type="video/mp4")


def arguments(request):
    source = {name: read(request[name]) for name, read in (("image", image), ("video", video)) if name in request}
    config = dict(request.get("config", {}))
    if "last_frame" in config:
        config["last_frame"] = image(config["last_frame"])
    if "reference_images" in config:
        config["reference_images"] = [
            types.VideoGenerationReferenceImage(image=image(place), reference_type="asset")
            for place in config["reference_images"]
        ]
    return {
        "model": request["model"],
        "source": types.GenerateVideosSource(prompt=request.get("prompt"), **source),
        "config": types.GenerateVideosConfig(**config),
    }


def run(client, request, clips):
    operation = client.models.generate_videos(**arguments(request))
    polls = 0
    while not operation.done:
        time.sleep(0.05)
        operation = client.operations.get(operation)
        polls += 1
    result = {"operation": operation.name, "polls": polls, "error": operation.error, "clips": []}
    if operation.response:
        result["filtered"] = operation.response.rai_media_filtered_count
        result["reasons"] = operation.response.rai_media_filtered_reasons
        result["clips"] = clips([generated.video for generated in operation.response.generated_videos or []])
    return result


def run_all(client, requests, clips):
    """Print what became of each request; `clips` turns the videos of one into something JSON can hold."""
    results = {}
    for name, request in requests.items():
        try:
            results[name] = run(client, request, lambda videos, name=name: clips(name, videos))
        except errors.APIError as error:
            kind = type(error).__name__
            results[name] = {"raised": kind, "code": error.code, "status": error.status, "message": error.message}
    json.dump(results, sys.stdout)
