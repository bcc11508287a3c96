#!/usr/bin/python3
"""Writes data/lengths.toml: quantiles of prompt and output lengths of three traces, with their rank correlation.

  ORRERY_DATA=... python3 data/derive/lengths.py > data/lengths.toml
"""
import csv
import gzip
import os

WORKLOAD = os.path.join(os.environ["ORRERY_DATA"], "workload")
GRID = [0, .005, .01, .02, .03, .05, .075] + [i / 40 for i in range(4, 38)] + [.94, .95, .96, .97, .98, .99, .995, .998, 1]
TABLES = [
    ("azure_conv_2023", "chat of Azure's language model services, 2023-11-16", "azure2023_conv.csv.gz", "ContextTokens",
     "GeneratedTokens", "Azure/AzurePublicDataset AzureLLMInferenceTrace_conv (CC BY 4.0); Patel et al., Splitwise, ISCA 2024"),
    ("sharegpt", "ShareGPT conversations, 300 requests", "sharegpt300_lengths.csv", "input_toks", "output_toks",
     "casys-kaist/LLMServingSim (MIT)"),
    ("arxiv", "summaries of arXiv papers", "vidur_arxiv_summarization.csv.gz", "num_prefill_tokens", "num_decode_tokens",
     "microsoft/vidur (MIT), arXiv-Summarization cut to 4096 tokens; Agrawal et al., Vidur, MLSys 2024"),
]


def read(path, *columns):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(os.path.join(WORKLOAD, path), "rt") as f:
        rows = list(csv.DictReader(f))
    return [[int(r[c]) for r in rows] for c in columns]


def ranks(values):
    """Ranks from 0, ties averaged."""
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    i = 0
    while i < len(order):
        j = i
        while j < len(order) and values[order[j]] == values[order[i]]:
            j += 1
        for k in order[i:j]:
            result[k] = (i + j - 1) / 2
        i = j
    return result


def spearman(x, y):
    a, b = ranks(x), ranks(y)
    mean = (len(a) - 1) / 2
    top = sum((p - mean) * (q - mean) for p, q in zip(a, b))
    return top / (sum((p - mean) ** 2 for p in a) * sum((q - mean) ** 2 for q in b)) ** 0.5


def quantile(ordered, p):
    at = p * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def print_quantiles(key, values):
    ordered = sorted(values)
    cells = [f"[{p:g}, {quantile(ordered, p):.6g}]" for p in GRID]
    print(f"{key} = [\n" + ",\n".join("  " + ", ".join(cells[i:i + 8]) for i in range(0, len(cells), 8)) + "\n]")


print("""# Lengths of prompts and outputs in tokens. Written by data/derive/lengths.py; do not edit.
#
# Quantiles are [probability, tokens], straight lines in between; rank_correlation is Spearman's, prompt against output.
""")
for name, what, path, prompt, output, source in TABLES:
    p, o = read(path, prompt, output)
    print(f'[[lengths]]\nname = "{name}"\nwhat = "{what}"\nsource = "{source}"')
    print(f"requests = {len(p)}\nrank_correlation = {spearman(p, o):.4f}")
    print_quantiles("prompt", p)
    print_quantiles("output", o)
    print()
