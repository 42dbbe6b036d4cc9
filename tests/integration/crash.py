"""Kills a busy tickd again and again, damages what it kept, starts it again, and proves each time
that nothing that was shown as stored is lost and that the books are exact.

    crash.py [--kills N] [--seed S]     N rounds (default 200), each: run, SIGKILL, perhaps damage,
                                        start, prove
    crash.py --faults [--from-call N]   one round for each call on the state folder: that call
                                        fails (disk full, I/O error), then SIGKILL, start, prove;
                                        until a life of nine seconds has no call left that could
                                        fail: some 600 rounds
    crash.py --clock                    one round for each step of the clock: it is set back or
                                        forward, then SIGKILL, start, prove

It prints one line a round and the seed; exit code 1 at the first proof that fails."""

import argparse
import json
import os
import random
import re
import shutil
import sqlite3
import struct
import sys
import tempfile
import time
from decimal import Decimal

from daemon import TICKD, Daemon, run, wait_until
from simulation import Simulation, require_program

UNIT = 10 ** 8
CHECKPOINTS = ("checkpoint", "checkpoint.1")
# Topics and tables that are compared.
COMPLETE = (("FILL", "raw_fill"), ("FEED", "raw_feed"), ("AGENT_PROFILE", "raw_agent_profile"))
FILLS_FIRST = 20
SYMBOLS = "SPY,QQQ,IWM,DIA"
# A market with so much to win, and settings so eager, that there are fills within seconds.
MARKET = ["--market", "reverting", "--parameter", "gap_bps=300", "--parameter", "half_life_s=2",
          "--symbols", SYMBOLS, "--rate", "800", "--quiet"]
EAGER = {
    "portfolio.fee_bps": "0.5", "portfolio.slippage_bps": "0", "portfolio.allow_short": "true",
    "portfolio.orders_per_minute": "6000", "portfolio.participation": "1",
    "portfolio.max_daily_loss": "1", "portfolio.max_drawdown": "1",
    "market.bar_ms": "100", "market.lateness_ms": "50", "market.grace_ms": "50",
    "electorate.horizon_bars": "5", "electorate.incumbents": "1", "electorate.shadows": "0",
    "simulator.errors": "0", "simulator.prior_outcomes": "1", "simulator.returns_kept": "120",
    "simulator.paths": "64", "checkpoint.interval_s": "5", "store.flush_ms": "100",
    "monitor.memory_budget_mb": "4096",
}
RECOVERY = re.compile(r"run ([0-9a-f]{16}) (.*?): from (a checkpoint|the tape's beginning), "
                      r"(\d+) inputs from the tape, (\d+) digests compared, in (\d+) ms; "
                      r"sequence (\d+), digest ([0-9a-f]{16})")


def eager_options():
    return [word for key, value in EAGER.items() for word in ("--set", "%s=%s" % (key, value))]


class Broken(Exception):
    """A proof that failed."""


def prove(condition, what, *details):
    if not condition:
        raise Broken(what % details if details else what)


# Books.

def half_even(product):
    """product / UNIT, as the books round."""
    quotient, rest = divmod(product, UNIT)
    if 2 * rest > UNIT or (2 * rest == UNIT and quotient % 2 == 1):
        quotient += 1
    return quotient


def units(text):
    value = Decimal(text) * UNIT
    prove(value == value.to_integral_value(), "%s is no multiple of 1e-8", text)
    return int(value)


def read_archive(path):
    """Rows of fills by (run, sequence), and the runs."""
    archive = sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=10)
    archive.row_factory = sqlite3.Row
    try:
        archive.execute("BEGIN")
        fills = {(row["run"], row["sequence"]): tuple(row) for row in
                 archive.execute("SELECT * FROM raw_fill")}
        rows = [dict(row) for row in archive.execute(
            "SELECT * FROM raw_fill ORDER BY run, sequence")]
        runs = [dict(row) for row in archive.execute("SELECT * FROM raw_run ORDER BY run")]
        cash = {row["run"]: row["cash"] for row in archive.execute(
            "SELECT run, cash, max(sequence) FROM raw_equity GROUP BY run")}
        positions = [dict(row) for row in archive.execute("SELECT * FROM raw_position")]
    finally:
        archive.close()
    return fills, rows, runs, cash, positions


