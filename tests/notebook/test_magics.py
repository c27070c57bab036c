"""The magics in a real IPython shell."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from PIL import Image as PilImage

from veo_widgets.api import functions
from veo_widgets.api.flags import MOST_EMBEDDED, flag_names, parse
from veo_widgets.config.accounts import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.params import PARAMS
from veo_widgets.emulator import Emulator, Entry
from veo_widgets.notebook.widgets import saved_output
from veo_widgets.session.client import Client

from ..conftest import SlowService


@pytest.fixture
def default_client(make_client: Callable[..., Client]) -> Iterator[Client]:
    """The client behind the module's functions, for as long as a test runs."""
    before, functions._default = functions._default, make_client()
    yield functions._default
    functions._default = before


@pytest.fixture
def shell(default_client: Client) -> Iterator[InteractiveShell]:
    shell = InteractiveShell.instance(user_ns={})
    shell.run_line_magic("load_ext", "veo_widgets")
    yield shell
    shell.run_line_magic("unload_ext", "veo_widgets")
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


class Ran(SimpleNamespace):
    """What a cell did: its error, its text, and what it displayed."""

    error: BaseException | None
    text: str
    outputs: list[dict[str, Any]]


def run(shell: InteractiveShell, cell: str) -> Ran:
    with capture_output() as seen:
        result = shell.run_cell(cell)
    assert isinstance(seen, CapturedIO)
    return Ran(
        error=result.error_before_exec or result.error_in_exec,
        text=seen.stdout + seen.stderr,
        outputs=[output.data for output in seen.outputs],
    )


def creates(emulator: Emulator) -> list[Entry]:
    return [entry for entry in emulator.journal() if entry.kind == "create"]


def test_a_cell_becomes_a_clip(shell: InteractiveShell, emulator: Emulator) -> None:
    ran = run(shell, "%%veo --seconds 4 --aspect-ratio 9:16 --seed 7 --into clip --wait\nA cat,\nplaying")
    assert ran.error is None, ran.text
    job = shell.user_ns["clip"]
    assert job.request.prompt == "A cat,\nplaying"
    assert job.videos[0].height > job.videos[0].width
    widget, plain = ran.outputs
    assert "application/vnd.jupyter.widget-view+json" in widget
    # Readers without a kernel would show it above the plain output.
    assert "text/plain" not in widget
    assert f'class="veo-saved-{job.id}"' in plain["text/html"]
    assert job.videos[0].path.name in plain["text/html"]
    (create,) = creates(emulator)
    assert create.body["parameters"]["seed"] == 7


def test_the_doctor_answers_with_a_report(shell: InteractiveShell, emulator: Emulator) -> None:
    ran = run(shell, "%veo doctor")
    assert ran.error is None, ran.text
    assert "a plain %%veo uses Emulator" in ran.text
    assert "All is well." in ran.text
    assert creates(emulator) == []


def test_without_wait_the_cell_returns_with_a_running_job(shell: InteractiveShell, slow_service: SlowService) -> None:
    service, let_end = slow_service
    configured = run(shell, f"import veo_widgets as veo\nveo.configure(base_url={service.base_url!r})")
    assert configured.error is None, configured.text
    ran = run(shell, "%%veo --seconds 4 --into job\n---\nseconds: 600\n---\nA cat")
    assert ran.error is None, ran.text
    assert not shell.user_ns["job"].state.is_final
    let_end()
    shell.user_ns["job"].wait(600)


