"""The figure that an experiment names in its first lines, drawn by its own script.

A scenario file says `# Figure: analysis/fig_NAME.py, with OTHER.toml.` The script takes the results files in the order of
their names, and then the figure. Those of the others are looked for beside this one, as OTHER.h5.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def named_by(config):
    """(script, stems of the other results files), or None where the scenario names no figure."""
    comments = " ".join(line.lstrip("#").strip() for line in config.splitlines() if line.startswith("#"))
    found = re.search(r"Figure:\s+analysis/(fig_\w+\.py)(.*?)(?:;|\.\s|\.?$)", comments)
    if not found:
        return None
    return found[1], re.findall(r"(\w+)\.toml", found[2])


def draw(config, path):
    """(the figure as text that begins with "<svg", "") or (None, why there is none); (None, "") where none is named."""
    named = named_by(config)
    if not named:
        return None, ""
    script, others = named
    path = pathlib.Path(path)
    inputs = {path.stem: path, **{stem: path.with_name(f"{stem}.h5") for stem in others}}
    absent = [p.name for p in inputs.values() if not p.exists()]
    if absent:
        return None, f"analysis/{script} draws this experiment with {', '.join(absent)}, which is not beside this file."
    if not (HERE / script).exists():
        return None, f"analysis/{script}, which the scenario names, is not here."
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "figure.svg"
        done = subprocess.run([sys.executable, HERE / script, *(inputs[stem] for stem in sorted(inputs)), out],
                              capture_output=True, text=True)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
            return None, f"analysis/{script} cannot draw this file: {last}"
        text = out.read_text(encoding="utf-8")
    return text[text.index("<svg"):], ""
