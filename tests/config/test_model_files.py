"""Models and a catalog from files: the project's, the user's, and in which order they count."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from veo_widgets.config.environment import read_environment
from veo_widgets.domain import catalog
from veo_widgets.domain.catalog import own_models, own_models_in
from veo_widgets.domain.errors import ConfigError

WAN = '[[{}]]\nid = "Wan-AI/Wan2.2-T2V-A14B"\nprovider = "sglang"\nfps = {}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / ".git").mkdir()
    return tmp_path


def environ(folder: Path) -> dict[str, str]:
    return {"VEO_WIDGETS_HOME": str(folder / "home")}


def test_the_session_goes_before_the_project_and_that_before_the_user(folder: Path) -> None:
    (folder / "home" / "models.toml").write_text(WAN.format("models", 1) + '[[models]]\nid = "mine"\n', "utf-8")
    (folder / "pyproject.toml").write_text(WAN.format("tool.veo_widgets.models", 2), "utf-8")
    read_environment(environ(folder), folder)
    assert [(model.id, model.fps) for model in own_models()] == [("Wan-AI/Wan2.2-T2V-A14B", 2), ("mine", 0)]
    assert own_models()[0].origin == str(folder / "pyproject.toml")
    entry = {"id": "Wan-AI/Wan2.2-T2V-A14B", "provider": "sglang", "fps": 3}
    catalog.describe("session", own_models_in([entry], "a test"))
    assert own_models()[0].fps == 3
    read_environment({**environ(folder), "VEO_PYPROJECT": "0"}, folder)
    catalog.describe("session", ())
    assert own_models()[0].fps == 1


def test_settings_may_stand_beside_models(folder: Path) -> None:
    text = '[tool.veo_widgets]\nmodel = "mine"\n\n[[tool.veo_widgets.models]]\nid = "mine"\nfps = 16\n'
    (folder / "pyproject.toml").write_text(text, "utf-8")
    assert read_environment(environ(folder), folder)["VEO_MODEL"] == "mine"
    assert own_models()[0].fps == 16


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("pyproject.toml", WAN.format("tool.veo_widgets.models", '"many"'), "fps: 'many' is not a number above 0"),
        ("pyproject.toml", "[tool.veo_widgets]\nmodels = 7\n", "models: it is not a list"),
        ("pyproject.toml", "[tool.veo_widgets]\nmodells = []\n", "Did you mean 'models'?"),
        ("home/models.toml", WAN.format("models", '"many"'), "fps: 'many' is not a number above 0"),
        ("home/models.toml", "[[models]\n", "it is not TOML that can be read"),
        ("home/models.toml", '[[models]]\nid = "x"\nprovider = "sglamg"\n', "model 'x': provider: 'sglamg' is not one"),
        ("pyproject.toml", '[[tool.veo_widgets.models]]\nid = "x"\napi_key = "zq-1"\n', "api_key: there is no such"),
    ],
)
def test_what_is_wrong_is_told_with_its_file(folder: Path, name: str, text: str, words: str) -> None:
    (folder / name).write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_environment(environ(folder), folder)
    assert words in str(caught.value)
    assert str(folder / name) in str(caught.value)
    assert "zq-1" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('provider = "sglang"\nprice = 0', ""),
        ('provider = "vllm"\nusd_per_clip = 0', ""),
        ('provider = "gemini"', ""),
        ('provider = "gemini"\nprice = 0', "price: Gemini Developer API is paid with your key, and a file"),
        ('provider = "litellm"\nusd_per_second = {"" = 0.0}', "price: LiteLLM proxy is paid with your key"),
        ('surfaces = ["agent-platform"]\nprice = 0', "price: it names no provider of your own"),
        ("price = 0", "price: it names no provider of your own, and a file that came with a project must not say"),
    ],
)
def test_a_project_does_not_say_what_costs_nothing_where_a_key_pays(folder: Path, more: str, words: str) -> None:
    (folder / "pyproject.toml").write_text(f'[[tool.veo_widgets.models]]\nid = "veo-9"\n{more}\n', "utf-8")
    with pytest.raises(ConfigError, match=words) if words else nullcontext():
        read_environment(environ(folder), folder)
    # The user may.
    (folder / "home" / "models.toml").write_text(f'[[models]]\nid = "veo-9"\n{more}\n', "utf-8")
    read_environment({**environ(folder), "VEO_PYPROJECT": "0"}, folder)


def test_a_change_of_the_users_file_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEO_WIDGETS_HOME", str(folder / "home"))
    monkeypatch.chdir(folder)
    found = read_environment(dict(os.environ), folder)
    assert found.is_current()
    (folder / "home" / "models.toml").write_text(WAN.format("models", 1), "utf-8")
    assert not found.is_current()


def test_a_newer_catalog_counts_and_an_older_or_damaged_one_does_not(folder: Path) -> None:
    shipped = json.loads(Path(catalog.__file__).with_name("catalog.json").read_text("utf-8"))
    path = folder / "home" / "catalog.json"
    for day, counts in (("2099-01-01", True), ("2020-01-01", False)):
        path.write_text(json.dumps({**shipped, "checked_on": day}), "utf-8")
        read_environment(environ(folder), folder)
        assert (catalog.current().checked_on == day) is counts
    path.write_text('{"checked_on": "2099-01-01", "models": [{"id": 7}]}', "utf-8")
    with pytest.warns(UserWarning, match="The shipped catalog is used"):
        read_environment(environ(folder), folder)
    assert catalog.current() is catalog.shipped()
