"""The golden tape: every build of tickd must make the same messages of it, to the last bit."""

import json
import os
import unittest

from daemon import ROOT, TICKCTL, TICKD, run

TAPE = os.path.join(ROOT, "tests", "data", "golden.jsonl.zst")
DIGEST = os.path.join(ROOT, "tests", "data", "golden.digest")
SIZE_MAX = 300000
ANEW = "if the engine is meant to publish something else now, run scripts/golden"


def expected_digest():
    with open(DIGEST, encoding="ascii") as file:
        return [line.strip() for line in file if not line.startswith("#")][0]


class Golden(unittest.TestCase):
    def replay(self, *options):
        done = run(TICKD, "--replay", TAPE, "--report", "-", *options)
        return done, json.loads(done.stdout)

    def test_every_digest_on_the_tape_comes_out_again(self):
        done, report = self.replay()
        self.assertEqual((done.returncode, done.stderr), (0, ""), ANEW)
        self.assertEqual(report["digest"], expected_digest(), ANEW)
        tape = report["tape"]
        self.assertEqual((tape["digest_mismatches"], tape["inputs_lost"]), (0, 0), ANEW)
        self.assertEqual(tape["digests_checked"], 1500)

    def test_it_has_something_of_everything(self):
        _, report = self.replay()
        counts = report["input"]
        for name in ("accepted", "filtered", "late", "unknown_symbol", "malformed",
                     "frames_malformed", "frames_other"):
            self.assertGreater(counts[name], 0, name)
        for name in ("buy", "sell", "hold"):
            self.assertGreater(report["decisions"][name], 0, name)
        verdicts = report["simulations"]
        self.assertGreater(verdicts["proceed"] + verdicts["caution"], 0)
        self.assertGreater(verdicts["reject"], 0)
        self.assertGreater(report["fills"], 100)
        self.assertGreater(report["reject_reasons"]["halted"], 0)
        self.assertGreater(report["reject_reasons"]["journal"], 0)
        self.assertGreater(report["evolution"]["generations"], 0)
        self.assertGreater(report["market"]["gaps"], 0)

    def test_another_configuration_gives_another_digest_and_says_why(self):
        done, report = self.replay("--set", "seed=8")
        self.assertEqual(done.returncode, 0)
        self.assertIn("digests differ from the tape's, the first at 2026-11-23T15:", done.stderr)
        self.assertIn("the configuration is not the one it was recorded with", done.stderr)
        self.assertNotEqual(report["digest"], expected_digest())
        self.assertGreater(report["tape"]["digest_mismatches"], 0)

    def test_it_is_whole_and_small(self):
        done = run(TICKCTL, "tape", "--verify", TAPE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.startswith("good: files=1 runs=1 "), done.stdout)
        self.assertLess(os.path.getsize(TAPE), SIZE_MAX)


if __name__ == "__main__":
    unittest.main()
