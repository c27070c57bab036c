"""No widget outlives its test: forms take what the players of other tests send."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ipywidgets import Widget


@pytest.fixture(autouse=True)
def widgets_end() -> Iterator[None]:
    yield
    Widget.close_all()
