"""axe-core, the accessibility rules that browsers' own tools use, from the npm registry: for tests
only, and only where npm can be asked for it."""

import os
import shutil
import subprocess
import tarfile

from daemon import BIN

VERSION = "4.14.1"
FOLDER = os.path.join(os.path.dirname(BIN), "axe-core")
ARCHIVE = os.path.join(FOLDER, "axe-core-%s.tgz" % VERSION)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# What is wrong, a line a place.
CHECK = """
return axe.run(document, {runOnly: arguments[0], resultTypes: ["violations"]}).then((found) =>
  found.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id} (${rule.impact}): ${node.target.join(" ")}: ${node.failureSummary}`)))
"""


def source():
    """Its text; None, with the reason printed, where it cannot be had."""
    if not os.path.exists(ARCHIVE):
        if shutil.which("npm") is None:
            print("no axe-core: no npm")
            return None
        os.makedirs(FOLDER, exist_ok=True)
        done = subprocess.run(
            ["npm", "pack", "axe-core@" + VERSION, "--pack-destination", FOLDER, "--silent",
             "--fetch-retries", "0", "--fetch-timeout", "20000"],
            capture_output=True, text=True, check=False, timeout=60, cwd=FOLDER)
        if done.returncode != 0 or not os.path.exists(ARCHIVE):
            print("no axe-core: npm: %s" % (done.stderr.strip().splitlines() or ["nothing"])[-1])
            return None
    with tarfile.open(ARCHIVE) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()
