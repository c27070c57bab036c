"""``veo.grid`` and ``veo.compare``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ....api.functions import client as default_client
from ....domain.arguments import NAME, SWITCH, accepts
from ....session.client import Client
from ....session.loop import Loop
from .comparison import drafts
from .grid import Grid


@accepts(render=NAME)
def grid(*shown: Any, client: Loop | None = None, render: str = "1080p") -> Grid:
    """Show clips, jobs, films and files side by side, played and scrubbed as one; see `Grid`."""
    return Grid(*shown, client=client, render=render)


@accepts(draft=SWITCH, render=NAME)
def compare(
    prompts: str | Iterable[str],
    seeds: int | Iterable[int] | None = None,
    models: str | Iterable[str] | None = None,
    *,
    draft: bool = True,
    render: str = "1080p",
    client: Client | None = None,
    **values: Any,
) -> Grid:
    """A grid of every prompt with every model and every seed. Nothing is sent before a click, or `Grid.submit`.

    Args:
        prompts: one or several.
        seeds: the seeds, or how many to draw.
        models: one or several; by default the cheapest of its family, as these are drafts.
        draft: make them at the lowest resolution, unless one is given.
        render: the resolution at which starred clips are made again.
        client: who sends them; default is the one behind `veo_widgets.submit`.
        values: as for `veo_widgets.submit`.

    Raises:
        InvalidRequestError: a combination breaks a rule, or there are more than 64.
    """
    client = client or default_client()
    return Grid(drafts(client.plan, prompts, seeds, models, draft=draft, **values), client=client, render=render)
