"""What ``%load_ext veo_widgets`` adds to a shell, and ``%unload_ext`` takes away again."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from .awaiting import Awaiting
from .left_over import left_over
from .matching import complete
from .preloading import begin_after_cell
from .shell_magics import VeoMagics
from .tracebacks import fold, unfold

# Kept on the shell itself, so that a module that was reloaded finds it too.
_KEPT = "_veo_widgets_extension"


class _Extension:
    """Everything that was added to one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._before = {kind: shell.magics_manager.magics[kind].get("veo") for kind in ("cell", "line")}
        self.magics = VeoMagics(shell)
        shell.register_magics(self.magics)
        self._awaiting = Awaiting(self.magics)
        self._awaiting.begin(shell)
        self._end_completing = complete(shell, self.magics)
        fold(shell)
        self._end_preloading = begin_after_cell(shell)

    def remove(self) -> None:
        """Leave the shell as it was."""
        self._end_preloading()
        self._end_completing()
        self._awaiting.end(self._shell)
        unfold()
        self.magics.close()
        for kind, before in self._before.items():
            self._shell.magics_manager.magics[kind].pop("veo", None)
            if before is not None:
                self._shell.magics_manager.magics[kind]["veo"] = before
        self._shell.magics_manager.registry.pop(type(self.magics).__name__, None)
        ours: Any = self.magics
        self._shell.configurables[:] = [item for item in self._shell.configurables if item is not ours]


def load(shell: InteractiveShell) -> None:
    """Add the magics, their completion and the awaited cell; loading twice changes nothing but what is told."""
    unload(shell)
    setattr(shell, _KEPT, _Extension(shell))
    if told := left_over():
        print(told)  # noqa: T201 (what an earlier kernel has left)


def unload(shell: InteractiveShell) -> None:
    """Take everything away that `load` added."""
    extension = getattr(shell, _KEPT, None)
    if extension is not None:
        extension.remove()
        delattr(shell, _KEPT)
