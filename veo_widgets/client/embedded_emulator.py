"""The emulator inside this process: started when a job first needs it, gone with the process.

Nothing else in the package imports the emulator.
"""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path

from ..domain.errors import LedgerError, MissingExtraError

_lock = threading.Lock()
_address: dict[Path, str] = {}


def emulator_address(state_dir: Path) -> str:
    """The base URL of this process's emulator over `state_dir`; it is started if it does not run yet.

    Raises:
        MissingExtraError: its packages are not installed.
        LedgerError: its folder cannot be written.
    """
    # Two threads that need it at once must not start two over one folder.
    with _lock:
        if state_dir not in _address:
            try:
                emulator = import_module("veo_widgets.emulator")
            except ImportError as error:
                raise MissingExtraError("The emulator", "emulator") from error
            try:
                _address[state_dir] = emulator.Emulator(state_dir=state_dir).start().base_url
            except OSError as error:
                raise LedgerError(
                    f"The emulator cannot keep its clips in {str(state_dir)!r}: {error.strerror or error}. "
                    "VEO_WIDGETS_HOME moves it to another folder."
                ) from error
        return _address[state_dir]
