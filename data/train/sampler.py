"""BPE dropout (Provilkov, Emelianenko, Voita, ACL 2020): the same text in other splittings at every pass.

A text of one megabyte is soon known by heart. Split another way it is new, and what a model learns of "tempest" serves
"temp-est" too, which is how words that it never read arrive. Each word's splittings are drawn once, a few for each.
"""
import random

import torch

from tokenizer import pretokens

DROPPED = 0.15  # the share of merges left out in a drawn splitting
SPLITTINGS = 12


class Sampler:
    def __init__(self, coder, text, seed):
        draw = random.Random(seed)
        self.words = list(pretokens(text))
        self.canonical = {word: coder.encode_word(word) for word in dict.fromkeys(self.words)}
        self.drawn = {word: [coder.segment(word, lambda: draw.random() < DROPPED) for _ in range(SPLITTINGS)]
                      for word in self.canonical}

    def ids(self, share, seed):
        """The text with this share of its words in a drawn splitting, the others as the tokenizer splits them."""
        draw = random.Random(seed)
        pieces = (draw.choice(self.drawn[word]) if draw.random() < share else self.canonical[word]
                  for word in self.words)
        return torch.tensor([i for piece in pieces for i in piece])
