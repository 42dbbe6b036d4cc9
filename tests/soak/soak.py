#!/usr/bin/env python3
"""tickd and a local feed that has faults, side by side for a while; then a table, a picture, and a
verdict by exit code: 0 good, 1 bad, 2 too short to decide. Started by scripts/soak."""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

PHASE_S_MAX = 60
SAMPLE_S_MAX = 2
SYMBOLS = "SPY,QQQ,AAPL,BINANCE:BTCUSDT,BINANCE:ETHUSDT"
# So that what takes minutes with Finnhub takes seconds here, and a soak sees it often.
SETTINGS = ["feed.silence_s=8", "feed.stable_s=5", "feed.backoff_min_ms=200",
            "feed.backoff_max_ms=2000", "feed.rate_limited_s=1", "monitor.stale_s=15"]


def read_arguments():
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, required=True, help="how long")
    parser.add_argument("--rate", type=float, default=100, help="trades a second (100)")
    parser.add_argument("--seed", type=int, default=1, help="of the feed and the faults' order (1)")
    parser.add_argument("--out", default="build/soak", help="folder for what is left (build/soak)")
    parser.add_argument("--bin", default="build/release/bin", help="folder of the programs")
    arguments = parser.parse_args()
    if not 0.1 <= arguments.minutes <= 60 * 24 * 365 or not 0.1 <= arguments.rate <= 1e5:
        parser.error("minutes from 0.1 to a year, a rate from 0.1 to 100000")
    return arguments


ARGUMENTS = read_arguments()
os.environ["TICKD_BIN"] = os.path.abspath(ARGUMENTS.bin)

from daemon import Daemon, free_port  # noqa: E402 (they look for TICKD_BIN when imported)
from simulation import Simulation  # noqa: E402
import picture  # noqa: E402
from verdict import BAD, Delivery, Finding, Phase, exit_code, judge  # noqa: E402

PHASES = {phase.name: phase for phase in [
    Phase("calm", [], (), True, False),
    Phase("late and twice", ["late=2:0.05", "twice=soon", "unsorted", "identical", "conditions",
                             "volumes", "key-order"], (), True, False),
    Phase("dirt", ["garbage", "truncated", "invalid-utf8", "binary", "empty", "bad-entries",
                   "strangers", "unknown-types", "news", "fragments"], (), False, True),
    Phase("reset", ["reset=7"], (), False, False),
    Phase("closed", ["close=9"], (), False, False),
    Phase("silence", ["silence=2"], ("feed",), False, False),
    Phase("half dead", ["half-dead=2"], ("feed",), False, False),
    Phase("refused", ["handshake-429=2"], ("feed",), False, False),
    Phase("broken frames", ["bad-frame=6"], (), False, False),
]}


def order_of_phases(seed, length_s):
    """Each cycle begins calm, and has every other phase once, in an order of its own."""
    draw = random.Random(seed)
    others = [name for name in PHASES if name != "calm"]
    ends = 0.0
    while ends < length_s:
        cycle = ["calm", *draw.sample(others, len(others))]
        for name in cycle:
            if ends < length_s:
                yield PHASES[name]
            ends += phase_length(length_s)


def phase_length(length_s):
    return min(PHASE_S_MAX, length_s / len(PHASES))