def prove_fills(rows, runs, adopted):
    """Each fill's cash is the one before it, less what it cost, to the last unit; a run that took
    over books begins with theirs."""
    cash = {row["run"]: row["initial_cash"] for row in runs if row["run"] not in adopted}
    held = {}
    for row in rows:
        sign = 1 if row["side"] == "buy" else -1
        value = half_even(row["quantity"] * row["price"])
        key = row["run"], row["symbol"]
        if row["run"] in cash:
            prove(row["cash"] == cash[row["run"]] - sign * value - row["fee"],
                  "fill %d: cash %d after %d", row["sequence"], row["cash"], cash[row["run"]])
        if row["run"] not in adopted or key in held:
            prove(row["position"] == held.get(key, 0) + sign * row["quantity"],
                  "fill %d: position %d", row["sequence"], row["position"])
        cash[row["run"]] = row["cash"]
        held[key] = row["position"]
    return cash, held


def prove_books(status):
    portfolio = status["portfolio"]
    worth = sum(units(position["market_value"]) for position in portfolio["positions"])
    prove(units(portfolio["cash"]) + worth == units(portfolio["equity"]),
          "cash %s + positions %d is not equity %s", portfolio["cash"], worth, portfolio["equity"])
    prove(units(portfolio["equity"]) == units(portfolio["initial_cash"]) +
          units(portfolio["realised_pnl"]) + units(portfolio["unrealised_pnl"]) -
          units(portfolio["fees"]), "equity is not what fees and P&L make of it")
    counted = status["input"]
    prove(counted["trades"] == sum(counted[name] for name in (
        "accepted", "filtered", "late", "unknown_symbol", "malformed")), "trades: %r", counted)
    for ring in status["histories"]:
        prove(ring["appended"] == ring["size"] + ring["overwritten"], "history: %r", ring)


# Damage.

def flip(path, chance):
    size = os.path.getsize(path)
    place = chance.randrange(size)
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ (1 << chance.randrange(8))]))
    return "%s: bit of byte %d of %d flipped" % (os.path.basename(path), place, size)


def newest_tape(state):
    folder = os.path.join(state, "tape")
    return os.path.join(folder, max(name for name in os.listdir(folder)
                                    if name.startswith("tape-")))


def damage_nothing(_state, _chance):
    return ""


def damage_tape_end(state, chance):
    path = newest_tape(state)
    size = os.path.getsize(path)
    less = min(size, chance.randrange(1, 200))
    os.truncate(path, size - less)
    return "tape: %d bytes of its end cut off" % less


def damage_tape(state, chance):
    return flip(newest_tape(state), chance)


def damage_checkpoint(state, chance):
    path = os.path.join(state, "checkpoint")
    return flip(path, chance) if os.path.exists(path) else ""


def damage_checkpoints(state, chance):
    paths = [os.path.join(state, name) for name in CHECKPOINTS]
    return "; ".join(flip(path, chance) for path in paths if os.path.exists(path))


def damage_archive(state, chance):
    return flip(os.path.join(state, "tickd.db"), chance)


DAMAGES = (damage_tape_end, damage_tape, damage_checkpoint, damage_checkpoints, damage_archive)


# Rounds.

