"""What is told once of the catalog: its age by the clock, and a model that may have ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from veo_widgets.client.catalog_notices import CatalogNotices
from veo_widgets.client.plan import Plan, make_plan
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.session.client import Client

KEYED = {"GEMINI_API_KEY": "notices-key", "GOOGLE_CLOUD_PROJECT": "p"}


def plan(model: str, **values: object) -> Plan:
    return make_plan("A cat", {"model": model, **values}, settings=Settings(), today="2026-11-29", environ=KEYED)


def test_an_old_catalog_is_told_once() -> None:
    notices, made = CatalogNotices(), plan("gemini/gemini-omni-1.2-flash")
    assert notices.of(made, "2026-11-29") == []
    assert notices.of(made, "2027-01-28") == []
    (told,) = notices.of(made, "2027-01-29")
    assert told.startswith("The catalog of models and prices is 61 days old; `veo catalog update FILE` takes a newer")
    assert notices.of(made, "2027-06-01") == []
    assert CatalogNotices().of(plan("gemini-omni-1.2-flash", provider="emulator"), "2027-06-01") == []
    assert CatalogNotices().of(plan("litellm/our-veo"), "2027-06-01") == []


def test_a_model_that_may_have_ended_names_the_way_out_once_for_each() -> None:
    notices = CatalogNotices()
    fast, standard = plan("vertex_ai/veo-3.1-fast-generate-001"), plan("vertex_ai/veo-3.1-generate-001")
    assert notices.of(fast, "2026-11-16") == []
    (told,) = notices.of(fast, "2026-11-29")
    why = "(the date is LiteLLM's; no page of Google's has it)"
    instead = "if it is refused, use gemini-omni-1.2-flash."
    assert told == f"{fast.model.id} may have ended at the Agent Platform on 2026-11-17 {why}; {instead}"
    assert notices.of(fast, "2026-11-30") == []
    assert len(notices.of(standard, "2026-11-29")) == 1
    assert CatalogNotices().of(plan("veo-3.1-fast-generate-001", provider="emulator"), "2026-11-29") == []


def test_it_is_told_beside_the_job(
    make_client: Callable[..., Client], settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {"model": "vertex_ai/veo-3.1-fast-generate-001", "seconds": 4}
    keyed = {"base_url": settings.base_url, "api_key": Secret("notices-key-express")}
    client = make_client(Settings(provider="agent_platform", folder=tmp_path, **keyed))
    client.submit("A cat", **values)
    client.submit("A dog", **values)
    assert capsys.readouterr().err.count("may have ended at the Agent Platform") == 1
