#!/usr/bin/env python3
"""Alerts of a live tickd, told outside: by the operator's command and webhook."""

import json
import os
import sys
import unittest

import daemon
from alert_hook import SECRET, Hook, halt_and_unhalt, states, tickd
from daemon import Daemon, free_port, make_certificate, wait_until


class Command(unittest.TestCase):
    def test_a_command_is_run_for_each_alert(self):
        with tickd() as probe:
            script = probe.path("page")
            with open(script, "w", encoding="ascii") as file:
                file.write("#!/bin/sh\nread -r note\necho \"$note\" >>%s\n"
                           "echo \"$1 $TICKD_ALERT_NAME $TICKD_ALERT_STATE\" >>%s\n"
                           % (probe.path("notes"), probe.path("order")))
            os.chmod(script, 0o700)
            with tickd("--set", "alerts.command=%s 'night shift'" % script) as one:
                halt_and_unhalt(one)
                one.wait_for_status(lambda status: status["alert_sinks"]["command"]["done"] == 2,
                                    "two commands")
                lines = one.log(event="alert_command")
                self.assertEqual([line["exit_code"] for line in lines], ["0", "0"])
                self.assertIsNone(one.status()["alert_sinks"]["webhook"])
            self.assertEqual(probe.text_of("order"),
                             "night shift halted firing\nnight shift halted resolved\n")
            note = json.loads(probe.text_of("notes").split("\n")[0])
            self.assertEqual((note["alert"], note["state"]), ("halted", "firing"))
            self.assertIn("firing: halted warning on ", note["text"])

    def test_a_command_that_hangs_is_killed_and_holds_nothing_up(self):
        with tickd("--set", "alerts.command=/bin/sleep 1000") as one:
            halt_and_unhalt(one)
            line = one.wait_for_log(event="alert_command", state="firing")
            self.assertIn("alerts.timeout_s", line["reason"])
            one.wait_for_status(lambda status: status["alert_sinks"]["command"]["failed"] == 2,
                                "both are killed")
            self.assertEqual(one.stop()[0], 0)

    def test_what_is_under_way_at_the_end_has_two_more_seconds(self):
        with tickd("--set", "alerts.command=/bin/sleep 1000",
                   "--set", "alerts.timeout_s=600") as one:
            halt_and_unhalt(one)
            one.wait_for_status(lambda status: status["alert_sinks"]["command"]["waiting"] == 2,
                                "one runs, one waits")
            self.assertEqual(one.stop()[0], 0)
            self.assertEqual(one.log(event="alerts_dropped")[0]["alerts"], "1")
            self.assertEqual(one.log(event="alert_command")[0]["signal"], "9")

    def test_a_command_that_cannot_be_run_is_a_configuration_error(self):
        for command, message in (("/nowhere/page", "alerts.command: found /nowhere/page (No such"),
                                 ("/tmp", "alerts.command: found /tmp (cannot be executed)"),
                                 ("page", "alerts.command: found \"page\", allowed: "),
                                 ("/bin/sh 'x", "alerts.command: found \"/bin/sh 'x\", allowed: ")):
            with self.subTest(command=command):
                done = daemon.run(daemon.TICKD, "--check-config", "--set",
                                  "alerts.command=" + command)
                self.assertEqual(done.returncode, 78)
                self.assertIn(message, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)


