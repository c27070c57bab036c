"""Who is at work here, as far as this machine says."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping


def user_name(environ: Mapping[str, str] = os.environ) -> str:
    """The user of the hub, or of this machine; empty where a container's user has no name.

    It is what the environment says, and proves nothing.
    """
    if hub := environ.get("JUPYTERHUB_USER", ""):
        return hub
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