def test_values_of_the_notebook_are_filled_in(shell: InteractiveShell) -> None:
    run(shell, 'animal, places = "otter", {"a": ["brook"]}')
    ran = run(shell, "%%veo --seconds 4 --into job\n{animal.upper()} in a {places['a'][0]}, {{braces}} stay, {1 + 1}")
    assert ran.error is None, ran.text
    assert shell.user_ns["job"].request.prompt == "OTTER in a brook, {braces} stay, 2"


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("%%veo --asspect-ratio 16:9\nA cat", "--asspect-ratio is not a flag. Did you mean '--aspect-ratio'?"),
        (
            "%%veo --aspect-ratio 16:10\nA cat",
            "aspect_ratio: '16:10' is not a ratio of veo-3.1-fast-generate-001; allowed: 16:9, 9:16.",
        ),
        ("%%veo --seconds five\nA cat", "duration_seconds: 'five' is not a number of seconds."),
        (
            "%%veo --seconds 5\nA cat",
            "duration_seconds: 5 is not a length of veo-3.1-fast-generate-001; allowed: 4, 6, 8.",
        ),
        ("%%veo --model veo-3.1-fast\nA cat", "Did you mean 'veo-3.1-fast-generate-001'?"),
        ("%%veo --model sora/veo\nA cat", "'sora/' in 'sora/veo' names no provider"),
        ("%%veo --provider gemni\nA cat", "Did you mean 'gemini'?"),
        ("%%veo --model veo-3.0-generate-001\nA cat", "ended on 2026-06-30"),
        ("%%veo --first-frame nowhere.png\nA cat", "first_frame: cannot read 'nowhere.png'"),
        ("%%veo --into 2nd\nA cat", "--into: '2nd' is not a valid variable name."),
        ("%%veo --seed\nA cat", "expected one argument"),
        ("%%veo stray\nA cat", "'stray' belongs to no flag"),
        ('%%veo --negative-prompt "open\nA cat', "close the quotes"),
        ("%%veo\nA {missing} cat", "{missing} has no value: NameError"),
        ("%%veo\nA {no python} cat", "{no python} is not a Python expression"),
        ("%%veo\nA } cat", "a '}' has no '{' before it"),
        ("%veo jbos", "Did you mean 'jobs'?"),
        ("%%veo --seed 4..1\nA cat", "--seed: '4..1' is none of them"),
        ("%%veo --seed 1..99\nA cat", "is more than 20 of them"),
        ("%%veo --output cat.mov\nA cat", "output: 'cat.mov' is not a name for a clip"),
        ("%%veo --each nothing\nA cat", "--each: 'nothing' is neither a variable nor a file"),
        ("%%veo --each x --seed 1..2\nA cat", "it goes with neither several seeds"),
        ("%%veo\n", "prompt: '' is empty"),
        ("%veo cost yesterday", "invalid int value: 'yesterday'. It is written %veo cost [DAYS]"),
        ("%veo jobs 0", "limit: 0 is not a number of jobs"),
        ("%veo use gemni", "Did you mean 'gemini'?"),
        ("%veo use gemini veo-9", "model: 'veo-9' is not known"),
        ("%veo models litellm", "are named by its operator"),
        ("%veo job zzzz", "job: 'zzzz' fits no job of the ledger"),
    ],
)
def test_mistakes_are_one_sentence_without_a_traceback_or_a_request(
    shell: InteractiveShell, emulator: Emulator, cell: str, sentence: str
) -> None:
    ran = run(shell, cell)
    assert isinstance(ran.error, errors.VeoError)
    assert sentence in ran.text
    assert "Traceback" not in ran.text
    assert len(ran.text.strip().splitlines()) == 1
    assert emulator.journal() == []


def test_a_dry_run_shows_a_form_as_one(shell: InteractiveShell, tmp_path: Path) -> None:
    PilImage.new("RGB", (64, 36), "red").save(tmp_path / "red.png")
    line = (
        f"--provider sglang --model wan --size 832x480 --seconds 3 --extra cfg=5.5 --first-frame {tmp_path / 'red.png'}"
    )
    shown = run(shell, f"%%veo --dry-run {line}\nA cat").text
    assert "POST http://127.0.0.1:30000/v1/videos as a form\n" in shown
    fields = shown.partition("as a form\n")[2].splitlines()
    assert fields[:4] == ["model: wan", "prompt: A cat", "seconds: 3", "size: 832x480"]
    assert "cfg" in "".join(fields[4:])
    assert any(re.fullmatch(r"input_reference: red\.png \(image/png, \d+ kB\)", field) for field in fields)


