"""The dashboard's server as a client meets it, well-behaved or not: routes, heads, names that it
may be asked by, limits, pushes and answers; and what it says is what tickctl says."""

import contextlib
import gzip
import http.client
import json
import os
import re
import select
import socket
import stat
import tempfile
import unittest

from daemon import TICKD, Connection, Daemon, free_port, run, wait_until
from simulation import Simulation, require_program
from websocket_client import CLOSE, TEXT, BINARY, Ended, Refused, WebSocket

LIMIT_S = 60
SYMBOLS = "BINANCE:BTCUSDT,BINANCE:ETHUSDT"
CLIENTS = 50
OF_THE_MOMENT = ("input", "bars", "market", "bus", "decisions", "digest", "portfolio", "agents",
                 "metrics", "health", "histories", "memory", "time", "feed", "rates", "latency",
                 "loop", "dashboard", "clients", "uptime_s", "simulations", "simulation_reasons",
                 "tape", "store", "alerts", "alert_sinks")
HEADS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
                               "img-src 'self'; connect-src 'self'; base-uri 'none'; "
                               "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript",
         ".svg": "image/svg+xml"}
TRAVERSALS = (
    "/../etc/passwd", "/../../../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "//etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd", "/%252e%252e/etc/passwd", "/..%c0%af..%c0%afetc/passwd",
    "/..\\..\\etc\\passwd", "/app.js/../../etc/passwd", "/./../etc/passwd", "/%00/etc/passwd",
    "/app.js%00.html", "/etc/passwd", "/proc/self/environ", "/app.js/", "/index.html",
    "file:///etc/passwd", "http://localhost/etc/passwd", "/~root", "/.git/config",
    "/" + "../" * 900)
GARBAGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), b"hello\r\n\r\n", b"\r\n\r\n",
    b"GET\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost\r\n\r\n", b"GET /healthz HTTP/1.1\r\n: x\r\n\r\n",
    b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", bytes(range(256)) * 8,
    b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"Cookie: a\r\n" * 5000 + b"\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
    b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        self.heads = {}
        for line in lines:
            name, _, value = line.partition(": ")
            self.heads[name.lower()] = value


def send_raw(port, data, timeout=LIMIT_S):
    """Everything that comes back until the connection's end, and whether it ended."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout) as one:
        with contextlib.suppress(ConnectionError):
            one.sendall(data)
        try:
            while piece := one.recv(65536):
                received += piece
        except ConnectionError:
            pass
    return received


def request(method, path, host="localhost", version="1.1", more=(), body=b""):
    lines = ["%s %s HTTP/%s" % (method, path, version)]
    if host is not None:
        lines.append("Host: " + host)
    lines += ["Connection: close", *more, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def keep_alive(path):
    return ("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path).encode()


def read_answer(stream):
    """The next answer of a connection that stays open."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            raise Ended(False)
        head += line
    answer = Answer(head)
    answer.body = stream.read(int(answer.heads["content-length"]))
    return answer


def watch_page(port, **options):
    return WebSocket("127.0.0.1", port, path="/live", timeout=LIMIT_S, **options)


def next_of(socket_, wanted, timeout=LIMIT_S):
    """The next message for which `wanted` is true."""
    while True:
        message = json.loads(socket_.text(timeout))
        if wanted(message):
            return message


def next_push(socket_):
    return next_of(socket_, lambda message: message.get("method") == "status")["params"]


def until_close(socket_):
    """What the close frame says; b"" when the connection ends without one."""
    with contextlib.suppress(Ended):
        for _ in range(100):  # pushes come in between
            frame = socket_.frame(LIMIT_S)
            if frame.opcode == CLOSE:
                return frame.payload
        raise AssertionError("the connection goes on")
    return b""


def ask(socket_, method, *params, number=1):
    socket_.send(TEXT, json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                                   "params": list(params)}))
    return next_of(socket_, lambda message: message.get("id") == number)


