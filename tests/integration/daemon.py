"""Starts tickd for a test, asks its socket, reads its log, and stops it by its process id."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("TICKD_BIN", os.path.join(ROOT, "build", "debug", "bin"))
TICKD = os.path.join(BIN, "tickd")
TICKCTL = os.path.join(BIN, "tickctl")
LIMIT_S = 30
LOOK_FIRST_S, LOOK_LONGEST_S = 0.005, 0.25
KEY = "test-key-0123456789"
PAIR = re.compile(r'([a-z0-9_]+)=("(?:[^"\\]|\\.)*"|[^ "]*)(?: |$)')


def run(program, *arguments, environment=None, **options):
    """Runs a program to its end."""
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False,
                          timeout=LIMIT_S, env=clean_environment(environment or {}), **options)


def clean_environment(changes):
    """This process's environment without what tickd reads from it, and with these changes."""
    ours = ("FINNHUB_TOKEN", "CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "RUNTIME_DIRECTORY",
            "LOGS_DIRECTORY", "JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
            "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, **changes}


def wait_until(condition, what, timeout=LIMIT_S):
    """Looks again and again, slower and slower; returns what the condition gave, once true."""
    ends, pause = time.monotonic() + timeout, LOOK_FIRST_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > ends:
            raise AssertionError("waited %d s for %s" % (timeout, what))
        time.sleep(pause)
        pause = min(1.2 * pause, LOOK_LONGEST_S)


def parse_logfmt(line):
    """The pairs of one line; raises if a byte of it belongs to no pair or a key comes twice."""
    pairs, place = {}, 0
    for match in PAIR.finditer(line):
        name, value = match.groups()
        if match.start() != place or name in pairs:
            raise ValueError("not logfmt at byte %d: %r" % (place, line))
        pairs[name] = json.loads(value) if value.startswith('"') else value
        place = match.end()
    if place != len(line) or line.endswith(" "):
        raise ValueError("not logfmt at byte %d: %r" % (place, line))
    return pairs


def free_port():
    """A port that was free a moment ago, at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def make_certificate(folder):
    """Paths of a certificate for 127.0.0.1 that is its own authority, and of its key."""
    certificate, key = os.path.join(folder, "ca.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


class Connection:
    """One connection to the control socket, line by line."""

    def __init__(self, path, timeout=LIMIT_S):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.received = b""
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self):
        """The next line without its end; None at the end of the connection."""
        while b"\n" not in self.received:
            try:
                piece = self.socket.recv(65536)
            except ConnectionError:
                piece = b""
            if not piece:
                return None
            self.received += piece
        line, _, self.received = self.received.partition(b"\n")
        return line.decode()

    def reply(self):
        return json.loads(self.line())

    def request(self, method, *params, number=1):
        self.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                              "params": list(params)}) + "\n")
        return self.reply()

    def ended(self):
        """Reads to the end of the connection, and returns the lines that were left."""
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
        return lines

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class Daemon:
    """A tickd of its own folder: run/, log/, state/, and what it wrote to out and err.

    `port` is that of a finnhub-sim on this machine; the default is one at which nobody listens.
    `key` None gives none, `symbols` None those of the configuration. `dashboard` is
    dashboard.listen; the default is a socket of its own folder."""

    def __init__(self, *arguments, port=None, tls_ca=None, key=KEY, environment=None, folder=None,
                 symbols="SPY,QQQ", dashboard=None):
        self.owns_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="tickd-")
        for name in ("run", "log", "state"):
            os.makedirs(self.path(name), exist_ok=True)
        self.log_path = self.path("log", "health.log")
        self.socket_path = self.path("run", "control.sock")
        changes = dict(environment or {})
        if key is not None:
            changes["FINNHUB_TOKEN"] = key
        command = [TICKD, "--runtime-dir", self.path("run"), "--log-dir", self.path("log"),
                   "--state-dir", self.path("state"), "--set",
                   "feed.url=%s://127.0.0.1:%d" % ("wss" if tls_ca else "ws", port or free_port()),
                   "--set", "feed.subscribe_interval_ms=0", "--set", "dashboard.listen=" +
                   (dashboard or "unix:" + self.path("run", "dashboard.sock"))]
        if symbols is not None:
            command += ["--set", "feed.symbols=" + symbols]
        if os.environ.get("TICKD_SANITIZE") and not any(
                "monitor.memory_budget_mb" in argument for argument in arguments):
            command += ["--set", "monitor.memory_budget_mb=4096"]  # sanitizers take their share
        if tls_ca:
            command += ["--set", "feed.ca_file=" + tls_ca]
        with open(self.path("out"), "ab") as out, open(self.path("err"), "ab") as err:
            self.process = subprocess.Popen([*command, *arguments], stdout=out, stderr=err,
                                            env=clean_environment(changes))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def text_of(self, *names):
        with contextlib.suppress(FileNotFoundError):
            with open(self.path(*names), encoding="utf-8") as file:
                return file.read()
        return ""

    # The log.

    def log(self, **wanted):
        """The log's lines as dictionaries; only those that have these values."""
        whole = self.text_of("log", "health.log").rpartition("\n")[0]
        lines = [parse_logfmt(line) for line in whole.split("\n") if line]
        return [line for line in lines
                if all(line.get(name) == value for name, value in wanted.items())]

    def wait_for_log(self, **wanted):
        return self.wait_until(lambda: self.log(**wanted), "a log line with %r" % wanted)[0]

    # The socket.

    def wait_until(self, condition, what, timeout=LIMIT_S):
        def or_ended():
            value = condition()
            if not value and self.process.poll() is not None:
                raise AssertionError("tickd ended with %d: %s" %
                                     (self.process.returncode, self.text_of("err")))
            return value
        return wait_until(or_ended, what, timeout)

    def connect(self):
        """A connection, as soon as the daemon takes one."""
        def attempt():
            try:
                return Connection(self.socket_path)
            except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
                return None  # not there, not listening, too many at the door
        return self.wait_until(attempt, "the control socket")

    def ask(self, command):
        """A command as a person types it; the whole reply."""
        with self.connect() as connection:
            connection.send(command)
            connection.socket.shutdown(socket.SHUT_WR)
            return "\n".join(connection.ended())

    def status(self):
        return json.loads(self.ask("status"))

    def wait_for_status(self, condition, what, timeout=LIMIT_S):
        """The first status document of which the condition is true."""
        def attempt():
            status = self.status()
            return status if condition(status) else None
        return self.wait_until(attempt, what, timeout)

    def wait_for_trades(self, count, timeout=LIMIT_S):
        return self.wait_for_status(lambda status: status["input"]["trades"] >= count,
                                    "%d trades" % count, timeout)

    def control(self, *arguments):
        """Runs tickctl on it."""
        return run(TICKCTL, "--socket", self.socket_path, *arguments)

    # The process.

    def resident_bytes(self):
        with open("/proc/%d/statm" % self.process.pid, encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def wait(self, timeout=LIMIT_S):
        """Waits for its own end; the exit code."""
        return self.process.wait(timeout)

    def stop(self, number=signal.SIGTERM):
        """Sends the signal; exit code, and the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        return self.wait(), time.monotonic() - begun

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if exception[0] is not None:
            print(self.text_of("err"), *self.text_of("log", "health.log").split("\n")[-30:],
                  sep="\n", file=sys.stderr)
        if self.owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)
