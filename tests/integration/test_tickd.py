"""A live tickd as its operator has it: fed by finnhub-sim, asked over its socket, told by signals
and commands, and ended."""

import json
import os
import re
import signal
import subprocess
import tempfile
import unittest

import daemon
from daemon import TICKD, Daemon, parse_logfmt, run, wait_until
from simulation import Simulation, fast, require_program

SANITIZED = "TICKD_SANITIZE" in os.environ
# "Within a second"; a sanitizer looks for leaks before it lets a process go.
STOP_S = 10 if SANITIZED else 1
OUTCOMES = ("accepted", "filtered", "late", "unknown_symbol", "malformed")


def trades(count, *more):
    """A market that sends so many trades to its first client, and nothing else."""
    return fast("--count", str(count), "--wait-clients", "1", "--stay", "--ping-ms", "0", *more,
                rate=1000)


def fed(sim, *arguments, **options):
    return Daemon(*arguments, port=sim.port, **options)


class Checks(unittest.TestCase):
    def check_accounting(self, status):
        counts = status["input"]
        self.assertEqual(counts["trades"], sum(counts[name] for name in OUTCOMES))
        for history in status["histories"]:
            self.assertEqual(history["appended"], history["size"] + history["overwritten"])
            self.assertLessEqual(history["size"], history["capacity"])
        modules = status["health"]["modules"]
        fresh = sum(module["state"] not in ("stale", "failed") for module in modules)
        self.assertAlmostEqual(status["health"]["score"], 100 * fresh / len(modules))

    def check_log(self, tickd):
        """Every byte of the log is a line of logfmt with its time, its level and its event."""
        whole = tickd.text_of("log", "health.log")
        self.assertTrue(whole.endswith("\n"))
        last = ""
        for text in whole.splitlines():
            line = parse_logfmt(text)
            self.assertEqual(list(line)[:3], ["ts", "level", "event"], text)
            self.assertRegex(line["ts"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn(line["level"], ("error", "warning", "notice", "info", "debug"))
            self.assertGreaterEqual(line["ts"], last)
            last = line["ts"]

    def check_stop(self, tickd, number=signal.SIGTERM):
        code, took_s = tickd.stop(number)
        self.assertEqual((code, tickd.text_of("err")), (0, ""))
        self.assertLess(took_s, STOP_S)
        self.assertFalse(os.path.exists(tickd.socket_path))
        self.assertEqual(len(tickd.log(event="stopping")), 1)
        self.assertEqual(tickd.log(event="stopping")[0]["reason"], signal.Signals(number).name)
        self.assertEqual(tickd.log()[-1]["event"], "stopped")
        self.assertEqual(tickd.log()[-1]["exit_code"], "0")


class Streaming(Checks):
    def check_streaming(self, sim, tickd, count):
        """After `count` trades and no more: status, symbols and sum agree with the sender's."""
        tickd.wait_for_trades(count)
        status = tickd.status()
        symbols = json.loads(tickd.ask("symbols"))
        self.check_accounting(status)
        self.assertEqual(status["feed"]["state"], "streaming")
        self.assertEqual(status["feed"]["subscribed"], 2)
        self.check_stop(tickd)
        self.check_log(tickd)
        truth = sim.stop()
        self.assertEqual((status["input"]["trades"], status["input"]["frames"]),
                         (truth["trades"], truth["messages"]))
        self.assertEqual(
            [(row["symbol"], row["trades"], row["last_price"], row["last_time_ms"])
             for row in sorted(symbols, key=lambda row: row["symbol"])],
            [(one["symbol"], one["trades"], one["last_price"], one["last_ms"])
             for one in sorted(truth["symbols"], key=lambda one: one["symbol"])])

    def test_every_trade_that_was_sent_is_in_the_status(self):
        with Simulation(*trades(700)) as sim, \
                fed(sim) as tickd:
            self.check_streaming(sim, tickd, 700)

    def test_over_tls_with_an_authority_of_its_own(self):
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = daemon.make_certificate(folder)
            with Simulation(*trades(700, "--tls", certificate, key)) as sim, \
                    fed(sim, tls_ca=certificate) as tickd:
                self.check_streaming(sim, tickd, 700)

    def test_a_server_that_nobody_vouches_for_gets_no_key(self):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
            certificate, key = daemon.make_certificate(folder)
            stranger, _ = daemon.make_certificate(other)
            with Simulation(*fast("--tls", certificate, key)) as sim, \
                    fed(sim, tls_ca=stranger) as tickd:
                status = tickd.wait_for_status(
                    lambda status: status["feed"]["connection_failures"] > 0, "a failure")
                self.assertIn("certificate", status["feed"]["reason"])
                self.assertEqual(status["feed"]["state"], "backing_off")
                self.check_stop(tickd)
                truth = sim.stop()
        self.assertEqual((truth["clients"], truth["trades"]), (0, 0))

    def test_dump_and_report_of_a_live_run_agree(self):
        with Simulation(*trades(900)) as sim, \
                tempfile.TemporaryDirectory() as folder:
            dump, report = os.path.join(folder, "dump"), os.path.join(folder, "report")
            with fed(sim, "--dump", dump, "--topics", "TRADE,BAR", "--report", report) as tickd:
                tickd.wait_for_trades(900)
                self.check_stop(tickd)
            with open(report, encoding="utf-8") as file:
                document = json.load(file)
            with open(dump, encoding="utf-8") as file:
                topics = [json.loads(line)["topic"] for line in file]
        self.check_accounting(document)
        self.assertEqual(document["input"]["trades"], 900)
        self.assertEqual(topics.count("TRADE"), document["input"]["accepted"] +
                         document["input"]["late"])
        self.assertEqual(topics.count("BAR"), document["bars"])


class Asking(Checks):
    @classmethod
    def setUpClass(cls):
        cls.sim = cls.enterClassContext(Simulation(*fast("--ping-ms", "500")))
        cls.tickd = cls.enterClassContext(fed(cls.sim))
        cls.tickd.wait_for_status(lambda status: status["bars"] >= 4, "some bars")

    def test_plain_words_and_json_rpc_get_the_same_document(self):
        plain = self.tickd.status()
        with self.tickd.connect() as connection:
            reply = connection.request("status")
        self.check_accounting(plain)
        self.check_accounting(reply["result"])
        self.assertEqual((reply["jsonrpc"], reply["id"]), ("2.0", 1))
        self.assertEqual(list(plain), list(reply["result"]))
        self.assertEqual(plain["pid"], self.tickd.process.pid)
        self.assertGreater(plain["feed"]["pings"], 0)
        self.assertEqual(plain["latency"]["receive_to_decision_us"]["count"],
                         plain["input"]["frames"])

    def test_tickctl_shows_all_that_there_is(self):
        def result(*words):
            done = self.tickd.control(*words)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            return json.loads(done.stdout)
        self.assertEqual(result("version"), {"tickd": result("status")["tickd"]})
        self.assertEqual(result("health")["score"], 100)
        self.assertIn("market", [row["name"] for row in result("modules")])
        self.assertIn(("market", "bars"),
                      [(row["module"], row["name"]) for row in result("histories")])
        self.assertEqual([row["symbol"] for row in result("symbols")], ["SPY", "QQQ"])
        bars = result("bars", "SPY", "2")
        self.assertEqual(bars[1]["start_ms"] - bars[0]["start_ms"], 1000)
        self.assertEqual(len(result("history", "bus", "7")), 7)
        urls = [row["value"] for row in result("config") if row["key"] == "feed.url"]
        self.assertEqual(urls, ["ws://127.0.0.1:%d" % self.sim.port])
        self.assertEqual(result("wait", "streaming", "5")["state"], "streaming")

    def test_a_watcher_sees_bars_as_they_close_and_commands_with_their_uid(self):
        with self.tickd.connect() as watcher:
            self.assertEqual(watcher.request("watch", "BAR", "COMMAND")["result"],
                             {"watching": ["BAR", "COMMAND"]})
            for words in (("log", "notice"), ("rotate",), ("log", "info")):
                self.assertEqual(self.tickd.control(*words).returncode, 0)
            seen = []
            while [m["topic"] for m in seen].count("COMMAND") < 3 or seen[-1]["topic"] != "BAR":
                seen.append(watcher.reply()["params"])
        self.assertEqual([(m["verb"], m["uid"]) for m in seen if m["topic"] == "COMMAND"],
                         [("log_level", os.getuid()), ("rotate", os.getuid()),
                          ("log_level", os.getuid())])
        numbers = [m["seq"] for m in seen]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual([line["verb"] for line in self.tickd.log(event="command")][-1],
                         "log_level")


class Ending(Checks):
    def test_sigint_ends_it_while_everybody_is_connected(self):
        with Simulation(*fast()) as sim, fed(sim) as tickd, tickd.connect() as watcher, \
                tickd.connect() as waiter, tickd.connect() as half:
            tickd.wait_for_trades(100)
            watcher.request("watch", "all")
            waiter.send('{"jsonrpc":"2.0","id":7,"method":"wait","params":["ready"]}\n')
            self.assertEqual(waiter.reply()["result"]["state"], "ready")
            half.send('{"jsonrpc":')
            for _ in range(50):
                watcher.reply()
            self.check_stop(tickd, signal.SIGINT)
            self.assertEqual(half.ended(), [])
            self.assertEqual([json.loads(line)["method"] for line in watcher.ended()
                              if '"method":"message"' not in line], [])
            self.check_log(tickd)

    def test_a_wait_that_is_open_is_told_of_the_end(self):
        with Daemon() as tickd, tickd.connect() as waiter:
            waiter.send('{"jsonrpc":"2.0","id":7,"method":"wait","params":["streaming"]}\n')
            tickd.wait_for_status(lambda status: status["clients"]["requests"] > 1, "the request")
            self.check_stop(tickd)
            self.assertEqual(json.loads(waiter.ended()[0])["error"]["code"], -32007)

    def test_the_shutdown_command_ends_it_too(self):
        with Daemon() as tickd, tickd.connect() as watcher:
            watcher.request("watch", "COMMAND")
            self.assertEqual(tickd.control("shutdown").returncode, 0)
            self.assertEqual(tickd.wait(), 0)
            self.assertEqual(json.loads(watcher.ended()[0])["params"]["verb"], "shutdown")
            self.assertEqual(tickd.log(event="stopping")[0]["reason"], "shutdown command")
            self.assertFalse(os.path.exists(tickd.socket_path))

    def test_signals_while_it_ends_do_not_cut_it_short(self):
        with Simulation(*fast()) as sim, fed(sim) as tickd:
            tickd.wait_for_trades(1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGHUP):
                tickd.process.send_signal(number)
            code, _ = tickd.stop()
            self.assertEqual((code, len(tickd.log(event="stopping"))), (0, 1))
            self.assertEqual(tickd.log()[-1]["event"], "stopped")

    def test_a_signal_before_anything_is_connected_ends_it(self):
        with Daemon() as tickd:
            tickd.wait_for_log(event="start")
            tickd.wait_until(lambda: os.path.exists(tickd.socket_path), "the socket")
            self.check_stop(tickd)


class Log(Checks):
    def test_sighup_opens_the_log_anew_after_it_was_renamed(self):
        with Daemon() as tickd:
            tickd.wait_for_log(event="feed")
            before = tickd.text_of("log", "health.log")
            os.rename(tickd.log_path, tickd.path("log", "health.log.1"))
            tickd.process.send_signal(signal.SIGHUP)
            self.assertEqual(tickd.wait_for_log(event="log_reopened"), tickd.log()[0])
            self.check_stop(tickd)
            self.check_log(tickd)
            self.assertTrue(tickd.text_of("log", "health.log.1").startswith(before))
            self.assertEqual(tickd.log(event="start"), [])

    def test_a_log_that_cannot_be_opened_anew_goes_on_in_the_old_file(self):
        with Daemon() as tickd:
            tickd.wait_for_log(event="feed")
            os.rename(tickd.path("log"), tickd.path("moved"))
            tickd.process.send_signal(signal.SIGHUP)

            def said():
                return "No such file" in tickd.text_of("moved", "health.log")
            tickd.wait_until(said, "the failure's line")
            os.rename(tickd.path("moved"), tickd.path("log"))
            self.check_stop(tickd)
            self.check_log(tickd)

    def test_the_first_line_says_who_it_is_and_where_things_are(self):
        with Daemon() as tickd:
            tickd.wait_for_log(event="feed")
            first = tickd.log()[0]
        self.assertEqual((first["event"], first["level"]), ("start", "notice"))
        self.assertEqual(first["pid"], str(tickd.process.pid))
        self.assertEqual(first["config"], "built-in defaults")
        self.assertEqual(first["runtime_dir"], tickd.path("run"))

    def test_under_systemd_the_journal_has_it_with_priorities(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "err")
            with open(path, "wb") as file:
                place = os.fstat(file.fileno())
            with Daemon(folder=folder,
                        environment={"JOURNAL_STREAM":
                                     "%d:%d" % (place.st_dev, place.st_ino)}) as tickd:
                tickd.wait_until(lambda: "event=feed " in tickd.text_of("err"), "the feed's line")
                code, _ = tickd.stop()
                lines = tickd.text_of("err").splitlines()
        self.assertEqual(code, 0)
        self.assertTrue(all(re.match(r"<[3-7]>ts=", line) for line in lines), lines)
        self.assertTrue(lines[0].startswith("<5>"), lines[0])
        for line in lines:
            parse_logfmt(line[3:])


class Places(Checks):
    def expect_refusal(self, *arguments, code, pattern):
        done = run(TICKD, *arguments, environment={"FINNHUB_TOKEN": daemon.KEY})
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertRegex(done.stderr, "^tickd: .*" + pattern)

    def test_a_second_one_in_the_same_place_is_refused_and_the_first_goes_on(self):
        with Daemon() as first, tempfile.TemporaryDirectory() as folder:
            pid = first.status()["pid"]
            self.expect_refusal("--runtime-dir", first.path("run"), "--log-dir", folder,
                                "--state-dir", folder, "--set", "feed.url=ws://127.0.0.1:1",
                                code=73, pattern=re.escape(first.socket_path) + ".*daemon")
            self.assertEqual(first.status()["pid"], pid)
            self.check_stop(first)

    def test_the_socket_of_a_dead_one_is_replaced(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        with Daemon(folder=folder) as dead:
            dead.status()
            dead.process.kill()
            dead.wait()
            self.assertTrue(os.path.exists(dead.socket_path))
        with Daemon(folder=folder) as tickd:
            wait_until(lambda: tickd.log(event="feed")[2:], "the second start")
            self.assertEqual(tickd.status()["pid"], tickd.process.pid)
            self.assertEqual(os.stat(tickd.socket_path).st_mode & 0o777, 0o660)
            self.check_stop(tickd)

    def test_what_is_no_socket_is_left_alone(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, "control.sock")
        with open(path, "w", encoding="utf-8") as file:
            file.write("precious")
        self.expect_refusal("--runtime-dir", folder, "--log-dir", folder, "--state-dir", folder,
                            "--set", "feed.url=ws://127.0.0.1:1", code=73,
                            pattern=re.escape(path))
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")

    def test_folders_that_cannot_be_made_or_written_are_73(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        for option in ("--state-dir", "--runtime-dir", "--log-dir"):
            others = {"--state-dir": folder, "--runtime-dir": folder, "--log-dir": folder}
            for place in ("/dev/null", "/dev/null/below", "/proc/nowhere"):
                with self.subTest(option=option, place=place):
                    options = {**others, option: place}
                    self.expect_refusal(*[word for pair in options.items() for word in pair],
                                        "--set", "feed.url=ws://127.0.0.1:1", code=73,
                                        pattern=re.escape(place))

    def test_systemds_folders_are_taken_from_its_variables(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        places = {name: os.path.join(folder, name) for name in
                  ("STATE_DIRECTORY", "RUNTIME_DIRECTORY", "LOGS_DIRECTORY")}
        logs = "%s:%s/second" % (places["LOGS_DIRECTORY"], folder)
        with subprocess.Popen([TICKD, "--set", "feed.url=ws://127.0.0.1:%d" % daemon.free_port()],
                              env=daemon.clean_environment({**places, "LOGS_DIRECTORY": logs})
                              ) as process:
            path = os.path.join(places["RUNTIME_DIRECTORY"], "control.sock")
            wait_until(lambda: os.path.exists(path), path)
            process.terminate()
            self.assertEqual(process.wait(daemon.LIMIT_S), 0)
        self.assertEqual(os.listdir(places["LOGS_DIRECTORY"]), ["health.log"])
        self.assertEqual(sorted(os.listdir(folder)), sorted(places))


if __name__ == "__main__":
    require_program()
    unittest.main()
