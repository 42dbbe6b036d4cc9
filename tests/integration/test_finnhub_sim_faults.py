"""Every fault of finnhub-sim, as a client sees it. A test that looks at one says so in its
decorator; the last test compares these with the list that --help prints."""

import collections
import decimal
import json
import re
import socket
import time
import unittest

from simulation import (Simulation, all_entries, entries_of, fast, receive, require_program, run,
                        strict)
from websocket_client import BINARY, CLOSE, PING, TEXT, Ended, Refused

Decimal = decimal.Decimal
FAULTS_TESTED = set()


def tests_faults(*names):
    """Notes which faults a test looks at, so that none can be forgotten."""
    FAULTS_TESTED.update(names)
    return lambda test: test


class Faults(unittest.TestCase):
    """Each fault, as it looks from outside."""

    def session(self, *faults, count=400, symbols=("SPY", "QQQ"), more=()):
        """All messages of a short market with these faults: (opcode, bytes), and the truth."""
        arguments = [part for fault in faults for part in ("--fault", fault)]
        messages = []
        with Simulation(*fast("--count", str(count), "--wait-clients", "1", "--settle-ms", "200",
                              *arguments, *more, rate=4000)) as sim:
            client = sim.subscribed(*symbols)
            try:
                while True:
                    messages.append(client.message())
            except Ended:
                pass
            self.control = client.control
            self.client = client
            client.close()
            truth = sim.finish()
        self.lines = sim.lines
        self.assertEqual(truth["trades"], count)
        return messages, truth

    def trades(self, *faults, **options):
        messages, truth = self.session(*faults, **options)
        return all_entries([data.decode() for _, data in messages]), truth

    def extras(self, *faults, **options):
        """Messages that are no trades of the two symbols, and the truth."""
        def is_trade(message):
            try:
                entries = strict(message[1])["data"]
                return message[0] == TEXT and all(e["s"] in ("SPY", "QQQ") for e in entries)
            except (ValueError, TypeError, KeyError, RecursionError):
                return False
        messages, truth = self.session(*faults, **options)
        own = [m for m in messages if is_trade(m) and entries_of(m[1].decode())]
        self.assertEqual(sum(len(entries_of(m[1].decode())) for m in own), truth["deliveries"])
        return [m for m in messages if m not in own], truth

    @tests_faults("key-order")
    def test_key_order(self):
        for word, expected in (("type", {"type"}), ("data", {"data"}), ("mixed", {"type", "data"})):
            messages, _ = self.session("key-order=" + word)
            orders = {json.loads(data, object_pairs_hook=list)[0][0] for _, data in messages}
            self.assertEqual(orders, expected)

    @tests_faults("conditions")
    def test_conditions(self):
        def forms(word):
            entries, _ = self.trades("conditions=" + word)
            return {"absent" if "c" not in e else "null" if e["c"] is None else
                    "empty" if not e["c"] else "unknown" if "99" in e["c"] else "list"
                    for e in entries}
        for word in ("null", "absent", "empty", "list", "unknown"):
            self.assertEqual(forms(word), {word})
        self.assertEqual(forms("mixed"), {"null", "absent", "empty", "list", "unknown"})

    @tests_faults("volumes")
    def test_volumes(self):
        entries, truth = self.trades("volumes=0.9")
        volumes = {e["v"] for e in entries}
        for special in ("0", "0.000004", "1e-7", "1000000"):
            self.assertIn(special, volumes)
        self.assertEqual(sum(Decimal(e["v"]) for e in entries),
                         sum(Decimal(s["volume"]) for s in truth["symbols"]))

    @tests_faults("entries")
    def test_entries(self):
        messages, _ = self.session("entries=30", count=3000, more=["--hold-ms", "1000"])
        sizes = {len(entries_of(data.decode())) for _, data in messages}
        self.assertTrue(sizes <= set(range(1, 31)) and len(sizes) > 20, sizes)

    @tests_faults("unsorted")
    def test_unsorted(self):
        entries, _ = self.trades("unsorted=150", count=1000)
        newest, most = 0, 0
        for entry in entries:
            most = max(most, newest - int(entry["t"]))
            newest = max(newest, int(entry["t"]))
        self.assertTrue(50 < most <= 190, most)  # the network adds up to 40

    @tests_faults("twice")
    def test_twice(self):
        messages, truth = self.session("twice=frame")
        for _, data in messages[:-1]:
            entries = entries_of(data.decode())
            half = len(entries) // 2
            self.assertEqual(entries[:half], entries[half:])
        self.assertAlmostEqual(truth["duplicates"], 400, delta=20)
        for word, longest in (("soon", 100), ("second", 1000)):
            entries, truth = self.trades("twice=" + word, count=2000)
            self.assertGreater(truth["duplicates"], 100)
            self.assertEqual(truth["duplicates"] + 2000, len(entries))

    @tests_faults("triple")
    def test_triple(self):
        messages, truth = self.session("twice=frame", "triple")
        for _, data in messages[:-1]:
            entries = entries_of(data.decode())
            third = len(entries) // 3
            self.assertTrue(entries[:third] == entries[third:2 * third] == entries[2 * third:])
        self.assertAlmostEqual(truth["duplicates"], 800, delta=40)

    @tests_faults("other-conditions")
    def test_other_conditions(self):
        messages, truth = self.session("twice=frame", "other-conditions=1")
        for _, data in messages[:-1]:
            entries = entries_of(data.decode())
            half = len(entries) // 2
            for first, second in zip(entries[:half], entries[half:]):
                self.assertEqual([first[k] for k in "tpvs"], [second[k] for k in "tpvs"])
                self.assertNotEqual(first["c"], second["c"])

    @tests_faults("identical")
    def test_identical(self):
        entries, truth = self.trades("identical=0.5")
        times = collections.Counter((e["s"], e["t"], e["p"], e["v"]) for e in entries)
        self.assertGreater(sum(n - 1 for n in times.values()), 90)
        self.assertEqual((truth["duplicates"], len(entries)), (0, 400))

    @tests_faults("late")
    def test_late(self):
        entries, _ = self.trades("late=0.3:0.3", count=3000)
        newest, late = 0, 0
        for entry in entries:
            late += newest - int(entry["t"]) > 200
            newest = max(newest, int(entry["t"]))
        self.assertGreater(late, 300)

    @tests_faults("delay")
    def test_delay(self):
        entries, _ = self.trades("delay=600")
        age = time.time() - int(entries[-1]["t"]) / 1000
        self.assertTrue(600 <= age < 660, age)

    def timed(self, fault, *more):
        sim = Simulation(*fast("--fault", fault, "--ping-ms", "50", *more))
        self.addCleanup(sim.__exit__, None, None, None)
        return sim

    def wait_for_silence(self, client, seconds=0.5):
        """All texts until nothing has come for so long."""
        texts = []
        try:
            while True:
                texts.append(client.text(seconds))
        except socket.timeout:
            return texts

    @tests_faults("silence")
    def test_silence(self):
        sim = self.timed("silence=0.3:1")
        client = sim.subscribed("SPY")
        self.assertTrue(sim.said("client 1: fault silence"))
        texts = self.wait_for_silence(client)
        self.assertTrue(all_entries(texts) and '{"type":"ping"}' in texts)
        receive(sim.subscribed("SPY"), 300)  # the second connection is spared
        self.assertEqual(sim.stop()["faults"], {"silence": 1})

    @tests_faults("pings-only")
    def test_pings_only(self):
        sim = self.timed("pings-only=0.3")
        client = sim.subscribed("SPY")
        receive(client, 10)
        self.assertTrue(sim.said("fault pings-only"))
        texts = [client.text()]
        while set(texts[-4:]) != {'{"type":"ping"}'}:  # and what was under way before
            texts.append(client.text())
        self.assertEqual(sim.stop()["faults"], {"pings-only": 1})

    @tests_faults("no-pings")
    def test_no_pings(self):
        with Simulation(*fast("--fault", "no-pings", "--ping-ms", "5")) as sim:
            client = sim.subscribed("SPY")
            receive(client, 200)
            self.assertEqual(sim.stop()["pings"], 0)

    @tests_faults("silent-symbol")
    def test_silent_symbol(self):
        entries, truth = self.trades("silent-symbol=QQQ")
        self.assertEqual({e["s"] for e in entries}, {"SPY"})
        self.assertGreater(truth["faults"]["silent-symbol"], 300)

    @tests_faults("half-dead")
    def test_half_dead(self):
        sim = self.timed("half-dead=0.3")
        client = sim.subscribed("SPY")
        self.assertTrue(sim.said("client 1: fault half-dead"))
        self.wait_for_silence(client)
        client.send(PING, "still there?")
        with self.assertRaises(socket.timeout):
            client.frame(0.3)
        client.send(CLOSE, b"\x03\xe8")
        with self.assertRaises(socket.timeout):
            client.frame(0.3)
        truth = sim.stop()
        self.assertEqual(truth["faults"], {"half-dead": 1})

    @tests_faults("symbol-limit")
    def test_symbol_limit(self):
        with Simulation("--market", "quiet", "--fault", "symbol-limit=2") as sim:
            client = sim.subscribed("A", "B", "C")
            error = '{"msg":"Subscribing to too many symbols","type":"error"}'
            self.assertEqual(client.text(), error)
            client.unsubscribe("A")
            client.subscribe("C", "B", "D")
            self.assertEqual(client.text(), error)
            sim.stop()
        with Simulation("--market", "quiet") as sim:
            client = sim.subscribed(*["S%d" % i for i in range(51)])
            self.assertEqual(client.text(), error)
            self.assertEqual(sim.stop()["faults"], {"symbol-limit": 1})
        self.assertEqual(len([l for l in sim.lines if "subscribed to" in l]), 50)

    @tests_faults("invalid-symbol")
    def test_invalid_symbol(self):
        with Simulation(*fast("--fault", "invalid-symbol=QQQ")) as sim:
            client = sim.subscribed("QQQ", "SPY")
            self.assertEqual(client.text(), '{"msg":"Invalid symbol QQQ","type":"error"}')
            self.assertEqual({e["s"] for e in receive(client, 50)}, {"SPY"})
            sim.stop()

    @tests_faults("error")
    def test_error(self):
        with Simulation(*fast("--fault", "error=Server is restarting")) as sim:
            client = sim.subscribed("SPY")
            self.assertEqual(json.loads(client.text()),
                             {"type": "error", "msg": "Server is restarting"})
            receive(client, 5)
            sim.stop()

    @tests_faults("handshake-401", "handshake-429", "handshake-200", "handshake-524")
    def test_handshakes_that_are_refused(self):
        for status in (401, 429, 200, 524):
            fault = "handshake-%d" % status
            with Simulation("--fault", fault + "=2") as sim:
                for _ in range(2):
                    with self.assertRaises(Refused) as refused:
                        sim.connect()
                    answer = refused.exception
                    self.assertEqual(answer.status, status)
                    self.assertEqual(int(answer.headers["content-length"]), len(answer.body))
                    self.assertEqual(status == 524, b"<html>" in answer.body)
                sim.connect()
                truth = sim.stop()
            self.assertEqual((truth["refused"], truth["clients"]), (2, 1))
            self.assertEqual(truth["faults"], {fault: 2})
            with Simulation("--fault", fault) as sim:
                for _ in range(4):
                    self.assertRaises(Refused, sim.connect)
                sim.stop()

    @tests_faults("handshake-late")
    def test_handshake_late(self):
        with Simulation("--fault", "handshake-late=0.4:1") as sim:
            started = time.monotonic()
            sim.connect()
            self.assertGreater(time.monotonic() - started, 0.4)
            with self.assertRaises(socket.timeout):
                sim.connect().frame(0.1)
            truth = sim.stop()
        self.assertEqual(truth["faults"], {"handshake-late": 1})
        with Simulation("--fault", "handshake-late=65") as sim:
            self.assertRaises(socket.timeout, sim.connect, timeout=0.5)
            sim.stop()

    @tests_faults("connect-limit")
    def test_connect_limit(self):
        with Simulation("--fault", "connect-limit=3") as sim:
            for _ in range(3):
                sim.connect().close()
            with self.assertRaises(Refused) as refused:
                sim.connect()
            self.assertEqual(refused.exception.status, 429)
            sim.stop()

    @tests_faults("lower-case")
    def test_lower_case(self):
        with Simulation("--fault", "lower-case") as sim:
            client = sim.connect()
            sim.stop()
        lines = client.head.split("\r\n")[1:]
        self.assertIn("connection: upgrade", lines)
        self.assertTrue(all(line.split(":")[0].islower() for line in lines))

    def pair(self, word):
        sim = self.timed("second-connection=" + word)
        first = sim.subscribed("SPY")
        receive(first, 5)
        return sim, first, sim.subscribed("SPY")

    def ends(self, client):
        """How a client's connection ends: its close frame's code or None, and whether by reset."""
        code = None
        try:
            while True:
                frame = client.frame()
                if frame.opcode == CLOSE:
                    code = int.from_bytes(frame.payload[:2], "big")
        except Ended as ended:
            return code, ended.reset

    @tests_faults("second-connection")
    def test_a_second_connection(self):
        sim, first, second = self.pair("kick")
        self.assertEqual(self.ends(first), (None, False))
        receive(second, 50)
        sim.stop()
        sim, first, second = self.pair("dead")
        receive(second, 5)
        self.wait_for_silence(first)
        receive(second, 50)
        sim.stop()
        sim, first, second = self.pair("both")
        self.assertEqual((self.ends(first), self.ends(second)), ((None, False), (None, False)))
        sim.stop()
        sim, first, second = self.pair("refuse")
        self.assertEqual(self.ends(second), (1000, False))
        receive(first, 50)
        sim.stop()

    @tests_faults("close", "end", "reset")
    def test_connections_that_end(self):
        for fault, expected in (("close", (1000, False)), ("end", (None, False)),
                                ("reset", (None, True))):
            sim = self.timed(fault + "=0.2:2")
            for _ in range(2):
                self.assertEqual(self.ends(sim.subscribed("SPY")), expected)
            receive(sim.subscribed("SPY"), 150)
            self.assertEqual(sim.stop()["faults"], {fault: 2})

    @tests_faults("bad-frame")
    def test_bad_frame(self):
        sim = self.timed("bad-frame=0.1")
        client = sim.subscribed("SPY")
        while True:
            frame = client.frame()
            if frame.reserved:
                break
        self.assertEqual(frame.reserved, 7)
        sim.stop()

    @tests_faults("fragments")
    def test_fragments(self):
        entries, truth = self.trades("fragments=1")
        self.assertEqual(len(entries), 400)
        pings = [frame for frame in self.control if frame.opcode == PING]
        self.assertEqual(len(pings), 3 * truth["messages"])
        self.assertEqual(truth["faults"]["fragments"], truth["frames"])

    @tests_faults("unknown-types")
    def test_unknown_types(self):
        extras, truth = self.extras("unknown-types=1")
        self.assertEqual(len(extras), truth["faults"]["unknown-types"])
        types = {json.loads(data)["type"] for _, data in extras}
        self.assertTrue(len(types) >= 4 and not types & {"trade", "ping", "error", "news"})

    @tests_faults("news")
    def test_news(self):
        extras, truth = self.extras("news=1")
        self.assertEqual(len(extras), truth["faults"]["news"])
        for _, data in extras:
            message = json.loads(data)
            self.assertIn(message["type"], ("news", "pr"))
            story = message["data"][0]
            self.assertIn(story.get("related", story.get("symbol")), ("SPY", "QQQ"))

    @tests_faults("oversized")
    def test_oversized(self):
        extras, truth = self.extras("oversized=1500000:0.1", count=200)
        self.assertEqual(len(extras), truth["faults"]["oversized"])
        self.assertTrue(extras)
        for opcode, data in extras:
            self.assertEqual((opcode, len(data)), (TEXT, 1500000))
            json.loads(data)

    @tests_faults("garbage")
    def test_garbage(self):
        extras, truth = self.extras("garbage=1")
        self.assertEqual(len(extras), truth["faults"]["garbage"])
        for _, data in extras:
            with self.assertRaises((ValueError, RecursionError)):
                strict(data)

    @tests_faults("truncated")
    def test_truncated(self):
        extras, truth = self.extras("truncated=1")
        self.assertEqual(len(extras), truth["faults"]["truncated"])
        for _, data in extras:
            self.assertTrue(data.startswith(b"{"))
            self.assertRaises(ValueError, json.loads, data)

    @tests_faults("invalid-utf8")
    def test_invalid_utf8(self):
        extras, truth = self.extras("invalid-utf8=1")
        self.assertEqual(len(extras), truth["faults"]["invalid-utf8"])
        for opcode, data in extras:
            self.assertEqual(opcode, TEXT)
            self.assertRaises(UnicodeDecodeError, data.decode)

    @tests_faults("binary")
    def test_binary(self):
        extras, truth = self.extras("binary=1")
        self.assertEqual(len(extras), truth["faults"]["binary"])
        self.assertEqual({opcode for opcode, _ in extras}, {BINARY})

    @tests_faults("empty")
    def test_empty(self):
        extras, truth = self.extras("empty=1")
        self.assertEqual(len(extras), truth["faults"]["empty"])
        self.assertEqual({data for _, data in extras},
                         {b"", b'{"type":"trade","data":[]}', b'{"data":null,"type":"trade"}'})

    @tests_faults("bad-entries")
    def test_bad_entries(self):
        messages, truth = self.session("bad-entries=1")
        self.assertGreater(truth["faults"]["bad-entries"], 12)
        bad = 0
        for _, data in messages:
            for entry in json.loads(data, parse_float=Decimal)["data"]:
                try:
                    good = (isinstance(entry["s"], str) and 0 < entry["p"] < 10 ** 10
                            and entry["v"] >= 0 and entry["t"] > 10 ** 12)
                except (TypeError, KeyError):
                    good = False
                bad += not good
        self.assertEqual(sum(len(json.loads(data)["data"]) for _, data in messages) - bad, 400)

    @tests_faults("strangers")
    def test_strangers(self):
        entries, truth = self.trades("strangers=1")
        strangers = [e for e in entries if e["s"] not in ("SPY", "QQQ")]
        self.assertEqual(len(strangers), truth["faults"]["strangers"])
        self.assertEqual(len(entries) - len(strangers), 400)

    def test_every_fault_of_the_help_is_tested(self):
        text = run("--help").stdout
        faults = text[text.index("\nFaults"):].split(":\n", 1)[1]
        names = set(re.findall(r"^  ([a-z0-9-]+)", faults, re.MULTILINE))
        self.assertEqual(names, FAULTS_TESTED)
        self.assertGreater(len(names), 35)


if __name__ == "__main__":
    require_program()
    unittest.main()
