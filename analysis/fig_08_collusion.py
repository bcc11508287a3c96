#!/usr/bin/python3
"""What a clique gains by auditing itself: against random challenges, and against committees.

fig_08_collusion.py 08_collusion.h5 08_collusion_committees.h5 OUT.png
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

import stats
from figure import BLUE, GREEN, GREY, ORANGE, RED, save
from table import command, load

COLOURS = (BLUE, GREEN, ORANGE, RED)


def predicted_gap(s, rate, share):
    """Honest less colluding profit of an executor: an accomplice is drawn with the clique's share of the others."""
    nodes = s["game.nodes"]
    others = (share * nodes - 1) / (nodes - 1)
    return -s["game.saving"] + rate * (1 - others) * (s["game.fee"] + s["incentive.slash"])


def draw_gain(axis, results):
    s = results.scenario[0]
    rates = dict.fromkeys(p["incentive.challenge_rate"] for p in stats.points(results))
    shares = np.linspace(0.05, 0.75, 30)
    for colour, rate in zip(COLOURS, rates):
        points, means = stats.means(results, "profit_gap", **{"incentive__challenge_rate": rate})
        axis.errorbar([p["game.cheaters"] for p in points], [-m.value for m in means], yerr=[m.half_width for m in means],
                      color=colour, marker="o", markersize=4, capsize=2, linestyle="none", label=f"{100 * rate:.1f} % challenged")
        axis.plot(shares, -predicted_gap(s, rate, shares), color=colour, linewidth=1)
        pays = 1 - s["game.saving"] / rate / (s["game.fee"] + s["incentive.slash"])
        axis.annotate(f"{100 * pays:.0f} %", (pays, 0), textcoords="offset points", xytext=(-2, 5), ha="right", color=colour, fontsize=9)
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.set_xlabel("clique's share of the swarm")
    axis.set_ylabel("clique's profit less honest profit [coin a claim]")
    axis.set_title(f"Random challenges, stake {s['incentive.slash']:.0f}:\na large clique audits itself (lines: expectation)")
    axis.legend(loc="lower right")


def draw_committees(axis, results):
    sizes = dict.fromkeys(p["game.auditors"] for p in stats.points(results))
    for colour, size in zip(COLOURS, sizes):
        points, means = stats.means(results, "undetected_share", game__auditors=size)
        axis.errorbar([p["game.cheaters"] for p in points], [m.value for m in means], yerr=[m.half_width for m in means],
                      color=colour, marker="o", markersize=4, capsize=2, label=f"{int(size)} auditor{'s' if size > 1 else ''}")
    axis.axvline(0.5, color=GREY, linestyle=":", linewidth=1.3)
    axis.set_ylim(-0.03, 1.03)
    axis.set_xlabel("clique's share of the swarm")
    axis.set_ylabel("audited junk that passes")
    axis.set_title("Committees by majority (d 0.95):\nlarger ones help the majority, whoever it is")
    axis.legend(loc="upper left")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collusion")
    parser.add_argument("committees")
    parser.add_argument("out")
    options = parser.parse_args(arguments)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.8, 4.4), layout="constrained")
    draw_gain(left, load(options.collusion))
    draw_committees(right, load(options.committees))
    save(figure, options.out)


if __name__ == "__main__":
    command(main)
