"""Cells that wait in real kernels: buttons, interrupts, nested loops."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from veo_widgets.emulator import Emulator

from ..conformance.environments import overlay
from ..kernels import started_kernel

SLOW = "---\nseconds: {}\n---\nA cat"
# What a click is to the kernel: a message on a comm, which is noted and answered.
CLICKS = """
import comm
clicks = []

def open_clicks(made, _):
    def hear(message):
        clicks.append(message["content"]["data"]["name"])
        made.send({})
    made.on_msg(hear)

comm.get_comm_manager().register_target("clicks", open_clicks)
"""


class Kernel:
    """A kernel, and its front end, which is this test."""

    def __init__(self, manager: KernelManager, client: Any) -> None:
        self.manager, self.client = manager, client

    def run(self, code: str) -> str:
        """What a cell prints; it must succeed."""
        said: list[str] = []

        def hook(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                said.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, timeout=600, output_hook=hook)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(said).strip()

    def begin(self, code: str) -> str:
        """Start a cell and return when it runs; returns the message's id."""
        message = self.client.execute(code, stop_on_error=False)
        while True:
            got = self.client.get_iopub_msg(timeout=600)
            if got["parent_header"].get("msg_id") == message and got["msg_type"] == "display_data":
                return str(message)

    def end(self, message: str) -> dict[str, Any]:
        """The reply to a cell that was begun."""
        while True:
            reply = self.client.get_shell_msg(timeout=600)
            if reply["parent_header"]["msg_id"] == message:
                return dict(reply["content"])

    def click(self, name: str) -> None:
        """Press a button."""
        self.send("comm_msg", data={"name": name})

    def send(self, kind: str, **content: Any) -> None:
        """Send a message of a comm."""
        channel = self.client.shell_channel
        channel.send(self.client.session.msg(kind, {"comm_id": "a-comm", "data": {}, **content}))

    def until_heard(self) -> None:
        """Wait until a click has been answered."""
        while self.client.get_iopub_msg(timeout=600)["content"].get("comm_id") != "a-comm":
            pass

    def at(self, service: Emulator) -> None:
        """Send what comes to an emulator."""
        self.run(f"import os\nos.environ['VEO_EMULATOR_URL'] = {service.base_url!r}")