def test_a_dry_run_shows_request_price_and_every_broken_rule(shell: InteractiveShell, emulator: Emulator) -> None:
    ran = run(shell, "%%veo --dry-run --seconds 4 --seed 7\nA cat")
    assert "veo-3.1-fast-generate-001 at Emulator: $0.40" in ran.text
    assert f"POST {emulator.base_url}/v1/projects/" in ran.text
    assert '"durationSeconds": 4' in ran.text
    broken = run(shell, "%%veo --dry-run --seconds 5 --resolution 4k --samples 9\nA cat").text
    assert "It would not be sent:" in broken
    assert all(
        name in broken for name in ("samples: 9", "duration_seconds: 5 is not a length", "when resolution is 4k")
    )
    assert emulator.journal() == []


def test_help_lists_every_flag(shell: InteractiveShell) -> None:
    text = run(shell, "%%veo --help\n ").text
    assert all(flag in text for flag in flag_names())
    assert {param.flag for param in PARAMS if param.name != "prompt"} <= set(flag_names())


def test_line_magics_show_jobs(shell: InteractiveShell) -> None:
    run(shell, "%%veo --seconds 4 --into job\nA cat")
    ran = run(shell, "%veo wait")
    assert ran.error is None
    assert "No job matches." in run(shell, "%veo jobs 3 filtered --search cat").text
    run(shell, "table = %veo jobs")
    assert [job.id for job in shell.user_ns["table"]] == [shell.user_ns["job"].id]


LITE = "veo-3.1-lite-generate-001"
SEEDED = f"--provider agent_platform --model {LITE} --seconds 4"
PAID = "--provider gemini --model veo-3.1-fast-generate-preview --seconds 4 --allow-retired"


def test_budget_and_cost_have_magics_of_their_own(
    shell: InteractiveShell, settings: Settings, emulator: Emulator, tmp_path: Path
) -> None:
    functions.configure(provider="gemini", api_key="a-key", base_url=settings.base_url)
    shown = run(shell, "%veo budget day 0.5 unknown 2").text.splitlines()
    assert ["day", "$0.50", "$0.00", "$0.00", "$0.50", "set"] in map(str.split, shown)
    assert run(shell, f"%%veo {PAID} --max-cost 0.4\nA cat").error is None
    refused = run(shell, f"%%veo {PAID}\nA cat")
    assert isinstance(refused.error, errors.BudgetError)
    assert "%veo budget day … raises it" in refused.text
    assert "the limit for a day is $0.50" in run(shell, f"%%veo {PAID} --dry-run\nA cat").text
    assert "--max-cost" in run(shell, "%%veo --help\n ").text
    assert "more than the $0.10" in run(shell, f"%%veo {PAID} --max-cost 0.1\nA cat").text
    assert len(creates(emulator)) == 1
    spent = run(shell, f"%veo cost 7 --csv '{tmp_path / 'spend.csv'}'")
    assert "$0.40 for 1 job." in spent.text
    assert (tmp_path / "spend.csv").read_text().count("\n") == 2
    for wrong in ("%veo cost yesterday", "%veo cost 7 8", "%veo cost --csv", "%veo budget day", "%veo cost 0"):
        assert isinstance(run(shell, wrong).error, errors.InvalidRequestError)
    run(shell, "%veo budget day default unknown default")
    assert functions.budget().limits == {"day": 20}


def test_a_filtered_job_is_told_in_one_line_and_leaves_its_card(shell: InteractiveShell) -> None:
    ran = run(shell, "%%veo --seconds 4 --wait\n---\noutcome: filtered\n---\nA cat")
    assert isinstance(ran.error, errors.GenerationFilteredError)
    assert "Traceback" not in ran.text
    assert "Withheld by the safety filter" in ran.outputs[-1]["text/html"]


