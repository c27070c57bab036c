"""The line of ``%%veo`` and the variables in its prompt."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from veo_widgets.api.commands import VERBS, read
from veo_widgets.api.flags import Flags, flag_names, parse, parser, whole_line
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.params import PARAMS
from veo_widgets.domain.prompt_templates import as_body, fill_in, prompt_of
from veo_widgets.domain.request import VideoRequest


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        ("", Flags({})),
        ("   ", Flags({})),
        ("--seconds 8", Flags({"duration_seconds": "8"})),
        ("--duration-seconds=6", Flags({"duration_seconds": "6"})),
        ("--size 1280x720 --model vertex_ai/x", Flags({"size": "1280x720", "model": "vertex_ai/x"})),
        ("--no-generate-audio", Flags({"generate_audio": False})),
        ("--generate-audio", Flags({"generate_audio": True})),
        ("--seed -1", Flags({"seed": "-1"})),
        ("--seed 1 # one", Flags({"seed": "1"})),
        ("# nothing but a note, isn't it", Flags({})),
        ('--first-frame a#1.png --into b # "c', Flags({"first_frame": "a#1.png"}, into="b")),
        (r'--negative-prompt "say \" # no" # a note', Flags({"negative_prompt": 'say " # no'})),
        ("--seed 1..3,9 --grid", Flags({}, seeds=(1, 2, 3, 9), grid=True)),
        ("--no-wait --embed --quiet", Flags({}, wait=False, embed=True, quiet=True)),
        ("--negative-prompt 'rain and # fog'", Flags({"negative_prompt": "rain and # fog"})),
        ("--reference-images a.png --reference-image 'b c.png'", Flags({"reference_images": ["a.png", "b c.png"]})),
        ("--extra cfg=5 --extra 'style=in oil'", Flags({"extra": ["cfg=5", "style=in oil"]})),
        ("--input-reference a.png", Flags({"first_frame": "a.png"})),
        ("--allow-retired --provider gemini", Flags({"allow_retired": True, "provider": "gemini"})),
        ("--wait --into clip", Flags({}, into="clip", wait=True)),
        ("--dry-run --into é1", Flags({}, into="é1", dry_run=True)),
        ("--help", None),
        ("--seconds 8 --help", None),
    ],
)
def test_a_line_is_read(line: str, flags: Flags | None) -> None:
    assert parse(line) == flags


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--aspect-ration 16:9", "--aspect-ration is not a flag. Did you mean '--aspect-ratio'?"),
        ("--second 8", "Did you mean '--seconds'?"),
        ("--sample 2", "Did you mean '--samples'?"),
        ("--zzzzzzzzzzzz", "%%veo --help lists them"),
        ("A cat", "%%veo: 'A cat' belong to no flag; the prompt goes below, and values with spaces go in quotes."),
        ("--audio", "--audio is not a flag. Did you mean '--generate-audio'?"),
        ("--no-audio", "--no-audio is not a flag. Did you mean '--no-generate-audio'?"),
        ("--model a b", "'b' belongs to no flag"),
        ("--seed", "argument --seed: expected one argument"),
        ("--seed --wait", "argument --seed: expected one argument"),
        ("--generate-audio=yes", "--generate-audio"),
        ("--negative-prompt 'rain", "No closing quotation"),
        ("--into 1a", "'1a' is not a valid variable name"),
        ("--into a.b", "is not a valid variable name"),
        ("--into class", "'class' is not a valid variable name"),
    ],
)
def test_a_wrong_line_is_one_sentence_and_no_exit(line: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse(line)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capsys.readouterr() == ("", "")


def test_there_is_a_flag_for_every_parameter_and_every_alias() -> None:
    names = set(flag_names())
    for param in PARAMS:
        if param.name != "prompt":
            assert {param.flag, *("--" + alias.replace("_", "-") for alias in param.aliases)} <= names
            assert param.help in " ".join(parser().format_help().split())


def test_flags_and_keywords_make_the_same_request() -> None:
    line = "--seconds 8 --size 1080x1920 --seed 0 --samples 2 --no-generate-audio --person-generation allow_adult"
    found = parse(line)
    assert found is not None
    assert VideoRequest.build("A cat", **found.values) == VideoRequest.build(
        "A cat",
        duration_seconds=8,
        aspect_ratio="9:16",
        resolution="1080p",
        seed=0,
        samples=2,
        generate_audio=False,
        person_generation="allow_adult",
    )


@pytest.mark.parametrize("value", ["it's", 'a "b"', "a\\b", "$HOME", "--not-a-flag ", "ä \u2028 b"])
def test_a_quoted_value_arrives_as_it_was(value: str) -> None:
    found = parse(f"--negative-prompt={shlex.quote(value)}")
    assert found is not None
    assert found.values == {"negative_prompt": value}


class Loud:
    def __str__(self) -> str:
        raise RuntimeError("no words")


NAMES = {"animal": "cat", "animals": ["cat", "dog"], "count": 3, "loud": Loud(), "_hidden": 1}


@pytest.mark.parametrize(
    ("template", "prompt"),
    [
        ("", ""),
        ("A cat", "A cat"),
        ("A {animal}", "A cat"),
        ("A { animal }", "A cat"),
        ("{count + 1} {animals[1]}s", "4 dogs"),
        ("{animals[0].upper()}{animal}", "CATcat"),
        ("{{animal}}", "{animal}"),
        ("{{{animal}}}", "{cat}"),
        ("{ {'a': 'x}y'}['a'] }", "x}y"),
        ("{'}'}", "}"),
        ("{', '.join(name for name in animals if name != animal)}", "dog"),
        ("{[count * n for n in (1, 2)]}", "[3, 6]"),
        ('{"{"}', "{"),
    ],
)
def test_values_are_filled_in(template: str, prompt: str) -> None:
    assert fill_in(template, dict(NAMES)) == prompt


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("A {animl}", "{animl} has no value: NameError: name 'animl' is not defined. Did you mean 'animal'?"),
        ("{1/0}", "ZeroDivisionError"),
        ("{animals[7]}", "IndexError"),
        ("{loud}", "RuntimeError: no words"),
        ("A { cat", "{ cat} is not a Python expression"),
        ("{a cat}", "{a cat} is not a Python expression; write {{ and }}"),
        ("{}", "{} is not a Python expression"),
        ("{x = 1}", "is not a Python expression"),
        ("{import os}", "is not a Python expression"),
        ("a } b", "a '}' has no '{' before it"),
        ("{\0}", "is not a Python expression"),
        ("{", "is not a Python expression"),
    ],
)
def test_what_cannot_be_filled_in_is_said(template: str, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        fill_in(template, dict(NAMES))
    assert words in str(caught.value)
    assert caught.value.parameter == "prompt"


def test_an_interrupt_is_not_swallowed() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_in("{interrupt()}", {"interrupt": interrupt})


def test_every_magic_of_the_readme_and_the_pages_can_be_read() -> None:
    root = Path(__file__).parents[2]
    # The page of verbs shows how each is written, in brackets and capitals, and is made from them.
    pages = [root / "README.md", *(page for page in root.glob("docs/**/*.md") if page.name != "verbs.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    cells = re.findall(r"^%%veo(.*)$|`%%veo([^`]*)`", text, re.MULTILINE)
    assert len(cells) >= 6
    for fenced, inline in cells:
        parse(fenced or inline)
    lines = [line.split() for line in re.findall(r"`%veo ([^`]+)`", text)]
    assert len(lines) >= 10
    for words in lines:
        # A verb is mentioned without the job or provider that it needs.
        assert words[0] == "help" or (words[1:] == [] and words[0] in VERBS) or read(words, VERBS)


@pytest.mark.parametrize("prompt", ["# A title\n#\n\\# and {more}\n#hash", "A cat\n\n\\\\# two", "{{x}} # y", "\\"])
def test_any_prompt_can_be_written_into_a_cell(prompt: str) -> None:
    assert prompt_of(as_body(prompt), {}) == prompt


def test_lines_joined_by_a_backslash_are_one() -> None:
    assert whole_line("--seed 1 \\", " --wait \\\n--grid\nA cat \\\nB") == ("--seed 1  --wait --grid", "A cat \\\nB")
    assert whole_line("--output C:\\clips\\", "A cat") == ("--output C:\\clips\\", "A cat")


@pytest.mark.parametrize(
    ("line", "sentences"),
    [
        (
            "--asspect-ratio 16:9 --secnds 4",
            ["--asspect-ratio is not a flag. Did you mean '--aspect-ratio'?", "--secnds is not a flag. Did you mean"],
        ),
        ("--prompt 'A cat' --wiat", ["--prompt is not a flag: the prompt is the cell's body", "--wiat is not a flag."]),
        ("--foo=1 stray", ["--foo is not a flag.", "'stray' belongs to no flag"]),
        ("--seconds five --count 9", ["--count is not a flag.", "duration_seconds: 'five' is not"]),
        (
            "--foo --samples many --seed x --max-cost much",
            ["samples: 'many'", "seed: 'x'", "max_cost: 'much'"],
        ),
        ("--size tall --seed 1..99 --foo", ["size: 'tall'", "--seed: '1..99' is more than 20", "--foo is not"]),
    ],
)
def test_every_wrong_word_of_a_line_is_named_at_once(line: str, sentences: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse(line)
    assert all(sentence in str(refused.value) for sentence in sentences)
    assert "negative" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_flag_is_named_alone_where_the_values_can_be_read() -> None:
    line = "--seconds 8 --size 1280x720 --seed 1..4 --first-frame cat --extend cat --max-cost 2 --secnds"
    with pytest.raises(InvalidRequestError, match=r"^%%veo: --secnds is not a flag\. Did you mean '--seconds'\?$"):
        parse(line)


def test_every_wrong_value_of_a_request_is_named_at_once() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        VideoRequest.build("A cat", seconds="five", aspect_ratio="16/10", colour="red")
    assert all(name in str(refused.value) for name in ("duration_seconds: 'five'", "aspect_ratio: '16/10'", "colour:"))
    assert refused.value.parameter == "duration_seconds"
