"""Dollar signs stay dollar signs: no output of the package is taken for mathematics."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from tests.made_jobs import write_many

from .conftest import KERNELSPEC, Notebook

PROMPT = "A shop window, its sign says $5 off, $10 for two"
LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo\nveo.configure(provider='emulator', folder='prices')"
# Every output of HTML with two dollar signs at least in its texts.
OUTPUTS = (
    f"%%veo --seconds 4 --wait\n{PROMPT}",
    "veo.Player(veo.jobs()[0])",
    "veo.grid(veo.jobs()[0])",
    "%veo jobs",
    "%veo cost",
    "veo.budget(day=5, request=2)\n%veo budget",
    f"film = veo.film('prices', [{PROMPT!r}, 'A cat'], seconds=4)\nfilm",
    "film.cost",
    "batch = veo.batch([{'word': 'one'}, {'word': 'two'}], '{word} for $3 or $4', seconds=4)\nbatch",
    "batch.cost",
    "veo.models()",
    "%veo doctor",
)
# What shows that the notebook does set mathematics by now, and with what.
CONTROL = "from IPython.display import HTML\nHTML('<p id=\"control\">from $a$ to $b$</p>')"
# Every output of HTML, with the classes that both kinds of MathJax leave alone on it or around it.
UNMARKED = """() => [...document.querySelectorAll(".jp-RenderedHTML, .jp-RenderedHTMLCommon")]
  .filter(one => (one.textContent.match(/\\$/g) ?? []).length > 1 && !one.querySelector("#control"))
  .filter(one => [...one.children].some(child => child.matches(":not(.mathjax_ignore.tex2jax_ignore):not(style)")
    && child.textContent.includes("$")))
  .map(one => one.textContent.trim().slice(0, 80))"""


def strip(notebook: Notebook, path: Path, name: str) -> int:
    """Write the outputs of a notebook anew, without their classes and with what is mathematics last; returns how many
    texts of them have several dollar signs."""
    cells = nbformat.read(path, as_version=4).cells
    pages = [output.data.get("text/html", "") for cell in cells for output in cell.outputs if "data" in output]
    bare = [re.sub(r' class="[^"]*"', "", page) for page in pages if page and 'id="control"' not in page]
    stored = nbformat.v4.new_code_cell("1")
    stored.outputs = [
        nbformat.v4.new_output("display_data", {"text/html": page}) for page in [*bare, "<p>from $a$ to $b$</p>"]
    ]
    made = nbformat.v4.new_notebook(metadata=KERNELSPEC, cells=[stored])
    nbformat.write(made, notebook.lab.root / name)
    return sum(page.count("$") > 1 for page in bare)


def test_no_price_and_no_prompt_becomes_a_formula(notebook_alone: Notebook, tmp_path: Path) -> None:
    notebook = notebook_alone
    page = notebook.page
    # Costs of several days, each of which has a price in the plot.
    write_many(notebook.lab.root.with_name("home") / "ledger.sqlite3", 100, tmp_path)
    path = notebook.write("prices.ipynb", LOAD, *OUTPUTS, CONTROL)
    notebook.open("prices.ipynb")
    notebook.command("notebook:run-all-cells")
    expect(page.locator("#control mjx-container")).to_have_count(2)
    expect(page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']")).to_have_count(0)
    expect(page.locator("mjx-container")).to_have_count(2)
    assert page.evaluate(UNMARKED) == []
    notebook.picture("prices-light")
    notebook.command("docmanager:save")
    # Where classes are removed, as on GitHub.
    assert strip(notebook, path, "stripped.ipynb") > 6
    notebook.open("stripped.ipynb")
    expect(page.locator("mjx-container")).to_have_count(2)
    expect(page.locator(".jp-OutputArea-output", has=page.locator("mjx-container"))).to_have_text("from a to b")
    # And as nbconvert writes it.
    html, _ = HTMLExporter().from_notebook_node(nbformat.read(path, as_version=4))
    (tmp_path / "prices.html").write_text(html)
    page.goto((tmp_path / "prices.html").as_uri(), wait_until="domcontentloaded")
    assert page.locator(".mathjax_ignore").count() >= len(OUTPUTS) - 1
    assert page.evaluate(UNMARKED) == []
