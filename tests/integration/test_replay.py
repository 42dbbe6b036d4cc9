"""tickd --replay from outside: bars and indicators of a synthetic market against a computation of
its own (exact decimals, from the definitions), accounting, the same digest twice, broken files,
and the recorded days when they are there."""
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
from decimal import ROUND_HALF_EVEN, Decimal, getcontext

SOURCE = os.environ.get("TICKD_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "reference"))
import indicators_reference  # noqa: E402

getcontext().prec = 60
TICKD = os.path.join(os.environ["TICKD_BIN"], "tickd")
DATA = os.environ.get("TICKD_DATA")
UNIT = Decimal("0.00000001")
START_MS = 1795446000000  # 2026-11-23 15:00 UTC: one session, one date, in New York too
MOVES = {1: "LHV", 3: "V", 8: "LHV", 9: "HV", 12: "V", 16: "", 18: "HV", 37: "V", 99: "LHV"}


def tickd(*arguments):
    return subprocess.run([TICKD, *arguments], capture_output=True, text=True, timeout=120,
                          check=False)


def replay(files, *more):
    """Report and BAR messages of a run, and the process."""
    with tempfile.TemporaryDirectory() as folder:
        report, dump = os.path.join(folder, "report.json"), os.path.join(folder, "bars.jsonl")
        process = tickd("--replay", *files, "--report", report, "--dump", dump, "--topics", "BAR",
                        *more)
        with open(report, encoding="utf-8") as file:
            document = json.load(file)
        with open(dump, encoding="utf-8") as file:
            bars = [json.loads(line) for line in file]
    return document, bars, process


def synthetic(seed, count=1600):
    """Rows of two symbols, each up to 200 ms out of order, with all kinds of conditions and
    volumes."""
    rng = random.Random(seed)
    rows, time, price = [], START_MS, {"UP": Decimal("101.5"), "LOW": Decimal("0.00420042")}
    for _ in range(count):
        time += rng.choice([0, 0, 3, 17, 60, 60, 150, 900])
        symbol = rng.choice(["UP", "UP", "LOW"])
        price[symbol] *= 1 + Decimal(rng.randint(-30, 30)) / 10000
        quoted = price[symbol].quantize(Decimal("0.01") if symbol == "UP" else UNIT)
        volume = rng.choice([Decimal(0), Decimal(100), Decimal(rng.randint(1, 999)),
                             Decimal("0.000004"), Decimal(rng.randint(1, 10**9)) * UNIT])
        codes = rng.choice([[], [], [1], [1], [1, 8], [1, 12], [3], [9], [16], [18], [37], [99]])
        exchange_ms = max(time - rng.choice([0, 0, 0, 50, 200]), START_MS)
        rows.append((exchange_ms, symbol, quoted, volume, codes))
    return rows


def write_csv(path, rows):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "wt", encoding="utf-8") as file:
        file.write("conditions,price,symbol,note,volume,time_ms\n")
        for time, symbol, price, volume, codes in rows:
            file.write(f"{';'.join(map(str, codes))},{price},{symbol},x,{volume},{time}\n")


