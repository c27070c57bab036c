"""Where the Tab key asks what may stand on the line of ``%%veo`` and after ``%veo``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...domain.errors import VeoError
from .preloading import paused
from .shell_magics import VeoMagics

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

_MOST = 200
_HOOK = "complete_command"
_LINE = re.compile(r".*%veo\s")


def complete(shell: InteractiveShell, magics: VeoMagics) -> Callable[[], None]:
    """Have the shell complete our lines from now on; returns what ends it.

    Args:
        shell: an IPython of any age: matchers came with 8.6.
        magics: whose shell's variables may be offered.
    """
    import IPython.core.completer

    return (
        _register_matcher(shell, magics)
        if hasattr(IPython.core.completer, "context_matcher")
        else _register_hook(shell, magics)
    )


def _register_matcher(shell: InteractiveShell, magics: VeoMagics) -> Callable[[], None]:
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier="veo_widgets", priority=200)  # type: ignore[untyped-decorator]  # IPython's
    def matcher(context: CompletionContext) -> SimpleMatcherResult:
        found = _matching_offers(_before_cursor(context), magics)
        if found is None:
            return {"completions": [], "suppress": False}
        fragment, offers = found
        return {
            "completions": [SimpleCompletion(text, type="param") for text in offers],
            "matched_fragment": fragment,
            # Where a line of ours is written, names of Python's are no help.
            "suppress": True,
        }

    completer: Any = shell.Completer
    completer.custom_matchers.append(matcher)

    def end() -> None:
        completer.custom_matchers[:] = [item for item in completer.custom_matchers if item is not matcher]

    return end


def _register_hook(shell: InteractiveShell, magics: VeoMagics) -> Callable[[], None]:
    """The way before matchers, which knows the cursor's line alone: one that continues another is not completed."""

    def hook(_: InteractiveShell, event: Any) -> list[str]:
        found = _matching_offers(event.text_until_cursor, magics)
        if found is None:
            return []
        fragment, offers = found
        # IPython replaces what it takes for the word, which begins later where there is a quote.
        kept = fragment.removesuffix(event.symbol)
        return [offer[len(kept) :] for offer in offers]

    shell.set_hook(_HOOK, hook, re_key=_LINE)  # type: ignore[no-untyped-call]  # IPython's

    def end() -> None:
        shell.strdispatchers[_HOOK].regexs.pop(_LINE, None)

    return end


def _matching_offers(before: str, magics: VeoMagics) -> tuple[str, list[str]] | None:
    """The word before the cursor and what it may become; None where nothing of ours is written."""
    try:
        with paused():
            from .completion import offers_for

            found = offers_for(before, magics.shell.user_ns)
    except (VeoError, OSError):
        # Whoever completes is not told what is wrong with a ledger or a folder.
        return None
    if found is None:
        return None
    fragment, offers = found
    return fragment, list(dict.fromkeys(offer for offer in offers if _begins_with(offer, fragment)))[:_MOST]


def _begins_with(offer: str, fragment: str) -> bool:
    # A quote is added to a path that needs one.
    return offer.lstrip("'\"").startswith(fragment.lstrip("'\""))


def _before_cursor(context: CompletionContext) -> str:
    lines = context.full_text.split("\n")[: context.cursor_line + 1]
    return "\n".join([*lines[:-1], lines[-1][: context.cursor_position]])