class Served(unittest.TestCase):
    """One daemon for the tests of a class, with nothing to listen to."""

    options = ()

    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.resources = contextlib.ExitStack()
        cls.tickd = cls.resources.enter_context(
            Daemon(*cls.options, dashboard="127.0.0.1:%d" % cls.port, symbols=SYMBOLS))
        cls.addClassCleanup(cls.resources.close)
        cls.tickd.wait_for_log(event="dashboard")

    def get(self, path, method="GET", **options):
        return Answer(send_raw(self.port, request(method, path, **options)))

    def assert_lives(self):
        self.assertEqual(self.get("/healthz").status, 200)


class Routes(Served):
    def paths_of_the_page(self):
        page = self.get("/").body.decode()
        found = {"/"} | set(re.findall(r'(?:src|href)="(/[a-z0-9.]+)"', page))
        waiting = [path for path in found if path.endswith(".js")]
        while waiting:
            text = self.get(waiting.pop()).body.decode()
            for name in re.findall(r'from "\./([a-z]+\.js)"', text):
                if "/" + name not in found:
                    found.add("/" + name)
                    waiting.append("/" + name)
        return found

    def test_the_page_and_all_that_it_names_is_there(self):
        paths = self.paths_of_the_page()
        self.assertGreater(len(paths), 12)
        for path in paths:
            with self.subTest(path=path):
                answer = self.get(path)
                kind = os.path.splitext("/index.html" if path == "/" else path)[1]
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.heads["content-type"],
                                 "application/json" if kind == ".json" else
                                 TYPES[kind] + "; charset=utf-8")
                self.assertEqual(len(answer.body), int(answer.heads["content-length"]))

    def test_a_file_comes_compressed_to_those_who_take_it(self):
        for path in ("/", "/dygraph.min.js", "/style.css"):
            plain = self.get(path)
            packed = self.get(path, more=["Accept-Encoding: br, gzip"])
            refused = self.get(path, more=["Accept-Encoding: br, gzip;q=0"])
            self.assertEqual(packed.heads["content-encoding"], "gzip")
            self.assertEqual(gzip.decompress(packed.body), plain.body)
            self.assertNotIn("content-encoding", plain.heads)
            self.assertEqual(refused.body, plain.body)
            self.assertEqual(plain.heads["vary"], "Accept-Encoding")

    def test_a_file_that_is_known_is_not_sent_again(self):
        first = self.get("/app.js")
        again = self.get("/app.js", more=["If-None-Match: " + first.heads["etag"]])
        other = self.get("/app.js", more=['If-None-Match: "0123456789abcdef"'])
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual((other.status, other.body), (200, first.body))

    def test_every_answer_forbids_what_the_page_does_not_need(self):
        for path, method in (("/", "GET"), ("/status.json", "GET"), ("/healthz", "HEAD"),
                             ("/none", "GET"), ("/", "POST"), ("/live", "GET")):
            answer = self.get(path, method)
            for name, value in HEADS.items():
                self.assertEqual(answer.heads.get(name), value, (path, name))

    def test_the_head_of_an_answer_comes_without_its_body(self):
        for path in ("/", "/status.json", "/healthz"):
            whole, head = self.get(path), self.get(path, "HEAD")
            self.assertEqual((head.status, head.body), (200, b""))
            self.assertEqual(head.heads["content-type"], whole.heads["content-type"])

    def test_status_json_is_the_status_that_tickctl_prints(self):
        answer = self.get("/status.json")
        mine, theirs = json.loads(answer.body), json.loads(self.tickd.control("--json",
                                                                              "status").stdout)
        self.assertEqual(answer.heads["content-type"], "application/json")
        self.assertEqual(answer.heads["cache-control"], "no-store")
        self.assertEqual(list(mine), list(theirs))
        for key in mine:
            if key not in OF_THE_MOMENT:
                self.assertEqual(mine[key], theirs[key], key)
        self.assertEqual([(h["module"], h["name"], h["capacity"]) for h in mine["histories"]],
                         [(h["module"], h["name"], h["capacity"]) for h in theirs["histories"]])

    def test_only_reading_is_allowed(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            body = b"a=b" if method in ("POST", "PUT", "PATCH") else b""
            answer = self.get("/", method, more=["Content-Length: %d" % len(body)], body=body)
            self.assertEqual((answer.status, answer.heads.get("allow")), (405, "GET, HEAD"), method)

    def test_the_websocket_s_path_asks_for_an_upgrade(self):
        answer = self.get("/live")
        self.assertEqual((answer.status, answer.heads["upgrade"]), (426, "websocket"))

    def test_no_path_leads_to_a_file(self):
        page = self.get("/").body
        for path in TRAVERSALS:
            with self.subTest(path=path[:40]):
                raw = send_raw(self.port, request("GET", path))
                self.assertNotIn(b"root:", raw)
                self.assertNotIn(b"PATH=", raw)
                if raw:
                    answer = Answer(raw)
                    self.assertTrue(answer.status in (403, 404) or answer.body == page,
                                    (answer.status, answer.body[:80]))
        self.assert_lives()

    def test_requests_in_one_piece_are_answered_in_their_order(self):
        keep = "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
        raw = send_raw(self.port, (keep % "/healthz").encode() + (keep % "/none.js").encode())
        self.assertEqual(re.findall(rb"HTTP/1.1 (\d+)", raw), [b"200", b"404"])
        raw = send_raw(self.port, (keep % "/app.js").encode() * 3 + request("GET", "/healthz"))
        self.assertEqual(re.findall(rb"HTTP/1.1 (\d+)", raw), [b"200"] * 4)
        self.assertTrue(raw.endswith(b"healthy\n"))

    def test_an_old_client_is_answered_and_its_connection_closed(self):
        for host in ("localhost", None):
            answer = self.get("/healthz", version="1.0", host=host)
            self.assertEqual((answer.status, answer.body), (200, b"healthy\n"))


class Names(Served):
    options = ("--set", "dashboard.hosts=tick.example.org")

    def test_it_answers_by_its_own_names_alone(self):
        for host, status in (
                ("localhost", 200), ("LocalHost:1", 200), ("127.0.0.1:%d" % self.port, 200),
                ("[::1]:9", 200), ("tick.example.org", 200), ("Tick.Example.Org:443", 200),
                ("evil.example", 421), ("localhost.evil.example", 421), ("127.0.0.1.", 421),
                ("127.0.0.2", 421), ("localhost:80a", 421), ("localhost:", 421), ("[::1", 421),
                ("tick.example.org.evil.example", 421), ("a" * 600, 400), ("", 400)):
            self.assertEqual(self.get("/healthz", host=host).status, status, host[:40])
        self.assertEqual(self.get("/healthz", host=None).status, 400)

    def test_two_names_are_none(self):
        self.assertEqual(self.get("/healthz", more=["Host: evil.example"]).status, 421)

    def test_the_page_of_another_is_refused(self):
        for origin, status in (("http://localhost", 200), ("https://localhost", 200),
                               ("http://LOCALHOST", 200), ("http://localhost:1", 403),
                               ("http://evil.example", 403), ("null", 403), ("", 403),
                               ("http://localhost.evil.example", 403), ("file://", 403),
                               ("http://" + "a" * 600, 403)):
            if origin == "":
                continue
            self.assertEqual(self.get("/healthz", more=["Origin: " + origin]).status, status,
                             origin[:40])

    def test_a_websocket_of_another_s_page_is_refused(self):
        for headers in (["Origin: http://evil.example"], ["Origin: null"]):
            with self.assertRaises(Refused) as caught:
                watch_page(self.port, headers=headers)
            self.assertEqual(caught.exception.status, 403)
        watch_page(self.port, headers=["Origin: http://127.0.0.1:%d" % self.port]).close()

    def test_no_other_path_is_a_websocket(self):
        with self.assertRaises(Refused) as caught:
            WebSocket("127.0.0.1", self.port, path="/status.json")
        self.assertEqual(caught.exception.status, 404)


class Hostile(Served):
    def test_what_is_no_request_costs_a_connection_and_nothing_else(self):
        for data in GARBAGE:
            with self.subTest(data=data[:40]):
                raw = send_raw(self.port, data)
                self.assertNotIn(b"HTTP/1.1 200", raw)
        self.assert_lives()
        self.assertEqual(self.get("/healthz").body, b"healthy\n")

    def test_one_that_never_ends_its_request_is_hung_up_on(self):
        with socket.create_connection(("127.0.0.1", self.port), LIMIT_S) as slow, \
                socket.create_connection(("127.0.0.1", self.port), LIMIT_S) as silent:
            slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: lo")
            self.assertEqual((slow.recv(1), silent.recv(1)), (b"", b""))

    def test_one_that_does_not_read_a_file_is_hung_up_on(self):
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.settimeout(LIMIT_S)
            slow.connect(("127.0.0.1", self.port))
            keep = b"GET /dygraph.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
            slow.sendall(keep * 60)  # far more than the kernel keeps for it
            self.tickd.wait_for_status(lambda status: status["dashboard"]["cut_off"] >= 1,
                                       "a cut-off", LIMIT_S)
        self.assert_lives()


class Pipelined(Served):
    def turns(self):
        return self.tickd.status()["loop"]["turn_us"]["count"]

    def test_one_that_asks_many_times_and_does_not_read_costs_no_turns_of_the_loop(self):
        for path in ("/metrics", "/dygraph.min.js"):  # made for it, and in the program
            with self.subTest(path=path), \
                    socket.create_connection(("127.0.0.1", self.port), LIMIT_S) as deaf:
                before = self.turns()
                deaf.sendall(keep_alive(path) * 300)  # more than is read of it at a time

                def has_gone():
                    self.assert_lives()
                    return self.tickd.status()["dashboard"]["clients"] == 0
                self.tickd.wait_until(has_gone, "its end", LIMIT_S)
                self.assertLess(self.turns() - before, 50000)  # millions, when the loop spins

    def test_one_that_reads_late_gets_every_answer_in_its_order_and_may_go_on(self):
        count, before = 200, self.turns()
        with socket.create_connection(("127.0.0.1", self.port), LIMIT_S) as late, \
                late.makefile("rb") as answers:
            late.sendall((keep_alive("/dygraph.min.js") + keep_alive("/app.js")) * (count // 2))
            known = 0

            def is_stuck():
                nonlocal known
                last, known = known, self.tickd.status()["dashboard"]["requests"]
                return known == last
            self.tickd.wait_until(is_stuck, "answers that wait")
            tags = [read_answer(answers).heads["etag"] for _ in range(count)]
            late.sendall(keep_alive("/healthz"))
            self.assertEqual(read_answer(answers).body, b"healthy\n")
        self.assertEqual(len(set(tags)), 2)
        self.assertEqual(tags, tags[:2] * (count // 2))
        self.assertLess(self.turns() - before, 50000)


class Limits(unittest.TestCase):
    def serve(self, *options, dashboard=None, **more):
        self.port = free_port()
        tickd = self.enterContext(Daemon(*options, symbols=SYMBOLS, dashboard=dashboard or
                                         "127.0.0.1:%d" % self.port, **more))
        tickd.wait_for_log(event="start")
        return tickd

    def test_one_client_too_many_is_turned_away_until_another_goes(self):
        tickd = self.serve("--set", "dashboard.clients_max=3")
        tickd.wait_for_log(event="dashboard")
        pages = [watch_page(self.port) for _ in range(3)]
        answer = Answer(send_raw(self.port, request("GET", "/healthz")))
        self.assertEqual((answer.status, answer.heads["retry-after"]), (503, "5"))
        status = tickd.status()["dashboard"]
        self.assertEqual((status["clients"], status["live"], status["refused"]), (3, 3, 1))
        pages.pop().close()
        tickd.wait_for_status(lambda status: status["dashboard"]["clients"] == 2, "a free place")
        self.assertEqual(Answer(send_raw(self.port, request("GET", "/healthz"))).status, 200)
        for page in pages:
            page.close()

    def test_what_all_clients_leave_unread_together_is_bounded_and_others_are_served(self):
        tickd = self.serve("--set", "dashboard.clients_max=500")
        tickd.wait_for_log(event="dashboard")
        resident = tickd.resident_bytes()
        with contextlib.ExitStack() as stack:
            def more_of_them():
                """Some are told 503, when they come while a tick's answers are used up."""
                for _ in range(20):
                    one = stack.enter_context(socket.socket())
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                    one.connect(("127.0.0.1", self.port))
                    one.sendall(keep_alive("/metrics") * 10)
                return tickd.status()["dashboard"]["cut_off"] > 0
            tickd.wait_until(more_of_them, "a cut-off")
            answer = Answer(send_raw(self.port, request("GET", "/app.js")))
            status = tickd.status()["dashboard"]
            resident = tickd.resident_bytes() - resident
        self.assertEqual(answer.status, 200)
        self.assertGreater(status["clients"], 100)
        if not os.environ.get("TICKD_SANITIZE"):
            self.assertLess(resident, 4194304 + 500 * 20000)  # the bound, and heads of requests

    def test_an_address_that_is_taken_is_tried_again_and_meanwhile_it_has_failed(self):
        with socket.socket() as squatter:
            squatter.bind(("127.0.0.1", 0))
            squatter.listen()
            port = squatter.getsockname()[1]
            tickd = self.serve(dashboard="127.0.0.1:%d" % port)
            self.assertEqual(tickd.wait_for_log(event="dashboard_cannot_listen")["level"],
                             "warning")
            tickd.wait_for_status(lambda status: state_of(status, "dashboard") == "failed",
                                  "a failed dashboard")
        tickd.wait_for_log(event="dashboard")
        tickd.wait_for_status(lambda status: state_of(status, "dashboard") in ("idle", "active"),
                              "a dashboard that is well again")
        self.assertEqual(Answer(send_raw(port, request("GET", "/"))).status, 200)

    def test_it_listens_at_a_path_that_others_cannot_open_and_takes_it_away(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "page.sock")
            tickd = self.serve(dashboard="unix:" + path)
            self.assertEqual(tickd.wait_for_log(event="dashboard")["level"], "notice")
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o660)
            with Connection(path) as connection:
                connection.send(request("GET", "/healthz"))
                connection.socket.shutdown(socket.SHUT_WR)
                self.assertEqual(connection.line(), "HTTP/1.1 200 OK\r")
            self.assertEqual(tickd.stop()[0], 0)
            self.assertFalse(os.path.exists(path))

    def test_an_address_that_others_reach_is_warned_of(self):
        tickd = self.serve(dashboard="0.0.0.0:%d" % free_port())
        line = tickd.wait_for_log(event="dashboard")
        self.assertEqual(line["level"], "warning")

    def test_off_is_off(self):
        tickd = self.serve(dashboard="off")
        tickd.wait_for_log(event="module", module="control")
        status = tickd.status()
        self.assertIsNone(status["dashboard"])
        self.assertIsNone(state_of(status, "dashboard"))

    def test_an_address_that_is_none_is_a_fault_of_the_configuration(self):
        for listen in ("8050", "localhost:8050", "127.0.0.1:0", "127.0.0.1:65536", "::1:80",
                       "unix:", "[::1]", "[127.0.0.1]:80", "127.0.0.1:80x", ""):
            done = run(TICKD, "--check-config", "--set", "dashboard.listen=" + listen)
            self.assertEqual(done.returncode, 78, listen)
            self.assertIn("dashboard.listen", done.stderr)
            self.assertIn("allowed: ", done.stderr)
        for listen in ("[::1]:8050", "unix:/run/x", "off", "10.0.0.1:1"):
            done = run(TICKD, "--check-config", "--set", "dashboard.listen=" + listen)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_stale_module_makes_it_unhealthy(self):
        tickd = self.serve("--set", "monitor.stale_s=1")
        tickd.wait_for_log(event="module", module="feed", state="stale")
        answer = Answer(send_raw(self.port, request("GET", "/healthz")))
        self.assertEqual(answer.status, 503)  # the archive may wait for its second, too
        self.assertIn(b"feed stale\n", answer.body)


def state_of(status, name):
    states = [module["state"] for module in status["health"]["modules"] if module["name"] == name]
    return states[0] if states else None


class Live(unittest.TestCase):
    """With a feed that talks."""

    @classmethod
    def setUpClass(cls):
        require_program()
        cls.port = free_port()
        cls.resources = contextlib.ExitStack()
        cls.addClassCleanup(cls.resources.close)
        sim = cls.resources.enter_context(Simulation("--symbols", SYMBOLS, "--rate", "200",
                                                     "--seed", "7", "--quiet"))
        cls.tickd = cls.resources.enter_context(Daemon(
            "--set", "market.bar_ms=100", "--set", "market.lateness_ms=0", "--set",
            "market.grace_ms=0", port=sim.port, symbols=SYMBOLS,
            dashboard="127.0.0.1:%d" % cls.port))
        cls.tickd.wait_for_status(lambda status: status["bars"] >= 40, "bars")

    def page(self, **options):
        page = watch_page(self.port, **options)
        self.addCleanup(page.close)
        return page

    def test_what_is_pushed_lies_between_two_looks_of_tickctl(self):
        page = self.page()
        before = self.tickd.status()
        next_push(page)
        pushed = next_push(page)
        after = self.tickd.status()
        self.assertEqual(list(pushed), list(before))
        for path in (("input", "trades"), ("input", "frames"), ("bars",), ("bus", "messages"),
                     ("time", "engine_us"), ("uptime_s",)):
            values = []
            for document in (before, pushed, after):
                value = document
                for key in path:
                    value = value[key]
                values.append(value)
            self.assertEqual(values, sorted(values), path)
        for key in ("tickd", "config_digest", "pid", "started_us", "config"):
            self.assertEqual(pushed[key], before[key])

    def test_a_question_is_answered_as_on_the_control_socket(self):
        page = self.page()
        self.assertEqual(ask(page, "version")["result"], json.loads(self.tickd.ask("version")))
        bars = ask(page, "bars", "BINANCE:BTCUSDT", 2)["result"]
        known = {bar["start_ms"]: bar for bar in
                 json.loads(self.tickd.ask("bars BINANCE:BTCUSDT 100"))}
        self.assertEqual(len(bars), 2)
        for bar in bars:
            self.assertEqual(bar, known[bar["start_ms"]])
        skipped = ask(page, "bars", "BINANCE:BTCUSDT", 2, 2)["result"]
        self.assertLess(skipped[-1]["start_ms"], bars[-1]["start_ms"])
        for method in ("health", "symbols", "agents", "positions", "histories", "modules"):
            self.assertIn("result", ask(page, method), method)
        for params in (("chronicle/equity",), ("chronicle/weights",), ("message_log", 5)):
            self.assertIn("result", ask(page, "history", *params), params)
        for name in ("message_log", "consensus_history", "health"):
            self.assertEqual(ask(page, "history", name, 2, 10000)["result"], [])
        self.assertEqual(ask(page, "agent", 1)["result"]["id"], 1)
        votes = ask(page, "decisions", 5, "BINANCE:ETHUSDT")["result"]
        self.assertEqual({vote["symbol"] for vote in votes}, {"BINANCE:ETHUSDT"})

    def test_what_changes_or_waits_or_tells_the_configuration_is_not_answered(self):
        page = self.page()
        for method, *params in (("shutdown",), ("halt", "x"), ("flatten",), ("suspend", 1),
                                ("log", "debug"), ("rotate",), ("unhalt",), ("config",),
                                ("watch", "all"), ("wait", "ready"), ("rollback", 1),
                                ("resume", 1)):
            answer = ask(page, method, *params)
            self.assertEqual(answer["error"]["code"], -32001, method)
        self.assertEqual(self.tickd.log(event="command"), [])

    def test_a_wrong_question_is_an_error_and_the_connection_stays(self):
        page = self.page()
        self.assertEqual(ask(page, "bars", "NONE")["error"]["code"], -32002)
        self.assertEqual(ask(page, "nothing")["error"]["code"], -32601)
        self.assertEqual(ask(page, "history", "message_log", 10000)["error"]["code"], -32003)
        page.send(TEXT, "{")
        found = next_of(page, lambda message: "error" in message)
        self.assertEqual(found["error"]["code"], -32700)
        next_push(page)

    def test_many_questions_at_once_are_all_answered_in_order_and_pushes_go_on(self):
        page = self.page()
        for number in range(1, 101):
            page.send(TEXT, json.dumps({"jsonrpc": "2.0", "id": number, "method": "version"}))
        answered, pushes = [], 0
        while len(answered) < 100:
            message = json.loads(page.text())
            pushes += message.get("method") == "status"
            if "id" in message:
                answered.append(message["id"])
        self.assertEqual(answered, list(range(1, 101)))
        self.assertGreater(pushes, 5)  # a hundred take more than twelve ticks

    def test_too_long_a_question_and_a_binary_one_end_the_connection(self):
        for opcode, payload, code in ((TEXT, "x" * 600, 1009), (BINARY, b"x", 1003)):
            page = self.page()
            page.send(opcode, payload)
            self.assertEqual(int.from_bytes(until_close(page)[:2], "big"), code)

    def test_a_frame_that_breaks_the_protocol_ends_the_connection(self):
        for broken in (b"\xf1\x80\x00\x00\x00\x00", b"\x8b\x80\x00\x00\x00\x00",
                       b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"):
            page = self.page()
            page.socket.sendall(broken)
            until_close(page)
        next_push(self.page())

    def test_the_log_s_lines_come_from_the_first_one_that_is_kept(self):
        page = self.page()
        told = next_of(page, lambda message: message.get("method") == "log")["params"]
        written = self.tickd.text_of("log", "health.log").split("\n")
        self.assertEqual(told["first"], 0)
        self.assertEqual(told["lines"], written[:len(told["lines"])])

    def test_fifty_pages_see_the_newest_state_and_one_that_never_reads_holds_up_nobody(self):
        stuck = watch_page(self.port, receive_buffer=4096)
        self.addCleanup(stuck.close)
        pages = [self.page() for _ in range(CLIENTS - 1)]
        self.assertEqual(self.tickd.status()["dashboard"]["live"], CLIENTS)
        cut_before = self.tickd.status()["dashboard"]["cut_off"]

        def all_but_one_read():
            # What has come meanwhile is taken; the last one is then of this moment.
            for page in pages:
                while select.select([page.socket], [], [], 0)[0] or page.received:
                    newest[page] = next_push(page)["uptime_s"]
            return self.tickd.status()["dashboard"]["cut_off"] > cut_before

        newest = {}
        wait_until(all_but_one_read, "the end of the one that does not read", LIMIT_S)
        now = self.tickd.status()
        self.assertEqual(now["dashboard"]["live"], CLIENTS - 1)
        self.assertEqual(state_of(now, "dashboard"), "active")
        for page in pages:
            self.assertGreaterEqual(next_push(page)["uptime_s"], newest[page])
        self.assertEqual(now["memory"]["tick_path_allocations"] or 0, 0)

    def test_all_that_it_knew_of_a_client_goes_with_it(self):
        for _ in range(20):
            page = watch_page(self.port)
            next_push(page)
            page.close()
        self.tickd.wait_for_status(lambda status: status["dashboard"]["clients"] == 0,
                                   "the clients' end")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        for _ in range(50):
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            self.assertEqual(connection.getresponse().read(), b"healthy\n")
        connection.close()


class End(unittest.TestCase):
    def test_it_ends_at_once_while_pages_are_open(self):
        port = free_port()
        with Daemon(dashboard="127.0.0.1:%d" % port) as tickd:
            tickd.wait_for_log(event="dashboard")
            pages = [watch_page(port) for _ in range(5)]
            half = socket.create_connection(("127.0.0.1", port))
            half.sendall(b"GET / HT")
            stuck = watch_page(port, receive_buffer=4096)
            for number in range(20):  # far more than the kernel keeps for it
                stuck.send(TEXT, json.dumps({"jsonrpc": "2.0", "id": number, "method": "history",
                                             "params": ["message_log", 200]}))
            next_push(pages[0])
            tickd.wait_for_status(lambda status: status["dashboard"]["answers"] >= 2, "answers")
            code, _ = tickd.stop()
            self.assertEqual((code, tickd.text_of("err")), (0, ""))
            half.close()
            for page in [*pages, stuck]:
                page.close()


if __name__ == "__main__":
    unittest.main()
