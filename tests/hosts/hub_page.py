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
_BLOCK = re.compile(r"^```text\n(?:#|--) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(name: str) -> str:
    """The file of that name, which stands in its block's first line."""
    return dict(_BLOCK.findall(PAGE.read_text("utf-8")))[name]


def secret(**values: str) -> dict[str, str]:
    """The variables of ``veo.env``, with these values in place of the page's."""
    assert set(values) == _variables("veo.env")
    return values


def with_roles(secret: Mapping[str, str], **values: str) -> dict[str, str]:
    """The same, with the variables of ``roles.env`` in place of the address of the ledger's owner."""
    assert set(values) == _variables("roles.env")
    return {name: value for name, value in {**secret, **values}.items() if name != "VEO_LEDGER_URL"}


def _variables(file: str) -> set[str]:
    return set(re.findall(r"^(\w+)=", block(file), re.MULTILINE))


@dataclass(frozen=True)
class Loaded:
    """What a hub is started with: lines at the end of its configuration, and variables of its environment."""

    config: str
    variables: Mapping[str, str]


def as_littlest(folder: Path, secret: Mapping[str, str], *names: str) -> Loaded:
    """As The Littlest JupyterHub does: tljh/jupyterhub_config.py loads the files of a folder, here those of `names`.

    The last of them has the hooks, with what makes roles appended.
    """
    paths = [_written(folder, name) for name in (*names, "veo_keys.py")]
    paths[-1].write_text(block("veo_keys.py") + block("veo_roles.py"))
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


def proxy_config(folder: Path) -> Path:
    """``litellm.yaml``, with the emulator where Google is."""
    config = yaml.safe_load(block("litellm.yaml"))
    for model in config["model_list"]:
        model["litellm_params"]["api_base"] = "os.environ/GEMINI_API_BASE"
    path = folder / "litellm.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def _written(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text(block(name))
    return path
