"""A notebook with one ``%%veo`` cell, run and saved. Prints how many bytes longer than before it is."""

import json
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

said = json.load(sys.stdin)
made = nbformat.v4.new_notebook(
    metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
)
cells = ("%load_ext veo_widgets", "%%veo --seconds 4 --wait\nA cat playing with a ball of yarn in a sunny garden")
made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
before = len(nbformat.writes(made))
folder = str(Path(said["notebook"]))
runner = NotebookClient(made, timeout=90, resources={"metadata": {"path": folder}}, store_widget_state=False)
with runner.setup_kernel(env=dict(os.environ)):
    for number, cell in enumerate(made.cells):
        runner.execute_cell(cell, number)
print(json.dumps({"bytes": len(nbformat.writes(made)) - before}))
