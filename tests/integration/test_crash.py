"""A few rounds of scripts/crash: kills and one damage; the seed is printed."""

import os
import random
import sys
import unittest

import crash
from simulation import require_program

ROUNDS = 4
CALLS = 4
CALLS_MAX = 70  # in the first seconds of a daemon


class Crash(unittest.TestCase):
    def proven(self, story, *arguments, **options):
        try:
            return story(*arguments, **options)
        except crash.Broken as broken:
            return self.fail("%s%r: %s" % (story.__name__, arguments, broken))

    def test_what_was_stored_is_there_after_kills_and_the_digest_is_that_of_a_replay(self):
        seed = int(os.environ.get("TICKD_SEED", random.SystemRandom().randrange(2 ** 31)))
        story = self.proven(crash.crash, ROUNDS, seed, damaged=True)
        self.assertGreaterEqual(story.fills, crash.FILLS_FIRST)
        self.assertGreaterEqual(len(story.recoveries), ROUNDS // 2)

    def test_a_call_that_fails_costs_nothing_that_was_stored(self):
        chance = random.Random(int(os.environ.get("TICKD_SEED", "0")) or None)
        chosen = [(chance.randrange(1, CALLS_MAX), chance.choice((1, 3, 50)),
                   chance.choice(("ENOSPC", "EIO", "EROFS"))) for _ in range(CALLS)]
        self.proven(crash.faults, chosen)

    def test_rows_that_the_archive_lacks_at_a_checkpoint_come_from_the_tape(self):
        self.assertGreaterEqual(self.proven(crash.archive_behind), 3)

    def test_a_crash_after_the_first_checkpoint_of_a_run_costs_the_archive_nothing(self):
        self.proven(crash.first_checkpoint)

    def test_what_a_reload_has_set_is_in_force_after_a_kill(self):
        self.assertGreaterEqual(self.proven(crash.reload_and_kill), 3)

    def test_a_start_that_is_not_as_the_one_before_loses_no_books(self):
        self.assertGreaterEqual(self.proven(crash.changed_starts), 1)

    def test_a_tape_can_be_switched_off_and_on(self):
        self.assertGreaterEqual(self.proven(crash.tape_off_and_on), crash.FILLS_FIRST)

    def test_a_clock_that_is_set_costs_nothing_and_is_told(self):
        story = self.proven(crash.clock, steps=(-0.4, 3600, -3600))
        self.assertGreaterEqual(story.fills, crash.FILLS_FIRST)


if __name__ == "__main__":
    if os.environ.get("TICKD_SANITIZE"):
        print("skipped: a sanitizer is too slow for this market; it runs as released")
        sys.exit(77)
    require_program()
    unittest.main()
