"""Times PyTorch's operations, one line of JSON a work: the counterpart of `benchmarks/run operations`.

    python torch_ops.py [--threads 2] [--seconds 1] [--only REGEX] [--list] [--seed 0] [--compile]
    python torch_ops.py --tokens 65536 --device cuda --dtype bf16

Names and shapes are those of the Java package io.github.jaubert.benchmarks.operations, which explains them and counts their FLOPs
and bytes. PyTorch gets its best way: where there are several, each is tried and the fastest is measured (its name stands in
"variant"); results go into memory that exists where PyTorch offers that (out=); nothing is recorded where no gradient is needed
(inference_mode); a gradient is asked for by torch.autograd.grad, which accumulates nowhere.

On a CPU what is bound by memory takes turns on sets of inputs of 128 MiB in all, on both sides. Memory that is freed stays with the
process, and large tensors lie in huge pages, so that PyTorch does not pay for fresh pages at every call, as it would by default.
Nested tensors are not among the ways for mixed lengths: the jagged layout has no fused attention on CPUs and took 300 ms where
sequences one by one took 20. With --compile, torch.compile's fusion of a sequence is one more way (it needs a C++ compiler and
minutes); on a GPU it always is.
"""

import ctypes
import math
import os
from contextlib import nullcontext
from functools import partial

os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # PyTorch's allocator asks for huge pages
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import protocol
import torch
import torch.nn.functional as F
from protocol import Work
from torch.nn.attention import SDPBackend, sdpa_kernel
from training import adamw, mixed_lengths
from transformers import BertConfig, BertForSequenceClassification

HEADS, HIDDEN = 12, 768
CPU_TOKENS = 4096
COLD_BYTES = 128 << 20
EPS, DROPOUT = 1e-12, 0.1
LAYER_NORM = "bias+dropout+residual+LayerNorm"


def keep_freed_memory():
    """glibc: no mmap for large blocks and no trimming, so that freed memory is used again as it is (mallopt(3))."""
    m_trim_threshold, m_mmap_max = -1, -4
    libc = ctypes.CDLL(None)
    libc.mallopt(m_mmap_max, 0)
    libc.mallopt(m_trim_threshold, 2**31 - 1)


class Operation:
    """forward(*inputs, *parameters) on sets of inputs that take turns, see Operation.java."""

    def __init__(self, make, parameters, forward, cold=False):
        first = make()
        sets = math.ceil(COLD_BYTES / sum(x.nbytes for x in first)) if cold else 1
        self.inputs = [[x.requires_grad_() for x in (make() if i else first)] for i in range(sets)]
        self.parameters = [p.requires_grad_() for p in parameters]
        self.forward = forward
        self.results = [None] * sets
        self.next = 0
        result = forward(*first, *self.parameters)
        self.several = isinstance(result, list)  # a batch in several parts
        parts = result if self.several else [result]
        self.gradient = None if parts[0].dim() == 0 else [torch.randn_like(part) for part in parts]

    def record(self):
        self.next = (self.next + 1) % len(self.inputs)
        self.results[self.next] = self.forward(*self.inputs[self.next], *self.parameters)

    def infer(self):
        with torch.inference_mode():
            self.record()

    def record_all(self):
        self.results = [self.forward(*x, *self.parameters) for x in self.inputs]

    def backward(self, i):
        results = self.results[i] if self.several else [self.results[i]]
        torch.autograd.grad(results, self.inputs[i] + self.parameters, self.gradient)
        self.results[i] = None


