#!/usr/bin/python3
"""Instructions of pinned cases against a committed baseline: exit 1 when one needs over 1 % more (or less) than it did.

A baseline (tests/perf/*.json) names a program of cases (tests/perf/cases.hpp). What is counted is that program's function
`measured` and what it calls, by callgrind, and of that the functions of the program itself: the same number on any machine
and under any load, but not of any compiler, so a baseline holds counts for each one that it was written with. What shared
libraries did meanwhile is shown beside it and judged by nobody: it is theirs, and other systems have others. (Headers of
theirs that became part of our functions come with the compiler. A libm that rounds otherwise may change what a simulated
swarm does.)

  perf_guard.py BASELINE --bin build/tests --compiler 'GNU 12.2.0'             compare
  perf_guard.py BASELINE --bin build/tests --compiler 'GNU 12.2.0' --update    write the counts of this build
  perf_guard.py BASELINE --bin build/tests --compiler 'GNU 12.2.0' --record    and add them to the history of the baseline
  perf_guard.py BASELINE --history [CASES]                                     how counts moved, from commit to commit
  perf_guard.py BASELINE --bin build/tests --against other/build/tests         times of two builds, in turn: advice only

A case without a count (a new policy, say) is named and passes; a count without its case fails. The history is one line a
commit in tests/perf/history/. Exit 77 (skipped) without Valgrind, or without counts for this compiler.
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

import perf_history

TOLERANCE = 0.01
SKIPPED = 77
KEPT = 8  # functions of a case that the baseline remembers


def parse(lines, program):
    """Instructions of each function of `program`, its callees left out, from the lines of a callgrind.out file; and those of
    all functions of other objects together."""
    names, objects, cost_of = {}, {}, collections.Counter()
    function = owner = None
    is_call = False
    for line in lines:
        name = re.match(r"(c?)(fn|ob)=\((\d+)\)(?: (.*))?$", line)
        if name:
            called, what, number, text = name.groups()
            if text:
                (names if what == "fn" else objects)[number] = text
            if not called and what == "fn":
                function = number
            elif not called:
                owner = number
        elif line.startswith("calls="):
            is_call = True  # the next line is what the callee cost
        elif re.match(r"[+\-*\d]", line):
            cost = line.split()
            if not is_call and function is not None and len(cost) > 1:
                cost_of[function, owner] += int(cost[1])
            is_call = False
    functions, libraries = collections.Counter(), 0
    for (function, owner), cost in cost_of.items():
        if pathlib.PurePath(objects.get(owner, "?")).name == program:
            functions[names[function]] += cost
        else:
            libraries += cost
    return functions, libraries


def list_cases(program):
    return subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.split()


def count(program, cases):
    """By case, what parse() finds in its measured part. One process runs all, and leaves a file whenever `measured` ends."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--toggle-collect=measured",
                    "--dump-after=measured"]
        done = subprocess.run([*valgrind, program, "--all"], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"perf_guard: {program} failed under callgrind:\n{done.stderr}")
        files = [pathlib.Path(f"{out}.{part}") for part in range(1, len(cases) + 1)]
        return {case: parse(file.read_text().splitlines(), program.name) for case, file in zip(cases, files, strict=True)}


def compare(name, functions, known, libraries=0):
    """One line, and where the count moved, the functions that moved it. Whether it stayed within the tolerance."""
    total, before = sum(functions.values()), known["instructions"]
    good = abs(total - before) <= TOLERANCE * before
    print(f"{name:<30} {before:>11} {total:>11} {total / before - 1:>+8.2%} {libraries:>11}  {'ok' if good else 'MOVED'}")
    if not good:
        moved = {f: functions.get(f, 0) - known["functions"].get(f, 0) for f in {*functions, *known["functions"]}}
        for function in sorted(moved, key=lambda f: -abs(moved[f]))[:3]:
            print(f"    {moved[function]:>+12} {function}")
    return good


def judge(counts, known):
    """Prints every case beside its count; whether all that have one kept it."""
    print(f"{'case':<30} {'baseline':>11} {'now':>11} {'change':>8} {'(libraries)':>11}")
    good = True
    for name, (functions, libraries) in counts.items():
        if name in known:
            good = compare(name, functions, known[name], libraries) and good
        else:
            print(f"{name:<30} {'-':>11} {sum(functions.values()):>11} {'':>8} {libraries:>11}  new: --update writes its count")
    for name in known:
        if name not in counts:
            print(f"{name:<30} {known[name]['instructions']:>11} {'-':>11}  GONE: --update forgets it")
            good = False
    return good


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True, capture_output=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def advise(ours, other, rounds, times):
    """Median ratio of times, each round running both builds, first one and then the other first."""
    for name in [case for case in list_cases(ours) if case in list_cases(other)]:
        ratios = []
        for turn in range(rounds):
            spent = {p: cpu_seconds([p, name, str(times)]) for p in ((ours, other) if turn % 2 == 0 else (other, ours))}
            ratios.append(spent[ours] / max(spent[other], 1e-3))
        print(f"{name:<30} {statistics.median(ratios):>8.3f} of the other build's time")


def measure(args, baseline):
    """Counts, and what is done with them. The exit code."""
    if shutil.which("valgrind") is None:
        print("SKIPPED: no valgrind")
        return SKIPPED
    known = baseline["instructions"].get(args.compiler)
    if known is None and not (args.update or args.record):
        print(f"SKIPPED: {args.baseline} has no counts for {args.compiler}, only for {', '.join(baseline['instructions'])}")
        return SKIPPED
    program = pathlib.Path(args.bin) / baseline["program"]
    history = perf_history.beside(args.baseline)
    entry = perf_history.head(args.baseline.parent) if args.record else None  # before minutes are spent
    counts = count(program, list_cases(program))
    good = args.update or known is None or judge(counts, known)
    totals = {name: sum(functions.values()) for name, (functions, _) in counts.items()}
    if args.update:
        baseline["instructions"][args.compiler] = {
            name: {"instructions": totals[name], "functions": dict(functions.most_common(KEPT))}
            for name, (functions, _) in counts.items()}
        args.baseline.write_text(json.dumps(baseline, indent=1) + "\n")
        print(f"{len(counts)} cases written to {args.baseline}")
    if args.record:
        perf_history.record(history, {**entry, "compiler": args.compiler, "instructions": totals})
        print(f"{len(counts)} cases of {entry['commit']} recorded in {history}")
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("baseline", type=pathlib.Path)
    parser.add_argument("--bin", help="where the measured program lies")
    parser.add_argument("--compiler", help="that built it, with its version")
    parser.add_argument("--update", action="store_true", help="write this build's counts into the baseline")
    parser.add_argument("--record", action="store_true", help="add this build's counts to the history")
    parser.add_argument("--history", metavar="CASES", nargs="?", const="", help="print it, of cases that match")
    parser.add_argument("--against", help="where another build's program lies: print ratios of times instead")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--times", type=int, default=200, help="that a case runs in each round")
    args = parser.parse_args()
    if args.history is not None:
        print(perf_history.text(perf_history.read(perf_history.beside(args.baseline)), args.history, args.compiler), end="")
        return
    baseline = json.loads(args.baseline.read_text())
    if not args.bin or not (args.compiler or args.against):
        parser.error("--bin and --compiler say what is counted")
    if args.against:
        return advise(*(pathlib.Path(folder) / baseline["program"] for folder in (args.bin, args.against)), args.rounds, args.times)
    sys.exit(measure(args, baseline))


if __name__ == "__main__":
    main()
