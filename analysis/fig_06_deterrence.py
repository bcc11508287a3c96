#!/usr/bin/python3
"""Who is left when nodes imitate what pays, and what honest ones earn: by audit rate and detector.

fig_06_deterrence.py 06_deterrence.h5 06_deterrence_evidence.h5 OUT.png
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

import stats
from figure import BLUE, GREEN, GREY, ORANGE, RED, save
from table import command, load

COLOURS = (BLUE, ORANGE, RED)


def economy(results, run):
    s = results.scenario[run]
    return {name: s[f"game.{name}"] for name in ("fee", "cost", "saving", "tpr", "fpr")} | {"slash": s["incentive.slash"]}


def least_rate(e):
    """p*, the audit rate from which honesty is the better reply."""
    return e["saving"] / ((e["tpr"] - e["fpr"]) * (e["fee"] + e["slash"]))


def honest_profit(e, rate):
    return e["fee"] - e["cost"] - rate * e["fpr"] * (e["fee"] + e["slash"])


def curve(axis, points, means, key, **style):
    x = [point[key] for point in points]
    axis.errorbar(x, [m.value for m in means], yerr=[m.half_width for m in means], capsize=2, markersize=4, **style)


def draw_shares(axis, results):
    for number, detector in enumerate(dict.fromkeys(p["detector"] for p in stats.points(results))):
        points, means = stats.means(results, "cheater_share_late", detector=detector)
        e = economy(results, points[0]["runs"][0])
        curve(axis, points, means, "incentive.challenge_rate", color=COLOURS[number], marker="o", label=detector)
        axis.axvline(least_rate(e), color=COLOURS[number], linestyle=":", linewidth=1.3)
    axis.set_xscale("log")
    axis.set_xticks([0.01, 0.02, 0.05, 0.1, 0.2], ["1 %", "2 %", "5 %", "10 %", "20 %"])
    axis.minorticks_off()
    axis.set_ylim(-0.03, 1.03)
    axis.set_xlabel("share of claims that are audited")
    axis.set_ylabel("cheaters, second half of the game")
    axis.set_title("Cheating dies out above p*\n(dotted: saving / ((d $-$ f)(R + S)))")
    axis.legend(loc="lower left")


def draw_profits(axis, results):
    for number, detector in enumerate(dict.fromkeys(p["detector"] for p in stats.points(results))):
        points = [p for p in stats.points(results) if p["detector"] == detector]
        e = economy(results, points[0]["runs"][0])
        deterring = [p for p in points if p["incentive.challenge_rate"] > 1.15 * least_rate(e)]
        means = [stats.mean(np.asarray(results.metric["profit_honest_late"])[p["runs"]]) for p in deterring]
        curve(axis, deterring, means, "incentive.challenge_rate", color=COLOURS[number], marker="o", linestyle="none")
        rates = np.geomspace(least_rate(e), 0.2, 50)
        axis.plot(rates, honest_profit(e, rates), color=COLOURS[number], linewidth=1)
        axis.annotate(f"f/d = {e['fpr'] / e['tpr']:.2f}", (rates[0], honest_profit(e, rates[0])), textcoords="offset points",
                      xytext=(-4, 4), ha="right", color=COLOURS[number], fontsize=9)
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.set_xscale("log")
    axis.set_xlim(0.03, 0.25)
    axis.set_xticks([0.05, 0.1, 0.2], ["5 %", "10 %", "20 %"])
    axis.minorticks_off()
    axis.set_xlabel("share of claims that are audited")
    axis.set_ylabel("profit of honest nodes [coin a claim]")
    axis.set_title("... but f/d above (R $-$ C)/(R $-$ C + saving) = 0.17\nruins the honest (lines: closed form)")


def draw_evidence(axis, results):
    tpr = results.scenario[0]["game.tpr"]
    for strategy, colour, label in (("fixed", GREEN, "who cheats keeps cheating"), ("replicator", ORANGE, "nodes imitate what pays")):
        points, means = stats.means(results, "profit_honest_late", strategy__policy=strategy)
        x = [float(p["fpr"]) / tpr for p in points]
        axis.errorbar(x, [m.value for m in means], yerr=[m.half_width for m in means], color=colour, marker="o", markersize=4,
                      capsize=2, label=label)
        if strategy == "replicator":
            _, shares = stats.means(results, "cheater_share_late", strategy__policy=strategy)
            low, high = min(s.value for s in shares), max(s.value for s in shares)
            axis.annotate(f"{100 * low:.0f} to {100 * high:.0f} % go on cheating", (x[2], means[2].value),
                          textcoords="offset points", xytext=(4, 10), fontsize=9, color=colour)
    e = economy(results, 0)
    margin = e["fee"] - e["cost"]
    limit = margin / (margin + e["saving"])
    axis.axvline(limit, color=GREY, linestyle=":", linewidth=1.3)
    axis.annotate("limit of a slash\nfor every rejection", (limit, axis.get_ylim()[1]), textcoords="offset points", xytext=(5, -24),
                  fontsize=9, color=GREY)
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.set_xlabel("f/d")
    axis.set_ylabel("profit of honest nodes [coin a claim]")
    axis.set_title(f"A slash that waits for evidence (S {e['slash']:.0f})\npays honesty beyond that limit")
    axis.legend(loc="lower left")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("deterrence")
    parser.add_argument("evidence")
    parser.add_argument("out")
    options = parser.parse_args(arguments)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13.5, 4.4), layout="constrained")
    deterrence = load(options.deterrence)
    draw_shares(left, deterrence)
    draw_profits(middle, deterrence)
    draw_evidence(right, load(options.evidence))
    save(figure, options.out)


if __name__ == "__main__":
    command(main)
