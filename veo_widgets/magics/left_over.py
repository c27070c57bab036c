"""What earlier kernels have left, told when the extension is loaded."""

from __future__ import annotations

import time

from .. import config
from ..errors import VeoError
from ..ledger import Ledger
from ..problems import unknown_remark


def left_over() -> str:
    """What is left of earlier kernels, in a line; empty if nothing is. Nothing is done about it."""
    path = config.home() / "ledger.sqlite3"
    if not path.exists():
        return ""
    try:
        ledger = Ledger(path, patience=1.0)
    except VeoError as error:
        return str(error)
    try:
        left, _ = ledger.left(time.time())
        unknown = unknown_remark(*ledger.unknown(), "%veo")
    finally:
        ledger.close()
    said = []
    if left:
        jobs, them = ("job of an earlier kernel is", "it") if left == 1 else ("jobs of earlier kernels are", "them")
        said.append(f"{left} {jobs} open: %veo resume brings {them} home.")
    if unknown:
        said.append(unknown)
    return " ".join(said)
