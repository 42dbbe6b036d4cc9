"""tickd against a feed that misbehaves in every way that Finnhub's has: it goes on, counts what
came, and loses nothing that was sent to it."""

import contextlib
import json
import time
import unittest

from daemon import Daemon
from simulation import Simulation, require_program

OUTCOMES = ("accepted", "filtered", "late", "unknown_symbol", "malformed")
# A market that never closes, so that a test does not depend on the hour.
SYMBOLS = "BINANCE:BTCUSDT,BINANCE:ETHUSDT"
QUICK = ("--set", "feed.backoff_min_ms=50", "--set", "feed.backoff_max_ms=200")
BAD_ENTRY_KINDS, ENTRIES_OF_LAST_KIND = 12, 5


def market(*arguments, rate=2000, ping_ms=300):
    return ["--symbols", SYMBOLS, "--rate", str(rate), "--seed", "11", "--ping-ms", str(ping_ms),
            "--wait-clients", "1", "--settle-ms", "300", "--quiet", *arguments]


def faults(*names):
    return [word for name in names for word in ("--fault", name)]


class Checks(unittest.TestCase):
    def check_sums(self, status):
        counts = status["input"]
        self.assertEqual(counts["trades"], sum(counts[name] for name in OUTCOMES))

    def session(self, *names, count=2000, options=()):
        """Status and symbols when all is sent, and what finnhub-sim says it was."""
        with Simulation(*market("--count", str(count), "--stay", *faults(*names))) as sim, \
                Daemon(*QUICK, *options, port=sim.port, symbols=SYMBOLS) as tickd:
            self.assertTrue(sim.said("all trades are sent"))
            # What was sent before a ping has arrived before it; the first may be on its way yet.
            pings = tickd.status()["feed"]["pings"]
            tickd.wait_for_status(lambda status: status["feed"]["pings"] >= pings + 2, "two pings")
            status, symbols = tickd.status(), json.loads(tickd.ask("symbols"))
            code, _ = tickd.stop()
            self.assertEqual((code, tickd.text_of("err")), (0, ""))
            truth = sim.stop()
            self.log = tickd.log()
        self.check_sums(status)
        self.assertEqual(truth["trades"], count)
        self.assertEqual((status["feed"]["connections"], truth["clients"]), (1, 1))
        return status, symbols, truth


class Messages(Checks):
    def test_what_is_no_trade_is_counted_by_its_kind_and_every_trade_is_taken(self):
        status, symbols, truth = self.session(
            "garbage=0.1", "truncated=0.1", "unknown-types=0.1", "news=0.1", "binary=0.1",
            "oversized=2000000:0.02", "strangers=0.1", "bad-entries=0.2", "fragments=0.3",
            "key-order", "conditions", "entries=30", "unsorted=20")
        struck, counts, feed = truth["faults"], status["input"], status["feed"]
        for name in ("garbage", "truncated", "unknown-types", "news", "binary", "oversized",
                     "strangers", "bad-entries", "fragments"):
            self.assertGreater(struck[name], 0, name)
        malformed = (struck["bad-entries"] + struck["bad-entries"] // BAD_ENTRY_KINDS *
                     (ENTRIES_OF_LAST_KIND - 1))
        self.assertEqual(counts["unknown_symbol"], struck["strangers"])
        self.assertEqual(counts["malformed"], malformed)
        self.assertEqual(counts["trades"], truth["trades"] + struck["strangers"] + malformed)
        self.assertEqual(counts["frames_malformed"], struck["garbage"] + struck["truncated"])
        self.assertEqual(counts["frames_other"],
                         struck["unknown-types"] + struck["news"] + feed["pings"])
        self.assertEqual(feed["frames_binary"], struck["binary"])
        self.assertEqual(feed["frames_too_long"], struck["oversized"])
        self.assertEqual(sum(row["trades"] for row in symbols), truth["trades"])

    def test_text_that_is_no_utf8_and_messages_without_content_do_not_end_it(self):
        status, symbols, truth = self.session("invalid-utf8=0.1", "empty=0.2")
        self.assertGreater(truth["faults"]["invalid-utf8"], 0)
        self.assertEqual(status["input"]["trades"], truth["trades"])
        self.assertEqual(sum(row["trades"] for row in symbols), truth["trades"])

    def test_errors_of_the_server_are_shown_and_counted(self):
        status, _, _ = self.session("error=Something is wrong\x1b[31m with you")
        self.assertEqual(status["feed"]["errors"], 1)
        shown = [line for line in self.log if "Something is wrong" in line.get("text", "")]
        self.assertEqual(len(shown), 1)
        self.assertNotIn("\x1b", shown[0]["text"])

    def test_prints_that_come_twice_are_counted_and_halved(self):
        status, symbols, truth = self.session("twice=soon", count=4000)
        self.assertGreater(truth["duplicates"], truth["trades"] * 0.95)
        self.assertEqual(status["input"]["trades"], truth["trades"] + truth["duplicates"])
        self.assertEqual([row["duplicate_factor"] for row in symbols], [2, 2])
        self.assertGreater(status["market"]["duplicate_prints"], truth["duplicates"] * 0.7)

    def test_late_trades_are_late_and_nothing_else(self):
        status, symbols, truth = self.session("late=2:0.1", count=5000)
        self.assertEqual(status["input"]["trades"], truth["trades"])
        self.assertGreater(status["input"]["late"], 100)
        self.assertLessEqual(status["input"]["late"], truth["faults"]["late"])
        self.assertEqual(sum(row["late"] for row in symbols), status["input"]["late"])
        self.assertGreaterEqual(status["market"]["late_ms"]["count"], status["input"]["late"])

    def test_one_symbol_too_many_is_named(self):
        with Simulation(*market("--fault", "symbol-limit=1")) as sim, \
                Daemon(*QUICK, port=sim.port, symbols=SYMBOLS) as tickd:
            tickd.wait_for_trades(10)
            tickd.wait_for_log(event="stream", symbol="BINANCE:ETHUSDT")
            status, symbols = tickd.status(), json.loads(tickd.ask("symbols"))
            self.assertEqual(tickd.stop()[0], 0)
        self.assertEqual((status["feed"]["errors"], status["feed"]["silent"]), (1, 1))
        self.assertEqual(symbols[0]["stream"], "talking")
        self.assertNotEqual(symbols[1]["stream"], "talking")


