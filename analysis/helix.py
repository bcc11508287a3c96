"""Helix' public single-cluster data as profiles and scenarios of Orrery.

Reads the authors' own formats: profiles/MODEL/GPU/{prompt,decode}_bs2time.csv (tokens in a batch, milliseconds of one
layer), and *_sol.ini placements. Source: github.com/Thesys-lab/Helix-ASPLOS25 at 148b733 (Mei et al., ASPLOS 2025). What
the tables below hold are facts of that repository: KV blocks of 16 tokens and batch caps by the number of layers hosted.
"""

import ast
import configparser
import csv
import gzip
import pathlib
import random

import numpy as np

PROMPT, OUTPUT = 750, 240  # what their planner takes for the mean request
DRAWS = 10000  # requests, more than 11 minutes of the cluster can serve

GPUS = ("a100", "l4", "t4")
DEVICE = {"a100": "a100-40", "l4": "l4", "t4": "t4"}  # for what a profile does not say
CLUSTER = {"a100": 4, "l4": 8, "t4": 12}

# A node sends its outputs to the next node alone, unless the router wants to hear of each (SWARM's moving averages) or lost
# parts are to be rebuilt, which nothing here loses: hence the failover policies below.
# Their planner was run without partial inference: work enters a node at its first layer. Their scheduler drops a request
# for which there is no KV memory now (reject_query in query_manager.py).
ROUTING = {"helix": 'policy = "helix"\nmidway = false', "swarm": 'policy = "swarm"'}

MODELS = {
    "70b": {
        "folder": "llama2_70b",
        "name": "llama-2-70b",
        "layers": 80,
        "activation": 16384,  # bytes a token
        "kv_blocks": {
            "a100": (498326, 236107, 148700, 104997, 78775, 61294, 48807, 39442, 32158, 26331, 21564, 17591),
            "l4": (266146, 121017, 71296, 46944, 32333, 22592, 15634),
            "t4": (155320, 63484, 32872, 17566),
        },
        "max_prompts": {"a100": 3, "l4": 1, "t4": 1},
        "max_decodes": {"a100": (480,) * 9 + (450, 380, 300), "l4": (380,) * 6 + (280,), "t4": (300,) * 4},
        "speed": {"a100": 80.0, "l4": 20.0, "t4": 12.5},
        "typical": ({"a100": 8, "l4": 4, "t4": 3}, {"a100": 12, "l4": 7, "t4": 4}),
    },
    "30b": {
        "folder": "llama1_30b",
        "name": "llama-30b",
        "layers": 60,
        "activation": 13312,
        "kv_blocks": {
            "a100": (80613, 39046, 25190, 18263, 14106, 11335, 9355, 7871, 6716, 5792, 5037, 4407, 3874, 3417, 3021, 2675,
                     2369, 2097),
            "l4": (41191, 19335, 12050, 8407, 6221, 4764, 3724, 2943, 2336, 1850, 1453),
            "t4": (26849, 12164, 7269, 4821, 3353, 2374, 1675),
        },
        "max_prompts": {"a100": 3, "l4": 3, "t4": 1},
        "max_decodes": {
            "a100": (360, 360, 360, 320, 250, 200, 160, 140, 120, 100, 90, 80, 70, 60, 50, 45, 40, 35),
            "l4": (360, 340, 210, 150, 110, 80, 60, 50, 40, 30, 25),
            "t4": (300, 220, 130, 80, 60, 40, 30),
        },
        "speed": {"a100": 48.0, "l4": 9.0, "t4": 8.0},
        "typical": ({"a100": 12, "l4": 8, "t4": 4}, {"a100": 18, "l4": 11, "t4": 7}),
    },
}  # fmt: skip


def read_times(path):
    """Tokens in a batch and seconds of one layer."""
    with open(path, newline="") as file:
        rows = [(float(a), float(b) / 1000) for a, b in csv.reader(file)]
    return [t for t, _ in rows], [s for _, s in rows]


