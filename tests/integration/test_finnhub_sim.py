"""finnhub-sim as a client sees it: the protocol, the markets, replays, the command line."""

import collections
import csv
import decimal
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import simulation
from simulation import (Simulation, all_entries, entries_of, fast, receive, require_program, run,
                        until_closed, until_ended)
from websocket_client import CLOSE, PING, PONG, TEXT, Ended, Refused

Decimal = decimal.Decimal
def write_csv(path, rows, header="time_ms,symbol,price,volume,exchange,sale_condition,suspicious"):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "wt") as file:
        file.write(header + "\n")
        for row in rows:
            file.write(",".join(str(field) for field in row) + "\n")


class Protocol(unittest.TestCase):
    def test_a_client_gets_the_trades_it_subscribed_to_and_the_truth_counts_them(self):
        with Simulation(*fast("--count", "300", "--wait-clients", "1")) as sim:
            client = sim.subscribed("SPY", "QQQ")
            texts, close = until_closed(client)
            truth = sim.finish()
        entries = all_entries(texts)
        self.assertEqual(close.payload, (1001).to_bytes(2, "big"))
        self.assertEqual(len(entries), 300)
        self.assertEqual((truth["trades"], truth["deliveries"], truth["duplicates"]), (300, 300, 0))
        self.assertEqual((truth["frames"], truth["messages"]), (len(texts), len(texts)))
        self.assertEqual((truth["clients"], truth["refused"], truth["faults"]), (1, 0, {}))
        self.assertEqual(sorted(s["symbol"] for s in truth["symbols"]), ["QQQ", "SPY"])
        for symbol in truth["symbols"]:
            own = [entry for entry in entries if entry["s"] == symbol["symbol"]]
            times = [int(entry["t"]) for entry in own]
            self.assertEqual(symbol["trades"], len(own))
            self.assertEqual(Decimal(symbol["volume"]), sum(Decimal(e["v"]) for e in own))
            self.assertEqual((symbol["first_ms"], symbol["last_ms"]), (min(times), max(times)))
            self.assertEqual(Decimal(symbol["last_price"]), Decimal(own[-1]["p"]))

    def test_a_trade_message_has_finnhubs_form(self):
        with Simulation(*fast()) as sim:
            client = sim.subscribed("SPY")
            text = client.text()
            sim.stop()
        message = json.loads(text, object_pairs_hook=list)
        self.assertEqual([key for key, _ in message], ["type", "data"])
        self.assertEqual([key for key, _ in message[1][1][0]], ["t", "p", "v", "c", "s"])
        entry = json.loads(text)["data"][0]
        self.assertTrue(abs(entry["t"] - time.time() * 1000) < 60000)
        self.assertIn("1", entry["c"])

    def test_the_same_seed_gives_the_same_trades_and_another_does_not(self):
        def trades(seed, market):
            arguments = ["--symbols", "SPY,BINANCE:BTCUSDT", "--rate", "4000", "--seed", seed,
                         "--market", market, "--count", "400", "--wait-clients", "1",
                         "--settle-ms", "300", "--fault", "late=0.1:0.2", "--fault", "twice"]
            with Simulation(*arguments) as sim:
                texts, _ = until_closed(sim.subscribed("SPY", "BINANCE:BTCUSDT"))
                sim.finish()
            entries = all_entries(texts)
            start = int(entries[0]["t"])
            return [(e["s"], e["p"], e["v"], e["c"], int(e["t"]) - start) for e in entries]
        for market in ("walk", "reverting", "momentum", "regimes", "crash"):
            with self.subTest(market=market):
                first = trades("3", market)
                self.assertEqual(first, trades("3", market))
                self.assertNotEqual(first, trades("4", market))

    def test_unsubscribing_ends_a_symbols_trades(self):
        with Simulation(*fast()) as sim:
            client = sim.subscribed("SPY", "QQQ")
            receive(client, 20)
            client.unsubscribe("SPY")
            self.assertTrue(sim.said("unsubscribed from SPY"))
            while True:  # what was under way
                if {e["s"] for e in receive(client, 20)} == {"QQQ"}:
                    break
            truth = sim.stop()
        self.assertGreater(truth["unsent"], 0)

    def test_several_clients_are_served_each_with_its_own_symbols(self):
        with Simulation(*fast("--wait-clients", "3", "--settle-ms", "300", "--count",
                              "200")) as sim:
            both, spy, qqq = (sim.subscribed("SPY", "QQQ"), sim.subscribed("SPY"),
                              sim.subscribed("QQQ"))
            got = [all_entries(until_closed(client)[0]) for client in (both, spy, qqq)]
            truth = sim.finish()
        self.assertEqual(len(got[0]), 200)
        self.assertEqual([e for e in got[0] if e["s"] == "SPY"], got[1])
        self.assertEqual([e for e in got[0] if e["s"] == "QQQ"], got[2])
        self.assertEqual((truth["trades"], truth["deliveries"], truth["clients"]), (200, 400, 3))

    def test_pings_come_to_everybody_at_once_and_without_subscriptions(self):
        with Simulation("--ping-ms", "50") as sim:
            clients = [sim.connect() for _ in range(3)]
            for client in clients:
                for _ in range(3):
                    self.assertEqual(client.text(), '{"type":"ping"}')
            truth = sim.stop()
        self.assertGreaterEqual(truth["pings"], 9)

    def test_a_wrong_token_is_refused_and_appears_nowhere(self):
        with Simulation("--token", "s3cret+x") as sim:
            for wrong in ("", "s3cret", "s3cret+xx", "other"):
                with self.assertRaises(Refused) as refused:
                    sim.connect(token=wrong)
                self.assertEqual(refused.exception.status, 401)
            sim.connect(token="s3cret%2Bx")
            sim.connect(token="s3cret+x")
            truth = sim.stop()
        self.assertEqual((truth["refused"], truth["clients"]), (4, 2))
        self.assertFalse([line for line in sim.lines if "s3cret" in line])

    def test_control_frames_fragments_and_nonsense_of_a_client_are_taken(self):
        with Simulation(*fast()) as sim:
            client = sim.connect()
            client.send(PING, "abc")
            frame = client.frame()
            self.assertEqual((frame.opcode, frame.payload), (PONG, b"abc"))
            client.send(TEXT, "nonsense")
            client.send(TEXT, '{"type":"subscribe"}')
            client.send(TEXT, '{"type":"subscribe","symbol":17}')
            client.send(TEXT, '{"type":"subs', final=False)
            client.send(PING, "x")
            client.send(0, 'cribe","symbol":"SPY"}')
            self.assertEqual(client.frame().opcode, PONG)
            self.assertTrue(sim.said("subscribed to SPY"))
            receive(client, 1)
            sim.stop()
        self.assertEqual(len([l for l in sim.lines if "not understood" in l]), 3)

    def test_clients_that_break_the_protocol_are_closed_with_its_codes(self):
        with Simulation() as sim:
            for data, code in ((b"\x81\x05Hello", 1002), (b"\xf1\x80\0\0\0\0", 1002),
                               (b"\x80\x80\0\0\0\0", 1002),
                               (b"\x81\xff\0\0\0\0\0\x10\0\0\0\0\0\0", 1009)):
                client = sim.connect()
                client.socket.sendall(data)
                frame = client.frame()
                self.assertEqual((frame.opcode, frame.payload), (CLOSE, code.to_bytes(2, "big")))
            raw = socket.create_connection(("127.0.0.1", sim.port))
            raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b"400 Bad Request", raw.recv(1000))
            raw.close()
            sim.connect()
            sim.stop()

    def test_a_close_is_answered(self):
        with Simulation() as sim:
            client = sim.connect()
            client.send(CLOSE, (1000).to_bytes(2, "big"))
            frame = client.frame()
            self.assertEqual((frame.opcode, frame.payload), (CLOSE, (1000).to_bytes(2, "big")))
            with self.assertRaises(Ended) as ended:
                client.frame()
            self.assertFalse(ended.exception.reset)
            client.close()
            self.assertTrue(sim.said("client 1 gone: closed by peer"))
            sim.stop()

    def test_both_signals_end_it_with_a_close_frame_and_the_truth(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Simulation("--market", "quiet") as sim:
                client = sim.subscribed("SPY")
                self.assertTrue(sim.said("subscribed to SPY"))
                sim.process.send_signal(number)
                _, frame = until_closed(client)
                self.assertEqual(frame.payload, (1001).to_bytes(2, "big"))
                client.close()
                self.assertEqual(sim.finish()["market"], "quiet")

    def test_stay_keeps_the_connection_after_the_last_trade(self):
        with Simulation(*fast("--count", "5", "--stay", "--ping-ms", "50")) as sim:
            client = sim.subscribed("SPY")
            receive(client, 5)
            self.assertTrue(sim.said("all trades are sent"))
            self.assertEqual(client.text(), '{"type":"ping"}')
            self.assertEqual(sim.stop()["trades"], 5)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.certificate = os.path.join(cls.folder.name, "cert.pem")
        cls.key = os.path.join(cls.folder.name, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                        cls.key, "-out", cls.certificate], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_all_of_it_works_over_tls(self):
        with Simulation("--tls", self.certificate, self.key,
                        *fast("--count", "2000", "--wait-clients", "1", "--fault", "fragments",
                              "--fault", "oversized=300000:0.05", rate=20000)) as sim:
            client = sim.connect(ca=self.certificate)
            client.subscribe("SPY", "QQQ")
            entries = []
            try:
                while True:
                    opcode, data = client.message()
                    entries += entries_of(data.decode())
            except Ended:
                pass
            truth = sim.finish()
        self.assertEqual(len(entries), 2000)
        self.assertEqual(truth["trades"], 2000)
        self.assertGreater(truth["faults"]["oversized"], 0)

    def test_who_does_not_speak_tls_is_ended(self):
        with Simulation("--tls", self.certificate, self.key) as sim:
            raw = socket.create_connection(("127.0.0.1", sim.port))
            raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            while raw.recv(1000):
                pass
            raw.close()
            sim.connect(ca=self.certificate)
            self.assertEqual(sim.stop()["clients"], 1)

    def test_files_that_are_no_certificate_are_an_error_that_names_them(self):
        result = run("--tls", self.key, self.key)
        self.assertEqual(result.returncode, 65)
        self.assertIn(self.key, result.stderr)
        result = run("--tls", "/nowhere.pem", self.key)
        self.assertEqual(result.returncode, 65)
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertIn("/nowhere.pem: No such file", result.stderr)


class Replay(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def replay(self, *arguments, symbols=("SPY", "BAC"), expected=0):
        with Simulation("--settle-ms", "200", *arguments) as sim:
            texts, _ = until_closed(sim.subscribed(*symbols))
            truth = sim.finish(expected)
        self.lines = sim.lines
        return all_entries(texts), truth

    def test_recorded_trades_come_with_their_times_and_finnhubs_codes(self):
        write_csv(self.path("a.csv"), [
            (1381132800464, "SPY", "167.41", 100, "P", "1", 0),          # regular
            (1381132800465, "SPY", "167.4125", 1, "P", "80000020", 0),   # odd lot, sweep
            (1381132800465, "BAC", "14.05", 1400, "P", "400", 0),        # form T
            (1381132800470, "SPY", "167.42", 300, "P", "0", 0),
            (1381132800470, "SPY", "9", 300, "P", "1", 1),               # suspicious
        ])
        write_csv(self.path("b.csv.gz"), [(1381132801000, "BAC", "14.06", 5, "P", "2000000", 0)])
        entries, truth = self.replay("--replay", self.path("a.csv"), self.path("b.csv.gz"),
                                     "--speed", "max")
        seen = [(e["t"], e["s"], e["p"], e["v"], e["c"]) for e in entries]
        self.assertEqual(seen, [
            ("1381132800464", "SPY", "167.41", "100", ["1"]),
            ("1381132800465", "SPY", "167.4125", "1", ["8", "12"]),
            ("1381132800465", "BAC", "14.05", "1400", ["24"]),
            ("1381132800470", "SPY", "167.42", "300", []),
            ("1381132801000", "BAC", "14.06", "5", ["21"]),
        ])
        self.assertEqual(truth["recording"],
                         {"records": 6, "malformed": 0, "skipped": 0, "suspicious": 1})
        self.assertEqual((truth["trades"], truth["unsent"], truth["market"]), (5, 0, "replay"))

    def test_only_the_symbols_that_were_named_are_sent(self):
        write_csv(self.path("a.csv"), [(1381132800464 + i, ("SPY", "BAC", "IBM")[i % 3], 10, 1,
                                        "P", 1, 0) for i in range(30)])
        entries, truth = self.replay("--replay", self.path("a.csv"), "--speed", "max",
                                     "--symbols", "SPY,IBM", symbols=("SPY", "BAC", "IBM"))
        self.assertEqual(collections.Counter(e["s"] for e in entries), {"SPY": 10, "IBM": 10})
        self.assertEqual(truth["recording"]["skipped"], 10)

    def test_at_full_speed_a_slow_reader_loses_nothing_and_nothing_piles_up(self):
        count = 300000  # 18 MB; the kernel's buffers take six at most
        write_csv(self.path("a.csv"), [(1381132800000 + i // 7, "SPY", 10 + i % 9, i % 1000, "P",
                                        1, 0) for i in range(count)])
        with Simulation("--settle-ms", "100", "--replay", self.path("a.csv"), "--speed",
                        "max") as sim:
            client = sim.subscribed("SPY", receive_buffer=8192)
            self.assertTrue(sim.said("trading starts"))
            time.sleep(0.5)  # it could send all of it meanwhile, if it did not wait
            with open("/proc/%d/io" % sim.process.pid) as file:
                written = int(re.search(r"wchar: (\d+)", file.read()).group(1))
            text = "".join(until_closed(client)[0])
            truth = sim.finish()
        self.assertLess(written, 8 << 20)
        self.assertGreater(len(text), 16 << 20)
        volumes = [int(volume) for volume in re.findall(r'"v":(\d+)', text)]
        self.assertEqual(volumes, [i % 1000 for i in range(count)])
        self.assertEqual(truth["trades"], count)

    def test_a_replay_waits_for_as_many_clients_as_it_is_told(self):
        write_csv(self.path("a.csv"), [(1381132800000 + i, "SPY", 10, 1, "P", 1, 0)
                                       for i in range(1000)])
        with Simulation("--replay", self.path("a.csv"), "--speed", "max", "--wait-clients", "2",
                        "--settle-ms", "100") as sim:
            first = sim.subscribed("SPY")
            self.assertFalse(sim.said("trading starts", timeout=0.5))
            second = sim.subscribed("SPY")
            got = [len(all_entries(until_closed(client)[0])) for client in (first, second)]
            truth = sim.finish()
        self.assertEqual((got, truth["deliveries"]), ([1000, 1000], 2000))

    def test_at_full_speed_it_stands_still_while_nobody_is_there(self):
        count = 100000
        write_csv(self.path("a.csv"), [(1381132800000 + i, "SPY", 10, i, "P", 1, 0)
                                       for i in range(count)])
        with Simulation("--settle-ms", "100", "--replay", self.path("a.csv"), "--speed", "max",
                        "--fault", "end=0:1") as sim:
            first = all_entries(until_ended(sim.subscribed("SPY", receive_buffer=8192)))
            second = all_entries(until_closed(sim.subscribed("SPY"))[0])
            truth = sim.finish()
        self.assertGreater(len(second), 0)
        self.assertEqual(len(first) + len(second), count)
        self.assertEqual((truth["trades"], truth["unsent"], truth["clients"]), (count, 0, 2))

    def test_speed_divides_the_recorded_time(self):
        write_csv(self.path("a.csv"), [(1381132800000 + 100 * i, "SPY", 10, i, "P", 1, 0)
                                       for i in range(41)])
        started = time.monotonic()
        entries, _ = self.replay("--replay", self.path("a.csv"), "--speed", "10")
        self.assertEqual(len(entries), 41)
        self.assertEqual(int(entries[-1]["t"]), 1381132804000)
        self.assertGreater(time.monotonic() - started, 0.4)

    def test_shifted_to_now_exchange_time_is_the_time_of_sending(self):
        write_csv(self.path("a.csv"), [(1381132800000 + 100 * i, "SPY", 10, i, "P", 1, 0)
                                       for i in range(41)])
        before = time.time() * 1000
        entries, _ = self.replay("--replay", self.path("a.csv"), "--speed", "10",
                                 "--shift-to-now")
        after = time.time() * 1000
        times = [int(e["t"]) for e in entries]
        self.assertTrue(before <= times[0] <= times[-1] <= after)
        self.assertEqual([t - times[0] for t in times], [10 * i for i in range(41)])

    def test_shifted_by_weeks_all_times_lie_after_now_and_keep_their_distances(self):
        rows = [(1381152600000 + 700 * i, "SPY", 10, i, "P", 1, 0) for i in range(50)]
        write_csv(self.path("a.csv"), rows)  # Monday, 2013-10-07, 09:30 in New York
        before = time.time() * 1000
        entries, _ = self.replay("--replay", self.path("a.csv"), "--speed", "max",
                                 "--shift-weeks")
        times = [int(e["t"]) for e in entries]
        self.assertTrue(before < times[0] < before + 8 * 86400e3)
        self.assertEqual([t - times[0] for t in times], [700 * i for i in range(50)])
        self.assertEqual(time.gmtime(times[0] / 1000).tm_wday, 0)
        self.assertIn(times[0] % 86400000, (13.5 * 3600e3, 14.5 * 3600e3))

    def test_long_pauses_can_be_cut_short(self):
        write_csv(self.path("a.csv"), [(1381132800000, "SPY", 10, 1, "P", 1, 0),
                                       (1381192800000, "SPY", 10, 2, "P", 1, 0)])
        entries, _ = self.replay("--replay", self.path("a.csv"), "--longest-pause-ms", "50")
        self.assertEqual([e["t"] for e in entries], ["1381132800000", "1381192800000"])

    def test_a_broken_recording_ends_with_its_record_after_what_came_before(self):
        write_csv(self.path("a.csv"), [(1381132800000, "SPY", 10, 1, "P", 1, 0),
                                       (1381132800001, "SPY", "ten", 1, "P", 1, 0),
                                       (1381132800002, "SPY", 10, 1, "P", 1, 0)])
        entries, truth = self.replay("--replay", self.path("a.csv"), "--speed", "max",
                                     expected=65)
        self.assertEqual((len(entries), truth["trades"]), (1, 1))
        self.assertIn("2", truth["error"])
        self.assertTrue([line for line in self.lines if "a.csv" in line])

    def test_unreadable_recordings_are_an_error_at_once(self):
        write_csv(self.path("a.csv"), [(1381132800000, "SPY", 10, 1, "P", 1, 0)])
        write_csv(self.path("bad.csv"), [], header="time_ms,symbol")
        for files in (["/nowhere.csv"], [self.path("a.csv"), "/nowhere.csv"],
                      [self.path("bad.csv")]):
            result = run("--listen", "127.0.0.1:0", "--replay", *files)
            self.assertEqual((result.returncode, result.stderr.count("\n")), (65, 1))
            self.assertIn(files[-1], result.stderr)

    def test_real_trades_come_through_unchanged(self):
        data = os.environ.get("TICKD_DATA")
        recording = os.path.join(data, "trades-20131007.csv.gz") if data else None
        if not recording or not os.path.exists(recording):
            self.skipTest("no data")
        part = self.path("part.csv")
        with gzip.open(recording, "rt") as source, open(part, "w") as target:
            for _, line in zip(range(20001), source):
                target.write(line)
        with open(part) as file:
            rows = list(csv.DictReader(file))
        entries, truth = self.replay("--replay", part, "--speed", "max", "--per-frame", "30",
                                     symbols=("SPY", "BAC", "AIG", "IBM"))
        self.assertEqual([(r["time_ms"], r["symbol"], Decimal(r["price"]), Decimal(r["volume"]))
                          for r in rows],
                         [(e["t"], e["s"], Decimal(e["p"]), Decimal(e["v"])) for e in entries])
        self.assertEqual(truth["trades"], 20000)


class CommandLine(unittest.TestCase):
    def test_mistakes_are_one_line_that_names_them(self):
        for arguments, named in (
                (["--nope"], "--nope"), (["--market", "boom"], "boom"), (["--rate", "0"], "--rate"),
                (["--rate", "1e99"], "--rate"), (["--fault", "boom"], "boom"),
                (["--fault", "news=2"], "news"), (["--listen", "8051"], "--listen"),
                (["--listen", "example:1"], "example"), (["--listen", ":1"], "--listen"),
                (["--listen", "127.0.0.1:65536"], "65536"), (["--symbols", "A,,B"], "--symbols"),
                (["--tls", "one"], "--tls"), (["--speed", "2"], "--replay"),
                (["--speed", "fast"], "fast"), (["--per-frame", "1001"], "1001"),
                (["--seed", "-1"], "--seed"), (["--seed", "1", "--seed", "2"], "twice"),
                (["--parameter", "gap_bps=-1"], "gap_bps"), (["--parameter", "x=1"], "x=1"),
                (["--parameter", "gap_bps"], "gap_bps"), (["--count", "0"], "--count"),
                (["--replay", "x", "--rate", "1"], "--rate"), (["word"], "word"),
                (["--replay", "x", "--speed", "max", "--shift-to-now"], "--shift-to-now"),
                (["--replay", "x", "--shift-weeks", "--shift-to-now"], "--shift-weeks"),
                (["--replay", "x", "--fault", "delay"], "delay")):
            result = run(*arguments)
            self.assertEqual((result.returncode, result.stdout), (64, ""), arguments)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
            self.assertIn(named, result.stderr)

    def test_a_port_in_use_is_told(self):
        taken = socket.socket()
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--listen", "127.0.0.1:%d" % port)
        taken.close()
        self.assertEqual(result.returncode, 73)
        self.assertIn("port %d: address already in use" % port, result.stderr)

    def test_it_listens_on_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError:
            self.skipTest("no IPv6 here")
        result = subprocess.Popen(["sh", "-c", "exec \"$0\" --listen '[::1]:0'",
                                   simulation.PROGRAM],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = result.stderr.readline()
        result.terminate()
        result.communicate()
        self.assertRegex(line, r"^listening on \[::1\]:\d+$")

    def test_help_and_version(self):
        result = run("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for word in ("--listen", "reverting", "gap_bps", "second-connection"):
            self.assertIn(word, result.stdout)
        self.assertTrue(all(len(line) <= 82 for line in result.stdout.split("\n")))
        self.assertRegex(run("--version").stdout, r"^finnhub-sim \d+\.\d+\.\d+\n$")

    def test_quiet_says_no_more_than_it_must(self):
        with Simulation(*fast("--quiet", "--count", "10")) as sim:
            until_closed(sim.subscribed("SPY"))
            sim.finish()
        self.assertEqual(len(sim.lines), 2, sim.lines)  # listening, and the end of stderr


if __name__ == "__main__":
    require_program()
    unittest.main()
