"""Several accounts by name, as `configure` keeps them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json
import veo_widgets as veo
from veo_widgets.api.functions import client

def now():
    s = client().settings
    return [s.profile, s.provider, s.project, s.api_key.reveal() if s.api_key else None, str(s.folder)]

seen = []
veo.configure(provider="gemini", api_key="mine", folder="clips")
seen.append(now())
veo.configure(profile="work", provider="agent_platform", project="films")
seen.append(now())
veo.configure(project="more-films")
seen.append(now())
veo.configure(profile=None)
seen.append(now())
veo.configure(profile="work")
seen.append(now())
print(json.dumps(seen))
client().close()
"""


def test_each_account_has_its_own_settings(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "VEO_WIDGETS_HOME": str(tmp_path)},
    )
    clips = str(Path.cwd() / "clips")
    assert json.loads(ran.stdout) == [
        [None, "gemini", None, "mine", clips],
        # A key of one account is never that of another.
        ["work", "agent_platform", "films", None, clips],
        ["work", "agent_platform", "more-films", None, clips],
        [None, "gemini", None, "mine", clips],
        ["work", "agent_platform", "more-films", None, clips],
    ]