def read_placement(path):
    """{node: (begin, end)} with nodes numbered from 0."""
    ini = configparser.ConfigParser()
    with open(path) as file:
        ini.read_file(file)
    offset = ini.getint("Settings", "offset")
    placement = {}
    for name, text in ini["Solution"].items():
        layers = ast.literal_eval(text)
        if not layers:
            continue
        if layers != list(range(layers[0], layers[-1] + 1)):
            raise ValueError(f"{path}: {name} does not host consecutive layers")
        placement[int(name.rsplit("_", 1)[1]) - offset] = (layers[0], layers[-1] + 1)
    return placement


def read_machines(path):
    """GPU of each node, in their order, of a generated cluster."""
    ini = configparser.ConfigParser()
    with open(path) as file:
        ini.read_file(file)
    sections = sorted((s for s in ini.sections() if s.startswith("ComputeNode-")), key=lambda s: int(s.split("-")[1]))
    return [ini[s]["type"].lower() for s in sections]


def planned_rates(model, times, cluster):
    """Tokens per second that their planner counts on, by GPU and layers hosted (README of the data, "Node capacity")."""
    m = MODELS[model]
    typical, most = m["typical"]
    if sum(typical[g] * n for g, n in cluster.items()) < 1.2 * m["layers"]:
        typical = most

    def rate(gpu, layers, speeds):
        mean = sum(n * typical[g] / speeds[g] for g, n in cluster.items())
        mean /= sum(n * typical[g] for g, n in cluster.items())
        own = layers / speeds[gpu]
        share = own / ((m["layers"] - layers) * mean + own)  # of a token's way that is spent here
        entries = 0.3 * 16 * m["kv_blocks"][gpu][layers - 1]  # for one layer
        sessions = entries / (PROMPT + OUTPUT) * share
        decodes, prompts = round(sessions), sessions / OUTPUT
        (pt, ps), (dt, ds) = times[gpu]["prompt"], times[gpu]["decode"]
        if prompts >= 1:
            prompt = round(prompts * PROMPT)
            seconds = layers * (np.interp(prompt, pt, ps) + np.interp(decodes, dt, ds))
            return (prompt + decodes) / seconds
        # A prompt comes whole, once in 1 / prompts iterations.
        prompt = int(round(prompts * PROMPT) / prompts)
        seconds = layers * (np.interp(prompt, pt, ps) + np.interp(decodes, dt, ds) / prompts)
        return (round(prompts * PROMPT) + decodes) / prompts / seconds

    speeds = dict(m["speed"])
    for _ in range(10):
        speeds = {g: rate(g, typical[g], speeds) * typical[g] for g in cluster}
    return {g: [float(rate(g, n, speeds)) for n in range(1, most[g] + 1)] for g in cluster}


def numbers(values):
    return "[" + ", ".join(repr(float(v)) for v in values) + "]"


def profiles(folder, model, cluster):
    """The [[profile]] tables of a model on the GPUs of a cluster."""
    m = MODELS[model]
    times = {}
    for gpu in cluster:
        base = folder / "profiles" / m["folder"] / gpu
        times[gpu] = {phase: read_times(base / f"{phase}_bs2time.csv") for phase in ("prompt", "decode")}
    rates = planned_rates(model, times, cluster)
    text = ""
    for gpu in cluster:
        (pt, ps), (dt, ds) = times[gpu]["prompt"], times[gpu]["decode"]
        # One decode step costs twice its interpolated value: as much as two.
        lone = 2 * float(np.interp(1, dt, ds))
        blocks = m["kv_blocks"][gpu]
        text += f'[[profile]]\nname = "{gpu}"\n'
        text += f"prompt_tokens = {numbers(pt)}\nprompt_s = {numbers(ps)}\n"
        text += f"decode_tokens = {numbers([0, 1, *dt[1:]])}\ndecode_s = {numbers([0, lone, *ds[1:]])}\n"
        text += f"kv_tokens = {numbers(16 * b * n for n, b in enumerate(blocks, 1))}\n"
        text += f"max_prompts = {numbers([m['max_prompts'][gpu]] * len(blocks))}\n"
        text += f"max_prompt_tokens = {numbers([2048 * m['max_prompts'][gpu]] * len(blocks))}\n"
        text += f"max_decodes = {numbers(m['max_decodes'][gpu])}\n"
        text += f"max_decode_context = {numbers(1000 * n for n in m['max_decodes'][gpu])}\n"
        text += f"tokens_per_s = {numbers(rates[gpu])}\n\n"
    return text


