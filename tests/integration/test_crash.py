"""A few rounds of scripts/crash: kills and one damage; the seed is printed."""

import concurrent.futures
import os
import random
import sys
import unittest

import crash
from simulation import require_program

AT_ONCE = 4
ROUNDS = 4
CALLS = 4
CALLS_MAX = 70  # in the first seconds of a daemon


class Crash(unittest.TestCase):
    """Most of each story is waiting, so a few are under way at once."""

    @classmethod
    def setUpClass(cls):
        seed = int(os.environ.get("TICKD_SEED", random.SystemRandom().randrange(2 ** 31)))
        chance = random.Random(seed)
        calls = [(chance.randrange(1, CALLS_MAX), chance.choice((1, 3, 50)),
                  chance.choice(("ENOSPC", "EIO", "EROFS"))) for _ in range(CALLS)]
        pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        cls.addClassCleanup(pool.shutdown, cancel_futures=True)
        cls.stories = {
            "kills": pool.submit(crash.crash, ROUNDS, seed, damaged=True),
            "starts": pool.submit(crash.changed_starts),
            "tape": pool.submit(crash.tape_off_and_on),
            "behind": pool.submit(crash.archive_behind),
            "reload": pool.submit(crash.reload_and_kill),
            "clock": pool.submit(crash.clock, steps=(-0.4, 3600, -3600)),
            "calls": pool.submit(crash.faults, calls),
            "first": pool.submit(crash.first_checkpoint),
        }
        cls.seed = seed

    def proven(self, name):
        try:
            return self.stories[name].result()
        except crash.Broken as broken:
            return self.fail("%s (TICKD_SEED=%d)" % (broken, self.seed))

    def test_what_was_stored_is_there_after_kills_and_the_digest_is_that_of_a_replay(self):
        story = self.proven("kills")
        self.assertGreaterEqual(story.fills, crash.FILLS_FIRST)
        self.assertGreaterEqual(len(story.recoveries), ROUNDS // 2)

    def test_a_call_that_fails_costs_nothing_that_was_stored(self):
        self.proven("calls")

    def test_rows_that_the_archive_lacks_at_a_checkpoint_come_from_the_tape(self):
        self.assertGreaterEqual(self.proven("behind"), 3)

    def test_a_crash_after_the_first_checkpoint_of_a_run_costs_the_archive_nothing(self):
        self.proven("first")

    def test_what_a_reload_has_set_is_in_force_after_a_kill(self):
        self.assertGreaterEqual(self.proven("reload"), 3)

    def test_a_start_that_is_not_as_the_one_before_loses_no_books(self):
        self.assertGreaterEqual(self.proven("starts"), 1)

    def test_a_tape_can_be_switched_off_and_on(self):
        self.assertGreaterEqual(self.proven("tape"), crash.FILLS_FIRST)

    def test_a_clock_that_is_set_costs_nothing_and_is_told(self):
        self.assertGreaterEqual(self.proven("clock").fills, crash.FILLS_FIRST)


if __name__ == "__main__":
    if os.environ.get("TICKD_SANITIZE"):
        print("skipped: a sanitizer is too slow for this market; it runs as released")
        sys.exit(77)
    require_program()
    unittest.main()
