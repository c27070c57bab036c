"""What every fault of the table is checked for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from tests.clip_folders import suffixes_in
from veo_widgets.emulator import Emulator

from .fault_table import Fault
from .gateway_table import EVER

SECRETS = {"x-goog-api-key", "authorization", "api-key"}


def check_requests(fault: Fault, emulator: Emulator, *, polls: bool = True) -> None:
    """As many as the table says, every fault met, and a key in none that went elsewhere."""
    own = urlsplit(emulator.base_url).netloc
    journal = emulator.journal()
    assert sum(entry.kind == "create" or entry.fault.startswith("reset-") for entry in journal) == fault.creates
    assert not polls or sum(entry.kind == "poll" for entry in journal) >= fault.polls
    for rule in fault.rules:
        # A fault that never struck proves nothing.
        met = sum(entry.fault == rule.fault for entry in journal)
        assert met == rule.times or (rule.times == EVER and met)
    # Whatever happens, nothing is paid for twice.
    assert sum(bool(entry.operation) for entry in journal if entry.kind == "create") <= 1
    for entry in journal:
        assert entry.headers["host"] == own or not SECRETS & entry.headers.keys()


def check_files(folder: Path, fault: Fault) -> None:
    """Whole clips with their recipes, nothing beside them, and a ledger without damage."""
    assert suffixes_in(folder / "veo_clips") == [".json"] * fault.clips + [fault.kind] * fault.clips
    with closing(sqlite3.connect(folder / "home" / "ledger.sqlite3")) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
