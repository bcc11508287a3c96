"""Trains the embedded model. `python3 data/train/train.py --out DIR`, then export.py; see README.md for the cost.

The same seed, thread count and PyTorch give the same weights. A run that was stopped goes on with --resume.
"""
import argparse
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F

import corpus
import tokenizer
from model import Config, Llama

WINDOW = 256  # the held-out loss is taken in windows of so many tokens, each from an empty cache
TOKENS_A_STEP = 2048
# Windows grow as the run does: short ones are cheaper, the far positions are learnt late and fast. Held-out losses in
# windows of 256 look too high by some 0.15 nats until then.
LENGTHS = ((0.9, 128), (0.97, 256), (1.0, 512))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for best.pt, last.pt and tokenizer.json")
    parser.add_argument("--steps", type=int, default=2550, help=f"optimiser steps of {TOKENS_A_STEP} tokens")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--decay", type=float, default=0.1, help="AdamW's weight decay, matrices only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=int, default=100, help="steps between held-out losses and checkpoints")
    parser.add_argument("--fp32", action="store_true", help="no bf16 products: faster where the CPU has no bf16 units")
    parser.add_argument("--resume", action="store_true", help="go on from DIR/last.pt")
    return parser.parse_args()


def batch(ids, length, step, seed):
    """Windows at random places: a function of the step and the seed alone, so that a resumed run draws the same."""
    draw = torch.Generator().manual_seed(seed * 1_000_003 + step)
    starts = torch.randint(len(ids) - length, (TOKENS_A_STEP // length,), generator=draw)
    windows = ids[starts[:, None] + torch.arange(length + 1)]
    torch.manual_seed(seed * 1_000_003 + step)  # for the dropout
    return windows[:, :-1], windows[:, 1:]


def loss_of(model, inputs, targets, bf16):
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        logits = model(inputs)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


@torch.no_grad()
def held_out_loss(model, ids, bf16):
    model.eval()
    windows = ids[:len(ids) // WINDOW * WINDOW].view(-1, WINDOW)
    losses = [loss_of(model, w[:, :-1], w[:, 1:], bf16) * len(w) for w in windows.split(16)]
    model.train()
    return (sum(losses) / len(windows)).item()


def rate_at(step, args):
    warm = min(1.0, (step + 1) / 100)
    return args.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / args.steps)))


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    train_text, held_text = corpus.split(corpus.read())
    args.out.mkdir(parents=True, exist_ok=True)
    if not (args.out / "tokenizer.json").exists():
        merges = tokenizer.train_merges(train_text, Config.vocab_size - 257)
        tokenizer.Tokenizer(merges).save(args.out / "tokenizer.json")
    coder = tokenizer.load(args.out / "tokenizer.json")
    train_ids, held_ids = (torch.tensor(coder.encode(text)) for text in (train_text, held_text))

    model = Llama(Config(), args.dropout)
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": args.decay},
                                   {"params": vectors, "weight_decay": 0.0}], betas=(0.9, 0.98))
    first, best, spent = 0, math.inf, 0.0
    if args.resume:
        saved = torch.load(args.out / "last.pt")
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        first, best, spent = saved["step"], saved["best"], saved["minutes"]
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters; tokens: {len(train_ids):,} to train, "
          f"{len(held_ids):,} held out", flush=True)

    start, seen = time.monotonic(), 0.0
    for step in range(first, args.steps):
        length = next(n for share, n in LENGTHS if step < share * args.steps)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, args)
        loss = loss_of(model, *batch(train_ids, length, step, args.seed), not args.fp32)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seen += loss.item()
        if (step + 1) % args.every == 0 or step + 1 == args.steps:
            held = held_out_loss(model, held_ids, not args.fp32)
            minutes = spent + (time.monotonic() - start) / 60
            print(f"step {step + 1:5} train {seen / (step % args.every + 1):.4f} held out {held:.4f} "
                  f"minutes {minutes:.1f}", flush=True)
            seen = 0.0
            state = {"model": model.state_dict(), "step": step + 1, "minutes": minutes, "best": min(best, held),
                     "held_out": held}
            if held < best:
                best = held
                torch.save(state, args.out / "best.pt")
            torch.save({**state, "optimiser": optimiser.state_dict()}, args.out / "last.pt")


if __name__ == "__main__":
    main()
