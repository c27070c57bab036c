"""Writes the reference tables of ``docs/`` from what the program reads itself: ``python -m tests.reference_pages``."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from veo_widgets.api.commands import VERBS, Verb
from veo_widgets.api.flags import parser
from veo_widgets.domain.catalog import Model
from veo_widgets.domain.catalog import models as catalog
from veo_widgets.domain.model_fields import FIELDS
from veo_widgets.domain.params import PARAMS, SIZES, Param
from veo_widgets.providers.model_table import model_table

from . import brought, row_table

DOCS = Path(__file__).parents[1] / "docs"
MADE = "Made by `make docs-tables` from"
# Where the function has another name, because a module has the verb's.
FUNCTIONS = {"config": "configuration", "nest": "allow_nested_loops"}


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _values(param: Param) -> str:
    if param.choices:
        return ", ".join(f"`{choice}`" for choice in param.choices)
    least = f", at least {param.minimum:g}" if param.minimum is not None else ""
    most = f", at most {param.maximum:.0f}" if param.maximum is not None else ""
    return f"{param.kind}{f' in {param.unit}' if param.unit else ''}{least}{most}"


def _param(param: Param) -> tuple[str, ...]:
    names = "<br>".join(f"`{name}`" for name in (param.name, *param.aliases))
    flag = "the cell's text" if param.name == "prompt" else f"`{param.flag}`"
    return names, flag, _values(param), param.help, f"`{param.wire}`" if param.wire else ""


def _flags(group: argparse._ArgumentGroup) -> str:
    rows = [
        (
            ", ".join(f"`{name}`" for name in action.option_strings),
            f"`{action.metavar}`" if action.metavar else "",
            (action.help or "").replace("%%", "%").replace("{", "&#123;"),
        )
        for action in group._group_actions
    ]
    example = f"\n```text\n{group.description}\n```\n" if group.description else ""
    return f"### {(group.title or '').capitalize()}\n{example}\n{_table(('flag', 'value', 'what it does'), rows)}"


def parameters_page() -> str:
    """Every parameter of a request, and every flag of a cell."""
    sizes = [(f"`{width}x{height}`", ratio, lines) for (ratio, lines), (width, height) in SIZES.items()]
    groups = [_flags(group) for group in parser()._action_groups if group._group_actions]
    return "\n".join(
        [
            "# Parameters and flags\n",
            f"{MADE} `params.py` and the magic's own parser. What one model takes of it is in [models](models.md).\n",
            "## Parameters\n",
            "As keywords of `veo.submit`, as columns of a batch, and as keys of a recipe.\n",
            _table(("name", "flag", "values", "meaning", "on the wire"), map(_param, PARAMS)),
            "## Flags of `%%veo`\n",
            *groups,
            "## Sizes\n",
            "OpenAI's `size` stands for a ratio and a resolution.\n",
            _table(("size", "ratio", "resolution"), sizes),
        ]
    )


def _source(model: Model) -> tuple[str, ...]:
    typical = model.typical_seconds
    return (
        f"`{model.id}`",
        model.surface,
        f"{typical.low:g} to {typical.high:g} s, likely {typical.likely:g} s",
        model.replacement or "",
        ", ".join(model.unconfirmed),
        model.checked_on,
        "; ".join(f"<{source}>" if source.startswith("https://") else source for source in model.source),
    )


def models_page() -> str:
    """Every model of the catalog, with its prices and sources."""
    # The day of the catalog, so that the page does not change by itself.
    today = max(model.checked_on for model in catalog())
    places = {provider: model_table(provider, today, retired=True) for provider in ("agent_platform", "gemini")}
    rows = [row for table in places.values() for row in table.rows]
    columns = next(iter(places.values())).columns
    now = [row for row in rows if row[2] != "ended"]
    ended = [(f"`{row[0]}`", row[1], row[8]) for row in rows if row[2] == "ended"]
    return "\n".join(
        [
            "# Models and prices\n",
            (
                f"{MADE} `catalog.json`, as of {today}. `%veo models` shows the same for today, "
                "`--dry-run` the price of one request.\n"
            ),
            "## What can be used\n",
            _table(columns, [(f"`{row[0]}`", *row[1:]) for row in now]),
            "## What has ended\n",
            "Refused before anything is sent, unless `allow_retired=True`, for gateways that keep them alive.\n",
            _table(("model", "provider", "ended on"), ended),
            "[A model of your own](how-to/a-model-of-your-own.md) is described with the same fields.\n",
            "## A newer catalog\n",
            (
                "`veo catalog` shows which catalog counts, and how old it is. `veo catalog update FILE`, or an "
                "`https://` address, checks a newer one whole, shows what it changes, and asks before it counts "
                "(`--yes` for scripts). It is kept in your data folder and used until a release brings a newer one; "
                "`veo catalog reset` goes back. No key is sent to the address. A catalog older than 60 days is "
                "reported once in a session, and so is a model that may have ended.\n"
            ),
            "## Where this is from\n",
            (
                "*Unconfirmed* fields are those that the sources contradict or leave open. *Time* is from the request "
                "to the finished clip.\n"
            ),
            _table(
                ("model", "surface", "time", "instead", "unconfirmed", "checked", "sources"), map(_source, catalog())
            ),
        ]
    )


def _verb(verb: Verb) -> tuple[str, ...]:
    command = f"no: {verb.only_here}" if verb.only_here else f"`veo {verb.name}`"
    return f"`%veo {verb.usage}`", f"`veo.{FUNCTIONS.get(verb.name, verb.name)}()`", command, verb.help


def verbs_page() -> str:
    """Every verb, in its three forms."""
    arguments = [
        (f"`{verb.name}`", f"`{argument.name}`", argument.help)
        for verb in VERBS.values()
        for argument in verb.arguments
    ]
    return "\n".join(
        [
            "# Verbs\n",
            (
                f"{MADE} `verbs.py`. What a line shows is also its value: `table = %veo jobs`, then "
                "`table.to_frame()` is a data frame.\n"
            ),
            _table(("in a notebook", "in Python", "as a command", "what it does"), map(_verb, VERBS.values())),
            (
                "`%veo help` lists them. Only commands: `veo make`, `film`, `batch`, `ledger`, `worker` and "
                "`emulator`; see their `--help`.\n"
            ),
            "## Their arguments\n",
            _table(("verb", "argument", "meaning"), arguments),
        ]
    )


def _between(path: Path, name: str, made: str) -> str:
    """A page that people wrote, with what is made between its two marks of a name."""
    before, mark, rest = path.read_text("utf-8").partition(f"<!-- {name}: made by `make docs-tables` -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->")
    assert mark, path
    assert end, path
    return f"{before}{mark}\n{made}\n{end}{after}"


def batches_page() -> str:
    """How to make batches, with what is taken for rows."""
    made = _table(("rows", "how they are read"), row_table.listed())
    return _between(DOCS / "how-to" / "films-and-batches.md", "rows", made)


def frames_page() -> str:
    """How to use frames, with what is taken for pictures."""
    return _between(
        DOCS / "how-to" / "frames-and-references.md", "pictures", _table(("as", "such as"), brought.listed())
    )


def own_models_page() -> str:
    """How to describe a model of one's own, with every field."""
    rows = [(f"`{name}`", kind.words) for name, kind in FIELDS.items()]
    rows.insert(3, ("`price`", "0, `{per_second = …}` or `{per_clip = …}`, in US dollars"))
    return _between(DOCS / "how-to" / "a-model-of-your-own.md", "fields", _table(("field", "what it holds"), rows))


PAGES = {
    DOCS / "how-to" / "a-model-of-your-own.md": own_models_page,
    DOCS / "how-to" / "films-and-batches.md": batches_page,
    DOCS / "how-to" / "frames-and-references.md": frames_page,
    DOCS / "parameters.md": parameters_page,
    DOCS / "models.md": models_page,
    DOCS / "verbs.md": verbs_page,
}

if __name__ == "__main__":
    for path, page in PAGES.items():
        path.write_text(page(), "utf-8")
