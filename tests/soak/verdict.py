"""What a soak has shown: samples in, findings out. It measures nothing and starts nothing.

A sample is a dictionary: "t_s" since the start, "phase" (its name), "status" (the daemon's status
document), "rss_kb" and "descriptors" of the process. Phases are Phase tuples."""

import collections
import statistics

GOOD, BAD, UNDECIDED = "good", "BAD", "undecided"

Finding = collections.namedtuple("Finding", "what measured limit verdict")
# blames: modules that its faults may make stale.
# whole: what the feed delivered must arrive to the last trade. odd: it sends frames that only the
# slow decoder understands, which allocates.
Phase = collections.namedtuple("Phase", "name faults blames whole odd")
Slope = collections.namedtuple("Slope", "kb_per_h lower upper span_s")
Delivery = collections.namedtuple("Delivery", "phase delivered received")

LEAK_LIMIT_KB_PER_H = 512
SPAN_MIN_S = 300        # a slope over less says nothing about hours
GROWTH_MAX_KB = 8192    # but so much in so short a time is too much at any rate
WARM_UP_SHARE, WARM_UP_MAX_S = 1 / 3, 900
GRACE_S = 20            # after a fault: to reconnect, and for what it left owed to be done
BLOCKS_MIN, BLOCKS_MAX = 8, 24
DESCRIPTORS_MORE = 2
LAG_MEDIAN_US, LAG_P95_US = 1000, 10000
LAG_SAMPLES_MIN = 20
WAIT_MEAN_NS = 100000   # for a processor, each time; on an idle machine it is a tenth of that
GAPS_A_LOSS = 3         # bars of a symbol: the one it cuts, the one it ends in, the first whole one


def median_blocks(points, count):
    """Medians of `count` stretches of equal length; neighbours of one stretch are no two witnesses,
    and a sawtooth within one leaves no trace."""
    first, last = points[0][0], points[-1][0]
    blocks = collections.defaultdict(list)
    for t, value in points:
        blocks[min(count - 1, int(count * (t - first) / (last - first)))].append((t, value))
    return [(statistics.median(t for t, _ in block), statistics.median(v for _, v in block))
            for _, block in sorted(blocks.items())]