def started(emulator: Emulator, folder: Path, **more: str) -> Iterator[Kernel]:
    environment = {
        **os.environ,
        "VEO_WIDGETS_HOME": str(folder / "home"),
        "VEO_PROVIDER": "emulator",
        "VEO_EMULATOR_URL": emulator.base_url,
        "IPYTHONDIR": str(folder / "ipython"),
        **more,
    }
    manager, client = started_kernel(env=environment, cwd=str(folder))
    try:
        kernel = Kernel(manager, client)
        kernel.run(f"%load_ext veo_widgets\nimport veo_widgets as veo\n{CLICKS}")
        kernel.send("comm_open", target_name="clicks")
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(shared_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel for all tests of this module, which leave it as they found it."""
    yield from started(shared_emulator, tmp_path_factory.mktemp("kernel"))


@pytest.fixture
def older_kernel(shared_emulator: Emulator, tmp_path: Path) -> Iterator[Kernel]:
    """The last ipykernel before 7, which many still run."""
    path = os.pathsep.join(filter(None, (str(overlay("ipykernel==6.31.0")), os.environ.get("PYTHONPATH"))))
    yield from started(shared_emulator, tmp_path, PYTHONPATH=path)


@pytest.fixture
def slow(
    kernel: Kernel, shared_emulator: Emulator, slow_service: tuple[Emulator, Callable[[], None]]
) -> Iterator[Callable[[], None]]:
    """Jobs that run until the test lets them end, and what lets them."""
    service, let_end = slow_service
    kernel.at(service)
    yield let_end
    kernel.at(shared_emulator)


def test_buttons_stay_alive_while_a_cell_waits(kernel: Kernel, slow: Callable[[], None]) -> None:
    kernel.run("clicks.clear()")
    message = kernel.begin(f"%%veo --seconds 4 --wait --into job\n{SLOW.format(600)}")
    kernel.click("while it waits")
    kernel.until_heard()
    # Only now can the cell end.
    slow()
    assert kernel.end(message)["status"] == "ok"
    assert kernel.run("print(job.state, *clicks)") == "succeeded while it waits"
    # A cell that another one runs is not awaited by anybody, and blocks.
    nested = "%%capture seen\n%%veo --seconds 4 --wait --into inner\nA cat"
    kernel.run(nested)
    assert kernel.run("print(inner.state, len(seen.outputs))") == "succeeded 2"


def test_nothing_is_rewritten_once_the_extension_is_gone(kernel: Kernel) -> None:
    kernel.run("%unload_ext veo_widgets")
    assert kernel.run("print(get_ipython().input_transformers_post)") == "[]"
    kernel.run("%load_ext veo_widgets\n%reload_ext veo_widgets")
    assert kernel.run("print(len(get_ipython().input_transformers_post))") == "1"
    kernel.run("%%veo --seconds 4 --wait --into after\nA cat")
    assert kernel.run("print(after.state)") == "succeeded"


def stops_at_once(kernel: Kernel, let_end: Callable[[], None]) -> None:
    message = kernel.begin(f"%%veo --seconds 4 --wait --into job\n{SLOW.format(600)}")
    kernel.manager.interrupt_kernel()
    reply = kernel.end(message)
    assert reply["status"] == "error"
    assert kernel.run("print(job.state.is_final)") == "False"
    let_end()
    kernel.run("await job")


def test_an_interrupt_ends_the_waiting_within_a_moment_and_nothing_else(
    kernel: Kernel, slow: Callable[[], None]
) -> None:
    stops_at_once(kernel, slow)


@pytest.mark.usefixtures("slow")
def test_an_interrupt_is_never_taken_for_a_state(kernel: Kernel) -> None:
    kernel.run(f"job = veo.submit({SLOW.format(600)!r}, seconds=4)")
    for _ in range(6):
        message = kernel.begin("display(1)\nasync for state in job.watch():\n    display(state)")
        kernel.manager.interrupt_kernel()
        assert kernel.end(message)["ename"] in {"CancelledError", "KeyboardInterrupt"}
    assert kernel.run("print(job.state.is_final)\njob.detach()") == "False"


def test_cells_wait_by_themselves_where_that_is_configured(kernel: Kernel) -> None:
    kernel.run("%config VeoMagics.wait = True")
    kernel.run("%%veo --seconds 4 --into job\nA cat")
    assert kernel.run("print(job.state)\n%config VeoMagics.wait = False") == "succeeded"


def test_states_and_arrivals_are_awaited(kernel: Kernel, slow: Callable[[], None]) -> None:
    kernel.run(f"late, quick = (veo.submit({SLOW!r}.format(s), seconds=4) for s in (600, 0.3))")
    kernel.run("states = [str(state) async for state in quick.watch()]\nassert states[-1] == 'succeeded', states")
    kernel.run("arrivals = aiter(veo.as_completed([late, quick]))")
    assert kernel.run("print(await anext(arrivals) is quick)") == "True"
    slow()
    assert kernel.run("print([job is late async for job in arrivals])") == "[True]"


NESTED = """
import asyncio
async def main():
    job = await veo.submit("---\\nseconds: 1\\n---\\nA cat", seconds=4)
    return str(job.state)
display(1)
print(asyncio.run(main()))
"""


def nested_loop_loses_no_click(kernel: Kernel) -> None:
    refused = "import asyncio\ntry:\n    asyncio.run(main())\nexcept RuntimeError as error:\n    print(error)"
    assert "cannot be called from a running event loop" in kernel.run(refused.replace("main()", "asyncio.sleep(0)"))
    kernel.run("clicks.clear()\n%veo nest")
    message = kernel.begin(NESTED)
    for number in range(3):
        kernel.click(str(number))
    assert kernel.end(message)["status"] == "ok"
    kernel.run("pass")
    assert kernel.run("print(clicks)") == "['0', '1', '2']"


@pytest.mark.filterwarnings("ignore:coroutine")
def test_an_older_kernel_waits_stops_and_nests_too(
    older_kernel: Kernel, shared_emulator: Emulator, slow_service: tuple[Emulator, Callable[[], None]]
) -> None:
    assert older_kernel.run("import ipykernel; print(ipykernel.version_info[0])") == "6"
    older_kernel.run("%%veo --seconds 4 --wait --into job\nA cat")
    assert older_kernel.run("print(job.state)") == "succeeded"
    older_kernel.at(slow_service[0])
    stops_at_once(older_kernel, slow_service[1])
    older_kernel.at(shared_emulator)
    nested_loop_loses_no_click(older_kernel)


def test_a_nested_loop_loses_no_click(kernel: Kernel) -> None:
    nested_loop_loses_no_click(kernel)