class Crash:
    def __init__(self, seed, folder, environment=None):
        self.environment = environment
        self.chance = random.Random(seed)
        self.folder = folder
        self.state = os.path.join(folder, "state")
        self.archive = os.path.join(self.state, "tickd.db")
        self.adopted = set()  # runs that began with the books of another
        self.scarred = set()  # runs whose tape has been damaged: no replay is whole any more
        self.fills = 0
        self.recoveries = []

    def start(self, port, *more):
        return Daemon(*eager_options(), *more, port=port, folder=self.folder, symbols=SYMBOLS,
                      environment=self.environment)

    def replayed(self, tape):
        """What a replay of all of the newest run comes to: sequence, digest."""
        report = os.path.join(self.folder, "replayed.json")
        paths = sorted(os.path.join(tape, name) for name in os.listdir(tape)
                       if name.startswith("tape-"))
        heads = [run_of(path) for path in paths]
        mine = [path for path, head in zip(paths, heads) if head == heads[-1]]
        done = run(TICKD, "--replay", *mine, "--report", report)
        prove(done.returncode == 0, "replay: exit code %d: %s", done.returncode, done.stderr)
        with open(report, encoding="utf-8") as file:
            document = json.load(file)
        prove(document["tape"]["digest_mismatches"] == 0, "replay: %r", document["tape"])
        return document["digest"]

    def prove_complete(self, tape):
        """What a replay of the tape tells is in the archive; how many fills."""
        dump = os.path.join(self.folder, "messages.jsonl")
        done = run(TICKD, "--replay", *sorted(
            os.path.join(tape, name) for name in os.listdir(tape) if name.startswith("tape-")),
            "--dump", dump, "--topics", ",".join(topic for topic, _ in COMPLETE))
        prove(done.returncode == 0, "replay: exit code %d: %s", done.returncode, done.stderr)
        with open(dump, encoding="utf-8") as file:
            told = [json.loads(line) for line in file]
        archive = sqlite3.connect("file:%s?mode=ro" % self.archive, uri=True, timeout=10)
        try:
            for topic, table in COMPLETE:
                kept = {row[0] for row in archive.execute(
                    "SELECT sequence FROM %s WHERE run = (SELECT max(run) FROM raw_run)" % table)}
                missing = [line["seq"] for line in told if line["topic"] == topic and
                           line["seq"] not in kept]
                prove(not missing, "%s of the tape are missing in the archive: %r", topic, missing)
        finally:
            archive.close()
        return sum(line["topic"] == "FILL" for line in told)

    def prove_recovery(self, daemon, tape, damage, outcome="goes on"):
        """After the start: what the log says, the books, the archive."""
        lines = daemon.log(event="recovery")
        texts = [line["text"] for line in lines[self.lines_before:]]
        found = [match for match in map(RECOVERY.search, texts) if match]
        status = daemon.status()
        prove_books(status)
        taken_over = [text for text in texts if "the books are those of the archive" in text]
        # A bit that lies before the checkpoint's place, or means nothing.
        unseen = damage is damage_tape and not any("tape-" in text for text in texts)
        if damage in (damage_nothing, damage_checkpoint) or unseen:
            prove(len(found) == 1 and found[0].group(2) == outcome, "recovery: %r", texts)
            if found[0].group(1) not in self.scarred:
                prove(self.replayed(tape) == found[0].group(8),
                      "recovered another digest than a replay: %s", found[0].group(0))
            self.recoveries.append((int(found[0].group(4)), int(found[0].group(6))))
        if damage in (damage_checkpoint, damage_checkpoints):
            prove(len(texts) > 1, "not said: %r", texts)
        if damage in (damage_tape, damage_tape_end):
            self.scarred.update(match.group(1) for match in found)
        return bool(taken_over), texts

    def round(self, number, port, damage):
        with self.start(port) as daemon:
            self.lines_before = 0
            # Until there is something new to lose: where what was learned is gone, after a while.
            had = daemon.status()["fills"]
            wanted = had + (FILLS_FIRST if number == 0 else 1)
            daemon.wait_for_status(lambda status: status["fills"] >= wanted, "fills", 180)
            time.sleep(self.chance.uniform(0.2, 9.0))  # a moment that nobody has chosen
            before = read_archive(self.archive)[0] if os.path.exists(self.archive) else {}
            daemon.process.kill()
            daemon.process.wait()
            self.lines_before = len(daemon.log(event="recovery"))
        what, texts = self.start_again(port, before, damage)
        print("round %d: %d fills stored before the kill, %s; %s" % (
            number, len(before), what or "no damage",
            texts[-1] if texts else "nothing to recover"), flush=True)

    def start_again(self, port, before, damage):
        """After a kill: `before` are the fills that were stored. What was damaged, and what the
        recovery said."""
        tape = os.path.join(self.folder, "tape-of-before")
        shutil.rmtree(tape, ignore_errors=True)
        shutil.copytree(os.path.join(self.state, "tape"), tape)
        what = damage(self.state, self.chance)
        with self.start(port) as daemon:
            daemon.connect().close()
            adopts, texts = self.prove_recovery(daemon, tape, damage)
            wait_until(lambda: daemon.status()["input"]["trades"] > 0, "trades")
            code, _ = daemon.stop()
            prove(code == 0, "exit code %d at the end: %s", code, daemon.text_of("err"))
        self.prove_archive(before, damage, adopts, texts)
        return what, texts

    def prove_archive(self, before, damage, adopts, texts):
        fills, rows, runs, _, positions = read_archive(self.archive)
        set_aside = [name for name in os.listdir(self.state) if "damaged" in name]
        if damage is damage_archive and (set_aside or not before.keys() <= fills.keys()):
            prove(set_aside, "fills are missing and nothing was set aside")
            for name in set_aside:
                os.unlink(os.path.join(self.state, name))
            self.adopted.update(row["run"] for row in runs)
        else:
            for key, row in before.items():
                prove(key in fills, "fill %r was stored and is missing", key)
                prove(fills[key] == row or damage is damage_archive,
                      "fill %r was stored, and is another now", key)
        if adopts:
            self.adopted.add(max(row["run"] for row in runs))
        try:
            cash, held = prove_fills(rows, runs, self.adopted)
        except Broken as broken:
            said = any("books are not exact" in text for text in texts)
            prove(damage is damage_archive and said, "%s", broken)
            self.adopted.update(row["run"] for row in runs)
            return
        for position in positions:
            key = position["run"], position["symbol"]
            if key in held and position["run"] == max(cash):
                prove(position["quantity"] == held[key], "position %r, fills make %d", position,
                      held[key])
        self.fills = len(fills)


