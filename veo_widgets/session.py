"""The verbs of ``import veo_widgets as veo``, over one client for the whole process."""

from __future__ import annotations

import threading
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from .config import Settings
from .credentials import sealed
from .errors import InvalidRequestError, nearest
from .handles import Job, Jobs, Videos
from .planning import Plan
from .sync import Client

_lock = threading.Lock()
_default: Client | None = None


def client() -> Client:
    """The client behind the functions of this module, made when first needed."""
    global _default  # noqa: PLW0603 (one loop for the whole process, as the design wants)
    with _lock:
        if _default is None:
            _default = Client()
        return _default


def submit(prompt: str, **values: Any) -> Job:
    """Start a job. This costs money, unless the provider is the emulator.

    Args:
        prompt: what the clips show.
        values: ``model`` (with or without a prefix such as ``vertex_ai/``), ``provider``, ``profile``,
            ``allow_retired``, and the parameters: ``aspect_ratio``, ``resolution``, ``duration_seconds`` (seconds),
            ``samples``, ``seed``, ``negative_prompt``, ``person_generation``, ``generate_audio``, ``first_frame``,
            ``last_frame``, ``reference_images``, ``reference_videos``, ``extend_from``, ``edit_from``,
            ``upscale_from``, ``storage_uri``; OpenAI's spellings ``seconds``, ``size`` and ``input_reference`` are
            taken too.

    Returns:
        The job, accepted by the service. It is polled for and downloaded in the background.

    Raises:
        InvalidRequestError: the request breaks a rule; nothing was sent.
        ConfigError: no credentials.
        ServiceError: the service refused; nothing was started.
        UnknownOutcomeError: the service's answer was lost.
    """
    return client().submit(prompt, **values)


def generate(prompt: str, *, timeout: float | None = None, **values: Any) -> Videos:
    """Submit, wait until the clips are on disk, and return them; see `submit`.

    Args:
        prompt: what the clips show.
        timeout: seconds to wait at most.
        values: as for `submit`.
    """
    return client().generate(prompt, timeout=timeout, **values)


def job(job_id: str) -> Job:
    """The job of that id, or of the only id that begins so: also one of another notebook or an earlier kernel."""
    return client().job(job_id)


def jobs(limit: int | None = 20) -> Jobs:
    """The newest jobs of every notebook, newest first, as a table.

    Args:
        limit: how many; None for all.
    """
    return client().jobs(limit)


def resume() -> Jobs:
    """Take up every open job again: after a restart, in another notebook, on the same ledger."""
    return client().resume()


def plan(prompt: str, **values: Any) -> Plan:
    """What `submit` would send, its price, and every rule it breaks. Nothing is sent."""
    return client().plan(prompt, **values)


def configure(**values: Any) -> None:
    """Set what new requests use; what is not named stays as it is, and None means "look in the environment" again.

    Args:
        values: ``provider``, ``model``, ``api_key``, ``base_url``, ``project``, ``location``, ``folder``, where clips
            are saved, and ``profile``: the account that these are of and that is used from now on. A name that is new
            begins with nothing set but the folder; None is the account without a name.

    Raises:
        InvalidRequestError: there is no such setting.
    """
    values = sealed(values, "configure()")
    names = [item.name for item in fields(Settings)]
    for name in values:
        if name not in names:
            raise InvalidRequestError(
                f"{name}: no such setting; there are {', '.join(names)}.{nearest(name, names)}",
                parameter=name,
            )
    if values.get("folder") is not None:
        values["folder"] = Path(values["folder"])
    asynchronous = client().asynchronous
    current = asynchronous.settings
    name = str(values.get("profile", current.profile) or "")
    begun = asynchronous.profiles.get(name, Settings(folder=current.folder))
    asynchronous.settings = replace(begun, **values)
