"""What tickd says about a configuration that is wrong, in one line, and what it prints about one
that is right."""

import json
import os
import re
import tempfile
import unittest

from daemon import TICKD, run
from simulation import require_program

# The file; the line behind "tickd: PATH:".
FILES = (
    ('{"feed": {"colour": 1}}', r"1:11: feed\.colour: unknown key, allowed: "),
    ('{"colour": {}}', r"1:2: colour: unknown key, allowed: "),
    ('{"seed": "1"}', r'1:10: seed: found the string "1", allowed: whole number, 0 to \d+$'),
    ('{"market": {"odd_lots_move_price": 1}}',
     r"1:36: market\.odd_lots_move_price: found 1, allowed: true or false$"),
    ('{"feed": [1]}', r"1:10: feed: found an array, allowed: an object"),
    ('{"log": {"level": "loud"}}', r'1:19: log\.level: found "loud", allowed: "error", .* or '),
    ('{\n  "market": {\n    "bar_ms": 50\n  }\n}',
     r"3:15: market\.bar_ms: found 50, allowed: whole number, 100 to \d+ ms$"),
    ('{"seed": 1.5}', r"1:10: seed: found 1\.5, allowed: whole number"),
    ('{"seed": 9223372036854775808}', r"1:10: seed: found 9223372036854775808, allowed: whole"),
    ('{"portfolio": {"initial_cash": 0}}',
     r"1:32: portfolio\.initial_cash: found 0, allowed: decimal number, 1 to \d+ currency$"),
    ('{"feed": {"symbols": []}}', r"1:22: feed\.symbols: found 0 items, allowed: list of 1 to "),
    ('{"seed": 1,\n "seed": 2}',
     r"2:2: seed: found a second time, allowed: once \(the first is at line 1, column 2\)$"),
    ('{"log": {}, "log": {}}', r"1:13: log: found a second time, allowed: once"),
    ('{"market": {"bar_ms": 1000,\n "lateness_ms": 2000}}',
     r"2:2: market\.lateness_ms: found 2000, allowed: at most market\.bar_ms, which is 1000$"),
    ('{"feed": {"backoff_min_ms": 600000}}',
     r"1:11: feed\.backoff_min_ms: found 600000, allowed: at most feed\.backoff_max_ms, "),
    ('{"market": {"duplicate_prints": 1000}}',
     r"1:13: market\.duplicate_prints: found 1000, allowed: a power of two$"),
    ('{"market": {"exceptions": ["2026-02-30"]}}',
     r'1:13: market\.exceptions: found "2026-02-30", allowed: a date that exists'),
    ('{"market": {"exceptions": ["2026-12-24 17:00"]}}',
     r'1:13: market\.exceptions: found "2026-12-24 17:00", allowed: a date'),
    ('{"feed": {"symbols": ["A", "A"]}}',
     r'1:11: feed\.symbols: found "A", allowed: each symbol once$'),
    ('{"feed": {"url": "wss://example.org?token=VERYSECRET"}}',
     r"1:11: feed\.url: found another form of URL, allowed: ws://"),
    ("seed = 1", r"1:1: not JSON: found "),
    ("", r"1:1: not JSON: found the end of the text, allowed: \{"),
    ("[]", r"1:1: not JSON: found "),
    ('{"seed": 1}\n{}', r"2:1: not JSON: found an object, allowed: nothing"),
    ('{"seed": 1,}', r"1:12: not JSON: found \}, allowed: a key"),
    ('{"seed": 1', r"1:11: not JSON: found the end of the text, allowed: "),
    ('{"seed": 1 /* for ever', r"1:12: not JSON: found a comment that does not end, allowed: "),
    ('{"seed": "1', r"1:10: not JSON: found a string that does not end in its line, allowed: "),
    ('{"seed": nan}', r"1:10: seed: not JSON: found nan, allowed: whole number"),
    ('{"seed": 1\x01}', r"1:11: not JSON: found control character 0x01, allowed: "),
    (b'{"seed": \xff}', r"1:10: not JSON: found byte 0xff, allowed: UTF-8$"),
    (b"\x00" * 64, r"1:1: not JSON: found "),
    ("[" * 100000, r"1:1: not JSON: found "),
    ('{"feed":' * 10000, r"1:10: feed\.feed: unknown key"),
)

# The value of --set; the line behind "tickd: --set ".
OPTIONS = (
    ("nope=1", r"nope: unknown key, allowed: "),
    ("market.barms=100", r"market\.barms: unknown key; the nearest known one is market\.bar_ms$"),
    ("seed", r"seed: found no value, allowed: --set KEY=VALUE$"),
    ("seed=", r'seed=: found "", allowed: whole number'),
    ("seed=x", r'seed=x: found "x", allowed: whole number'),
    ("market.bar_ms=50", r"market\.bar_ms=50: found 50, allowed: whole number, 100 to "),
    ("market.lateness_ms=2000", r"market\.lateness_ms: found 2000, allowed: at most market\.bar"),
    ("market.exceptions=2026-13-01", r'market\.exceptions: found "2026-13-01", allowed: a date'),
    ("feed.url=http://example.org", r"feed\.url: found another form of URL, allowed: ws://"),
    ("log.level=\nloud", r"log\.level=\?loud: found .*, allowed: "),
)

