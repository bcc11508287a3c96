"""Rows of `./orrery validate` that re-simulate Helix' single cluster (ASPLOS 2025) from its public data.

Published: what the authors' own simulator gives for one draw of request lengths; ours is for the same draw (helix.py), and
nothing else is left to chance. Needs ORRERY_DATA; skips aloud without it.
"""

import os
import pathlib
import subprocess
import tempfile
import time

import helix
import table

LIMIT = 0.05
WARM_UP, MEASURED = 60, 600  # s

CLUSTER_FLOW = 1289.556  # of their solver's placement [token/s]
CLUSTER_CPU = 118.0  # s for a run of 120 s
ITERATION_LIMIT = 40e-6  # s of CPU a token-iteration
SEARCH_LIMIT = 60.0  # s of CPU for a placement

# LLaMA-30B is served by one chain for each kind of GPU; the layers of its nodes are those of the authors' repository.
CHAINS_30B = {"a100": (15,) * 4, "l4": (7,) * 4 + (8,) * 4, "t4": (5,) * 12}


def chain(lengths):
    begins = [sum(lengths[:i]) for i in range(len(lengths))]
    return {i: (b, b + n) for i, (b, n) in enumerate(zip(begins, lengths))}


def run(program, scenario, out, *more):
    """Runs a scenario; returns its results and the CPU seconds of the process."""
    before = os.times()
    done = subprocess.run([program, "run", str(scenario), "--out", str(out), "--quiet", *more], capture_output=True, text=True)
    after = os.times()
    if done.returncode != 0:
        raise SystemExit(f"validate: {scenario} failed: {done.stderr.strip()}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return table.load(out), cpu


def rate(program, data, work, model, gpus, placement, routing, feed):
    """Decode tokens per second."""
    path = helix.scenario(data, work, model, gpus, placement, routing, feed, WARM_UP + MEASURED)
    results, _ = run(program, path, pathlib.Path(work) / "run.h5")
    return helix.decode_rate(results, WARM_UP, WARM_UP + MEASURED)


def check_throughput(program, data, work):
    gpus = helix.read_machines(data / "single24" / "single24.ini")
    placed = {name: helix.read_placement(data / "single24" / name / f"{name}_sol.ini") for name in ("ilp", "swarm")}
    by_chain = [
        rate(program, data, work, "30b", [gpu] * len(n), chain(n), "helix", (20, 0.8)) for gpu, n in CHAINS_30B.items()
    ]
    rows = (
        ("Llama-70B, Helix", 252.1, rate(program, data, work, "70b", gpus, placed["ilp"], "helix", (20, 0.8))),
        ("Llama-70B, SWARM", 124.7, rate(program, data, work, "70b", gpus, placed["swarm"], "swarm", (180, 0))),
        ("LLaMA-30B, Helix (three chains)", 339.6, sum(by_chain)),
        ("LLaMA-30B, SWARM", 151.6, rate(program, data, work, "30b", gpus, 'policy = "swarm"', "swarm", (50, 0))),
    )
    print("Helix, 4 A100 + 8 L4 + 12 T4, offline: decode tokens/s; published by its authors' simulator")
    print(f"  {'setting':<44} {'published':>9} {'simulated':>9} {'error':>7}")
    passed = True
    for what, published, ours in rows:
        error = ours / published - 1
        passed &= abs(error) <= LIMIT
        print(f"  {what:<44} {published:>9.1f} {ours:>9.1f} {error:>+7.1%}")
    print(f"  every error at most {LIMIT:.0%}: {'ok' if passed else 'MISSED'}")
    return passed


def check_cost(program, data, work):
    gpus = helix.read_machines(data / "single24" / "single24.ini")
    placement = helix.read_placement(data / "single24" / "ilp" / "ilp_sol.ini")
    path = helix.scenario(data, work, "70b", gpus, placement, "helix", (20, 0.8), 120)
    # The least of three: other work on the machine only ever adds.
    runs = [run(program, path, pathlib.Path(work) / "run.h5") for _ in range(3)]
    cpu = min(seconds for _, seconds in runs)
    tokens = float(runs[0][0].metric["tokens_delivered"][0])
    each = cpu / tokens
    passed = each <= ITERATION_LIMIT
    print(f"  120 s of Llama-70B, Helix: {cpu:.2f} CPU s, theirs {CLUSTER_CPU:.0f}; {tokens:.0f} token-iterations, "
          f"{each * 1e6:.1f} us each, at most {ITERATION_LIMIT * 1e6:.0f}: {'ok' if passed else 'MISSED'}")  # fmt: skip
    return passed


def check_search(program, data, work):
    gpus = helix.read_machines(data / "single24" / "single24.ini")
    sharding = 'policy = "helix"\nmidway = false\neffort = 10000\nrestarts = 3'
    path = helix.scenario(data, work, "70b", gpus, sharding, "helix", (20, 0.8), 1)
    start = time.time()
    results, cpu = run(program, path, pathlib.Path(work) / "run.h5", "--set", "serving.measure_placement=true")
    flow = float(results.metric["placement_flow"][0])
    passed = flow >= 0.97 * CLUSTER_FLOW and cpu <= SEARCH_LIMIT
    print(f"  maximum flow of a placement for Llama-70B: {flow:.1f} tokens/s, their solver's {CLUSTER_FLOW} "
          f"({flow / CLUSTER_FLOW - 1:+.1%}, at least -3 %); {cpu:.1f} CPU s, {time.time() - start:.1f} s, at most "
          f"{SEARCH_LIMIT:.0f}: {'ok' if passed else 'MISSED'}")  # fmt: skip
    return passed


def check(program):
    folder = os.environ.get("ORRERY_DATA")
    if not folder:
        print("Helix' single cluster: SKIPPED (ORRERY_DATA is not set, and its public data is not part of this repository)")
        return True
    data = pathlib.Path(folder) / "helix"
    with tempfile.TemporaryDirectory() as work:
        return all([check_throughput(program, data, work), check_cost(program, data, work), check_search(program, data, work)])