class Table:
    """The works of a device, by the arguments of the program."""

    def __init__(self, args):
        self.args = args
        self.gpu = args.tokens > 0
        self.tokens = args.tokens or CPU_TOKENS

    def randn(self, *shape):
        return torch.randn(*shape, dtype=self.args.type, device=self.args.device)

    # ---- measuring ----

    def sample(self, kind, make, seconds):
        """Seconds of a pass: infer, record, or backward, of the operation that is made."""
        operation = make()
        clock = self.args.clock
        if kind == "backward":
            return clock.rounds(operation.record_all, len(operation.inputs), operation.backward, seconds)
        call = operation.infer if kind == "infer" else operation.record
        for _ in operation.inputs:  # every set's memory has been written once
            call()
        return clock.repeat(call, seconds)

    def work(self, name, kind, ways, optional=False):
        """ways: name to what makes the operation."""
        return Work(name, "ms", {way: partial(self.sample, kind, make) for way, make in ways.items()}, optional)

    def passes(self, name, shape, kind, ways, optional=False):
        yield self.work(f"{name} forward {shape}", kind, ways, optional)
        yield self.work(f"{name} backward {shape}", "backward", ways, optional)

    def eager_or_compiled(self, make, forward):
        ways = {"eager": partial(make, forward)}
        if self.args.compile or self.gpu:
            ways["compiled"] = lambda: make(torch.compile(forward, dynamic=False))
        return ways

    # ---- attention ----

    def equal_attention(self, length, dim, dropout, layout, backend=None):
        """[B, heads, S, d], contiguous, or as a model has it: a view of [B, S, heads, d]."""

        def draw():
            x = self.randn(self.tokens // length, length, HEADS, dim).transpose(1, 2)
            return x.contiguous() if layout == "contiguous" else x

        def forward(q, k, v):
            with sdpa_kernel(backend) if backend else nullcontext():
                return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout)

        return Operation(lambda: [draw() for _ in range(3)], [], forward)

    def grouped_attention(self, groups, dim):
        """Sequences of a group are padded to its longest, with a mask where that differs."""
        masks, inputs = [], []
        for group in groups:
            longest = max(group)
            mask = torch.zeros(len(group), 1, 1, longest)
            for i, length in enumerate(group):
                mask[i, :, :, length:] = -torch.inf
            masks.append(mask if min(group) < longest else None)
            inputs += [self.randn(len(group), longest, HEADS, dim).transpose(1, 2) for _ in range(3)]

        def forward(*x):
            return [F.scaled_dot_product_attention(*x[3 * i : 3 * i + 3], attn_mask=m) for i, m in enumerate(masks)]

        return Operation(lambda: inputs, [], forward)

    def attention(self, dim, length, dropout=0.0):
        shape = f"d{dim} S{length}" + (" dropout" if dropout else "")
        make = partial(self.equal_attention, length, dim, dropout)
        if self.args.gpu:  # the backend math is never the fastest, and beyond memory at these sizes
            backends = {"flash": SDPBackend.FLASH_ATTENTION, "cuDNN": SDPBackend.CUDNN_ATTENTION}
            ways = {name: partial(make, "transposed", backend) for name, backend in backends.items()}
        else:
            ways = {layout: partial(make, layout) for layout in ("contiguous", "transposed")}
        return self.passes("attention", shape, "infer", ways, optional=self.gpu)

    def mixed_attention(self, dim):
        lengths = mixed_lengths(self.tokens, self.args.seed)
        ways = {"padded": [lengths], "one by one": [[n] for n in lengths]}
        for buckets in (4, 16):
            size = math.ceil(len(lengths) / buckets)
            ordered = sorted(lengths)
            ways[f"padded in {buckets} buckets"] = [ordered[i : i + size] for i in range(0, len(ordered), size)]
        made = {name: partial(self.grouped_attention, groups, dim) for name, groups in ways.items()}
        return self.passes("attention", f"d{dim} mixed", "infer", made)

    # ---- layers ----

    def layer_norm(self, hidden, dropout):
        def sequence(x, residual, bias, gamma, beta):
            y = x + bias
            if dropout:
                y = F.dropout(y, dropout)
            return F.layer_norm(y + residual, gamma.shape, gamma, beta, EPS)

        def make(forward):
            parameters = [self.randn(hidden), self.randn(hidden).fill_(1), self.randn(hidden).fill_(0)]
            return Operation(lambda: [self.randn(self.tokens, hidden) for _ in range(2)], parameters, forward, not self.gpu)

        return self.eager_or_compiled(make, sequence)

    def elementwise(self, forward, rows, width, parameters=()):
        def make(form):
            return Operation(lambda: [self.randn(rows, width)], [self.randn(n) for n in parameters], form, cold=True)

        return self.eager_or_compiled(make, forward)

    def linear(self, ins, outs, gelu=False, bias=True, rows=None):
        def forward(x, w, b=None):
            y = F.linear(x, w, b)
            return F.gelu(y) if gelu else y

        def make():
            parameters = [self.randn(outs, ins) * ins**-0.5] + ([self.randn(outs)] if bias else [])
            return Operation(lambda: [self.randn(rows or self.tokens, ins)], parameters, forward)

        return {"eager": make}

    # ---- optimizer ----

    def adamw(self, foreach, seconds):
        """Seconds of a step on the parameters of BERT-base, float32, clipped by their norm."""
        with torch.device("meta"):
            shapes = [p.shape for p in BertForSequenceClassification(BertConfig()).parameters()]  # 109,483,778 numbers
        parameters = [torch.nn.Parameter(torch.randn(shape, device=self.args.device) * 0.02) for shape in shapes]
        for p in parameters:
            p.grad = torch.randn_like(p) * 0.01
        optimizer = adamw(parameters, 2e-5)

        def step(_):
            torch.nn.utils.clip_grad_norm_(parameters, 1.0, foreach=foreach)
            optimizer.step()

        return self.args.clock.rounds(lambda: None, 1, step, seconds)

    def optimizer(self, name):
        ways = {f"fused AdamW, clip {way}": partial(self.adamw, way == "foreach") for way in ("foreach", "one by one")}
        return Work(name, "ms", ways)

    # ---- what is measured ----

    def of_cpu(self):
        for dim in (32, 64):
            for length in (16, 32, 64, 128, 256, 512):
                yield from self.attention(dim, length)
            yield from self.attention(dim, 128, DROPOUT)
            yield from self.mixed_attention(dim)
        for hidden in (384, 768):
            yield self.work(f"{LAYER_NORM} inference H{hidden}", "infer", self.layer_norm(hidden, 0.0))
            yield from self.passes(LAYER_NORM, f"H{hidden}", "record", self.layer_norm(hidden, DROPOUT))
        for width in (1536, 3072):
            yield from self.passes("GELU", f"W{width}", "record", self.elementwise(F.gelu, self.tokens, width))
            with_bias = self.elementwise(lambda x, bias: F.gelu(x + bias), self.tokens, width, [width])
            yield from self.passes("bias+GELU", f"W{width}", "record", with_bias)
        softmax = self.elementwise(lambda x: torch.softmax(x, -1), HEADS * self.tokens, 128)
        yield from self.passes("softmax", "S128", "infer", softmax)
        for hidden in (384, 768):
            for ins, outs in ((hidden, hidden), (hidden, 4 * hidden), (4 * hidden, hidden)):
                gelu = outs > hidden
                name = "linear+bias+GELU" if gelu else "linear+bias"
                yield from self.passes(name, f"{ins}x{outs}", "infer", self.linear(ins, outs, gelu))
        rows, classes = 614, 30522
        labels = torch.randint(0, classes, (rows,))
        loss = self.elementwise(lambda x: F.cross_entropy(x, labels), rows, classes)
        yield from self.passes("cross-entropy", f"V{classes}", "record", loss)
        yield self.optimizer("AdamW+clip 110M")
        yield from self.small()

    def small(self):
        a, b, row, out = torch.randn(8, 8), torch.randn(8, 8), torch.randn(8), torch.empty(8, 8)

        def sample(call, seconds):
            with torch.inference_mode():
                return self.args.clock.repeat(call, seconds)

        for name, operation, right in (("add 8x8", torch.add, b), ("add 8x8+8", torch.add, row), ("matmul 8x8", torch.mm, b)):
            calls = {"new result": partial(operation, a, right), "out=": partial(operation, a, right, out=out)}
            yield Work(name, "us", {way: partial(sample, call) for way, call in calls.items()})

    def of_gpu(self):
        """Shapes of BERT-base; with 65,536 tokens the square product is one of 8192 and the copy is of 1 GiB."""
        yield protocol.work("copy", "GB/s", self.copy)
        yield from self.passes(LAYER_NORM, f"H{HIDDEN}", "record", self.layer_norm(HIDDEN, DROPOUT))
        yield self.optimizer("AdamW with clip 110M")
        size = self.tokens // 8
        square = partial(self.sample, "infer", self.linear(size, size, bias=False, rows=size)["eager"])
        yield protocol.work(f"GEMM {size}", "GF/s", lambda seconds: [2 * size**3 / 1e9 / s for s in square(seconds)])
        for ins, outs in ((HIDDEN, HIDDEN), (HIDDEN, 4 * HIDDEN), (4 * HIDDEN, HIDDEN)):
            yield self.work(f"GEMM {ins}x{outs}", "infer", self.linear(ins, outs, bias=False))
        up = f"{HIDDEN}x{4 * HIDDEN}"
        yield self.work(f"GEMM+bias+GELU {up}", "infer", self.linear(HIDDEN, 4 * HIDDEN, gelu=True))
        yield self.work(f"GEMM+bias+GELU for training {up}", "record", self.linear(HIDDEN, 4 * HIDDEN, gelu=True))
        for length, dropout in ((128, 0.0), (512, 0.0), (2048, 0.0), (128, DROPOUT), (512, DROPOUT)):
            yield from self.attention(64, length, dropout)

    def copy(self, seconds):
        x = torch.randn(4096 * self.tokens, device=self.args.device)
        y = torch.empty_like(x)
        return [2 * x.nbytes / 1e9 / s for s in self.args.clock.repeat(lambda: y.copy_(x), seconds)]


def main():
    parser = protocol.options(__doc__)
    protocol.gpu_options(parser)
    parser.add_argument("--compile", action="store_true", help="try torch.compile as well")
    args = protocol.parse(parser)
    keep_freed_memory()
    table = Table(args)
    protocol.run(args, table.of_gpu() if table.gpu else table.of_cpu(), None if table.gpu else min(0.2, args.seconds / 4))


if __name__ == "__main__":
    main()
