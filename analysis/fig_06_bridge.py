#!/usr/bin/python3
"""From measured detectors to economies: what each deters, and whether the simulated boundary is where theory has it.

fig_06_bridge.py 05_detection.h5 06_deterrence_measured.h5 OUT.png [--population mixed]

Left: for each cheat and detector of one population, the whole model, the audit rate p* that deters it at the economy of
the second file. Green: so whatever the rates are within their 95 % intervals; pale: at the rates as counted; red: it sees
the cheat, and no audit rate and no stake both deter it and leave honest nodes a profit (f/d is given); grey: it does not see
the cheat. Right: the audit rate at which cheating stopped paying in the game, from a line through the profits at all
simulated rates, against p*.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

import stats
from fig_05_detection import ordered, short
from figure import BLUE, GREY, RED, save
from table import ResultsError, command, load

BLIND, RUINOUS, LIKELY, SOUND = range(4)
COLOURS = ListedColormap(["#d9d9d9", "#f2a49a", "#dcefc4", "#8fcf8a"])


def economy(results):
    s = results.scenario[0]
    return {name: s[f"game.{name}"] for name in ("fee", "cost", "saving")} | {"slash": s["incentive.slash"]}


def least_rate(e, d, f):
    """p*: the audit rate from which honesty is the better reply."""
    return e["saving"] / ((d - f) * (e["fee"] + e["slash"]))


def verdict(e, d, f):
    """d and f: (share, low, high)."""
    margin = e["fee"] - e["cost"]
    limit = margin / (margin + e["saving"])
    if d[0] <= f[2] or d[1] <= f[0]:
        return BLIND
    if f[0] / d[0] > limit:
        return RUINOUS
    return SOUND if f[2] / d[1] <= limit else LIKELY


def measured(results, population):
    """{(cheat, detector): (share, low, high)} of the largest stage."""
    blocks = np.asarray(results.point["blocks"])
    rates = {}
    for row in np.flatnonzero(blocks == blocks.max()):
        if str(results.point["population"][row]) != population:
            continue
        key = str(results.point["behaviour"][row]), str(results.point["detector"][row])
        rates[key] = tuple(float(results.metric[name][row]) for name in ("rate", "rate_low", "rate_high"))
    if not rates:
        raise ResultsError(f"there is no population '{population}' in the first file (nothing was measured of it).")
    return rates


def draw_verdicts(axis, e, rates, population):
    cheats = [name for name in ordered(cheat for cheat, _ in rates) if name != "honest"]
    detectors = ordered(detector for _, detector in rates)
    shades = np.full((len(cheats), len(detectors)), np.nan)
    for i, j in np.ndindex(*shades.shape):
        d, f = rates.get((cheats[i], detectors[j])), rates["honest", detectors[j]]
        if d is None:
            axis.text(j, i, "–", ha="center", va="center", fontsize=7, color=GREY)
            continue
        shades[i, j] = verdict(e, d, f)
        text = {BLIND: "blind", RUINOUS: f"f/d {f[0] / max(d[0], 1e-9):.2f}"}.get(int(shades[i, j]))
        axis.text(j, i, text or f"{100 * least_rate(e, d[0], f[0]):.1f} %", ha="center", va="center", fontsize=6.5)
    axis.imshow(np.ma.masked_invalid(shades), cmap=COLOURS, vmin=-0.5, vmax=3.5, aspect="auto")
    axis.set_xticks(range(len(detectors)), [short(d) for d in detectors], rotation=60, ha="right", fontsize=7)
    axis.set_yticks(range(len(cheats)), [c.replace("_", " ") for c in cheats], fontsize=8)
    axis.tick_params(length=0)
    axis.grid(False)
    axis.set_title(f"Audit rate that deters at S = {e['slash']:.0f}, measured rates, {population} devices\n"
                   "(green: within their intervals; red: ruins the honest at any stake)")


def crossing(rate, gap):
    """Where the line through the gaps crosses zero. A gap scatters as the square root of its audits: weighted so."""
    slope, at_zero = np.polyfit(rate, gap, 1, w=np.sqrt(1 / rate))
    return -at_zero / slope


def boundaries(results):
    """[(pair, p*, Mean of the crossings, one a replica)]: runs of a replica share its seed, so each has one line."""
    e = economy(results)
    found = []
    for pair in ordered(results.point["pair"]):
        mine = np.asarray([str(p) == pair for p in results.point["pair"]]) & results.done()
        s = results.scenario[np.flatnonzero(mine)[0]]
        crossings = []
        for replica in np.unique(results.replica[mine]):
            rows = np.flatnonzero(mine & (results.replica == replica))
            rate = np.asarray(results.point["incentive.challenge_rate"])[rows]
            crossings.append(crossing(rate, np.asarray(results.metric["profit_gap"])[rows]))
        found.append((pair, least_rate(e, s["game.tpr"], s["game.fpr"]), stats.mean(crossings)))
    return found


def draw_boundaries(axis, found):
    axis.axhspan(-3, 3, color="#e8eef7", zorder=0)
    axis.axhline(0, color=GREY, linewidth=0.8)
    for _, expected, simulated in found:
        off, error = 100 * (simulated.value / expected - 1), 100 * simulated.half_width / expected
        axis.errorbar(100 * expected, off, yerr=error, color=BLUE if abs(off) <= 3 else RED, marker="o", markersize=4, capsize=2)
    axis.set_xscale("log")
    axis.set_xticks([5, 10, 20, 40], ["5 %", "10 %", "20 %", "40 %"])
    axis.minorticks_off()
    axis.set_ylim(-6, 6)
    axis.set_xlabel("p* = saving / ((d $-$ f)(R + S))")
    axis.set_ylabel("simulated boundary off p* [%]")
    worst = max(abs(simulated.value / expected - 1) for _, expected, simulated in found)
    axis.set_title(f"Boundary in the game, {len(found)} pairs of rates\n(worst {100 * worst:.1f} % off; band: 3 %)")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("detection")
    parser.add_argument("deterrence")
    parser.add_argument("out")
    parser.add_argument("--population", default="mixed")
    options = parser.parse_args(arguments)
    deterrence = load(options.deterrence)
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 5.4), layout="constrained", width_ratios=(1.7, 1))
    draw_verdicts(left, economy(deterrence), measured(load(options.detection), options.population), options.population)
    draw_boundaries(right, boundaries(deterrence))
    save(figure, options.out)


if __name__ == "__main__":
    command(main)
