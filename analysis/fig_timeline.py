#!/usr/bin/python3
"""One run over its virtual time: requests served, nodes alive, failures; and how long users waited.

fig_timeline.py RESULTS.h5 OUT.png [--run N]
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from figure import BLUE, GREEN, GREY, ORANGE, RED, SKY, save
from table import ResultsError, command, load

MOST_CROSSES = 40  # lost requests that are marked one by one
UNITS_OF_TIME = ((3 * 86400, 86400, "days"), (3 * 3600, 3600, "hours"), (600, 60, "minutes"), (0, 1, "seconds"))


def spell(number):
    """12345.6 -> 12,346; 0.0123 -> 0.012."""
    return f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.2g}"


def spell_seconds(seconds):
    """0.0012 -> 1.2 ms; 90 -> 90 s; 600 -> 10 min."""
    for limit, unit, name in ((1e-3, 1e-6, "µs"), (1, 1e-3, "ms"), (120, 1, "s"), (7200, 60, "min")):
        if seconds < limit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds / 3600:.3g} h"


def title_of(results, run):
    s = results.scenario[run]
    nodes = sum(row.get("count", 1) for row in s["swarm.node"]) if s.get("swarm.node") else s["swarm.nodes"]
    policies = f"sharding {s['sharding.policy']}, routing {s['routing.policy']}"
    lifetime = "no churn" if s["swarm.lifetime"] == "none" else f"node lifetimes: {s['swarm.lifetime']}"
    return (f"{s['experiment.name']}: {nodes} nodes serve {s['model.name']}", f"{policies}; {lifetime}; seed {s['experiment.seed']}")


def verdict_of(results, run):
    m = {name: float(column[run]) for name, column in results.metric.items()}
    lost = m["requests_total"] - m["requests_served"]
    return (f"{spell(m['requests_served'])} of {spell(m['requests_total'])} requests served, "
            f"{100 * m['goodput_share']:.1f} % within the objective; {spell(lost)} lost, "
            f"{spell(m['failovers'])} failovers survived or given up")


def steps(axis, edges, values, **style):
    axis.stairs(values, edges, baseline=None, **style)


def draw_rates(axis, timeline, edges, requests, unit):
    served, good = timeline["served"], timeline["goodput"]
    axis.stairs(good, edges, fill=True, color=BLUE, alpha=0.30, linewidth=0)
    steps(axis, edges, good, color=BLUE, label="served within the objective")
    if (served > good).any():
        axis.stairs(served, edges, baseline=np.asarray(good), fill=True, color=ORANGE, alpha=0.6, linewidth=0, label="served too late")
    axis.set_ylim(0, 1.25 * max(float(np.max(served, initial=0)), 1e-9))
    lost = requests["status"] != 0
    ends = (requests["arrival"][lost] + np.nan_to_num(np.asarray(requests["latency"][lost]))) / unit
    label = f"lost ({spell(len(ends))})"
    if 0 < len(ends) <= MOST_CROSSES:
        axis.plot(ends, np.zeros(len(ends)), "x", color=RED, markersize=7, markeredgewidth=1.8, clip_on=False, zorder=5, label=label)
    elif len(ends):
        rate = np.histogram(ends, edges)[0] / (np.diff(edges) * unit)
        axis.stairs(-rate, edges, fill=True, color=RED, alpha=0.6, linewidth=0, label=label)
        axis.set_ylim(-1.1 * rate.max(), None)
        axis.yaxis.set_major_formatter(FuncFormatter(lambda y, _: spell(abs(y))))
        axis.axhline(0, color="#888888", linewidth=0.8)
    axis.set_ylabel("requests / s")
    axis.legend(loc="upper right", ncols=3, borderaxespad=0.2)


def draw_nodes(axis, timeline, edges):
    steps(axis, edges, timeline["live_nodes"], color=GREEN, label="nodes serving")
    low, high = float(np.min(timeline["live_nodes"])), float(np.max(timeline["live_nodes"]))
    margin = max(0.5, 0.15 * (high - low))
    axis.set_ylim(max(0, low - margin), high + 2 * margin)
    axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    failovers = np.asarray(timeline["failovers"])
    hit = failovers > 0
    if hit.any():
        middle = 0.5 * (edges[1:] + edges[:-1])
        size = 14 + 60 * failovers[hit] / failovers.max()
        axis.scatter(middle[hit], np.full(hit.sum(), high + 1.2 * margin), s=size, marker="v", color=ORANGE, edgecolor="white",
                     linewidth=0.5, label=f"failovers ({spell(failovers.sum())})", zorder=4)
    axis.set_ylabel("nodes")
    axis.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, borderaxespad=0)


def draw_waits(axis, requests):
    served = requests["status"] == 0
    for name, label, color in (("inter_token_mean", "mean between\ntokens", SKY), ("ttft", "to first token", BLUE),
                               ("latency", "to last token", GREEN)):
        values = np.sort(np.asarray(requests[name][served]))
        values = values[np.isfinite(values) & (values > 0)]
        if not len(values):
            continue
        share = np.arange(1, len(values) + 1) / len(values)
        axis.step(values, share, where="post", color=color)
        height, side = (0.62, -1) if name == "inter_token_mean" else (0.22, 1)
        axis.annotate(label, (values[int(height * len(values))], height), textcoords="offset points", xytext=(9 * side, -4),
                      ha="right" if side < 0 else "left", color=color)
        for q in (0.5, 0.95):
            at = values[int(np.ceil(q * len(values))) - 1]
            axis.plot(at, q, "o", color=color, markersize=5, markeredgecolor="white")
            axis.annotate(spell_seconds(at), (at, q), textcoords="offset points", xytext=(6, -11), fontsize=8.5, color=GREY)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: spell_seconds(x)))
    axis.set_ylim(0, 1.02)
    axis.set_yticks([0, 0.25, 0.5, 0.75, 0.95], ["0", "25 %", "50 %", "75 %", "95 %"])
    axis.set_xlabel("virtual time a user waits (log scale; dots: median and 95 %)")
    axis.set_ylabel("share of served requests")


def draw(results, run):
    timeline, requests = results.timeline_of(run), results.requests_of(run)
    time = np.asarray(timeline["time"])
    period = time[1] - time[0] if len(time) > 1 else float(results.metric["duration"][run])
    end = min(time[-1] + period, max(float(results.metric["duration"][run]), time[-1] + 1e-9))
    unit, name = next((unit, name) for limit, unit, name in UNITS_OF_TIME if end >= limit)
    edges = np.append(time, end) / unit

    figure = plt.figure(figsize=(9.2, 8.2), layout="constrained")
    top, middle, bottom = figure.subplots(3, 1, gridspec_kw={"height_ratios": [2.3, 1.3, 2.3]})
    middle.sharex(top)
    headline, detail = title_of(results, run)
    heading = figure.suptitle(headline, ha="left", fontsize=14, fontweight="bold")
    top.set_title(f"{detail}\n{verdict_of(results, run)}", color=GREY, fontsize=9.5)
    draw_rates(top, timeline, edges, requests, unit)
    draw_nodes(middle, timeline, edges)
    middle.set_xlim(0, edges[-1])
    middle.set_xlabel(f"virtual time ({name})")
    top.tick_params(labelbottom=False)
    draw_waits(bottom, requests)
    figure.draw_without_rendering()  # lays the axes out, so that the heading can stand flush with them
    heading.set_x(top.get_position().x0)
    return figure


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("out")
    parser.add_argument("--run", type=int, default=0, help="row of the results file (default 0)")
    options = parser.parse_args(arguments)
    results = load(options.results)
    if not 0 <= options.run < len(results.id):
        raise ResultsError(f"{options.results}: has no run {options.run} (it has {len(results.id)}, counted from 0).")
    if results.status[options.run] != "done":
        raise ResultsError(f"{options.results}: run {options.run} has nothing to draw (it is {results.status[options.run]}: "
                           f"{results.reason[options.run]}).")
    save(draw(results, options.run), options.out)


if __name__ == "__main__":
    command(main)
