"""/metrics of a live daemon: both formats, read by a reader of the test's own and by others', and
the numbers agree with the status document."""

import http.client
import re
import shutil
import subprocess
import sys
import unittest

import daemon
import simulation

sys.path.append("/usr/lib/python3/dist-packages")  # where Debian has it, for any Python
try:
    from prometheus_client.openmetrics import parser as openmetrics
except ImportError:
    openmetrics = None

PROMTOOL = shutil.which("promtool")
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
SAMPLE = re.compile(r'(\w+(?:\{.*\})?) (\S+)')


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port = daemon.free_port()
        cls.simulator = cls.enterClassContext(simulation.Simulation(*simulation.fast()))
        cls.daemon = cls.enterClassContext(daemon.Daemon(
            "--set", "dashboard.listen=127.0.0.1:%d" % cls.port, port=cls.simulator.port))
        cls.daemon.wait_for_trades(200)
        cls.daemon.wait_for_log(event="dashboard")

    def get(self, accept=None, method="GET"):
        """Content type and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=daemon.LIMIT_S)
        connection.request(method, "/metrics", headers={"Accept": accept} if accept else {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        return answer.headers["Content-Type"], text

    def samples(self, text):
        found = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = SAMPLE.fullmatch(line).groups()
                self.assertNotIn(name, found)
                found[name] = float(value)
        return found

    def test_the_accept_header_chooses_the_format(self):
        kind, text = self.get()
        self.assertEqual(kind, PLAIN)
        self.assertNotIn("# EOF", text)
        kind, text = self.get("application/openmetrics-text;version=1.0.0;q=0.5,"
                              "text/plain;version=0.0.4;q=0.3,*/*;q=0.2")
        self.assertEqual(kind, OPENMETRICS)
        self.assertTrue(text.endswith("\n# EOF\n"))
        self.assertEqual(self.get("text/html")[0], PLAIN)
        self.assertEqual(self.get("x" * 5000)[0], PLAIN)

    def test_a_head_has_no_body(self):
        kind, text = self.get(method="HEAD")
        self.assertEqual((kind, text), (PLAIN, ""))

    def test_the_numbers_agree_with_the_status_document(self):
        before = self.daemon.status()
        values = self.samples(self.get()[1])
        after = self.daemon.status()

        def between(name, *path):
            earlier, later = before, after
            for key in path:
                earlier, later = earlier[key], later[key]
            self.assertLessEqual(earlier, values[name], name)
            self.assertLessEqual(values[name], later, name)

        between("tickd_frames_total", "input", "frames")
        between('tickd_trades_total{outcome="accepted"}', "input", "accepted")
        between("tickd_bars_total", "bars")
        between("tickd_feed_delay_seconds_count", "latency", "feed_delay_ms", "count")
        between("tickd_receive_to_decision_seconds_count", "latency", "receive_to_decision_us",
                "count")
        between("tickd_loop_lag_seconds_count", "loop", "turn_us", "count")
        between("tickd_messages_total", "bus", "messages")
        between("tickd_evolution_scored_bars_total", "evolution", "scored_bars")
        self.assertEqual(values["tickd_memory_arena_bytes"], before["memory"]["arena_bytes"])
        self.assertEqual(values["tickd_portfolio_initial_cash"],
                         float(before["portfolio"]["initial_cash"]))
        self.assertEqual(values['tickd_build_info{version="%s",config_digest="%s"}' %
                                (before["tickd"], before["config_digest"])], 1)
        for module in before["health"]["modules"]:
            self.assertIn('tickd_module_handled_total{module="%s"}' % module["name"], values)
        for agent in before["agents"]:
            self.assertIn('tickd_agent_weight_ratio{agent="%d",species="%s"}' %
                          (agent["id"], agent["species"]), values)

    def test_histograms_rise_to_their_count(self):
        values = self.samples(self.get()[1])
        for name in ("tickd_feed_delay_seconds", "tickd_receive_to_decision_seconds",
                     "tickd_loop_lag_seconds", "tickd_late_trade_delay_seconds"):
            buckets = [value for key, value in values.items() if key.startswith(name + "_bucket")]
            self.assertGreater(len(buckets), 10)
            self.assertEqual(buckets, sorted(buckets))
            self.assertEqual(buckets[-1], values[name + "_count"])
            if name != "tickd_late_trade_delay_seconds":
                self.assertGreater(values[name + "_sum"], 0)

    @unittest.skipUnless(openmetrics, "python3-prometheus-client is not installed")
    def test_the_reference_reader_takes_it(self):
        text = self.get("application/openmetrics-text")[1]
        families = {family.name: family for family in
                    openmetrics.text_string_to_metric_families(text)}
        self.assertEqual(families["tickd_trades"].type, "counter")
        self.assertEqual(families["tickd_feed_delay_seconds"].type, "histogram")
        self.assertEqual(families["tickd_memory_resident_bytes"].unit, "bytes")
        self.assertEqual(families["tickd_build"].type, "info")

    @unittest.skipUnless(PROMTOOL, "promtool (package prometheus) is not installed")
    def test_promtool_has_nothing_to_say(self):
        done = subprocess.run([PROMTOOL, "check", "metrics"], input=self.get()[1],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_scraping_leaves_no_memory_behind(self):
        """What else the daemon does comes and goes; what leaks grows with each hundred."""
        name = "tickd_memory_allocated_bytes"
        if name not in self.samples(self.get()[1]):
            self.skipTest("without jemalloc nobody counts")

        def a_hundred_leave_nothing():
            before = self.samples(self.get()[1])[name]
            for _ in range(100):
                after = self.samples(self.get()[1])[name]
            return after <= before
        daemon.wait_until(a_hundred_leave_nothing, "a hundred scrapes that leave nothing behind")


if __name__ == "__main__":
    unittest.main()
