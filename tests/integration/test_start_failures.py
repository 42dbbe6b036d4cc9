"""Every way in which a start fails: the exit code of sysexits, and one line on standard error that
says what, where, and what would be right. Nothing else is written, nothing stays behind."""

import os
import resource
import shutil
import socket
import subprocess
import tempfile
import unittest

import daemon
from daemon import TICKD, Daemon

LOCAL = ("--set", "feed.url=ws://127.0.0.1:1")
TLS = ("--set", "feed.url=wss://127.0.0.1:1")
NOBODY = 65534

# What is given beside the folders; exit code; cause; remedy. In each {} is the test's own folder.
COMMAND_LINE = (
    (("--nonsense",), 64, r"unknown option '--nonsense'", r"--help lists all"),
    (("--set",), 64, r"--set", r"KEY=VALUE"),
    (("a-word",), 64, r'"a-word" is no option', r"see --help"),
    (("--topics", "BAR"), 64, r"--topics", r"--dump FILE"),
    ((*LOCAL, "--dump", "{}/dump", "--topics", "NOPE"), 64, r'"NOPE" is no topic', r"allowed are"),
)
CONFIGURATION = (
    (("--config", "/nonexistent.json"), 78, r"/nonexistent\.json: .*No such file",
     r"--config names a file that tickd's user can read"),
    (("--config", "{}"), 78, r"found a directory", r"--config names a file"),
    (("--config", "{}/broken.json"), 78, r"broken\.json:1:1: not JSON", r"allowed: \{"),
    (("--config", "{}/unknown.json"), 78, r"unknown\.json:2:5: market\.barms: unknown key",
     r"nearest known one is market\.bar_ms"),
    (("--set", "market.bar_ms=1"), 78, r"market\.bar_ms=1: found 1", r"allowed: whole number, 100"),
    (("--set", "market.lateness_ms=5000"), 78, r"market\.lateness_ms: found 5000",
     r"allowed: at most market\.bar_ms"),
    (("--set", "feed.symbols=*"), 78, r'feed\.symbols: found "\*"', r"allowed .*: names"),
    ((*LOCAL, "--set", "dashboard.listen=here"), 78, r'dashboard\.listen: found "here"',
     r"allowed: ADDRESS:PORT"),
    ((*LOCAL, "--set", "alerts.command=/nonexistent"), 78,
     r"alerts\.command: found /nonexistent \(No such file", r"allowed: the path of a program"),
    ((*LOCAL, "--set", "alerts.webhook=ftp://x"), 78, r"alerts\.webhook: found another form",
     r"allowed: nothing, or http"),
    ((*LOCAL, "--set", "memory.arena_max_mb=4"), 78, r"memory\.arena_max_mb: found \d+ MiB",
     r"allowed: 4 MiB; make histories smaller or this larger; most goes to bus message_log"),
    ((*LOCAL, "--set", "history.bars=1000000", "--set", "feed.symbols=" + ",".join(
        "S%d" % i for i in range(256))), 78, r"found 5\d{4} MiB .* arena",
     r"most goes to market bars 5\d{4} MiB"),
)
KEY_AND_FEED = (
    ((), 78, r"ws\.finnhub\.io wants a key", r"credential finnhub-token, .*feed\.token_file"),
    ((*LOCAL, "--set", "feed.token_file=/nonexistent"), 78,
     r"key cannot be read: feed\.token_file /nonexistent: No such", r"has to be able to read it"),
    ((*LOCAL, "--set", "feed.token_file={}/empty"), 78, r"the feed's key is empty",
     r"feed\.token_file"),
    ((*TLS, "--set", "feed.ca_file=/nonexistent"), 78,
     r"feed\.ca_file /nonexistent cannot be used", r"name a file of certificates in PEM"),
    ((*TLS, "--set", "feed.ca_file={}/broken.json"), 78, r"feed\.ca_file .*no certificate",
     r"name a file of certificates in PEM"),
    (("--set", "feed.url=http://127.0.0.1"), 78, r"feed\.url: found another form of URL",
     r"allowed: ws://"),
)
FOLDERS = (
    ((*LOCAL, "--runtime-dir", "{}/" + 100 * "r"), 73,
     r"control\.sock: a socket's path has at most", r"choose a shorter runtime directory"),
    ((*LOCAL, "--runtime-dir", "{}/empty"), 73, r"--runtime-dir: .*Not a directory",
     r"name a folder that may be written with --runtime-dir"),
    ((*LOCAL, "--state-dir", "/proc/tickd"), 73, r"--state-dir: /proc/tickd cannot be used",
     r"name a folder that may be written with --state-dir"),
    ((*LOCAL, "--log-dir", "/proc/tickd"), 73, r"--log-dir: /proc/tickd cannot be used",
     r"name a folder that may be written with --log-dir"),
    ((*LOCAL, "--state-dir", 600 * "s"), 73, r"--state-dir: the path is longer than",
     r"511 bytes"),
    ((*LOCAL, "--runtime-dir", "{}/occupied"), 73, r"control\.sock: is there already and is no",
     r"remove it, or choose another runtime directory"),
    ((*LOCAL, "--dump", "/nonexistent/dump"), 73, r"--dump: /nonexistent/dump",
     r"cannot be written"),
    ((*LOCAL, "--state-dir", "{}/no-tape"), 73, r"no-tape/tape: Not a directory",
     r"see to the state folder.s permissions"),
    ((*LOCAL, "--set", "store.path=/nonexistent/tickd.db"), 73,
     r"store\.path: there is no folder /nonexistent", r"make it, or name another file"),
)
RECORDINGS = (
    (("--replay", "{}/none.csv"), 65, r"--replay: .*none\.csv: cannot be opened",
     r"name a recording that can be read"),
    (("--replay", "{}/empty"), 65, r"--replay: .*empty:1: the file is empty",
     r"right is a line such as"),
)


