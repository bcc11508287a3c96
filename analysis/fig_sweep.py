#!/usr/bin/python3
"""Metrics of a sweep over its axes, with 95 % intervals over replicas.

fig_sweep.py RESULTS.h5 OUT.png [--metric NAME ...]
"""

import argparse
import itertools

import matplotlib.pyplot as plt
import numpy as np

from figure import GREY, save
from stats import mean, points
from table import ResultsError, command, load

USUAL = ("goodput", "goodput_share", "ttft_p50", "ttft_p95", "inter_token_p50", "latency_p95", "failovers", "utilisation",
         "cheater_share_late", "profit_gap", "junk_share", "price_of_good")
MOST_LINES = 8
MOST_LETTERS = 48  # of the names below an axis, side by side
MARKERS = "osD^vPX*"


def choose(results, wanted, most=4):
    """The metrics to draw: those asked for, or the usual ones that are defined and not the same everywhere."""
    for name in wanted:
        if name not in results.metric:
            raise ResultsError(f"has no metric '{name}' (it has {', '.join(results.metric)}).")
    if wanted:
        return list(wanted)
    done = results.done()
    differing = [name for name in results.metric
                 if np.isfinite(values := np.asarray(results.metric[name])[done]).any() and np.nanmin(values) != np.nanmax(values)]
    return [name for name in (*USUAL, *differing) if name in differing][:most] or list(results.metric)[:1]


def split_axes(results):
    """The axis that runs to the right, and those whose levels are lines. Numbers run to the right before names do."""
    levels = {name: list(dict.fromkeys(np.asarray(results.point[name]).tolist())) for name in results.axes}
    numeric = [name for name in results.axes if results.point[name].dtype.kind == "f"]
    right = max(numeric or results.axes, key=lambda name: len(levels[name]))
    return right, [name for name in results.axes if name != right], levels


def spell(value):
    return value if isinstance(value, str) else f"{value:.4g}"


def draw_panel(axis, results, metric, right, others, levels):
    every = points(results)
    values = np.asarray(results.metric[metric])
    places = levels[right]
    numeric = not isinstance(places[0], str)
    lines = list(itertools.product(*(levels[name] for name in others)))
    if len(lines) > MOST_LINES:
        lines = lines[:MOST_LINES]
        axis.set_title(f"the first {MOST_LINES} of the lines", color=GREY, fontsize=8.5)
    for number, line in enumerate(lines):
        x, middle, half = [], [], []
        for place, level in enumerate(places):
            wanted = {right: level, **dict(zip(others, line))}
            runs = [run for p in every if all(p[k] == v for k, v in wanted.items()) for run in p["runs"]]
            m = mean(values[runs])
            if m.count:
                x.append(level if numeric else place)
                middle.append(m.value)
                half.append(np.nan_to_num(m.half_width))
        shift = 0 if numeric else 0.5 * (number - (len(lines) - 1) / 2) / max(len(lines), 1)
        axis.errorbar(np.add(x, shift), middle, half, marker=MARKERS[number % len(MARKERS)], markersize=5, capsize=3, linewidth=1.4,
                      linestyle="-" if numeric else "", label=", ".join(spell(v) for v in line) or None)
    if not numeric:
        crowded = sum(len(place) for place in places) > MOST_LETTERS
        axis.set_xticks(range(len(places)), places, **({"rotation": 90, "fontsize": 7.5} if crowded else {}))
        axis.set_xlim(-0.6, len(places) - 0.4)
    elif min(places) > 0 and max(places) / min(places) >= 8:
        axis.set_xscale("log")
        axis.set_xticks(places, [spell(p) for p in places])
        axis.minorticks_off()
    low = min(0.0, float(np.nanmin(values)))
    axis.set_ylim(low * 1.05, None)
    column = results.metric[metric]
    axis.set_ylabel(metric + (f" [{column.unit}]" if column.unit not in ("", "1") else ""))
    unit = results.point[right].unit
    axis.set_xlabel(right + (f" [{unit}]" if unit not in ("", "1") else ""))


def draw(results, metrics):
    if not results.axes:
        raise ResultsError("has no axes: it is no sweep (fig_timeline.py draws a single run).")
    if not results.done().any():
        raise ResultsError("has no finished run.")
    right, others, levels = split_axes(results)
    columns = 2 if len(metrics) > 1 else 1
    rows = (len(metrics) + columns - 1) // columns
    figure, panels = plt.subplots(rows, columns, figsize=(4.7 * columns, 3.3 * rows + 0.5), layout="constrained", squeeze=False)
    for panel, metric in itertools.zip_longest(panels.flat, metrics):
        if metric is None:
            panel.set_visible(False)
        else:
            draw_panel(panel, results, metric, right, others, levels)
    if others:
        panels[0, 0].legend(title=", ".join(others), title_fontsize=9, fontsize=8.5)
    return figure


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("out")
    parser.add_argument("--metric", action="append", default=[], help="may be repeated; up to four usual ones where left out")
    options = parser.parse_args(arguments)
    results = load(options.results)
    try:
        save(draw(results, choose(results, options.metric)), options.out)
    except ResultsError as error:
        text = str(error)
        raise ResultsError(text if text.startswith(options.out) else f"{options.results}: {text}") from None


if __name__ == "__main__":
    command(main)
