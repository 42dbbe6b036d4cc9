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
    def test_what_was_stored_is_there_after_kills_and_the_digest_is_that_of_a_replay(self):
        seed = int(os.environ.get("TICKD_SEED", random.SystemRandom().randrange(2 ** 31)))
        try:
            story = crash.crash(ROUNDS, seed, damaged=True)
        except crash.Broken as broken:
            self.fail("%s (TICKD_SEED=%d)" % (broken, seed))
        self.assertGreaterEqual(story.fills, crash.FILLS_FIRST)
        self.assertGreaterEqual(len(story.recoveries), ROUNDS // 2)

    def test_a_call_that_fails_costs_nothing_that_was_stored(self):
        chance = random.Random(int(os.environ.get("TICKD_SEED", "0")) or None)
        chosen = [(chance.randrange(1, CALLS_MAX), chance.choice((1, 3, 50)),
                   chance.choice(("ENOSPC", "EIO", "EROFS"))) for _ in range(CALLS)]
        try:
            crash.faults(chosen)
        except crash.Broken as broken:
            self.fail("%s (%r)" % (broken, chosen))

    def test_rows_that_the_archive_lacks_at_a_checkpoint_come_from_the_tape(self):
        try:
            self.assertGreaterEqual(crash.archive_behind(), 3)
        except crash.Broken as broken:
            self.fail("%s" % broken)

    def test_and_from_its_beginning_where_the_checkpoint_before_is_damaged(self):
        try:
            self.assertGreaterEqual(crash.archive_behind(damaged=True), 3)
        except crash.Broken as broken:
            self.fail("%s" % broken)

    def test_a_crash_after_the_first_checkpoint_of_a_run_costs_the_archive_nothing(self):
        try:
            crash.first_checkpoint()
        except crash.Broken as broken:
            self.fail("%s" % broken)

    def test_what_a_reload_has_set_is_in_force_after_a_kill(self):
        try:
            self.assertGreaterEqual(crash.reload_and_kill(), 3)
        except crash.Broken as broken:
            self.fail("%s" % broken)

    def test_a_start_that_is_not_as_the_one_before_loses_no_books(self):
        try:
            self.assertGreaterEqual(crash.changed_starts(), 1)
        except crash.Broken as broken:
            self.fail("%s" % broken)

    def test_a_tape_can_be_switched_off_and_on(self):
        try:
            self.assertGreaterEqual(crash.tape_off_and_on(), crash.FILLS_FIRST)
        except crash.Broken as broken:
            self.fail("%s" % broken)

    def test_a_clock_that_is_set_costs_nothing_and_is_told(self):
        try:
            story = crash.clock(steps=(-0.4, 3600, -3600))
        except crash.Broken as broken:
            self.fail("%s" % broken)
        self.assertGreaterEqual(story.fills, crash.FILLS_FIRST)


if __name__ == "__main__":
    if os.environ.get("TICKD_SANITIZE"):
        print("skipped: a sanitizer is too slow for this market; it runs as released")
        sys.exit(77)
    require_program()
    unittest.main()
