#!/usr/bin/python3
"""What all figures share: the style, and files that are the same bytes for the same data."""

import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of backend)

from table import ResultsError  # noqa: E402

plt.rcParams["svg.hashsalt"] = "orrery"  # names inside an SVG are random otherwise
plt.style.use(pathlib.Path(__file__).with_name("orrery.mplstyle"))

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, BLACK = plt.rcParams["axes.prop_cycle"].by_key()["color"]
GREY = "#777777"


def save(figure, path):
    """Writes PNG, PDF or SVG without dates and versions."""
    kind = pathlib.Path(path).suffix[1:]
    metadata = {"png": {"Software": None}, "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
                "svg": {"Date": None}}
    if kind not in metadata:
        raise ResultsError(f"{path}: cannot be written (a figure is .png, .pdf or .svg).")
    try:
        figure.savefig(path, metadata=metadata[kind])
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written ({error.strerror}).") from None
    plt.close(figure)
