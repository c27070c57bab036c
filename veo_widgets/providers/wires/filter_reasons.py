"""What the safety filter's support codes mean.

Source: the Agent Platform's "Responsible AI for Veo" page.
"""

from __future__ import annotations

import re

_CODES: dict[str, tuple[str, ...]] = {
    "a child": ("58061214", "17301594"),
    "a celebrity's likeness": ("29310472", "15236754"),
    "the video's safety": ("64151117", "42237218"),
    "dangerous content": ("62263041",),
    "hate": ("57734940", "22137204"),
    "prohibited content": ("89371032", "49114662", "63429089", "72817394", "60599140"),
    "content of third parties": ("35561574", "35561575"),
    "sexual content": ("90789179", "43188360"),
    "toxic content": ("78610348",),
    "violence": ("61493863", "56562880"),
    "vulgar content": ("32635315",),
    "another safety rule": ("74803281", "29578790", "42876398"),
}
# The page lists codes by category; an answer has only the code.
_MEANING = {code: meaning for meaning, codes in _CODES.items() for code in codes}

_FILTER = re.compile(r"moderation|safety|policy|prohibit|content_filter|blocked|\brai\b", re.IGNORECASE)


def is_filter(code: str) -> bool:
    """Whether an error's code, such as ``moderation_blocked``, speaks of the filter rather than of a fault."""
    return bool(_FILTER.search(code))


def explain(reason: str) -> str:
    """The service's sentence with the meaning of its support codes after it."""
    _, found, tail = reason.partition("Support code")
    # Behind "Support code" alone: other numbers of this length are ids.
    codes = re.findall(r"(?<!\d)\d{7,9}(?!\d)", tail) if found else []
    meanings = list(dict.fromkeys(_MEANING[code] for code in codes if code in _MEANING))
    if not meanings:
        return reason.strip()
    return f"{reason.strip().rstrip('.')} (the filter saw {' and '.join(meanings)})."