def test_a_lost_answer_leaves_a_card_too(shell: InteractiveShell, emulator: Emulator) -> None:
    emulator.script(on="create", fault="reset")
    ran = run(shell, "%%veo --seconds 4\nA cat")
    assert isinstance(ran.error, errors.UnknownOutcomeError)
    assert "may be charged" in ran.outputs[-1]["text/html"]


def test_prompts_and_reasons_are_text_in_the_saved_output(shell: InteractiveShell) -> None:
    ran = run(shell, '%%veo --seconds 4 --wait\n<img src=x onerror="alert(1)"> {{}}')
    html = ran.outputs[-1]["text/html"]
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=&quot;" in html


def state_of(shell: InteractiveShell) -> dict[str, Any]:
    """Everything that an extension may have changed."""
    return {
        "magics": {kind: dict(names) for kind, names in shell.magics_manager.magics.items()},
        "registry": dict(shell.magics_manager.registry),
        "configurables": list(shell.configurables),
        "transformers": list(shell.input_transformers_post),
        "matchers": list(shell.Completer.custom_matchers),
        "events": {name: list(called) for name, called in shell.events.callbacks.items()},
        "names": set(shell.user_ns),
    }


def test_unloading_leaves_the_shell_as_it_was(default_client: Client) -> None:
    shell = InteractiveShell.instance(user_ns={})
    # Somebody else's magic of that name comes back too.
    shell.register_magic_function(print, "line", "veo")
    # IPython brings its own magics in when they are first used.
    shell.run_line_magic("load_ext", "IPython.extensions.storemagic")
    before = state_of(shell)
    shell.run_line_magic("load_ext", "veo_widgets")
    once = state_of(shell)
    assert once != before
    shell.run_line_magic("reload_ext", "veo_widgets")
    twice = state_of(shell)
    assert {name: len(twice[name]) for name in twice} == {name: len(once[name]) for name in once}
    shell.run_line_magic("unload_ext", "veo_widgets")
    assert state_of(shell) == before
    shell.magics_manager.magics["line"].pop("veo")
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_notes_blank_lines_quotes_and_flags_on_several_lines(shell: InteractiveShell) -> None:
    cell = (
        "%%veo --seconds 4 \\\n --negative-prompt 'rain, # fog \"and\" Nebel' --quiet --into job  # a note\n"
        "# another one\nEine Katze, #1, schläft 🐈\n\n\\# kept\n#\n  im Garten"
    )
    ran = run(shell, cell)
    assert ran.error is None, ran.text
    request = shell.user_ns["job"].request
    assert request.prompt == "Eine Katze, #1, schläft 🐈\n\n# kept\n  im Garten"
    assert request.negative_prompt == 'rain, # fog "and" Nebel'
    assert ran.outputs == []


def test_a_quiet_cell_shows_nothing_and_its_magic_returns_the_job(shell: InteractiveShell) -> None:
    ran = run(shell, "%%veo --quiet --seconds 4\nA cat")
    assert (ran.text, ran.outputs) == ("", [])
    assert shell.run_cell_magic("veo", "--quiet --seconds 4", "A cat").request.prompt == "A cat"


