"""Firefox and WebKit behind one small face: open a page, run a script in it, press keys, click, take a picture.

Firefox is driven by Mozilla's own client of its Marionette protocol, WebKit by Selenium through WebKitWebDriver: no
program speaks to both that comes with neither a browser of its own nor a download.
"""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# With a width and a height that leave a viewport like that of the other browser tests.
SIZE = (1280, 1000)
SECONDS = 600.0
# Keys without a letter, as WebDriver names them.
ENTER, ESCAPE, CONTROL, ALT = "\ue007", "\ue00c", "\ue009", "\ue00a"
END, RIGHT, DOWN = "\ue010", "\ue014", "\ue015"
# A promise is waited for, and an error comes back as what it says.
CALL = """const done = arguments[arguments.length - 1], given = arguments[0];
Promise.resolve().then(() => (%s)(...given)).then(
    (value) => done([value ?? null, ""]), (error) => done([null, `${error}\\n${error?.stack ?? ""}`]));"""
NAMED = """(name, role) => [...document.querySelectorAll(role)].filter((one) => one.checkVisibility()).find((one) =>
    (one.getAttribute("aria-label") || one.textContent).trim().startsWith(name))"""


class PageDiedError(Exception):
    """The process that draws the page has ended. WebKitGTK's does so by chance while it loads or plays videos."""


class Browser(ABC):
    """A browser with one tab."""

    name: str
    driver: Any

    @abstractmethod
    def open(self, url: str) -> None: ...

    @abstractmethod
    def press(self, keys: str, *held: str) -> None:
        """Press keys one after the other, each with the `held` ones down."""

    @abstractmethod
    def picture(self) -> bytes:
        """What the window shows, as a PNG."""

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def _call(self, script: str, arguments: list[Any]) -> Any: ...

    @abstractmethod
    def _find(self, script: str, *arguments: Any) -> Any: ...

    def run(self, function: str, *arguments: Any) -> Any:
        """What a JavaScript function answers, or its promise."""
        value, error = self._call(CALL % function, list(arguments))
        assert not error, error
        return value

    def wait(self, function: str, *arguments: Any) -> Any:
        """Wait until a JavaScript function answers with something true."""
        ends = time.monotonic() + SECONDS
        while not (value := self.run(function, *arguments)):
            assert time.monotonic() < ends, (
                function,
                arguments,
                self.run("() => document.body.innerText.slice(0, 4000)"),
            )
            time.sleep(0.1)
        return value

    def until(self, answer: Callable[[], Any]) -> Any:
        """Wait until something is true."""
        ends = time.monotonic() + SECONDS
        while not (value := answer()):
            assert time.monotonic() < ends, self.run("() => document.body.innerText.slice(0, 4000)")
            time.sleep(0.1)
        return value

    def click(self, name: str, role: str = "button, [role^=menuitem]") -> None:
        """Click with the pointer on what has this name, once it is there."""
        ready = "one => one && !one.disabled && one.getAttribute('aria-disabled') !== 'true'"
        self.wait(f"(...all) => Boolean(({ready})(({NAMED})(...all)))", name, role)
        self._find(f"return ({NAMED})(...arguments)", name, role).click()

    def keep(self, name: str) -> None:
        """Keep a picture where VEO_SCREENSHOTS says, to be looked at by people."""
        if folder := os.environ.get("VEO_SCREENSHOTS"):
            # What was changed last need not be drawn yet.
            self.run("() => new Promise((done) => setTimeout(done, 1500))")
            Path(folder, f"{self.name}-{name}.png").write_bytes(self.picture())


