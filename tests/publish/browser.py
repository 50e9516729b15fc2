"""A headless Chromium, driven through its DevTools over a pipe."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--mute-audio"),
    *("--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"),
    *("--no-first-run", "--hide-scrollbars", "--force-color-profile=srgb"),
)
_SECONDS = 60.0
#: Rules that are broken, how badly, and where first.
BROKEN = """axe.run(document, {resultTypes: ["violations"]}).then(({violations}) =>
  violations.map(({id, impact, nodes}) => [id, impact, nodes.length, nodes[0].html.slice(0, 200)]))
"""
#: The browser reads its orders from 3 and answers on 4.
_START = """
import os, sys
for number, fd in enumerate(sys.argv[1:3], start=3):
    os.dup2(int(fd), number)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find_browser():
    """Give the path of a browser, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One page, with all that it asked for and complained of."""

    def __init__(self, send, receive):
        self._send, self._receive, self._rest = send, receive, b""
        self._count, self._session = 0, None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """Call a method of the protocol, and give what it returns."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == self._count:
                assert "error" not in found, found["error"]
                return found["result"]
            self.events.append(found)

    def open(self, path, *, width=1200, height=900, javascript=True):
        """Load a file at a width of the window."""
        mobile = width < 600
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.call("Emulation.setScriptExecutionDisabled", value=not javascript)
        self.events.clear()
        self.call("Page.navigate", url=Path(path).as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())
        self.call("Page.getLayoutMetrics")  # what came before has been received

    def run(self, expression):
        """Evaluate JavaScript, and give its value."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def violations(self, axe):
        """Give what axe-core, whose source is ``axe``, calls serious or critical."""
        self.run(f"{axe}; 0")
        asked = {"expression": BROKEN, "awaitPromise": True, "returnByValue": True}
        found = self.call("Runtime.evaluate", **asked)["result"]["value"]
        return [one for one in found if one[1] in ("serious", "critical")]

    def press(self, text):
        """Press a key for each letter."""
        for letter in text:
            self.call("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    @property
    def requests(self):
        """Addresses that were asked for, and not refused by the page's own policy."""
        refused = {
            params["requestId"]
            for params in self._told("Network.loadingFailed")
            if params.get("blockedReason") == "csp"
        }
        return [
            params["request"]["url"]
            for params in self._told("Network.requestWillBeSent")
            if params["requestId"] not in refused
        ]

    def _told(self, *methods):
        return [event["params"] for event in self.events if event.get("method") in methods]

    @property
    def complaints(self):
        """Errors, refusals and messages of the console."""
        return self._told("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")

    def picture(self, path):
        """Save the whole page as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def print_to(self, path):
        """Save the page as it would be printed."""
        options = {"printBackground": True, "preferCSSPageSize": True}
        Path(path).write_bytes(base64.b64decode(self.call("Page.printToPDF", **options)["data"]))

    def _next(self):
        """Wait for one message."""
        until = time.monotonic() + _SECONDS
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._receive], [], [], until - time.monotonic())
            assert ready, "the browser does not answer"
            got = os.read(self._receive, 1 << 20)
            assert got, "the browser is gone"
            self._rest += got
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@contextlib.contextmanager
def open_browser(program, profile):
    """Start a browser with a profile of its own, and end it."""
    ours, theirs = os.pipe(), os.pipe()
    child = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (ours[0], theirs[1])]
    command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    starter = [sys.executable, "-I", "-S", "-c", _START, *map(str, child)]
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    with subprocess.Popen([*starter, *command], pass_fds=child, **quiet) as job:
        for fd in (*child, ours[0], theirs[1]):
            os.close(fd)
        try:
            yield Page(ours[1], theirs[0])
        finally:
            job.terminate()
            os.close(ours[1])
            os.close(theirs[0])
