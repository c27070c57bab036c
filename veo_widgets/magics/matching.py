"""Where the Tab key asks what may stand on the line of ``%%veo`` and after ``%veo``."""

from __future__ import annotations

from collections.abc import Callable

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from ..errors import VeoError
from .shell_magics import VeoMagics

_MOST = 200

Matcher = Callable[[CompletionContext], SimpleMatcherResult]


def make_matcher(magics: VeoMagics) -> Matcher:
    """A matcher for IPython's completer.

    Args:
        magics: whose shell's variables may be offered.
    """

    @context_matcher(identifier="veo_widgets", priority=200)  # type: ignore[untyped-decorator]  # IPython's
    def matcher(context: CompletionContext) -> SimpleMatcherResult:
        from .completion import offers_for

        try:
            found = offers_for(_before_cursor(context), magics.shell.user_ns)
        except (VeoError, OSError):
            # Whoever completes is not told what is wrong with a ledger or a folder.
            found = None
        if found is None:
            return {"completions": [], "suppress": False}
        fragment, offers = found
        chosen = list(dict.fromkeys(offer for offer in offers if _begins(offer, fragment)))[:_MOST]
        return {
            "completions": [SimpleCompletion(text, type="param") for text in chosen],
            "matched_fragment": fragment,
            # Where a line of ours is written, names of Python's are no help.
            "suppress": True,
        }

    made: Matcher = matcher
    return made


def _begins(offer: str, fragment: str) -> bool:
    # A quote is added to a path that needs one.
    return offer.lstrip("'\"").startswith(fragment.lstrip("'\""))


def _before_cursor(context: CompletionContext) -> str:
    lines = context.full_text.split("\n")[: context.cursor_line + 1]
    return "\n".join([*lines[:-1], lines[-1][: context.cursor_position]])
