"""How long the search goes on: a few seconds in `make test`, 10,000 examples for each question in `make fuzz`."""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

# Nothing is kept between runs, so that each finds the same.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "veo-widgets-hypothesis")
_COMMON = settings(
    derandomize=True,
    database=None,
    # A hang is a bug too.
    deadline=timedelta(seconds=60),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    print_blob=False,
)
settings.register_profile("short", _COMMON, max_examples=60)
settings.register_profile("long", _COMMON, max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))
