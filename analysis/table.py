#!/usr/bin/python3
"""Results files as columns that know their unit. The only module that knows HDF5."""

import sys
import tomllib

import h5py
import numpy as np

FORMAT = "orrery-results"
VERSION = 2
STATUS = ("to do", "done", "failed")


class ResultsError(Exception):
    """The user gave a file that cannot be used; the message is one line."""


class Column(np.ndarray):
    """An array with `unit` and `what`, which slices and arithmetic keep (arithmetic does not check units).

    `axis` is its number among the axes of a sweep, or None."""

    def __new__(cls, values, unit="", what="", axis=None):
        column = np.asarray(values).view(cls)
        column.unit = unit
        column.what = what
        column.axis = axis
        return column

    def __array_finalize__(self, parent):
        self.unit = getattr(parent, "unit", "")
        self.what = getattr(parent, "what", "")
        self.axis = getattr(parent, "axis", None)


class Results:
    """One results file.

    config, program, commit   text
    changes, plan             what --set changed in config, a line each; hash of a sweep's rows, empty for a run
    id, status, reason        one element a run; status is "to do", "done" or "failed"
    scenario                  one dictionary a run, "workload.rate" -> value
    point_number, replica     one integer a run; runs of one point differ in their seed only
    point, metric             name -> Column [runs]; a point is a number or text
    axes                      names of the points that a sweep varies, in its order
    series                    name -> Column [runs, samples], NaN-padded
    request                   name -> Column [requests of all runs]; request["run"] says whose
    text                      list of str [requests], or empty
    """

    def __init__(self, file):
        self.config, self.program, self.commit, self.changes, self.plan = (
            _text(file.attrs[name]) for name in ("config", "program", "commit", "changes", "plan"))
        self.id = [_text(x) for x in file["id"][:]]
        self.status = [STATUS[code] for code in file["status"][:]]
        self.reason = [_text(x) for x in file["reason"][:]]
        self.scenario = [_flat(tomllib.loads(_text(x))) for x in file["scenario"][:]]
        self.point_number, self.replica = (file[f"sweep/{name}"][:] for name in ("point", "replica"))
        self.point, self.metric, self.series, self.request = (_columns(file, g) for g in ("point", "metric", "series", "request"))
        self.axes = sorted((name for name, column in self.point.items() if column.axis is not None),
                           key=lambda name: self.point[name].axis)
        self.text = [_text(x) for x in file["text"][:]] if "text" in file else []

    def done(self):
        """Which runs have numbers, as an array of booleans."""
        return np.array([status == "done" for status in self.status])

    def tidy(self):
        """A dictionary name -> array with one element a finished run: point, replica, the axes, the metrics.

        pandas.DataFrame(results.tidy()) is a data frame."""
        done = self.done()
        columns = {"point": self.point_number, "replica": self.replica}
        columns.update((name, self.point[name]) for name in self.axes)
        columns.update(self.metric)
        return {name: np.asarray(column)[done] for name, column in columns.items()}

    def requests_of(self, run):
        """The request columns of one run."""
        if not self.request:
            return {}
        mine = np.asarray(self.request["run"]) == run
        return {name: column[mine] for name, column in self.request.items()}

    def timeline_of(self, run):
        """The series of one run without its padding."""
        if not self.series:
            return {}
        real = ~np.isnan(np.asarray(self.series["time"][run]))
        return {name: column[run][real] for name, column in self.series.items()}


def load(path):
    """Reads a results file; ResultsError where it is none, or one of another version."""
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        reason = "it does not exist" if isinstance(error, FileNotFoundError) else "it is not an HDF5 file"
        raise ResultsError(f"{path}: cannot be read as a results file ({reason}).") from None
    with file:
        found = _text(file.attrs.get("format", ""))
        if found != FORMAT:
            raise ResultsError(f"{path}: is not an Orrery results file (its format is '{found}', not '{FORMAT}').")
        version = int(file.attrs.get("version", 0))
        if version != VERSION:
            commit = _text(file.attrs.get("commit", "unknown"))
            raise ResultsError(f"{path}: has version {version} of the results format (this reader knows version {VERSION}). "
                               f"Read it with the analysis of its commit, {commit}.")
        try:
            return Results(file)
        except (KeyError, ValueError, IndexError) as error:
            raise ResultsError(f"{path}: is a damaged results file ({error}).") from None


def command(main):
    """Runs main(arguments); a ResultsError becomes one line on stderr and exit code 2."""
    try:
        main(sys.argv[1:])
    except ResultsError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _columns(file, group):
    columns = {}
    for name, data in file.get(group, {}).items():
        values = np.array([_text(x) for x in data[:]]) if data.dtype.kind in "SO" else data[...]
        axis = int(data.attrs["axis"]) if "axis" in data.attrs else None
        columns[name] = Column(values, _text(data.attrs.get("unit", "")), _text(data.attrs.get("what", "")), axis)
    return columns


def _flat(tables, prefix=""):
    flat = {}
    for key, value in tables.items():
        flat[prefix + key] = value
        if isinstance(value, dict):
            flat.update(_flat(value, prefix + key + "."))
    return flat
