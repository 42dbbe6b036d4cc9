"""The feed's key: where it may come from, what becomes of a wrong one, and that it is nowhere to be
seen."""

import json
import os
import tempfile
import unittest

from daemon import Daemon, free_port
from simulation import Simulation, fast, require_program

KEY = "c0ffee-Right+Key/4711=="
ENCODED = "c0ffee-Right%2BKey%2F4711%3D%3D"
WRONG = "b4dc0de-Wrong-Key-4712"


class Key(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def simulate(self, *arguments):
        return self.enterContext(Simulation(*fast("--token", KEY, "--ping-ms", "200"), *arguments))

    def start(self, sim, *arguments, **options):
        options.setdefault("key", None)
        return self.enterContext(Daemon(*arguments, port=sim.port if sim else None, **options))

    def all_that_it_shows(self, tickd):
        """Everything that somebody else can read of it, as bytes."""
        shown = []
        for name in ("cmdline", "environ", "comm", "maps"):
            with open("/proc/%d/%s" % (tickd.process.pid, name), "rb") as file:
                shown.append(file.read())
        for words in ("status", "health", "config", "symbols", "history bus 50", "version",
                      "explain 1", "help", "nonsense", "history feed"):
            shown.append(tickd.ask(words).encode())
        return b"\n".join(shown)

    def check_hidden(self, tickd, live=b"", keys=(KEY, ENCODED, WRONG)):
        written = [live]
        for folder, _, names in os.walk(tickd.folder):
            for name in names:
                written.append(name.encode())
                if not name.endswith(".sock"):
                    with open(os.path.join(folder, name), "rb") as file:
                        written.append(file.read())
        everything = b"\n".join(written)
        self.assertIn(b"event=feed_start", everything)
        for key in keys:
            self.assertNotIn(key.encode(), everything)
        self.assertNotIn(b"token=", everything)

    def check_streams(self, source, *arguments, **options):
        sim = self.simulate()
        tickd = self.start(sim, "--set", "log.level=debug", *arguments, **options)
        tickd.wait_for_trades(100)
        shown = self.all_that_it_shows(tickd)
        self.assertIn(source, tickd.log(event="feed_start")[0]["text"])
        self.assertEqual(tickd.stop()[0], 0)
        self.check_hidden(tickd, shown)
        self.assertEqual(sim.stop()["refused"], 0)

    def test_it_may_come_from_the_environment_and_is_gone_from_there(self):
        self.check_streams("FINNHUB_TOKEN", key=KEY)

    def test_it_may_come_from_a_file_which_goes_before_the_environment(self):
        path = self.write("key", "  %s\n" % KEY)
        self.check_streams("feed.token_file", "--set", "feed.token_file=" + path, key=WRONG)

    def test_it_may_come_from_systemds_credential_which_goes_before_all(self):
        self.write("finnhub-token", KEY + "\n")
        path = self.write("other", WRONG)
        self.check_streams("credential", "--set", "feed.token_file=" + path, key=WRONG,
                           environment={"CREDENTIALS_DIRECTORY": self.folder})

    def test_a_wrong_one_is_one_line_and_69_and_no_second_attempt(self):
        sim = self.simulate()
        tickd = self.start(sim, "--set", "log.level=debug", "--set", "feed.backoff_min_ms=1",
                           key=WRONG)
        self.assertEqual(tickd.wait(), 69)
        errors = tickd.text_of("err")
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertRegex(errors, "^tickd: feed.url ws://127.*key.*feed.token_file")
        self.check_hidden(tickd)
        self.assertFalse(os.path.exists(tickd.socket_path))
        self.assertEqual(sim.stop()["refused"], 1)

    def test_none_where_one_is_wanted_is_the_servers_to_refuse(self):
        sim = self.simulate()
        tickd = self.start(sim)
        self.assertEqual(tickd.wait(), 69)
        self.assertIn("no key", tickd.log(event="feed_start")[0]["text"])

    def test_one_that_worked_and_is_refused_later_is_tried_again_slowly(self):
        with Simulation(*fast("--token", KEY)) as sim:
            port = sim.port
            tickd = self.start(sim, "--set", "feed.backoff_min_ms=1", "--set",
                               "feed.backoff_max_ms=50", key=KEY)
            tickd.wait_for_trades(1)
            sim.stop()
        with Simulation("--token", "another", port=port) as sim:
            status = tickd.wait_for_status(
                lambda status: status["feed"]["state"] == "refused", "the refusal")
            wait_us = status["feed"]["next_attempt_us"] - status["feed"]["since_us"]
            self.assertGreaterEqual(wait_us, 60e6)
            self.assertEqual(sim.stop()["refused"], 1)
        shown = self.all_that_it_shows(tickd)
        self.assertEqual(tickd.stop()[0], 0)
        self.check_hidden(tickd, shown)

    def test_a_server_that_repeats_the_key_does_not_get_it_into_the_log(self):
        for fault in ("error=bad token %s here" % KEY, "error=url /?token=" + ENCODED):
            with self.subTest(fault=fault):
                sim = self.simulate("--fault", fault)
                tickd = self.start(sim, key=KEY)
                tickd.wait_for_status(lambda status: status["feed"]["errors"] > 0, "the error")
                tickd.wait_for_trades(1)
                shown = self.all_that_it_shows(tickd)
                self.assertEqual(tickd.stop()[0], 0)
                self.check_hidden(tickd, shown)
                self.assertIn("withheld", tickd.text_of("log", "health.log"))

    def test_what_cannot_be_a_key_is_named_by_its_place_and_not_shown(self):
        cases = ((self.write("empty", " \n"), "is empty"),
                 (self.write("long", "x" * 5000), "longer than"),
                 (self.write("words", "two VERYSECRET words"), "not printable"),
                 (os.path.join(self.folder, "missing"), "No such file"), (self.folder, "directory"))
        for path, reason in cases:
            with self.subTest(reason=reason):
                tickd = self.start(None, "--set", "feed.token_file=" + path)
                self.assertEqual(tickd.wait(), 78)
                errors = tickd.text_of("err")
                self.assertEqual(errors.count("\n"), 1, errors)
                self.assertRegex(errors, "^tickd: .*feed.token_file.*")
                self.assertIn(reason, errors)
                self.assertNotIn("VERYSECRET", errors)
                self.assertEqual(tickd.log()[-1]["exit_code"], "78")

    def test_the_real_feed_wants_one_before_anything_is_sent(self):
        tickd = self.start(None, "--set", "feed.url=wss://ws.finnhub.io:%d" % free_port())
        self.assertEqual(tickd.wait(), 78)
        self.assertRegex(tickd.text_of("err"), "^tickd: ws.finnhub.io wants a key: .*\n$")

    def test_a_url_with_the_key_in_it_is_refused_without_showing_it(self):
        tickd = self.start(None, "--set", "feed.url=ws://127.0.0.1/?token=" + KEY)
        self.assertEqual(tickd.wait(), 78)
        self.assertNotIn(KEY, tickd.text_of("err"))
        self.assertEqual(json.dumps(tickd.log()), "[]")


if __name__ == "__main__":
    require_program()
    unittest.main()
