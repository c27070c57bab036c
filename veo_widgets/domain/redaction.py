"""Keys taken out of text, wherever text is about to be shown, logged or kept.

Two nets: every key that this process has held is known and is found whatever it looks like; and what looks like a key
or a token of the services is taken out even if nobody here has ever held it.
"""

from __future__ import annotations

import re
import threading
from urllib.parse import quote

# What stands where a key stood.
GAP = "[key]"
# Shorter ones would be found in the middle of ordinary words.
_SHORTEST = 6
_LONGEST_WORD = 16
# A long-lived program gets a new token every hour and must not keep them all.
_MOST = 256

_LOOKS = (
    # Google: API keys, keys of the newer form, access tokens, refresh tokens, OAuth client secrets.
    r"AIza[\w*-][\w.*-]{5,}",
    r"\bAQ\.[\w-]{20,}",
    r"\bya29\.[\w.-]{6,}",
    r"\b1//0[\w-]{20,}",
    r"\bGOCSPX-[\w-]{10,}",
    # OpenAI and LiteLLM, also half masked as their own messages quote them.
    r"\bsk-[\w*.-]{10,}[\w*-]",
    # Signed tokens, and keys in a file.
    r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    # Whatever stands where a key belongs: after a scheme, in a header, in a query, before a host.
    r"(?i:(?<=\bbearer )(?=[\w.~+/*-]*\d)[\w.~+/*-]{8,}=*)",
    r"(?i:(?<=x-goog-api-key: )\S+)",
    r"(?i:(?<=[?&]key=)[^&\s\"'<>]+|(?<=[?&]api_key=)[^&\s\"'<>]+|(?<=[?&]api-key=)[^&\s\"'<>]+)",
    r"(?i:(?<=[?&]access_token=)[^&\s\"'<>]+|(?<=[?&]x-goog-signature=)[^&\s\"'<>]+)",
    r"(?i:(?<=[?&]password=)[^&\s\"'<>]+)",
    r"(?<=://)[^/\s@\"'?#]+(?=@)",
)
_PATTERN = re.compile("|".join(_LOOKS), re.DOTALL)

_known: dict[str, None] = {}
_lock = threading.Lock()


def know(key: str) -> None:
    """Remember a key of this process, so that `redact` finds it whatever it looks like.

    Args:
        key: as it is sent; the form it has in a URL is remembered too. What is short or may be a word is no key.
    """
    if len(key) < _SHORTEST or (key.isalpha() and len(key) < _LONGEST_WORD):
        return
    with _lock:
        # Bytes that are no UTF-8 stand in `os.environ` as halves of surrogate pairs.
        for form in (key, quote(key, safe="", errors="replace")):
            _known.pop(form, None)
            _known[form] = None
        while len(_known) > _MOST:
            del _known[next(iter(_known))]


def redact(text: str) -> str:
    """The text with `GAP` in the place of every key and token in it.

    Args:
        text: a message, a log line, a body; any length.
    """
    with _lock:
        # A key that is the beginning of another must not leave the other's end behind.
        known = sorted(_known, key=len, reverse=True)
    for key in known:
        text = text.replace(key, GAP)
    return _PATTERN.sub(GAP, text)