# Calls that fail.

IO_FAULTS = os.path.join(os.path.dirname(os.path.dirname(TICKD)), "tests", "libio_faults.so")
FAILED_STARTS = (71, 73, 74)  # the system, cannot create, I/O


def faulty(folder, port, first, count, error):
    """A daemon whose calls number first to first + count - 1 fail; how many calls it made until it
    was killed, and what it said when it did not start."""
    tally = os.path.join(folder, "tally")
    if os.path.exists(tally):
        os.unlink(tally)
    state = os.path.join(folder, "state")
    environment = {"LD_PRELOAD": IO_FAULTS, "IO_FAULTS_UNDER": state, "IO_FAULTS_TALLY": tally,
                   "IO_FAULTS_FIRST": str(first), "IO_FAULTS_COUNT": str(count),
                   "IO_FAULTS_ERROR": error}

    def calls():
        if not os.path.exists(tally):
            return 0
        with open(tally, "rb") as file:
            return int.from_bytes(file.read(8), "little")

    with Daemon(*eager_options(), "--set", "checkpoint.interval_s=5", port=port, folder=folder,
                symbols=SYMBOLS, environment=environment) as daemon:
        begun = time.monotonic()
        while daemon.process.poll() is None and time.monotonic() < begun + 60:
            enough = time.monotonic() > begun + 2.5 and calls() >= first + count
            if enough or time.monotonic() > begun + 9:
                break
            time.sleep(0.05)
        if daemon.process.poll() is not None:
            said = daemon.text_of("err").strip().splitlines()[-1:]
            prove(daemon.process.returncode in FAILED_STARTS and said,
                  "call %d: exit code %d: %r", first, daemon.process.returncode, said)
            return calls(), said[0]
        prove_books(daemon.status())
        daemon.process.kill()
        daemon.process.wait()
        return calls(), ""


