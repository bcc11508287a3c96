#!/usr/bin/python3
"""One page about a results file, whole in itself: claim, figures, tables, how to repeat it.

report.py RESULTS.h5 OUT.html [--metric NAME ...]
"""

import argparse
import html
import io
import pathlib
import re

import numpy as np

import fig_sweep
import fig_timeline
import own_figure
from figure import plt
from stats import mean, points
from table import ResultsError, command, load

MOST_POINTS = 200
STYLE = """
body { font: 16px/1.5 'DejaVu Sans', Verdana, sans-serif; color: #222; max-width: 62rem; margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.claim { font-size: 1.05rem; border-left: 4px solid #0072B2; padding: .2rem 1rem; margin: 1.2rem 0; }
.failed { border-left-color: #D55E00; } .aside { color: #666; font-size: .88rem; }
table { border-collapse: collapse; font-size: .86rem; } td, th { padding: .28rem .7rem; text-align: right; }
th { border-bottom: 2px solid #888; vertical-align: bottom; } tr:nth-child(even) td { background: #f5f7f9; }
td.name, th.name { text-align: left; } td small { color: #777; } .wide { overflow-x: auto; }
pre { background: #f5f7f9; padding: .8rem 1rem; overflow-x: auto; font-size: .82rem; line-height: 1.4; }
svg { width: 100%; max-width: 62rem; min-width: 34rem; height: auto; }
h1 { overflow-wrap: anywhere; } td small, td.value { white-space: nowrap; } td small.what { white-space: normal; display: block; }
@media (max-width: 40rem) { body { margin-top: 1rem; padding: 0 .7rem; } td, th { padding: .28rem .4rem; } }
"""


def claim_of(config):
    """The comment that a scenario file begins with, without its cost."""
    lines = list(_leading_comments(config))
    text = " ".join(lines)
    return text.split(" Cost:")[0].removeprefix("Claim:").strip()


def _leading_comments(config):
    for line in config.splitlines():
        if not line.startswith("#"):
            return
        yield line.lstrip("#").strip()


