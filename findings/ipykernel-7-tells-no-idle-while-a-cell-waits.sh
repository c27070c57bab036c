#!/bin/sh
# ipykernel 7.4.0: a comm message that is handled while an awaiting cell runs gets no status, neither busy nor idle.
#
# The messaging protocol has every message answered with "busy" and "idle", and front ends wait for that "idle" before
# they let go of what they keep for a message. Sent between cells, the same message gets both.
#
# Seen on 2026-11-28 with Python 3.11:
#   ipykernel 7.4.0
#   between cells: handled, status ['busy', 'idle']
#   while a cell awaits: handled, status []
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ipykernel==7.4.0 jupyter_client==8.10.0
IPYTHONDIR="$folder/ipython" "$folder/venv/bin/python" - <<'PYTHON'
import sys

from jupyter_client.manager import start_new_kernel

MAKE = """
import asyncio, comm, ipykernel
print("ipykernel", ipykernel.__version__)
told = asyncio.Event()
def handle(message):
    print("handled")
    told.set()
comm.get_comm_manager().register_target("target", lambda made, _: made.on_msg(handle))
"""
manager, client = start_new_kernel()
seen = {}


def send(kind, **content):
    message = client.session.msg(kind, {"comm_id": "a", "data": {}, **content})
    client.shell_channel.send(message)
    return message["header"]["msg_id"]


def heard_until(cell):
    """Everything up to the end of a cell."""
    heard = []
    while True:
        heard.append(client.get_iopub_msg(timeout=60))
        said = heard[-1]
        if said["parent_header"].get("msg_id") == cell and said["content"].get("execution_state") == "idle":
            return heard


def note(when, message, heard):
    about = [said for said in heard if said["parent_header"].get("msg_id") == message]
    assert any(said["content"].get("text") == "handled\n" for said in about), about
    seen[when] = [said["content"]["execution_state"] for said in about if said["msg_type"] == "status"]
    print(f"{when}: handled, status {seen[when]}")


print(heard_until(client.execute(MAKE))[2]["content"]["text"].strip())
send("comm_open", target_name="target")
first = send("comm_msg")
note("between cells", first, heard_until(client.execute("told.clear()")))
# The cell is begun when its input is repeated.
cell = client.execute("await told.wait()\nawait asyncio.sleep(1)")
while client.get_iopub_msg(timeout=60)["msg_type"] != "execute_input":
    pass
note("while a cell awaits", send("comm_msg"), heard_until(cell))
client.stop_channels()
manager.shutdown_kernel(now=True)
sys.exit(0 if seen == {"between cells": ["busy", "idle"], "while a cell awaits": []} else 1)
PYTHON
