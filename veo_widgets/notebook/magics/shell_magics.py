"""``%%veo`` and ``%veo`` as IPython calls them, and what ``c.VeoMagics.…`` sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from ...config.settings import Settings, folder_of, switched_on
from ...domain.errors import VeoError
from ...domain.place_prices import PlacePrice
from ...providers.registry import provider_named
from .preloading import needed_now

if TYPE_CHECKING:
    from ...session.groups.batch import Batch
    from ...session.job import Job, Jobs

_FOR_CELLS = ("wait", "quiet", "embed", "once", "max_cost")
_FOR_REQUESTS = ("provider", "model", "project", "location", "folder", "requests_per_minute", "price", "budget_project")


def _text_setting(what: str) -> traitlets.Unicode[str, Any]:
    return traitlets.Unicode("", help=what).tag(config=True)


@magics_class
class VeoMagics(Magics):
    """AI video: ``%%veo`` makes clips, ``%veo`` looks after jobs.

    What is set here goes after an argument, ``veo.configure(…)`` and ``%veo use``, and before the environment.
    """

    shell: InteractiveShell

    provider = _text_setting("The provider of requests that name none.")
    model = _text_setting("The model of requests that name none.")
    project = _text_setting("The project at the Agent Platform.")
    location = _text_setting("The location at the Agent Platform.")
    folder = _text_setting("Where clips are saved; default is veo_clips beside the notebook.")
    requests_per_minute = traitlets.Int(0, min=0, help="Jobs of one model in a minute; 0 is the usual.").tag(
        config=True
    )
    price = _text_setting("What the provider's own rate is: 0 for free, 0.05/s or 0.40/clip.")
    budget_project = _text_setting("What clips are spent for, as veo.cost(by='project') tells.")
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
            # Applying makes the client, and loading the extension must not take long.
            self._apply_settings()
        # They may be set at any time, as with %config.
        self.observe(lambda _: self._apply_settings(), list(_FOR_REQUESTS))

    @traitlets.validate("provider")
    def _known_provider(self, proposal: Any) -> str:
        try:
            return provider_named(proposal["value"]).name if proposal["value"] else ""
        except VeoError as error:
            raise traitlets.TraitError(str(error)) from None

    def _settings(self) -> Settings:
        # These traits have no None: an empty text and 0 stand for what is not set.
        given: dict[str, Any] = {name: getattr(self, name) or None for name in _FOR_REQUESTS}
        folder = folder_of(self.folder, "c.VeoMagics.folder") if self.folder else None
        price = PlacePrice.of(self.price, "c.VeoMagics.price") if self.price else None
        return Settings(**{**given, "folder": folder, "price": price})

    def _apply_settings(self) -> None:
        from ...api import functions

        functions.client().asynchronous.defaults = self._settings()

    def close(self) -> None:
        """Have nothing of what was set here hold any more."""
        self.unobserve_all()
        if self._settings() != Settings():
            from ...api import functions

            functions.client().asynchronous.defaults = Settings()

    @property
    def defaults(self) -> dict[str, Any]:
        """What holds for cells whose line says nothing."""
        return {**{name: getattr(self, name) for name in _FOR_CELLS}, "once": self.once or switched_on("VEO_ONCE")}

    @no_var_expand
    @cell_magic("veo")  # type: ignore[arg-type]  # IPython's annotation fits no method
    def cell(self, line: str, cell: str) -> Job | Jobs | Batch | None:
        """Make a video of what the cell says. ``%%veo --help`` lists the flags."""
        with needed_now():
            from . import runs

        return runs.run(line, cell, self.shell, self.defaults)

    async def awaited(self, line: str, cell: str) -> Job | Jobs | Batch | None:
        """What ``%%veo --wait`` becomes where the kernel's loop runs: the same, and buttons stay alive meanwhile."""
        with needed_now():
            from . import runs

        return await runs.awaited(line, cell, self.shell, self.defaults)

    @line_magic("veo")  # type: ignore[arg-type]  # IPython's annotation fits no method
    def line(self, line: str) -> Any:
        """Look after jobs: ``%veo jobs``, ``%veo wait [ID]``, ``%veo doctor``. ``%veo help`` lists the verbs."""
        with needed_now():
            from . import runs

        return runs.ask(line)
