"""`tickctl top` in a real terminal (tmux is one): shows what the daemon says, follows the size of
the window, outlives the daemon, leaves the terminal as it found it."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from daemon import TICKCTL, TICKD, Daemon, clean_environment, run, wait_until
from simulation import Simulation, fast, require_program

require_program()
if shutil.which("tmux") is None:
    print("skipped: tmux is not installed")
    sys.exit(77)


class Terminal:
    """A window of its own tmux server, with a shell in it that says `ready` when it waits."""

    def __init__(self, rows=24, columns=80, environment=None):
        self.folder = tempfile.mkdtemp(prefix="tickd-top-")
        self.command = ["tmux", "-f", "/dev/null", "-S", os.path.join(self.folder, "tmux")]
        changes = {"LC_ALL": "C.UTF-8", "HISTFILE": "", **(environment or {})}
        self.tmux("-u", "new-session", "-d", "-x", str(columns), "-y", str(rows), "-s", "t",
                  "exec env PS1='ready> ' bash --norc --noprofile", environment=changes)
        try:
            self.wait_for("ready>")
        except AssertionError:
            self.__exit__()
            raise

    def tmux(self, *arguments, environment=None):
        return subprocess.run([*self.command, *arguments], check=True, capture_output=True,
                              text=True, env=clean_environment(environment or {}),
                              timeout=30).stdout

    def keys(self, *names):
        self.tmux("send-keys", "-t", "t", *names)

    def type(self, text):
        self.tmux("send-keys", "-t", "t", "-l", text)
        self.keys("Enter")

    def screen(self):
        return self.tmux("capture-pane", "-p", "-t", "t")

    def ask(self, variable):
        return self.tmux("display-message", "-p", "-t", "t", "#{%s}" % variable).strip()

    def resize(self, rows, columns):
        self.tmux("resize-window", "-t", "t", "-x", str(columns), "-y", str(rows))

    def wait_for(self, pattern, what=None):
        """Waits until the screen has it; the match."""
        def look():
            return re.search(pattern, self.screen())
        try:
            return wait_until(look, what or repr(pattern))
        except AssertionError:
            print(self.screen(), file=sys.stderr)
            raise

    def wait_until_gone(self, pattern):
        wait_until(lambda: not re.search(pattern, self.screen()), "no more %r" % pattern)

    def settings(self):
        """The terminal's modes as the shell under it sees them."""
        path = os.path.join(self.folder, "modes")
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        self.type("stty -g >%s.new; mv %s.new %s" % (path, path, path))
        wait_until(lambda: os.path.exists(path), "the terminal's modes")
        with open(path, encoding="ascii") as file:
            return file.read()

    def child(self):
        """The process id of what the shell runs."""
        shell = self.ask("pane_pid")
        with open("/proc/%s/task/%s/children" % (shell, shell), encoding="ascii") as file:
            return int(file.read().split()[0])

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.tmux("kill-server")
        shutil.rmtree(self.folder, ignore_errors=True)


def start_top(terminal, daemon, *options):
    terminal.type(" ".join(["clear;", TICKCTL, "top", "--interval", "0.2", "--socket",
                            daemon.socket_path, *options, "; echo ended with $?"]))


def switches(pid):
    """How often a process has waited for something."""
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M).group(1))


