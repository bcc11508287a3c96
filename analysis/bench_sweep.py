#!/usr/bin/python3
"""What sweeping costs: two ranks against one, results of ten thousand runs, and what a kill loses.

bench_sweep.py --program build/orrery [--kills N]

Exit code 1 where a resumed file differs, or where files and journals cost more than their budgets. The speed of two ranks
is printed and not judged: it is that of a machine that does nothing else.
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[1]
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


def speed(program, folder):
    scenario = folder / "short.toml"
    scenario.write_text(SHORT)
    walls, digests = {}, set()
    for ranks in (1, 2):
        walls[ranks] = min(sweep(program, scenario, folder / f"short{ranks}_{i}.h5", ranks)["wall_s"] for i in range(3))
        digests |= {digest(folder / f"short{ranks}_{i}.h5") for i in range(3)}
    print(f"200 short runs, best of 3: 1 rank {walls[1]:.2f} s, 2 ranks {walls[2]:.2f} s, {walls[1] / walls[2]:.2f}x")
    return len(digests) == 1


def results(program, folder):
    scenario, out = folder / "many.toml", folder / "many.h5"
    scenario.write_text(MANY)
    first = sweep(program, scenario, out, 2)
    share = first["assemble_s"] / first["wall_s"]
    again = sweep(program, scenario, out, 2)
    print(f"10,000 runs: {first['wall_s']:.1f} s on 2 ranks, of which the results file {first['assemble_s']:.2f} s "
          f"({100 * share:.1f} %, {100 * first['assemble_s'] / (10000 * 0.5):.2f} % of runs of half a second); "
          f"{out.stat().st_size / 1e6:.0f} MB")
    print(f"resume of all of them: scan {again['scan_s']:.2f} s, {again['runs']:.0f} run again")
    return again["runs"] == 0 and again["scan_s"] <= 1 and first["assemble_s"] / (10000 * 0.5) <= 0.01


def kills(program, count):
    done = subprocess.run([sys.executable, "-m", "unittest", "test_sweep.Sweep.test_killed_at_any_moment_it_goes_on_and_ends_in_the_same_file"],
                          cwd=ROOT / "tests" / "experiments", capture_output=True, text=True,
                          env={**os.environ, "ORRERY_PROGRAM": str(pathlib.Path(program).resolve()), "ORRERY_KILLS": str(count)})
    print(done.stdout.strip() if done.returncode == 0 else done.stderr)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--kills", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        kept = [speed(options.program, folder), results(options.program, folder), kills(options.program, options.kills)]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
