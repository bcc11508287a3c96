#!/usr/bin/python3
"""Writes the pairs of experiments/06_deterrence_measured.toml anew from data/detection.toml: measured_pairs.py

Every two rates that a detector and a cheat have among mixed devices on the whole model, once; pairs where the detector does
not see the cheat are left out (either rate lies in the other's 95 % Clopper-Pearson interval). What stands above the marker
line in the experiment is kept.
"""

import pathlib
import tomllib

from scipy.stats import beta

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARKER = "# One pair for each two rates that occur; data/derive/measured_pairs.py writes them from data/detection.toml.\n"


def interval(successes, trials):
    low = beta.ppf(0.025, successes, trials - successes + 1) if successes > 0 else 0.0
    high = beta.ppf(0.975, successes + 1, trials - successes) if successes < trials else 1.0
    return low, high


def pairs(setting):
    """(detector, cheat, d, f), the first of those with equal rates."""
    seen = set()
    for at, detector in enumerate(setting["detectors"]):
        honest = setting["rejected"]["honest"][at], setting["trials"]["honest"]
        for cheat, counts in setting["rejected"].items():
            if cheat == "honest":
                continue
            found = counts[at], setting["trials"][cheat]
            d, f = found[0] / found[1], honest[0] / honest[1]
            if d <= interval(*honest)[1] or interval(*found)[0] <= f or (d, f) in seen:
                continue
            seen.add((d, f))
            yield detector, cheat, d, f


def main():
    table = tomllib.loads((ROOT / "data" / "detection.toml").read_text())
    mixed = next(s for s in table["setting"] if s["population"] == "mixed" and s["blocks"] == s["of"])
    path = ROOT / "experiments" / "06_deterrence_measured.toml"
    text = path.read_text()
    text = text[:text.index(MARKER)] + MARKER
    for detector, cheat, d, f in pairs(mixed):
        text += (f'[[sweep.variant]]\naxis = "pair"\nname = "{detector} against {cheat}"\n'
                 f"set = {{ game.tpr = {d!r}, game.fpr = {f!r} }}\n")
    path.write_text(text)


if __name__ == "__main__":
    main()