class Soak:
    def __init__(self, arguments, daemon, port):
        self.arguments, self.daemon, self.port = arguments, daemon, port
        self.begun = time.monotonic()
        self.samples, self.stretches, self.deliveries = [], [], []
        self.length_s = 60 * arguments.minutes
        self.pause_s = min(SAMPLE_S_MAX, phase_length(self.length_s) / 8)
        self.log = open(self.path("samples.jsonl"), "w", encoding="utf-8")

    def path(self, name):
        return os.path.join(self.arguments.out, name)

    def elapsed(self):
        return time.monotonic() - self.begun

    def scheduling(self):
        """Nanoseconds that the loop has waited for a processor, and how often it got one."""
        try:
            with open("/proc/%d/schedstat" % self.daemon.process.pid, encoding="ascii") as file:
                _, waited, slices = file.read().split()
                return int(waited), int(slices)
        except (FileNotFoundError, ValueError):
            return None, None

    def sample(self, phase):
        status = self.daemon.status()
        folder = "/proc/%d" % self.daemon.process.pid
        waited, slices = self.scheduling()
        self.samples.append({
            "t_s": round(self.elapsed(), 3), "phase": phase.name,
            "rss_kb": self.daemon.resident_bytes() // 1024,
            "descriptors": len(os.listdir(folder + "/fd")), "waited_ns": waited, "slices": slices,
            "status": status})
        self.log.write(json.dumps(self.samples[-1]) + "\n")
        self.log.flush()
        return status

    def run_phase(self, phase, number):
        begins = self.elapsed()
        ends = min(begins + phase_length(self.length_s), self.length_s)
        before = self.daemon.status()["input"]["trades"]
        faults = [word for fault in phase.faults for word in ("--fault", fault)]
        with Simulation("--rate", str(self.arguments.rate), "--symbols", SYMBOLS, "--quiet",
                        "--seed", str(self.arguments.seed + number), *faults,
                        port=self.port) as feed:
            while self.elapsed() < ends:
                self.sample(phase)
                time.sleep(self.pause_s)
            truth = feed.stop()
        self.stretches.append((phase.name, begins, self.elapsed(), bool(phase.faults)))
        if phase.whole:
            status = self.daemon.wait_for_status(
                lambda status: status["feed"]["state"] in ("connecting", "backing_off"),
                "the end of the connection")
            self.deliveries.append(Delivery(phase.name, truth["deliveries"],
                                            status["input"]["trades"] - before))

    def run(self):
        for number, phase in enumerate(order_of_phases(self.arguments.seed, self.length_s)):
            self.run_phase(phase, number)
            print("%5.1f min  %-14s  health %5.1f%%  rss %6d kB  trades %d" % (
                self.elapsed() / 60, phase.name, self.samples[-1]["status"]["health"]["score"],
                self.samples[-1]["rss_kb"], self.samples[-1]["status"]["input"]["trades"]),
                flush=True)
        self.log.close()


def tell(soak, findings):
    """The table to standard output and verdict.txt, findings to verdict.json, the picture."""
    lines = ["%-28s %-62s %-28s %s" % ("", "measured", "limit", "verdict")]
    lines += ["%-28s %-62s %-28s %s" % finding for finding in findings]
    path = soak.path("soak.svg")
    words = picture.draw(path, soak.samples, soak.stretches) if soak.samples else "no samples"
    lines += ["", "picture: %s" % (words or path)]
    with open(soak.path("verdict.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    with open(soak.path("verdict.json"), "w", encoding="utf-8") as file:
        json.dump([finding._asdict() for finding in findings], file, indent=1)
    print("\n".join(["", *lines]))


def run(daemon, port):
    """The findings of a whole soak, also of one that ended before its time."""
    soak, trouble = Soak(ARGUMENTS, daemon, port), []
    try:
        soak.run()
    except (AssertionError, OSError) as error:
        trouble = [Finding("the run", str(error).partition("\n")[0][:62], "to its end", BAD)]
    shutil.copy(daemon.log_path, ARGUMENTS.out)
    code = daemon.stop()[0] if daemon.process.poll() is None else daemon.process.returncode
    findings = trouble + judge(PHASES, soak.samples, soak.deliveries, code)
    tell(soak, findings)
    return exit_code(findings)


def main():
    os.makedirs(ARGUMENTS.out, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="tickd-soak-")
    port = free_port()
    listen = "dashboard.listen=127.0.0.1:%d" % free_port()
    settings = [word for setting in [*SETTINGS, listen] for word in ("--set", setting)]
    try:
        with Daemon(*settings, port=port, symbols=SYMBOLS, folder=folder) as daemon:
            return run(daemon, port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    sys.exit(main())
