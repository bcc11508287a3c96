#!/usr/bin/python3
"""What sweeping costs: two ranks against one, results of ten thousand runs, and what a kill loses.

bench_sweep.py --program build/orrery [--kills N] [--json FILE]

Every row says what it must reach; exit code 1 where one is missed. Wall times need cores of one's own, so the first row
prints the load of the machine and what a rank got of a core (its CPU time over its wall time). Where that was less than
0.95, the ratio that is judged is that of CPU times: one rank's against that of the busier of two, which is what the wall
times would be on free cores.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import bench_json

ROOT = pathlib.Path(__file__).parents[1]
FREE = 0.95  # of a core
SWARM = """\
[swarm]
nodes = 12
devices = {a40 = 1}
[network]
kind = "uniform"
"""
SHORT = SWARM + """\
[workload]
requests = 400
output_tokens = 32
[sweep]
replicas = 100
[sweep.over]
workload.rate = [1, 2]
"""
MANY = SWARM + """\
[workload]
requests = 5
output_tokens = 4
[sweep]
replicas = 2500
[sweep.over]
workload.rate = [1, 2, 3, 4]
"""


def sweep(program, scenario, out, ranks):
    """The side log of a sweep, its lines as numbers."""
    subprocess.run([ROOT / "experiments" / "ranks.sh", str(ranks), program, "sweep", scenario, "--quiet", "--out", out],
                   check=True, stdout=subprocess.DEVNULL)
    log = json.loads(pathlib.Path(f"{out}.log.json").read_text())
    return {"wall_s": log["wall_s"], **{name: float(value) for name, value in (line.split() for line in log["lines"])}}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Table:
    """Rows with a verdict, printed as they come."""

    def __init__(self):
        self.rows, self.all_met = [], True
        print(f"{'case':<44} {'measured':>10} {'must':>10}  {'verdict':<7} beside it")

    def add(self, name, seconds, value, must, unit, least, beside):
        """`least`: the value must be at least `must`, else at most."""
        met = value >= must if least else value <= must
        self.all_met = self.all_met and met
        sign = ">=" if least else "<="
        print(f"{name:<44} {value:>9.3g}{unit} {f'{sign} {must:g}{unit}':>10}  {'met' if met else 'MISSED':<7} {beside}", flush=True)
        self.rows.append(bench_json.row(f"sweep/{name}", seconds, value=value, must=must, met=met))


def two_ranks(walls, cpus, shares):
    """Speed of two ranks over one from {1: [...], 2: [...]} by round: the ratio to judge, and what it is made of. `walls` in
    seconds, `cpus` those of the busiest rank, `shares` of a core that a rank got."""
    wall = statistics.median(one / two for one, two in zip(walls[1], walls[2]))
    cpu = statistics.median(one / two for one, two in zip(cpus[1], cpus[2]))
    got = statistics.median(shares[2])
    alone = min(got, statistics.median(shares[1])) >= FREE
    text = f"{wall:.2f}x by wall time, {cpu:.2f}x by CPU time; a rank got {got:.2f} of a core"
    return (wall, f"{text}: judged by wall time") if alone else (cpu, f"{text}: no free cores, judged by CPU time")


def speed(program, folder, table, rounds=3):
    scenario = folder / "short.toml"
    scenario.write_text(SHORT)
    walls, cpus, shares, digests = {1: [], 2: []}, {1: [], 2: []}, {1: [], 2: []}, set()
    load = os.getloadavg()[0]
    for i in range(rounds):
        for ranks in (1, 2):
            out = folder / f"short{ranks}_{i}.h5"
            log = sweep(program, scenario, out, ranks)
            walls[ranks].append(log["loop_s"])
            cpus[ranks].append(log["longest_cpu_s"])
            shares[ranks].append(log["cpu_s"] / (ranks * log["loop_s"]))
            digests.add(digest(out))
    ratio, why = two_ranks(walls, cpus, shares)
    table.add("200 short runs, 2 ranks against 1", statistics.median(walls[2]), ratio, 1.9, "x", True,
              f"{why}; load {load:.1f} on {os.cpu_count()} cores; medians of {rounds} rounds")
    table.add("the same file from 1 and 2 ranks", statistics.median(walls[2]), len(digests), 1, "", False, "different files")


def results(program, folder, table):
    scenario, out = folder / "many.toml", folder / "many.h5"
    scenario.write_text(MANY)
    first = sweep(program, scenario, out, 2)
    runs = first["runs"]
    notes, file = first["journal_s"] / runs, first["assemble_s"] / runs  # of each run
    mean = (first["cpu_s"] - first["journal_s"]) / runs
    table.add("10,000 runs x 60 metrics, runs of 0.5 s", first["assemble_s"], 100 * (notes + file) / 0.5, 1, "%", False,
              f"a run: journal {1e6 * notes:.0f} us, file {1e6 * file:.0f} us; {out.stat().st_size / 1e6:.0f} MB; "
              f"of the {1e3 * mean:.1f} ms of these runs {100 * (notes + file) / mean:.1f} %")
    again = sweep(program, scenario, out, 2)
    table.add("resume of all of them: scan", again["scan_s"], again["scan_s"], 1, " s", False, f"{again['runs']:.0f} run again")
    table.add("runs that a resume repeats", again["scan_s"], again["runs"], 0, "", False, "of 10,000 finished ones")


def kills(program, count, table):
    test = "test_sweep.Sweep.test_killed_at_any_moment_it_goes_on_and_ends_in_the_same_file"
    done = subprocess.run([sys.executable, "-m", "unittest", test], cwd=ROOT / "tests" / "experiments", capture_output=True,
                          text=True, env={**os.environ, "ORRERY_PROGRAM": str(pathlib.Path(program).resolve()),
                                          "ORRERY_KILLS": str(count)})
    said = re.search(r"(\d+) kills: .* (\d+) identical", done.stdout)
    identical = int(said[2]) if said and done.returncode == 0 else 0
    table.add(f"SIGKILL of a rank, resume, compare: {count} times", 0, identical, count, "", True,
              said[0] if identical else (done.stderr.strip().splitlines() or ["no answer"])[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--json", help="write the rows as Google Benchmark's JSON to this file")
    options = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        speed(options.program, folder, table)
        results(options.program, folder, table)
        if options.kills > 0:
            kills(options.program, options.kills, table)
    if options.json:
        bench_json.write(options.json, "orrery bench sweep", table.rows)
    sys.exit(0 if table.all_met else 1)


if __name__ == "__main__":
    main()
