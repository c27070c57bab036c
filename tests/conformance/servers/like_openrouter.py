"""OpenRouter's ``/api/v1/videos``, written after its SDK, which is made of its description: openrouter 1.3.84.

``openrouter/components/videogenerationrequest.py`` and ``frameimage.py`` have the create, the answers are in
``videogenerationresponse.py`` and ``videogenerationusage.py``, the models in ``videomodel.py``, the paths and statuses
in ``video_generation.py``, and the refusals in ``badrequestresponseerrordata.py`` and its neighbours. What a form is
answered with is not described; here it is HTTP's own status for that.

What stands in ``pricing_skus`` is not described; here it is written as in the public list of autumn 2026.

Reads a JSON object from standard input: ``clip``, ``folder``, ``key``, ``models`` (names), ``listed`` (fields of the
list's entries, by name), ``bucket`` (whether a copy of the clip is kept at a signed address; there is none for
customers without storage) and ``cost`` (US dollars).
"""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any

import recording
from engine import Bucket, Engine, Work
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]
RATIOS = ["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "9:21"]
RESOLUTIONS = ["360p", "480p", "720p", "768p", "1080p", "1K", "2K", "4K"]
_WORDS = {"queued": "pending", "running": "in_progress", "done": "completed", "failed": "failed"}
_WHOLE = ("duration", "seed", "creativity")
_TEXTS = ("model", "prompt", "size", "callback_url", "previous_job_id", "session_id", "user")


def refusal(status: int, message: str, **more: Any) -> JSONResponse:
    """An error."""
    return JSONResponse({"error": {"code": status, "message": message, **more}}, status)


def fault_in(fields: Json, models: list[str]) -> str:
    """What is wrong with a create, as one sentence; empty if nothing is."""
    for name in _TEXTS:
        if not isinstance(fields.get(name, ""), str):
            return f"{name}: Invalid input: expected string"
    for name in _WHOLE:
        if not isinstance(fields.get(name, 0), int):
            return f"{name}: Invalid input: expected number, received {type(fields[name]).__name__}"
    for name, allowed in (("aspect_ratio", RATIOS), ("resolution", RESOLUTIONS)):
        if fields.get(name, allowed[0]) not in allowed:
            return f"{name}: Invalid option: expected one of {'|'.join(allowed)}"
    for image in fields.get("frame_images", []):
        if image.get("frame_type") not in {"first_frame", "last_frame"} or "url" not in image.get("image_url", {}):
            return "frame_images: Invalid input"
    if fields.get("model") not in models:
        return f"{fields.get('model')} is not a valid model ID"
    return "" if fields.get("prompt") else "prompt: Required"


class Router:
    """The service."""

    def __init__(self, engine: Engine, bucket: Bucket | None, given: Json) -> None:
        self._engine, self._bucket, self._given = engine, bucket, given
        self._folder = Path(given["folder"]) / "jobs"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._jobs: dict[str, Work] = {}

    @property
    def _models(self) -> list[str]:
        return list(self._given.get("models", ["alibaba/wan-2.6", "google/veo-3.1"]))

    def _closed(self, request: Request) -> Response | None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if given == self._given.get("key", "sk-or-v1-key"):
            return None
        return refusal(401, "User not found." if given else "No auth credentials found")

    async def create(self, request: Request) -> Response:
        """``POST /videos``."""
        if closed := self._closed(request):
            return closed
        if not request.headers.get("content-type", "").startswith("application/json"):
            return refusal(415, "Unsupported Media Type")
        try:
            fields = json.loads(await request.body())
        except ValueError:
            return refusal(400, "Invalid JSON")
        if fault := fault_in(fields, self._models):
            return refusal(400, fault)
        job = f"gen-vid-{int(time.time())}-{secrets.token_hex(10)}"
        self._jobs[job] = self._engine.begin(fields["prompt"], self._folder / f"{job}.mp4")
        return JSONResponse({"id": job, "polling_url": f"/api/v1/videos/{job}", "status": "pending"}, 202)

    async def fetch(self, request: Request) -> Response:
        """``GET /videos/{jobId}``."""
        if closed := self._closed(request):
            return closed
        job = request.path_params["job"]
        if job not in self._jobs:
            return refusal(404, "Video job not found")
        work = self._jobs[job]
        body = {"id": job, "polling_url": f"/api/v1/videos/{job}", "status": _WORDS[work.state]}
        if work.state == "failed":
            body["error"] = work.error
        if work.state == "done":
            body |= self._ended(request, job, work)
        return JSONResponse(body)

    def _ended(self, request: Request, job: str, work: Work) -> Json:
        own = f"{request.base_url}api/v1/videos/{job}/content?index=0"
        body = {
            "generation_id": job,
            "unsigned_urls": [own],
            "usage": {"cost": self._given.get("cost", 0.25), "is_byok": False},
        }
        if self._bucket:
            signed = self._bucket.put(work.path, work.path.name)
            body |= {"urls": [signed], "expires_at": work.created + 86_400}
        return body

    async def content(self, request: Request) -> Response:
        """``GET /videos/{jobId}/content``."""
        if closed := self._closed(request):
            return closed
        work = self._jobs.get(request.path_params["job"])
        if work is None:
            return refusal(404, "Video job not found")
        if work.state != "done" or request.query_params.get("index", "0") != "0":
            return refusal(400, "Video is not ready")
        return FileResponse(work.path, media_type="video/mp4")

    async def models(self, _: Request) -> Response:
        """``GET /videos/models``."""
        listed = [
            {
                "id": name,
                "canonical_slug": name,
                "name": name.rpartition("/")[2],
                "created": 1_780_000_000,
                "description": "",
                "hugging_face_id": None,
                "supported_resolutions": ["480p", "720p", "1080p"],
                "supported_aspect_ratios": ["16:9", "9:16", "1:1"],
                "supported_sizes": ["854x480", "1280x720", "1920x1080"],
                "supported_durations": [5, 10],
                "supported_frame_images": ["first_frame", "last_frame"],
                "generate_audio": True,
                "seed": True,
                "creativity": None,
                "upscale_factor": None,
                "pricing_skus": {"duration_seconds_480p": "0.05", "duration_seconds_720p": "0.1"},
                "allowed_passthrough_parameters": ["negative_prompt"],
                **self._given.get("listed", {}).get(name, {}),
            }
            for name in self._models
        ]
        return JSONResponse({"data": listed})

    async def unknown(self, _: Request, __: Exception) -> Response:
        """Any other path or method."""
        return refusal(404, "Not Found")

    def app(self) -> Any:
        """The application."""
        routes = [
            Route("/api/v1/videos", self.create, methods=["POST"]),
            Route("/api/v1/videos/models", self.models, methods=["GET"]),
            Route("/api/v1/videos/{job}", self.fetch, methods=["GET"]),
            Route("/api/v1/videos/{job}/content", self.content, methods=["GET"]),
        ]
        return Starlette(routes=routes, exception_handlers={404: self.unknown, 405: self.unknown})


def main() -> None:
    """Serve."""
    given = recording.said()
    engine, bucket = Engine(given["clip"]), recording.bucket_of(given)
    recording.serve(Router(engine, bucket, given).app(), engine, bucket)


if __name__ == "__main__":
    main()
