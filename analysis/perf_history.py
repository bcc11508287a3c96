"""How instruction counts moved from commit to commit: tests/perf/history/NAME.json, beside the baseline NAME.json.

A JSON list with one entry a line, in the order of recording:
  {"commit": "0123456789", "date": "2026-11-28", "compiler": "GNU 12.2.0", "instructions": {"case": 1234, ...}}
The commit is that which was built, the date its own, so an entry can be made again; a commit has one entry a compiler, and
counts of a changed working tree are no commit's and are refused.
"""

import json
import re
import subprocess
import sys

MOVED = 0.001  # smaller steps are left out of the text


def beside(baseline):
    return baseline.parent / "history" / baseline.name


def read(path):
    return json.loads(path.read_text()) if path.exists() else []


def head(folder):
    """Commit and date of the working tree that `folder` is in; exits where its sources are not those of a commit. Baselines
    and histories may differ: they are what is being written."""
    def git(*command):
        return subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True, text=True).stdout

    changed = [line[3:] for line in git("status", "--porcelain").splitlines() if not re.search(r"tests/perf/.*\.json$|tests/perf/history/$", line)]
    if changed:
        sys.exit(f"perf_guard: {changed[0]} is changed (counts are recorded under the commit they belong to). Commit first.")
    commit, date = git("log", "-1", "--format=%h %cs", "--abbrev=10").split()
    return {"commit": commit, "date": date}


def record(path, entry):
    """Adds the entry, in place of an earlier one of the same commit and compiler."""
    def key(e):
        return e["commit"], e["compiler"]

    entries = [e for e in read(path) if key(e) != key(entry)] + [entry]
    path.parent.mkdir(exist_ok=True)
    path.write_text("[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]\n")


def text(entries, cases="", compiler=None):
    """Each case whose name matches, with the commits at which its count moved, the first and the last one."""
    lines = []
    for name in dict.fromkeys((e["compiler"], case) for e in entries for case in e["instructions"]):
        if not re.search(cases, name[1]) or compiler not in (None, name[0]):
            continue
        lines.append(f"{name[1]} ({name[0]})")
        seen = [e for e in entries if e["compiler"] == name[0] and name[1] in e["instructions"]]
        before = None
        for e in seen:
            now = e["instructions"][name[1]]
            moved = before is None or abs(now - before) > MOVED * before
            if moved or e is seen[-1]:
                change = "" if before is None else f"  {now / before - 1:+.2%}"
                lines.append(f"  {e['date']}  {e['commit']}  {now:>11}{change}")
            if moved:
                before = now
    return "\n".join(lines) + "\n" if lines else "no count is recorded: --record adds those of a commit\n"
