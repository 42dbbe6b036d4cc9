"""The page of counters: it agrees with the status document, and is there to be read when the
daemon cannot be asked: halted, killed, stopped."""

import json
import os
import pty
import signal
import subprocess
import tempfile
import unittest

import daemon
import simulation


class Stats(unittest.TestCase):
    def setUp(self):
        self.simulator = self.enterContext(simulation.Simulation(*simulation.fast()))
        self.daemon = self.start()

    def start(self, **options):
        return self.enterContext(daemon.Daemon(port=self.simulator.port, **options))

    def run_stats(self, *arguments):
        done = self.daemon.control("stats", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def wait_for_stats(self, condition, what, *arguments):
        def attempt():
            stats = self.run_stats(*arguments)
            return stats if condition(stats) else None
        return daemon.wait_until(attempt, what)

    def wait_for_trades(self):
        self.daemon.wait_for_trades(100)

    def test_it_agrees_with_the_status_document(self):
        self.wait_for_trades()
        before = self.daemon.status()
        newest = before["time"]["engine_us"]
        stats = self.wait_for_stats(lambda stats: stats["updated_us"] > newest, "a later update")
        after = self.daemon.status()
        values = {name: row["value"] for name, row in stats["values"].items()}
        self.assertEqual(stats["state"], "runs")
        self.assertEqual(stats["pid"], self.daemon.process.pid)
        self.assertEqual(stats["tickd"], before["tickd"])
        self.assertFalse(stats["torn"])

        def between(name, *path):
            earlier, later = before, after
            for key in path:
                earlier, later = earlier[key], later[key]
            self.assertLessEqual(earlier, values[name], name)
            self.assertLessEqual(values[name], later, name)

        between("frames_total", "input", "frames")
        between('trades_total{outcome="accepted"}', "input", "accepted")
        between("bars_total", "bars")
        between("messages_total", "bus", "messages")
        between('decisions_total{side="hold"}', "decisions", "hold")
        between('simulations_total{verdict="reject"}', "simulations", "reject")
        between("feed_received_bytes_total", "feed", "bytes")
        between("feed_delay_seconds_count", "latency", "feed_delay_ms", "count")
        between("loop_lag_seconds_count", "loop", "turn_us", "count")
        between("control_requests_total", "clients", "requests")
        between("uptime_seconds", "uptime_s")
        self.assertEqual(values["feed_connections_total"], 1)
        self.assertEqual(values['feed_state{state="streaming"}'], 1)
        self.assertEqual(values["portfolio_initial_cash"], before["portfolio"]["initial_cash"])
        self.assertEqual(values["memory_arena_bytes"], before["memory"]["arena_bytes"])
        for history in before["histories"]:
            name = 'history_capacity{module="%s",history="%s"}' % (history["module"],
                                                                   history["name"])
            self.assertEqual(values[name], history["capacity"])

    def test_patterns_choose_rows(self):
        self.wait_for_trades()
        values = self.run_stats("bars_*", "frames_total")["values"]
        self.assertEqual(sorted(values), ["bars_total", "bars_without_price_total",
                                          "frames_total"])
        self.assertEqual(values["bars_total"]["kind"], "counter")
        self.assertEqual(self.run_stats("nothing*")["values"], {})

    def test_a_halted_process_is_told_from_one_that_runs(self):
        self.wait_for_trades()
        self.daemon.process.send_signal(signal.SIGSTOP)
        try:
            stats = self.wait_for_stats(lambda stats: stats["state"] == "halted", "the halt")
            later = self.wait_for_stats(lambda now: now["age_s"] > stats["age_s"], "a second look")
            self.assertGreaterEqual(stats["age_s"], 3.0)
            self.assertEqual(later["updated_us"], stats["updated_us"])
            code, screen = on_terminal(daemon.TICKCTL, "--socket", self.daemon.socket_path, "stats",
                                       "--once")
            self.assertEqual(code, 0)
            self.assertIn("DOES NOT RUN (stopped by a signal); values of ", screen)
        finally:
            self.daemon.process.send_signal(signal.SIGCONT)
        self.wait_for_stats(lambda stats: stats["state"] == "runs", "it to run again")

    def test_a_killed_daemons_counters_are_readable_and_kept_at_the_next_start(self):
        self.wait_for_trades()
        self.wait_for_stats(lambda stats: stats["values"]["frames_total"]["value"] > 0, "frames")
        killed = self.daemon
        killed.process.kill()
        killed.process.wait()
        stats = self.run_stats()
        self.assertEqual(stats["state"], "gone")
        self.assertGreater(stats["values"]["frames_total"]["value"], 0)
        self.daemon = self.start(folder=killed.folder)
        self.daemon.wait_for_log(event="start", pid=str(self.daemon.process.pid))
        self.wait_for_stats(lambda now: now["pid"] == self.daemon.process.pid, "the new page")
        before = self.run_stats("--previous")
        self.assertEqual(before["state"], "gone")
        self.assertEqual(before["pid"], killed.process.pid)
        self.assertEqual(before["values"], stats["values"])

    def test_a_clean_stop_is_told(self):
        self.wait_for_trades()
        self.daemon.stop()
        stats = self.run_stats()
        self.assertEqual((stats["state"], stats["exit_code"]), ("stopped", 0))
        self.assertGreaterEqual(stats["values"]['trades_total{outcome="accepted"}']["value"], 100)

    def test_a_second_daemon_leaves_the_page_of_the_first_alone(self):
        """One with another state folder, whose lock does not keep it away, and the same sockets."""
        self.wait_for_trades()
        with tempfile.TemporaryDirectory() as other:
            done = daemon.run(daemon.TICKD, "--runtime-dir", self.daemon.path("run"), "--state-dir",
                              other, "--log-dir", other, "--set", "dashboard.listen=off",
                              environment={"FINNHUB_TOKEN": daemon.KEY})
            with open(os.path.join(other, "health.log"), encoding="utf-8") as file:
                lines = [daemon.parse_logfmt(line) for line in file.read().splitlines()]
        self.assertEqual(done.returncode, 73)
        texts = [line["text"] for line in lines if line["event"] == "stats_off"]
        self.assertEqual(len(texts), 1)
        self.assertIn("belongs to the running process %d" % self.daemon.process.pid, texts[0])
        stats = self.run_stats()
        self.assertEqual((stats["state"], stats["pid"]), ("runs", self.daemon.process.pid))

    def test_without_a_page_the_daemon_runs_all_the_same(self):
        self.wait_for_trades()
        self.daemon.stop()
        page = self.daemon.path("run", "tickd.stats")
        os.remove(page)
        os.mkdir(page)
        self.daemon = self.start(folder=self.daemon.folder)
        self.wait_for_trades()
        self.assertIn("is no file", self.daemon.log(event="stats_off")[0]["text"])
        done = self.daemon.control("stats")
        self.assertEqual(done.returncode, 74)
        self.assertIn("is no file", done.stderr)

    def test_a_terminal_gets_a_table_that_is_drawn_anew(self):
        self.wait_for_trades()
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [daemon.TICKCTL, "--socket", self.daemon.socket_path, "stats", "trades_total*"],
            stdout=theirs, stderr=subprocess.PIPE)
        os.close(theirs)
        seen = b""
        try:
            while seen.count(b"\033[H\033[J") < 3:
                seen += os.read(ours, 65536)
        finally:
            process.kill()
            process.wait()
            process.stderr.close()
            os.close(ours)
        last = seen.split(b"\033[H\033[J")[2].decode()
        self.assertRegex(last, r"NAME +VALUE +NOW\r\n")
        self.assertRegex(last, r'trades_total\{outcome="accepted"\} +[0-9,]+ +[0-9.]+\r\n')


class Files(unittest.TestCase):
    """Whatever it is given."""

    def refuse(self, code, *arguments):
        done = daemon.run(daemon.TICKCTL, *arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""))
        self.assertEqual(done.stderr.count("\n"), 1)
        return done.stderr

    def test_what_is_no_page_is_refused_with_its_name(self):
        self.assertIn("/nowhere: No such file", self.refuse(69, "stats", "--file", "/nowhere"))
        self.assertIn("is no file", self.refuse(74, "stats", "--file", "/dev/urandom"))
        self.assertIn("is no file", self.refuse(74, "stats", "--file", "/"))
        self.assertIn("is no page", self.refuse(65, "stats", "--file", daemon.TICKCTL))
        self.assertIn("/nowhere/tickd.stats is not there",
                      self.refuse(69, "--socket", "/nowhere/control.sock", "stats"))


def on_terminal(*command):
    """Runs a command whose standard output is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    output = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        output += piece
    os.close(ours)
    return process.wait(), output.decode()


if __name__ == "__main__":
    unittest.main()
