#!/usr/bin/python3
"""Published measurements beside simulated ones; exit 1 when a row is missed.

Behind `./orrery validate`. Each row runs a committed scenario with a few keys set, so anyone can run it alone.
"""

import argparse
import dataclasses
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import table
import validate_helix
import validate_live
import validate_matrix
import validate_restart
import validate_sharing

ROOT = pathlib.Path(__file__).resolve().parent.parent


@dataclasses.dataclass(frozen=True)
class Row:
    """One published number and the settings that should give it."""

    what: str
    published: float
    settings: dict


def petals_bloom():
    """BLOOM-176B on 3 x A100-80, single-batch inference, steps/s (Petals, arXiv 2209.01188 table 2, 2312.08361).

    The rows published as "RTT < 5 ms" are simulated in the middle of that range.
    """
    cells = {
        (1000, 2.5): (1.71, 1.54),
        (100, 2.5): (1.66, 1.49),
        (100, 100): (1.23, 1.11),
    }
    for (mbit, rtt), speeds in cells.items():
        for length, speed in zip((128, 2048), speeds):
            settings = {
                "network.bandwidth_mbit": mbit,
                "network.client_bandwidth_mbit": mbit,
                "network.rtt_ms": rtt,
                "workload.output_tokens": length,
            }
            yield Row(f"{mbit:>4} Mbit/s, RTT {rtt:>5} ms, sequence {length:>4}", speed, settings)


def simulate(program, scenario, settings):
    """Runs the scenario and returns its results."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "run.h5"
        command = [program, "run", str(ROOT / "experiments" / scenario), "--out", str(out), "--quiet"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"validate: {' '.join(command)} failed: {done.stderr.strip()}")
        return table.load(out)


def check_petals_bloom(program):
    limit = 0.05
    print("Petals, BLOOM-176B (70 blocks, int8) on 3 servers with one A100-80 each, one session: steps/s")
    print(f"  {'setting':<44} {'published':>9} {'simulated':>9} {'error':>7}")
    worst = 0.0
    for row in petals_bloom():
        results = simulate(program, "petals_bloom.toml", row.settings)
        speed = 1.0 / float(results.request["inter_token_mean"][0])
        error = speed / row.published - 1.0
        worst = max(worst, abs(error))
        print(f"  {row.what:<44} {row.published:>9.2f} {speed:>9.3f} {error:>+7.1%}")
    passed = worst <= limit
    print(f"  worst error {worst:.1%}, at most {limit:.0%} allowed: {'ok' if passed else 'MISSED'}")
    print("  one calibrated number: execution.bandwidth_efficiency (experiments/petals_bloom.toml)")
    return passed


def printed_rows(program, name):
    """What `orrery rows NAME` prints, a dictionary a row."""
    command = [program, "rows", name]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"validate: {' '.join(command)} failed: {done.stderr.strip()}")
    head, *lines = (line.split("\t") for line in done.stdout.splitlines())
    return [dict(zip(head, line)) for line in lines]


def print_bridge(rows):
    """Which cheats are seen by which measured detector and deterred at no stake; `orrery rows bridge` has all pairs."""
    print("Measured detectors that see a cheat and deter it at no stake, since they ruin the honest first (f/d > 1/6):")
    found = {}
    for row in rows:
        if row["verdict"] == "infeasible":
            found.setdefault((row["population"], row["detector"], row["f"]), []).append(row["cheat"])
    for (population, detector, f), cheats in found.items():
        print(f"  {population:<10} {detector:<24} f {float(f):.2f}  {', '.join(cheats)}")


def check_trust(program):
    """Closed forms of audits, incentives, reputation and queues, beside what the simulator's own mechanisms give."""
    rows = printed_rows(program, "trust")
    width = max(len(row["what"]) for row in rows)
    print("Closed forms of trust: expected beside simulated by the mechanisms themselves")
    print(f"  {'':<4} {'what':<{width}} {'expected':>10} {'simulated':>10} {'95 % +-':>9} {'allowed':>9}")
    missed = 0
    for row in rows:
        numbers = {name: float(row[name]) for name in ("expected", "simulated", "half_width", "tolerance")}
        exact = "exact" if numbers["half_width"] == 0 else f"{numbers['half_width']:.2g}"
        met = row["met"] == "1"
        missed += not met
        print(f"  {row['id']:<4} {row['what']:<{width}} {numbers['expected']:>10.5g} {numbers['simulated']:>10.5g} {exact:>9} "
              f"{numbers['tolerance']:>9.2g}{'' if met else '  MISSED'}")
    print(f"  {len(rows) - missed} of {len(rows)} met: {'ok' if missed == 0 else 'MISSED'}")
    measured = printed_rows(program, "bridge")
    print("\n".join(validate_matrix.lines(measured)))
    print_bridge(measured)
    return missed == 0


GROUPS = {
    "petals": check_petals_bloom,
    "restart": lambda program: validate_restart.check(program, simulate),
    "sharing": validate_sharing.check,
    "helix": validate_helix.check,
    "trust": check_trust,
    "live": validate_live.check,  # minutes of wall time on ranks: last
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build" / "orrery"), help="the built program")
    parser.add_argument("group", nargs="*", help=f"what to check: {', '.join(GROUPS)}; all of these where left out")
    args = parser.parse_args()
    unknown = [name for name in args.group if name not in GROUPS]
    if unknown:
        print(f"validate: there is no group '{unknown[0]}'. Valid: {', '.join(GROUPS)}.", file=sys.stderr)
        return 2
    if not pathlib.Path(args.program).exists():
        print(f"validate: {args.program} is not there (nothing was built). Run ./orrery validate.", file=sys.stderr)
        return 2
    results = [GROUPS[name](args.program) for name in args.group or GROUPS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