def fault_round(port, first, count, error):
    """From an empty folder, so that the same number is the same call."""
    folder = tempfile.mkdtemp(prefix="tickd-faults-")
    made, said = faulty(folder, port, first, count, error)
    with Daemon(*eager_options(), port=port, folder=folder, symbols=SYMBOLS) as daemon:
        status = daemon.wait_for_trades(1)
        prove_books(status)
        prove(not status["tape"]["failing"] and not status["store"]["failing"],
              "call %d: it does not heal: %r", first, (status["tape"], status["store"]))
        texts = [line["text"] for line in daemon.log(event="recovery")]
        code, _ = daemon.stop()
        prove(code == 0, "call %d: exit code %d at the end", first, code)
    archive = os.path.join(folder, "state", "tickd.db")
    _, rows, runs, _, _ = read_archive(archive)
    prove_fills(rows, runs, {row["run"] for row in runs[1:]})
    shutil.rmtree(folder)
    print("call %d of %d, %d of %s: %s" % (first, made, count, error, said or
                                           (texts[-1] if texts else "a new run")), flush=True)
    return made


def faults(chosen=None, seed=0, begin=1):
    """Every call from `begin` on, or those chosen: (first, count, error)."""
    with Simulation(*MARKET, "--seed", str(seed % 2 ** 31)) as simulation:
        for first, count, error in chosen or ():
            fault_round(simulation.port, first, count, error)
        first = begin
        while chosen is None:
            made = fault_round(simulation.port, first, 1 + first % 4,
                               ("ENOSPC", "EIO", "EROFS")[first % 3])
            if made < first:  # there is none left that could fail
                break
            first += 1


# An archive that is behind.

def hold(archive):
    """Somebody else's transaction, which nobody can write beside."""
    holder = sqlite3.connect(archive, isolation_level=None, timeout=30)
    holder.execute("BEGIN IMMEDIATE")
    return holder


def let_go(holder):
    holder.execute("ROLLBACK")
    holder.close()


def kill(story, daemon):
    daemon.wait_for_status(lambda status: status["tape"]["durable_lag_ms"] < 1000, "tape")
    daemon.process.kill()
    daemon.process.wait()
    story.lines_before = len(daemon.log(event="recovery"))


def prove_completed(story, port, origin, outcome="goes on"):
    """Starts again; how many fills there are."""
    tape = os.path.join(story.state, "tape")
    before = os.path.join(story.folder, "tape-of-before")
    shutil.copytree(tape, before)
    with story.start(port) as daemon:
        daemon.connect().close()
        _, texts = story.prove_recovery(daemon, before, damage_nothing, outcome)
        code, _ = daemon.stop()
        prove(code == 0, "exit code %d at the end", code)
    prove(RECOVERY.search(texts[-1]).group(3) == origin, "recovery: %r", texts)
    return story.prove_complete(tape)


def archive_behind(seed=0):
    """A checkpoint is made while somebody holds the archive, which then lacks rows from before it;
    SIGKILL, start: they have come from the tape, from the checkpoint before; and, where that is
    damaged, from the tape's beginning."""
    folder = tempfile.mkdtemp(prefix="tickd-behind-")
    copy = folder + "-copy"
    story = Crash(seed, folder)
    damaged = Crash(seed, copy)
    with Simulation(*MARKET, "--seed", str(seed % 2 ** 31)) as simulation:
        with story.start(simulation.port, "--set", "log.level=debug") as daemon:
            daemon.wait_for_status(lambda status: status["fills"] >= FILLS_FIRST, "fills", 180)
            holder = hold(story.archive)
            had = daemon.status()["fills"]
            daemon.wait_for_status(lambda status: status["fills"] >= had + 3, "fills", 60)
            time.sleep(12)  # one is made in this time, or two, the first before any row had to wait
            kept = [os.stat(os.path.join(story.state, name)) for name in CHECKPOINTS]
            made = len(daemon.log(event="checkpoint"))
            wait_until(lambda: len(daemon.log(event="checkpoint")) > made, "a checkpoint")
            now = [os.stat(os.path.join(story.state, name)) for name in CHECKPOINTS]
            prove(kept[0].st_ino != now[0].st_ino, "the newest checkpoint is not made anew")
            prove(kept[1].st_ino == now[1].st_ino, "the one that the archive had reached is gone")
            kill(story, daemon)
            let_go(holder)
        damaged.lines_before = story.lines_before
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.sock"))
        flip(os.path.join(damaged.state, "checkpoint.1"), damaged.chance)
        fills = prove_completed(story, simulation.port, "a checkpoint")
        prove_completed(damaged, simulation.port, "the tape's beginning")
    shutil.rmtree(folder)
    shutil.rmtree(copy)
    return fills - had


