#!/usr/bin/python3
"""Means with confidence intervals over replicas, and differences taken seed by seed."""

import dataclasses

import numpy as np
from scipy import stats


@dataclasses.dataclass
class Mean:
    """A mean, the half-width of its confidence interval (NaN where one value has none) and how many values it is of."""

    value: float
    half_width: float
    count: int

    @property
    def low(self):
        return self.value - self.half_width

    @property
    def high(self):
        return self.value + self.half_width


def mean(values, confidence=0.95):
    """Student's t interval of the mean of independent values; values that are not defined (NaN) do not count."""
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return Mean(np.nan, np.nan, 0)
    if len(values) == 1:
        return Mean(float(values[0]), np.nan, 1)
    error = values.std(ddof=1) / np.sqrt(len(values))
    return Mean(float(values.mean()), float(stats.t.ppf(0.5 + confidence / 2, len(values) - 1) * error), len(values))


def points(results):
    """One dictionary a point of a sweep, in its order: axis name -> value; "runs" holds its finished rows."""
    found = []
    for number in np.unique(results.point_number):
        rows = np.flatnonzero((results.point_number == number) & results.done())
        first = np.flatnonzero(results.point_number == number)[0]
        point = {name: results.point[name][first].item() for name in results.axes}
        found.append({**point, "runs": rows})
    return found


def means(results, metric, confidence=0.95, **where):
    """(points, Means) of a metric over the points where the axes have the given values (dots in a name as __)."""
    chosen = _where(points(results), where)
    values = np.asarray(results.metric[metric])
    return chosen, [mean(values[point["runs"]], confidence) for point in chosen]


def paired(results, metric, axis, a, b, confidence=0.95):
    """How `metric` changes from level `a` of an axis to level `b`, all else equal: (points, Means of b - a).

    Points share their seeds, so that a difference is taken seed by seed, which takes out what the seed does to both."""
    values = np.asarray(results.metric[metric])
    every = points(results)
    pairs, differences = [], []
    for first in _where(every, {axis: a}):
        rest = {name: value for name, value in first.items() if name not in (axis, "runs")}
        for second in _where(every, {axis: b, **rest}):
            at = {results.replica[run]: values[run] for run in second["runs"]}
            both = [at[results.replica[run]] - values[run] for run in first["runs"] if results.replica[run] in at]
            pairs.append(rest)
            differences.append(mean(both, confidence))
    return pairs, differences


def _where(every, where):
    wanted = {name.replace("__", "."): value for name, value in where.items()}
    return [point for point in every if all(point[name] == value for name, value in wanted.items())]
