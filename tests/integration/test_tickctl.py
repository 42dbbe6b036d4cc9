"""tickctl against a real daemon: what it prints, and its exit codes. The daemon's feed is a port
at which nobody listens, so it backs off all the while, and everything else works."""
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BIN = os.environ["TICKD_BIN"]
TICKCTL = os.path.join(BIN, "tickctl")


def closed_port():
    """A port that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def on_terminal(*command):
    """Runs a command whose standard output is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    output = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        output += piece
    os.close(ours)
    process.stderr.close()
    return process.wait(), output.decode().replace("\r\n", "\n")


class Tickctl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tickd-ctl-")
        cls.socket = os.path.join(cls.folder.name, "run", "control.sock")
        for name in ("run", "log", "state"):
            os.mkdir(os.path.join(cls.folder.name, name))
        environment = dict(os.environ, FINNHUB_TOKEN="not-a-real-key")
        cls.daemon = subprocess.Popen(
            [os.path.join(BIN, "tickd"), "--runtime-dir", os.path.join(cls.folder.name, "run"),
             "--log-dir", os.path.join(cls.folder.name, "log"),
             "--state-dir", os.path.join(cls.folder.name, "state"),
             "--set", f"feed.url=ws://127.0.0.1:{closed_port()}", "--set", "feed.symbols=SPY,AAPL",
             "--set", "dashboard.listen=off",
             "--set", "monitor.memory_budget_mb=4096"],  # sanitizers take their share
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        # Not there yet: tickctl itself waits for the daemon.
        done = cls.run_ctl("wait", "healthy", "30")
        if done.returncode != 0:
            cls.daemon.kill()
            raise AssertionError(done.stderr + cls.daemon.stderr.read().decode())

    @classmethod
    def tearDownClass(cls):
        cls.daemon.send_signal(signal.SIGTERM)
        code = cls.daemon.wait(timeout=20)
        errors = cls.daemon.stderr.read().decode()
        cls.daemon.stderr.close()
        cls.folder.cleanup()
        if code != 0:
            raise AssertionError(f"the daemon ended with {code}: {errors}")

    @classmethod
    def run_ctl(cls, *arguments, path=None):
        return subprocess.run([TICKCTL, "--socket", path or cls.socket, *arguments],
                              capture_output=True, text=True, timeout=60, check=False)

    def test_piped_output_is_the_result_as_json(self):
        done = self.run_ctl("status")
        self.assertEqual(done.returncode, 0)
        status = json.loads(done.stdout)
        self.assertEqual(status["health"]["score"], 100)
        self.assertEqual(status["market"]["symbols"], 2)
        self.assertEqual(done.stdout.count("\n"), 1)

    def test_a_terminal_gets_tables_unless_json_is_asked_for(self):
        code, output = on_terminal(TICKCTL, "--socket", self.socket, "symbols")
        self.assertEqual(code, 0)
        self.assertRegex(output, r"^SYMBOL +VENUE ")
        self.assertRegex(output, r"\nSPY +US stocks +- ")
        code, output = on_terminal(TICKCTL, "--json", "--socket", self.socket, "symbols")
        self.assertEqual(code, 0)
        self.assertEqual([row["symbol"] for row in json.loads(output)], ["SPY", "AAPL"])

    def test_every_reading_command_answers_in_both_forms(self):
        for command in (["status"], ["health"], ["modules"], ["histories"], ["history", "bus"],
                        ["symbols"], ["bars", "SPY"], ["config"], ["version"]):
            with self.subTest(command=command):
                done = self.run_ctl(*command)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                json.loads(done.stdout)
                code, output = on_terminal(TICKCTL, "--socket", self.socket, *command)
                self.assertEqual(code, 0)
                self.assertTrue(output.endswith("\n"))

    def test_wrong_usage_is_64(self):
        for command in ([], ["statsu"], ["bars"], ["status", "now"], ["--nonsense"],
                        ["bars", "SPY", "x"], ["wait", "happy"], ["watch", "NOPE"]):
            with self.subTest(command=command):
                done = self.run_ctl(*command)
                self.assertEqual((done.returncode, done.stdout), (64, ""))
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertTrue(done.stderr.startswith("tickctl: "))
        self.assertIn('is "status" meant?', self.run_ctl("statsu").stderr)

    def test_an_option_of_another_command_is_64_and_says_whose_it_is(self):
        for words, whose in ((["bars", "SPY", "-1"], "--once (-1) is for stats"),
                             (["status", "--once"], "--once (-1) is for stats"),
                             (["bars", "SPY", "--rows", "5"], "--rows (-n) is for sql"),
                             (["status", "--verify"], "--verify is for tape"),
                             (["status", "--timeout", "3"], "--timeout (-t) is for wait"),
                             (["tape", "--timeout", "3", "x"], "--timeout (-t) is for wait"),
                             (["sql", "--out", "x", "SELECT 1"], "--out (-o) is for plot"),
                             (["top", "--db", "x"], "--db (-d) is for sql")):
            with self.subTest(words=words):
                done = self.run_ctl(*words)
                self.assertEqual((done.returncode, done.stdout, done.stderr),
                                 (64, "", "tickctl: %s\n" % whose))

    def test_the_daemons_errors_are_1(self):
        done = self.run_ctl("bars", "NOPE")
        self.assertEqual(done.returncode, 1)
        self.assertIn('there is no symbol "NOPE"', done.stderr)
        self.assertEqual(self.run_ctl("wait", "streaming", "1").returncode, 1)

    def test_no_daemon_is_69(self):
        done = self.run_ctl("status", path="/nowhere/at/all.sock")
        self.assertEqual(done.returncode, 69)
        self.assertIn("no daemon listens at /nowhere", done.stderr)
        dead = os.path.join(self.folder.name, "dead.sock")
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(dead)
        self.assertEqual(self.run_ctl("status", path=dead).returncode, 69)
        started = time.monotonic()
        self.assertEqual(self.run_ctl("wait", "ready", "1", path=dead).returncode, 69)
        self.assertGreaterEqual(time.monotonic() - started, 0.9)

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_what_is_for_the_owner_is_77_for_others(self):
        def as_nobody():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

        os.chmod(self.folder.name, 0o755)
        os.chmod(os.path.join(self.folder.name, "run"), 0o755)
        # Others may not reach the folder that it was built in (/root is closed to them).
        program = shutil.copy(TICKCTL, self.folder.name)
        os.chmod(program, 0o755)
        command = [program, "--socket", self.socket, "rotate"]
        done = subprocess.run(command, preexec_fn=as_nobody, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 77)
        self.assertIn("Permission denied", done.stderr)  # the socket's mode
        os.chmod(self.socket, 0o666)
        try:
            done = subprocess.run(command, preexec_fn=as_nobody, capture_output=True, text=True,
                                  check=False)
        finally:
            os.chmod(self.socket, 0o660)
        self.assertEqual(done.returncode, 77)
        self.assertIn("uid 65534 is neither", done.stderr)

    def test_an_owners_command_is_done_and_logged(self):
        log = os.path.join(self.folder.name, "log", "health.log")
        os.rename(log, log + ".1")
        self.assertEqual(self.run_ctl("rotate").returncode, 0)
        self.assertEqual(self.run_ctl("log", "notice").returncode, 0)
        self.assertEqual(self.run_ctl("log", "info").returncode, 0)
        with open(log, encoding="utf-8") as file:
            lines = file.read()
        self.assertIn("event=log_reopened", lines)
        self.assertIn(f"event=command verb=log_level argument=notice uid={os.geteuid()}", lines)

    def test_a_reason_that_is_cut_is_said_to_be(self):
        done = self.run_ctl("halt", "short", "enough")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.run_ctl("halt", "x" * 100, "y" * 99)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(json.loads(done.stdout)["argument"], "x" * 95)
        self.assertEqual(done.stderr, "tickctl: done, but of the reason's 200 bytes only the first "
                         "95 are kept\n")
        self.assertEqual(self.run_ctl("unhalt").returncode, 0)

    def test_watching_goes_on_until_the_reader_goes(self):
        watcher = subprocess.Popen([TICKCTL, "--socket", self.socket, "watch", "CLOCK"],
                                   stdout=subprocess.PIPE, text=True)
        for _ in range(2):
            self.assertEqual(json.loads(watcher.stdout.readline())["topic"], "CLOCK")
        watcher.stdout.close()
        self.assertNotEqual(watcher.wait(timeout=20), 0)

    def test_help_version_and_completion_need_no_daemon(self):
        for command in (["--help"], ["help"], ["--version"], ["completion"]):
            done = self.run_ctl(*command, path="/nowhere")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        for command in ("status", "watch TOPIC...", "shutdown"):
            self.assertIn(f"  {command} ", self.run_ctl("--help").stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
