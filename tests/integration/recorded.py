"""The same recorded trades twice: replayed by tickd itself, and sent to a live one by finnhub-sim
over TLS. Both must give the same bars and have lost nothing.

Two clocks stand in the way. The daemon's is today's, and runs slower than a recording at 50 times
real speed; it would close bars before their trades are there. So finnhub-sim moves the recording
by whole weeks into the days to come (--shift-weeks), where the clock closes no bar: all are closed
by the trades that follow, as they were in 2013. The last bar of a symbol has no trade behind it
and stays open; it is left out on both sides by the rule for the watermark. Holidays are switched
off on both sides, since the day that a recording is moved to may be one."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

from daemon import TICKD, Daemon, clean_environment, make_certificate
from simulation import Simulation

SYMBOLS = ("SPY", "BAC", "AIG", "IBM")
BAR_MS, LATENESS_MS = 1000, 250
TWO_WEEKS_MS = 14 * 24 * 3600 * 1000
DAY_LIMIT_S = 4 * 3600
SAME_FOR_BOTH = ("--set", "market.exceptions=", "--set", "feed.symbols=" + ",".join(SYMBOLS))
# What a bar says about its trades, and what is computed from bars alone.
COMPARED = ("open", "high", "low", "close", "volume", "trades", "vwap", "factor", "spread",
            "session", "indicators", "horizon_return")


def cut(recording, target, first_ms, length_ms):
    """Writes the trades of a part of the day; returns how many there are."""
    count = 0
    with gzip.open(recording, "rt") as source, open(target, "w", encoding="utf-8") as out:
        out.write(next(source))
        for line in source:
            if 0 <= int(line.partition(",")[0]) - first_ms < length_ms:
                out.write(line)
                count += 1
    return count


def first_time_ms(recording):
    opener = gzip.open if recording.endswith(".gz") else open
    with opener(recording, "rt") as file:
        next(file)
        return int(next(file).partition(",")[0])


def by_symbol(bars):
    return {name: [bar for bar in bars if bar["symbol"] == name] for name in SYMBOLS}


def replay(recording, folder):
    """Report and bars of a replay."""
    report, dump = os.path.join(folder, "report.json"), os.path.join(folder, "bars.jsonl")
    subprocess.run([TICKD, "--replay", recording, "--report", report, "--dump", dump, "--topics",
                    "BAR", *SAME_FOR_BOTH], check=True, env=clean_environment({}))
    with open(report, encoding="utf-8") as file:
        document = json.load(file)
    with open(dump, encoding="utf-8") as file:
        return document, by_symbol([json.loads(line) for line in file])


def watch_bars(daemon, bars):
    """Collects BAR messages in a thread of its own until the daemon hangs up."""
    connection = daemon.connect()
    connection.request("watch", "BAR")

    def collect():
        with connection:
            connection.socket.settimeout(None)
            while (line := connection.line()) is not None:
                bars.append(json.loads(line)["params"])
    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    return thread


def live(recording, folder, speed, wanted_trades, timeout):
    """Status and symbols after the last trade, the bars, and what finnhub-sim says it sent."""
    certificate, key = make_certificate(folder)
    sent = []
    bars = []
    with Simulation("--tls", certificate, key, "--replay", recording, "--speed", str(speed),
                    "--shift-weeks", "--symbols", ",".join(SYMBOLS), "--stay", "--quiet") as sim, \
            Daemon(*SAME_FOR_BOTH, "--set", "feed.future_ms=%d" % TWO_WEEKS_MS, port=sim.port,
                   tls_ca=certificate) as daemon:
        thread = watch_bars(daemon, bars)
        status = daemon.wait_for_trades(wanted_trades, timeout)
        symbols = json.loads(daemon.ask("symbols"))
        code, _ = daemon.stop()
        thread.join(timeout)
        assert code == 0, "tickd ended with %d" % code
        sent = sim.stop()
    return status, symbols, by_symbol(bars), sent


def closed_by_watermark(bars, last_ms):
    return [bar for bar in bars if bar["start_ms"] + BAR_MS + LATENESS_MS <= last_ms]


def differences(replayed, lived, shift_ms, last_ms):
    """A line for each bar that is not the same, and the number of bars compared."""
    lines, count = [], 0
    for name in SYMBOLS:
        wanted = closed_by_watermark(replayed[name], last_ms[name])
        count += len(wanted)
        if len(wanted) != len(lived[name]):
            lines.append("%s: %d bars live, %d replayed" % (name, len(lived[name]), len(wanted)))
        for here, there in zip(wanted, lived[name]):
            if there["start_ms"] - here["start_ms"] != shift_ms:
                lines.append("%s: a bar at %d live, at %d replayed" %
                             (name, there["start_ms"] - shift_ms, here["start_ms"]))
                break
            for field in COMPARED:
                if here[field] != there[field]:
                    lines.append("%s at %d: %s is %s live, %s replayed" %
                                 (name, here["start_ms"], field, there[field], here[field]))
    return lines, count


def compare(recording, speed, timeout):
    """Runs both ways. Returns the lines of what differs, and what was counted on the way."""
    with tempfile.TemporaryDirectory(prefix="tickd-recorded-") as folder:
        report, replayed = replay(recording, folder)
        wanted = report["input"]["trades"]
        status, symbols, lived, sent = live(recording, folder, speed, wanted, timeout)
    shift_ms = sent["first_ms"] - report["input"]["first_ms"]
    last_ms = {row["symbol"]: row["last_time_ms"] - shift_ms for row in symbols}
    lines, bars = differences(replayed, lived, shift_ms, last_ms)
    for name in ("trades", "accepted", "filtered", "late", "unknown_symbol", "malformed",
                 "unknown_conditions"):
        if status["input"][name] != report["input"][name]:
            lines.append("%s: %s live, %s replayed" %
                         (name, status["input"][name], report["input"][name]))
    if sent["trades"] != status["input"]["trades"] or sent["unsent"] or sent["cut"]:
        lines.append("finnhub-sim sent %d trades, kept %d, cut off %d clients" %
                     (sent["trades"], sent["unsent"], sent["cut"]))
    if status["feed"]["connections"] != 1:
        lines.append("the feed connected %d times" % status["feed"]["connections"])
    return lines, {"bars": bars, "trades": wanted, "frames": sent["frames"],
                   "wall_s": status["uptime_s"], "shift_ms": shift_ms,
                   "latency": status["latency"]["receive_to_decision_us"]}


def main(recording, speed):
    begun = time.monotonic()
    lines, counts = compare(recording, float(speed), DAY_LIMIT_S)
    print("%s at %s times real speed, %.0f s: %s" %
          (os.path.basename(recording), speed, time.monotonic() - begun, json.dumps(counts)))
    print("\n".join(lines[:20]) if lines else "%s: the same bars, nothing lost" %
          os.path.basename(recording), flush=True)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
