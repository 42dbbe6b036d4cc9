"""The control socket in bad hands: whatever a client does, it gets an error or is cut, and the
daemon goes on as if nothing had been."""

import contextlib
import itertools
import json
import os
import random
import socket
import struct
import time
import unittest

from daemon import Daemon, wait_until
from simulation import Simulation, fast, require_program

LINE_MAX = 65536
CLIENTS_MAX = 32
SEED = int(os.environ.get("TICKD_SEED", "1"))

PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602
TOO_MANY, TOO_LONG = -32004, -32005


def call(method, params="[]", number="1"):
    return '{"jsonrpc":"2.0","id":%s,"method":"%s","params":%s}' % (number, method, params)


# A line, and the code of the error that answers it; None: a result, or an error about the line.
LINES = (
    ('{"nonsense', PARSE), ("{}", REQUEST), ("{", PARSE), ("{]", PARSE), ('{"a":1', PARSE),
    ('{"jsonrpc":"2.0","id":1}', REQUEST), ('{"jsonrpc":"1.0","id":1,"method":"status"}', REQUEST),
    ('{"jsonrpc":"2.0","id":[],"method":"status"}', REQUEST),
    ('{"jsonrpc":"2.0","id":1,"method":7}', REQUEST),
    ('{"jsonrpc":"2.0","id":1,"method":"status","method":"health"}', None),
    ('{"jsonrpc":"2.0","id":"%s","method":"status"}' % ("x" * 200), REQUEST),
    (call("status") + "}", PARSE), (call("status") + call("status"), PARSE),
    (call("nothing"), METHOD), (call("x" * 60000), METHOD), (call("bars"), PARAMS),
    (call("bars", '["SPY",0]'), PARAMS), (call("bars", '["SPY",-1]'), PARAMS),
    (call("bars", '["SPY",1e99]'), PARAMS), (call("bars", '["SPY",18446744073709551617]'), PARAMS),
    (call("bars", '["NONE"]'), -32002), (call("bars", '{"colour":"red"}'), PARAMS),
    (call("bars", "7"), None), (call("history", '["bars","","",""]'), PARAMS),
    (call("watch", '["BARS"]'), PARAMS), (call("wait", '["for godot"]'), PARAMS),
    (call("version", number="1e400"), None), (call("version", number="-0.5E+7"), None),
    (call("version", number='"\\ud83d\\ude00"'), None),
    (call("status", "[" * 30000 + "]" * 30000), None), ('{"a":' * 10000, None),
    ('{"x":%s%s,%s' % ("[" * 30, "]" * 30, call("version")[1:]), None),
    ("[" + call("status") + "]", None), ("\x00", None), ("{\x00}", PARSE), (b"{\xff\xfe}", PARSE),
    (b"\x80\x81\x82", None), ("status now", None), ("bars", None), ('"', None), ('bars "SPY', None),
    ("bars SPY 99999999999999999999", None), ("x" * LINE_MAX, None), ("\t \t x", None),
)