def forget(state, names):
    for name in names:
        path = os.path.join(state, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.unlink(path)


def first_checkpoint(seed=0):
    """The archive is held from before the run's beginning, so that it knows nothing of the run when
    its first checkpoint has been made; SIGKILL, start: it has all."""
    folder = tempfile.mkdtemp(prefix="tickd-first-")
    story = Crash(seed, folder)
    with Simulation(*MARKET, "--seed", str(seed % 2 ** 31)) as simulation:
        with story.start(simulation.port) as daemon:
            daemon.wait_for_trades(1)
            code, _ = daemon.stop()
            prove(code == 0, "exit code %d at the end", code)
        forget(story.state, (*CHECKPOINTS, "tape"))
        holder = hold(story.archive)
        with story.start(simulation.port, "--set", "log.level=debug") as daemon:
            daemon.wait_for_trades(1)
            wait_until(lambda: daemon.log(event="checkpoint"), "a checkpoint")
            time.sleep(1)  # the tape reaches it
            kill(story, daemon)
            let_go(holder)
        prove_completed(story, simulation.port, "the tape's beginning")
    shutil.rmtree(folder)


# A configuration that is read again.

RELOADED = {  # keys that a running daemon takes: at the start, and then
    "max_symbol": (0.2, 0.1), "max_gross": (1, 0.5), "max_daily_loss": (1, 0.9),
    "max_drawdown": (1, 0.9), "stop_loss_bps": (200, 20), "take_profit_bps": (400, 15),
    "participation": (1, 0.5),
}


def reload_and_kill(seed=0):
    """What is set while the daemon runs is in force after a SIGKILL as it was before: the tape is
    repeated from a checkpoint made since, and from its beginning."""
    folder = tempfile.mkdtemp(prefix="tickd-reload-")
    story = Crash(seed, folder)
    path = os.path.join(folder, "tickd.json")
    options = [word for key, value in EAGER.items() if key.partition(".")[2] not in RELOADED
               for word in ("--set", "%s=%s" % (key, value))]

    def write(place):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"portfolio": {key: values[place] for key, values in RELOADED.items()}}, file)

    story.start = lambda port, *more: Daemon(*options, "--config", path, *more, port=port,
                                             folder=folder, symbols=SYMBOLS)
    write(0)
    with Simulation(*MARKET, "--seed", str(seed % 2 ** 31)) as simulation:
        with story.start(simulation.port, "--set", "log.level=debug") as daemon:
            daemon.wait_for_status(lambda status: status["fills"] >= FILLS_FIRST, "fills", 180)
            write(1)
            done = daemon.control("reload")
            prove(done.returncode == 0 and len(json.loads(done.stdout)["applied"]) == len(RELOADED),
                  "reload: %s%s", done.stdout, done.stderr)
            had = daemon.status()["fills"]
            made = len(daemon.log(event="checkpoint"))
            wait_until(lambda: len(daemon.log(event="checkpoint")) > made + 1, "checkpoints")
            daemon.wait_for_status(lambda status: status["fills"] >= had + 3, "fills", 60)
            time.sleep(2)
            kill(story, daemon)
        fills = prove_completed(story, simulation.port, "a checkpoint",
                                "is taken over by a new one (another build, or other settings)")
    shutil.rmtree(folder)
    return fills - had


# Starts that are not as those before.

def books_of(daemon):
    status = daemon.status()
    prove_books(status)
    return (status["fills"], status["portfolio"]["cash"],
            sorted((row["symbol"], row["quantity"]) for row in status["portfolio"]["positions"]))


