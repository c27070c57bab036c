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
    from .api.cast_functions import character, characters, forget_character
    from .api.functions import (
        adopt,
        budget,
        configuration,
        configure,
        cost,
        doctor,
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
    from .api.group_functions import batch, film
    from .api.job_functions import cancel, forget, look, retry, save, wait
    from .api.litellm.objects import VideoObject
    from .api.litellm.sequels import (
        avideo_edit,
        avideo_extension,
        avideo_list,
        avideo_remix,
        video_edit,
        video_extension,
        video_list,
        video_remix,
    )
    from .api.litellm.videos import (
        avideo_content,
        avideo_generation,
        avideo_status,
        video_content,
        video_generation,
        video_status,
    )
    from .api.model_functions import add_model, catalog
    from .api.nested_loops import allow_nested_loops
    from .api.sharing import share
    from .client.async_client import AsyncClient
    from .config.keys import login
    from .config.log import log
    from .domain.errors import DeliveryWarning, VeoError
    from .domain.media import Image, Video
    from .domain.request import VideoRequest
    from .notebook.widgets import (
        BatchTable,
        Form,
        Grid,
        JobView,
        Library,
        Player,
        Storyboard,
        Studio,
        compare,
        frames,
        grid,
        library,
        show,
    )
    from .session.as_completed import as_completed
    from .session.client import Client
    from .session.groups.batch import Batch
    from .session.groups.film import Film
    from .session.groups.shots import Shot, shot
    from .session.groups.title_cards import TitleCard, title_card
    from .session.job import Job

_HOMES = {
    "AsyncClient": "client.async_client",
    "Batch": "session.groups.batch",
    "BatchTable": "notebook.widgets",
    "Client": "session.client",
    "DeliveryWarning": "domain.errors",
    "Film": "session.groups.film",
    "Form": "notebook.widgets",
    "Grid": "notebook.widgets",
    "Image": "domain.media",
    "Job": "session.job",
    "JobView": "notebook.widgets",
    "Library": "notebook.widgets",
    "Player": "notebook.widgets",
    "Shot": "session.groups.shots",
    "Storyboard": "notebook.widgets",
    "Studio": "notebook.widgets",
    "TitleCard": "session.groups.title_cards",
    "VeoError": "domain.errors",
    "Video": "domain.media",
    "VideoObject": "api.litellm.objects",
    "VideoRequest": "domain.request",
    "add_model": "api.model_functions",
    "adopt": "api.functions",
    "allow_nested_loops": "api.nested_loops",
    "as_completed": "session.as_completed",
    "avideo_content": "api.litellm.videos",
    "avideo_edit": "api.litellm.sequels",
    "avideo_extension": "api.litellm.sequels",
    "avideo_generation": "api.litellm.videos",
    "avideo_list": "api.litellm.sequels",
    "avideo_remix": "api.litellm.sequels",
    "avideo_status": "api.litellm.videos",
    "batch": "api.group_functions",
    "budget": "api.functions",
    "cancel": "api.job_functions",
    "catalog": "api.model_functions",
    "character": "api.cast_functions",
    "characters": "api.cast_functions",
    "compare": "notebook.widgets",
    "configuration": "api.functions",
    "configure": "api.functions",
    "cost": "api.functions",
    "doctor": "api.functions",
    "film": "api.group_functions",
    "forget": "api.job_functions",
    "forget_character": "api.cast_functions",
    "frames": "notebook.widgets",
    "generate": "api.functions",
    "grid": "notebook.widgets",
    "job": "api.functions",
    "jobs": "api.functions",
    "library": "notebook.widgets",
    "load": "api.functions",
    "log": "config.log",
    "login": "config.keys",
    "look": "api.job_functions",
    "models": "api.functions",
    "plan": "api.functions",
    "remote_videos": "api.functions",
    "resume": "api.functions",
    "retry": "api.job_functions",
    "save": "api.job_functions",
    "share": "api.sharing",
    "shot": "session.groups.shots",
    "show": "notebook.widgets",
    "submit": "api.functions",
    "title_card": "session.groups.title_cards",
    "use": "api.functions",
    "video_content": "api.litellm.videos",
    "video_edit": "api.litellm.sequels",
    "video_extension": "api.litellm.sequels",
    "video_generation": "api.litellm.videos",
    "video_list": "api.litellm.sequels",
    "video_remix": "api.litellm.sequels",
    "video_status": "api.litellm.videos",
    "wait": "api.job_functions",
}

__all__ = [
    "AsyncClient",
    "Batch",
    "BatchTable",
    "Client",
    "DeliveryWarning",
    "Film",
    "Form",
    "Grid",
    "Image",
    "Job",
    "JobView",
    "Library",
    "Player",
    "Shot",
    "Storyboard",
    "Studio",
    "TitleCard",
    "VeoError",
    "Video",
    "VideoObject",
    "VideoRequest",
    "add_model",
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
    "catalog",
    "character",
    "characters",
    "compare",
    "configuration",
    "configure",
    "cost",
    "doctor",
    "film",
    "forget",
    "forget_character",
    "frames",
    "generate",
    "grid",
    "job",
    "jobs",
    "library",
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
    "share",
    "shot",
    "show",
    "submit",
    "title_card",
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
    import_module(".notebook.magics", __name__).load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext veo_widgets``: take them away again."""
    import_module(".notebook.magics", __name__).unload(shell)
