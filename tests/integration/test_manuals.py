"""The manuals and completions say what the programs say: each option, command, key and exit code of
--help, --print-config and the control socket's table is in them, and they are well formed."""

import os
import re
import shutil
import subprocess
import sys
import unittest

import daemon

MANUALS = os.path.join(os.path.dirname(daemon.BIN), "manuals")
PAGES = {"tickd": "tickd.8", "tickctl": "tickctl.1", "finnhub-sim": "finnhub-sim.1"}
CONFIGURATION = "tickd.json.5"


def output(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=daemon.LIMIT_S,
                          check=False, **options)
    return done.stdout, done.stderr, done.returncode


def source_of(page):
    with open(os.path.join(MANUALS, page), encoding="utf-8") as file:
        return file.read().replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")


def help_of(program):
    return daemon.run(os.path.join(daemon.BIN, program), "--help").stdout


def options_in(text):
    return set(re.findall(r"^ {2}(?:-\w, |    )--([a-z-]+)", text, re.MULTILINE))


def codes_in(text):
    return set(re.findall(r"^ +(\d+)  \S", text.partition("Exit codes:")[2], re.MULTILINE))


def commands_in(text):
    listed = text.partition("Commands:\n")[2].partition("\n\n")[0]
    return {line.split()[0] for line in listed.splitlines()}


def keys():
    """As --print-config has them: the keys of the top level, and those of each section."""
    found, section = [], ""
    for line in daemon.run(daemon.TICKD, "--print-config").stdout.splitlines():
        if match := re.match(r' {4}"(\w+)": \{$', line):
            section = match.group(1) + "."
        elif line in ("    },", "    }"):
            section = ""
        elif match := re.match(r' +"(\w+)": ', line):
            found.append(section + match.group(1))
    return found


def bash_completes(program, *words):
    """What bash offers for the last of the words."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_%s 2>/dev/null; printf "%%s\\n" "${COMPREPLY[@]}"' % program.replace("-", "_"))
    printed, complaint, code = output("bash", "-c", script, "bash",
                                      os.path.join(MANUALS, "bash", program), program, *words)
    assert code == 0, complaint
    return set(printed.split())


class Manuals(unittest.TestCase):
    def test_each_option_is_in_the_manual_of_its_program(self):
        for program, page in PAGES.items():
            options = options_in(help_of(program))
            self.assertGreater(len(options), 3)
            in_page = set(re.findall(r"\\fB--([a-z-]+)\\fR", source_of(page)))
            self.assertEqual(options, in_page, page)

    def test_each_exit_code_is_in_the_manual_of_its_program(self):
        for program, page in PAGES.items():
            codes = codes_in(help_of(program))
            self.assertGreater(len(codes), 3)
            section = source_of(page).partition(".SH EXIT STATUS")[2].partition(".SH")[0]
            self.assertEqual(codes, set(re.findall(r"^\\fB(\d+)\\fR$", section, re.MULTILINE)))

    def test_each_command_is_in_the_manual(self):
        commands = commands_in(help_of("tickctl"))
        self.assertIn("explain", commands)
        section = source_of("tickctl.1").partition(".SH COMMANDS")[2].partition(".SS States")[0]
        self.assertEqual(commands, set(re.findall(r"^\\fB([\w-]+)\\fR", section, re.MULTILINE)))

    def test_each_key_is_in_the_manual(self):
        known = keys()
        self.assertIn("seed", known)
        self.assertIn("portfolio.max_drawdown", known)
        in_page = re.findall(r"^\.TP\n\\fB([\w.]+)\\fR$", source_of(CONFIGURATION), re.MULTILINE)
        self.assertEqual(known, in_page)

    def test_the_keys_that_a_reload_applies_are_in_the_guide(self):
        guide = os.path.join(daemon.ROOT, "docs", "operations.md")
        with open(guide, encoding="utf-8") as file:
            section = file.read().partition("\n## Reload\n")[2].partition("\n## ")[0]
        entries = source_of(CONFIGURATION).split(".TP\n")
        applied = [re.match(r"\\fB([\w.]+)", entry).group(1) for entry in entries
                   if "A reload applies it." in entry]
        self.assertIn("log.level", applied)
        for key in applied:
            owner, _, name = key.partition(".")
            self.assertTrue(any("`%s`" % word in section for word in (key, name, owner + ".*")),
                            key)

    def test_no_mark_of_a_template_is_left(self):
        for page in (*PAGES.values(), CONFIGURATION):
            self.assertNotRegex(source_of(page), r"@[\w-]+@")

    def test_the_pages_are_well_formed(self):
        for page in (*PAGES.values(), CONFIGURATION):
            path = os.path.join(MANUALS, page)
            self.assertEqual(output("mandoc", "-Tlint", path), ("", "", 0))
            _, complaint, code = output("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z",
                                        path)
            self.assertEqual((complaint, code), ("", 0), page)


class Completions(unittest.TestCase):
    def test_bash_offers_each_option_and_command(self):
        for program in PAGES:
            wanted = {"--" + name for name in options_in(help_of(program))}
            self.assertEqual(wanted, bash_completes(program, "--"))
        self.assertEqual(commands_in(help_of("tickctl")),
                         {word for word in bash_completes("tickctl", "") if word[0] != "-"})

    def test_bash_offers_what_an_argument_can_be(self):
        self.assertEqual(bash_completes("tickctl", "wait", ""), {"healthy", "streaming", "ready"})
        self.assertEqual(bash_completes("tickctl", "--json", "-s", "health", "log", "w"),
                         {"warning"})
        self.assertIn("FILL", bash_completes("tickctl", "watch", "BAR", ""))
        self.assertEqual(bash_completes("tickd", "--set", "market.bar"), {"market.bar_ms="})
        self.assertEqual(bash_completes("finnhub-sim", "--market", "rev"), {"reverting"})
        self.assertEqual(bash_completes("tickd", "--config", MANUALS + "/tickd.8"),
                         {MANUALS + "/tickd.8", MANUALS + "/tickd.8.gz"})

    def test_zsh_reads_its_functions(self):
        for program in PAGES:
            path = os.path.join(MANUALS, "zsh", "_" + program)
            self.assertEqual(output("zsh", "-n", path), ("", "", 0))
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for name in options_in(help_of(program)):
                self.assertIn("--" + name, text)


if __name__ == "__main__":
    missing = [name for name in ("man", "mandoc", "zsh", "bash") if shutil.which(name) is None]
    if missing or not os.path.isdir(MANUALS):
        print("skipped: missing", *missing, MANUALS)
        sys.exit(77)
    unittest.main()