USAGE = (
    (["--nonsense"], "--nonsense"), (["-x"], "-x"), (["word"], "word"), (["--set"], "--set"),
    (["--config"], "--config"), (["--replay"], "--replay"),
    (["--check-config=1"], "--check-config"), (["--topics", "BAR"], "--dump"),
    (["--dump", "-", "--report", "-"], "--report"),
    (["--replay", "/dev/null", "--dump", "/dev/null", "--topics", "BARS"], "BARS"),
)


class Wrong(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def write(self, content):
        path = os.path.join(self.folder, "tickd.json")
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def expect(self, arguments, code, pattern):
        done = run(TICKD, "--state-dir", self.folder, "--runtime-dir", self.folder, "--log-dir",
                   self.folder, *arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertRegex(done.stderr.rstrip("\n"), pattern)
        self.assertNotIn("VERYSECRET", done.stderr)
        self.assertLess(len(done.stderr), 1024)

    def test_a_file_is_refused_with_line_and_column(self):
        for content, pattern in FILES:
            with self.subTest(content=content[:60]):
                path = self.write(content)
                self.expect(["--check-config", "-c", path], 78,
                            "^tickd: %s:%s" % (re.escape(path), pattern))

    def test_the_same_line_stops_a_daemon_before_it_has_begun(self):
        path = self.write('{"seed": "1"}')
        self.expect(["-c", path], 78, r"^tickd: .*:1:10: seed: found")
        self.assertEqual(os.listdir(self.folder), ["tickd.json"])

    def test_an_option_is_refused_with_its_key(self):
        for option, pattern in OPTIONS:
            with self.subTest(option=option):
                self.expect(["--check-config", "--set", option], 78, "^tickd: --set " + pattern)

    def test_an_option_against_the_file_names_the_one_that_is_too_much(self):
        path = self.write('{"market": {"lateness_ms": 900}}')
        self.expect(["--check-config", "-c", path, "--set", "market.bar_ms=500"], 78,
                    r"^tickd: %s:1:13: market\.lateness_ms: found 900, .* which is 500$" %
                    re.escape(path))

    def test_a_file_that_cannot_be_read_is_named(self):
        for path, reason in (("/nowhere/tickd.json", "No such file"), (self.folder, "directory"),
                             ("/proc/self/mem", "")):
            with self.subTest(path=path):
                self.expect(["--check-config", "-c", path], 78,
                            "^tickd: %s: .*%s" % (re.escape(path), reason))

    def test_every_symbol_there_is_cannot_be_asked_of_a_live_feed(self):
        self.expect(["--check-config", "--set", "feed.symbols=*"], 78, r"^tickd: feed\.symbols: ")
        done = run(TICKD, "--check-config", "--set", "feed.symbols=*", "--replay", "x.csv")
        self.assertEqual(done.returncode, 0)

    def test_wrong_usage_is_64(self):
        for arguments, named in USAGE:
            with self.subTest(arguments=arguments):
                self.expect(arguments, 64, "^tickd: .*" + re.escape(named))


class Right(unittest.TestCase):
    def test_the_lines_of_the_budget_add_up_to_its_total(self):
        for options in ([], ["--set", "history.bars=5000"], ["--replay", "x.csv"]):
            done = run(TICKD, "--check-config", *options)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            lines = done.stdout.splitlines()
            self.assertEqual(lines[0].split(), ["owner", "what", "entries", "bytes"])
            numbers = [int(line.split()[-1]) for line in lines[1:]]
            self.assertTrue(lines[-1].startswith("total "))
            self.assertEqual(sum(numbers[:-1]), numbers[-1])
            self.assertGreater(numbers[-1], 1 << 20)

    def test_more_bars_kept_are_more_bytes(self):
        def bars(*options):
            output = run(TICKD, "--check-config", *options).stdout
            return sum(int(line.split()[-1]) for line in output.splitlines()
                       if re.match(r"market +bars ", line))
        # each symbol's bars begin at a multiple of a cache line
        self.assertAlmostEqual(bars("--set", "history.bars=6000") /
                               bars("--set", "history.bars=3000"), 2, places=3)

    def test_what_is_printed_can_be_read_again(self):
        options = ["--set", "seed=42", "--set", "feed.symbols=A,IC MARKETS:1", "--set",
                   "portfolio.initial_cash=1234.56789012", "--set", "market.duplicates=drop",
                   "--set", "consensus.quorum=0.123456789", "--set", "market.exceptions="]
        first = run(TICKD, "--print-config", *options)
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tickd.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(first.stdout)
            second = run(TICKD, "--print-config", "-c", path)
            self.assertEqual((second.returncode, second.stderr), (0, ""))
        self.assertEqual(self.values(first.stdout), self.values(second.stdout))
        values = self.values(first.stdout)
        self.assertEqual(values["feed"]["symbols"], ["A", "IC MARKETS:1"])
        self.assertEqual(float(values["portfolio"]["initial_cash"]), 1234.56789012)
        self.assertIn("--set", first.stdout)
        self.assertIn(path + ":", second.stdout)

    @staticmethod
    def values(text):
        return json.loads(re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/',
                                 lambda match: match.group(1) or "", text, flags=re.S))

    def test_the_configuration_that_comes_with_it_is_right(self):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        path = os.path.join(root, "config", "tickd.json")
        self.assertEqual(run(TICKD, "--check-config", "-c", path).returncode, 0)
        shipped = self.values(run(TICKD, "--print-config", "-c", path).stdout)
        self.assertEqual(shipped, self.values(run(TICKD, "--print-config").stdout))


if __name__ == "__main__":
    require_program()
    unittest.main()