class Webhook(unittest.TestCase):
    def test_each_alert_is_posted(self):
        with Hook() as hook, tickd("--set", "alerts.webhook=" + hook.url()) as one:
            halt_and_unhalt(one)
            wait_until(lambda: len(hook.posts) == 2, "two posts")
            self.assertEqual(states(hook.posts), [("halted", "firing"), ("halted", "resolved")])
            path, headers, alert = hook.posts[0]
            self.assertEqual(path, "/" + SECRET)
            self.assertEqual(headers["Content-Type"], "application/json")
            self.assertEqual((alert["severity"], alert["value"]), ("warning", 1))
            one.wait_for_status(lambda status: status["alert_sinks"]["webhook"]["done"] == 2,
                                "both are counted")
            shown = [one.ask("config"), one.ask("status"), one.text_of("log", "health.log")]
            self.assertIn("/<hidden>\"", shown[0])
        for text in shown:
            self.assertNotIn(SECRET, text)
        done = daemon.run(daemon.TICKD, "--print-config", "--set",
                          "alerts.webhook=https://me:%s@host/%s?%s" % (SECRET, SECRET, SECRET))
        self.assertNotIn(SECRET, done.stdout + done.stderr)
        self.assertIn('"webhook": "https://host/<hidden>"', done.stdout)

    def test_a_servers_error_is_tried_again_in_order(self):
        with Hook(500) as hook, tickd("--set", "alerts.webhook=" + hook.url()) as one:
            halt_and_unhalt(one)
            wait_until(lambda: len(hook.posts) == 3, "three posts")
            self.assertEqual([state for _, state in states(hook.posts)],
                             ["firing", "firing", "resolved"])
            line = one.log(event="alert_webhook")[0]
            self.assertEqual((line["status"], line["then"]), ("500", "again"))

    def test_a_server_that_hangs_holds_nothing_up(self):
        with Hook(None, None, None) as hook, tickd("--set", "alerts.webhook=" + hook.url(),
                                                   "--set", "alerts.timeout_s=1") as one:
            halt_and_unhalt(one)
            line = one.wait_for_log(event="alert_webhook")
            self.assertEqual((line["reason"], line["then"]), ("no answer in time", "again"))
            self.assertEqual(one.control("status").returncode, 0)
            self.assertEqual(one.stop()[0], 0)

    def test_a_server_that_is_not_there_is_given_up(self):
        with tickd("--set", "alerts.webhook=http://127.0.0.1:%d/" % free_port()) as one:
            halt_and_unhalt(one)
            lines = wait_until(
                lambda: [line for line in one.log(event="alert_webhook", state="firing")
                         if line["then"] == "given up"], "the end of the attempts")
            self.assertEqual(lines[0]["attempt"], "3")
            self.assertEqual(lines[0]["reason"], "cannot connect: connection refused")

    def test_a_name_that_nobody_knows(self):
        with tickd("--set", "alerts.webhook=http://no-such-host.invalid/") as one:
            halt_and_unhalt(one)
            line = one.wait_for_log(event="alert_webhook", state="firing")
            self.assertRegex(line["reason"], "^(cannot resolve the host|no answer from the name)")

    def test_https_to_whom_the_system_trusts_and_nobody_else(self):
        with Daemon() as probe:
            certificate = make_certificate(probe.folder)
            with Hook(certificate=certificate) as hook:
                trust = {"SSL_CERT_FILE": certificate[0]}
                for host in ("localhost", "127.0.0.1"):
                    with self.subTest(host=host), tickd(
                            "--set", "alerts.webhook=" + hook.url("https", host),
                            environment=trust) as one:
                        halt_and_unhalt(one)
                        one.wait_for_status(
                            lambda status: status["alert_sinks"]["webhook"]["done"] == 2,
                            "both are posted")
                        self.assertEqual(one.stop()[0], 0)
                posted = len(hook.posts)
                with tickd("--set", "alerts.webhook=" + hook.url("https")) as one:
                    halt_and_unhalt(one)
                    line = one.wait_for_log(event="alert_webhook")
                    self.assertIn("the server's certificate is refused", line["reason"])
                with tickd("--set", "alerts.webhook=" + hook.url("https", "localhost.localdomain"),
                           environment=trust) as one:
                    halt_and_unhalt(one)
                    line = one.wait_for_log(event="alert_webhook")
                    self.assertRegex(line["reason"], "certificate is refused|cannot resolve")
                self.assertEqual(len(hook.posts), posted)

    def test_an_https_address_that_speaks_plain_http(self):
        with Hook() as hook, tickd("--set", "alerts.webhook=" + hook.url("https")) as one:
            halt_and_unhalt(one)
            line = one.wait_for_log(event="alert_webhook")
            self.assertRegex(line["reason"], "TLS handshake failed|without an answer")


if __name__ == "__main__":
    if not os.access(daemon.TICKD, os.X_OK):
        print("skipped: no", daemon.TICKD)
        sys.exit(77)
    unittest.main()
