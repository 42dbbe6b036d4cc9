"""scripts/tidy finds each thing that it promises to find, names what to do instead, and is silent
about a tree that is sound. Every case is that sound tree with one line too many."""
import os
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("TICKD_SOURCE", os.path.join(os.path.dirname(__file__), "../.."))

SOUND = {
    "include/tickd/base/ring.h": "#ifndef TICKD_BASE_RING_H\n#define TICKD_BASE_RING_H\n\n"
                                 "int ring_size(void);\n\n#endif\n",
    "include/tickd/modules/market.h": "#ifndef TICKD_MODULES_MARKET_H\n"
                                      "#define TICKD_MODULES_MARKET_H\n\n"
                                      "#include \"tickd/base/ring.h\"\n\n#endif\n",
    "src/base/ring.c": "#include \"tickd/base/ring.h\"\n\n"
                       "int ring_size(void)\n{\n    return 1;\n}\n",
    "src/modules/monitor.c": "#include \"tickd/base/ring.h\"\n\n/* time( and \"rand(\" */\n",
    "src/engine/wiring.c": "#include \"tickd/modules/market.h\"\n",
    "src/feed/client.c": "#include <uv.h>\n\n#include \"tickd/engine/wiring.h\"\n",
    "include/tickd/engine/wiring.h": "#ifndef TICKD_ENGINE_WIRING_H\n"
                                     "#define TICKD_ENGINE_WIRING_H\n\n#endif\n",
    "scripts/tidy.exceptions": "",
}

LONG_FUNCTION = "int long_one(void)\n{\n" + "    ring_size();\n" * 70 + "}\n"

# What it is; which file; what is added at its end; a piece of the one line that is expected.
CASES = [
    ("an inner room may not know an outer one", "src/base/ring.c",
     "#include \"tickd/engine/wiring.h\"\n", "room base may not know room engine"),
    ("outer rooms do not know each other", "src/feed/client.c",
     "#include \"tickd/store/archive.h\"\n", "room feed may not know room store"),
    ("a module may not know another", "src/modules/monitor.c",
     "#include \"tickd/modules/market.h\"\n", "module monitor may not know module market"),
    ("a header of tickd has its whole name", "src/feed/client.c",
     "#include \"engine/wiring.h\"\n", "write #include \"tickd/ROOM/file.h\""),
    ("the event loop stays outside", "src/engine/wiring.c",
     "#include <uv.h>\n", "<uv.h> belongs to the outer rooms"),
    ("a banned function has a replacement", "src/feed/client.c",
     "static int f(void) { return atoi(text); }\n", "atoi is not used here; instead: strtol"),
    ("an inner room has no clock", "src/engine/wiring.c",
     "static long f(void) { return time(0); }\n", "time comes in as an argument"),
    ("an inner room does not allocate", "src/engine/wiring.c",
     "static void *f(void) { return malloc(1); }\n", "instead: arena_take"),
    ("an inner room does not use libm's exp", "src/engine/wiring.c",
     "static double f(void) { return exp(1.0); }\n", "tickd/base/real.h"),
    ("no typedef for a struct", "src/feed/client.c", "typedef struct a b;\n", "no typedef"),
    ("an extension stays in its header", "src/base/ring.c",
     "int f(void) __attribute__((pure));\n", "wrap it in include/tickd/base/compiler.h"),
    ("comments have one form", "src/base/ring.c", "int a; // b\n", "a comment is /* so */"),
    ("two empty lines", "src/base/ring.c", "int a;\n\n\nint b;\n", "2 empty lines, 1 is enough"),
    ("blanks at the end", "src/base/ring.c", "int a; \n", "blanks at the end"),
    ("a line that is too long", "src/base/ring.c",
     "/* " + "x" * 95 + " */\n", "101 columns, 100 are allowed"),
    ("something unfinished", "src/base/ring.c", "/* TO" "DO */\n", "something unfinished"),
    ("a function that is too long", "src/feed/client.c",
     LONG_FUNCTION, "function long_one has 72 lines, 70 are allowed"),
    ("a file that is too long", "src/feed/client.c", "int a;\n" * 800, "the file has 803 lines"),
    ("a guard of another name", "include/tickd/base/other.h",
     "#ifndef OTHER\n#define OTHER\n#endif\n", "the include guard is not TICKD_BASE_OTHER_H"),
    ("a header that nobody includes", "include/tickd/base/dead.h",
     "#ifndef TICKD_BASE_DEAD_H\n#define TICKD_BASE_DEAD_H\n\n#endif\n", "nobody but its own"),
    ("an exception that is needed no more", "scripts/tidy.exceptions",
     "src/base/ring.c ring_size 80\n", "its entry in scripts/tidy.exceptions says 80: remove it"),
    ("an exception for what is not there", "scripts/tidy.exceptions",
     "src/base/ring.c ring_gone 80\n", "there is no src/base/ring.c ring_gone any more"),
]


def tidy(extra):
    """The lines that scripts/tidy prints about the sound tree with `extra` = {path: text} added."""
    with tempfile.TemporaryDirectory() as top:
        for path in {**SOUND, **extra}:
            os.makedirs(os.path.join(top, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                file.write(SOUND.get(path, "") + extra.get(path, ""))
        done = subprocess.run([os.path.join(SOURCE, "scripts/tidy"), top], text=True, check=False,
                              capture_output=True)
        lines = done.stdout.splitlines()
        if done.stderr or (done.returncode != 0) != bool(lines):
            sys.exit(f"scripts/tidy: exit code {done.returncode}\n{done.stderr}")
        return lines


def main():
    failed = 0
    lines = tidy({})
    if lines:
        failed += 1
        print("FAILED: a sound tree has no finding, but:", *lines, sep="\n  ")
    parts = tidy({"src/modules/monitor_lag.c": "#include \"tickd/modules/monitor_marks.h\"\n",
                  "include/tickd/modules/monitor_marks.h":
                      "#ifndef TICKD_MODULES_MONITOR_MARKS_H\n"
                      "#define TICKD_MODULES_MONITOR_MARKS_H\n\n#endif\n"})
    if parts:
        failed += 1
        print("FAILED: two files of one module may know each other, but:", *parts, sep="\n  ")
    grown = tidy({"src/feed/client.c": LONG_FUNCTION,
                  "scripts/tidy.exceptions": "src/feed/client.c long_one 72\n"})
    if grown:
        failed += 1
        print("FAILED: a listed exception is no finding, but:", *grown, sep="\n  ")
    for what, path, text, expected in CASES:
        lines = tidy({path: text})
        # A new header in the guard's case is one that nobody includes: that is another case.
        rest = [line for line in lines if "nobody but" not in line or "nobody" in expected]
        if len(rest) != 1 or expected not in rest[0]:
            failed += 1
            print(f"FAILED: {what}: expected only '{expected}', found:", *lines, sep="\n  ")
    print(f"{len(CASES) + 3 - failed} of {len(CASES) + 3} cases as expected")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