class Abuse(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.resources = contextlib.ExitStack()
        try:
            cls.sim = cls.resources.enter_context(Simulation(*fast("--ping-ms", "500", rate=2000)))
            cls.tickd = cls.resources.enter_context(Daemon(
                "--set", "control.output_bytes_max=262144",
                "--set", "market.grace_ms=60000",  # late is what comes out of order, not slowly
                port=cls.sim.port))
            cls.tickd.wait_for_trades(1)
            cls.tickd.wait_for_status(lambda status: status["tape"].get("file"), "the tape's file")
            cls.descriptors = cls.count_descriptors()
        except BaseException:
            cls.resources.close()
            raise

    @classmethod
    def tearDownClass(cls):
        """After all of it: one connection to the feed, nothing lost, nothing late, a clean end."""
        with cls.resources:
            status = cls.tickd.status()
            code, _ = cls.tickd.stop()
            errors = cls.tickd.text_of("err")
            truth = cls.sim.stop()
        assert (code, errors) == (0, ""), (code, errors)
        assert status["feed"]["connections"] == truth["clients"] == 1
        assert truth["cut"] == 0
        assert status["input"]["late"] == 0

    @classmethod
    def count_descriptors(cls):
        return len(os.listdir("/proc/%d/fd" % cls.tickd.process.pid))

    def tearDown(self):
        """Clients are gone without a trace, trades go on, nobody is stale."""
        def is_alone():
            try:
                reply = self.tickd.status()  # an error as long as it is one too many itself
            except (BrokenPipeError, ConnectionResetError):  # likewise, closed before it could ask
                return False
            return "clients" in reply and reply["clients"]["connected"] == 1
        self.tickd.wait_until(is_alone, "the clients to be forgotten")
        wait_until(lambda: self.count_descriptors() == self.descriptors, "closed descriptors")
        before = self.tickd.status()
        self.tickd.wait_for_trades(before["input"]["trades"] + 10)
        self.assertEqual((before["health"]["score"], before["feed"]["state"]), (100, "streaming"))

    def cut_off(self):
        return self.tickd.status()["clients"]["cut_off"]

    def test_every_line_is_answered_and_the_connection_goes_on(self):
        with self.tickd.connect() as connection:
            for line, code in LINES:
                with self.subTest(line=line[:70]):
                    data = line if isinstance(line, bytes) else line.encode()
                    connection.send(data + b"\n" + call("version", number="99").encode() + b"\n")
                    first = connection.reply()
                    if code is not None:
                        self.assertEqual(first["error"]["code"], code)
                        self.assertLess(len(first["error"]["message"]), 1024)
                    elif "error" in first:
                        self.assertIn(first["error"]["code"], (PARSE, REQUEST, METHOD, PARAMS))
                    self.assertEqual(connection.reply()["id"], 99)

    def test_random_bytes_do_no_harm(self):
        rng = random.Random(SEED)
        print("TICKD_SEED=%d" % SEED)
        alphabet = b'{}[]":,0123456789.eE+-\\untrfalse \t\n\r\x00\x7f\xc3\xa9jsonrpcmethodid2'
        for _ in range(50):
            with self.tickd.connect() as connection:
                size = rng.choice((1, 20, 300, 5000))
                connection.send(bytes(rng.choice(alphabet) for _ in range(size))
                                if rng.random() < 0.7 else rng.randbytes(size))
                connection.socket.shutdown(socket.SHUT_WR)
                connection.ended()

    def test_one_byte_too_many_is_said_and_closed(self):
        prefix, suffix = '{"jsonrpc":"2.0","id":5,"method":"version","x":"', '"}'
        exact = prefix + "x" * (LINE_MAX - len(prefix) - len(suffix)) + suffix
        with self.tickd.connect() as connection:
            connection.send(exact[:-2] + '"}')
            connection.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(json.loads(connection.ended()[0])["id"], 5)
        with self.tickd.connect() as connection:
            connection.send("x" * (LINE_MAX + 1))
            lines = connection.ended()
        self.assertEqual([json.loads(line)["error"]["code"] for line in lines], [TOO_LONG])

    def admitted(self):
        """A connection that is let in, as soon as those that have gone are forgotten."""
        def attempt():
            connection = self.tickd.connect()
            with contextlib.suppress(BrokenPipeError):
                if "result" in connection.request("version"):
                    return connection
            connection.close()
            return None
        return self.tickd.wait_until(attempt, "a free place")

    def test_the_client_that_is_one_too_many_is_told_so_and_the_others_stay(self):
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self.admitted()) for _ in range(CLIENTS_MAX)]
            for _ in range(3):
                with self.tickd.connect() as extra:
                    lines = extra.ended()
                self.assertEqual([json.loads(line)["error"]["code"] for line in lines], [TOO_MANY])
            for client in clients:
                self.assertIn("result", client.request("version"))
            clients.pop().close()
            self.admitted().close()

    def test_who_watches_and_does_not_read_is_cut_off_while_others_see_all(self):
        before = self.cut_off()
        with self.tickd.connect() as deaf, self.tickd.connect() as reader:
            deaf.request("watch", "all")
            reader.request("watch", "TRADE")
            trades, numbers = 0, []
            ends = time.monotonic() + 30
            while self.cut_off() == before:
                self.assertLess(time.monotonic(), ends, "it is not cut off")
                for _ in range(200):
                    numbers.append(reader.reply()["params"]["seq"])
            status = self.tickd.status()
            trades = status["input"]["accepted"] + status["input"]["late"]
            seen = deaf.ended()
            self.assertGreater(len(seen), 100)
            for line in seen[:-1]:
                json.loads(line)
        self.assertEqual(self.cut_off(), before + 1)
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertGreater(trades, len(numbers) // 2)
        self.assertEqual(status["health"]["score"], 100)

    def test_half_a_request_and_replies_that_nobody_reads_end_after_their_time(self):
        before = self.cut_off()
        with self.tickd.connect() as half, self.tickd.connect() as deaf:
            half.send('{"jsonrpc":"2.0","id":1,')
            deaf.socket.setblocking(False)
            lines = (call("status") + "\n").encode() * 1000
            sent = 0
            with contextlib.suppress(BlockingIOError):
                while sent < 64 * len(lines):
                    sent += deaf.socket.send(lines)
            self.assertLess(sent, 64 * len(lines))
            self.assertEqual([json.loads(line)["error"]["code"] for line in half.ended()], [PARSE])
            wait_until(lambda: self.cut_off() == before + 1, "the cut")

    def test_half_a_request_with_its_end_is_answered(self):
        with self.tickd.connect() as connection:
            connection.send('{"jsonrpc":"2.0","id":1,')
            connection.socket.shutdown(socket.SHUT_WR)
            self.assertEqual([json.loads(line)["error"]["code"] for line in connection.ended()],
                             [PARSE])

    def test_a_line_in_single_bytes_is_a_line(self):
        with self.tickd.connect() as connection:
            for byte in (call("version") + "\n").encode():
                connection.send(bytes([byte]))
            self.assertIn("result", connection.reply())

    def test_thousands_of_lines_at_once_are_answered_in_their_order(self):
        count = 3000
        with self.tickd.connect() as connection:
            writer = socket.fromfd(connection.socket.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)
            lines = "".join(call("version", number=str(i)) + "\n" for i in range(count)).encode()
            sent, answered = 0, []
            writer.setblocking(False)
            while len(answered) < count:
                with contextlib.suppress(BlockingIOError):
                    sent += writer.send(lines[sent:sent + 100000]) if sent < len(lines) else 0
                connection.socket.setblocking(True)
                answered.append(connection.reply()["id"])
                writer.setblocking(False)
            writer.close()
        self.assertEqual(answered, list(range(count)))

    def test_coming_and_going_leaves_nothing_behind(self):
        resets = struct.pack("ii", 1, 0)
        for i in range(200):
            with self.tickd.connect() as connection:
                # So many so fast that some find no place, and are closed before they have spoken.
                with contextlib.suppress(BrokenPipeError):
                    if i % 4 > 0:
                        connection.send(call(("status", "watch", "wait")[i % 3],
                                             ("[]", '["all"]', '["ready"]')[i % 3]) + "\n")
                if i % 4 > 1:
                    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, resets)

    def test_everybody_asks_at_once(self):
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self.admitted()) for _ in range(CLIENTS_MAX)]
            for _ in range(10):
                for client in clients:
                    client.send(call("status") + "\n")
                for client in clients:
                    status = client.reply()["result"]
                    self.assertEqual(status["health"]["score"], 100)


