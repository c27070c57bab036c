"""Text of a stranger's made fit for a screen: what would move a cursor or turn a line around is shown instead."""

from __future__ import annotations

import re

# Control characters but for tab and line feed; what overrides, embeds or isolates the direction of writing, which lets
# a text look like another; line ends that only some programs know; halves of surrogate pairs.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with every such character written out as in a Python string; all other writing stays as it is.

    Args:
        text: a prompt, a service's sentence, a file's name; any length.
    """
    return _UNFIT.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
