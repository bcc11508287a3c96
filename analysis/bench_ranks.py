#!/usr/bin/python3
"""Two computing ranks against one: wall time of the same run, interleaved; exit 1 when the results differ.

Behind `./orrery bench ranks`. Rank 0 only simulates, so 2 ranks have one that computes and 3 have two. Times are those of
the run itself, without starting MPI. Machines are noisy: quote the ratio.
"""

import argparse
import hashlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import bench_json

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(program, scenario, ranks, folder):
    """One run; returns its wall time [s] and the checksum of its results."""
    out = pathlib.Path(folder) / f"ranks{ranks}.h5"
    command = [ROOT / "experiments" / "ranks.sh", str(ranks), program, "run", scenario, "--out", out, "--quiet"]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench ranks: the run on {ranks} ranks failed: {done.stderr.strip()}")
    wall = json.loads(pathlib.Path(f"{out}.log.json").read_text())["wall_s"]
    return wall, hashlib.sha256(out.read_bytes()).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build" / "orrery"), help="the built program")
    parser.add_argument("--scenario", default=str(ROOT / "experiments" / "demo.toml"), help="execution.mode = real")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, one after the other in turn")
    parser.add_argument("--json", help="write the row as Google Benchmark's JSON to this file")
    args = parser.parse_args()
    times = {2: [], 3: []}
    sums = set()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(args.rounds):
            for ranks in times:
                wall, checksum = run(args.program, args.scenario, ranks, folder)
                times[ranks].append(wall)
                sums.add(checksum)
    one, two = statistics.median(times[2]), statistics.median(times[3])
    ratio = statistics.median(a / b for a, b in zip(times[2], times[3]))
    print(f"{pathlib.Path(args.scenario).name}, {args.rounds} interleaved rounds, medians")
    print(f"  1 computing rank   {one:7.2f} s")
    print(f"  2 computing ranks  {two:7.2f} s   {ratio:.2f}x")
    print(f"  results of all runs: {'identical' if len(sums) == 1 else 'DIFFERENT'} (must be identical)")
    if args.json:
        row = bench_json.row("ranks/two computing ranks", two, ratio=ratio, results=len(sums), must=1, met=len(sums) == 1)
        bench_json.write(args.json, "orrery bench ranks", [row])
    return 0 if len(sums) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
