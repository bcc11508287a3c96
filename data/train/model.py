"""The LLaMA block in PyTorch, with Hugging Face's tensor names, so that the state dict is the file."""
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Config:
    hidden_size: int = 128
    intermediate_size: int = 352
    num_hidden_layers: int = 12
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    head_dim: int = 32
    vocab_size: int = 1024
    max_position_embeddings: int = 512
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10000.0


class RMSNorm(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.hidden_size))
        self.eps = config.rms_norm_eps

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps))


def rotary_table(config, length, dtype):
    """cos and sin [length, head_dim]: the two halves of a head turn together ("rotate half")."""
    half = torch.arange(0, config.head_dim, 2, dtype=dtype) / config.head_dim
    angles = torch.arange(length, dtype=dtype)[:, None] * config.rope_theta ** -half
    angles = torch.cat((angles, angles), -1)
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        queries, keys = (n * config.head_dim for n in (config.num_attention_heads, config.num_key_value_heads))
        self.q_proj = nn.Linear(config.hidden_size, queries, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, keys, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, keys, bias=False)
        self.o_proj = nn.Linear(queries, config.hidden_size, bias=False)

    def forward(self, x, cos, sin, mask):
        batch, length, _ = x.shape
        dim, group = self.config.head_dim, self.config.num_attention_heads // self.config.num_key_value_heads
        q, k, v = (p(x).view(batch, length, -1, dim).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        # Query head h reads key head h // group. Folding the group into the rows spares the copies of the keys.
        q = q.reshape(batch, -1, group * length, dim)
        scores = (q @ k.transpose(-1, -2).to(q.dtype)).view(batch, -1, group, length, length)
        weights = F.softmax(scores.to(x.dtype) * dim ** -0.5 + mask, -1).view(batch, -1, group * length, length)
        out = (weights.to(v.dtype) @ v).view(batch, -1, length, dim)
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, -1))


class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Dropout(nn.Module):
    """One draw a sequence and channel, the same at every position: a draw a number took 14 % of the training time."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training or self.rate == 0:
            return x
        keep = torch.rand(x.shape[0], 1, x.shape[2]) >= self.rate
        return x * (keep / (1 - self.rate))


class Block(nn.Module):
    def __init__(self, config, dropout):
        super().__init__()
        self.self_attn, self.mlp = Attention(config), MLP(config)
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(config), RMSNorm(config)
        self.drop = Dropout(dropout)

    def forward(self, x, *rest):
        x = x + self.drop(self.self_attn(self.input_layernorm(x), *rest))
        return x + self.drop(self.mlp(self.post_attention_layernorm(x)))


class Llama(nn.Module):
    """Tokens [batch, length] to logits [batch, length, vocabulary]; the head is the embedding (tied).

    Under autocast only the products are bf16: residual stream, norms and softmax keep the weights' type.
    """

    def __init__(self, config, dropout=0.0):
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config, dropout) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config)
        self.drop = Dropout(dropout)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:  # the projections that write to the residual stream start smaller, as in GPT-2
                writes = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * config.num_hidden_layers) ** 0.5 if writes else 0.02)

    def forward(self, tokens):
        length, dtype = tokens.shape[1], self.norm.weight.dtype
        cos, sin = rotary_table(self.config, length, dtype)
        mask = torch.full((length, length), float("-inf"), dtype=dtype).triu(1)
        x = self.drop(self.embed_tokens(tokens))
        for layer in self.layers:
            x = layer(x, cos, sin, mask)
        return F.linear(self.norm(x), self.embed_tokens.weight).to(dtype)
