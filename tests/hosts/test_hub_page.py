"""What docs/how-to/jupyterhub.md says, as far as no hub is needed to check it."""

from __future__ import annotations

import json
import re

import jsonschema
import yaml

from .hub_page import PAGE, REQUIREMENTS, block


def test_the_chart_takes_the_values() -> None:
    schema = json.loads((REQUIREMENTS / "zero_to_jupyterhub.schema.json").read_text("utf-8"))
    for name in ("values.yaml", "roles.yaml"):
        jsonschema.validate(yaml.safe_load(block(name)), schema, jsonschema.Draft7Validator)


def test_the_files_that_commands_name_are_on_the_page() -> None:
    commands = re.findall(r"^(?:sudo|kubectl|helm) .*", PAGE.read_text("utf-8"), re.MULTILINE)
    named = {name for line in commands for name in re.findall(r"(?<![\w/])[\w-]+\.(?:env|py|yaml)\b", line)}
    # The last is what readers have already.
    assert named == {"veo.env", "veo_keys.py", "values.yaml", "config.yaml"}
    assert all(block(name) for name in named - {"config.yaml"})
