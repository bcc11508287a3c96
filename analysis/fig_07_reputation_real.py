#!/usr/bin/python3
"""Junk by name and by output, and what each cheat earns: on texts that real ranks made.

fig_07_reputation_real.py 07_reputation_real.h5 OUT.png
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

import stats
from figure import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, save
from table import command, load

COLOURS = (RED, BLUE, GREEN, PURPLE, ORANGE)


def names(results, axis):
    return list(dict.fromkeys(p[axis] for p in stats.points(results)))


def by_cheat(results, metric, rule):
    """Means in the order of the file's cheats."""
    return stats.means(results, metric, rule=rule)[1]


def draw_junk(axis, results, cheats, rule):
    rows = np.arange(len(cheats))
    for offset, metric, colour, label in ((-0.2, "junk_revenue_share", GREY, "by name: requests that a cheat served"),
                                          (0.2, "junk_by_output_share", RED, "by output: tokens that no honest chain would give")):
        means = by_cheat(results, metric, rule)
        axis.barh(rows + offset, [100 * m.value for m in means], 0.36, xerr=[100 * m.half_width for m in means], ecolor=BLUE,
                  color=colour, label=label)
        for row, mean in zip(rows, means):
            axis.annotate(f"{100 * mean.value:.2g} %", (100 * (mean.value + mean.half_width), row + offset), textcoords="offset points",
                          xytext=(3, -3.5), fontsize=8, color=colour)
    axis.set_yticks(rows, cheats)
    axis.set_ylim(len(cheats) + 0.4, -0.6)  # room for the legend
    axis.set_xlim(0, 1.15 * axis.get_xlim()[1])
    axis.set_xlabel("of what users paid [%]")
    axis.set_title("Junk, by what nodes are called\nand by what users got")
    axis.legend(loc="lower right", fontsize=8)


def draw_advantage(axis, results, cheats, rules):
    rows = np.arange(len(cheats))
    width = 0.8 / len(rules)
    for i, (rule, colour) in enumerate(zip(rules, COLOURS)):
        means = by_cheat(results, "honest_advantage", rule)
        axis.barh(rows + (i - (len(rules) - 1) / 2) * width, [m.value for m in means], 0.9 * width, xerr=[m.half_width for m in means],
                  ecolor=GREY, color=colour, label=rule)
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.tick_params(labelleft=False)
    axis.set_xlabel("honest less cheating profit [coin a node]")
    axis.set_title("Whom each rule pays, by cheat")
    axis.legend(loc="lower right", fontsize=8)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("out")
    options = parser.parse_args(arguments)
    results = load(options.results)
    cheats, rules = names(results, "cheat"), names(results, "rule")
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
    draw_junk(left, results, cheats, rules[0])
    right.sharey(left)
    draw_advantage(right, results, cheats, rules)
    save(figure, options.out)


if __name__ == "__main__":
    command(main)
