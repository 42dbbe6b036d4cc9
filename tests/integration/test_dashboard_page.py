"""The dashboard's page in a real browser: every section shows live values that agree with what
tickctl says; nothing is wrong on its console, no request leaves the machine; the keyboard reaches
everything; from 400 to 2,560 pixels, light and dark. Pictures of all of it are left in
screenshots/ beside the programs, for people to look at."""

import contextlib
import json
import os
import re
import unittest

import axe
from browser import LIMIT_S, Browser, require_browser
from daemon import BIN, Daemon, free_port
from simulation import Simulation, require_program

PICTURES = os.path.join(os.path.dirname(BIN), "screenshots")
SECTIONS = ("system", "market", "agents", "portfolio", "log")
# One symbol, quick bars and agents that need few of them: it trades within seconds.
QUICK = ("--set", "market.bar_ms=100", "--set", "market.grace_ms=0", "--set",
         "market.lateness_ms=0", "--set", "electorate.horizon_bars=5", "--set",
         "portfolio.fee_bps=0", "--set", "portfolio.slippage_bps=0", "--set",
         "simulator.prior_outcomes=1", "--set", "simulator.errors=0", "--set",
         "simulator.returns_kept=120", "--set", "evolution.generation_bars=50")
SYMBOLS = "BINANCE:BTCUSDT,BINANCE:ETHUSDT"
ARROW_RIGHT, ARROW_LEFT, END, TAB, ENTER = "\ue014", "\ue012", "\ue010", "\ue004", "\ue007"
VIEWS = (("light", 1280, 900, False), ("dark", 1280, 900, True), ("narrow", 400, 800, False),
         ("narrow-dark", 400, 800, True), ("wide", 2560, 1440, False),
         ("wide-dark", 2560, 1440, True))

# All values that say where in the status document they are from, as a person reads them.
FIELDS = """const nodes = document.querySelectorAll("main > section:not([hidden]) [data-field]");
return Object.fromEntries([...nodes].map((node) => [node.dataset.field, node.textContent]))"""

# WCAG 2.1's contrast of every text that is seen, against what is behind it; those below 4.5.
CONTRAST = """
function parts(text) { return text.match(/[\\d.]+/g).map(Number); }
function light([r, g, b]) {
  const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const of = (value) => linear(value / 255);
  return 0.2126 * of(r) + 0.7152 * of(g) + 0.0722 * of(b);
}
function behind(node) {
  for (let at = node; at; at = at.parentElement) {
    const color = parts(getComputedStyle(at).backgroundColor);
    if (color.length < 4 || color[3] === 1) return color;
  }
  return [255, 255, 255];
}
const poor = [];
for (const node of document.querySelectorAll("body *")) {
  const isText = (child) => child.nodeType === 3 && child.textContent.trim();
  const own = [...node.childNodes].some(isText);
  if (!own || !node.checkVisibility() || node.closest("svg, .skip, noscript")) continue;
  const ink = light(parts(getComputedStyle(node).color)), ground = light(behind(node));
  const a = Math.max(ink, ground), b = Math.min(ink, ground);
  const ratio = (a + 0.05) / (b + 0.05);
  const words = node.textContent.trim().slice(0, 30);
  if (ratio < 4.5) poor.push(`${node.tagName}.${node.className} "${words}" ${ratio.toFixed(2)}`);
}
return [...new Set(poor)];
"""


def look_up(status, path):
    value = status
    for key in path.split("."):
        value = value[key]
    return value