def test_several_seeds_are_several_jobs_and_their_sum_comes_first(
    shell: InteractiveShell, settings: Settings, emulator: Emulator
) -> None:
    ran = run(shell, "%%veo --seconds 4 --seed 1..2,7 --wait --into jobs\nA cat")
    assert ran.text.startswith("3 jobs, $1.20 in all.\n")
    assert [job.request.seed for job in shell.user_ns["jobs"]] == [1, 2, 7]
    assert len([output for output in ran.outputs if "veo-saved-" in output.get("text/html", "")]) == 3
    functions.configure(provider="agent_platform", api_key="a-key", base_url=settings.base_url)
    run(shell, "%veo budget day 0.5")
    before = len(creates(emulator))
    refused = run(shell, f"%%veo {SEEDED} --seed 1..3\nA cat")
    assert isinstance(refused.error, errors.BudgetError)
    assert "these 3 requests take $0.60" in refused.text
    capped = run(shell, f"%%veo {SEEDED} --seed 1..2 --max-cost 0.3\nA cat")
    assert isinstance(capped.error, errors.BudgetError)
    # What a cell may cost is shared by its jobs, which is said before one of them is refused.
    assert "2 jobs, $0.40 in all; --max-cost is $0.15 for each." in capped.text
    assert len(creates(emulator)) == before
    assert (
        "2 jobs, $0.40 in all, with the seeds 4, 5." in run(shell, f"%%veo {SEEDED} --seed 4,5 --dry-run\nA cat").text
    )


def test_several_clips_are_shown_in_a_grid(shell: InteractiveShell) -> None:
    ran = run(shell, "%%veo --seconds 4 --seed 1..2 --grid --wait --into jobs\nA cat")
    assert ran.error is None, ran.text
    live, saved = ran.outputs
    assert "text/plain" not in live
    assert saved["text/plain"].split()[0] == shell.user_ns["jobs"][0].videos[0].relative_path()
    assert "Seed 1" in saved["text/html"]
    assert all(job.videos[0].path.name in ran.outputs[1]["text/html"] for job in shell.user_ns["jobs"])
    assert ran.outputs[1]["text/html"].count("data:image/jpeg;base64,") == 2
    assert [out.get("text/plain") for out in run(shell, "%%veo --seconds 4 --samples 2 --grid\nA cat").outputs] == [
        None,
        "There is no clip yet.",
    ]


def test_a_player_leaves_a_still_too(shell: InteractiveShell) -> None:
    assert run(shell, "%%veo --seconds 4 --quiet --wait --into clip\nA cat").error is None
    live, saved = run(shell, "from veo_widgets import Player\nPlayer(clip)").outputs
    assert "text/plain" not in live
    assert saved["text/plain"] == f"{shell.user_ns['clip'].videos[0].relative_path()} · A cat"
    assert "data:image/jpeg;base64," in saved["text/html"]


def test_a_cell_and_its_line_take_values_and_json_as_it_stands(shell: InteractiveShell, emulator: Emulator) -> None:
    shell.user_ns.update(n=3, secs=4, words="rain, it's wet")
    body = '{"shot": {"lens": "35mm"}, "subject": "a cat, {n:02d}"}'
    ran = run(shell, f"%%veo --seconds {{secs}} --seed $n --negative-prompt {{words}} --into job --wait\n{body}")
    assert ran.error is None
    request = shell.user_ns["job"].request
    assert request.prompt == '{"shot": {"lens": "35mm"}, "subject": "a cat, 03"}'
    assert (request.duration_seconds, request.seed, request.negative_prompt) == (4, 3, "rain, it's wet")
    line = """--seconds 4 --into job --wait --extra cfg={n} --extra '{"lora": {"a": 1}}' --max-cost 1"""
    assert run(shell, f"%%veo {line}\nA cat").error is None
    assert (
        creates(emulator)[-1].body["parameters"] | {"cfg": 3, "lora": {"a": 1}}
        == creates(emulator)[-1].body["parameters"]
    )
    assert "%%veo: {sec} has no value" in run(shell, "%%veo --seconds {sec}\nA cat").text