def expected_bars(rows, odd_lots_move_price):
    """By the definitions: sets of trades per symbol and second."""
    slots, filtered, ticks = {}, 0, {}
    for arrival, (time, symbol, price, volume, codes) in enumerate(rows):
        moves = set("LHV")
        for code in codes:
            moves &= set("LHV" if code == 12 and odd_lots_move_price else MOVES[code])
        if not moves:
            filtered += 1
            continue
        sign = 0
        if "L" in moves:
            last, direction = ticks.get(symbol, (price, 0))
            direction = 1 if price > last else -1 if price < last else direction
            ticks[symbol] = (price, direction)
            sign = direction
        entry = (time, arrival, price, volume, moves, sign)
        slots.setdefault((symbol, time // 1000), []).append(entry)
    bars, unpriced = {}, {}
    for (symbol, second), trades in sorted(slots.items()):
        lasts = [t for t in trades if "L" in t[4]]
        highs = [t[2] for t in trades if "H" in t[4]]
        volume = sum(t[3] for t in trades if "V" in t[4])
        turnover = sum(t[2] * t[3] for t in trades if "V" in t[4])
        if not lasts:
            unpriced.setdefault(symbol, []).append((second, volume, turnover))
            continue
        bars.setdefault(symbol, []).append({
            "start_ms": second * 1000,
            "open": min(lasts)[2],
            "close": max(lasts)[2],
            "high": max(highs + [t[2] for t in (min(lasts), max(lasts))]),
            "low": min(highs + [t[2] for t in (min(lasts), max(lasts))]),
            "volume": volume,
            "turnover": turnover,
            "signed_volume": sum(t[3] * t[5] for t in trades if "V" in t[4]),
            "trades": len(trades),
            "vwap": (turnover / volume).quantize(UNIT, ROUND_HALF_EVEN) if volume else None,
        })
    return bars, unpriced, filtered


def close_enough(found, wanted):
    if found is None or wanted is None:
        return found is None and wanted is None
    return abs(Decimal(found) - wanted) <= Decimal("1e-9") * max(1, abs(wanted))


class Bars(unittest.TestCase):
    def check(self, seed, odd_lots_move_price):
        rows = synthetic(seed)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "market.csv.gz")
            write_csv(path, rows)
            document, found, process = replay(
                [path], "--set", f"market.odd_lots_move_price={str(odd_lots_move_price).lower()}",
                "--set", "market.duplicates=keep")
        self.assertEqual(process.returncode, 0, process.stderr)
        wanted, unpriced, filtered = expected_bars(rows, odd_lots_move_price)
        self.assertEqual(document["input"]["trades"], len(rows))
        self.assertEqual(document["input"]["filtered"], filtered)
        self.assertEqual(document["input"]["accepted"], len(rows) - filtered)
        self.assertEqual(document["bars"], sum(map(len, wanted.values())))
        for symbol, bars in wanted.items():
            mine = [bar for bar in found if bar["symbol"] == symbol]
            self.assertEqual(len(mine), len(bars))
            for number, (bar, other) in enumerate(zip(mine, bars)):
                self.check_bar(bar, other)
                # they are computed anew for each bar, slowly: a sample of them is enough
                if number % 40 == 0 or 33 <= number < 37:
                    self.check_indicators(bar, bars[: number + 1], unpriced.get(symbol, []))

    def check_bar(self, found, wanted):
        self.assertEqual(found["start_ms"], wanted["start_ms"])
        self.assertEqual(found["trades"], wanted["trades"])
        for name in ("open", "high", "low", "close", "volume"):
            self.assertEqual(Decimal(found[name]), wanted[name], name)
        vwap = found["vwap"]
        self.assertEqual(None if vwap is None else Decimal(vwap), wanted["vwap"])

    def check_indicators(self, found, bars, unpriced):
        second = bars[-1]["start_ms"] // 1000
        session = [(b["volume"], b["turnover"]) for b in bars]
        session += [(v, t) for s, v, t in unpriced if s < second]
        wanted = indicators_reference.indicators(bars, session)
        for name, value in wanted.items():
            self.assertTrue(close_enough(found["indicators"][name], value),
                            f"{name} at {second}: {found['indicators'][name]}, not {value}")
        horizon = None if len(bars) <= 60 else (bars[-1]["close"] / bars[-61]["close"]).ln()
        self.assertTrue(close_enough(found["horizon_return"], horizon))

    def test_bars_equal_an_independent_computation(self):
        for seed in (1, 2):
            with self.subTest(seed=seed):
                self.check(seed, True)

    def test_bars_without_odd_lots_in_the_price_too(self):
        self.check(3, False)


class Accounting(unittest.TestCase):
    def test_the_sums_hold_and_the_digest_repeats(self):
        rows = synthetic(9)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "market.csv")
            write_csv(path, rows)
            with open(path, "a", encoding="utf-8") as file:
                file.write(",0,UP,,1,1795446000000\n,-1,UP,,1,1795446000000\n,1,UP,,1,12\n"
                           ",1,OTHER,,1,1795449600000\n")
            first, _, process = replay([path], "--set", "feed.symbols=UP,LOW")
            second, _, _ = replay([path], "--set", "feed.symbols=UP,LOW")
            other, _, _ = replay([path], "--set", "feed.symbols=UP,LOW",
                                 "--set", "market.grace_ms=700")
        self.assertEqual(process.returncode, 0, process.stderr)
        counts = first["input"]
        self.assertEqual(counts["trades"], sum(counts[name] for name in (
            "accepted", "filtered", "late", "unknown_symbol", "malformed")))
        self.assertEqual((counts["malformed"], counts["unknown_symbol"]), (3, 1))
        for history in first["histories"]:
            self.assertEqual(history["appended"], history["size"] + history["overwritten"])
        self.assertEqual(first["digest"], second["digest"])
        self.assertNotEqual(first["config_digest"], other["config_digest"])
        self.assertEqual(first["health"]["score"], 100)
        self.assertEqual(first["memory"]["tick_path_allocations"] or 0, 0)


