"""Makes ``%%veo --wait`` an awaited cell, so that buttons stay alive while it waits.

A magic cannot be awaited, but the cell that it stands in can be rewritten before it runs. That is done only where the
kernel runs the cell from its own loop: plain IPython, scripts and cells run by other cells block instead.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell

from ...domain.errors import VeoError
from .preloading import paused
from .shell_magics import VeoMagics

if TYPE_CHECKING:
    from ...api.flags import Flags

_BEGINNING = "get_ipython().run_cell_magic('veo',"


class Awaiting:
    """The rewriting, for one shell.

    Args:
        magics: whose settings say whether cells wait that do not say so.
    """

    def __init__(self, magics: VeoMagics) -> None:
        self._magics = magics
        self._depth = 0

    def begin(self, shell: InteractiveShell) -> None:
        """Rewrite cells from now on."""
        shell.input_transformers_post.append(self.rewrite)
        shell.events.register("pre_execute", self._cell_begins)
        shell.events.register("post_execute", self._cell_ends)

    def end(self, shell: InteractiveShell) -> None:
        """Rewrite no more."""
        shell.input_transformers_post.remove(self.rewrite)
        shell.events.unregister("pre_execute", self._cell_begins)
        shell.events.unregister("post_execute", self._cell_ends)

    def _cell_begins(self) -> None:
        self._depth += 1

    def _cell_ends(self) -> None:
        # The cell that loaded the extension is left without having been entered.
        self._depth = max(self._depth - 1, 0)

    def rewrite(self, lines: list[str]) -> list[str]:
        """A cell as it is run; only a whole ``%%veo`` cell is touched."""
        source = "".join(lines)
        if not source.startswith(_BEGINNING):
            return lines
        call = _magic_call(source)
        if call is None:
            return lines
        line, body = call
        # IPython refuses an empty body before the magic is asked, which --help does without.
        body = body or "\n"
        flags = self._read_flags(line, body)
        if flags is not None and flags.wait and not flags.dry_run and self._can_await():
            rewritten = f"await get_ipython().magics_manager.registry['VeoMagics'].awaited({line!r}, {body!r})"
        else:
            rewritten = f"get_ipython().run_cell_magic('veo', {line!r}, {body!r})"
        if flags is not None and flags.quiet:
            # The job is the magic's value, whose card IPython would show if it were the cell's too.
            rewritten = f"({rewritten}, None)[1]"
        return [f"{rewritten}\n"]

    def _read_flags(self, line: str, body: str) -> Flags | None:
        with paused():
            from ...api.flags import parse, whole_line

        try:
            return parse(whole_line(line, body)[0], self._magics.defaults)
        except VeoError:
            # The magic itself says what is wrong.
            return None

    def _can_await(self) -> bool:
        if self._depth:
            # A cell that another one runs, as %%capture does, is not awaited by anybody.
            return False
        import asyncio

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return False
        return True


def _magic_call(source: str) -> tuple[str, str] | None:
    """The line and the body of a cell that is nothing but the magic."""
    try:
        (statement,) = ast.parse(source).body
    except (SyntaxError, ValueError):
        return None
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return None
    values = [item.value for item in statement.value.args if isinstance(item, ast.Constant)]
    if len(values) != 3 or not all(isinstance(value, str) for value in values):
        return None
    return str(values[1]), str(values[2])