def test_what_rows_do_not_use_is_told_before_it_is_paid(shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"animal": "cat", "secconds": 6}\n{"animal": null}\n')
    line = f"--each '{tmp_path / 'rows.jsonl'}' --seconds 4"
    shown = run(shell, f"%%veo {line} --dry-run\nA {{animal}}").text
    assert "1 to be sent, 1 refused. $0.40 in all" in shown
    assert "not counting 1 refused · not used: secconds; did you mean seconds?\n" in shown
    (tmp_path / "rows.jsonl").write_text('{"animal": "cat", "secconds": 6}')
    ran = run(shell, f"%%veo {line} --wait\nA $animal")
    assert ran.text.splitlines()[0].endswith("not used: secconds; did you mean seconds?")
    refused = run(shell, f"%%veo {line}\nA {{animl}}")
    assert "{animl} has no value here; there are animal, secconds. Did you mean {animal}?" in refused.text


def test_each_row_becomes_a_clip(shell: InteractiveShell, tmp_path: Path) -> None:
    shell.user_ns["rows"] = [{"animal": "cat"}, {"animal": "dog"}]
    shown = run(shell, "%%veo --each rows --seconds 4 --extra style=oil --dry-run\nA {animal}").text
    assert "2 to be sent. price unknown in all" in shown
    # What all rows share is in no table.
    assert "The first:" in shown
    assert '"style": "oil"' in shown
    ran = run(shell, "%%veo --each rows --seconds 4 --wait --into batch\n# a note\nA {animal} sleeps")
    assert ran.error is None, ran.text
    assert "batch 'rows': 2 succeeded." in ran.outputs[-1]["text/plain"]
    assert [job.request.prompt for job in shell.user_ns["batch"].jobs] == ["A cat sleeps", "A dog sleeps"]
    (tmp_path / "cats.csv").write_text("place\nRome\n")
    line = f"--each '{tmp_path / 'cats.csv'}' --seconds 4"
    assert "batch 'cats': 1 to be sent" in run(shell, f"%%veo {line} --dry-run\nA cat in {{place}}").text
    assert isinstance(run(shell, f"%%veo {line} --max-cost 0.1\nA cat in {{place}}").error, errors.BudgetError)
    functions.configure(provider="server", base_url="http://127.0.0.1:9/v1")
    shown = run(shell, "%%veo --model wan --each rows --max-cost 3 --dry-run\nA {animal}").text
    assert "price unknown of it still to pay · --max-cost is $1.50 for each row" in shown


def test_a_clip_is_saved_under_the_name_that_was_wished_and_over_no_other(
    shell: InteractiveShell, tmp_path: Path
) -> None:
    wished = tmp_path / "films" / "my cat.mp4"
    for _ in range(2):
        assert run(shell, f"%%veo --seconds 4 --output '{wished}' --wait --into job\nA cat").error is None
    paths = [job.videos[0].path for job in reversed(functions.jobs())]
    assert paths[0] == wished
    assert paths[1].parent == wished.parent
    assert paths[1].name.endswith(f"{shell.user_ns['job'].id}.mp4")
    assert [path.with_suffix(".json").exists() for path in paths] == [True, True]
    run(shell, f"%%veo --seconds 4 --samples 2 --output '{tmp_path / 'two.mp4'}' --wait --into two\nA cat")
    assert [video.path.name for video in shell.user_ns["two"].videos] == ["two_1.mp4", "two_2.mp4"]
    run(shell, f"%%veo --seconds 4 --output '{tmp_path / 'here'}' --wait --into here\nA cat")
    assert shell.user_ns["here"].videos[0].path.parent == tmp_path / "here"


def test_an_embedded_clip_is_in_the_notebook_unless_it_is_too_large(shell: InteractiveShell) -> None:
    ran = run(shell, "%%veo --seconds 4 --embed --wait --into job\nA cat")
    html = ran.outputs[-1]["text/html"]
    clip = base64.b64encode(shell.user_ns["job"].videos[0].path.read_bytes()).decode()
    assert f'src="data:video/mp4;base64,{clip}"' in html
    assert "The clip is in this notebook, which it makes" in html
    record = shell.user_ns["job"].record
    large = replace(record, videos=(replace(record.videos[0], bytes=MOST_EMBEDDED + 1),))
    told = saved_output.bundle(large, embed=True)
    assert "base64,AAAA" not in told["text/html"]
    assert "the clip has 20.0 MB, and at most 20 MB are. It is linked instead." in told["text/plain"]


