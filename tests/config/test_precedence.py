"""What is set where, and which of it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets import TraitError
from traitlets.config import Config

from veo_widgets.api import functions
from veo_widgets.config.credentials import Secret
from veo_widgets.config.environment import read_environment
from veo_widgets.config.precedence import settings_in_force, settings_table
from veo_widgets.config.project_file import project_file, read_project_file
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import ConfigError
from veo_widgets.session.client import Client


def project(folder: Path, text: str) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(f"[tool.veo_widgets]\n{text}\n")
    return path


def test_what_is_said_nearer_goes_first(tmp_path: Path) -> None:
    project(tmp_path, 'model = "of-the-file"\nfolder = "clips"\nrequests_per_minute = 7')
    (tmp_path / ".env").write_text("VEO_MODEL=of-dotenv\n")
    inner = tmp_path / "notebooks"
    inner.mkdir()
    layers = [
        (Settings(), Settings(), {}, "of-dotenv"),
        (Settings(), Settings(), {"VEO_DOTENV": "0"}, "of-the-file"),
        (Settings(), Settings(), {"VEO_DOTENV": "0", "VEO_PYPROJECT": "0"}, None),
        (Settings(), Settings(), {"VEO_MODEL": "of-the-environment"}, "of-the-environment"),
        (Settings(), Settings(model="of-traitlets"), {"VEO_MODEL": "x"}, "of-traitlets"),
        (Settings(model="configured"), Settings(model="x"), {"VEO_MODEL": "x"}, "configured"),
    ]
    for configured, defaults, environ, model in layers:
        assert settings_in_force(configured, defaults, read_environment(environ, inner)).model == model
    found = settings_in_force(Settings(), Settings(), read_environment({}, inner))
    assert (found.folder, found.requests_per_minute) == (tmp_path / "clips", 7)
    # What is set for a provider does not follow a request to another.
    assert (
        settings_in_force(Settings(provider="gemini"), Settings(model="m"), read_environment({}, inner)).model is None
    )
    named = read_environment({"VEO_PROVIDER": "gemini", "VEO_DOTENV": "0"}, inner)
    assert settings_in_force(Settings(), Settings(), named).model is None
    same = Settings(provider="gemini", model="gemini-omni-1.1-flash")
    assert settings_in_force(Settings(provider="gemini"), same, named).model == "gemini-omni-1.1-flash"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('api_key = "AIza-something"', "api_key looks like a key"),
        ('GEMINI_TOKEN = "x"', "looks like a key"),
        ('base_url = "https://elsewhere"', "must not say where your key is sent"),
        ('modle = "x"', "Did you mean 'model'?"),
        ("model = true", "neither text nor a number"),
        ("model = ", "not TOML that can be read"),
    ],
)
def test_what_has_no_place_in_a_project_file_is_refused_without_its_value(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_project_file(project(tmp_path, line))
    assert said in str(caught.value)
    assert "AIza" not in str(caught.value)


def test_other_peoples_project_files_are_none_of_our_business(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.other]\nmodel = 'x'\n[broken")
    assert read_project_file(path) == {}
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert project_file(tmp_path / "repository") is None
    with pytest.raises(ConfigError, match="not a number of requests"):
        settings_in_force(Settings(), Settings(), read_environment({"VEO_REQUESTS_PER_MINUTE": "many"}, tmp_path))


def test_the_table_tells_where_everything_is_from_and_shows_no_key(tmp_path: Path) -> None:
    project(tmp_path, 'provider = "gemini"\nmodel = "gemini-omni-1.2-flash"')
    environment = read_environment({"GEMINI_API_KEY": "a-secret-key"}, tmp_path)
    shown = repr(settings_table(Settings(), Settings(requests_per_minute=3), environment))
    rows = {line.split()[0]: line for line in shown.splitlines()}
    assert rows["provider"].split()[1:] == ["gemini", "pyproject.toml"]
    assert rows["model"].split()[1:] == ["gemini-omni-1.2-flash", "pyproject.toml"]
    assert "environment GEMINI_API_KEY" in rows["key"]
    assert rows["requests_per_minute"].split()[1:] == ["3", "c.VeoMagics"]
    configured = Settings(provider="gemini", api_key=Secret("another-secret"))
    told = settings_table(configured, Settings(), environment)
    assert "secret" not in repr(told) + told._repr_html_()


def test_traitlets_hold_for_every_verb_until_the_extension_goes(
    make_client: Callable[..., Client], tmp_path: Path
) -> None:
    before, functions._default = functions._default, make_client(Settings(folder=tmp_path))
    config = Config()
    config.VeoMagics.provider = "emulator"
    config.VeoMagics.model = "veo-3.1-lite-generate-001"
    config.VeoMagics.max_cost = 0.1
    shell = InteractiveShell.instance(user_ns={}, config=config)
    shell.extension_manager.load_extension("veo_widgets")
    magics = shell.magics_manager.registry["VeoMagics"]
    assert functions.plan("A cat").model.id == "veo-3.1-lite-generate-001"
    assert functions.plan("A cat", model="veo-3.1-generate-001").model.id == "veo-3.1-generate-001"
    with capture_output() as seen:
        shell.run_cell("%config VeoMagics.model = 'veo-3.1-generate-001'")
        shell.run_cell("%%veo --provider gemini --dry-run --max-cost 9 --model gemini-omni-1.1-flash\nA cat")
        shell.run_cell("%%veo --provider gemini --dry-run --model gemini-omni-1.1-flash\nA cat")
    assert functions.plan("A cat").model.id == "veo-3.1-generate-001"
    assert seen.stdout.count("more than the $0.10 it may cost") == 1
    assert "c.VeoMagics" in repr(functions.configuration())
    with pytest.raises(TraitError, match="Did you mean 'gemini'"):
        magics.provider = "gemni"
    functions.use("gemini")
    assert functions.plan("A cat").model.id == "gemini-omni-1.2-flash"
    functions.configure(provider=None)
    shell.extension_manager.unload_extension("veo_widgets")
    assert functions.client().asynchronous.defaults == Settings()
    functions._default = before
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_a_key_does_not_follow_to_another_provider(make_client: Callable[..., Client]) -> None:
    before, functions._default = functions._default, make_client()
    functions.configure(provider="gemini", api_key="a-key", base_url="https://gateway.example")
    functions.use("gemini", "gemini-omni-1.2-flash")
    assert functions.client().asynchronous.configured.api_key
    functions.use("litellm")
    left = functions.client().asynchronous.configured
    assert (left.api_key, left.base_url, left.model) == (None, None, None)
    functions._default = before
