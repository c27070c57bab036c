"""The server and the browser are those of the tests in ``e2e``."""

from __future__ import annotations

from ..e2e.conftest import browser, lab, tab

__all__ = ["browser", "lab", "tab"]
