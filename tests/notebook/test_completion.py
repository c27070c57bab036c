"""What the Tab key offers, asked of a real IPython completer as a kernel asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from veo_widgets.api import functions
from veo_widgets.api.commands import VERBS
from veo_widgets.api.flags import flag_names
from veo_widgets.domain import catalog
from veo_widgets.providers.registry import PROVIDERS
from veo_widgets.session.client import Client


@pytest.fixture
def shell(
    make_client: Callable[..., Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InteractiveShell]:
    monkeypatch.chdir(tmp_path)
    before, functions._default = functions._default, make_client()
    shell = InteractiveShell.instance(user_ns={})
    shell.run_line_magic("load_ext", "veo_widgets")
    yield shell
    shell.run_line_magic("unload_ext", "veo_widgets")
    functions._default = before
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def offers(shell: InteractiveShell, text: str) -> list[str]:
    """What the whole line becomes for each offer, where a bar marks the cursor; by default at the end."""
    at = text.index("¦") if "¦" in text else len(text)
    code = text.replace("¦", "")
    with provisionalcompleter():
        found = list(shell.Completer.completions(code, at))
    return [code[: item.start] + item.text for item in found]


def ends(shell: InteractiveShell, text: str) -> list[str]:
    """The last word of each offer."""
    return [offer.split()[-1] for offer in offers(shell, text)]


def test_flags_are_offered_all_or_those_that_begin_so(shell: InteractiveShell) -> None:
    assert set(ends(shell, "%%veo --")) == set(flag_names())
    assert offers(shell, "%%veo --seconds 4 --asp¦ --wait\nA cat") == ["%%veo --seconds 4 --aspect-ratio"]
    assert offers(shell, "%%veo --wait \\\n--asp") == ["%%veo --wait \\\n--aspect-ratio"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%%veo --aspect-ratio ", ["16:9", "9:16"]),
        ("%%veo --aspect-ratio 9", ["9:16"]),
        ("%%veo --aspect-ratio=9", ["--aspect-ratio=9:16"]),
        ("%%veo --provider g", ["gemini"]),
        ("%%veo --model veo-3.1-f", ["veo-3.1-fast-generate-001"]),
        ("%%veo --model vertex_ai/veo-3.1-l", ["vertex_ai/veo-3.1-lite-generate-001"]),
        ("%%veo --provider gemini --model gemini-omni-1.1", ["gemini-omni-1.1-flash"]),
        ("%%veo --model veo-3.1-generate-001 --seconds ", ["4", "6", "8"]),
        ("%%veo --size 19", ["1920x1080"]),
        ("%%veo --profile w", ["work"]),
        ("%veo bud", ["budget"]),
        ("%veo budget da", ["day"]),
        ("%veo budget day o", ["off"]),
        ("%veo models --r", ["--retired"]),
        ("%veo models gem", ["gemini"]),
        ("spend = %veo cost --", ["--by", "--compare", "--csv"]),
        ("%veo cost --by us", ["user"]),
        ("%veo budget day 5 --", ["--project", "--user"]),
        ("%veo use gemini gemini-omni-1.2", ["gemini-omni-1.2-flash"]),
        ("%veo log de", ["debug"]),
    ],
)
def test_values_are_offered_after_their_flags_and_verbs(
    shell: InteractiveShell, line: str, expected: list[str]
) -> None:
    functions.client().asynchronous.profiles["work"] = functions.client().settings
    assert ends(shell, line) == expected


def test_models_of_ones_own_are_offered_with_their_sizes_lengths_and_parameters(shell: InteractiveShell) -> None:
    entry = {
        "id": "Wan-AI/Wan2.2",
        "provider": "sglang",
        "sizes": ["832x480", "480x832"],
        "durations_s": [3, 5],
        "extra": [
            {"name": "sampler", "kind": "choice", "choices": ["euler", "unipc"]},
            {"name": "steps", "kind": "integer"},
        ],
    }
    catalog.describe("session", catalog.own_models_in([entry], "a test"))
    assert ends(shell, "%%veo --model Wan") == ["Wan-AI/Wan2.2"]
    assert ends(shell, "%%veo --model sglang/") == ["sglang/Wan-AI/Wan2.2"]
    assert "Wan-AI/Wan2.2" in ends(shell, "%%veo --provider sglang --model ")
    assert "Wan-AI/Wan2.2" not in ends(shell, "%%veo --provider gemini --model ")
    for name in ("Wan-AI/Wan2.2", "sglang/Wan-AI/Wan2.2"):
        assert ends(shell, f"%%veo --model {name} --size ") == ["480x832", "832x480"]
        assert ends(shell, f"%%veo --model {name} --seconds ") == ["3", "5"]
        assert ends(shell, f"%%veo --model {name} --extra ") == ["steps=", "sampler=euler", "sampler=unipc"]


def test_verbs_and_providers_are_offered_whole(shell: InteractiveShell) -> None:
    assert set(ends(shell, "%veo ")) == {*VERBS, "help"}
    assert set(ends(shell, "%veo use ")) == set(PROVIDERS)


def test_jobs_variables_and_files_are_offered_where_they_fit(shell: InteractiveShell, tmp_path: Path) -> None:
    job = functions.submit("A cat", seconds=4)
    shell.user_ns["kitten"] = job
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "my cat.png").touch()
    (tmp_path / "pictures" / "notes.txt").touch()
    (tmp_path / "made.mp4").touch()
    assert ends(shell, f"%veo wait {job.id[:3]}") == [job.id]
    assert set(ends(shell, "%%veo --extend ")) == {"kitten", job.id, "made.mp4", "pictures/", "home/"}
    assert ends(shell, "%%veo --into k") == ["kitten"]
    assert offers(shell, "%%veo --first-frame pictures/") == ["%%veo --first-frame 'pictures/my cat.png'"]
    assert offers(shell, "%%veo --first-frame 'pictures/my") == ["%%veo --first-frame 'pictures/my cat.png'"]
    assert offers(shell, "%veo save pic") == ["%veo save pictures/"]
    job.wait(600)


def test_neither_prompts_nor_other_cells_are_touched(shell: InteractiveShell) -> None:
    assert "--aspect-ratio" not in ends(shell, "%%veo --wait\nA cat --")
    assert "--wait" not in ends(shell, "%%veonomous --w")


def test_nothing_is_left_after_unloading(shell: InteractiveShell) -> None:
    shell.run_line_magic("unload_ext", "veo_widgets")
    assert shell.Completer.custom_matchers == []
    assert offers(shell, "%%veo --asp") == []
