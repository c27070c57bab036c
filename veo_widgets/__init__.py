"""AI video in a notebook: prompt, price, progress and player for Google's Veo and its relatives.

::

    import veo_widgets as veo

    job = veo.submit("A cat playing with a ball of yarn in a sunny garden")
    job.wait()

Names are loaded when they are first used, so importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .batches import Batch
    from .client import AsyncClient
    from .errors import VeoError
    from .films import Film, Shot, shot
    from .handles import Job
    from .keys import login
    from .logbook import log
    from .media import Image, Video
    from .request import VideoRequest
    from .session import (
        adopt,
        batch,
        budget,
        configure,
        cost,
        doctor,
        film,
        generate,
        job,
        jobs,
        load,
        plan,
        remote_videos,
        resume,
        submit,
    )
    from .sync import Client
    from .video_objects import VideoObject
    from .video_sequels import (
        avideo_edit,
        avideo_extension,
        avideo_list,
        avideo_remix,
        video_edit,
        video_extension,
        video_list,
        video_remix,
    )
    from .videos_api import (
        avideo_content,
        avideo_generation,
        avideo_status,
        video_content,
        video_generation,
        video_status,
    )
    from .widgets import Form, Grid, JobView, Player, Studio, compare, frames, grid, show

_HOMES = {
    "AsyncClient": "client",
    "Batch": "batches",
    "Client": "sync",
    "Film": "films",
    "Form": "widgets",
    "Grid": "widgets",
    "Image": "media",
    "Job": "handles",
    "JobView": "widgets",
    "Player": "widgets",
    "Shot": "films",
    "Studio": "widgets",
    "VeoError": "errors",
    "Video": "media",
    "VideoObject": "video_objects",
    "VideoRequest": "request",
    "adopt": "session",
    "avideo_content": "videos_api",
    "avideo_edit": "video_sequels",
    "avideo_extension": "video_sequels",
    "avideo_generation": "videos_api",
    "avideo_list": "video_sequels",
    "avideo_remix": "video_sequels",
    "avideo_status": "videos_api",
    "batch": "session",
    "budget": "session",
    "compare": "widgets",
    "configure": "session",
    "cost": "session",
    "doctor": "session",
    "film": "session",
    "frames": "widgets",
    "generate": "session",
    "grid": "widgets",
    "job": "session",
    "jobs": "session",
    "load": "session",
    "log": "logbook",
    "login": "keys",
    "plan": "session",
    "remote_videos": "session",
    "resume": "session",
    "shot": "films",
    "show": "widgets",
    "submit": "session",
    "video_content": "videos_api",
    "video_edit": "video_sequels",
    "video_extension": "video_sequels",
    "video_generation": "videos_api",
    "video_list": "video_sequels",
    "video_remix": "video_sequels",
    "video_status": "videos_api",
}

__all__ = [
    "AsyncClient",
    "Batch",
    "Client",
    "Film",
    "Form",
    "Grid",
    "Image",
    "Job",
    "JobView",
    "Player",
    "Shot",
    "Studio",
    "VeoError",
    "Video",
    "VideoObject",
    "VideoRequest",
    "adopt",
    "avideo_content",
    "avideo_edit",
    "avideo_extension",
    "avideo_generation",
    "avideo_list",
    "avideo_remix",
    "avideo_status",
    "batch",
    "budget",
    "compare",
    "configure",
    "cost",
    "doctor",
    "film",
    "frames",
    "generate",
    "grid",
    "job",
    "jobs",
    "load",
    "log",
    "login",
    "plan",
    "remote_videos",
    "resume",
    "shot",
    "show",
    "submit",
    "video_content",
    "video_edit",
    "video_extension",
    "video_generation",
    "video_list",
    "video_remix",
    "video_status",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext veo_widgets``: bring ``%%veo`` and ``%veo``."""
    import_module(".magics", __name__).load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext veo_widgets``: take them away again."""
    import_module(".magics", __name__).unload(shell)
