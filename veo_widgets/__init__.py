"""AI video in a notebook: prompt, price, progress and player for Google's Veo and its relatives.

```python
import veo_widgets as veo

job = veo.submit("A cat playing with a ball of yarn in a sunny garden")
job.wait()
```

Names are loaded when they are first used, so importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arrivals import as_completed
    from .batches import Batch
    from .by_name import cancel, forget, look, retry, save, wait
    from .client import AsyncClient
    from .errors import DeliveryWarning, VeoError
    from .films import Film, Shot, shot
    from .handles import Job
    from .keys import login
    from .logbook import log
    from .media import Image, Video
    from .nesting import allow_nested_loops
    from .request import VideoRequest
    from .session import (
        adopt,
        batch,
        budget,
        configuration,
        configure,
        cost,
        doctor,
        film,
        generate,
        job,
        jobs,
        load,
        models,
        plan,
        remote_videos,
        resume,
        submit,
        use,
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
    "DeliveryWarning": "errors",
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
    "allow_nested_loops": "nesting",
    "as_completed": "arrivals",
    "avideo_content": "videos_api",
    "avideo_edit": "video_sequels",
    "avideo_extension": "video_sequels",
    "avideo_generation": "videos_api",
    "avideo_list": "video_sequels",
    "avideo_remix": "video_sequels",
    "avideo_status": "videos_api",
    "batch": "session",
    "budget": "session",
    "cancel": "by_name",
    "compare": "widgets",
    "configuration": "session",
    "configure": "session",
    "cost": "session",
    "doctor": "session",
    "film": "session",
    "forget": "by_name",
    "frames": "widgets",
    "generate": "session",
    "grid": "widgets",
    "job": "session",
    "jobs": "session",
    "load": "session",
    "log": "logbook",
    "login": "keys",
    "look": "by_name",
    "models": "session",
    "plan": "session",
    "remote_videos": "session",
    "resume": "session",
    "retry": "by_name",
    "save": "by_name",
    "shot": "films",
    "show": "widgets",
    "submit": "session",
    "use": "session",
    "video_content": "videos_api",
    "video_edit": "video_sequels",
    "video_extension": "video_sequels",
    "video_generation": "videos_api",
    "video_list": "video_sequels",
    "video_remix": "video_sequels",
    "video_status": "videos_api",
    "wait": "by_name",
}

__all__ = [
    "AsyncClient",
    "Batch",
    "Client",
    "DeliveryWarning",
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
    "allow_nested_loops",
    "as_completed",
    "avideo_content",
    "avideo_edit",
    "avideo_extension",
    "avideo_generation",
    "avideo_list",
    "avideo_remix",
    "avideo_status",
    "batch",
    "budget",
    "cancel",
    "compare",
    "configuration",
    "configure",
    "cost",
    "doctor",
    "film",
    "forget",
    "frames",
    "generate",
    "grid",
    "job",
    "jobs",
    "load",
    "log",
    "login",
    "look",
    "models",
    "plan",
    "remote_videos",
    "resume",
    "retry",
    "save",
    "shot",
    "show",
    "submit",
    "use",
    "video_content",
    "video_edit",
    "video_extension",
    "video_generation",
    "video_list",
    "video_remix",
    "video_status",
    "wait",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext veo_widgets``: bring ``%%veo`` and ``%veo``."""
    import_module(".magics", __name__).load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext veo_widgets``: take them away again."""
    import_module(".magics", __name__).unload(shell)
