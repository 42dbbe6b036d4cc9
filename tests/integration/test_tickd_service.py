"""tickd as a service: what it tells systemd, the socket that it takes over, and the configuration
that it reads again."""

import contextlib
import glob
import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest

import daemon
from daemon import Daemon
from simulation import Simulation


class Manager:
    """The other end of $NOTIFY_SOCKET."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(daemon.LIMIT_S)

    def next(self, wanted):
        """The next datagram that has a line which begins so."""
        while True:
            lines = self.socket.recv(4096).decode().split("\n")
            if any(line.startswith(wanted) for line in lines):
                return lines

    def close(self):
        self.socket.close()


class Case(unittest.TestCase):
    def setUp(self):
        self.resources = contextlib.ExitStack()
        self.addCleanup(self.resources.close)
        self.folder = self.resources.enter_context(tempfile.TemporaryDirectory())
        self.config = os.path.join(self.folder, "tickd.json")

    def start(self, *arguments, **options):
        return self.resources.enter_context(Daemon(*arguments, **options))

    def write(self, **sections):
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump(sections, file)


class Notification(Case):
    def test_systemd_is_told_the_start_the_state_the_reload_and_the_end(self):
        manager = Manager(self.folder)
        self.addCleanup(manager.close)
        tickd = self.start(environment={"NOTIFY_SOCKET": manager.path})
        self.assertEqual(manager.next(""), ["READY=1"])
        self.assertEqual(tickd.status()["pid"], tickd.process.pid)  # the socket is open by then
        self.assertRegex(manager.next("STATUS=")[0], r"^STATUS=feed \w+, \d of 2 symbols")
        tickd.process.send_signal(signal.SIGHUP)
        lines = manager.next("RELOADING=1")
        self.assertRegex(lines[1], r"^MONOTONIC_USEC=\d+$")
        manager.next("READY=1")
        self.assertEqual(tickd.stop()[0], 0)
        manager.next("STOPPING=1")

    def test_the_watchdog_is_fed(self):
        manager = Manager(self.folder)
        self.addCleanup(manager.close)
        self.start(environment={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"})
        for _ in range(3):
            manager.next("WATCHDOG=1")

    def test_a_failed_start_is_never_ready(self):
        manager = Manager(self.folder)
        self.addCleanup(manager.close)
        tickd = self.start("--set", "feed.ca_file=/nonexistent",
                           "--set", "feed.url=wss://127.0.0.1",
                           environment={"NOTIFY_SOCKET": manager.path})
        self.assertEqual(tickd.wait(), 78)
        manager.socket.setblocking(False)
        with self.assertRaises(BlockingIOError):
            manager.socket.recv(4096)

    def test_a_manager_that_is_not_there_is_a_warning(self):
        tickd = self.start(environment={"NOTIFY_SOCKET": "/nonexistent/notify"})
        line = tickd.wait_for_log(event="service")
        self.assertIn("/nonexistent/notify", line["text"])
        tickd.connect().close()
        self.assertEqual(tickd.stop()[0], 0)


class Activation(Case):
    def passing(self, descriptor, **variables):
        """Starts tickd with one descriptor as systemd passes it: as 3, meant for its process."""
        script = 'LISTEN_PID=$$; export LISTEN_PID; exec 3<&"$0"; exec "$@"'
        return subprocess.Popen(
            ["sh", "-c", script, str(descriptor), daemon.TICKD, "--runtime-dir", self.folder,
             "--log-dir", self.folder, "--state-dir", self.folder, "--set",
             "feed.url=ws://127.0.0.1:%d" % daemon.free_port()],
            pass_fds=[descriptor], stderr=subprocess.PIPE, text=True,
            env=daemon.clean_environment({"LISTEN_FDS": "1", **variables}))

    def test_a_socket_that_listens_already_is_taken_over_and_left(self):
        path = os.path.join(self.folder, "control.sock")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen(4)
            early = daemon.Connection(path)  # asks before the daemon is there
            self.addCleanup(early.close)
            early.send("version\n")
            process = self.passing(listening.fileno(), LISTEN_FDNAMES="control")
            try:
                self.assertTrue(early.line())
            finally:
                process.terminate()
                _, said = process.communicate(timeout=daemon.LIMIT_S)
            self.assertEqual((process.returncode, said), (0, ""))
        self.assertTrue(os.path.exists(path))

    def test_a_descriptor_that_is_no_socket_is_refused(self):
        with open(os.devnull, "rb") as null:
            process = self.passing(null.fileno())
            _, said = process.communicate(timeout=daemon.LIMIT_S)
        self.assertEqual(process.returncode, 73)
        self.assertIn("LISTEN_FDS", said)


class Reload(Case):
    def values(self, tickd):
        return {row["key"]: row["value"] for row in json.loads(tickd.ask("config"))}

    @staticmethod
    def events_after(tickd, event):
        events = [line["event"] for line in tickd.log()]
        return events[events.index(event):] if event in events else []

    def begin(self, **sections):
        self.write(**sections)
        tickd = self.start("--config", self.config)
        tickd.connect().close()
        return tickd

    def test_a_command_says_what_was_applied_and_what_needs_a_restart(self):
        tickd = self.begin(market={"bar_ms": 1000})
        self.write(market={"bar_ms": 2000}, log={"level": "debug"},
                   portfolio={"max_gross": 0.5})
        done = tickd.control("reload")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(json.loads(done.stdout),
                         {"applied": ["portfolio.max_gross", "log.level"],
                          "restart": ["market.bar_ms"]})
        values = self.values(tickd)
        self.assertEqual((values["market.bar_ms"], values["log.level"]), (1000, "debug"))
        self.assertEqual(float(values["portfolio.max_gross"]), 0.5)
        tickd.wait_for_log(event="command", verb="set", argument="portfolio.max_gross=0.5")
        line = tickd.wait_for_log(event="reload", result="done")
        self.assertEqual(line["restart"], "market.bar_ms")

    def test_an_unchanged_configuration_changes_nothing(self):
        tickd = self.begin(market={"bar_ms": 1000})
        self.assertEqual(json.loads(tickd.control("reload").stdout), {"applied": [], "restart": []})
        self.assertEqual(tickd.log(event="command", verb="set"), [])

    def test_a_bad_configuration_is_refused_and_the_old_one_goes_on(self):
        tickd = self.begin(log={"level": "info"})
        self.write(log={"level": "debug"}, market={"bar_ms": 1})
        done = tickd.control("reload")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"tickd\.json:1:\d+: market\.bar_ms: found 1, allowed: ")
        line = tickd.wait_for_log(event="reload", result="refused", level="error")
        self.assertIn("market.bar_ms", line["text"])
        self.assertEqual(self.values(tickd)["log.level"], "info")

    def test_a_configuration_that_no_start_would_survive_is_refused(self):
        tickd = self.begin()
        self.write(memory={"arena_max_mb": 1})
        done = tickd.control("reload")
        self.assertEqual(done.returncode, 1)
        self.assertIn("memory.arena_max_mb", done.stderr)

    def test_symbols_are_unsubscribed_and_subscribed_again(self):
        with Simulation("--market", "walk", "--rate", "200", "--symbols", "SPY,QQQ,IWM") as sim:
            self.write(feed={"symbols": ["SPY", "QQQ", "IWM"]})
            tickd = self.start("--config", self.config, port=sim.port, symbols=None)
            tickd.wait_for_status(lambda status: status["feed"]["subscribed"] == 3, "all three")
            self.write(feed={"symbols": ["QQQ"]})
            self.assertEqual(json.loads(tickd.control("reload").stdout),
                             {"applied": ["feed.symbols"], "restart": []})
            self.assertTrue(sim.said("unsubscribed from SPY"))
            self.assertTrue(sim.said("unsubscribed from IWM"))
            tickd.wait_for_status(lambda status: status["feed"]["subscribed"] == 1, "only one")
            self.write(feed={"symbols": ["QQQ", "SPY"]})
            tickd.control("reload")
            tickd.wait_for_status(lambda status: status["feed"]["subscribed"] == 2, "two again")
            trades = {row["symbol"]: row["trades"] for row in json.loads(tickd.ask("symbols"))}
            tickd.wait_until(lambda: {row["symbol"]: row["trades"] for row in json.loads(
                tickd.ask("symbols"))}["SPY"] > trades["SPY"], "trades of SPY again")

    def test_symbols_that_are_taken_back_before_they_were_asked_for_are_not_waited_for(self):
        with Simulation("--market", "walk", "--rate", "200", "--symbols", "SPY,QQQ") as sim:
            self.write(feed={"symbols": ["SPY", "QQQ"]})
            tickd = self.start("--config", self.config, "--set",
                               "feed.subscribe_interval_ms=10000", port=sim.port, symbols=None)
            tickd.wait_for_status(lambda status: status["feed"]["subscribed"] == 1, "the first")
            self.write(feed={"symbols": ["SPY"]})
            self.assertEqual(json.loads(tickd.control("reload").stdout)["applied"],
                             ["feed.symbols"])
            tickd.wait_for_status(lambda status: status["feed"]["state"] == "streaming",
                                  "the stream")

    def test_a_reload_that_is_under_way_at_the_end_changes_nothing_any_more(self):
        with Simulation("--market", "walk", "--rate", "200", "--symbols", "SPY,QQQ") as sim:
            for _ in range(5):
                self.write(feed={"symbols": ["SPY", "QQQ"]})
                tickd = self.start("--config", self.config, port=sim.port, symbols=None)
                tickd.wait_for_trades(1)
                self.write(feed={"symbols": ["SPY"]})
                tickd.process.send_signal(signal.SIGHUP)
                tickd.process.send_signal(signal.SIGTERM)
                self.assertEqual(tickd.wait(), 0, tickd.text_of("err"))

    def test_a_replayed_tape_has_the_change_at_the_same_place(self):
        report = os.path.join(self.folder, "report")
        with Simulation("--market", "walk", "--rate", "200", "--symbols", "SPY,QQQ") as sim:
            self.write(portfolio={"max_symbol": 0.2})
            tickd = self.start("--config", self.config, "--report", report, port=sim.port)
            tickd.wait_for_trades(100)
            self.write(portfolio={"max_symbol": 0.1})
            self.assertEqual(json.loads(tickd.control("reload").stdout)["applied"],
                             ["portfolio.max_symbol"])
            tickd.wait_for_trades(tickd.status()["input"]["trades"] + 100)
            self.assertEqual(tickd.stop()[0], 0)
        tapes = sorted(glob.glob(tickd.path("state", "tape", "*.zst")))
        done = daemon.run(daemon.TICKD, "--replay", *tapes, "--report", "-", "--dump",
                          os.path.join(self.folder, "dump"), "--topics", "COMMAND")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(report, encoding="utf-8") as file:
            self.assertEqual(json.loads(done.stdout)["digest"], json.load(file)["digest"])
        with open(os.path.join(self.folder, "dump"), encoding="utf-8") as file:
            self.assertEqual(json.loads(file.readline())["argument"], "portfolio.max_symbol=0.1")

    def test_what_was_set_outlives_a_crash_and_the_file_has_the_last_word(self):
        """Limits in force are part of a checkpoint, or the digests of what follows would differ."""
        options = ("--config", self.config, "--set", "checkpoint.interval_s=5",
                   "--set", "log.level=debug")
        with Simulation("--market", "walk", "--rate", "200", "--symbols", "SPY,QQQ") as sim:
            self.write(portfolio={"max_symbol": 0.2})
            first = self.start(*options, port=sim.port)
            first.wait_for_trades(50)
            self.write(portfolio={"max_symbol": 0.1})
            first.control("reload")
            first.wait_until(lambda: "checkpoint" in self.events_after(first, "reload"),
                             "a checkpoint after the reload")
            inputs = first.status()["tape"]["inputs"]
            first.wait_for_status(lambda status: status["tape"]["durable_inputs"] >= inputs,
                                  "all inputs of the checkpoint on the tape")
            first.process.kill()
            first.wait()
            self.write(portfolio={"max_symbol": 0.15})
            second = self.start(*options, port=sim.port, folder=first.folder)
            recovered = second.wait_for_log(event="recovery", level="notice")
            self.assertRegex(recovered["text"], r"from a checkpoint, \d+ inputs from the tape")
            second.status()  # answered: the start is done
            set_since = [line["argument"] for line in second.log(event="command", verb="set")]
            self.assertEqual(set_since, ["portfolio.max_symbol=0.1", "portfolio.max_symbol=0.15"])
            self.assertEqual(second.stop()[0], 0)  # what it has set is on the tape
            third = self.start(*options, port=sim.port, folder=first.folder)
            third.status()
            third.wait_until(lambda: len(third.log(event="recovery", level="notice")) == 2,
                             "the next recovery")
            self.assertEqual(len(third.log(event="command", verb="set")), 2)

    def test_a_symbol_that_the_engine_does_not_know_needs_a_restart(self):
        self.write(feed={"symbols": ["SPY", "QQQ"]})
        tickd = self.start("--config", self.config, symbols=None)
        tickd.connect().close()
        self.write(feed={"symbols": ["SPY", "IWM"]})
        self.assertEqual(json.loads(tickd.control("reload").stdout),
                         {"applied": [], "restart": ["feed.symbols"]})
        self.assertEqual(self.values(tickd)["feed.symbols"], ["SPY", "QQQ"])

    def test_an_alerts_command_is_another_from_then_on_and_not_shown(self):
        tickd = self.begin(alerts={"command": "/bin/true secret"})
        self.write(alerts={"command": "/bin/false secret", "timeout_s": 20})
        self.assertEqual(json.loads(tickd.control("reload").stdout),
                         {"applied": ["alerts.command", "alerts.timeout_s"], "restart": []})
        self.assertEqual(self.values(tickd)["alerts.command"], "/bin/false secret")
        self.assertNotIn("secret", tickd.text_of("log", "health.log"))

    def test_sighup_does_the_same(self):
        tickd = self.begin(log={"level": "info"})
        self.write(log={"level": "debug"})
        tickd.process.send_signal(signal.SIGHUP)
        line = tickd.wait_for_log(event="reload", result="done")
        self.assertEqual((line["applied"], line["restart"]), ("log.level", "none"))

    def test_an_option_stays_stronger_than_the_file(self):
        self.write(log={"level": "info"})
        tickd = self.start("--config", self.config, "--set", "log.level=notice")
        tickd.connect().close()
        self.write(log={"level": "debug"})
        self.assertEqual(json.loads(tickd.control("reload").stdout)["applied"], [])
        self.assertEqual(self.values(tickd)["log.level"], "notice")

    def test_a_file_that_is_gone_is_a_refusal(self):
        tickd = self.begin()
        os.remove(self.config)
        done = tickd.control("reload")
        self.assertEqual(done.returncode, 1)
        self.assertIn(self.config, done.stderr)


if __name__ == "__main__":
    unittest.main()
