"""Recomputes data/model/reference.json's small numbers from the files alone, with NumPy: no PyTorch, no data pack.

`python3 data/train/check.py [FOLDER]`. A second reading of the formats, in fp64, by other code than the export's.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np

import tokenizer

TOLERANCE = 2e-5  # nats; fp32 rounding of 12 layers comes to some 2e-6


def read_safetensors(path):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            high_half = np.frombuffer(data[begin:end], "<u2").astype(np.uint32) << 16  # bf16 is fp32's upper half
            tensors[name] = high_half.view(np.float32).astype(np.float64).reshape(entry["shape"])
    return tensors


def rms_norm(x, weight, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * weight


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def logits(config, tensors, ids):
    dim, eps = config["head_dim"], config["rms_norm_eps"]
    group = config["num_attention_heads"] // config["num_key_value_heads"]
    angles = np.outer(np.arange(len(ids)), config["rope_theta"] ** (-np.arange(0, dim, 2) / dim))
    cos, sin = np.cos(angles), np.sin(angles)

    def turned(heads):
        a, b = heads[..., :dim // 2], heads[..., dim // 2:]
        return np.concatenate((a * cos - b * sin, b * cos + a * sin), -1)

    x = tensors["model.embed_tokens.weight"][ids]
    for n in range(config["num_hidden_layers"]):
        w = lambda name: tensors[f"model.layers.{n}.{name}.weight"]
        y = rms_norm(x, w("input_layernorm"), eps)
        q, k, v = ((y @ w(f"self_attn.{p}_proj").T).reshape(len(ids), -1, dim).swapaxes(0, 1) for p in "qkv")
        q, k, v = turned(q), np.repeat(turned(k), group, 0), np.repeat(v, group, 0)
        scores = q @ k.swapaxes(1, 2) / np.sqrt(dim) + np.triu(np.full((len(ids),) * 2, -np.inf), 1)
        x = x + (softmax(scores) @ v).swapaxes(0, 1).reshape(len(ids), -1) @ w("self_attn.o_proj").T
        y = rms_norm(x, w("post_attention_layernorm"), eps)
        gate = y @ w("mlp.gate_proj").T
        x = x + (gate / (1 + np.exp(-gate)) * (y @ w("mlp.up_proj").T)) @ w("mlp.down_proj").T
    return rms_norm(x, tensors["model.norm.weight"], eps) @ tensors["model.embed_tokens.weight"].T


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "model")
    config, reference = (json.loads((folder / name).read_text("utf-8")) for name in ("config.json", "reference.json"))
    tensors, coder = read_safetensors(folder / "model.safetensors"), tokenizer.load(folder / "tokenizer.json")
    excerpt = (folder / "heldout.txt").read_text("ascii")
    ids = coder.encode(excerpt)
    failures = []

    def expect(what, ok):
        print("ok  " if ok else "FAIL", what)
        failures.extend([] if ok else [what])

    def log_p(window):
        return np.log(softmax(logits(config, tensors, window[:-1])))[np.arange(len(window) - 1), window[1:]]

    expect("tokens of the first 512 bytes", coder.encode(excerpt[:512]) == reference["tokens_of_first_512_bytes"])
    expect("tokenizer cases", all(coder.encode(c["text"]) == c["ids"] for c in reference["tokenizer_cases"]))
    expect("round trip", coder.decode(ids) == excerpt and len(ids) == reference["excerpt"]["tokens"])
    difference = np.abs(log_p(ids[:65]) - reference["log_probabilities"]["values"]).max()
    expect(f"log-probabilities, largest difference {difference:.1e}", difference < TOLERANCE)
    window = reference["excerpt"]["window_tokens"]
    nats = -np.mean([log_p(ids[i:i + window]).mean() for i in range(0, len(ids) - window + 1, window)])
    expect(f"perplexity of heldout.txt {np.exp(nats):.4f}", abs(nats - reference["excerpt"]["nats_a_token"]) < TOLERANCE)
    for sample in reference["greedy"]:
        path, start = sample["prompt_ids"] + sample["ids"], len(sample["prompt_ids"])
        choice = logits(config, tensors, path[:-1])[start - 1:].argmax(-1)
        expect(f"greedy text after {sample['prompt']!r}", choice.tolist() == sample["ids"])
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
