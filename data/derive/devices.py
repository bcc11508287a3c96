#!/usr/bin/python3
"""Writes data/devices.toml: vendor peaks from the tables of the data pack (and the sources named below), efficiencies
fitted to measured llama.cpp speeds, shares from the Steam hardware survey.

  ORRERY_DATA=... python3 data/derive/devices.py > data/devices.toml
"""
import csv
import gzip
import os
import re
import statistics

PACK = os.environ["ORRERY_DATA"]

# Llama 3: parameters that one decoded token reads (the embedding is looked up, not read), and bytes a parameter takes in
# the measured files: F16, and Q4_K_M (file sizes 4.92 GB and 42.52 GB over 8.03 G and 70.55 G parameters, Hugging Face).
MODELS = {"Llama-3-8B": dict(read=8.030e9 - 0.525e9, layers=32, hidden=4096, matrices=6.979e9),
          "Llama-3-70B": dict(read=70.554e9 - 1.051e9, layers=80, hidden=8192, matrices=68.45e9)}
BYTES = {("Llama-3-8B", "F16"): 2.0, ("Llama-3-70B", "F16"): 2.0,
         ("Llama-3-8B", "Q4_K_M"): 4.92 / 8.03, ("Llama-3-70B", "Q4_K_M"): 42.52 / 70.55}


