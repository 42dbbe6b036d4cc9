"""A real browser for a test: Debian's chromium, headless, through chromedriver's WebDriver protocol
(https://www.w3.org/TR/webdriver2/), on Python's standard library alone. What it shows, what it says
on its console, and every request that it sends."""

import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

LIMIT_S = 60
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def require_browser():
    """Ends the test as skipped when there is no browser."""
    for name in ("chromium", "chromedriver"):
        if shutil.which(name) is None:
            print("skipped: no %s (packages chromium and chromium-driver)" % name)
            sys.exit(77)


class Browser:
    def __init__(self, width=1280, height=900, dark=False):
        self.folder = tempfile.mkdtemp(prefix="tickd-browser-")
        self.log = open(os.path.join(self.folder, "driver.log"), "w+b")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=self.log,
                                       stderr=subprocess.STDOUT)
        self.port = self._find_port()
        arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update",
                     "--disable-sync", "--no-default-browser-check", "--force-color-profile=srgb",
                     "--user-data-dir=" + os.path.join(self.folder, "profile")]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # chromium refuses its sandbox to root
        if dark:
            arguments.append("--force-dark-mode")
        capabilities = {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments, "binary": shutil.which("chromium")},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.session = "/session/" + answer["sessionId"]
        self.devtools("Emulation.setScrollbarsHidden", hidden=True)
        self.size(width, height, dark)

    def _find_port(self):
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            self.log.flush()
            with open(self.log.name, encoding="utf-8", errors="replace") as file:
                found = re.search(r"successfully on port (\d+)", file.read())
            if found:
                return int(found.group(1))
            if self.driver.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("chromedriver does not come up")

    def _call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        text = json.dumps(body) if body is not None else None
        connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError("%s: %s" % (answer["error"], answer["message"]))
        return answer

    def tell(self, path, **body):
        return self._call("POST", self.session + path, body)

    def devtools(self, command, **parameters):
        return self.tell("/goog/cdp/execute", cmd=command, params=parameters)

    def size(self, width, height, dark=None):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=False)
        if dark is not None:
            self.devtools("Emulation.setEmulatedMedia", features=[
                {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def open(self, address):
        self.tell("/url", url=address)

    def run(self, script, *arguments):
        """The value of a function's body in the page."""
        return self.tell("/execute/sync", script=script, args=list(arguments))

    def wait_for(self, script, what, *arguments, timeout=LIMIT_S):
        """Until the script's value is true; that value."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            value = self.run(script, *arguments)
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError("the page never shows %s" % what)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent ?? null",
                        selector)

    def click(self, selector):
        found = self.tell("/element", using="css selector", value=selector)[ELEMENT]
        self.tell("/element/%s/click" % found)

    def press(self, *keys):
        """Keys one after another, to whatever has the focus; by their WebDriver codes."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.tell("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def screenshot(self, path, whole=True):
        """The whole page, beyond the window's end too."""
        picture = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def console(self):
        """What has been said on the console since the last call."""
        return self.tell("/se/log", type="browser")

    def requests(self):
        """The address of every request, WebSockets too, since the last call."""
        addresses = []
        for entry in self.tell("/se/log", type="performance"):
            message = json.loads(entry["message"])["message"]
            parameters = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                addresses.append(parameters["request"]["url"])
            elif message["method"] == "Network.webSocketCreated":
                addresses.append(parameters["url"])
        return addresses

    def close(self):
        try:
            self._call("DELETE", self.session)
        except (AssertionError, OSError):
            pass
        self.driver.terminate()
        self.driver.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
