"""What earlier kernels have left, told when the extension is loaded."""

from __future__ import annotations

import time
from contextlib import closing

from ...config.settings import home, ledger_place
from ...domain.errors import VeoError
from ...domain.problems import unknown_remark
from ...storage.ledger.ledger import Ledger
from ...storage.ledger.ledger_place import LedgerPlace


def left_over() -> str:
    """What is left of earlier kernels, in a line; empty if nothing is. Nothing is done about it."""
    try:
        left, unknown = _count_left_over(ledger_place(home()))
    except VeoError as error:
        return str(error)
    said = []
    if left:
        jobs, them = ("job of an earlier kernel is", "it") if left == 1 else ("jobs of earlier kernels are", "them")
        said.append(f"{left} {jobs} open: %veo resume picks {them} up.")
    if unknown:
        said.append(unknown)
    return " ".join(said)


def _count_left_over(place: LedgerPlace) -> tuple[int, str]:
    # A folder that may not be looked into is told of when it is needed.
    if not place.exists:
        return 0, ""
    # Loading the extension must not wait long for a program that has the ledger locked.
    with closing(Ledger(place.path, patience=1.0, url=place.url)) as ledger:
        left, _ = ledger.left(time.time())
        return left, unknown_remark(*ledger.unknown(), "%veo")
