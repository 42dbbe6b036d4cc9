"""The tape of a live tickd: what was recorded gives the same run again, to the last bit, and what
is wrong with a tape is said."""

import contextlib
import json
import os
import shutil
import signal
import tempfile
import unittest

import tape
from daemon import KEY, TICKCTL, TICKD, Daemon, make_certificate, run
from simulation import Simulation, require_program

# A market that never closes, so that a test does not depend on the hour.
SYMBOLS = "BINANCE:BTCUSDT,BINANCE:ETHUSDT"
QUICK = ("--set", "feed.backoff_min_ms=50", "--set", "feed.backoff_max_ms=200",
         "--set", "tape.flush_ms=50")
# So that a session of seconds has decisions, fills and evolution in it.
BUSY = ("--set", "electorate.horizon_bars=2", "--set", "simulator.errors=0",
        "--set", "evolution.generation_bars=10", "--set", "market.bar_ms=100",
        "--set", "market.lateness_ms=50", "--set", "market.grace_ms=100")
FAULTS = ("garbage=0.05", "truncated=0.05", "unknown-types=0.05", "news=0.05", "strangers=0.05",
          "bad-entries=0.1", "fragments=0.2", "conditions", "entries=20", "unsorted=20",
          "late=2:0.05", "twice=soon", "invalid-utf8=0.05", "empty=0.05", "binary=0.02")


def market(*arguments, rate=1000):
    return ["--symbols", SYMBOLS, "--rate", str(rate), "--seed", "5", "--ping-ms", "300",
            "--wait-clients", "1", "--quiet", *arguments]


def faults(*names):
    return [word for name in names for word in ("--fault", name)]


def replay(*arguments):
    done = run(TICKD, "--report", "-", *arguments)
    return done, json.loads(done.stdout) if done.stdout else None


def record(folder, *options, trades=400, stop=signal.SIGTERM, simulation=(), while_running=None):
    """A short session; its final report (None after a SIGKILL), and the tape's files."""
    with contextlib.ExitStack() as stack:
        sim = stack.enter_context(Simulation(*market(*simulation)))
        report = os.path.join(folder, "report")
        tickd = stack.enter_context(Daemon(*QUICK, *options, "--report", report, port=sim.port,
                                           symbols=SYMBOLS, folder=folder))
        tickd.wait_for_trades(trades)
        if while_running is not None:
            while_running(tickd, sim)
        tickd.stop(stop)
        sim.stop()
    paths = tape.files(os.path.join(folder, "state", "tape"))
    if stop == signal.SIGKILL:
        return None, paths
    with open(report, encoding="utf-8") as file:
        return json.load(file), paths


class InAFolder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tickd-")
        self.addCleanup(shutil.rmtree, self.folder)