class Unread(unittest.TestCase):
    def test_what_all_clients_leave_unread_together_is_bounded_and_others_are_served(self):
        """Replies of most of a megabyte each, to many clients, none of which reads yet."""
        with Simulation(*fast(rate=2000)) as sim, Daemon(port=sim.port) as tickd, \
                contextlib.ExitStack() as stack:
            line = call("history", '["message_log",3500]') + "\n"
            tickd.wait_for_trades(8000)
            answered = tickd.status()["clients"]["requests"]
            looks = itertools.count(1)

            def are_all_answered(status):
                return status["clients"]["requests"] - next(looks) >= answered + len(clients)
            resident = tickd.resident_bytes()
            clients = [stack.enter_context(tickd.connect()) for _ in range(CLIENTS_MAX - 1)]
            for client in clients:
                client.send(line)
            asked = tickd.wait_for_status(are_all_answered, "the requests")
            resident = tickd.resident_bytes() - resident
            replies = [client.line() for client in clients]
            whole = [json.loads(reply)["result"] for reply in replies if reply is not None]
            after = tickd.status()
        self.assertGreater(min(len(reply) for reply in replies if reply is not None), 500000)
        self.assertGreater(asked["clients"]["cut_off"], 0)
        self.assertEqual(after["clients"]["cut_off"], len(clients) - len(whole))
        self.assertEqual({len(result) for result in whole}, {3500})
        self.assertGreaterEqual(len(whole), 4)
        if not os.environ.get("TICKD_SANITIZE"):
            self.assertLess(resident, 4194304 + 4194304)  # the bound; a line of each, a reply


if __name__ == "__main__":
    require_program()
    unittest.main()