def write_trace(folder, out):
    """Request lengths in our format, in the order in which their sampler draws them; arrivals are not used.

    It draws rows with Python's generator seeded with 0 (length_sampler.py), so the k-th request of a run of ours is that of
    theirs. Theirs count decode iterations, ours tokens: the first comes with the prompt.
    """
    with gzip.open(folder / "azure_conv_lengths.csv.gz", "rt") as source:
        rows = list(csv.DictReader(source))
    draw = random.Random(0)
    with open(out, "w") as target:
        target.write("arrival_s,prompt_tokens,output_tokens\n")
        for _ in range(DRAWS):
            row = rows[draw.randint(0, len(rows) - 1)]
            target.write(f"0,{row['input_tokens']},{int(row['output_tokens']) + 1}\n")


def scenario(folder, work, model, gpus, placement, routing, feed, seconds):
    """Writes profiles, lengths and a scenario into `work`; returns the scenario's path.

    gpus: of each node. placement: {node: (begin, end)}, or the text of a [sharding] section. feed: (initial, load).
    """
    m = MODELS[model]
    cluster = {g: gpus.count(g) for g in GPUS if g in gpus}
    work = pathlib.Path(work)
    (work / "profiles.toml").write_text(profiles(folder, model, cluster))
    write_trace(folder, work / "lengths.csv")
    nodes = ", ".join(
        f'{{ device = "{DEVICE[g]}", profile = "{g}", blocks = {len(m["kv_blocks"][g])} }}' for g in gpus
    )
    if not isinstance(placement, str):
        spans = ", ".join(f"{{ node = {n}, begin = {b}, end = {e} }}" for n, (b, e) in sorted(placement.items()))
        placement = f'policy = "fixed"\nspans = [{spans}]'
    initial, load = feed
    path = work / "scenario.toml"
    path.write_text(f"""\
[experiment]
name = "helix {model}"
max_time_s = {seconds}
sample_period_s = 1
[model]
name = "{m['name']}"
[swarm]
node = [{nodes}]
announce_period_s = 100000
view_refresh_s = 100000
[network]
kind = "uniform"
rtt_ms = 2
bandwidth_mbit = 80000
link_mbit = 8000
client_bandwidth_mbit = 80000
jitter = 0
nat_share = 0
message_overhead_bytes = 0
[workload]
arrival = "closed"
clients = 1
requests = 100000
in_flight = {initial}
feed_gap_s = 0.1
feed_load = {load}
lengths = "trace"
trace = "{work / 'lengths.csv'}"
trace_order = "written"
[serving]
batching = "layer"
prefill_chunk = 65535
kv_admission = "grow"
cache_tokens = 1
memory_reserve_gib = 0
client_device = "h100-sxm"
connect_timeout_s = 100
step_timeout_s = 100000
request_timeout_s = 100000
max_attempts = {0 if routing == "helix" else 1000000}
max_backoff_s = 1
[execution]
hop_overhead_s = 0
profiles = "{work / 'profiles.toml'}"
# Concatenation at 4 GB/s, then transfer at 5 GB/s.
client_head_ms = 1e-6
entry_rate = {1 / (1 / 4e9 + 1 / 5e9)}
[rebalancing]
policy = "never"
[sharding]
{placement}
[failover]
policy = "{"replay" if routing == "swarm" else "restart"}"
[routing]
{ROUTING[routing]}
""")
    return path


def decode_rate(results, begin, end):
    """Decode iterations that end in [begin, end) per second: tokens less the first of each request."""
    edges = results.timeline_of(0)["time"]
    inside = (edges >= begin) & (edges < end)
    tokens = float(np.sum(results.timeline_of(0)["tokens_per_s"][inside]))
    first = results.request["arrival"] + results.request["ttft"]
    firsts = int(np.sum((first >= begin) & (first < end)))
    return (tokens - firsts) / (end - begin)
