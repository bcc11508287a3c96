"""Byte-level BPE in the GPT-2 manner: a trainer, an encoder, a decoder and the Hugging Face file.

No merge crosses a pre-token boundary, so the trainer only ever needs word counts: a corpus of a million bytes is some
12 thousand different words, and 767 merges over them take seconds in plain Python.
"""
import json
import re
from collections import Counter

END = "<|endoftext|>"
# GPT-2's pattern is  's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ .
# Python's re has no \p{L}: [^\W\d_] is every letter and \d every decimal digit, the same thing for the training text.
PRETOKEN = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:_|[^\s\w])+|\s+(?!\S)|\s+")


def byte_alphabet():
    """GPT-2's map of the 256 bytes to printable characters; the order is that of GPT-2's vocabulary."""
    shown = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    hidden = [b for b in range(256) if b not in shown]
    letters = {b: chr(b) for b in shown}
    letters.update({b: chr(256 + i) for i, b in enumerate(hidden)})
    return {b: letters[b] for b in shown + hidden}


ALPHABET = byte_alphabet()
BYTE_OF = {c: b for b, c in ALPHABET.items()}


def pretokens(text):
    return ("".join(ALPHABET[b] for b in word.encode()) for word in PRETOKEN.findall(text))


def merged(symbols, pair):
    """The symbols with every occurrence of the pair, left to right, made one."""
    out, i = [], 0
    while i < len(symbols):
        if symbols[i:i + 2] == pair:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return tuple(out)


def train_merges(text, n_merges):
    """The classic greedy rule: merge the commonest pair; a tie goes to the pair that sorts first."""
    words = Counter(tuple(word) for word in pretokens(text))
    merges = []
    for _ in range(n_merges):
        pairs = Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        joined = Counter()
        for word, count in words.items():
            joined[merged(word, best) if best[0] in word else word] += count
        words = joined
    return merges


class Tokenizer:
    """Ids: 0 is the end-of-text token, 1..256 the bytes, then one id a merge, in the order of training."""

    def __init__(self, merges):
        self.merges = [tuple(pair) for pair in merges]
        self.rank = {pair: i for i, pair in enumerate(self.merges)}
        self.tokens = [END, *ALPHABET.values(), *(a + b for a, b in self.merges)]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.cache = {}

    def __len__(self):
        return len(self.tokens)

    def encode_word(self, word):
        if word not in self.cache:
            symbols = tuple(word)
            while len(symbols) > 1:
                best = min(zip(symbols, symbols[1:]), key=lambda pair: self.rank.get(pair, len(self.rank)))
                if best not in self.rank:
                    break
                symbols = merged(symbols, best)
            self.cache[word] = [self.ids[s] for s in symbols]
        return self.cache[word]

    def encode(self, text):
        return [i for word in pretokens(text) for i in self.encode_word(word)]

    def decode_bytes(self, ids):
        return bytes(BYTE_OF[c] for i in ids if i for c in self.tokens[i])

    def decode(self, ids):
        return self.decode_bytes(ids).decode(errors="replace")

    def save(self, path):
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        end = {"id": 0, "content": END, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
               "special": True}
        document = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [end], "normalizer": None,
                    "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level,
                    "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                              "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                              "vocab": self.ids, "merges": [f"{a} {b}" for a, b in self.merges]}}
        with open(path, "w", encoding="utf-8") as f:
            json.dump(document, f, ensure_ascii=False, indent=1)
            f.write("\n")


def load(path):
    with open(path, encoding="utf-8") as f:
        model = json.load(f)["model"]
    return Tokenizer([tuple(line.split(" ")) for line in model["merges"]])