def changed_starts(seed=0):
    """Nothing of the books is lost by a stop while the archive is held and a start with other
    settings; by a start with fewer symbols, or in another order; by a start that is refused. A
    --fresh one has no books, whatever the archive has."""
    folder = tempfile.mkdtemp(prefix="tickd-starts-")
    copy = folder + "-copy"
    silent = 1  # a port where nobody listens: nothing happens to the books

    def start(port, symbols, *more, where=folder):
        return Daemon(*eager_options(), "--set", "store.path=" + os.path.join(where, "archive.db"),
                      *more, port=port, folder=where, symbols=symbols)

    def look(symbols, *more, where=folder):
        with start(silent, symbols, *more, where=where) as daemon:
            daemon.connect().close()
            found = books_of(daemon)
            code, _ = daemon.stop()
            prove(code == 0, "exit code %d at the end", code)
        return found

    with Simulation(*MARKET, "--seed", str(seed % 2 ** 31)) as simulation:
        with start(simulation.port, SYMBOLS) as daemon:
            daemon.wait_for_status(lambda status: status["fills"] >= FILLS_FIRST, "fills", 180)
            holder = hold(os.path.join(folder, "archive.db"))
            had = daemon.status()["fills"]
            daemon.wait_for_status(lambda status: status["fills"] > had and
                                   status["portfolio"]["positions"], "a position", 60)
            code, _ = daemon.stop()
            prove(code == 0, "exit code %d at the end", code)
            let_go(holder)
    shutil.copytree(folder, copy)
    books = look(SYMBOLS)
    prove(books[0] > had and books[2], "%d fills of more than %d are left", books[0], had)
    other = look(SYMBOLS, "--set", "portfolio.fee_bps=1", where=copy)
    prove(other == books, "%r with other settings, %r before", other, books)
    held = books[2][0][0]
    others = [name for name in SYMBOLS.split(",") if name != held]
    for symbols in (others, [*others, held], SYMBOLS.split(",")):
        prove(look(",".join(symbols)) == books, "other books with %s", symbols)
    state = os.path.join(folder, "state")
    forget(state, (*CHECKPOINTS, "tape"))
    with start(silent, ",".join(others)) as daemon:
        code = daemon.wait(60)
        prove(code == 78 and held in daemon.text_of("err"), "exit code %d: %s", code,
              daemon.text_of("err"))
    prove(not os.path.exists(os.path.join(state, "tape")), "a refused start has made a tape")
    prove(look(SYMBOLS)[1:] == books[1:], "other books after a start that was refused")
    prove(look(",".join(others), "--fresh")[0] == 0, "books after --fresh")
    shutil.rmtree(folder)
    shutil.rmtree(copy)
    return books[0] - had


# A tape that is switched off and on.

def tape_off_and_on(seed=0):
    """Clean stops in between: nothing is lost, neither fills nor what was learned; then a SIGKILL
    without a tape: the books are the archive's."""
    folder = tempfile.mkdtemp(prefix="tickd-tape-off-")
    story = Crash(seed, folder)
    off = ("--set", "tape.enabled=false")
    with Simulation(*MARKET, "--seed", str(seed % 2 ** 31)) as simulation:
        fills = 0
        for options in ((), off, off, (), (), off):
            with story.start(simulation.port, *options) as daemon:
                had = daemon.status()["fills"]
                prove(had >= fills, "%d fills, and %d before the stop", had, fills)
                wanted = had + (1 if fills else FILLS_FIRST)
                fills = daemon.wait_for_status(lambda status, wanted=wanted: status["fills"] >=
                                               wanted, "fills", 180)["fills"]
                prove_books(daemon.status())
                texts = [line["text"] for line in daemon.log(event="recovery")]
                prove(not any("begins anew" in text or "not repeat" in text for text in texts),
                      "%r", texts)
                code, _ = daemon.stop()
                prove(code == 0, "exit code %d at the end", code)
        with story.start(simulation.port, *off) as daemon:
            time.sleep(2)
            daemon.process.kill()
            daemon.process.wait()
        with story.start(simulation.port, *off) as daemon:
            prove_books(daemon.status())
            code, _ = daemon.stop()
            prove(code == 0, "exit code %d at the end", code)
    _, rows, runs, _, _ = read_archive(story.archive)
    prove_fills(rows, runs, {row["run"] for row in runs[1:]})
    shutil.rmtree(folder)
    return fills


