#!/usr/bin/env python3
"""Lets another device serve the embedded model with another program (PyTorch and Transformers), and records what it did.

    ./orrery calibrate foreign --questions q.safetensors
    python3 data/derive/foreign_traces.py q.safetensors FOLDER     # there: a GPU, torch, transformers, safetensors
    ./orrery calibrate foreign FOLDER/*.safetensors

Every mode answers the same prompts, drawing tokens with the questions' noise (token = argmax(logit / T + noise)), and
writes the hidden states after a quarter, a half, three quarters and all of the blocks. FOLDER/facts.json holds what can
be said without a second device: does a row depend on the batch it was computed in, or on prefill against decode?
"""

import argparse
import dataclasses
import json
import pathlib

import safetensors.torch
import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ALONE = 16  # sequences that are also served one at a time


@dataclasses.dataclass(frozen=True)
class Mode:
    """How the model is held and run."""

    name: str
    dtype: torch.dtype
    attention: str = "sdpa"
    tf32: bool = False
    bits: int = 0  # of weights, rounded to nearest in groups of 32 with one scale; 0: as they are
    batch: int = 0  # sequences at a time; 0: all


MODES = (
    Mode("fp32", torch.float32, attention="eager"),
    Mode("tf32", torch.float32, tf32=True),
    Mode("fp16", torch.float16),
    Mode("bf16", torch.bfloat16),
    Mode("bf16_alone", torch.bfloat16, batch=1),
    Mode("bf16_int8", torch.bfloat16, bits=8),
    Mode("bf16_int4", torch.bfloat16, bits=4),
)


def rounded(weight, bits):
    """Symmetric rounding to nearest, absmax scale, groups of 32 along a row."""
    groups = weight.float().reshape(weight.shape[0], -1, 32)
    top = 2 ** (bits - 1) - 1
    scale = groups.abs().amax(-1, keepdim=True).clamp_min(1e-30) / top
    return ((groups / scale).round().clamp(-top, top) * scale).reshape(weight.shape).to(weight.dtype)


class Server:
    """The model in one mode, with hooks that record what leaves its blocks."""

    def __init__(self, mode, device):
        torch.backends.cuda.matmul.allow_tf32 = mode.tf32
        torch.backends.cudnn.allow_tf32 = mode.tf32
        self.model = transformers.LlamaForCausalLM.from_pretrained(
            ROOT / "data" / "model", dtype=mode.dtype, attn_implementation=mode.attention
        )
        self.model = self.model.to(device).eval()
        layers = self.model.model.layers
        if mode.bits:
            with torch.no_grad():
                for layer in layers:
                    for module in layer.modules():
                        if isinstance(module, torch.nn.Linear):
                            module.weight.copy_(rounded(module.weight, mode.bits))
        self.depths = [len(layers) * quarter // 4 for quarter in (1, 2, 3, 4)]
        self.taps = {depth: [] for depth in self.depths}
        for depth in self.depths:
            layers[depth - 1].register_forward_hook(lambda _m, _i, out, depth=depth: self.record(depth, out))

    def record(self, depth, out):
        self.taps[depth].append((out[0] if isinstance(out, tuple) else out).detach())

    def collect(self):
        """The rows since the last call: depth -> [sequences, rows, hidden]."""
        made = {depth: torch.cat(parts, 1) for depth, parts in self.taps.items()}
        self.taps = {depth: [] for depth in self.depths}
        return made

    @torch.no_grad()
    def serve(self, prompts, noise, temperature):
        """Prefill, then decode with a cache. prompts [n, p], noise [n, g, vocabulary]; tokens [n, p + g]."""
        tokens, cache, feed = prompts, None, prompts
        for step in range(noise.shape[1]):
            out = self.model(feed, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            logits = out.logits[:, -1].float()
            feed = (logits / temperature + noise[:, step]).argmax(-1, keepdim=True)
            tokens = torch.cat((tokens, feed), 1)
        return tokens, self.collect()

    @torch.no_grad()
    def prefill(self, tokens):
        """All positions but the last in one pass."""
        self.model(tokens[:, :-1], use_cache=False)
        return self.collect()


def answer(server, mode, prompts, noise, temperature):
    """Serves all sequences, `mode.batch` at a time."""
    step = mode.batch or len(prompts)
    parts = [
        server.serve(prompts[i : i + step], noise[i : i + step], temperature) for i in range(0, len(prompts), step)
    ]
    tokens = torch.cat([part[0] for part in parts])
    taps = {depth: torch.cat([part[1][depth] for part in parts]) for depth in server.depths}
    return tokens, taps


def distance(a, b):
    """How two computations of the same rows differ."""
    a, b = a.double(), b.double()
    same = (a == b).all(-1)
    return {
        "rows": same.numel(),
        "identical_rows": int(same.sum()),
        "relative_error": ((a - b).square().sum().sqrt() / b.square().sum().sqrt()).item(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("questions")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--device", default="cuda")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    questions = safetensors.torch.load_file(args.questions)
    prompts = questions["prompts"].long().to(args.device)
    temperature = questions["temperature"].item()
    noise = questions["noise"].reshape(len(prompts), -1, questions["noise"].shape[-1]).to(args.device)
    facts = {
        "device": torch.cuda.get_device_name() if args.device == "cuda" else args.device,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "cuda": torch.version.cuda,
    }
    for mode in MODES:
        server = Server(mode, args.device)
        few = slice(0, ALONE if mode.batch == 1 else len(prompts))
        tokens, taps = answer(server, mode, prompts[few], noise[few], temperature)
        last = server.depths[-1]
        together = server.prefill(tokens)[last]
        alone = torch.cat([server.prefill(one[None])[last] for one in tokens[:ALONE]])
        facts[mode.name] = {
            "sequences": len(tokens),
            "decoded_against_prefilled": distance(taps[last], together),
            "prefilled_in_a_batch_against_alone": distance(together[:ALONE], alone),
        }
        tensors = {f"tap.{depth}": rows.flatten(0, 1).contiguous().cpu() for depth, rows in taps.items()}
        tensors["tokens"] = tokens.float().cpu()
        tensors["prompt"] = torch.tensor([float(prompts.shape[1])])
        shares = [one["identical_rows"] / one["rows"] for one in facts[mode.name].values() if isinstance(one, dict)]
        tensors["identical"] = torch.tensor(shares)
        safetensors.torch.save_file(tensors, args.folder / f"{mode.name}.safetensors")
        print(mode.name, json.dumps(facts[mode.name]), flush=True)
    (args.folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