class BrokenFiles(unittest.TestCase):
    def run_on(self, content, name="broken.csv", more=()):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(content)
            return replay([path], *more)

    def test_a_number_that_is_none_names_its_record_and_what_came_before_is_reported(self):
        document, _, process = self.run_on(
            b"time_ms,symbol,price,volume\n1795446000000,A,1,1\n1795446000001,A,2,1\n"
            b"1795446000002,A,x,1\n")
        self.assertEqual(process.returncode, 65)
        self.assertRegex(process.stderr, r"record 3\b")
        self.assertEqual(len(process.stderr.strip().splitlines()), 1)
        self.assertEqual(document["input"]["trades"], 2)
        self.assertEqual(document["bars"], 1)

    def test_more_symbols_than_there_is_room_for_are_said_to_be(self):
        rows = "".join("%d,S%d,1,1\n" % (START_MS + i, i % 70) for i in range(140))
        content = ("time_ms,symbol,price,volume\n" + rows).encode()
        report, _, process = self.run_on(content, "many.csv")
        self.assertEqual((process.returncode, report["input"]["unknown_symbol"]), (0, 12))
        self.assertEqual(process.stderr, "tickd: --replay: 12 trades are not taken: there is room "
                         "for 64 symbols, and they are of others; say which count with --set "
                         "feed.symbols=A,B, or make room with --set market.symbols_max=N, at most "
                         "4096\n")
        for setting in ("market.symbols_max=70", "feed.symbols=S1,S2"):
            _, _, process = self.run_on(content, "many.csv", ("--set", setting))
            self.assertEqual((process.returncode, process.stderr), (0, ""))

    def test_a_missing_column_is_named(self):
        _, _, process = self.run_on(b"time_ms,symbol,volume\n1,A,1\n")
        self.assertEqual(process.returncode, 65)
        self.assertIn("price", process.stderr)

    def test_a_gzip_that_was_cut_off_keeps_what_came_before(self):
        whole = gzip.compress(b"time_ms,symbol,price,volume\n" + b"".join(
            b"%d,A,%d.5,10\n" % (START_MS + 100 * i, 100 + i % 7) for i in range(20000)))
        document, _, process = self.run_on(whole[: len(whole) // 2], "cut.csv.gz")
        self.assertEqual(process.returncode, 65)
        self.assertRegex(process.stderr, r"record \d+")
        self.assertGreater(document["input"]["trades"], 1000)

    def test_a_file_that_is_not_there_is_said_to_be(self):
        process = tickd("--replay", "/nowhere/at-all.csv")
        self.assertEqual(process.returncode, 65)
        self.assertIn("/nowhere/at-all.csv", process.stderr)


@unittest.skipUnless(DATA, "skipped: no data")
class Recorded(unittest.TestCase):
    DAYS = (("trades-20131007.csv.gz", 388417), ("trades-20131008.csv.gz", 654140))

    def test_both_days_are_accounted_for_to_the_last_trade(self):
        for name, rows in self.DAYS:
            with self.subTest(day=name):
                document, bars, process = replay([os.path.join(DATA, name)])
                self.assertEqual(process.returncode, 0, process.stderr)
                counts = document["input"]
                self.assertEqual(counts["trades"], rows)
                self.assertEqual(counts["accepted"] + counts["filtered"], rows)
                self.assertEqual(document["bars"], len(bars))
                self.assertEqual({bar["symbol"] for bar in bars}, {"SPY", "BAC", "AIG", "IBM"})
                self.assertEqual(document["health"]["score"], 100)

    def test_both_days_in_one_run(self):
        document, _, process = replay([os.path.join(DATA, name) for name, _ in self.DAYS])
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(document["input"]["trades"], sum(rows for _, rows in self.DAYS))


if __name__ == "__main__":
    unittest.main()