# What strikes the first connection; options; what the log says of it; whether it had opened.
ENDINGS = (
    ("reset=0.5:1", (), "", True),
    ("end=0.5:1", (), "", True),
    ("close=0.5:1", (), "clos", True),
    ("bad-frame=0.5:1", (), "", True),
    ("silence=0.5:1", ("--set", "feed.silence_s=1"), "neither trade nor ping", True),
    ("half-dead=0.5:1", ("--set", "feed.silence_s=1"), "neither trade nor ping", True),
    ("pings-only=0.5:1", ("--set", "feed.no_trades_s=1"), "pings, but no trade", True),
    ("handshake-429=1", ("--set", "feed.rate_limited_s=1"), "429", False),
    ("handshake-200=1", (), "200", False),
    ("handshake-524=1", (), "524", False),
    ("handshake-late=3:1", ("--set", "feed.connect_timeout_s=1"), "no answer", False),
)


class Connections(Checks):
    def test_it_comes_back_from_every_way_in_which_a_connection_fails(self):
        with contextlib.ExitStack() as stack:
            running = []
            for fault, options, reason, opened in ENDINGS:
                sim = stack.enter_context(Simulation(*market("--fault", fault, rate=200)))
                tickd = stack.enter_context(
                    Daemon(*QUICK, *options, port=sim.port, symbols=SYMBOLS))
                running.append((fault, reason, opened, sim, tickd))
            for fault, reason, opened, sim, tickd in running:
                with self.subTest(fault=fault):
                    self.check_return(reason, opened, sim, tickd)

    def check_return(self, reason, opened, sim, tickd):
        status = tickd.wait_for_status(
            lambda status: status["feed"]["connections"] == (2 if opened else 1) and
            status["feed"]["state"] == "streaming", "the stream after the fault")
        self.check_sums(status)
        self.assertEqual(status["feed"]["connection_failures"], 0 if opened else 1)
        self.assertEqual(status["feed"]["subscribed"], 2)
        self.assertEqual(tickd.stop()[0], 0)
        said = [line for line in tickd.log(event="feed") if line["state"] in
                ("backing_off", "stale")]
        self.assertTrue(any(reason in line.get("reason", "") for line in said), said)
        truth = sim.stop()
        self.assertEqual(truth["clients"], 2 if opened else 1)
        self.assertLessEqual(status["input"]["trades"], truth["trades"])

    def test_all_that_was_sent_before_a_clean_end_has_arrived(self):
        with contextlib.ExitStack() as stack:
            running = []
            for fault in ("close=1:1", "end=1:1"):
                sim = stack.enter_context(
                    Simulation(*market("--count", "3000", "--stay", "--fault", fault)))
                running.append((sim, stack.enter_context(
                    Daemon(*QUICK, port=sim.port, symbols=SYMBOLS))))
            for sim, tickd in running:
                status = tickd.wait_for_trades(3000)
                self.check_sums(status)
                self.assertEqual(status["feed"]["connections"], 2)
                tickd.wait_for_status(lambda status: status["market"]["gaps"] >= 2,
                                      "a bar with a gap, of each symbol")
                self.assertEqual(tickd.stop()[0], 0)
                truth = sim.stop()
                self.assertEqual((truth["trades"], status["input"]["trades"]), (3000, 3000))

    def test_a_storm_of_closing_servers_is_no_storm_of_connections(self):
        with Simulation(*market("--fault", "close=0:0")) as sim, \
                Daemon("--set", "feed.backoff_min_ms=100", "--set", "feed.backoff_max_ms=60000",
                       port=sim.port, symbols=SYMBOLS) as tickd:
            time.sleep(2)  # what is tested is how little happens meanwhile
            status = tickd.status()
            self.assertEqual(tickd.stop()[0], 0)
            self.assertLess(status["feed"]["connections"], 12)
            self.assertEqual(sim.stop()["clients"], status["feed"]["connections"])


if __name__ == "__main__":
    require_program()
    unittest.main()
