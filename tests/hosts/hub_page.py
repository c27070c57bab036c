"""The configuration that docs/how-to/jupyterhub.md shows, loaded as the two kinds of hub load it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REQUIREMENTS = Path(__file__).parent / "requirements"
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "jupyterhub.md"
_BLOCK = re.compile(r"^```text\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(name: str) -> str:
    """The file of that name, which stands in its block's first line."""
    return dict(_BLOCK.findall(PAGE.read_text("utf-8")))[name]


def secret(**values: str) -> dict[str, str]:
    """The variables of ``veo.env``, with these values in place of the page's."""
    names = re.findall(r"^(\w+)=", block("veo.env"), re.MULTILINE)
    assert sorted(names) == sorted(values)
    return values


@dataclass(frozen=True)
class Loaded:
    """What a hub is started with: lines at the end of its configuration, and variables of its environment."""

    config: str
    variables: Mapping[str, str]


def as_littlest(folder: Path, secret: Mapping[str, str], *names: str) -> Loaded:
    """As The Littlest JupyterHub does: tljh/jupyterhub_config.py loads the files of a folder, here those of `names`."""
    paths = [_written(folder, name) for name in names or ("veo_keys.py",)]
    return Loaded("\n".join(f"load_subconfig({str(path)!r})" for path in paths), secret)


def as_zero_to(folder: Path, secret: Mapping[str, str]) -> Loaded:
    """As Zero to JupyterHub does: files/hub/jupyterhub_config.py has another `get_config`, and runs texts."""
    values = yaml.safe_load(block("values.yaml"))
    servers = from_secret(values["singleuser"]["extraEnv"], secret)
    lines = (
        "get_config = None",
        f"c.Spawner.environment = {servers!r}",
        f"exec(open({str(_written(folder, 'veo_keys.py'))!r}).read())",
    )
    return Loaded("\n".join(lines), from_secret(values["hub"]["extraEnv"], secret))


def from_secret(variables: Mapping[str, Any], secret: Mapping[str, str]) -> dict[str, str]:
    """Variables as Kubernetes fills them in, from the secret that ``kubectl`` has made of ``veo.env``."""
    references = {name: value["valueFrom"]["secretKeyRef"] for name, value in variables.items()}
    assert {reference["name"] for reference in references.values()} == {"veo"}
    return {name: secret[reference["key"]] for name, reference in references.items()}


def _written(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text(block(name))
    return path