# A clock that is set.

CLOCK_FAULTS = os.path.join(os.path.dirname(IO_FAULTS), "libclock_faults.so")
CLOCK_STEPS_S = (0.3, -0.3, -5, 5, 3600, -3600, 700000, -700000, -90000, 90000)


class Clock:
    """The clock of a daemon under test."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "clock")
        self.environment = {"LD_PRELOAD": CLOCK_FAULTS, "CLOCK_FAULTS": self.path}
        self.ahead_s = 0
        with open(self.path, "wb") as file:
            file.write(bytes(8))

    def step(self, seconds):
        self.ahead_s += seconds
        with open(self.path, "r+b") as file:  # its bytes are mapped
            file.write(struct.pack("=q", round(self.ahead_s * 1e6)))


def clock_round(story, clock, port, step_s):
    with story.start(port) as daemon:
        daemon.wait_for_trades(1)
        if story.fills == 0:
            daemon.wait_for_status(lambda status: status["fills"] >= FILLS_FIRST, "fills", 180)
        told = len(daemon.log(event="clock"))
        clock.step(step_s)
        time.sleep(2.5)
        prove_books(daemon.status())
        said = [line for line in daemon.log(event="clock")[told:] if "has been set" in line["text"]]
        if abs(step_s) > 1:
            prove(len(said) == 1 and abs(int(said[0]["by_ms"]) - step_s * 1000) < 1000,
                  "a step of %s s: %r", step_s, said)
        before = read_archive(story.archive)[0]
        daemon.process.kill()
        daemon.process.wait()
        story.lines_before = len(daemon.log(event="recovery"))
    _, texts = story.start_again(port, before, damage_nothing)
    print("clock set by %+g s, now %+g s: %d fills stored before the kill; %s" % (
        step_s, clock.ahead_s, len(before), texts[-1]), flush=True)


def clock(seed=0, steps=CLOCK_STEPS_S):
    folder = tempfile.mkdtemp(prefix="tickd-clock-")
    machine = Clock(folder)
    story = Crash(seed, folder, machine.environment)
    with Simulation(*MARKET, "--seed", str(seed % 2 ** 31)) as simulation:
        for step_s in steps:
            clock_round(story, machine, simulation.port, step_s)
    shutil.rmtree(folder)
    return story


def run_of(path):
    """Run of a tape's first block, see docs/tape.md."""
    with open(path, "rb") as file:
        return file.read(40)[32:40]


def crash(kills, seed, damaged):
    """Every third round something is damaged, when `damaged`."""
    folder = tempfile.mkdtemp(prefix="tickd-crash-")
    story = Crash(seed, folder)
    print("seed %d" % seed, flush=True)
    with Simulation(*MARKET, "--seed", str(seed % 2 ** 31)) as simulation:
        for number in range(kills):
            damage = damage_nothing
            if damaged and number % 3 == 2:
                damage = DAMAGES[number // 3 % len(DAMAGES)]
            story.round(number, simulation.port, damage)
    slowest = max(story.recoveries, key=lambda pair: pair[1], default=(0, 0))
    print("%d kills, %d fills; the slowest of %d recoveries: %d ms for %d inputs" % (
        kills, story.fills, len(story.recoveries), slowest[1], slowest[0]))
    shutil.rmtree(folder)
    return story


def main():
    require_program()
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2 ** 31))
    parser.add_argument("--no-damage", action="store_true")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--from-call", type=int, default=1)
    parser.add_argument("--clock", action="store_true")
    options = parser.parse_args()
    try:
        if options.faults:
            faults(seed=options.seed, begin=options.from_call)
            return
        if options.clock:
            clock(options.seed)
            return
        crash(options.kills, options.seed, not options.no_damage)
    except (Broken, AssertionError) as broken:
        print("NOT PROVEN: %s (seed %d)" % (broken, options.seed))
        sys.exit(1)


if __name__ == "__main__":
    main()
