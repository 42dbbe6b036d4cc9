#!/usr/bin/env python3
"""Computes tests/reference/indicators.csv: a made-up series of bars and their indicators.

Independent of the C code: every value is computed from its definition over the whole history,
with 60 decimal digits, nothing carried from bar to bar.

    python3 tests/reference/indicators_reference.py > tests/reference/indicators.csv

Lines: `bar` (a bar with its indicators), `volume` (volume that moved no price, for the session's
VWAP), `reset` (prices are forgotten). Prices and volumes are decimals, turnover is price times
volume in units of 1e-16, `nan` is "not ready".
"""

from decimal import Decimal, getcontext

getcontext().prec = 60

NAMES = [
    "ema12", "ema26", "macd", "macd_signal", "macd_histogram", "rsi14", "atr14", "percent_b",
    "zscore20", "roc10", "donchian20", "ewma_volatility", "vwap_distance", "volume_ratio20",
    "imbalance",
]
FIELDS = ["start_ms", "open", "high", "low", "close", "volume", "signed_volume", "turnover",
          "session_day"]


class Numbers:
    """A linear congruential generator (Knuth's MMIX): the same series on every Python."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound


def ema(values, n):
    """The mean of the first n, then each newer value with weight 2/(n+1): written out as a sum of
    powers. None before the n-th."""
    if len(values) < n:
        return None
    keep = Decimal(n - 1) / (n + 1)
    later = values[n:]
    mean = sum(values[:n]) / n * keep ** len(later)
    for age, value in enumerate(reversed(later)):
        mean += (1 - keep) * keep**age * value
    return mean


def wilder(values, n):
    """The mean of the first n, then (n−1)/n of the old and 1/n of the new, as a sum of powers."""
    if len(values) < n:
        return None
    keep = Decimal(n - 1) / n
    later = values[n:]
    mean = sum(values[:n]) / n * keep ** len(later)
    for age, value in enumerate(reversed(later)):
        mean += keep**age * value / n
    return mean


def rsi(closes, n=14):
    changes = [b - a for a, b in zip(closes, closes[1:])]
    gain = wilder([max(c, Decimal(0)) for c in changes], n)
    loss = wilder([max(-c, Decimal(0)) for c in changes], n)
    if gain is None:
        return None
    if loss == 0:
        return Decimal(50) if gain == 0 else Decimal(100)
    return 100 - 100 / (1 + gain / loss)


def atr(bars, n=14):
    ranges = [bars[0]["high"] - bars[0]["low"]]
    for before, bar in zip(bars, bars[1:]):
        ranges.append(max(bar["high"], before["close"]) - min(bar["low"], before["close"]))
    return wilder(ranges, n)


def zscore(closes, n=20):
    if len(closes) < n:
        return None
    window = closes[-n:]
    mean = sum(window) / n
    variance = sum(c * c for c in window) / n - mean * mean
    if len(set(window)) == 1:
        return None
    return (window[-1] - mean) / variance.sqrt()


def percent_b(closes, n=20):
    z = zscore(closes, n)
    if z is None:
        return None
    window = closes[-n:]
    mean = sum(window) / n
    deviation = (sum((c - mean) ** 2 for c in window) / n).sqrt()
    lower, upper = mean - 2 * deviation, mean + 2 * deviation
    return (window[-1] - lower) / (upper - lower)


def roc(closes, n=10):
    return None if len(closes) <= n else (closes[-1] / closes[-1 - n] - 1) * 100


def donchian(bars, n=20):
    if len(bars) < n:
        return None
    high = max(b["high"] for b in bars[-n:])
    low = min(b["low"] for b in bars[-n:])
    return None if high == low else (bars[-1]["close"] - low) / (high - low)


def ewma_volatility(closes, ready=20, decay=Decimal("0.94")):
    squares = [(b / a).ln() ** 2 for a, b in zip(closes, closes[1:])]
    if len(squares) < ready:
        return None
    later = squares[1:]
    variance = squares[0] * decay ** len(later)
    for age, square in enumerate(reversed(later)):
        variance += (1 - decay) * decay**age * square
    return variance.sqrt()


def volume_ratio(bars, n=20):
    if len(bars) < n:
        return None
    mean = sum(b["volume"] for b in bars[-n:]) / n
    return None if mean == 0 else bars[-1]["volume"] / mean


def indicators(bars, session):
    """`bars` since the last reset; `session`: (volume, turnover) of the day, this bar included."""
    closes = [b["close"] for b in bars]
    macds = [ema(closes[: i + 1], 12) - ema(closes[: i + 1], 26) for i in range(25, len(closes))]
    macd = macds[-1] if macds else None
    signal = ema(macds, 9)
    volume = sum(v for v, _ in session)
    vwap = sum(t for _, t in session) / volume if volume else None
    bar = bars[-1]
    return {
        "ema12": ema(closes, 12),
        "ema26": ema(closes, 26),
        "macd": macd,
        "macd_signal": signal,
        "macd_histogram": None if signal is None else macd - signal,
        "rsi14": rsi(closes),
        "atr14": atr(bars),
        "percent_b": percent_b(closes),
        "zscore20": zscore(closes),
        "roc10": roc(closes),
        "donchian20": donchian(bars),
        "ewma_volatility": ewma_volatility(closes),
        "vwap_distance": bar["close"] / vwap - 1 if vwap else None,
        "volume_ratio20": volume_ratio(bars),
        "imbalance": bar["signed_volume"] / bar["volume"] if bar["volume"] else None,
    }


CENT = Decimal("0.01")
UNIT = Decimal("0.00000001")


def make_bar(numbers, number, last, shape):
    """One bar after a close of `last`."""
    drift = {"walk": 0, "up": 6, "down": -6}.get(shape, 0)
    tick = UNIT if shape == "tiny" else CENT
    prices = [last]
    for _ in range(6):
        step = 0 if shape in ("flat", "still") else numbers.below(25) - 12 + drift
        prices.append(max(prices[-1] + step * tick, tick))
    prices = prices[1:]
    trades = [
        (p, 0 if shape in ("quiet", "still") else UNIT * numbers.below(50_000_000_000))
        for p in prices
    ]
    volume = sum(v for _, v in trades)
    signed = sum(v * (numbers.below(3) - 1) for _, v in trades)
    return {
        "start_ms": 1790000000000 + 1000 * number,
        "open": prices[0],
        "high": max(prices),
        "low": min(prices),
        "close": prices[-1],
        "volume": Decimal(volume),
        "signed_volume": Decimal(signed),
        "turnover": sum((p * v for p, v in trades), Decimal(0)),
    }


# (shape, bars, day): walks, trends that drive RSI to its ends, a flat stretch longer than every
# window, bars without volume, a new session in the middle, prices of a few units of 1e-8.
SERIES = [
    ("walk", 90, 20717), ("up", 45, 20717), ("down", 40, 20717), ("flat", 25, 20717),
    ("walk", 25, 20718), ("quiet", 24, 20718), ("walk", 30, 20719), ("reset", 0, 0),
    ("walk", 40, 20719), ("volume", 0, 20720), ("quiet", 3, 20720), ("walk", 12, 20720),
    ("reset", 0, 0), ("still", 5, 20721), ("up", 20, 20721), ("reset", 0, 0),
    ("tiny", 45, 20722),
]


def text(value):
    if value is None:
        return "nan"
    return "0" if value == 0 else f"{value:.17e}"


def exact(value):
    """A decimal with at most 8 places, without an exponent."""
    assert value == value.quantize(UNIT)
    return f"{value.quantize(UNIT):f}"


def main():
    numbers = Numbers(20261123)
    bars, session, day, last, number = [], [], None, Decimal("167.41"), 0
    print("# Made by tests/reference/indicators_reference.py; see there.")
    print(",".join(["line"] + FIELDS + NAMES))
    for shape, count, new_day in SERIES:
        if shape == "reset":
            bars = []
            print("reset" + "," * (len(FIELDS) + len(NAMES)))
            continue
        if new_day != day:
            day, session = new_day, []
        if shape == "volume":
            session.append((Decimal(7), 7 * Decimal("166.5")))
            turnover = int(session[-1][1] * 10**16)
            print(f"volume,,,,,,7,,{turnover},{day}" + "," * len(NAMES))
            continue
        if shape == "tiny":
            last = UNIT * 3700
        for _ in range(count):
            bar = make_bar(numbers, number, last, shape)
            number, last = number + 1, bar["close"]
            bars.append(bar)
            session.append((bar["volume"], bar["turnover"]))
            values = indicators(bars, session)
            row = ["bar", str(bar["start_ms"])]
            row += [exact(bar[f]) for f in FIELDS[1:7]]
            row += [str(int(bar["turnover"] * 10**16)), str(day)]
            print(",".join(row + [text(values[name]) for name in NAMES]))


if __name__ == "__main__":
    main()