def svg(figure):
    """The figure as SVG text that can stand in a page; the same for the same data."""
    buffer = io.StringIO()
    with plt.rc_context({"svg.hashsalt": "orrery", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg"):]


def drawn(figure):
    """On a narrow screen a figure keeps its letters readable, and is moved sideways."""
    return f"<div class=wide>{figure}</div>"


def spell(value):
    return html.escape(value) if isinstance(value, str) else "–" if np.isnan(value) else f"{value:.4g}"


def table(head, rows, names):
    """`names`: how many columns hold names and stand to the left."""
    def cells(row, tag):
        return "".join(f"<{tag}{' class=name' if i < names else ''}>{cell}</{tag}>" for i, cell in enumerate(row))
    body = "".join(f"<tr>{cells(row, 'td')}</tr>\n" for row in rows)
    return f"<div class=wide><table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>\n{body}</tbody></table></div>"


def sweep_table(results, metrics):
    def unit(name):
        return f"<br><small>{html.escape(results.metric[name].unit)}</small>" if results.metric[name].unit not in ("", "1") else ""
    rows = []
    every = points(results)
    for point in every[:MOST_POINTS]:
        row = [spell(point[name]) for name in results.axes] + [str(len(point["runs"]))]
        for name in metrics:
            m = mean(np.asarray(results.metric[name])[point["runs"]])
            row.append(spell(m.value) + (f" <small>± {m.half_width:.2g}</small>" if np.isfinite(m.half_width) else ""))
        rows.append(row)
    head = [html.escape(name) for name in results.axes] + ["runs"] + [html.escape(name) + unit(name) for name in metrics]
    more = f"<p class=aside>The first {MOST_POINTS} of {len(every)} points.</p>" if len(every) > MOST_POINTS else ""
    return (table(head, rows, len(results.axes)) + more +
            "<p class=aside>Means over the finished runs of a point, ± half the width of the 95 % t interval.</p>")


def run_table(results, run):
    rows = [[f"{html.escape(name)}<small class=what>{html.escape(column.what)}</small>", spell(float(column[run])),
             html.escape(column.unit)] for name, column in results.metric.items()]
    return table(["metric", "value", "unit"], rows, 1)


def failures(results):
    failed = [(i, reason) for i, (status, reason) in enumerate(zip(results.status, results.reason)) if status == "failed"]
    if not failed:
        return ""
    lines = "".join(f"<li>row {i}: {html.escape(reason)}</li>" for i, reason in failed[:20])
    more = f"<p>and {len(failed) - 20} more</p>" if len(failed) > 20 else ""
    return f"<div class='claim failed'><b>{len(failed)} runs failed</b><ul>{lines}</ul>{more}</div>"


def how_to(results, path):
    stem = html.escape(pathlib.Path(path).stem)
    changes = "".join(f" --set '{html.escape(change)}'" for change in results.changes.splitlines())
    plugins = sorted({f"{key[:-len('.plugin')]} policy: {value}" for row in results.scenario for key, value in row.items()
                      if key.endswith(".plugin")})
    changes += " --plugin FILE.so" * len({line.split(": ")[1] for line in plugins})
    verb = command_of(results)
    if verb:
        command = f"./orrery {verb} {stem}.toml{changes} --out {stem}.h5      # {stem}.toml: the text below"
    else:  # not written by run or sweep: its head says by what
        found = re.search(r"`([^`]*orrery (?:cost|calibrate)[^`]*)`", " ".join(_leading_comments(results.config)))
        command = html.escape(found[1].replace("build/orrery", "./orrery")) if found else "# the command is in the log beside the file"
    notes = ("<p class=aside>On any number of ranks (<code>./orrery -n 4 …</code>) this gives the same file, byte for byte"
             + (f"; its plan is {html.escape(results.plan)}." if results.plan else ".") + "</p>")
    if plugins:
        notes += ("<p class=aside>Policies came from plugins, which have these hashes: "
                  f"{html.escape('; '.join(plugins))}.</p>")
    return (f"<pre>git checkout {html.escape(results.commit.partition('-dirty')[0])}\n{command}\n"
            f"./orrery report {stem}.h5</pre>{notes}")


def command_of(results):
    """The verb that wrote the file, or None."""
    if results.plan:
        return "sweep"
    return "run" if len(results.id) == 1 and "experiment.name" in results.scenario[0] else None


def page(results, path, wanted):
    scenario = results.scenario[0]
    title = html.escape(str(scenario.get("experiment.name", pathlib.Path(path).stem)))
    done = sum(results.done())
    parts = [f"<h1>{title}</h1>",
             f"<p class=aside>{done} of {len(results.id)} runs done · {html.escape(results.program)}, "
             f"commit {html.escape(results.commit)}</p>"]
    if claim := claim_of(results.config):
        parts.append(f"<div class=claim>{html.escape(claim)}</div>")
    parts.append(failures(results))
    own, why_not = own_figure.draw(results.config, path)
    if own or why_not:
        parts += ["<h2>Figure</h2>", drawn(own) if own else f"<p class=aside>{html.escape(why_not)}</p>"]
    if results.axes and done:
        metrics = fig_sweep.choose(results, wanted)
        parts += ["<h2>Results</h2>", "" if own else drawn(svg(fig_sweep.draw(results, metrics))), sweep_table(results, metrics)]
    elif done:
        run = int(np.flatnonzero(results.done())[0])
        parts.append("<h2>Results</h2>")
        if results.series and results.request:
            parts.append(drawn(svg(fig_timeline.draw(results, run))))
        parts.append(run_table(results, run))
    parts += ["<h2>How to repeat it</h2>", how_to(results, path), "<h2>Scenario</h2>", f"<pre>{html.escape(results.config)}</pre>"]
    return (f"<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'><title>{title}</title><style>{STYLE}</style></head>\n<body>\n"
            + "\n".join(part for part in parts if part) + "\n</body></html>\n")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("out")
    parser.add_argument("--metric", action="append", default=[], help="may be repeated; up to four usual ones where left out")
    options = parser.parse_args(arguments)
    results = load(options.results)
    try:
        text = page(results, options.results, options.metric)
    except ResultsError as error:
        raise ResultsError(f"{options.results}: {error}") from None
    try:
        pathlib.Path(options.out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ResultsError(f"{options.out}: cannot be written ({error.strerror}).") from None


if __name__ == "__main__":
    command(main)
