"""How long a frame takes to its decision, and a turn of the event loop, with 50 pages open, one
of which never reads; the baseline is the same daemon, in the same run, without any."""

import os
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "integration"))

from daemon import Daemon, free_port  # noqa: E402
from simulation import Simulation, require_program  # noqa: E402
from websocket_client import WebSocket  # noqa: E402

RUNS, SECONDS, PAGES = 5, 15, 50
SYMBOLS = ",".join("SYM%d" % i for i in range(10))
FIGURES = ((("latency", "receive_to_decision_us"), "frame to decision"),
           (("loop", "turn_us"), "turn of the loop"))
QUANTILES = ("p50", "p99", "p999", "max")


class Reader(threading.Thread):
    """Reads what comes for all of its pages, and throws it away."""

    def __init__(self, pages):
        super().__init__(daemon=True)
        self.pages = pages
        self.ends = False
        self.bytes = 0

    def run(self):
        while not self.ends:
            for page in self.pages:
                page.socket.setblocking(False)
                try:
                    self.bytes += len(page.socket.recv(1 << 20))
                except BlockingIOError:
                    continue
            time.sleep(0.02)


def measure(feed, pages):
    """Quantiles by figure of one daemon's life."""
    port = free_port()
    with Daemon(port=feed.port, symbols=SYMBOLS, dashboard="127.0.0.1:%d" % port) as tickd:
        tickd.wait_for_trades(1)
        opened = [WebSocket("127.0.0.1", port, path="/live", **(
            {"receive_buffer": 4096} if i == 0 else {})) for i in range(pages)]
        reader = Reader(opened[1:])
        reader.start()
        time.sleep(SECONDS)
        status = tickd.status()
        reader.ends = True
        reader.join()
        for page in opened:
            page.close()
        if pages > 0 and (status["dashboard"]["pushes"] < pages or reader.bytes == 0):
            raise AssertionError("nothing was pushed: %r" % status["dashboard"])
        return [[status[section][name][quantile] for quantile in QUANTILES]
                for (section, name), _ in FIGURES], status["dashboard"]["pushes"]


def main():
    require_program()
    with Simulation("--symbols", SYMBOLS, "--rate", "200", "--seed", "1", "--quiet") as feed:
        runs = {0: [], PAGES: []}
        for _ in range(RUNS):
            for pages, results in runs.items():
                results.append(measure(feed, pages))
    print("%d times %d s, 10 symbols, 200 trades/s; median (lowest to highest), µs" % (
        RUNS, SECONDS))
    for row, (_, title) in enumerate(FIGURES):
        for column, quantile in enumerate(QUANTILES):
            parts = []
            for pages in (PAGES, 0):
                values = [figures[row][column] for figures, _ in runs[pages]]
                parts.append((statistics.median(values), min(values), max(values)))
            (with_pages, *bounds), (without, *plain) = parts
            print("%-18s %-5s %8.0f  (%.0f to %.0f)   without pages %6.0f  (%.0f to %.0f)"
                  "   %5.2f : 1" % (title, quantile, with_pages, *bounds, without, *plain,
                                    with_pages / max(without, 1)))
    print("pushes: %d" % statistics.median(pushes for _, pushes in runs[PAGES]))


if __name__ == "__main__":
    main()