class StartFailures(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="tickd-")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        os.mkdir(self.path("occupied"))
        os.mkdir(self.path("no-tape"))
        for name, text in (("broken.json", "seed = 1\n"), ("empty", ""),
                           ("unknown.json", '{"market":\n   {"barms": 1}}\n'),
                           ("occupied/control.sock", "no socket"), ("no-tape/tape", "")):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *arguments, program=TICKD, environment=None, **options):
        folders = [item for name in ("state", "runtime", "log")
                   for item in ("--%s-dir" % name, self.path(name))
                   if "--%s-dir" % name not in arguments]
        filled = [argument.replace("{}", self.folder) for argument in arguments]
        return daemon.run(program, *folders, *filled, environment=environment, **options)

    def assert_fails(self, done, code, cause, remedy):
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Atickd: [^\n]+\n\Z")
        self.assertRegex(done.stderr, cause)
        self.assertRegex(done.stderr, remedy)
        self.assertEqual(done.returncode, code)

    def check(self, table):
        for arguments, code, cause, remedy in table:
            with self.subTest(" ".join(arguments)[:80]):
                self.assert_fails(self.start(*arguments), code, cause, remedy)

    def test_a_command_line_that_is_wrong_is_64(self):
        self.check(COMMAND_LINE)

    def test_a_configuration_that_is_wrong_is_78(self):
        self.check(CONFIGURATION)

    def test_a_key_or_a_feed_that_cannot_be_is_78(self):
        self.check(KEY_AND_FEED)

    def test_a_place_that_cannot_be_had_is_73(self):
        self.check(FOLDERS)

    def test_a_recording_that_cannot_be_read_is_65(self):
        self.check(RECORDINGS)

    def test_a_second_daemon_in_the_same_place_is_73(self):
        with Daemon() as first:
            first.connect().close()
            done = daemon.run(TICKD, *LOCAL, "--runtime-dir", first.path("run"), "--state-dir",
                              self.path("state"), "--log-dir", self.path("log"))
            self.assert_fails(done, 73, r"control\.sock: another daemon is listening there",
                              r"stop it, or choose another runtime directory")
            self.assertIsNone(first.process.poll())

    def test_a_dashboard_without_its_port_is_no_reason_not_to_start(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            place = "127.0.0.1:%d" % other.getsockname()[1]
            with Daemon("--set", "dashboard.listen=" + place) as tickd:
                line = tickd.wait_for_log(event="dashboard_cannot_listen", level="warning")
                self.assertIn(place, line["text"])
                tickd.connect().close()

    def test_a_descriptor_that_systemd_cannot_mean_is_73(self):
        with socket.socket(socket.AF_INET) as other:
            script = 'LISTEN_PID=$$; export LISTEN_PID; exec 3<&"$0"; exec "$@"'
            done = self.start("-c", script, str(other.fileno()), TICKD, *LOCAL, "--runtime-dir",
                              self.path("r"), "--state-dir", self.path("s"), "--log-dir",
                              self.path("l"), program="sh", environment={"LISTEN_FDS": "1"},
                              pass_fds=[other.fileno()])
        self.assert_fails(done, 73, r"LISTEN_FDS: descriptor 3 is no UNIX socket",
                          r"check ListenStream= of the socket unit")

    @unittest.skipIf("TICKD_SANITIZE" in os.environ, "a sanitizer needs descriptors of its own")
    def test_too_few_descriptors_are_one_line_too(self):
        for limit in (6, 8, 10):
            done = self.start(*LOCAL, preexec_fn=lambda n=limit: resource.setrlimit(
                resource.RLIMIT_NOFILE, (n, n)))
            with self.subTest(limit):
                self.assertIn(done.returncode, (71, 73))
                self.assertRegex(done.stderr, r"\Atickd: [^\n]+\n\Z")

    @unittest.skipIf("TICKD_SANITIZE" in os.environ, "a sanitizer reserves terabytes of addresses")
    def test_no_memory_for_the_arena_is_71(self):
        limit = 40 << 20
        done = self.start(*LOCAL, "--set", "history.message_log=100000", preexec_fn=lambda:
                          resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        self.assert_fails(done, 71, r"no memory for \d+ bytes",
                          r"tickd --check-config prints what they are for")

    @unittest.skipUnless(os.getuid() == 0, "only root can become somebody else")
    def test_what_its_user_may_not_read_or_write(self):
        program = shutil.copy(TICKD, self.folder)
        for name in ("secret", "tickd.json"):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write("{}")
            os.chmod(self.path(name), 0o600)
        for name in ("open", "closed"):
            os.mkdir(self.path(name))
        os.chmod(self.folder, 0o755)
        os.chmod(self.path("open"), 0o777)
        cases = (
            (("--config", "{}/tickd.json"), 78, r"tickd\.json: .*Permission denied",
             r"--config names a file that tickd's user can read"),
            (("--set", "feed.token_file={}/secret"), 78,
             r"key cannot be read: feed\.token_file .*Permission denied",
             r"tickd's user has to be able to read it"),
            (("--runtime-dir", "{}/closed"), 73, r"--runtime-dir: .*Permission denied",
             r"name a folder that may be written"),
            (("--state-dir", "{}/closed/state"), 73, r"--state-dir: .*cannot be used",
             r"name a folder that may be written"),
            (("--log-dir", "{}/closed"), 73, r"--log-dir: .*Permission denied",
             r"name a folder that may be written"),
        )
        for arguments, code, cause, remedy in cases:
            with self.subTest(" ".join(arguments)):
                folders = [item for name in ("state", "runtime", "log")
                           for item in ("--%s-dir" % name, self.path("open/" + name))
                           if "--%s-dir" % name not in arguments]
                filled = [argument.replace("{}", self.folder) for argument in arguments]
                done = subprocess.run(
                    [program, *folders, *LOCAL, *filled], capture_output=True, text=True,
                    check=False, timeout=daemon.LIMIT_S, user=NOBODY, group=NOBODY,
                    extra_groups=[], env=daemon.clean_environment({}))
                self.assert_fails(done, code, cause, remedy)


if __name__ == "__main__":
    unittest.main()
