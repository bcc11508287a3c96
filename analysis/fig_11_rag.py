#!/usr/bin/python3
"""What retrieval adds to the time to the first token: fig_11_rag.py RESULTS FIGURE

RESULTS: of `orrery sweep experiments/11_rag.toml`. Intervals: 95 %, over replicas.
"""

import numpy as np
from matplotlib import ticker

import stats
import table
from figure import plt, save

PROMPTS = ("question alone", "passages at hand", "exact, one server", "ivf, one server", "ivf, every client")
PANELS = (
    ("ttft_p50", "time to the first token, median [s]"),
    ("goodput_share", "requests within the objective"),
    ("lookup_p50", "time to the passages, median [s]"),
)


def draw(results):
    figure, axes = plt.subplots(1, len(PANELS), figsize=(10, 3.4))
    for axis, (metric, label) in zip(axes, PANELS):
        for k, prompt in enumerate(PROMPTS):
            points, means = stats.means(results, metric, prompt=prompt)
            rate = np.array([point["workload.rate"] for point in points])
            value = np.array([m.value for m in means])
            half = np.array([m.half_width for m in means])
            if np.isnan(value).all():
                continue  # looks nothing up
            above = np.minimum(half, 1.0 - value) if metric == "goodput_share" else half
            axis.errorbar(rate * 1.04 ** (k - 2), value, [np.minimum(half, 0.95 * value), above], marker="o", markersize=4,
                          capsize=2, color=f"C{k}", label=prompt)
        axis.set(xscale="log", xlabel="requests a second", title=label,
                 yscale="linear" if metric == "goodput_share" else "log")
        if metric != "goodput_share":
            axis.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
        axis.set_xticks(rate, [f"{r:g}" for r in rate])
        axis.minorticks_off()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=5, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    return figure


def main(arguments):
    if len(arguments) != 2:
        raise table.ResultsError(f"usage: {__doc__.splitlines()[0]}")
    save(draw(table.load(arguments[0])), arguments[1])


if __name__ == "__main__":
    table.command(main)