class LiveIsReplayed(InAFolder):
    def session(self, *options):
        """Over TLS, with everything that a feed does wrong, and an operator who interferes."""
        certificate, key = make_certificate(self.folder)
        with Simulation("--tls", certificate, key, *market(
                *faults(*FAULTS, "close=1.5:2"))) as sim, \
                Daemon(*QUICK, *BUSY, *options, "--report", os.path.join(self.folder, "report"),
                       port=sim.port, tls_ca=certificate, symbols=SYMBOLS,
                       folder=self.folder) as tickd:
            tickd.wait_for_trades(500)
            self.assertEqual(tickd.control("suspend", "2").returncode, 0)
            self.assertEqual(tickd.control("rotate").returncode, 0)
            tickd.wait_for_status(lambda status: status["feed"]["connections"] >= 2, "a break")
            self.assertEqual(tickd.control("halt", "a", "test").returncode, 0)
            tickd.wait_for_status(lambda status: status["feed"]["connections"] >= 3, "another")
            self.assertEqual(tickd.control("unhalt").returncode, 0)
            tickd.wait_for_trades(8000)
            self.assertEqual(tickd.stop()[0], 0)
            sim.stop()
        self.assertEqual(tickd.text_of("err"), "")
        with open(os.path.join(self.folder, "report"), encoding="utf-8") as file:
            return json.load(file)

    def test_a_session_with_faults_gives_the_same_digest_every_second_and_at_the_end(self):
        live = self.session()
        paths = tape.files(os.path.join(self.folder, "state", "tape"))
        self.assertEqual(len(paths), 2)
        done, replayed = replay("--replay", *paths)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for name in ("digest", "config_digest", "input", "bars", "decisions", "simulations",
                     "fills", "portfolio", "agents", "evolution", "histories"):
            self.assertEqual(replayed[name], live[name], name)
        counts = replayed["tape"]
        self.assertEqual(counts["digest_mismatches"], 0)
        self.assertEqual(counts["digests_checked"], counts["digests"])
        self.assertGreater(counts["digests"], 4)
        self.assertEqual(counts["inputs"], live["tape"]["inputs"])
        self.assertEqual(live["tape"]["durable_inputs"], live["tape"]["inputs"])
        self.assertGreater(live["input"]["frames_malformed"], 0)
        self.assertGreater(sum(live["decisions"].values()), 0)
        self.assertEqual(live["memory"]["tick_path_allocations"],
                         replayed["memory"]["tick_path_allocations"])
        self.check_format(paths)

    def check_format(self, paths):
        """As docs/tape.md has it, by a reader of its own."""
        everything = [tape.blocks(path) for path in paths]
        ordinal = 0
        for number, found in enumerate(everything, 1):
            head = found[0].lines()
            self.assertEqual(len(head), 1)
            self.assertEqual((head[0]["tape"], head[0]["file"]), (1, number))
            self.assertEqual(head[0]["config"]["feed.symbols"], SYMBOLS.split(","))
            self.assertNotIn(KEY, json.dumps(head))
            for place, block in enumerate(found):
                self.assertEqual((block.number, block.first_input), (place, ordinal))
                ordinal += block.inputs
        kinds = {kind for path in paths for line in tape.lines(path) for kind in line}
        self.assertLessEqual({"time", "frame", "frame64", "feed", "command", "vitals", "digest"},
                             kinds)

    def test_the_program_zstd_prints_the_lines(self):
        _, paths = record(self.folder)
        with open(paths[0], "rb") as file:
            text = tape.zstd(file.read(), "-d")
        printed = run(TICKCTL, "tape", *paths)
        self.assertEqual(printed.returncode, 0)
        self.assertEqual(printed.stdout.encode(), text)

    def test_the_trades_come_out_as_csv_that_is_replayed(self):
        live, paths = record(self.folder)
        done = run(TICKCTL, "tape", "--csv", *paths)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        path = os.path.join(self.folder, "trades.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(done.stdout)
        _, report = replay("--replay", path)
        self.assertEqual(report["input"]["trades"], live["input"]["trades"])
        self.assertNotIn("tape", report)


class Runs(InAFolder):
    def test_a_restart_goes_on_with_the_run_in_a_file_of_its_own(self):
        record(self.folder)
        live, paths = record(self.folder)
        self.assertEqual([os.path.basename(path) for path in paths],
                         ["tape-00000001.jsonl.zst", "tape-00000002.jsonl.zst"])
        done, both = replay("--replay", *paths)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(both["digest"], live["digest"])
        self.assertEqual((both["tape"]["runs"], both["tape"]["digest_mismatches"]), (1, 0))
        self.assertEqual(both["tape"]["digests_checked"], both["tape"]["digests"])
        done, part = replay("--replay", paths[1])
        self.assertEqual((done.returncode, part["tape"]["digests_checked"]), (0, 0))

    def test_of_several_runs_the_first_one_is_compared(self):
        paths = []
        for name in ("one", "two"):
            folder = os.path.join(self.folder, name)
            os.mkdir(folder)
            paths += record(folder)[1]
        done, both = replay("--replay", *paths)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual((both["tape"]["runs"], both["tape"]["digest_mismatches"]), (2, 0))
        self.assertLess(both["tape"]["digests_checked"], both["tape"]["digests"])

    def test_a_killed_one_has_lost_what_was_not_yet_written_and_nothing_else(self):
        _, paths = record(self.folder, stop=signal.SIGKILL)
        done, report = replay("--replay", *paths)
        self.assertEqual(done.returncode, 0)
        self.assertGreater(report["tape"]["inputs"], 0)
        self.assertEqual(report["tape"]["digest_mismatches"], 0)

    def test_a_part_by_time(self):
        _, paths = record(self.folder, trades=2500)
        times = [line["at"] for line in tape.lines(paths[0]) if "frame" in line]
        _, whole = replay("--replay", *paths)
        first, last = times[len(times) // 3] // 1000, times[2 * len(times) // 3] // 1000
        done, part = replay("--replay", *paths, "--from", str(first), "--until", str(last))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertGreaterEqual(part["tape"]["first_us"], first * 1000)
        self.assertLess(part["tape"]["last_us"], last * 1000)
        self.assertLess(part["input"]["trades"], whole["input"]["trades"])
        self.assertEqual(part["tape"]["digests_checked"], 0)
        _, none = replay("--replay", *paths, "--until", "2020-01-01")
        self.assertEqual(none["tape"]["inputs"], 0)


class Configuration(InAFolder):
    def test_a_tape_brings_its_configuration_and_options_stand_above_it(self):
        _, paths = record(self.folder, "--set", "portfolio.fee_bps=7", "--set", "seed=9")
        done = run(TICKD, "--replay", paths[0], "--print-config", "--set", "seed=10")
        self.assertRegex(done.stdout, r'"fee_bps": 7, // derived')
        self.assertRegex(done.stdout, r'"seed": 10, // option --set')
        config = os.path.join(self.folder, "tickd.json")
        with open(config, "w", encoding="utf-8") as file:
            file.write('{"portfolio": {"fee_bps": 8}}')
        done = run(TICKD, "--replay", paths[0], "--print-config", "--config", config)
        self.assertRegex(done.stdout, r'"fee_bps": 8, // .*tickd.json:1')
        self.assertRegex(done.stdout, r'"seed": 9, // derived')

    def test_secrets_are_not_in_it(self):
        secret = "https://example.org/hooks/0123456789"
        _, paths = record(self.folder, "--set", "alerts.webhook=" + secret)
        self.assertNotIn("example.org", run(TICKCTL, "tape", *paths).stdout)

    def test_what_does_not_go_together(self):
        _, paths = record(self.folder)
        path = os.path.join(self.folder, "trades.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("time_ms,symbol,price,volume\n1795446000000,A,1,1\n")
        for arguments, what in (
                (("--replay", paths[0], path), "1 of the 2 files are tapes"),
                (("--replay", path, "--from", "2026-01-01"), "is none"),
                (("--from", "2026-01-01"), "--replay is not there"),
                (("--replay", paths[0], "--from", "noon"), 'found "noon"')):
            done = run(TICKD, *arguments)
            self.assertEqual((done.returncode, done.stdout), (64, ""))
            self.assertIn(what, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)


class Damage(InAFolder):
    def setUp(self):
        super().setUp()
        _, paths = record(self.folder, trades=1500)
        self.path = paths[0]
        self.blocks = tape.blocks(self.path)
        with open(self.path, "rb") as file:
            self.data = bytearray(file.read())

    def write(self, data):
        with open(self.path, "wb") as file:
            file.write(data)

    def verify(self):
        return run(TICKCTL, "tape", "--verify", self.path)

    def test_a_whole_one_is_good(self):
        done = self.verify()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        inputs = sum(block.inputs for block in self.blocks)
        self.assertTrue(done.stdout.startswith("good: files=1 runs=1 inputs=%d " % inputs))

    def test_a_torn_end_is_said_and_the_rest_replayed(self):
        last = self.blocks[-1]
        self.write(self.data[: last.offset + last.length // 2])
        done = self.verify()
        place = "%s: byte %d: torn: " % (self.path, last.offset)
        self.assertEqual(done.returncode, 65)
        self.assertIn(place, done.stderr)
        self.assertTrue(done.stdout.startswith("broken: "))
        done, report = replay("--replay", self.path)
        self.assertEqual(done.returncode, 0)
        self.assertIn(place, done.stderr)
        self.assertEqual(report["tape"]["torn_blocks"], 1)
        self.assertEqual(report["tape"]["inputs"], last.first_input)
        self.assertEqual(report["tape"]["digest_mismatches"], 0)

    def test_a_flipped_bit_is_said_and_what_is_behind_it_not_compared(self):
        middle = self.blocks[len(self.blocks) // 2]
        self.data[middle.offset + middle.length - 3] ^= 4
        self.write(self.data)
        done = self.verify()
        place = "%s: byte %d: broken: " % (self.path, middle.offset)
        self.assertEqual(done.returncode, 65)
        self.assertIn(place, done.stderr)
        done, report = replay("--replay", self.path)
        self.assertEqual(done.returncode, 65)
        self.assertIn(place, done.stderr)
        self.assertEqual(report["tape"]["broken_blocks"], 1)
        self.assertEqual(report["tape"]["inputs_lost"], middle.inputs)
        self.assertEqual(report["tape"]["digest_mismatches"], 0)
        self.assertLess(report["tape"]["digests_checked"], report["tape"]["digests"])

    def test_an_input_that_has_been_changed_shows_in_the_digest(self):
        target = next(block for block in self.blocks if b'\\"p\\":' in block.text)
        changed = target.text.replace(b'\\"p\\":', b'\\"p\\":1', 1)
        self.write(self.data[: target.offset] + tape.pack(target, changed) +
                   self.data[target.offset + target.length:])
        self.assertEqual(self.verify().returncode, 0)
        done, report = replay("--replay", self.path)
        self.assertEqual(done.returncode, 65)
        self.assertRegex(done.stderr, r"digests differ from the tape's, the first at 20..-")
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertGreater(report["tape"]["digest_mismatches"], 0)

    def check_broken(self, what):
        done = self.verify()
        self.assertEqual(done.returncode, 65)
        self.assertTrue(done.stdout.startswith("broken: "))
        self.assertTrue(done.stdout.endswith(" broken_places=1\n"))
        self.assertEqual(done.stderr, "tickctl: %s: %s\n" % (self.path, what))

    def test_a_file_without_its_head_is_broken(self):
        self.write(self.data[self.blocks[1].offset:])
        self.check_broken("the file does not begin with a tape's first line")
        self.assertEqual(replay("--replay", self.path)[0].returncode, 65)

    def test_an_empty_file_is_broken(self):
        self.write(b"")
        self.check_broken("the file is empty")

    def change_config(self, change):
        head = json.loads(self.blocks[0].text)
        head["config"] = change(head["config"])
        text = json.dumps(head, separators=(",", ":")).encode() + b"\n"
        self.write(tape.pack(self.blocks[0], text) + self.data[self.blocks[1].offset:])

    def test_a_configuration_that_cannot_be_read_is_broken(self):
        self.change_config(lambda config: None)
        self.check_broken("the tape's configuration cannot be read")
        self.assertEqual(replay("--replay", self.path)[0].returncode, 65)

    def test_a_configuration_that_is_not_allowed_is_broken(self):
        self.change_config(lambda config: {**config, "feed.url": "nonsense"})
        self.check_broken("the tape's configuration: feed.url: found another form of URL, allowed: "
                          "ws://HOST[:PORT][/PATH] or wss://HOST[:PORT][/PATH], without user, "
                          "query or key")
        self.assertEqual(replay("--replay", self.path)[0].returncode, 78)

    def test_what_is_no_tape_at_all(self):
        self.write(b"no tape\n")
        for arguments in ((), ("--verify",), ("--csv",)):
            self.assertEqual(run(TICKCTL, "tape", *arguments, self.path).returncode, 65)
        self.assertEqual(run(TICKCTL, "tape", self.path + ".none").returncode, 66)
        self.assertEqual(run(TICKCTL, "tape").returncode, 64)
        self.assertEqual(run(TICKCTL, "tape", "--verify", "--csv", self.path).returncode, 64)


class Failing(InAFolder):
    def test_a_disk_that_does_not_take_it_is_said_and_heals(self):
        folder = os.path.join(self.folder, "state", "tape")

        def interfere(tickd, _):
            tickd.wait_for_status(lambda status: status["tape"]["file"] == 1, "a file")
            os.rename(folder, folder + ".away")
            with open(folder, "w", encoding="ascii"):
                pass  # a file stands where the folder has to be
            self.assertEqual(tickd.control("rotate").returncode, 0)
            status = tickd.wait_for_status(lambda status: status["tape"]["failing"], "failing")
            self.assertIn("Not a directory", status["tape"]["reason"])
            line = tickd.wait_for_log(event="tape", level="error")
            self.assertIn("cannot record", line["text"])
            os.remove(folder)
            os.rename(folder + ".away", folder)
            tickd.wait_for_status(lambda status: not status["tape"]["failing"], "healing")
            self.assertEqual(len(tickd.log(event="tape", level="error")), 1)
            tickd.wait_for_log(event="tape", level="notice", text="records again; 0 inputs have "
                                                                  "been lost so far")

        live, paths = record(self.folder, while_running=interfere)
        self.assertEqual((len(paths), live["tape"]["inputs_lost"]), (2, 0))
        done, report = replay("--replay", *paths)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(report["digest"], live["digest"])

    def test_a_folder_that_cannot_be_read_is_refused_at_the_start(self):
        os.makedirs(os.path.join(self.folder, "state"))
        with open(os.path.join(self.folder, "state", "tape"), "w", encoding="ascii"):
            pass
        with Daemon(folder=self.folder) as tickd:
            self.assertEqual(tickd.wait(), 73)
        self.assertIn("state/tape: Not a directory", tickd.text_of("err"))

    def test_without_a_tape_there_is_none(self):
        live, paths = record(self.folder, "--set", "tape.enabled=false")
        self.assertEqual((paths, live["tape"]), ([], {"enabled": False}))


if __name__ == "__main__":
    require_program()
    unittest.main()
