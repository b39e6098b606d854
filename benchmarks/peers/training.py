"""What the programs share that train: the optimizer, a step, batches of padded sentences, and lengths as sentences have them."""

import math
from contextlib import contextmanager, nullcontext

import torch


@contextmanager
def products(way):
    """Products of one of protocol.PRECISIONS."""
    torch.set_float32_matmul_precision("medium" if way == "medium" else "highest")
    yield
    torch.set_float32_matmul_precision("highest")


def autocast(way):
    """For one forward pass: within it weights are converted once."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=way == "autocast")


def adamw(parameters, lr, weight_decay=0.01, fused=True):
    """Without decay on biases and LayerNorms, which are what has one axis."""
    parameters = list(parameters)
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, fused=fused)


def update(model, optimizer):
    """The norm of the gradients before they are clipped to 1.0 and the parameters updated."""
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return norm


def learning(model, optimizer, cast=nullcontext):
    """A call that trains on a batch and gives its loss; cast is around each forward pass."""
    model.train()

    def step(inputs, labels):
        with cast():
            loss = model(**inputs, labels=labels).loss
        loss.backward()
        update(model, optimizer)
        return loss

    return step


def encoding(model, cast=nullcontext):
    """A call that runs the model on the inputs of a batch."""
    model.eval()

    def encode(inputs, labels):
        with torch.inference_mode(), cast():
            model(**inputs)

    return encode


def padded(rows, padding=0):
    """Lists of numbers as a tensor [rows, longest]."""
    longest = max(map(len, rows))
    return torch.tensor([row + [padding] * (longest - len(row)) for row in rows])


def cut(rows, size, by_length=False, shuffled=False):
    """Batches of so many, as the rows come or sorted by length first; shuffled: visited in random order."""
    rows = sorted(rows, key=len) if by_length else rows
    batches = [rows[i : i + size] for i in range(0, len(rows), size)]
    return [batches[i] for i in torch.randperm(len(batches)).tolist()] if shuffled else batches


def mixed_lengths(tokens, seed):
    """Log-normal lengths, median 32: SentenceLengths.java."""
    mask = 2**64 - 1

    def uniform(state):
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        z ^= z >> 31
        return ((z >> 11) + 1) * 2.0**-53

    lengths, left, state = [], tokens, seed & mask
    while left > 0:
        state = (state + 0x9E3779B97F4A7C15) & mask
        u = uniform(state)
        state = (state + 0x9E3779B97F4A7C15) & mask
        normal = math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * uniform(state))
        drawn = math.floor(32 * math.exp(0.7 * normal) + 0.5)
        lengths.append(min(left, max(4, min(512, drawn))))
        left -= lengths[-1]
    return lengths
