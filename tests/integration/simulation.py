"""Starts finnhub-sim for a test, and gives back what it said and the truth that it printed."""

import json
import os
import re
import signal
import subprocess
import sys
import threading

from websocket_client import CLOSE, TEXT, Ended, WebSocket

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("TICKD_BIN", os.path.join(ROOT, "build", "debug", "bin"))
PROGRAM = os.path.join(BIN, "finnhub-sim")
LIMIT_S = 60


def require_program():
    """Ends the test as skipped when the program is not built."""
    if not os.access(PROGRAM, os.X_OK):
        print("skipped: no", PROGRAM)
        sys.exit(77)


def run(*arguments):
    """Runs it to its end; for command lines that do not serve."""
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=LIMIT_S)


class Simulation:
    def __init__(self, *arguments, port=0):
        self.process = subprocess.Popen(
            [PROGRAM, "--listen", "127.0.0.1:%d" % port, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.clients = []
        self.port = None
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if not self.said("listening on ") or self.process.poll() is not None:
            raise AssertionError("it does not listen: %r" % self.lines)
        line = next(line for line in self.lines if line.startswith("listening on "))
        self.port = int(line.rpartition(":")[2])

    def _read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append("end of stderr")
            self.changed.notify_all()

    def said(self, pattern, timeout=LIMIT_S):
        """Waits until a line matches, and says whether one has."""
        def there():
            return any(re.search(pattern, line) or line == "end of stderr" for line in self.lines)
        with self.changed:
            self.changed.wait_for(there, timeout)
            return any(re.search(pattern, line) for line in self.lines)

    def connect(self, **options):
        client = WebSocket("127.0.0.1", self.port, **options)
        self.clients.append(client)
        return client

    def subscribed(self, *symbols, **options):
        client = self.connect(**options)
        client.subscribe(*symbols)
        return client

    def finish(self, expected=0):
        """Hangs up, waits for its own end with that exit code; returns the truth."""
        for client in self.clients:
            client.close()
        out = self.process.stdout.read()
        code = self.process.wait(LIMIT_S)
        self.reader.join(LIMIT_S)
        assert code == expected, "exit code %d, not %d" % (code, expected)
        return json.loads(out)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.finish()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for client in self.clients:
            client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(LIMIT_S)
        self.process.stdout.close()
        self.process.stderr.close()
        if exception[0] is not None:
            print("\n".join(self.lines[-20:]), file=sys.stderr)


def strict(text):
    """Reads JSON, and nothing that only Python takes for JSON (NaN, Infinity)."""
    def refuse(name):
        raise ValueError(name)
    return json.loads(text, parse_constant=refuse)


def entries_of(text):
    """The entries of a trade message with numbers as they are written; [] of any other."""
    message = json.loads(text, parse_float=str, parse_int=str)
    return message["data"] if message.get("type") == "trade" else []


def receive(client, count):
    """Trade entries until there are at least `count`."""
    entries = []
    while len(entries) < count:
        entries += entries_of(client.text())
    return entries


def fast(*more, rate=500):
    """A market of two symbols, quick enough for a test."""
    return ["--symbols", "SPY,QQQ", "--rate", str(rate), "--seed", "7", *more]


def until_closed(client):
    """All messages up to the close frame, and that frame."""
    texts = []
    while True:
        frame = client.frame()
        if frame.opcode == CLOSE:
            return texts, frame
        if frame.opcode == TEXT:
            assert frame.final
            texts.append(frame.payload.decode())


def until_ended(client):
    """All messages up to the end of a connection that is not closed."""
    texts = []
    try:
        while True:
            texts.append(client.text())
    except Ended:
        return texts


def all_entries(texts):
    return [entry for text in texts for entry in entries_of(text)]
