"""What the first cell needs is loaded while it is being typed."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import pytest

from veo_widgets.notebook.magics.preloading import needed_now

SHELL = """
import sys, threading
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
def preloading():
    return [thread for thread in threading.enumerate() if thread.name == "veo_widgets preloading"]
"""
LOADED = "print([name in sys.modules for name in ('httpx', 'httpcore', 'veo_widgets.notebook.widgets.display')])"


def said(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SHELL + code], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_is_loaded_once_the_cell_that_loaded_the_extension_is_over() -> None:
    code = "shell.run_cell('%load_ext veo_widgets')\nfor one in preloading(): one.join()\n"
    assert said(code + LOADED) == "[True, True, True]"


def test_nothing_is_loaded_where_the_extension_is_gone_by_then() -> None:
    code = "shell.run_cell('%load_ext veo_widgets\\n%unload_ext veo_widgets')\nassert not preloading()\n"
    assert said(code + LOADED) == "[False, False, False]"


def test_a_first_cell_that_comes_at_once_finds_all_it_needs() -> None:
    code = "shell.run_cell('%load_ext veo_widgets'); shell.run_cell('%%veo --help\\n')\n"
    assert said(code).startswith("usage: %%veo")


def test_nothing_is_loaded_beside_a_cell() -> None:
    # Threads that import at once get halves of modules, or wait for each other for ever.
    cell = "before = set(sys.modules)\nfor one in preloading(): one.join()\nprint(set(sys.modules) - before)"
    code = f"shell.run_cell('%load_ext veo_widgets')\nshell.user_ns.update(globals())\nshell.run_cell({cell!r})\n"
    assert said(code) == "set()"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_forked_meanwhile_can_load_what_was_being_loaded() -> None:
    child = "\n    from veo_widgets.notebook.magics import runs\n    os._exit(0)\n"
    code = f"import os\nshell.run_cell('%load_ext veo_widgets')\nchild = os.fork()\nif not child:{child}"
    assert said(code + "print(os.waitpid(child, 0)[1])") == "0"


def test_python_looks_for_garbage_afterwards_if_it_did_before() -> None:
    with needed_now():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with needed_now():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
