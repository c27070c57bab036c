"""``%%veo`` and ``%veo`` as IPython calls them, and what ``c.VeoMagics.…`` sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from ..config import Settings, switched_on
from ..errors import VeoError
from ..paths import fixed
from ..providers import provider_named

if TYPE_CHECKING:
    from ..batches import Batch
    from ..handles import Job, Jobs

_FOR_CELLS = ("wait", "quiet", "embed", "once", "max_cost")
_FOR_REQUESTS = ("provider", "model", "project", "location", "folder", "requests_per_minute")


def _text(what: str) -> traitlets.Unicode[str, Any]:
    return traitlets.Unicode("", help=what).tag(config=True)


@magics_class
class VeoMagics(Magics):
    """AI video: ``%%veo`` makes clips, ``%veo`` looks after jobs.

    What is set here goes after an argument, ``veo.configure(…)`` and ``%veo use``, and before the environment.
    """

    shell: InteractiveShell

    provider = _text("The provider of requests that name none.")
    model = _text("The model of requests that name none.")
    project = _text("The project at the Agent Platform.")
    location = _text("The location at the Agent Platform.")
    folder = _text("Where clips are saved; default is veo_clips beside the notebook.")
    requests_per_minute = traitlets.Int(0, min=0, help="Jobs of one model in a minute; 0 is the usual.").tag(
        config=True
    )
    max_cost = traitlets.Float(0.0, min=0.0, help="US dollars that a cell may cost; 0 is no limit.").tag(config=True)
    wait = traitlets.Bool(default_value=False, help="Whether cells end when the clip plays, as with --wait.").tag(
        config=True
    )
    quiet = traitlets.Bool(default_value=False, help="Whether cells show no card, as with --quiet.").tag(config=True)
    embed = traitlets.Bool(default_value=False, help="Whether clips go into the notebook, as with --embed.").tag(
        config=True
    )

    once = traitlets.Bool(
        default_value=False, help="Whether cells show the clip they have for the same request, as with --once."
    ).tag(config=True)

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        if self._settings() != Settings():
            self._apply()
        self.observe(lambda _: self._apply(), list(_FOR_REQUESTS))

    @traitlets.validate("provider")
    def _known_provider(self, proposal: Any) -> str:
        try:
            return provider_named(proposal["value"]).name if proposal["value"] else ""
        except VeoError as error:
            raise traitlets.TraitError(str(error)) from None

    def _settings(self) -> Settings:
        given: dict[str, Any] = {name: getattr(self, name) or None for name in _FOR_REQUESTS}
        return Settings(**{**given, "folder": fixed(self.folder, "c.VeoMagics.folder") if self.folder else None})

    def _apply(self) -> None:
        from .. import session

        session.client().asynchronous.defaults = self._settings()

    def close(self) -> None:
        """Have nothing of what was set here hold any more."""
        self.unobserve_all()
        if self._settings() != Settings():
            from .. import session

            session.client().asynchronous.defaults = Settings()

    @property
    def defaults(self) -> dict[str, Any]:
        """What holds for cells whose line says nothing."""
        return {**{name: getattr(self, name) for name in _FOR_CELLS}, "once": self.once or switched_on("VEO_ONCE")}

    @no_var_expand
    @cell_magic("veo")  # type: ignore[arg-type]  # IPython's annotation fits no method
    def cell(self, line: str, cell: str) -> Job | Jobs | Batch | None:
        """Make a video of what the cell says. ``%%veo --help`` lists the flags."""
        # What submits, and with it HTTP, is loaded by the first cell: loading the extension must not take long.
        from . import runs

        return runs.run(line, cell, self.shell, self.defaults)

    async def awaited(self, line: str, cell: str) -> Job | Jobs | Batch | None:
        """What ``%%veo --wait`` becomes where the kernel's loop runs: the same, and buttons stay alive meanwhile."""
        from . import runs

        return await runs.awaited(line, cell, self.shell, self.defaults)

    @line_magic("veo")  # type: ignore[arg-type]  # IPython's annotation fits no method
    def line(self, line: str) -> Any:
        """Look after jobs: ``%veo jobs``, ``%veo wait [ID]``, ``%veo doctor``. ``%veo help`` lists the verbs."""
        from . import runs

        return runs.ask(line)
