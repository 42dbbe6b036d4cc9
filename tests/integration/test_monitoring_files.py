"""config/prometheus-alerts.yml and config/grafana-dashboard.json: they name only metrics and labels
that docs/metrics.md lists, which the unit tests hold to the table of metrics."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.environ.get("TICKD_SOURCE") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROMTOOL = shutil.which("promtool")
GENERAL_LABELS = {"instance", "job"}  # every scraped series has them
ROW = re.compile(r"\| `(tickd_\w+)` \| (\w+) \| (.*?)\| ")
NAME = re.compile(r"\b(tickd_\w+)(?:\{([^}]*)\})?")
LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)')


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def known():
    """Series by name, each with its labels."""
    series = {}
    for name, kind, labels in ROW.findall(read("docs", "metrics.md")):
        own = set(re.findall(r"`(\w+)`", labels))
        if kind == "histogram":
            series.update({name + "_bucket": own | {"le"}, name + "_count": own,
                           name + "_sum": own})
        else:
            series[name] = own
    return series


def strangers(expression, series):
    """What an expression names and nobody has."""
    found = []
    for name, matchers in NAME.findall(expression):
        if name not in series:
            found.append(name)
            continue
        for label in LABEL.findall(re.sub(r'"[^"]*"', '""', matchers)):
            if label not in series[name] | GENERAL_LABELS:
                found.append("%s{%s}" % (name, label))
    return found


class Checker(unittest.TestCase):
    """The checker itself can fail."""

    def test_strangers_are_found(self):
        series = known()
        self.assertGreater(len(series), 100)
        self.assertEqual(strangers('rate(tickd_bars_total[5m]) > tickd_nothing', series),
                         ["tickd_nothing"])
        self.assertEqual(strangers('tickd_module_state{state="x=y",colour!="red"}', series),
                         ["tickd_module_state{colour}"])
        self.assertEqual(strangers('tickd_feed_delay_seconds', series),
                         ["tickd_feed_delay_seconds"])  # a histogram has no such series
        self.assertEqual(strangers('tickd_feed_delay_seconds_bucket{le="1.0",job="x"}', series), [])


class Rules(unittest.TestCase):
    def setUp(self):
        self.text = re.sub(r"(?m)^ *#.*$", "", read("config", "prometheus-alerts.yml"))

    def test_rules_name_only_what_there_is(self):
        self.assertGreater(len(NAME.findall(self.text)), 10)
        self.assertEqual(strangers(self.text, known()), [])

    def test_each_rule_says_what_is_wrong_and_what_to_do(self):
        rules = self.text.split("- alert: ")[1:]
        self.assertGreater(len(rules), 8)
        for rule in rules:
            for part in ("expr:", "annotations:", "summary:", "description:"):
                self.assertIn(part, rule)

    @unittest.skipUnless(PROMTOOL, "promtool (package prometheus) is not installed")
    def test_promtool_takes_them_and_they_fire_as_they_should(self):
        done = subprocess.run([PROMTOOL, "check", "rules",
                               os.path.join(ROOT, "config", "prometheus-alerts.yml")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = subprocess.run([PROMTOOL, "test", "rules", "prometheus_alerts_test.yml"],
                              cwd=os.path.join(ROOT, "tests", "integration"),
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.dashboard = json.loads(read("config", "grafana-dashboard.json"))
        self.panels = self.dashboard["panels"]

    def expressions(self):
        for panel in self.panels:
            for target in panel.get("targets", []):
                yield panel["title"], target["expr"]
        for annotation in self.dashboard["annotations"]["list"]:
            yield annotation["name"], annotation["expr"]
        for variable in self.dashboard["templating"]["list"]:
            if variable["type"] == "query":
                yield variable["name"], variable["definition"]

    def test_panels_name_only_what_there_is(self):
        series = known()
        self.assertGreater(len(list(self.expressions())), 80)
        for title, expression in self.expressions():
            self.assertEqual(strangers(expression, series), [], title)
            self.assertNotEqual(NAME.findall(expression), [], title)

    def test_it_can_be_loaded_anew_and_is_then_the_same(self):
        self.assertEqual(self.dashboard["uid"], "tickd")
        self.assertNotIn("id", self.dashboard)
        for panel in self.panels:
            if panel["type"] != "row":
                self.assertEqual(panel["datasource"]["uid"], "${datasource}", panel["title"])
        numbers = [panel["id"] for panel in self.panels]
        self.assertEqual(len(numbers), len(set(numbers)))

    def test_panels_lie_beside_each_other_and_not_on_each_other(self):
        taken = {}
        for panel in self.panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), taken,
                                     (panel["title"], taken.get((x, y))))
                    taken[x, y] = panel["title"]

    def test_each_panel_has_a_title_and_each_curve_a_name(self):
        for panel in self.panels:
            self.assertTrue(panel["title"])
            for target in panel.get("targets", []):
                self.assertTrue(target["legendFormat"], panel["title"])
                for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                    labels = set().union(*(known()[name] for name, _ in
                                           NAME.findall(target["expr"])))
                    self.assertIn(label, labels | GENERAL_LABELS, panel["title"])

    @unittest.skipUnless(PROMTOOL, "promtool (package prometheus) is not installed")
    def test_prometheus_understands_every_expression(self):
        rules = [{"record": "panel", "expr": expression.replace("$__rate_interval", "5m")}
                 for _, expression in self.expressions()
                 if not expression.startswith("label_values(")]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            for number, rule in enumerate(rules):
                rule["record"] = "panel:%d" % number
            json.dump({"groups": [{"name": "panels", "rules": rules}]}, file)
            file.flush()
            done = subprocess.run([PROMTOOL, "check", "rules", file.name], capture_output=True,
                                  text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
