#!/usr/bin/env python3
"""Alerts of a live tickd: told in the log and over the socket; the one that ends it; and waiting
for a daemon."""

import json
import os
import signal
import subprocess
import sys
import unittest

import daemon
from alert_hook import Hook, halt_and_unhalt, states, tickd
from daemon import Daemon, free_port
from simulation import Simulation, fast


class Told(unittest.TestCase):
    def test_an_alert_is_in_the_log_on_the_socket_and_on_the_bus(self):
        with tickd() as one:
            watcher = one.connect()
            watcher.send("watch ALERT\n")
            halt_and_unhalt(one)
            heard = []
            while not heard or heard[-1]["state"] != "resolved":
                heard.append(json.loads(watcher.line()))
            watcher.close()
            # Nobody listens at the feed's port: that is pending.
            halted = [message for message in heard if message["alert"] == "halted"]
            self.assertEqual([message["state"] for message in halted], ["firing", "resolved"])
            self.assertEqual(halted[0]["severity"], "warning")
            line = one.log(event="alert", alert="halted")[0]
            self.assertEqual((line["level"], line["text"]), ("warning", "halted"))
            rows = {(row["name"], row["severity"]): row
                    for row in json.loads(one.control("alerts").stdout)}
            self.assertEqual(rows["halted", "warning"]["state"], "resolved")
            self.assertEqual(rows["halted", "warning"]["fired"], 1)
            changes = json.loads(one.control("alerts", "100").stdout)
            self.assertIn(("halted", "firing"), [(c["alert"], c["state"]) for c in changes])
            self.assertEqual(changes, json.loads(one.control("history", "alerts", "100").stdout))

    def test_a_feed_that_is_lost_makes_its_alert_pending_until_it_is_back(self):
        port = free_port()
        def state(severity):
            rows = json.loads(one.control("alerts").stdout)
            return [row for row in rows if row["name"] == "feed"
                    and row["severity"] == severity][0]
        with Simulation(*fast(), port=port) as feed, tickd("--set", "feed.backoff_max_ms=1000",
                                                           port=port) as one:
            one.wait_for_trades(10)
            self.assertEqual(state("warning")["state"], "inactive")
            feed.process.send_signal(signal.SIGTERM)
            feed.process.wait(daemon.LIMIT_S)
            one.wait_for_log(event="alert", alert="feed", severity="warning", state="pending")
            one.wait_for_log(event="alert", alert="feed", severity="critical", state="pending")
            self.assertEqual(state("critical")["state"], "pending")
            self.assertRegex(state("critical")["text"], "^(backing_off|connecting)")
            with Simulation(*fast(), port=port):
                one.wait_for_log(event="alert", alert="feed", severity="warning", state="inactive")
            self.assertEqual(one.log(event="alert", alert="feed", state="firing"), [])

    def test_a_key_that_is_refused_later_is_critical_and_not_healthy(self):
        port = free_port()
        with Simulation(*fast("--token", daemon.KEY), port=port) as feed, tickd(
                "--set", "feed.backoff_max_ms=1000", port=port) as one:
            one.wait_for_trades(10)
            self.assertEqual(one.control("status").returncode, 0)
            feed.process.send_signal(signal.SIGTERM)
            feed.process.wait(daemon.LIMIT_S)
            with Simulation(*fast("--token", "another-key"), port=port):
                line = one.wait_for_log(event="alert", alert="feed_refused", state="firing")
            self.assertEqual((line["level"], line["severity"]), ("error", "critical"))
            self.assertEqual(one.control("status").returncode, 1)
            self.assertEqual(one.control("--timeout", "1", "wait", "healthy").returncode, 1)


class Memory(unittest.TestCase):
    def test_memory_beyond_its_limit_ends_it_with_75_and_says_why(self):
        with Hook() as hook, tickd("--set", "monitor.memory_budget_mb=4", "--set",
                                   "alerts.webhook=" + hook.url(), "--dump",
                                   "/dev/stdout", "--topics", "ALERT") as one:
            self.assertEqual(one.wait(), 75)
            firing = one.log(event="alert", alert="memory_limit", state="firing")[0]
            self.assertEqual((firing["level"], firing["action"]), ("error", "restart"))
            self.assertRegex(firing["text"], r"resident [\d.]+ MB, budget 4\.2 MB")
            self.assertIn("memory_limit", one.log(event="stopping")[0]["reason"])
            self.assertEqual(one.log(event="stopped")[0]["exit_code"], "75")
            # The reason is on the bus, and so in the tape; and outside before it ended.
            told = [json.loads(line) for line in one.text_of("out").split("\n") if line]
            limit = [message for message in told if message["alert"] == "memory_limit"]
            self.assertEqual([message["state"] for message in limit], ["pending", "firing"])
            self.assertEqual(limit[1]["time_us"] - limit[0]["time_us"], 10000000)
            self.assertIn(("memory_limit", "firing"), states(hook.posts))


class Waiting(unittest.TestCase):
    def test_tickctl_waits_for_a_daemon_and_over_its_restart(self):
        with Simulation(*fast()) as feed, tickd(port=feed.port) as first:
            folder = first.folder
            first.wait_for_status(lambda status: True, "the first")
            waiting = subprocess.Popen([daemon.TICKCTL, "--socket", first.socket_path, "wait",
                                        "streaming", "--timeout", str(daemon.LIMIT_S)],
                                       stdout=subprocess.PIPE, text=True)
            self.assertEqual(json.loads(waiting.communicate(timeout=daemon.LIMIT_S)[0])["state"],
                             "streaming")
            self.assertEqual(waiting.returncode, 0)
        with Daemon(folder=None) as closed:  # nobody feeds this one
            waiting = subprocess.Popen([daemon.TICKCTL, "--socket", closed.socket_path, "wait",
                                        "streaming", "--timeout", "600"],
                                       stdout=subprocess.PIPE, text=True)
            closed.wait_for_status(lambda status: status["clients"]["requests"] >= 2, "it asks")
            closed.stop()
            with Simulation(*fast()) as feed, Daemon(port=feed.port, folder=closed.folder):
                said = waiting.communicate(timeout=daemon.LIMIT_S)[0]
                self.assertEqual(json.loads(said)["state"], "streaming")
                self.assertEqual(waiting.returncode, 0)
        self.assertFalse(os.path.exists(folder))

    def test_the_timeout_is_for_the_daemon_too(self):
        done = daemon.run(daemon.TICKCTL, "--socket", "/nowhere.sock", "wait", "ready",
                          "--timeout", "1")
        self.assertEqual(done.returncode, 69)
        self.assertIn("no daemon listens at /nowhere.sock", done.stderr)

    def test_a_timeout_is_for_wait_alone_and_is_seconds(self):
        for arguments in (("status", "--timeout", "1"), ("wait", "ready", "--timeout", "soon"),
                          ("wait", "ready", "--timeout", "0"), ("wait", "ready", "later")):
            with self.subTest(arguments=arguments):
                done = daemon.run(daemon.TICKCTL, "--socket", "/nowhere.sock", *arguments)
                self.assertEqual(done.returncode, 64)
                self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    if not os.access(daemon.TICKD, os.X_OK):
        print("skipped: no", daemon.TICKD)
        sys.exit(77)
    unittest.main()
