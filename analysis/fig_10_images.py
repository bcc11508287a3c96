#!/usr/bin/python3
"""How late images are by how many machines share the model: fig_10_images.py RESULTS FIGURE

RESULTS: of `orrery sweep experiments/10_images.toml`. Intervals: 95 %, over replicas.
"""

import numpy as np
from matplotlib import ticker

import stats
import table
from figure import BLUE, ORANGE, plt, save

LINKS = ("homes", "data centres")
IMAGES = (("256 x 256", BLUE), ("512 x 512", ORANGE))
PANELS = (
    ("latency_p50", "time to an image, median [s]", 1.0),
    ("inter_token_p50", "time of a step, median [s]", 1.0),
    ("bytes_moved", "bytes moved an image [MB]", 1e-6 / 40),
)


def draw(results):
    figure, axes = plt.subplots(1, len(PANELS), figsize=(10, 3.4))
    for axis, (metric, label, scale) in zip(axes, PANELS):
        for links, line in zip(LINKS, ("-", "--")):
            for image, colour in IMAGES:
                points, means = stats.means(results, metric, links=links, image=image)
                machines = np.array([int(point["machines"]) for point in points])
                value = scale * np.array([m.value for m in means])
                half = scale * np.array([m.half_width for m in means])
                axis.errorbar(machines, value, half, marker="o", markersize=4, capsize=2, color=colour, linestyle=line,
                              label=f"{image}, {links}")
        axis.set(xscale="log", yscale="log", xlabel="machines that share the model", title=label)
        axis.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
        axis.set_xticks(machines, [f"{m}" for m in machines])
        axis.minorticks_off()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=4, fontsize=8, frameon=False, handlelength=3.5)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    return figure


def main(arguments):
    if len(arguments) != 2:
        raise table.ResultsError(f"usage: {__doc__.splitlines()[0]}")
    save(draw(table.load(arguments[0])), arguments[1])


if __name__ == "__main__":
    table.command(main)