@pytest.mark.parametrize("named", ["job", "clip", "first.mp4", "ID"])
def test_a_clip_is_continued_by_variable_job_id_or_file(
    shell: InteractiveShell, tmp_path: Path, emulator: Emulator, named: str
) -> None:
    run(shell, f"%%veo --seconds 4 --output '{tmp_path / 'first.mp4'}' --wait --into job --model {LITE}\nA cat")
    job = shell.user_ns["job"]
    shell.user_ns["clip"] = job.videos[0]
    word = {"ID": job.id, "first.mp4": str(tmp_path / "first.mp4")}.get(named, named)
    ran = run(shell, f"%%veo --extend '{word}' --into longer\nIt sleeps")
    assert ran.error is None, ran.text
    request = shell.user_ns["longer"].request
    # A job's model comes with its clip; a file has none.
    assert (request.model == LITE) is (named != "first.mp4")
    assert "video" in creates(emulator)[-1].body["instances"][0]


def test_pictures_are_taken_from_variables(shell: InteractiveShell, emulator: Emulator) -> None:
    shell.user_ns["picture"] = PilImage.new("RGB", (64, 36), "red")
    shell.user_ns["others"] = [PilImage.new("RGB", (64, 36), colour) for colour in ("blue", "green")]
    line = "--seconds 8 --model veo-3.1-generate-001 --reference-image picture --reference-image others"
    assert run(shell, f"%%veo {line}\nA cat").error is None
    assert len(creates(emulator)[-1].body["instances"][0]["referenceImages"]) == 3


def test_every_example_of_the_help_can_be_read(shell: InteractiveShell) -> None:
    help_text = run(shell, "%%veo --help").text
    examples = re.findall(r"^ +%%veo (--.*)$", help_text, re.MULTILINE)
    assert len(examples) == 5
    assert all(parse(example) is not None for example in examples)
    assert len(help_text.splitlines()) < 90


def test_settings_outlive_the_cell(default_client: Client, settings: Settings) -> None:
    functions.configure(model="veo-3.1-lite-generate-001")
    assert functions.plan("A cat").model.id == "veo-3.1-lite-generate-001"
    functions.configure(model=None)
    assert functions.plan("A cat").model.id == "veo-3.1-fast-generate-001"
    with pytest.raises(errors.InvalidRequestError, match="Did you mean 'provider'"):
        functions.configure(provder="gemini")


def loaded_again(shell: InteractiveShell) -> str:
    return run(shell, "%unload_ext veo_widgets\n%load_ext veo_widgets").text


def test_what_earlier_kernels_have_left_is_told_and_nothing_is_done(
    shell: InteractiveShell, default_client: Client, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEO_WIDGETS_HOME", str(default_client.asynchronous.home))
    assert loaded_again(shell) == ""
    job = default_client.submit("---\npolls: 99\n---\nA cat", seconds=4)
    # This kernel works on it.
    assert loaded_again(shell) == ""
    job.detach()
    assert loaded_again(shell) == "1 job of an earlier kernel is open: %veo resume picks it up.\n"
    emulator.script(on="create", fault="reset")
    with pytest.raises(errors.UnknownOutcomeError):
        default_client.submit("A cat", seconds=4)
    assert "The answer to 1 job was lost: see %veo jobs, then %veo look ID" in loaded_again(shell)
    lost = next(job for job in default_client.jobs() if job.state == "unknown")
    assert run(shell, f"%veo forget {lost.id}").error is None
    assert lost.record.problem.title == "Forgotten"
    assert len(creates(emulator)) == 2
