"""Plays clips that are on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from ...api.functions import client as default_client
from ...client.offline_client import new_job_id
from ...domain import snippets
from ...domain.arguments import refusal
from ...domain.media import Video
from ...session.groups.group import Group
from ...session.inputs import clips_of
from ...session.job import Job
from ...session.loop import Loop
from . import job_state
from ._base import ClipWidget, bundle
from .sequels import offers_of


def described(video: Video) -> dict[str, Any]:
    """A clip with its own prompt, model and settings, for where clips of several jobs stand together."""
    recipe = video.recipe
    request = job_state.asked_for(recipe)
    facts = {
        "prompt": str(request.get("prompt", "")),
        "model": str(recipe.get("model", "")),
        "settings": snippets.settings(request),
    }
    shots = job_state.shots_of(recipe)
    return {**job_state.clip(video), "facts": facts, **({"shots": shots} if shots else {})}


class Player(ClipWidget):
    """A player for one clip or several.

    Args:
        clips: jobs, clips, films, batches, files and ids of jobs, one or several. A film is played as a whole.
        client: whose loop sends the clips; default is the one behind `veo_widgets.submit`.

    Raises:
        VeoError: there is no such file or job, or a film has no clip yet.
    """

    _esm, _css = bundle("player")

    clips = traitlets.List(traitlets.Dict()).tag(sync=True)
    prompt = traitlets.Unicode("").tag(sync=True)
    model = traitlets.Unicode("").tag(sync=True)
    settings = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    saved_class = traitlets.Unicode("").tag(sync=True)

    def __init__(self, *clips: Any, client: Loop | None = None) -> None:
        if not clips:
            raise refusal("clips", None, "a clip; give a job, a file's path or a job's id")
        client = client or next((item.client for item in clips if isinstance(item, Job | Group)), default_client())
        videos = clips_of(clips, client)
        # Clips of several jobs are numbered anew: the browser asks for them by number.
        self._videos = dict(enumerate(videos))
        super().__init__(
            client, **self._initial_traits(client, videos), saved_class=job_state.saved_class(new_job_id())
        )

    @staticmethod
    def _initial_traits(client: Loop, videos: Sequence[Video]) -> dict[str, object]:
        offered = offers_of(client, videos)
        clips = [
            # A file from elsewhere has no job whose clip could be continued.
            {**described(video), "sample": number, "offers": offered.get(video.job_id, {})}
            for number, video in enumerate(videos)
        ]
        return {"clips": clips, **(clips[0]["facts"] if clips else {})}

    def numbered_clips(self) -> Mapping[int, Video]:
        """The clips of this player."""
        return self._videos

    def titled(self) -> list[tuple[Video, str]]:
        """The clips, each with its prompt."""
        return [(self._videos[clip["sample"]], clip["facts"]["prompt"]) for clip in self.clips]

    def _ipython_display_(self) -> None:
        from .cell_output import show_player

        show_player(self)

    def __repr__(self) -> str:
        return f"Player({len(self._videos)} clip{'' if len(self._videos) == 1 else 's'})"
