"""Results of the benchmarks in Python, in the form that `orrery bench` writes: Google Benchmark's JSON (a context and a list
of benchmarks, times in seconds, everything else a counter; `must` and `met` where something had to be reached)."""

import json
import os
import pathlib


def row(name, seconds, **counters):
    """One benchmark of one iteration."""
    return {"name": name, "run_name": name, "run_type": "iteration", "iterations": 1, "real_time": seconds,
            "cpu_time": seconds, "time_unit": "s", **{key: float(value) for key, value in counters.items()}}


def write(path, program, rows):
    context = {"executable": program, "num_cpus": os.cpu_count()}
    pathlib.Path(path).write_text(json.dumps({"context": context, "benchmarks": rows}, indent=2) + "\n")
