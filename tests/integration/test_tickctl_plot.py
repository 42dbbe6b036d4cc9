"""`tickctl plot` from end to end: a replay's report and dump and an archive become SVG."""

import csv
import math
import os
import shutil
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from daemon import TICKCTL, TICKD, Daemon, run

if shutil.which("gnuplot") is None:
    print("skipped: gnuplot is not installed")
    sys.exit(77)

SVG = "{http://www.w3.org/2000/svg}"
MINUTES, TRADES_A_MINUTE = 10, 120
TITLES = {"equity": "Equity", "drawdown": "Drawdown from the highest equity, %",
          "weights": "Weights in the consensus, %", "health": "Health: fresh modules of all, %",
          "memory": "Memory, MB"}


def plot(*arguments, **environment):
    return run(TICKCTL, "plot", *arguments, environment=environment)


def texts(path):
    """The words of a picture; it must be XML."""
    words = set()
    for element in ElementTree.parse(path).iter(SVG + "text"):
        words.add("".join(element.itertext()).strip())
    return words


class Plot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tickd-plot-")
        cls.report, cls.dump = cls.path("report.json"), cls.path("dump.jsonl")
        with open(cls.path("trades.csv"), "w", newline="", encoding="ascii") as file:
            rows = csv.writer(file)
            rows.writerow(("time_ms", "symbol", "price", "volume"))
            for i in range(MINUTES * TRADES_A_MINUTE):
                price = 100 + math.sin(i / 50)
                rows.writerow((1795446000000 + i * 60000 // TRADES_A_MINUTE, "A", "%.2f" % price,
                               100))
        done = run(TICKD, "--replay", cls.path("trades.csv"), "--report", cls.report, "--dump",
                   cls.dump, "--topics", "EQUITY,WEIGHTS,AGENT_PROFILE,HEALTH,BAR")
        assert done.returncode == 0, done.stderr

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    def drawn(self, *arguments):
        out = self.path("out.svg")
        done = plot(*arguments, "--out", out)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        return texts(out)

    def test_a_dump_becomes_a_picture(self):
        words = self.drawn(self.dump)
        for kind in ("equity", "drawdown", "weights", "health"):
            self.assertIn(TITLES[kind], words)
        self.assertNotIn(TITLES["memory"], words)  # a replay measures none
        self.assertLessEqual({"momentum", "mean reversion", "coin", "UTC"}, words)
        self.assertIn("lowest 100.0%", words)

    def test_a_report_becomes_the_same_picture(self):
        words = self.drawn(self.report)
        self.assertLessEqual({TITLES["equity"], TITLES["weights"], TITLES["health"], "swing"},
                             words)

    def test_one_kind_alone(self):
        words = self.drawn(self.dump, "--kind", "drawdown")
        self.assertIn(TITLES["drawdown"], words)
        self.assertNotIn(TITLES["equity"], words)

    def test_to_standard_output(self):
        done = plot(self.dump, "--kind", "health", "--out", "-")
        self.assertEqual(done.returncode, 0)
        ElementTree.fromstring(done.stdout)

    def test_an_archive_becomes_a_picture(self):
        with Daemon() as daemon:
            daemon.wait_for_status(lambda status: status["store"]["rows"] > 0, "rows")
            daemon.stop()
            self.assertIn(TITLES["health"],
                          self.drawn(daemon.path("state", "tickd.db"), "--kind", "health"))

    def test_errors_say_what_to_do(self):
        empty = self.path("empty")
        os.makedirs(empty, exist_ok=True)
        cases = [
            (64, "usage: tickctl plot FILE", plot()),
            (64, "--out FILE", plot(self.dump)),
            (64, "one of equity, drawdown", plot(self.dump, "--out", "x", "--kind", "pie")),
            (66, "No such file", plot(self.path("none"), "--out", "x")),
            (65, "neither a report", plot(self.path("trades.csv"), "--out", "x")),
            (65, "a replay has none", plot(self.dump, "--out", "x", "--kind", "memory")),
            (69, "apt-get install gnuplot-nox", plot(self.dump, "--out", "x", PATH=empty)),
            (73, "cannot be written", plot(self.dump, "--out", self.path("no/such/folder.svg"))),
        ]
        for code, words, done in cases:
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)
        self.assertFalse(os.path.exists("x"))

    def test_a_gnuplot_that_fails_leaves_the_old_picture(self):
        folder, out = self.path("failing"), self.path("kept.svg")
        os.makedirs(folder)
        with open(os.path.join(folder, "gnuplot"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho '  ^' >&2\necho 'no such terminal' >&2\nexit 3\n")
        os.chmod(file.name, 0o755)
        with open(out, "w", encoding="ascii") as file:
            file.write("old")
        done = plot(self.dump, "--out", out, PATH=folder + ":" + os.environ["PATH"])
        self.assertEqual(done.returncode, 70)
        self.assertIn("gnuplot has failed: no such terminal", done.stderr)
        with open(out, encoding="ascii") as file:
            self.assertEqual(file.read(), "old")

    def test_a_broken_dump_is_named_by_its_line(self):
        broken = self.path("broken.jsonl")
        with open(self.dump, encoding="utf-8") as file, open(broken, "w", encoding="utf-8") as out:
            out.write(file.readline() + "{\n")
        done = plot(broken, "--out", "x")
        self.assertEqual(done.returncode, 65)
        self.assertIn("broken.jsonl:2: not a message", done.stderr)


if __name__ == "__main__":
    unittest.main()