def robust_slope(points):
    """Theil and Sen's slope of block medians with Sen's 95% interval (Sen 1968, Journal of the
    American Statistical Association 63); None when there is too little."""
    if len(points) < 2 * BLOCKS_MIN or points[-1][0] <= points[0][0]:
        return None
    blocks = median_blocks(points, min(BLOCKS_MAX, len(points) // 2))
    n = len(blocks)
    if n < BLOCKS_MIN:
        return None
    slopes = sorted((v2 - v1) / (t2 - t1)
                    for i, (t1, v1) in enumerate(blocks) for t2, v2 in blocks[i + 1:])
    reach = 1.96 * (n * (n - 1) * (2 * n + 5) / 18) ** 0.5
    low = max(0, int((len(slopes) - reach) / 2))
    high = min(len(slopes) - 1, int((len(slopes) + reach) / 2 + 0.999))
    return Slope(3600 * statistics.median(slopes), 3600 * slopes[low], 3600 * slopes[high],
                 points[-1][0] - points[0][0])


def after_warm_up(samples):
    """The start is left out: caches and the pages of bounded histories fill once."""
    if not samples:
        return []
    whole = samples[-1]["t_s"] - samples[0]["t_s"]
    begins = samples[0]["t_s"] + min(WARM_UP_SHARE * whole, WARM_UP_MAX_S)
    return [sample for sample in samples if sample["t_s"] >= begins]


def judge_slope(what, points, limit=LEAK_LIMIT_KB_PER_H):
    """Flat, if even the upper end of the interval is below the limit; a leak, if the lower end is
    above; and undecided between, or over a short time."""
    limits = "%d kB/h" % limit
    slope = robust_slope(points)
    if slope is None:
        return Finding(what, "%d samples" % len(points), limits, UNDECIDED)
    growth = points[-1][1] - points[0][1]
    measured = "%+.0f kB/h (%+.0f to %+.0f) over %.0f min" % (
        slope.kb_per_h, slope.lower, slope.upper, slope.span_s / 60)
    if growth > GROWTH_MAX_KB:
        return Finding(what, measured + ", grown by %.0f kB" % growth, limits, BAD)
    if slope.span_s < SPAN_MIN_S:
        return Finding(what, measured, limits, UNDECIDED)
    if slope.upper <= limit:
        return Finding(what, measured, limits, GOOD)
    return Finding(what, measured, limits, BAD if slope.lower > limit else UNDECIDED)


def judge_memory(samples):
    steady = after_warm_up(samples)
    findings = [judge_slope("memory, resident", [(s["t_s"], s["rss_kb"]) for s in steady])]
    allocated = [(s["t_s"], s["status"]["memory"]["allocated_bytes"] / 1024) for s in steady
                 if s["status"]["memory"]["allocated_bytes"] is not None]
    if allocated:
        findings.append(judge_slope("memory, allocated", allocated))
    return findings


def judge_descriptors(samples):
    steady = after_warm_up(samples)
    if not steady:
        return Finding("descriptors", "none", "", UNDECIDED)
    before, after = samples[len(samples) - len(steady)]["descriptors"], steady[-1]["descriptors"]
    return Finding("descriptors", "%d, at the end %d" % (before, after),
                   "%d more" % DESCRIPTORS_MORE,
                   GOOD if after <= before + DESCRIPTORS_MORE else BAD)


def blamed(phases, samples, index):
    """Modules that the faults around a sample may have made stale."""
    allowed = set()
    for other in samples[:index + 1]:
        if other["t_s"] >= samples[index]["t_s"] - GRACE_S:
            allowed |= set(phases[other["phase"]].blames)
    return allowed


def judge_health(phases, samples):
    """No module stale or failed but those that the faults are to blame for."""
    lowest, guilty = 100.0, []
    for index, sample in enumerate(samples):
        health = sample["status"]["health"]
        lowest = min(lowest, health["score"])
        sick = {module["name"] for module in health["modules"]
                if module["state"] in ("stale", "failed")}
        unexplained = sick - blamed(phases, samples, index)
        if unexplained:
            guilty.append("%s at %.0f s (%s)" % (", ".join(sorted(unexplained)), sample["t_s"],
                                                 sample["phase"]))
    if guilty:
        return Finding("health", "%s; %d samples" % (guilty[0], len(guilty)),
                       "100% without a fault", BAD)
    return Finding("health", "lowest %.1f%%, each time by a fault" % lowest if lowest < 100
                   else "100% throughout", "100% without a fault", GOOD)


def judge_alerts(phases, samples):
    """Critical alerts that no fault explains."""
    allowed = {"feed", "feed_refused"}
    if any(phase.blames for phase in phases.values()):
        allowed |= {"health", "module_stale"}
    fired = {alert["name"] for sample in samples for alert in sample["status"].get("alerts", [])
             if alert["state"] == "firing" and alert["severity"] == "critical"}
    return Finding("critical alerts", ", ".join(sorted(fired)) or "none", "by faults of the feed",
                   GOOD if fired <= allowed else BAD)


def judge_allocations(phases, samples):
    """Between two samples of a phase without odd frames none may come."""
    what, limit = "allocations on the tick path", "0 without odd frames"
    counts = [s["status"]["memory"]["tick_path_allocations"] for s in samples]
    if not counts or None in counts:
        return Finding(what, "not measured", limit, UNDECIDED)
    unexplained = sum(more - less for less, more, before, after
                      in zip(counts, counts[1:], samples, samples[1:])
                      if not phases[before["phase"]].odd and not phases[after["phase"]].odd)
    measured = "%d, and %d by odd frames" % (unexplained, counts[-1] - unexplained)
    return Finding(what, measured, limit, GOOD if unexplained == 0 else BAD)


def judge_lag(samples):
    lags = sorted(s["status"]["loop"]["lag_us"] for s in samples)
    limits = "median %d us, p95 %d us" % (LAG_MEDIAN_US, LAG_P95_US)
    if len(lags) < LAG_SAMPLES_MIN:
        return Finding("loop lag", "%d samples" % len(lags), limits, UNDECIDED)
    median, p95 = statistics.median(lags), lags[int(0.95 * (len(lags) - 1))]
    measured = "median %.0f us, p95 %.0f us, largest %.0f us" % (
        median, p95, max(s["status"]["loop"]["lag_max_us"] for s in samples))
    if median <= LAG_MEDIAN_US and p95 <= LAG_P95_US:
        return Finding("loop lag", measured, limits, GOOD)
    wait = mean_wait_ns(samples)
    busy = wait is None or wait > WAIT_MEAN_NS
    if busy:
        measured += "; busy machine"
    return Finding("loop lag", measured, limits, UNDECIDED if busy else BAD)


def mean_wait_ns(samples):
    """How long the loop waits for a processor whenever it wants one; None: nobody counts."""
    first, last = samples[0], samples[-1]
    if last["slices"] is None or last["slices"] <= first["slices"]:
        return None
    return (last["waited_ns"] - first["waited_ns"]) / (last["slices"] - first["slices"])


def wrong_accounts(status):
    """The identities of docs/control.md that do not hold."""
    seen, wrong = status["input"], []
    parts = ("accepted", "filtered", "late", "unknown_symbol", "malformed")
    if seen["trades"] != sum(seen[part] for part in parts):
        wrong.append("trades %d are not the sum of their parts" % seen["trades"])
    for history in status["histories"]:
        if history["appended"] != history["size"] + history["overwritten"]:
            wrong.append("%(module)s/%(name)s: %(appended)d appended, %(size)d there, "
                         "%(overwritten)d overwritten" % history)
    return wrong


def judge_accounts(samples):
    wrong = [text for sample in samples for text in wrong_accounts(sample["status"])]
    return Finding("accounts", wrong[0] if wrong else "%d times checked" % len(samples),
                   "sums agree", BAD if wrong else GOOD)


def judge_one_life(samples):
    """One process throughout, and counters that only grow."""
    keys = ("frames", "trades", "accepted")
    for before, after in zip(samples, samples[1:]):
        if before["status"]["pid"] != after["status"]["pid"]:
            return Finding("one process", "another at %.0f s" % after["t_s"], "no restart", BAD)
        for key in keys:
            if after["status"]["input"][key] < before["status"]["input"][key]:
                return Finding("one process", "%s went back at %.0f s" % (key, after["t_s"]),
                               "no restart", BAD)
    return Finding("one process", "%d trades" % samples[-1]["status"]["input"]["trades"]
                   if samples else "no sample", "no restart", GOOD if samples else UNDECIDED)


def judge_gaps(samples):
    """A bar with a gap in it needs a connection that was lost, or a feed that was silent."""
    if not samples:
        return Finding("bars with gaps", "no sample", "", UNDECIDED)
    last = samples[-1]["status"]
    states = [sample["status"]["feed"]["state"] for sample in samples]
    silences = sum(after == "stale" != before for before, after in zip(states, states[1:]))
    losses = last["feed"]["connections"] - 1 + silences
    explained = GAPS_A_LOSS * losses * last["market"]["symbols"]
    return Finding("bars with gaps", "%d, by %d losses of %d symbols" %
                   (last["market"]["gaps"], losses, last["market"]["symbols"]),
                   "%d" % explained,
                   GOOD if last["market"]["gaps"] <= explained else BAD)


def judge_deliveries(deliveries):
    """In phases that cut nothing, all that was delivered was counted."""
    wrong = [d for d in deliveries if d.delivered != d.received]
    if wrong:
        return Finding("deliveries", "%s: %d delivered, %d counted" % wrong[0],
                       "every trade counted", BAD)
    return Finding("deliveries", "%d of %d trades in %d phases" %
                   (sum(d.received for d in deliveries), sum(d.delivered for d in deliveries),
                    len(deliveries)),
                   "every trade counted", GOOD if deliveries else UNDECIDED)


def judge_end(code):
    return Finding("end", "exit code %d" % code, "0 after SIGTERM", GOOD if code == 0 else BAD)


def judge(phases, samples, deliveries, code):
    """All findings of a soak."""
    return [judge_health(phases, samples), judge_alerts(phases, samples), *judge_memory(samples),
            judge_descriptors(samples), judge_allocations(phases, samples), judge_lag(samples),
            judge_accounts(samples), judge_one_life(samples), judge_gaps(samples),
            judge_deliveries(deliveries), judge_end(code)]


def exit_code(findings):
    """0 all good, 1 something is bad, 2 nothing is, but something could not be decided."""
    verdicts = {finding.verdict for finding in findings}
    if BAD in verdicts:
        return 1
    return 2 if UNDECIDED in verdicts else 0
