"""The training text and its held-out end, from the data pack that the environment variable ORRERY_DATA points to."""
import gzip
import os
import sys
from pathlib import Path

FILE = "text/tinyshakespeare.txt.gz"
HELD_OUT_SHARE = 0.05


def fail(message):
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(2)


def read():
    root = os.environ.get("ORRERY_DATA")
    if not root:
        fail(f"ORRERY_DATA is not set: it must name the data pack's folder, the one that holds {FILE}")
    path = Path(root) / FILE
    try:
        with gzip.open(path) as f:
            return f.read().decode("ascii")  # plain ASCII, so that characters and bytes count alike
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        fail(f"cannot read {path}: {problem}")


def split(text):
    """(train, held out): the last 5 %, moved on to the start of the next speech so that no sentence is cut."""
    cut = text.index("\n\n", int(len(text) * (1 - HELD_OUT_SHARE))) + 2
    return text[:cut], text[cut:]
