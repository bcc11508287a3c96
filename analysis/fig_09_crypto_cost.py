#!/usr/bin/python3
"""What verification costs a token: seconds and bytes of each protocol, beside serving it unverified.

fig_09_crypto_cost.py 09_crypto_cost.h5 OUT.png [--rtt SECONDS]

A bar's full length is at the given round trip (0.1 s: two continents), its dark part without any: rounds that wait for each
other are what a wide area adds.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

from fig_05_detection import ordered
from figure import BLUE, GREY, ORANGE, save
from table import command, load

PLAIN = "serving it, unverified"


def plainly(x):
    """Two digits, without an exponent."""
    return f"{float(f'{x:.2g}'):,.6g}" if x >= 1e-4 else f"{x:.2g}"


def costs(results, model):
    """[(protocol, seconds without rounds, rounds, bytes)] of one model, in the sweep's order."""
    found = []
    for row in range(len(results.id)):
        if str(results.point["model.name"][row]) != model:
            continue
        value = {name: float(results.metric[name][row]) for name in ("executor_s", "verifier_s", "rounds", "bytes", "plain_s")}
        found.append((str(results.point["protocol"][row]), value["executor_s"] + value["verifier_s"], value["rounds"],
                      value["bytes"]))
    return found, value["plain_s"]


def draw_seconds(axis, found, plain, rtt, model):
    places = np.arange(len(found))
    least = 1e-6  # a bar on a logarithmic axis begins somewhere
    for place, (_, seconds, rounds, _) in zip(places, found):
        whole = seconds + rounds * rtt
        axis.barh(place, whole, left=least, color=ORANGE, height=0.7)
        axis.barh(place, seconds, left=least, color=BLUE, height=0.7)
        axis.annotate(f"{plainly(whole)} s, {plainly(whole / plain)} x", (whole, place), textcoords="offset points", xytext=(4, 0), va="center",
                      fontsize=8)
    axis.axvline(plain, color=GREY, linestyle=":", linewidth=1.4)
    axis.annotate(f"{PLAIN}: {plainly(plain)} s", (plain, len(found) - 0.4), textcoords="offset points", xytext=(4, 0), fontsize=8,
                  color=GREY, annotation_clip=False)
    axis.set_xscale("log")
    axis.set_xlim(1e-5, 1e6)
    axis.set_yticks(places, [name for name, *_ in found], fontsize=8)
    axis.set_xlabel("more seconds a token")
    axis.set_title(f"{model}: executor and verifiers\n(dark: no round trips; light: at {1000 * rtt:.0f} ms)")


def draw_bytes(axis, found, model, colour):
    places = np.arange(len(found))
    # Where a publication gives no size there is no point.
    axis.plot([size if size > 0 else np.nan for *_, size in found], places, "o", color=colour, markersize=5, label=model)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("out")
    parser.add_argument("--rtt", type=float, default=0.1, help="round trip [s]")
    options = parser.parse_args(arguments)
    results = load(options.results)
    models = ordered(results.point["model.name"])
    figure, axes = plt.subplots(1, len(models) + 1, figsize=(5.2 * len(models) + 3.4, 5), layout="constrained", sharey=True,
                                width_ratios=(*[1.5] * len(models), 1))
    for axis, model, colour in zip(axes, models, (BLUE, ORANGE)):
        found, plain = costs(results, model)
        draw_seconds(axis, found, plain, options.rtt, model)
        draw_bytes(axes[-1], found, model, colour)
    axes[0].invert_yaxis()  # the others share it
    axes[-1].set_xscale("log")
    axes[-1].set_xlabel("bytes a token")
    axes[-1].set_title("What is sent")
    axes[-1].set_xlim(0.1, 1e13)
    axes[-1].legend(loc="lower right")
    save(figure, options.out)


if __name__ == "__main__":
    command(main)
