"""Gives clips to others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..domain.arguments import NUMBER, PATH, accepts
from ..session.job import Job
from . import functions, job_functions


@accepts(path=PATH, fps=NUMBER)
def share(what: Any, path: str | os.PathLike[str], *, width: int | None = None, fps: float | None = None) -> Path:
    """Write clips so that others can play them, offline and without this package.

    ```python
    job = veo.submit("A cat playing with a ball of yarn", seconds=4).wait()
    veo.share(job, "cat.html")
    veo.share(job, "cat.gif", width=320)
    ```

    A page tells each clip's prompt, model, settings and price, and has the cell that makes it again. Your folders, the
    name of your project and that of your notebook stand nowhere.

    Args:
        what: a job, a film, a batch, a grid, a clip, a file's path or a job's id, or several jobs and clips. What has
            no clip is left out.
        path: what to write, in place of what is there. Its ending says as what: ``.html`` is one file that holds the
            clips; ``.zip``, or a folder where there is no ending, has them beside a page, each with the recipe that
            `load` reads; ``.png`` or ``.jpg`` is a contact sheet of the clips, or of one clip from beginning to end;
            ``.gif`` or ``.webp`` is one clip as a picture that moves.
        width: of a ``.gif`` or ``.webp``, in pixels; default is 480, and never more than the clip has.
        fps: of a ``.gif`` or ``.webp``, pictures a second; default is 12.5.

    Returns:
        What was written.

    Raises:
        InvalidRequestError: nothing that can be shared, another ending, or too much for a picture that moves.
        MissingExtraError: a picture without the extra ``media``.
        VeoError: a clip cannot be read, or the disk refused.
    """
    from ..session.sharing import share as write

    return write(what, path, functions.client(), width, fps)


@accepts(path=PATH)
def share_job(path: str | Path, job: Job | str | None = None) -> Path:
    """Write a job's clips so that others can play them, by default the newest job's; see `share`."""
    return share(job_functions.find(job), path)
