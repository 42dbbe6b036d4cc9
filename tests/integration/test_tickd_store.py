"""The archive of a running daemon: what others read in it, and what becomes of it when the daemon
is killed, the file is damaged, the disk is full or cannot be written."""
import contextlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

import daemon
import simulation
from daemon import TICKCTL, Daemon

UNIT = 10 ** 8
# A market with something to win and no costs, short bars, no doubts: fills come within seconds.
EAGER = [item for setting in (
    "portfolio.fee_bps=0", "portfolio.slippage_bps=0", "portfolio.allow_short=true",
    "portfolio.orders_per_minute=6000", "market.bar_ms=100", "market.grace_ms=50",
    "market.lateness_ms=50", "electorate.horizon_bars=1", "simulator.errors=0",
    "simulator.prior_outcomes=1", "simulator.shortfall_max=1", "simulator.returns_kept=120",
    "store.flush_ms=100",
) for item in ("--set", setting)]
QUICK = ["--set", "store.flush_ms=50"]
SYMBOLS = "AA,BB,CC,DD,EE,FF"
FILLS = 40
FILLS_LIMIT_S = 150


def archive_of(one):
    return one.path("state", "tickd.db")


def archive_files(one):
    return [name for name in os.listdir(one.path("state")) if name.startswith("tickd.db")]


def ask(path, sql):
    """All rows, by Python's own SQLite, as anybody may read while the daemon writes."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % path, uri=True)) as connection:
        return connection.execute(sql).fetchall()


def units(text):
    """A decimal string as whole units of 1e-8."""
    whole, _, part = text.lstrip("-").partition(".")
    value = int(whole) * UNIT + int(part.ljust(8, "0") or 0)
    return -value if text.startswith("-") else value


def wait_until_written(one):
    """The status once nothing waits, and the archive works."""
    return one.wait_for_status(
        lambda status: status["store"]["waiting"] == 0 and not status["store"]["failing"],
        "everything to be written")


def give_commands(one, count):
    """As many changes of state as that: each is a COMMAND and an EQUITY that have to be kept."""
    for number in range(count):
        assert "halt" in one.ask("halt test" if number % 2 == 0 else "unhalt")


def can_mount():
    """Root in a system that lets it."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True,
                              check=False)
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return done.returncode == 0