class Firefox(Browser):
    name = "firefox"

    def __init__(self, **preferences: bool) -> None:
        with warnings.catch_warnings():
            # What it imports asks for the name of the distribution as was usual once.
            warnings.simplefilter("ignore")
            from marionette_driver.marionette import Marionette

        program = shutil.which("firefox-esr") or shutil.which("firefox")
        assert program, "Firefox is missing: make browsers"
        # The driver removes what is there under the log's name, were it /dev/null.
        self.logs = tempfile.mkdtemp(prefix="firefox-")
        log = str(Path(self.logs) / "gecko.log")
        quiet: dict[str, Any] = {"headless": True, "gecko_log": log, "prefs": preferences}
        self.driver = Marionette(port=0, bin=program, startup_timeout=600, **quiet)
        self.driver.start_session()
        self.driver.timeout.script = SECONDS
        self.driver.set_window_rect(width=SIZE[0], height=SIZE[1])

    def open(self, url: str) -> None:
        self.driver.navigate(url)

    def press(self, keys: str, *held: str) -> None:
        chain = self.driver.actions.sequence("key", "keyboard")
        for key in held:
            chain = chain.key_down(key)
        for key in keys:
            chain = chain.key_down(key).key_up(key)
        for key in held:
            chain = chain.key_up(key)
        chain.perform()

    def picture(self) -> bytes:
        return base64.b64decode(self.driver.screenshot(full=False))

    def close(self) -> None:
        self.driver.quit()
        shutil.rmtree(self.logs, ignore_errors=True)

    def _call(self, script: str, arguments: list[Any]) -> Any:
        # In the page's own world, not beside it.
        return self.driver.execute_async_script(script, script_args=(arguments,), sandbox=None)

    def _find(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, script_args=arguments, sandbox=None)


class WebKit(Browser):
    name = "webkit"

    def __init__(self, **environment: str) -> None:
        from selenium.webdriver import WebKitGTK
        from selenium.webdriver.webkitgtk.options import Options
        from selenium.webdriver.webkitgtk.service import Service

        self.display = contextlib.ExitStack()
        options = Options()
        options.binary_location = next(str(one) for one in Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))
        options.add_argument("--automation")
        screen = self.display.enter_context(_screen())
        service = Service(shutil.which("WebKitWebDriver"), env={**os.environ, "DISPLAY": screen, **environment})
        self.driver = WebKitGTK(options=options, service=service)
        self.driver.set_script_timeout(SECONDS)
        self.driver.set_window_rect(0, 0, *SIZE)

    def open(self, url: str) -> None:
        with _living():
            self.driver.get(url)

    def press(self, keys: str, *held: str) -> None:
        from selenium.webdriver import ActionChains

        chain = ActionChains(self.driver, duration=0)
        for key in held:
            chain.key_down(key)
        chain.send_keys(keys)
        for key in held:
            chain.key_up(key)
        with _living():
            chain.perform()

    def picture(self) -> bytes:
        with _living():
            return bytes(self.driver.get_screenshot_as_png())

    def close(self) -> None:
        with self.display, contextlib.suppress(PageDiedError), _living():
            self.driver.quit()

    def _call(self, script: str, arguments: list[Any]) -> Any:
        with _living():
            return self.driver.execute_async_script(script, arguments)

    def _find(self, script: str, *arguments: Any) -> Any:
        with _living():
            return self.driver.execute_script(script, *arguments)


@contextlib.contextmanager
def _living() -> Iterator[None]:
    """Tell a page that has died from one that gives a wrong answer."""
    from selenium.common.exceptions import InvalidSessionIdException, WebDriverException

    try:
        yield
    except WebDriverException as error:
        # The session ends with the page; a script that was under way then seems to have answered with nothing.
        if isinstance(error, InvalidSessionIdException) or "Could not parse script result" in str(error):
            raise PageDiedError(error.msg) from error
        raise


@contextlib.contextmanager
def _screen() -> Iterator[str]:
    """A screen that nobody sees, by its name: WebKitGTK does not run without one."""
    reads, writes = os.pipe()
    command = ["Xvfb", "-displayfd", str(writes), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writes], stderr=subprocess.DEVNULL) as process:
        os.close(writes)
        with os.fdopen(reads) as number:
            yield f":{number.readline().strip()}"
        process.terminate()


# Decoders that GStreamer's plugins bring.
DECODERS = (
    "avdec_h264",
    "openh264dec",
    "vah264dec",
    "vaapih264dec",
    "v4l2slh264dec",
    "v4l2h264dec",
    "avdec_aac",
    "faad",
    "fdkaacdec",
)
WITHOUT_H264: dict[str, Callable[[], Browser]] = {
    "firefox": lambda: Firefox(**{"media.ffmpeg.enabled": False}),
    "webkit": lambda: WebKit(GST_PLUGIN_FEATURE_RANK=",".join(f"{name}:NONE" for name in DECODERS)),
}
ENGINES: dict[str, Callable[[], Browser]] = {"firefox": Firefox, "webkit": WebKit}
