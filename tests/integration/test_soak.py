"""The soak: its verdict over series that are made up (leak, flat, sawtooth, drop, faults with and
without an excuse), and half a minute of it over the real programs."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import unittest

from daemon import BIN, ROOT, clean_environment, wait_until
from simulation import require_program

SOAK = os.path.join(ROOT, "tests", "soak")
sys.path.insert(0, SOAK)

import verdict  # noqa: E402 (in the folder of the soak)
from verdict import BAD, GOOD, UNDECIDED, Delivery, Phase  # noqa: E402

require_program()
PHASES = {phase.name: phase for phase in [Phase("calm", [], (), True, False),
                                          Phase("silence", ["silence"], ("feed",), False, False),
                                          Phase("dirt", ["garbage"], (), False, True)]}


def sample(t_s, phase="calm", sick=(), **changes):
    """A sample of a healthy daemon, but for what is given."""
    status = {"pid": 5, "health": {"score": 100 - 10 * len(sick), "modules": [
        {"name": name, "state": "stale" if name in sick else "active"}
        for name in ("feed", "market", "store")]},
        "memory": {"allocated_bytes": 12 << 20, "tick_path_allocations": 0},
        "loop": {"lag_us": 300, "lag_max_us": 900},
        "feed": {"state": "streaming", "connections": 1},
        "market": {"gaps": 0, "symbols": 5},
        "input": {"frames": 10, "trades": 10, "accepted": 8, "filtered": 1, "late": 1,
                  "unknown_symbol": 0, "malformed": 0},
        "histories": [{"module": "bus", "name": "message_log", "size": 3, "capacity": 3,
                       "appended": 7, "overwritten": 4}], "alerts": []}
    whole = {"t_s": t_s, "phase": phase, "rss_kb": 20000, "descriptors": 20,
             "waited_ns": 1000 * t_s, "slices": t_s, "status": status}
    for path, value in changes.items():
        place = whole
        *folders, name = path.split("__")
        for folder in folders:
            place = place[folder]
        place[name] = value
    return whole


def series(minutes, kb_at, noise_kb=40, seed=1):
    """Memory every two seconds, in pages of 4 kB, with noise as allocators have it."""
    draw = random.Random(seed)
    return [(t, 4 * round((20000 + kb_at(t) + draw.gauss(0, noise_kb)) / 4))
            for t in range(0, int(60 * minutes), 2)]


def verdict_of(minutes, kb_at, **options):
    return verdict.judge_slope("memory", series(minutes, kb_at, **options)).verdict


class Slopes(unittest.TestCase):
    def test_flat_is_good(self):
        for seed in range(20):
            self.assertEqual(verdict_of(20, lambda t: 0, seed=seed), GOOD, seed)
        self.assertEqual(verdict_of(20, lambda t: 0, noise_kb=0), GOOD)

    def test_a_leak_is_found_in_twenty_minutes(self):
        for seed in range(20):
            self.assertEqual(verdict_of(20, lambda t: 2000 * t / 3600, seed=seed), BAD, seed)

    def test_a_leak_that_is_too_slow_for_the_limit_is_none(self):
        self.assertEqual(verdict_of(60, lambda t: 100 * t / 3600, noise_kb=10), GOOD)

    def test_a_sawtooth_is_flat_and_one_that_climbs_is_not(self):
        self.assertEqual(verdict_of(20, lambda t: 600 * (t % 20) / 20), GOOD)
        self.assertEqual(verdict_of(20, lambda t: 600 * (t % 20) / 20 + 3000 * t / 3600), BAD)

    def test_a_drop_is_no_leak(self):
        self.assertEqual(verdict_of(20, lambda t: 0 if t < 700 else -3000), GOOD)

    def test_one_step_up_is_no_slope(self):
        self.assertNotEqual(verdict_of(20, lambda t: 0 if t < 600 else 400), BAD)

    def test_single_outliers_do_not_matter(self):
        points = series(20, lambda t: 0)
        points[100] = (points[100][0], 90000)
        points[400] = (points[400][0], 0)
        self.assertEqual(verdict.judge_slope("memory", points).verdict, GOOD)

    def test_a_short_run_decides_nothing_but_an_avalanche(self):
        self.assertEqual(verdict_of(2, lambda t: 0), UNDECIDED)
        self.assertEqual(verdict_of(2, lambda t: 5000 * t / 3600), UNDECIDED)
        self.assertEqual(verdict_of(2, lambda t: 100 * t), BAD)
        self.assertEqual(verdict.judge_slope("memory", []).verdict, UNDECIDED)

    def test_the_interval_holds_the_true_slope(self):
        inside = 0
        for seed in range(100):
            slope = verdict.robust_slope(series(20, lambda t: 1000 * t / 3600, seed=seed))
            inside += slope.lower <= 1000 <= slope.upper
        self.assertGreaterEqual(inside, 90)

    def test_the_start_is_left_out(self):
        samples = [sample(t, rss_kb=20000 + (0 if t > 300 else 20 * (t - 300)))
                   for t in range(0, 1200, 2)]
        self.assertEqual([f.verdict for f in verdict.judge_memory(samples)], [GOOD, GOOD])


class Findings(unittest.TestCase):
    def judged(self, judge, *arguments):
        return judge(*arguments).verdict

    def test_a_soak_without_fault_is_good(self):
        samples = [sample(t) for t in range(0, 1200, 2)]
        findings = verdict.judge(PHASES, samples, [Delivery("calm", 10, 10)], 0)
        self.assertEqual({finding.verdict for finding in findings}, {GOOD}, findings)
        self.assertEqual(verdict.exit_code(findings), 0)

    def test_each_finding_has_its_say(self):
        def with_verdict(*verdicts):
            return verdict.exit_code([verdict.Finding("", "", "", v) for v in verdicts])
        self.assertEqual(with_verdict(GOOD, UNDECIDED), 2)
        self.assertEqual(with_verdict(UNDECIDED, BAD, GOOD), 1)

    def test_a_module_may_be_stale_only_by_a_fault(self):
        self.assertEqual(self.judged(verdict.judge_health, PHASES, [
            sample(0, "silence", sick=["feed"]), sample(10, sick=["feed"]), sample(60)]), GOOD)
        self.assertEqual(self.judged(verdict.judge_health, PHASES, [
            sample(0, "silence"), sample(verdict.GRACE_S + 1, sick=["feed"])]), BAD)
        self.assertEqual(self.judged(verdict.judge_health, PHASES, [
            sample(0, "silence", sick=["feed", "store"])]), BAD)

    def test_critical_alerts_need_an_excuse(self):
        def fired(name, severity="critical", state="firing"):
            alert = {"name": name, "severity": severity, "state": state}
            return self.judged(verdict.judge_alerts, PHASES, [sample(0, status__alerts=[alert])])
        self.assertEqual(fired("feed"), GOOD)
        self.assertEqual(fired("memory"), BAD)
        self.assertEqual(fired("memory", severity="warning"), GOOD)
        self.assertEqual(fired("memory", state="resolved"), GOOD)

    def test_allocations_are_for_odd_frames_only(self):
        def at(t, phase, count):
            return sample(t, phase, status__memory__tick_path_allocations=count)
        judge = verdict.judge_allocations
        self.assertEqual(self.judged(judge, PHASES, [at(0, "calm", 0), at(1, "dirt", 2),
                                                     at(2, "dirt", 5), at(3, "calm", 6)]), GOOD)
        self.assertEqual(self.judged(judge, PHASES, [at(0, "calm", 0), at(1, "calm", 1)]), BAD)
        self.assertEqual(self.judged(judge, PHASES, [at(0, "calm", None)]), UNDECIDED)

    def test_lag_is_not_blamed_on_the_daemon_of_a_busy_machine(self):
        def lagging(lag_us, wait_ns):
            return self.judged(verdict.judge_lag, [
                sample(t, status__loop__lag_us=lag_us, waited_ns=wait_ns * t)
                for t in range(100)])
        self.assertEqual(lagging(300, 5000000), GOOD)
        self.assertEqual(lagging(3000, 10000), BAD)
        self.assertEqual(lagging(3000, 500000), UNDECIDED)

    def test_accounts_that_do_not_add_up(self):
        judge = verdict.judge_accounts
        self.assertEqual(self.judged(judge, [sample(0)]), GOOD)
        self.assertEqual(self.judged(judge, [sample(0), sample(1, status__input__late=0)]), BAD)
        ring = {"module": "m", "name": "n", "size": 2, "appended": 7, "overwritten": 4}
        self.assertEqual(self.judged(judge, [sample(0, status__histories=[ring])]), BAD)

    def test_a_restart_and_a_counter_that_goes_back(self):
        judge = verdict.judge_one_life
        self.assertEqual(self.judged(judge, [sample(0), sample(1, status__pid=6)]), BAD)
        self.assertEqual(self.judged(judge, [sample(0), sample(1, status__input__frames=9)]), BAD)

    def test_gaps_need_a_lost_connection(self):
        def with_gaps(gaps, connections):
            return self.judged(verdict.judge_gaps, [sample(0, status__market__gaps=gaps,
                                                           status__feed__connections=connections)])
        self.assertEqual(with_gaps(15, 2), GOOD)
        self.assertEqual(with_gaps(16, 2), BAD)
        self.assertEqual(with_gaps(1, 1), BAD)

    def test_descriptors_deliveries_and_the_end(self):
        rising = [sample(t, descriptors=20 + t // 10) for t in range(100)]
        self.assertEqual(verdict.judge_descriptors(rising).verdict, BAD)
        self.assertEqual(self.judged(verdict.judge_deliveries, [Delivery("calm", 10, 9)]), BAD)
        self.assertEqual(self.judged(verdict.judge_deliveries, []), UNDECIDED)
        self.assertEqual(self.judged(verdict.judge_end, -9), BAD)


class Soak(unittest.TestCase):
    """Memory and lag are not looked at here: half a minute says nothing about them."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tickd-soak-out-")
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self):
        return subprocess.Popen(
            [sys.executable, os.path.join(SOAK, "soak.py"), "--minutes", "0.5", "--bin", BIN,
             "--out", self.folder.name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=clean_environment({}))

    def findings(self):
        with open(self.path("verdict.json"), encoding="utf-8") as file:
            return {finding["what"]: finding for finding in json.load(file)}

    def test_half_a_minute_over_the_real_programs(self):
        with self.start() as process:
            out, _ = process.communicate(timeout=200)
        findings = self.findings()
        for what, finding in findings.items():
            if not what.startswith(("memory", "loop lag")):
                self.assertNotEqual(finding["verdict"], BAD, out)
        for what in ("health", "accounts", "one process", "deliveries", "end"):
            self.assertEqual(findings[what]["verdict"], GOOD, out)
        bad = any(finding["verdict"] == BAD for finding in findings.values())
        self.assertEqual(process.returncode, 1 if bad else 2)
        self.assertTrue(os.path.exists(self.path("health.log")))

    def test_a_daemon_that_dies_is_bad(self):
        with self.start() as process:
            def first_sample():
                try:
                    with open(self.path("samples.jsonl"), encoding="utf-8") as file:
                        line = file.readline()
                        return json.loads(line) if line.endswith("\n") else None
                except FileNotFoundError:
                    return None
            os.kill(wait_until(first_sample, "a sample")["status"]["pid"], signal.SIGKILL)
            out, _ = process.communicate(timeout=200)
        self.assertEqual(process.returncode, 1, out)
        self.assertEqual(self.findings()["end"]["measured"], "exit code -9")
        self.assertEqual(self.findings()["the run"]["verdict"], BAD)


if __name__ == "__main__":
    if os.environ.get("TICKD_SANITIZE"):
        print("skipped: memory and lag are those of the released program")
        sys.exit(77)
    unittest.main()
