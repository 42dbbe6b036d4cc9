"""Real trades through the whole of it: what finnhub-sim sends of a recorded day at 50 times real
speed over TLS becomes the same bars as its replay. And a live tickd's memory, which stays as it
was. (recorded_days.sh does whole days.)"""

import os
import tempfile
import unittest

import recorded
from daemon import Daemon
from simulation import Simulation, fast, require_program

SANITIZED = "TICKD_SANITIZE" in os.environ
DATA = os.environ.get("TICKD_DATA")
RECORDING = os.path.join(DATA or "", "trades-20131007.csv.gz")
MINUTE_MS, DAY_MS = 60000, 86400000


@unittest.skipUnless(os.path.exists(RECORDING), "skipped: no data")
class Recorded(unittest.TestCase):
    def test_the_opening_at_fifty_times_real_speed_over_tls_is_as_it_was(self):
        midnight_ms = recorded.first_time_ms(RECORDING) // DAY_MS * DAY_MS
        with tempfile.TemporaryDirectory() as folder:
            part = os.path.join(folder, "part.csv")
            # 09:29 to 09:38 in New York, the last minute before the opening among them
            count = recorded.cut(RECORDING, part, midnight_ms + (13 * 60 + 29) * MINUTE_MS,
                                 9 * MINUTE_MS)
            lines, counts = recorded.compare(part, 50, 120)
        self.assertEqual(lines, [])
        self.assertEqual(counts["trades"], count)
        self.assertGreater(counts["bars"], 1000)


@unittest.skipIf(SANITIZED, "a sanitizer keeps memory that was given back")
class Memory(unittest.TestCase):
    def test_the_resident_set_does_not_grow(self):
        with Simulation(*fast("--ping-ms", "500", rate=2000)) as sim, \
                Daemon(port=sim.port) as tickd:
            tickd.wait_for_trades(10000)
            early = tickd.resident_bytes()
            status = tickd.wait_for_trades(40000)
            late = tickd.resident_bytes()
            self.assertEqual(tickd.stop()[0], 0)
            sim.stop()
        self.assertLess(late - early, 1 << 20)
        self.assertEqual(status["memory"]["tick_path_allocations"] or 0, 0)


if __name__ == "__main__":
    require_program()
    unittest.main()
