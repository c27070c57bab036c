"""How long ``%load_ext veo_widgets`` takes in a shell that is up, with a ledger that has jobs in it."""

import json
import sys
import time

from IPython.core.interactiveshell import InteractiveShell

json.load(sys.stdin)
shell = InteractiveShell.instance()
began = time.perf_counter()
shell.run_line_magic("load_ext", "veo_widgets")
print(json.dumps({"ms": (time.perf_counter() - began) * 1000}))
