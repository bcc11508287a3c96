"""Turns a training run into data/model: `python3 data/train/export.py --run DIR --out data/model`."""
import argparse
import dataclasses
import json
import re
import shutil
import struct
from pathlib import Path

import torch

import corpus
import reference
import tokenizer
from model import Config, Llama

EXCERPT_BYTES = 20_000


def write_safetensors(path, tensors):
    """Header length (8 bytes, little-endian), JSON header padded to 8 bytes with spaces, then the data in its order."""
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.contiguous().view(torch.int16).numpy().astype("<i2").tobytes()
        header[name] = {"dtype": "BF16", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def config_document(config):
    return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", **dataclasses.asdict(config),
            "hidden_act": "silu", "attention_bias": False, "mlp_bias": False, "attention_dropout": 0.0,
            "rope_scaling": None, "tie_word_embeddings": True, "bos_token_id": 0, "eos_token_id": 0,
            "initializer_range": 0.02, "use_cache": True, "torch_dtype": "bfloat16"}


def write_json(path, document):
    text = json.dumps(document, indent=1, ensure_ascii=False)
    text = re.sub(r"\[[-+.,\seE0-9]+\]", lambda numbers: re.sub(r"\s+", " ", numbers[0]), text)  # a list a line
    path.write_text(text + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="train.py's --out")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    try:
        saved = torch.load(args.run / "best.pt")
        coder = tokenizer.load(args.run / "tokenizer.json")
    except OSError as problem:
        corpus.fail(f"cannot read the run: {problem}")
    train_text, held_text = corpus.split(corpus.read())

    config = Config()
    rounded = {name: tensor.bfloat16() for name, tensor in saved["model"].items()}  # to nearest, ties to even
    model = Llama(config)
    model.load_state_dict({name: tensor.float() for name, tensor in rounded.items()})
    model.eval()

    args.out.mkdir(parents=True, exist_ok=True)
    write_safetensors(args.out / "model.safetensors", {f"model.{name}": t for name, t in rounded.items()})
    write_json(args.out / "config.json", config_document(config))
    shutil.copyfile(args.run / "tokenizer.json", args.out / "tokenizer.json")
    excerpt = held_text[:held_text.rindex("\n\n", 0, EXCERPT_BYTES) + 1]
    (args.out / "heldout.txt").write_text(excerpt, encoding="ascii", newline="\n")
    document = reference.document(model, coder, train_text, held_text, excerpt)
    write_json(args.out / "reference.json", document)
    for name in ("held_out", "excerpt"):
        print(f"{name}: perplexity {document[name]['perplexity_a_token']:.3f} a token, "
              f"{document[name]['bits_a_byte']:.4f} bits a byte")
    for sample in document["greedy"]:
        print("---", sample["prompt"] + sample["text"], sep="\n")


if __name__ == "__main__":
    main()
