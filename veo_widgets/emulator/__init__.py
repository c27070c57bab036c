"""An offline stand-in for the video services: a real HTTP server, real clips, no cost.

::

    with Emulator(pace=Pace.at_once()) as emulator:
        print(emulator.base_url)

It answers as the Gemini Developer API and the Agent Platform answer to Veo's predictLongRunning calls and to Gemini
Omni's interactions, and as OpenAI, Azure and LiteLLM's proxy answer at ``/v1/videos``. It refuses what they refuse,
renders watchable clips, and fails on request. See `front_matter` for directions in a prompt, `manners` for the dialects
of other ``/v1/videos`` servers, `faults` and `troubles` for the named faults, `answer_shapes` for what refusals look
like, and `admin` for its routes. It needs the extra ``emulator``.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, Self

from ..domain.catalog import models_in
from .app import build
from .faults.rules import Faults, Rule
from .jobs.operations import Operations
from .jobs.pace import Pace
from .jobs.state import Backstage
from .jobs.storeroom import Storeroom
from .journal import Entry, Journal
from .refusals import RefusalError
from .server import LoopbackServer

__all__ = ["Emulator", "Entry", "Pace"]


class Emulator:
    """The emulated services on one port.

    Args:
        port: 0 lets the system choose.
        host: the address to listen at.
        pace: how long operations take; by default as long as the real ones, divided by 20.
        clips: ``full`` renders each request; ``small`` serves tiny clips of the right length, for tests of load.
        state_dir: where operations and clips outlive the process; ``None``: nowhere.
        refuse_retired: whether models that the real service has ended are refused.
        keys: the only keys and tokens that are accepted, beside the tokens that it gives out itself; by default all
            that do not begin with ``wrong``.
        models: a file that describes models of one's own, which are served too: TOML with ``[[models]]`` or
            ``[[tool.veo_widgets.models]]``, or JSON. Those that this process has described are served without it.
        clock: answers seconds since 1970.

    Raises:
        OSError: the file of models cannot be read.
        ValueError: it describes a model wrongly; or `clips` is neither.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        pace: Pace | None = None,
        clips: Literal["full", "small"] = "full",
        state_dir: Path | None = None,
        refuse_retired: bool = False,
        keys: Iterable[str] = (),
        models: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if clips not in {"full", "small"}:
            raise ValueError(f"clips: {clips!r} is neither 'full' nor 'small'.")
        self._port = port
        self._host = host
        self._pace = pace or Pace.seconds()
        self._small = clips == "small"
        # A notebook may change its directory while the emulator runs.
        self._state_dir = Path(state_dir).absolute() if state_dir is not None else None
        self._refuse_retired = refuse_retired
        self._keys = frozenset(keys)
        self._own = models_in(models) if models is not None else ()
        self._clock = clock
        self._journal = Journal()
        self._faults = Faults()
        self._server: LoopbackServer | None = None
        self._stage: Backstage | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> Self:
        """Listen; it accepts connections when this returns. Starting twice does nothing.

        Raises:
            OSError: the port is taken.
        """
        if self._server is None:
            stage = self._set_up()
            try:
                self._server = LoopbackServer(build(stage), self._host, self._port)
            # The folder is there before the port is known to be free, and must not stay behind.
            except OSError:
                self._tear_down()
                raise
            # After a stop it listens at the same port again, so that addresses which were handed out still lead here.
            self._port = self._server.port
            self._server.start()
        return self

    def _set_up(self) -> Backstage:
        folder = self._state_dir
        if folder is None:
            # On Windows a file that a client still reads cannot be deleted; the system's own cleaning takes it later.
            self._scratch = tempfile.TemporaryDirectory(prefix="veo-emulator-", ignore_cleanup_errors=True)
            folder = Path(self._scratch.name)
        storeroom = Storeroom(folder, small=self._small)
        # Without a `state_dir` operations are not written: the scratch folder is gone before anybody could read them.
        operations = Operations(storeroom, self._clock, folder / "operations" if self._state_dir else None)
        operations.own = self._own
        self._stage = Backstage(
            operations,
            storeroom,
            self._faults,
            self._journal,
            self._pace,
            self._clock,
            self._refuse_retired,
            self._keys,
        )
        return self._stage

    def stop(self) -> None:
        """Close the port and drop what is not in `state_dir`. Stopping twice does nothing."""
        if self._server is not None:
            self._server.stop()
            self._server = None
        self._tear_down()

    def _tear_down(self) -> None:
        if self._stage is not None:
            self._stage.storeroom.close()
            self._stage = None
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Emulator at {self.base_url}>" if self._server else "<Emulator, not running>"

    @property
    def base_url(self) -> str:
        """Its address, such as ``http://127.0.0.1:40123``."""
        # In an address IPv6 stands in brackets, or its colons would read as a port.
        return f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"

    def journal(self) -> list[Entry]:
        """Every request so far, oldest first."""
        return self._journal.entries()

    def script(self, on: str, fault: str = "", **more: Any) -> None:
        """Make the next request of kind `on` meet `fault`; `more` holds the other fields of `faults.Rule`.

        Raises:
            ValueError: there is no such kind, fault or outcome.
        """
        self._faults.add(Rule(on, fault, **more))

    def direct(self, **lines: str) -> None:
        """Apply these lines of front matter, such as ``dialect="new-api"``, to every prompt from now on.

        A prompt's own lines take precedence; a call without any ends them.

        Raises:
            ValueError: a line is not known.
            RuntimeError: it is not running.
        """
        try:
            self._running().direct(lines)
        except RefusalError as error:
            raise ValueError(error.message) from error

    def set_pace(self, pace: Pace) -> None:
        """Change the pace of operations created from now on."""
        self._pace = pace
        if self._stage is not None:
            self._stage.pace = pace

    def list_models(self, *names: str) -> None:
        """List these names at ``/v1/models``, as a LiteLLM proxy lists those that its operator has chosen.

        Raises:
            RuntimeError: it is not running.
        """
        self._running().listed = names

    def _running(self) -> Backstage:
        if self._stage is None:
            raise RuntimeError("The emulator does not run.")
        return self._stage

    def reset(self) -> None:
        """Forget every operation, rule and journal entry."""
        if self._stage is not None:
            self._stage.reset()
        self._journal.clear()
        self._faults.clear()