@contextlib.contextmanager
def mounted(*arguments):
    """A mount on a folder of its own, for as long as it is wanted."""
    folder = tempfile.mkdtemp(prefix="tickd-mount-")
    subprocess.run(["mount", *arguments, folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        os.rmdir(folder)


class Trading(unittest.TestCase):
    """One daemon that trades until the feed ends; then its archive, its status and its socket have
    to tell the same; then it is killed."""

    def assert_books_agree(self, path, status):
        run, portfolio = status["store"]["run"], status["portfolio"]
        (cash, equity, fees, realised, fills), = ask(
            path, "SELECT cash, equity, fees, realised_pnl, fills FROM raw_equity"
                  " WHERE run = %d ORDER BY sequence DESC LIMIT 1" % run)
        self.assertEqual(cash, units(portfolio["cash"]))
        self.assertEqual(fees, units(portfolio["fees"]))
        self.assertEqual(realised, units(portfolio["realised_pnl"]))
        self.assertEqual(fills, status["fills"])
        self.assertEqual(ask(path, "SELECT count(*), sum(realised_pnl), sum(fee) FROM raw_fill"
                                   " WHERE run = %d" % run), [(fills, realised, fees)])
        held = {symbol: quantity for symbol, quantity in
                ask(path, "SELECT symbol, quantity FROM raw_position"
                          " WHERE quantity <> 0 AND run = %d" % run)}
        self.assertEqual(held, {position["symbol"]: units(position["quantity"])
                                for position in portfolio["positions"]})
        self.assertEqual(ask(path, "SELECT cash_off, realised_pnl_off, fees_off, fills_off"
                                   " FROM books_check WHERE run = %d" % run), [(0, 0, 0, 0)])
        self.assertGreater(equity, 0)

    def assert_fills_agree(self, one, path, run):
        told = json.loads(one.ask("trades 1000"))
        kept = ask(path, "SELECT sequence, time_us, symbol, side, quantity, price, cash"
                         " FROM raw_fill WHERE run = %d ORDER BY sequence DESC LIMIT %d"
                   % (run, len(told)))
        self.assertEqual(
            [(row["seq"], row["time_us"], row["symbol"], row["side"], units(row["quantity"]),
              units(row["price"]), units(row["cash"])) for row in told], kept[::-1])

    def assert_chain_leads_back(self, path, run):
        """Every fill of an entry has its order, its simulation and its decision in the archive."""
        (missing,), = ask(path, """
            SELECT count(*) FROM raw_fill AS f
            LEFT JOIN raw_simulation AS s ON s.run = f.run AND s.sequence = f.simulation
            LEFT JOIN raw_decision AS d ON d.run = s.run AND d.sequence = s.cause
            LEFT JOIN raw_order AS o ON o.run = f.run AND o."order" = f."order"
            WHERE f.run = %d AND f.purpose = 'enter'
                AND (s.run IS NULL OR d.run IS NULL OR o.run IS NULL OR d.side <> f.side)""" % run)
        self.assertEqual(missing, 0)

    def assert_sql_command_agrees(self, one, path, run):
        question = "SELECT count(*) AS fills FROM fills WHERE run = %d" % run
        expected = ask(path, question)[0][0]
        for command in (["--socket", one.socket_path], ["--db", path]):
            done = daemon.run(TICKCTL, *command, "sql", question)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(json.loads(done.stdout), [{"fills": expected}])

    def test_archive_status_and_socket_tell_the_same_and_survive_a_kill(self):
        with simulation.Simulation("--symbols", SYMBOLS, "--rate", "1500", "--seed", "7",
                                   "--market", "momentum") as market:
            with Daemon(*EAGER, port=market.port, symbols=SYMBOLS) as one:
                path = archive_of(one)
                one.wait_for_status(lambda status: status["fills"] >= FILLS, "fills", FILLS_LIMIT_S)
                market.stop()
                one.wait_for_log(event="feed", state="backing_off")
                status = wait_until_written(one)
                run = status["store"]["run"]
                self.assertEqual(status["store"]["dropped"], 0)
                self.assert_books_agree(path, status)
                self.assert_fills_agree(one, path, run)
                self.assert_chain_leads_back(path, run)
                self.assert_sql_command_agrees(one, path, run)
                module, = [row for row in status["health"]["modules"] if row["name"] == "store"]
                self.assertEqual(module["state"], "active")
                one.process.send_signal(signal.SIGKILL)
                one.wait()
                self.assert_books_agree(path, status)
                done = daemon.run(TICKCTL, "--db", path, "sql", "SELECT count(*) AS n FROM fills")
                self.assertEqual(json.loads(done.stdout), [{"n": status["fills"]}])
                with Daemon(*QUICK, folder=one.folder, symbols=SYMBOLS) as two:
                    again = wait_until_written(two)
                    self.assertGreaterEqual(again["store"]["run"], run)
                    self.assertEqual(again["store"]["set_aside"], 0)
                    self.assert_books_agree(path, status)


class Page(unittest.TestCase):
    """docs/store.md: what it says can be asked can be asked, and it names every view."""

    def test_every_question_of_the_page_is_answered_and_every_view_is_on_it(self):
        root = os.environ.get("TICKD_SOURCE", daemon.ROOT)
        with open(os.path.join(root, "docs", "store.md"), encoding="utf-8") as file:
            page = file.read()
        questions = [question.strip() for block in re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
                     for question in block.split(";") if question.strip()]
        self.assertGreater(len(questions), 5)
        with Daemon(*QUICK) as one:
            give_commands(one, 1)
            wait_until_written(one)
            for question in questions:
                done = daemon.run(TICKCTL, "--db", archive_of(one), "sql", "--", question)
                self.assertEqual((done.returncode, done.stderr), (0, ""), question)
            for view, in ask(archive_of(one), "SELECT name FROM sqlite_schema WHERE type = 'view'"):
                self.assertIn("`%s`" % view, page)


class Files(unittest.TestCase):
    def test_a_clean_stop_leaves_one_whole_file(self):
        with Daemon() as one:
            give_commands(one, 3)
            code, _ = one.stop()
            self.assertEqual(code, 0)
            self.assertEqual(archive_files(one), ["tickd.db"])
            self.assertEqual(ask(archive_of(one), "SELECT count(*) FROM commands"), [(3,)])
            (ended,), = ask(archive_of(one), "SELECT ended FROM runs")
            self.assertIsNotNone(ended)

    def test_off_is_no_archive(self):
        with Daemon("--set", "store.path=off") as one:
            status = one.status()
            self.assertIsNone(status["store"])
            self.assertNotIn("store", [row["name"] for row in status["health"]["modules"]])
            one.stop()
            self.assertEqual(archive_files(one), [])

    def test_a_file_that_is_no_database_is_set_aside_loudly(self):
        with tempfile.TemporaryDirectory(prefix="tickd-") as folder:
            os.makedirs(os.path.join(folder, "state"))
            with open(os.path.join(folder, "state", "tickd.db"), "wb") as file:
                file.write(b"once upon a time " * 1000)
            with Daemon(*QUICK, folder=folder) as one:
                line = one.wait_for_log(event="store_set_aside", level="error")
                self.assertEqual(wait_until_written(one)["store"]["set_aside"], 1)
                aside, = [name for name in os.listdir(one.path("state")) if "damaged" in name]
                self.assertIn(aside, line["text"])
                with open(one.path("state", aside), "rb") as file:
                    self.assertTrue(file.read().startswith(b"once upon a time "))

    def test_a_newer_programs_archive_is_refused_in_one_line(self):
        with tempfile.TemporaryDirectory(prefix="tickd-") as folder:
            with Daemon(*QUICK, folder=folder) as one:
                give_commands(one, 1)
                one.stop()
            with contextlib.closing(sqlite3.connect(archive_of(one))) as connection:
                connection.execute("PRAGMA user_version = 1000")
            with open(archive_of(one), "rb") as file:
                before = file.read()
            with Daemon(*QUICK, folder=folder) as two:
                self.assertEqual(two.wait(), 73)
                line, = two.text_of("err").splitlines()
                self.assertIn("has version 1000 of the schema", line)
            with open(archive_of(one), "rb") as file:
                self.assertEqual(file.read(), before)

    def test_a_folder_that_is_not_there_is_refused_in_one_line(self):
        with Daemon("--set", "store.path=/no/such/folder/tickd.db") as one:
            self.assertEqual(one.wait(), 73)
            line, = one.text_of("err").splitlines()
            self.assertIn("there is no folder /no/such/folder", line)

    def test_flipped_bytes_are_survived(self):
        with tempfile.TemporaryDirectory(prefix="tickd-") as folder:
            with Daemon(*QUICK, folder=folder) as one:
                give_commands(one, 60)
                one.stop()
            with open(archive_of(one), "rb") as file:
                good = file.read()
            for seed in range(6):
                self.live_on_flipped_bytes(folder, good, seed)

    def live_on_flipped_bytes(self, folder, good, seed):
        draw = random.Random(seed)
        damaged = bytearray(good)
        for _ in range(40):
            damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
        shutil.rmtree(os.path.join(folder, "state"))
        os.makedirs(os.path.join(folder, "state"))
        with open(os.path.join(folder, "state", "tickd.db"), "wb") as file:
            file.write(damaged)
        with Daemon(*QUICK, folder=folder) as one:
            status = one.wait_for_status(lambda status: status["store"]["written"] > 0
                                         or status["store"]["failing"], "a verdict, seed %d" % seed)
            self.assertFalse(status["store"]["failing"], "seed %d: %s" % (seed, status["store"]))
            give_commands(one, 2)
            wait_until_written(one)
            self.assertEqual(one.stop()[0], 0, "seed %d" % seed)


@unittest.skipUnless(can_mount(), "nothing can be mounted here")
class Disks(unittest.TestCase):
    def give_commands_until(self, one, condition, what):
        """How many it took."""
        given, ends = 0, time.monotonic() + daemon.LIMIT_S
        while not condition(one.status()["store"]):
            self.assertLess(time.monotonic(), ends, what)
            give_commands(one, 2)
            given += 2
        return given

    def assert_all_commands_are_there(self, one, path, given):
        wait_until_written(one)
        self.assertEqual(ask(path, "SELECT count(*) FROM commands"), [(given,)])
        self.assertEqual(ask(path, "SELECT count(*) FROM equity WHERE minute = 0"), [(given,)])

    def test_a_full_disk_is_a_failure_that_heals_without_loss(self):
        with mounted("-t", "tmpfs", "-o", "size=2m", "tmpfs") as disk:
            path = os.path.join(disk, "tickd.db")
            with Daemon(*QUICK, "--set", "store.path=" + path) as one:
                give_commands(one, 2)
                wait_until_written(one)
                ballast = os.path.join(disk, "ballast")
                with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
                    while True:
                        file.write(b"x" * 4096)
                given = 2 + self.give_commands_until(one, lambda store: store["failing"],
                                                     "the archive to fail")
                line = one.wait_for_log(event="store_failing", level="error")
                self.assertIn("make room", line["text"])
                one.wait_for_log(event="module", module="store", state="failed")
                give_commands(one, 2)
                os.remove(ballast)
                one.wait_for_log(event="store_works_again")
                self.assert_all_commands_are_there(one, path, given + 2)
                one.wait_for_log(event="module", module="store", was="failed")
                self.assertEqual(one.stop()[0], 0)

    def test_a_disk_that_cannot_be_written_at_the_start_is_waited_for(self):
        with tempfile.TemporaryDirectory() as place, mounted("--bind", place) as disk:
            subprocess.run(["mount", "-o", "remount,bind,ro", disk], check=True)
            path = os.path.join(disk, "tickd.db")
            with Daemon(*QUICK, "--set", "store.path=" + path) as one:
                line = one.wait_for_log(event="store_failing", level="error")
                self.assertIn("must be writable", line["text"])
                give_commands(one, 4)
                one.wait_for_log(event="module", module="store", state="failed")
                subprocess.run(["mount", "-o", "remount,bind,rw", disk], check=True)
                one.wait_for_log(event="store_works_again")
                self.assert_all_commands_are_there(one, path, 4)
                self.assertEqual(one.stop()[0], 0)


if __name__ == "__main__":
    simulation.require_program()
    unittest.main(argv=[sys.argv[0], "-v"])
