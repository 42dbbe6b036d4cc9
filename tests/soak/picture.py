"""A soak as a picture: health, memory and loop lag over time, phases with faults shaded."""

import subprocess

NAMES_MAX = 40
HEAD = """
set terminal svg size 1000,800 noenhanced font 'sans-serif,12' background 'white'
set multiplot layout 3,1
set border 3 linecolor rgb '#888888'
set tics nomirror textcolor rgb '#444444'
set grid linecolor rgb '#e4e4e4' linetype 1
set lmargin 12
set rmargin 16
set tmargin 3
set bmargin 2
set xrange [0:%(minutes).6g]
set format x '%%g'
set key at graph 1.01, graph 1 left top Left reverse samplen 1 textcolor rgb '#444444'
"""
TITLE = "set label 1 '%s' at graph 0, graph 1.09 left font ',15' textcolor rgb '#222222'\n"


def block(name, rows):
    return "$%s << END\n%s\nEND\n" % (name, "\n".join(" ".join("%.6g" % v for v in row)
                                                       for row in rows))


def shades(stretches):
    """Shaded where there were faults, a line where a phase ends."""
    lines = []
    for number, (_, begins, ends, faulty) in enumerate(stretches, 10):
        if faulty:
            lines.append("set object %d rectangle from %.6g, graph 0 to %.6g, graph 1 behind "
                         "fillcolor rgb '#f7f4ec' fillstyle solid noborder" %
                         (number, begins / 60, ends / 60))
        lines.append("set arrow %d from %.6g, graph 0 to %.6g, graph 1 nohead back "
                     "linecolor rgb '#ddd6c4'" % (number, ends / 60, ends / 60))
    return "\n".join(lines) + "\n"


def names(stretches):
    """The phases' names, while there is room for them."""
    if len(stretches) > NAMES_MAX:
        return ""
    return "".join("set label %d '%s' at %.6g, graph 0.04 rotate by 90 left font ',9' "
                   "textcolor rgb '#777777'\n" % (number, name, (begins + ends) / 120)
                   for number, (name, begins, ends, _) in enumerate(stretches, 10))


def script(samples, stretches):
    def series(value):
        return [(s["t_s"] / 60, value(s)) for s in samples if value(s) is not None]

    def allocated(sample):
        count = sample["status"]["memory"]["allocated_bytes"]
        return count / 1e6 if count is not None else None
    data = {"health": series(lambda s: s["status"]["health"]["score"]),
            "resident": series(lambda s: s["rss_kb"] * 1024 / 1e6),
            "allocated": series(allocated),
            "lag": series(lambda s: max(s["status"]["loop"]["lag_us"], 1) / 1e3)}
    lines = [block(name, rows) for name, rows in data.items() if rows]
    lines += [HEAD % {"minutes": max(samples[-1]["t_s"] / 60, 0.1)}, shades(stretches)]
    lines += [names(stretches), TITLE % "Health, %", "set yrange [0:105]\n"
              "plot $health with steps linewidth 1.5 linecolor rgb '#2e7d32' title 'score'\n"]
    lines += ["unset label\n", TITLE % "Memory, MB", "set yrange [0:*]\n"
              "plot $resident with lines linewidth 2 linecolor rgb '#1f5f99' title 'resident'"]
    if data["allocated"]:
        lines.append(", $allocated with lines linewidth 2 linecolor rgb '#76b7b2' "
                     "title 'allocated'")
    lines += ["\nset bmargin 3.5\nset xlabel 'minutes' textcolor rgb '#666666'\n",
              TITLE % "Longest turn of the event loop, ms", "set yrange [0.01:*]\nset logscale y\n"
              "plot $lag with lines linecolor rgb '#b5452c' title 'a second'\n"
              "unset multiplot\n"]
    return "".join(lines)


def draw(path, samples, stretches):
    """Writes the SVG; None, or what gnuplot said."""
    try:
        done = subprocess.run(["gnuplot", "--default-settings"], input=script(samples, stretches),
                              capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "gnuplot is not installed: apt-get install gnuplot-nox"
    if done.returncode != 0:
        return done.stderr.strip()
    with open(path, "w", encoding="utf-8") as file:
        file.write(done.stdout)
    return None
