#!/usr/bin/python3
"""Instructions of pinned cases against a committed baseline: exit 1 when one needs over 1 % more (or less) than it did.

A baseline (tests/perf/*.json) is a table of cases, each a command; `{bin}` in it is where the programs were built. What is
counted is the function `measured` of that program and what it calls, by callgrind: the same number on any machine and
under any load, but not of any compiler. So a baseline holds counts for each compiler that it was written with.

  perf_guard.py BASELINE --bin build/tests --compiler 'GNU 12.2.0'             compare
  perf_guard.py BASELINE --bin build/tests --compiler 'GNU 12.2.0' --update    write the counts of this build
  perf_guard.py BASELINE --bin build/tests --against other/build/tests         times of two builds, in turn: advice only

Exit 77 (skipped) without Valgrind, or without counts for this compiler.
"""

import argparse
import collections
import json
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

TOLERANCE = 0.01
SKIPPED = 77
KEPT = 8  # functions of a case that the baseline remembers


def parse(lines):
    """Instructions of each function, its callees left out, from the lines of a callgrind.out file."""
    names, self_cost = {}, collections.Counter()
    function, is_call = None, False
    for line in lines:
        name = re.match(r"c?fn=\((\d+)\)(?: (.*))?$", line)
        if name:
            if name[2]:
                names[name[1]] = name[2]
            if line.startswith("fn="):
                function = name[1]
        elif line.startswith("calls="):
            is_call = True  # the next line is what the callee cost
        elif re.match(r"[+\-*\d]", line):
            cost = line.split()
            if not is_call and function is not None and len(cost) > 1:
                self_cost[function] += int(cost[1])
            is_call = False
    by_name = collections.Counter()
    for function, cost in self_cost.items():
        by_name[names[function]] += cost
    return by_name


def count(command):
    """Instructions by function of the part of `command` that is measured."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--toggle-collect=measured"]
        done = subprocess.run([*valgrind, *command], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"perf_guard: {' '.join(command)} failed under callgrind:\n{done.stderr}")
        return parse(out.read_text().splitlines())


def compare(name, functions, known):
    """One line, and where the count moved, the functions that moved it. Whether it stayed within the tolerance."""
    total, before = sum(functions.values()), known["instructions"]
    good = abs(total - before) <= TOLERANCE * before
    print(f"{name:<28} {before:>12} {total:>12} {total / before - 1:>+8.2%}  {'ok' if good else 'MOVED'}")
    if not good:
        moved = {f: functions.get(f, 0) - known["functions"].get(f, 0) for f in {*functions, *known["functions"]}}
        for function in sorted(moved, key=lambda f: -abs(moved[f]))[:3]:
            print(f"    {moved[function]:>+12} {function}")
    return good


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True, capture_output=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def advise(cases, ours, other, rounds):
    """Median ratio of times, each round running both builds, first one and then the other first."""
    for name, command in cases.items():
        ratios = []
        for turn in range(rounds):
            times = {}
            for folder in (ours, other) if turn % 2 == 0 else (other, ours):
                times[folder] = cpu_seconds([*at(command, folder), "200"])
            ratios.append(times[ours] / max(times[other], 1e-3))
        print(f"{name:<28} {statistics.median(ratios):>8.3f} of the other build's time")


def at(command, folder):
    return [part.replace("{bin}", str(folder)) for part in command]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("baseline", type=pathlib.Path)
    parser.add_argument("--bin", required=True, help="where the measured programs lie")
    parser.add_argument("--compiler", help="that built them, with its version")
    parser.add_argument("--update", action="store_true", help="write this build's counts into the baseline")
    parser.add_argument("--against", help="where another build's programs lie: print ratios of times instead")
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    baseline = json.loads(args.baseline.read_text())
    if args.against:
        return advise(baseline["cases"], args.bin, args.against, args.rounds)
    if shutil.which("valgrind") is None:
        print("SKIPPED: no valgrind")
        sys.exit(SKIPPED)
    known = baseline["instructions"].setdefault(args.compiler, {})
    if not known and not args.update:
        print(f"SKIPPED: {args.baseline} has no counts for {args.compiler}, only for {', '.join(baseline['instructions'])}")
        sys.exit(SKIPPED)
    print(f"{'case':<28} {'baseline':>12} {'now':>12} {'change':>8}")
    good = True
    for name, command in baseline["cases"].items():
        functions = count(at(command, args.bin))
        if args.update:
            known[name] = {"instructions": sum(functions.values()), "functions": dict(functions.most_common(KEPT))}
            print(f"{name:<28} {known[name]['instructions']:>25}")
        elif name not in known:
            print(f"{name:<28} has no count: run with --update")
            good = False
        else:
            good = compare(name, functions, known[name]) and good
    if args.update:
        baseline["instructions"][args.compiler] = {n: c for n, c in known.items() if n in baseline["cases"]}
        args.baseline.write_text(json.dumps(baseline, indent=1) + "\n")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
