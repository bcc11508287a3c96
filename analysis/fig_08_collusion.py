#!/usr/bin/python3
"""What a clique gains by auditing itself: against random challenges, and against committees; and what more names gain.

fig_08_collusion.py 08_collusion.h5 08_collusion_committees.h5 [08_collusion_sybil.h5] OUT.png
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

import stats
from figure import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, save
from table import command, load

COLOURS = (BLUE, GREEN, ORANGE, RED)
OWN_COLOURS = (PURPLE, ORANGE, RED, GREEN, BLUE)  # of rules under which the number of names matters
INDIFFERENT = 0.05


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


def draw_sybils(axis, results):
    """A line for each rule; those that the most names change by less than INDIFFERENT share a colour and a label."""
    alike, colours = [], iter(OWN_COLOURS)
    for rule in dict.fromkeys(p["rule"] for p in stats.points(results)):
        points, means = stats.means(results, "sybil_gain", rule=rule)
        names, gain = [p["game.identities"] for p in points], [m.value for m in means]
        indifferent = abs(gain[-1] - 1) < INDIFFERENT
        colour = GREY if indifferent else next(colours, GREY)
        axis.errorbar(names, gain, yerr=[m.half_width for m in means], color=colour, marker="o", markersize=4, capsize=2)
        if indifferent:
            alike.append(rule)
            continue
        price = stats.means(results, "sybil_break_even", rule=rule, game__identities=names[-1])[1][0].value
        label = f"{rule} ({price:.0f})" if price > 0 else rule
        axis.annotate(label, (names[-1], gain[-1]), textcoords="offset points", xytext=(6, 0), color=colour, fontsize=9)
    axis.annotate("\n".join(alike), (names[-1], 1), textcoords="offset points", xytext=(6, 1), va="top", color=GREY, fontsize=8)
    axis.plot(names, names, color=GREY, linestyle=":", linewidth=1.3)
    axis.annotate("deposits", (names[1], names[1]), textcoords="offset points", xytext=(-4, 6), ha="right", color=GREY, fontsize=9)
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xticks(names, [str(int(n)) for n in names])
    axis.set_yticks([0.03, 0.1, 0.3, 1, 3, 10], ["0.03", "0.1", "0.3", "1", "3", "10"])
    axis.minorticks_off()
    axis.set_xlim(names[0] * 0.9, names[-1] * 2.6)  # room for the labels
    axis.set_xlabel("names of one machine")
    axis.set_ylabel("profit of its owner, of that under one name")
    axis.set_title("Splitting one machine, honest work\n(in brackets: price of a name that stops it [coin])")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collusion")
    parser.add_argument("committees")
    parser.add_argument("sybil", nargs="?")
    parser.add_argument("out")
    options = parser.parse_args(arguments)
    panels = 3 if options.sybil else 2
    figure, axes = plt.subplots(1, panels, figsize=(4.9 * panels, 4.4), layout="constrained")
    draw_gain(axes[0], load(options.collusion))
    draw_committees(axes[1], load(options.committees))
    if options.sybil:
        draw_sybils(axes[2], load(options.sybil))
    save(figure, options.out)


if __name__ == "__main__":
    command(main)