def as_number(text):
    """What a person reads, as a number."""
    plain = text.replace(",", "").replace("−", "-").replace("%", "").replace("×", "").strip()
    return float(plain)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_program()
        require_browser()
        os.makedirs(PICTURES, exist_ok=True)
        cls.resources = contextlib.ExitStack()
        cls.addClassCleanup(cls.resources.close)
        sim = cls.resources.enter_context(Simulation(
            "--symbols", SYMBOLS, "--rate", "200", "--seed", "3", "--market", "momentum",
            "--quiet"))
        cls.port = free_port()
        cls.tickd = cls.resources.enter_context(Daemon(
            *QUICK, port=sim.port, symbols=SYMBOLS, dashboard="127.0.0.1:%d" % cls.port))
        cls.browser = cls.resources.enter_context(Browser())
        cls.browser.requests()  # its own start, before any page

    def setUp(self):
        self.browser.size(1280, 900, False)
        self.open("system")

    def tearDown(self):
        said = [entry for entry in self.browser.console()
                if "ERR_CONNECTION" not in entry["message"]]
        asked = self.browser.requests()
        self.assertEqual(said, [])
        for address in asked:
            self.assertRegex(address, r"^(http|ws)://127\.0\.0\.1:%d/|^about:blank|^data:" %
                             self.port)

    def open(self, section):
        self.browser.open("about:blank")
        self.browser.open("http://127.0.0.1:%d/#/%s" % (self.port, section))
        self.wait_for_state("live")

    def wait_for_state(self, text):
        self.browser.wait_for("return document.getElementById('link').textContent === arguments[0]",
                              "the connection as " + text, text)

    def wait_for_charts(self, section, count):
        """Until so many are drawn; dygraphs takes two canvases for each."""
        self.browser.wait_for(
            "return document.querySelectorAll(arguments[0]).length >= arguments[1]",
            "%d charts" % count, section + " .chart canvas", 2 * count)

    def newest(self):
        """What the page shows once it shows nothing older than this moment."""
        self.browser.wait_for("return Number(document.body.dataset.engineUs) >= arguments[0]",
                              "a newer state", self.tickd.status()["time"]["engine_us"])
        return self.browser.run(FIELDS)

    def assert_agrees(self, least):
        """Each value lies between what tickctl said before and after, or is what it said."""
        before = self.tickd.status()
        fields = self.newest()
        after = self.tickd.status()
        self.assertGreaterEqual(len(fields), least)
        for path, text in fields.items():
            values = [look_up(document, path) for document in (before, after)]
            if path in ("digest",):
                self.assertRegex(text, r"^[0-9a-f]{16}$")
                continue
            if None in values:  # not known yet, or not measured by this build
                if values == [None, None]:
                    self.assertEqual(text, "\u2013", path)
                continue
            low, high = sorted(float(value) for value in values)
            if path.startswith("portfolio."):
                # Money goes up and down between two looks; it stays within what it can move.
                low, high = low - 0.02 * abs(low) - 2000, high + 0.02 * abs(high) + 2000
            self.assertTrue(low - 0.006 <= as_number(text) <= high + 0.006,
                            "%s: %s is not from %s to %s" % (path, text, low, high))

    # The sections.

    def test_system_agrees_with_tickctl(self):
        self.assert_agrees(19)
        status = self.tickd.status()
        tiles = self.browser.run("""return [...document.querySelectorAll('.tile')].map((tile) => [
            tile.querySelector('h3 span').textContent,
            tile.querySelector('.state').textContent])""")
        self.assertEqual(len(tiles), 13)
        states = {module["name"].replace("_", " "): module["state"]
                  for module in status["health"]["modules"]}
        for name, state in tiles:
            expected = states.get(name, "not running")
            # Falling idle and waking up is daily life.
            same = {state, expected} <= {"idle", "active"}
            self.assertTrue(state == expected or same, (name, state, expected))
        gauges = self.browser.run("""return [...document.querySelectorAll('.gauges > div')].map(
            (gauge) => [gauge.querySelector('b').textContent,
                        gauge.querySelector('.name .muted').textContent])""")
        self.assertEqual([name for name, _ in gauges],
                         ["%s/%s" % (one["module"], one["name"]) for one in status["histories"]])
        for (_, text), history in zip(gauges, status["histories"]):
            self.assertTrue(text.endswith("of {:,}".format(history["capacity"])), text)
        self.assertEqual(self.browser.run("return document.querySelectorAll('.flow .node').length"),
                         13)
        self.wait_for_charts("#system", 2)
        self.assertEqual(self.browser.run(
            "return document.querySelectorAll('.hour i').length"), 60)

    def test_market_agrees_with_tickctl(self):
        self.open("market")
        self.wait_for_charts("#market", 3)
        rows = self.browser.wait_for("""const rows = [...document.querySelectorAll(
            '#market [aria-label="Symbols"] tbody tr')].map((row) => [...row.cells].map(
            (cell) => cell.textContent)); return rows.length ? rows : null""", "the symbols")
        symbols = json.loads(self.tickd.ask("symbols"))
        self.assertEqual([row[0] for row in rows], [symbol["symbol"] for symbol in symbols])
        for row, symbol in zip(rows, symbols):
            self.assertLessEqual(as_number(row[2]), symbol["trades"])
            self.assertGreater(as_number(row[2]), 0)
        self.browser.wait_for("return /^\\d{2,} bars of BINANCE/.test(document.querySelector("
                              "'#market .note').textContent)", "bars")
        votes = self.browser.wait_for("""const rows = [...document.querySelectorAll(
            '#market [aria-label^="Newest decisions"] tbody tr')].map(
            (row) => row.cells[1].textContent);
            return rows.length ? rows : null""", "decisions")
        self.assertLessEqual(set(votes), {"buy", "sell", "hold"})
        # Another symbol, another indicator.
        self.browser.run("""const symbol = document.getElementById('symbol');
            symbol.value = 'BINANCE:ETHUSDT'; symbol.dispatchEvent(new Event('change'));
            const other = document.getElementById('indicator');
            other.value = 'rsi14'; other.dispatchEvent(new Event('change'));""")
        self.browser.wait_for("return document.querySelector('#market .note').textContent.includes("
                              "'bars of BINANCE:ETHUSDT')", "the other symbol")
        self.wait_for_charts("#market", 4)

    def test_agents_agree_with_tickctl(self):
        self.open("agents")
        self.newest()
        rows = self.browser.run("""return [...document.querySelectorAll(
            '#agents [aria-label="Agents"] tbody tr')].map((row) => [...row.cells].map(
            (cell) => cell.textContent))""")
        agents = self.tickd.status()["agents"]
        self.assertEqual([(row[0], row[1], row[2]) for row in rows],
                         [(str(agent["id"]), agent["species"].replace("_", " "), agent["state"])
                          for agent in agents])
        for row, agent in zip(rows, agents):
            self.assertLessEqual(as_number(row[13]), agent["version"])
        self.browser.click("#agents tr.pick")
        self.browser.wait_for("return document.querySelector('#agents .steps li') !== null",
                              "the agent's versions")
        told = json.loads(self.tickd.ask("agent 1"))
        shown = self.browser.run("""return [...document.querySelectorAll(
            '#agents .steps li:first-child dd')].map((node) => Number(node.textContent))""")
        self.assertEqual(len(shown), len(told["versions"][0]["parameters"]))

    def test_portfolio_agrees_with_tickctl_and_explains_a_fill(self):
        self.tickd.wait_for_status(lambda status: status["fills"] > 0, "a fill", 4 * LIMIT_S)
        self.open("portfolio")
        self.assert_agrees(9)
        self.browser.wait_for("""const row = document.querySelector(
            '#portfolio [aria-label="Fills"] tbody tr'); row?.click(); return row !== null""",
                              "a fill")
        text, note = self.browser.wait_for("""const text = document.querySelector('.chain');
            return text && [text.textContent, text.closest('.panel').querySelector('.note')
            .textContent]""", "the explanation")
        sequence = re.fullmatch(r"fill (\d+), BINANCE:...USDT", note).group(1)
        told = json.loads(self.tickd.ask("explain " + sequence))
        self.assertEqual(told["topic"], "FILL")
        # Its order may be filled further; what was said of this fill stays.
        self.assertEqual(text.split("\n")[:3], told["lines"][:3])

    def test_the_log_is_the_health_log_with_filter_and_pause(self):
        self.open("log")
        events = """return [...document.querySelectorAll('.lines li b')].map(
            (node) => node.textContent)"""
        self.browser.wait_for("return document.querySelectorAll('.lines li').length > 5", "lines")
        shown = self.browser.run(events)
        self.assertEqual(shown[:5], [line["event"] for line in self.tickd.log()[:5]])
        self.browser.run("""const filter = document.getElementById('log-filter');
            filter.value = 'event=module module=market';
            filter.dispatchEvent(new Event('input'))""")
        self.assertEqual(set(self.browser.run(events)), {"module"})
        self.browser.run("""const filter = document.getElementById('log-filter');
            filter.value = ''; filter.dispatchEvent(new Event('input'))""")
        self.browser.click("#log-pause")
        count = len(self.browser.run(events))
        self.tickd.ask("rotate")
        self.browser.wait_for("return document.querySelector('#log .note').textContent.includes("
                              "'wait')", "a line that waits")
        self.assertEqual(len(self.browser.run(events)), count)
        self.browser.click("#log-pause")
        self.assertIn("log_reopened", self.browser.run(events))

    # What holds everywhere.

    def test_the_keyboard_reaches_every_section(self):
        selected = "return document.querySelector('[role=tab][aria-selected=true]').textContent"
        self.browser.run("document.getElementById('tab-system').focus()")
        seen = []
        for key in (ARROW_RIGHT, ARROW_RIGHT, ARROW_LEFT, END, ARROW_RIGHT):
            self.browser.press(key)
            seen.append(self.browser.run(selected))
        self.assertEqual(seen, ["Market", "Agents", "Market", "Log", "System"])
        for key, name in zip("12345", SECTIONS):
            self.browser.press(key)
            self.assertEqual(self.browser.run(selected).lower(), name)
            self.assertEqual(self.browser.run(
                "return [...document.querySelectorAll('[role=tabpanel]')].filter("
                "(panel) => !panel.hidden).map((panel) => panel.id)"), [name])
        self.browser.press("4", TAB)
        self.assertNotEqual(self.browser.run("return document.activeElement.tagName"), "BODY")
        outline = self.browser.run("return getComputedStyle(document.activeElement).outlineStyle")
        self.assertNotEqual(outline, "none")

    def test_it_fits_and_is_legible_at_every_width_light_and_dark(self):
        for view, width, height, dark in VIEWS:
            for section in SECTIONS:
                self.browser.size(width, height, dark)
                self.open(section)
                self.newest()
                with self.subTest(view=view, section=section):
                    self.assertLessEqual(self.browser.run(
                        "return document.documentElement.scrollWidth"), width)
                    self.assertEqual(self.browser.run(CONTRAST), [])
                whole = self.browser.run("return document.documentElement.scrollHeight")
                self.browser.size(width, max(height, whole), dark)
                self.browser.screenshot(os.path.join(PICTURES, "%s-%s.png" % (section, view)))

    def test_axe_core_finds_nothing(self):
        rules = axe.source()
        if rules is None:
            self.skipTest("axe-core cannot be had")
        for view, width, height, dark in VIEWS[:4]:
            for section in SECTIONS:
                self.browser.size(width, height, dark)
                self.open(section)
                self.newest()
                self.browser.run(rules)
                with self.subTest(view=view, section=section):
                    self.assertEqual(self.browser.run(axe.CHECK, axe.RULES), [])

    def test_the_chosen_colours_are_kept(self):
        ground = "return getComputedStyle(document.body).backgroundColor"
        light = self.browser.run(ground)
        self.browser.click("#theme")
        self.assertEqual(self.browser.text("#theme"), "Light")
        self.browser.click("#theme")
        self.assertEqual(self.browser.text("#theme"), "Dark")
        dark = self.browser.run(ground)
        self.assertNotEqual(light, dark)
        self.open("market")
        self.assertEqual(self.browser.run(ground), dark)
        self.browser.click("#theme")
        self.assertEqual(self.browser.run(ground), light)


class Restart(unittest.TestCase):
    def test_it_says_that_the_daemon_is_gone_and_comes_back_with_it(self):
        require_browser()
        port = free_port()
        lost = "return !document.getElementById('lost').hidden"
        with Browser() as browser:
            with Daemon(dashboard="127.0.0.1:%d" % port) as tickd:
                tickd.wait_for_log(event="dashboard")
                browser.open("http://127.0.0.1:%d/" % port)
                browser.wait_for("return document.getElementById('link').textContent === 'live'",
                                 "the connection")
                self.assertFalse(browser.run(lost))
                pid = tickd.status()["pid"]
                tickd.stop()
                browser.wait_for(lost, "that the connection is lost")
            with Daemon(dashboard="127.0.0.1:%d" % port) as tickd:
                tickd.wait_for_log(event="dashboard")
                browser.wait_for("return document.getElementById('lost').hidden", "its return")
                self.assertNotEqual(tickd.status()["pid"], pid)
                self.assertEqual(browser.text("#link"), "live")


if __name__ == "__main__":
    unittest.main()