class Top(unittest.TestCase):
    def test_it_shows_what_the_daemon_says(self):
        with Simulation(*fast()) as sim, Daemon(port=sim.port) as daemon, Terminal() as terminal:
            daemon.wait_for_trades(200)
            start_top(terminal, daemon)
            terminal.wait_for(r"pid %d\b" % daemon.process.pid)
            terminal.wait_for(r"feed streaming  symbols 2  silent 0")
            before = daemon.status()["input"]["trades"]

            def shown_since():
                shown = re.search(r" trades ([\d,]+)", terminal.screen())
                count = int(shown.group(1).replace(",", "")) if shown else 0
                return count if count > before else None
            count = wait_until(shown_since, "more than %d trades" % before)
            self.assertLessEqual(count, daemon.status()["input"]["trades"])
            for module in daemon.status()["health"]["modules"]:
                terminal.wait_for(r"(?m)^ %s +[a-z]+ " % module["name"])
            terminal.keys("2")
            terminal.wait_for(r"(?m)^ QQQ +talking ")
            terminal.keys("3")
            terminal.wait_for(r"(?m)^ +1 momentum ")
            terminal.keys("6")
            terminal.wait_for(r"message_log")

    def test_it_follows_the_windows_size(self):
        with Simulation(*fast()) as sim, Daemon(port=sim.port) as daemon, Terminal() as terminal:
            start_top(terminal, daemon)
            terminal.keys("3")
            terminal.wait_for(r"(?m)^F1Help.*F10Quit")
            terminal.wait_for(r"VOTES\n")
            terminal.resize(40, 140)
            terminal.wait_for(r"VOTES +JUDGED +REWARD")
            self.assertTrue(terminal.screen().split("\n")[39].startswith("F1Help"))
            terminal.resize(8, 40)
            terminal.wait_for(r"too small: 40x8")
            terminal.resize(24, 80)
            terminal.wait_for(r"VOTES\n")

    def test_it_outlives_the_daemon(self):
        with Simulation(*fast()) as sim, Terminal() as terminal, Daemon(port=sim.port) as daemon:
            start_top(terminal, daemon)
            terminal.wait_for(r"pid %d\b" % daemon.process.pid)
            daemon.stop(signal.SIGKILL)
            terminal.wait_for("no daemon, retrying")
            terminal.wait_for("no daemon listens at")
            with Daemon(port=sim.port, folder=daemon.folder) as second:
                terminal.wait_for(r"pid %d\b" % second.process.pid)
                terminal.wait_until_gone("no daemon, retrying")
                second.process.send_signal(signal.SIGSTOP)  # connected, and never answers
                terminal.wait_for(r"no answer for \d")
                terminal.keys("3")
                terminal.wait_for("SPECIES")
                second.process.send_signal(signal.SIGCONT)
                terminal.wait_until_gone("no answer for")
                terminal.keys("q")
                terminal.wait_for("ended with 0")

    def test_it_waits_for_a_daemon_that_was_never_there(self):
        with Terminal() as terminal:
            terminal.type("clear; %s top -s %s/none; echo ended with $?" %
                          (TICKCTL, terminal.folder))
            terminal.wait_for("no daemon, retrying")
            terminal.keys("F10")
            terminal.wait_for("ended with 0")

    def test_whatever_ends_it_leaves_the_terminal_as_it_was(self):
        with Daemon() as daemon, Terminal() as terminal:
            modes = terminal.settings()
            for ending in ("key", signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSEGV,
                           signal.SIGABRT):
                start_top(terminal, daemon)
                terminal.wait_for("F1Help")
                self.assertEqual(terminal.ask("alternate_on"), "1")
                self.assertEqual(terminal.ask("cursor_flag"), "0")
                if ending == "key":
                    terminal.keys("q")
                else:
                    os.kill(terminal.child(), ending)
                code = int(terminal.wait_for(r"ended with (\d+)").group(1))
                crashed = ending in (signal.SIGSEGV, signal.SIGABRT)
                self.assertEqual(code, 128 + ending if crashed else 0)
                self.assertEqual(terminal.ask("alternate_on"), "0", ending)
                self.assertEqual(terminal.ask("cursor_flag"), "1", ending)
                self.assertEqual(terminal.settings(), modes, ending)

    def test_it_sleeps_between_answers(self):
        with Daemon() as daemon, Terminal() as terminal:
            start_top(terminal, daemon)
            terminal.wait_for(r"pid %d\b" % daemon.process.pid)
            pid = terminal.child()
            waited, asked = switches(pid), daemon.status()["clients"]["requests"]
            requests = 20  # of top, and ours
            daemon.wait_for_status(
                lambda status: status["clients"]["requests"] >= asked + requests,
                "%d requests" % requests)
            self.assertLess(switches(pid) - waited, 10 * requests)

    def test_it_ends_with_its_terminal(self):
        # The kernel sends SIGCONT too, which makes a sanitizer's search for leaks wait for ever.
        options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        with Daemon() as daemon, Terminal(environment={"ASAN_OPTIONS": options}) as terminal:
            start_top(terminal, daemon)
            terminal.wait_for("F1Help")
            pid = terminal.child()
            terminal.tmux("kill-server")
            wait_until(lambda: not os.path.exists("/proc/%d" % pid), "its end")

    def test_monochrome_and_ascii_terminals(self):
        with Daemon() as daemon, Terminal(environment={"LC_ALL": "C"}) as terminal:
            start_top(terminal, daemon)
            terminal.keys("3")
            terminal.wait_for(r"WEIGHTv")
            terminal.keys("q")
            terminal.wait_for("ended with 0")
            terminal.type("export TERM=vt100 NO_COLOR=1")
            start_top(terminal, daemon)
            terminal.wait_for(r"(?m)^F1Help.*F10Quit")
            self.assertNotIn("?", terminal.screen())

    def test_it_needs_a_terminal(self):
        done = run(TICKCTL, "top")
        self.assertEqual((done.returncode, done.stdout), (64, ""))
        self.assertIn("tickctl --json status", done.stderr)
        with Terminal(environment={"TERM": "xterm"}) as terminal:
            terminal.type("TERM=unheard-of %s top; echo ended with $?" % TICKCTL)
            terminal.wait_for(r"\(TERM=unheard-of\) is not known(.|\n)*ended with 64")

    def test_the_daemon_is_not_linked_with_ncurses(self):
        libraries = run("ldd", TICKD).stdout
        self.assertIn("libc.so", libraries)
        self.assertNotRegex(libraries, "ncurses|tinfo")


if __name__ == "__main__":
    if os.environ.get("TICKD_SANITIZE"):
        # The leak checker of one whose terminal is gone never comes to its end.
        print("skipped: with a sanitizer; it runs as released")
        sys.exit(77)
    unittest.main()
