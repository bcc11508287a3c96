#!/usr/bin/python3
"""Reputation that punishes failures: how it collapses with pipeline length; which rules pay for junk, and which the small.

fig_07_reputation.py 07_reputation.h5 07_reputation_pay.h5 OUT.png
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

import stats
from figure import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, save
from table import command, load

COLOURS = {1: BLUE, 2: GREEN, 4: ORANGE, 8: RED}


def break_even(results):
    """The failure rate at which a node that answers for itself alone stops gaining."""
    s = results.scenario[0]
    up, down = np.log(s["incentive.reward_multiplier"]), np.log(s["incentive.penalty_multiplier"])
    return up / (up - down)


def draw_reputation(axis, results, blame):
    for stages, colour in COLOURS.items():
        points, means = stats.means(results, "reputation_honest", game__stages=stages, incentive__blame=blame)
        axis.errorbar([p["game.failure_rate"] for p in points], [m.value for m in means], yerr=[m.half_width for m in means],
                      color=colour, marker="o", markersize=4, capsize=2, label=f"{stages} stage{'s' if stages > 1 else ''}")
    limit = break_even(results)
    axis.axvline(limit, color=GREY, linestyle=":", linewidth=1.3)
    axis.annotate(f"{100 * limit:.2f} %", (limit, 6), textcoords="offset points", xytext=(4, 0), color=GREY, fontsize=9)
    axis.axhline(1, color=GREY, linewidth=0.8)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks([0.001, 0.003, 0.01, 0.03, 0.1], ["0.1 %", "0.3 %", "1 %", "3 %", "10 %"])
    axis.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
    axis.minorticks_off()
    axis.set_xlabel("failures of a node to answer in time")
    axis.legend(loc="lower left")


def rules_of(results):
    return list(dict.fromkeys(p["rule"] for p in stats.points(results)))


def draw_pay(axis, results):
    rules = rules_of(results)
    rows = np.arange(len(rules))
    for offset, metric, colour, label in ((-0.27, "junk_revenue_share", RED, "share of pay that goes to junk"),
                                          (0, "profit_honest", GREEN, "profit of honest nodes [coin a claim]"),
                                          (0.27, "profit_cheat", PURPLE, "profit of cheaters [coin a claim]")):
        _, means = stats.means(results, metric, game__size_sigma=0)
        values = np.array([m.value for m in means])
        axis.barh(rows + offset, np.clip(values, -0.9, None), 0.24, xerr=[m.half_width for m in means], ecolor=GREY,
                  color=colour, label=label)
        for row, value in zip(rows, values):
            if value < -0.9:
                axis.annotate(f"{value:.1f}", (-0.9, row + offset), textcoords="offset points", xytext=(3, -3.5), fontsize=8,
                              color="white")
    axis.set_yticks(rows, rules)
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.set_xlim(-0.9, 1.3)
    axis.set_title("Pay among 30 % cheaters\n(4 stages, 6 % audited, 1 % fail)")
    axis.set_ylim(len(rules) + 0.8, -0.6)  # room for the legend
    axis.legend(loc="lower right", fontsize=8)


def draw_sizes(axis, results):
    """What honest nodes of unlike size earn on deposits that are alike, and how unequal all pay is."""
    rules = rules_of(results)
    rows = np.arange(len(rules))
    sigma = max(p["game.size_sigma"] for p in stats.points(results))
    for offset, metric, colour, label in ((-0.2, "roi_honest", GREEN, "all honest nodes"),
                                          (0.2, "roi_small", BLUE, "the smallest tenth of them")):
        _, means = stats.means(results, metric, game__size_sigma=sigma)
        axis.barh(rows + offset, [100 * m.value for m in means], 0.36, xerr=[100 * m.half_width for m in means], ecolor=GREY,
                  color=colour, label=label)
    _, unequal = stats.means(results, "gini", game__size_sigma=sigma)
    for row, gini in zip(rows, unequal):
        axis.annotate(f"{gini.value:.2f}", (1, row), xycoords=("axes fraction", "data"), textcoords="offset points", xytext=(-4, 0),
                      ha="right", va="center", fontsize=8, color=GREY)
    axis.annotate("Gini of pay", (1, -0.6), xycoords=("axes fraction", "data"), textcoords="offset points", xytext=(-4, -8), ha="right",
                  fontsize=8, color=GREY)
    axis.axvline(0, color=GREY, linewidth=0.8)
    low, high = axis.get_xlim()
    axis.set_xlim(low, high + 0.25 * (high - low))  # room for the numbers
    axis.tick_params(labelleft=False)
    axis.set_xlabel("profit, of the deposit [%]")
    axis.set_title(f"Nodes of unlike size ($\\sigma$ {sigma:.0f}),\nthe same deposit for each")
    axis.legend(loc="lower right", fontsize=8)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reputation")
    parser.add_argument("pay")
    parser.add_argument("out")
    options = parser.parse_args(arguments)
    figure, (left, middle, right, last) = plt.subplots(1, 4, figsize=(16.5, 4.6), layout="constrained",
                                                       gridspec_kw={"width_ratios": (1, 1, 1.1, 0.8)})
    reputation = load(options.reputation)
    draw_reputation(left, reputation, "chain")
    left.set_ylabel("mean reputation of honest nodes at the end")
    left.set_title("Nesa's rule, blame shared by the chain:\nlong pipelines collapse first")
    draw_reputation(middle, reputation, "shard")
    middle.sharey(left)
    middle.set_title("The same rule, blame by shard:\nlength does not matter")
    pay = load(options.pay)
    draw_pay(right, pay)
    last.sharey(right)
    draw_sizes(last, pay)
    save(figure, options.out)


if __name__ == "__main__":
    command(main)