def rows(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(os.path.join(PACK, path), "rt", encoding="utf-8") as f:
        return list(csv.DictReader(f))


BENCH = [dict(r, device=r["device"].replace("\u2011", "-")) for r in rows("hw/llama3_llamacpp_bench.csv")]


def measured(metric, device, count):
    return {(r["model"], r["quant"]): float(r["tokens_per_s"]) for r in BENCH
            if r["metric"] == metric and r["device"] == device and int(r["n_devices"]) == count}


def fit_decode(points, bandwidth):
    """Least squares of relative error for time = bytes / (e * bandwidth) + layers * overhead, with 0 < e <= 1, overhead >= 0.
    A single point cannot tell the two apart: the overhead is then taken as none."""
    data = [(MODELS[m]["read"] * BYTES[m, q] / bandwidth, MODELS[m]["layers"], 1 / speed) for (m, q), speed in points.items()]
    aa = sum((a / t) ** 2 for a, _, t in data)
    bb = sum((b / t) ** 2 for _, b, t in data)
    ab = sum(a * b / t / t for a, b, t in data)
    a1 = sum(a / t for a, _, t in data)
    b1 = sum(b / t for _, b, t in data)
    inverse, overhead = a1 / aa, 0.0
    if len(data) > 1:
        det = aa * bb - ab * ab
        free_inverse, free_overhead = (a1 * bb - b1 * ab) / det, (b1 * aa - a1 * ab) / det
        if free_overhead >= 0:
            inverse, overhead = free_inverse, free_overhead
    if inverse < 1:  # faster than the memory: the bound holds, the overhead takes what is left
        inverse = 1.0
        overhead = max(0.0, (b1 - ab) / bb)
    return 1 / inverse, overhead


def prefill_rate(device):
    """Best flop/s over the quantisations on one device: 1024-token prompts, so 512 pairs a token on average."""
    best = 0
    for (model, _), speed in measured("prefill", device, 1).items():
        m = MODELS[model]
        flops = 2 * m["matrices"] + 4 * m["hidden"] * 512 * m["layers"]
        best = max(best, flops * speed)
    return best


def stage_overhead(device):
    """Time that each further device adds to a token in llama.cpp's layer split, over all model and quantisation pairs."""
    single = measured("decode", device, 1)
    added = []
    for count in (2, 4, 6, 8):
        for key, speed in measured("decode", device, count).items():
            if key in single:
                added.append((1 / speed - 1 / single[key]) / (count - 1))
    return max(0.0, statistics.median(added)) if added else None


EPOCH = {r["Hardware name"]: r for r in rows("hw/epoch_ml_hardware.csv.gz")}
WIKI = {r["name"]: r for r in rows("hw/gpu_nvidia_desktop_wikipedia.csv")}
STEAM = [r for r in rows("hw/steam_hw_survey_2025-04_2026-04.csv")
         if r["date"] == "2026-04-01" and r["category"] == "Video Card Description"]


def steam(pattern):
    return sum(float(r["percentage"]) for r in STEAM if pattern and re.search(pattern, r["name"]))


def epoch(row, fp16, bf16, int8, int4, memory):
    r = EPOCH[row]
    number = lambda key: float(r[key]) / 1e12
    return dict(fp32=number("FP32 (single precision) performance (FLOP/s)"), fp16=fp16, bf16=bf16, int8=int8, int4=int4,
                memory=memory, bandwidth=float(r["Memory bandwidth (byte/s)"]) / 1e9, tdp=float(r["TDP (W)"]),
                source=f"Epoch AI, Machine Learning Hardware ('{row}', CC BY 4.0) and NVIDIA's data sheet")


def geforce(row, kind):
    """Tensor rates of GeForce Ampere and Ada are fixed multiples of the shader rate (NVIDIA GA102 and Ada whitepapers:
    fp16 4x with fp16 accumulation, bf16 2x, int8 8x, int4 16x). TU116 has no tensor cores but double-rate fp16 and dp4a,
    GP102 dp4a alone."""
    r = WIKI[row]
    f = float(r["fp32_tflops_derived"])
    ratio = {"tensor": (4, 2, 8, 16), "tu116": (2, 1, 4, 4), "gp102": (1, 1, 4, 4)}[kind]
    return dict(fp32=f, fp16=ratio[0] * f, bf16=ratio[1] * f, int8=ratio[2] * f, int4=ratio[3] * f, memory=float(r["mem_gb"]),
                bandwidth=float(r["mem_bw_GBs"]), tdp=float(r["tdp_w"]),
                source=f"Wikipedia, List of Nvidia GPUs ('{row}': 2 x cores x boost clock); NVIDIA whitepaper for the ratios")


def plain(fp32, fp16, bf16, int8, int4, memory, bandwidth, tdp, source):
    return dict(fp32=fp32, fp16=fp16, bf16=bf16, int8=int8, int4=int4, memory=memory, bandwidth=bandwidth, tdp=tdp,
                source=source)


def apple(cores, ghz, memory, bandwidth, tdp, power):
    f = cores * 128 * 2 * ghz / 1e3
    return plain(f, f, f, f, f, memory, bandwidth, tdp,
                 f"{cores} GPU cores x 128 ALUs x 2 x {ghz} GHz, one rate for all types (Apple's specifications; "
                 f"philipturner/metal-benchmarks); memory: what Metal lets a process use of it; power: {power}")


# name, what, specification, device in the llama.cpp table or group or own measurement, Steam pattern
T, N = "tensor", "no tensor cores"
DEVICES = [
    ("h100-sxm", "NVIDIA H100 SXM5 80 GB", epoch("NVIDIA H100 SXM5 80GB", 989.4, 989.4, 1979, 1979, 80), "H100 PCIe 80GB", ""),
    ("h100-pcie", "NVIDIA H100 PCIe 80 GB", epoch("NVIDIA H100 PCIe", 756, 756, 1513, 1513, 80), "H100 PCIe 80GB", ""),
    ("a100-80", "NVIDIA A100 SXM4 80 GB", epoch("NVIDIA A100 SXM4 80 GB", 312, 312, 624, 1248, 80), "A100 SXM 80GB", ""),
    ("a100-40", "NVIDIA A100 SXM4 40 GB", epoch("NVIDIA A100 SXM4 40 GB", 312, 312, 624, 1248, 40), "A100 SXM 80GB", ""),
    ("a40", "NVIDIA A40 48 GB", epoch("NVIDIA A40 PCIe", 149.7, 149.7, 299.3, 598.7, 48), "A40 48GB", ""),
    ("v100-16", "NVIDIA Tesla V100 SXM2 16 GB", epoch("NVIDIA Tesla V100 SXM2", 125, 15.67, 125, 125, 16), T, ""),
    ("l4", "NVIDIA L4 24 GB", epoch("NVIDIA L4", 121, 121, 242, 484, 24), T, ""),
    ("t4", "NVIDIA Tesla T4 16 GB", epoch("NVIDIA Tesla T4", 65.1, 8.141, 130, 260, 16), T, ""),
    ("rtx-4090", "NVIDIA GeForce RTX 4090 24 GB", geforce("GeForce RTX 4090", T), "4090 24GB", r"RTX (4090|5090)"),
    ("rtx-4080", "NVIDIA GeForce RTX 4080 16 GB", geforce("GeForce RTX 4080", T), "4080 16GB", r"RTX (4080|5080)"),
    ("rtx-4070", "NVIDIA GeForce RTX 4070 12 GB", geforce("GeForce RTX 4070", T), T, r"RTX (4070|5070)|RX 7800|RX 6700"),
    ("rtx-4060", "NVIDIA GeForce RTX 4060 8 GB", geforce("GeForce RTX 4060", T), T, r"RTX (4060|5060|4050)|RX 7600"),
    ("rtx-3090", "NVIDIA GeForce RTX 3090 24 GB", geforce("GeForce RTX 3090", T), "3090 24GB", r"RTX 3090|RX 7900"),
    ("rtx-3070", "NVIDIA GeForce RTX 3070 8 GB", geforce("GeForce RTX 3070", T), "3070 8GB", r"RTX (3070|3080|2080)"),
    ("rtx-3060", "NVIDIA GeForce RTX 3060 12 GB", geforce("GeForce RTX 3060 12 GB", T), T, r"RTX (3060|3050|2060|2070)|RX 6600"),
    ("gtx-1660s", "NVIDIA GeForce GTX 1660 Super 6 GB", geforce("GeForce GTX 1660 Super", "tu116"), N,
     r"GTX (1660|1650|1060|1050)|RX 5[78]0"),
    ("gtx-1080ti", "NVIDIA GeForce GTX 1080 Ti 11 GB", geforce("GeForce GTX 1080 Ti", "gp102"), N, r"GTX (1080|1070)"),
    ("m1", "Apple M1, 7 GPU cores, 8 GB", apple(7, 1.278, 5.3, 68.3, 39, "Mac mini, Apple support 103253"),
     "M1 7-Core GPU 8GB", r"Apple M"),
    ("m1-max", "Apple M1 Max, 32 GPU cores, 64 GB", apple(32, 1.296, 48, 400, 115, "Mac Studio 2022, Apple support 102027"),
     "M1 Max 32-Core GPU 64GB", ""),
    ("m2-ultra", "Apple M2 Ultra, 76 GPU cores, 192 GB",
     apple(76, 1.398, 144, 800, 295, "Mac Studio 2023, Apple support 102027"), "M2 Ultra 76-Core GPU 192GB", ""),
    ("m3-max", "Apple M3 Max, 40 GPU cores, 64 GB", apple(40, 1.38, 48, 400, 140, "the MacBook Pro's power adapter"),
     "M3 Max 40-Core GPU 64GB", ""),
    ("laptop-780m", "laptop: AMD Ryzen 7 8840U with Radeon 780M, 32 GB LPDDR5-6400",
     plain(8.29, 16.6, 16.6, 16.6, 16.6, 16, 102.4, 28,
           "AMD: 12 CU x 64 x 2 (dual issue) x 2 x 2.7 GHz, packed fp16 twice; half of memory for the GPU"),
     dict(decode=16.31, prefill=253.57, source="brand-o/normiebench issue 10 (llama.cpp Vulkan, Llama 3.1 8B Q4_K_M)"),
     r"Radeon(\(TM\)| \(TM\))? Graphics|Iris|UHD|Intel\(R\) Graphics|Vega"),
    ("cpu-8", "desktop: AMD Ryzen 7 7700X, 8 cores, 32 GB DDR5-5200",
     plain(1.152, 1.152, 2.304, 4.608, 4.608, 32, 83.2, 105,
           "AMD: 8 cores x 4.5 GHz base x 32 flop a cycle (Zen 4, AVX-512 in two halves), bf16 twice, VNNI int8 four times"),
     dict(decode=6.51, prefill=35.43, bandwidth=42.7, fp16=6 * 4.4 * 32 / 1e3,
          source="brand-o/normiebench issue 34: Core i5-9500, 6 x 4.4 GHz x 32 flop, DDR4-2666 (llama.cpp CPU, "
                 "Llama 3.1 8B Q4_K_M); assumed alike"), ""),
    ("pi-5", "Raspberry Pi 5, 4 x Cortex-A76, 8 GB",
     plain(0.1536, 0.3072, 0.1536, 0.6144, 0.6144, 8, 17.1, 13,
           "Arm Cortex-A76: 4 x 2.4 GHz x 2 pipes x 128 bit (fp16 and int8 dot products doubled), LPDDR4X-4267 x 32 bit; "
           "power: geerlingguy/ai-benchmarks issue 24"),
     dict(bandwidth_efficiency=10.25 / 17.07, rate=8.10 * 2 * 6.61e9,
          source="ggml-org/llama.cpp issue 26484 (decode 10.25 GB/s) and pull request 6928 (Llama 2 7B Q4_0, 8.10 prompt "
                 "token/s)"), ""),
]


def own_fit(spec, m):
    key = ("Llama-3-8B", "Q4_K_M")
    bandwidth = m.get("bandwidth", spec["bandwidth"])
    if "rate" in m:
        return m["rate"] / (spec["fp16"] * 1e12), m["bandwidth_efficiency"], 0.0, m["source"]
    model = MODELS["Llama-3-8B"]
    rate = m["prefill"] * (2 * model["matrices"] + 4 * model["hidden"] * 256 * model["layers"])
    e, overhead = fit_decode({key: m["decode"]}, bandwidth * 1e9)
    return rate / (m.get("fp16", spec["fp16"]) * 1e12), e, overhead, m["source"]


def fits():
    """Compute efficiency, bandwidth efficiency, overhead a block, source; then the medians for devices nobody measured."""
    found = {}
    for name, _, spec, how, _ in DEVICES:
        if isinstance(how, dict):
            found[name] = own_fit(spec, how)
        elif how not in (T, N):
            pcie = name == "h100-sxm"  # measured on the PCIe card, whose peaks count
            against = next(d[2] for d in DEVICES if d[0] == "h100-pcie") if pcie else spec
            if name == "a100-40":
                against = next(d[2] for d in DEVICES if d[0] == "a100-80")
            points = measured("decode", how, 1)
            e, overhead = fit_decode(points, against["bandwidth"] * 1e9)
            found[name] = (prefill_rate(how) / (against["fp16"] * 1e12), e, overhead,
                           f"llama.cpp on '{how}' (XiongjieDai/GPU-Benchmarks-on-LLM-Inference), {len(points)} decode points")
    cuda = ("h100-pcie", "a100-80", "a40", "rtx-4090", "rtx-4080", "rtx-3090")
    shaders = ("m1-max", "m2-ultra", "m3-max")
    middle = [statistics.median(found[m][i] for m in cuda) for i in range(3)]
    shader_compute = statistics.median(found[m][0] for m in shaders)
    for name, _, _, how, _ in DEVICES:
        if how == T:
            found[name] = (*middle, f"not measured: median of {', '.join(cuda)}")
        elif how == N:
            found[name] = (shader_compute, *middle[1:], f"not measured: compute is the median of {', '.join(shaders)} (no "
                           f"matrix units either), the rest of {', '.join(cuda)}")
    # One point cannot tell overhead from bandwidth: the overhead is the other CUDA devices'.
    compute, _, _, fit = found["rtx-3070"]
    spec = next(d[2] for d in DEVICES if d[0] == "rtx-3070")
    model, key = MODELS["Llama-3-8B"], ("Llama-3-8B", "Q4_K_M")
    left = 1 / measured("decode", "3070 8GB", 1)[key] - model["layers"] * middle[2]
    found["rtx-3070"] = (compute, model["read"] * BYTES[key] / left / (spec["bandwidth"] * 1e9), middle[2],
                         fit + f", block overhead the median of {', '.join(cuda)}")
    return found


def main():
    found = fits()
    staged = {d[0]: stage_overhead(d[3]) for d in DEVICES if isinstance(d[3], str)}
    typical = statistics.median(s for s in staged.values() if s is not None)
    print("""# Device classes. Written by data/derive/devices.py; do not edit.
#
# fp32 .. int4    peak flop/s (dense; a type that is not accelerated has the rate of the type it is widened to)
# memory          bytes for weights and KV cache; memory_bandwidth in byte/s
# compute_efficiency, bandwidth_efficiency, block_overhead_s
#                 fitted to llama.cpp's speeds, `fit` says to which: prefill reaches compute_efficiency x fp16; a decoded
#                 token takes bytes / (bandwidth_efficiency x memory_bandwidth) + layers x block_overhead_s
# stage_overhead_s  what each further device adds to a token in llama.cpp's layer split over several devices of one
#                 machine (median over its points; of all devices where there are none). A server on a network adds its own.
# share           of consumers' machines, Steam Hardware Survey of April 2026, cards counted to the nearest class (the rest
#                 of Steam's list is left out); the weight in the default population, 0: not in it
""")
    for name, what, s, _, pattern in DEVICES:
        compute, bandwidth, block, fit = found[name]
        assert 0 < compute <= 1 and 0 < bandwidth <= 1, (name, compute, bandwidth)
        stage = staged.get(name)
        print("[[device]]")
        print(f'name = "{name}"\nwhat = "{what}"')
        for key in ("fp32", "fp16", "bf16", "int8", "int4"):
            print(f"{key} = {s[key]:.4g}e12")
        print(f"memory = {s['memory']:.4g}e9\nmemory_bandwidth = {s['bandwidth']:.5g}e9")
        print(f"compute_efficiency = {compute:.3f}\nbandwidth_efficiency = {bandwidth:.3f}")
        print(f"block_overhead_s = {block:.2e}\nstage_overhead_s = {stage if stage is not None else typical:.2e}")
        print(f"tdp_w = {s['tdp']:g}\nshare = {steam(pattern):.4f}")
        print(f'fit = "{fit}"\nsource = "{s["source"]}"\n')


main()
