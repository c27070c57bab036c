"""Lets a cell call ``asyncio.run``, as LiteLLM's asynchronous example does. Nothing of ours needs it."""

from __future__ import annotations

import asyncio

from ..domain.arguments import accepts
from ..domain.errors import ConfigError


@accepts()
def allow_nested_loops() -> None:
    """From now on a cell may call ``asyncio.run(…)`` although the kernel's own loop runs. Cannot be undone.

    It is done by nest-asyncio2. While such a call runs, no button is served; what is pressed meanwhile is served when
    the cell ends, and nothing of it is lost. `await` and ``job.wait()`` do without.

    Raises:
        ConfigError: nest-asyncio 1.x has been applied before, which loses messages of the front end.
    """
    import nest_asyncio2

    # Both packages leave the first mark, and only nest_asyncio2 the second.
    if hasattr(asyncio, "_nest_patched") and not hasattr(asyncio, "_nest_asyncio2"):
        raise ConfigError(
            "asyncio was patched by nest_asyncio before, which loses what is pressed while a nested loop runs. Restart "
            "the kernel, and call veo.allow_nested_loops() (%veo nest) instead of nest_asyncio.apply()."
        )
    nest_asyncio2.apply()
