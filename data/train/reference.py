"""The numbers that another implementation of the model is held to: fp32 arithmetic on the bf16-rounded weights."""
import math

import torch
import torch.nn.functional as F

import corpus

WINDOW = 256
PROMPTS = ("First Citizen:\n", "ROMEO:\nO", "KING RICHARD III:\nNow is the")
NEW_TOKENS = 64
# What a reader of tokenizer.json may get wrong: contractions, runs of blanks, digits, bytes beyond ASCII.
TOKENIZER_CASES = ("", " ", "a", "I'll go; we'd stay, don't they'VE?", "two  blanks\n\n  and a line \n", "\tx\t\ty\r\n",
                   "in 1597 or 12,5", "snake_case __x__ ...?!", "naïve café — “quoted”", "日本語 😀!")


@torch.no_grad()
def log_probabilities(model, ids):
    """ln p(token | those before it in its window) for windows [n, length]: [n, length - 1]."""
    logits = model(ids[:, :-1])
    return F.log_softmax(logits, -1).gather(-1, ids[:, 1:, None])[..., 0]


def score(model, coder, text):
    """Windows do not overlap, each starts from an empty cache; its first token is read, not scored. A short last
    window is dropped. Bits a byte: over the bytes of the scored tokens."""
    ids = coder.encode(text)
    windows = torch.tensor(ids[:len(ids) // WINDOW * WINDOW]).view(-1, WINDOW)
    nats = -torch.cat([log_probabilities(model, w) for w in windows.split(16)]).double()
    scored_bytes = sum(len(coder.decode_bytes(w)) for w in windows[:, 1:].tolist())
    return {"bytes": len(text), "tokens": len(ids), "window_tokens": WINDOW, "windows": len(windows),
            "scored_tokens": nats.numel(), "scored_bytes": scored_bytes,
            "nats_a_token": nats.mean().item(), "perplexity_a_token": math.exp(nats.mean().item()),
            "bits_a_byte": nats.sum().item() / scored_bytes / math.log(2),
            "nats_a_token_by_window": [round(x, 6) for x in nats.mean(1).tolist()]}


def unigram_perplexity(coder, train_text, held_text):
    """What the token frequencies alone come to (every count plus one): the scale on which to read a perplexity."""
    counts = torch.bincount(torch.tensor(coder.encode(train_text)), minlength=len(coder)).double() + 1
    nats = -(counts / counts.sum()).log()
    return nats[torch.tensor(coder.encode(held_text))].mean().exp().item()


@torch.no_grad()
def greedy(model, coder, prompt):
    ids, start = coder.encode(prompt), len(coder.encode(prompt))
    margin = math.inf
    for _ in range(NEW_TOKENS):
        best = model(torch.tensor([ids]))[0, -1].topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        ids.append(best.indices[0].item())
    return {"prompt": prompt, "prompt_ids": ids[:start], "ids": ids[start:], "text": coder.decode(ids[start:]),
            "smallest_logit_margin": margin}


def document(model, coder, train_text, held_text, excerpt):
    first_byte = len(train_text)
    begin_ids = coder.encode(held_text[:512])
    first = torch.tensor([begin_ids[:65]])
    log_p = log_probabilities(model, first)[0]
    in_double = log_probabilities(model.double(), first)[0]
    model.float()
    logits = model(first)[0].detach()
    return {
        "about": "fp32 arithmetic of PyTorch on the bf16 weights of model.safetensors; natural logarithms; no token is "
                 "put before a text",
        "held_out": {"source": corpus.FILE + " of the data pack", "first_byte": first_byte,
                     "end_byte": first_byte + len(held_text), **score(model, coder, held_text)},
        "perplexity_of_token_frequencies": unigram_perplexity(coder, train_text, held_text),
        "excerpt": {"file": "heldout.txt", "what": "the beginning of the held-out text", **score(model, coder, excerpt)},
        "tokens_of_first_512_bytes": begin_ids,
        "log_probabilities": {"what": "ln p(token i+1 | tokens 0..i), i = 0..63, of those tokens",
                              "values": [round(x, 6) for x in log_p.tolist()],
                              "largest_difference_from_fp64": (log_p - in_double).abs().max().item()},
        "logits": {"what": "the first 8 of the 1024 logits after token 63 of the same tokens",
                   "values": [round(x, 6) for x in logits[63, :8].tolist()]},
        "tokenizer_cases": [{"text": case, "ids": coder.encode(case)} for case in TOKENIZER_CASES],
        "greedy": [greedy(model, coder, prompt) for prompt in PROMPTS],
    }
