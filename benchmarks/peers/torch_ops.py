"""Times PyTorch's operations, one line of JSON a work: the counterpart of `benchmarks/run operations`.

    python torch_ops.py [--threads 2] [--seconds 1] [--only REGEX] [--list] [--seed 0] [--compile]

Names, shapes, FLOPs and bytes are those of the Java package io.github.jaubert.benchmarks.operations, where they are
explained; what is bound by memory takes turns on sets of inputs of 128 MiB in all, on both sides. PyTorch gets its best
way: where there are several, each is tried and the fastest is measured (its name stands in "variant"); results go into
memory that exists where PyTorch offers that (out=); nothing is recorded where no gradient is needed (inference_mode);
a gradient is asked for by torch.autograd.grad, which accumulates nowhere. Memory that is freed stays with the process,
and large tensors lie in huge pages, so that PyTorch does not pay for fresh pages at every call, as it would by default.

Nested tensors are not among the ways for mixed lengths: the jagged layout has no fused attention on CPUs and took 300 ms
where sequences one by one took 20.

With --compile, torch.compile's fusion of the sequence is one more way (it needs a C++ compiler and minutes).
"""

import ctypes
import itertools
import math
import os
import time

os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # PyTorch's allocator asks for huge pages
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import protocol
import torch
import torch.nn.functional as F
from protocol import Work

HEADS, TOKENS = 12, 4096
COLD_BYTES = 128 << 20
EPS, DROPOUT = 1e-12, 0.1


def keep_freed_memory():
    """glibc: no mmap for large blocks and no trimming, so that freed memory is used again as it is (mallopt(3))."""
    m_trim_threshold, m_mmap_max = -1, -4
    libc = ctypes.CDLL(None)
    libc.mallopt(m_mmap_max, 0)
    libc.mallopt(m_trim_threshold, 2**31 - 1)


# ---- measuring: as the Java package io.github.jaubert.benchmarks.measure does ----


def rounds(prepare, calls, call, seconds):
    """Seconds of call(0) to call(calls - 1), over and over; prepare runs untimed before each round."""
    samples, begin, warm, count = [], time.perf_counter(), False, 0
    while len(samples) < 3 or time.perf_counter() - begin < seconds:
        prepare()
        for i in range(calls):
            start = time.perf_counter()
            call(i)
            took = time.perf_counter() - start
            if warm:
                samples.append(took)
        count += 1
        warm = count >= 2 and time.perf_counter() - begin >= seconds / 4
    return samples


def scaled(samples, factor):
    return [s * factor for s in samples]


# ---- an operation on sets of inputs that take turns ----


def sets_beyond_cache(bytes_):
    return max(1, math.ceil(COLD_BYTES / bytes_))


class Operation:
    """forward(*inputs, *parameters) on several sets of inputs, see Operation.java."""

    def __init__(self, sets, make, parameters, forward):
        self.inputs = [[x.requires_grad_() for x in make()] for _ in range(sets)]
        self.parameters = [p.requires_grad_() for p in parameters]
        self.forward = forward
        self.results = [None] * sets
        self.next = 0
        result = forward(*self.inputs[0], *self.parameters)
        # A batch in several parts, or one.
        self.several = isinstance(result, (list, tuple))
        parts = result if self.several else [result]
        self.gradient = None if parts[0].dim() == 0 else [torch.randn_like(part) for part in parts]

    def infer(self):
        self.next = (self.next + 1) % len(self.inputs)
        with torch.inference_mode():
            self.results[self.next] = self.forward(*self.inputs[self.next], *self.parameters)

    def record(self):
        self.next = (self.next + 1) % len(self.inputs)
        self.results[self.next] = self.forward(*self.inputs[self.next], *self.parameters)

    def record_all(self):
        self.results = [self.forward(*x, *self.parameters) for x in self.inputs]

    def backward(self, i):
        wanted = self.inputs[i] + self.parameters
        results = self.results[i] if self.several else [self.results[i]]
        torch.autograd.grad(results, wanted, self.gradient)
        self.results[i] = None


def way(kind, open_):
    def sample(seconds):
        operation = open_()
        if kind != "backward":
            call = operation.infer if kind == "infer" else operation.record
            for _ in operation.inputs:  # every set's memory has been written once
                call()
            return scaled(protocol.repeat(call, seconds), 1e3)
        return scaled(rounds(operation.record_all, len(operation.inputs), operation.backward, seconds), 1e3)

    return sample


def ways(kind, opens):
    return {name: way(kind, open_) for name, open_ in opens.items()}


# ---- attention ----


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


def attention_equal(length, dim, dropout, seed, layout):
    """[B, heads, S, d], contiguous, or as a model has it: a view of [B, S, heads, d]."""
    batch = TOKENS // length

    def make():
        torch.manual_seed(seed)
        if layout == "contiguous":
            return [torch.randn(batch, HEADS, length, dim) for _ in range(3)]
        return [torch.randn(batch, length, HEADS, dim).transpose(1, 2) for _ in range(3)]

    return Operation(1, make, [], lambda q, k, v: F.scaled_dot_product_attention(q, k, v, dropout_p=dropout))


def attention_groups(groups, dim, seed):
    """Sequences of a group are padded to its longest, with a mask where that differs."""
    torch.manual_seed(seed)
    masks, inputs = [], []
    for group in groups:
        longest = max(group)
        mask = torch.zeros(len(group), 1, 1, longest)
        for i, length in enumerate(group):
            mask[i, :, :, length:] = -torch.inf
        masks.append(mask if min(group) < longest else None)
        inputs += [torch.randn(len(group), longest, HEADS, dim).transpose(1, 2) for _ in range(3)]

    def forward(*x):
        return [F.scaled_dot_product_attention(*x[3 * i : 3 * i + 3], attn_mask=m) for i, m in enumerate(masks)]

    return Operation(1, lambda: inputs, [], forward)


def bucketed(lengths, groups):
    ordered = sorted(lengths)
    size = math.ceil(len(ordered) / groups)
    return [ordered[i : i + size] for i in range(0, len(ordered), size)]


def attention_works(seed):
    for dim in (32, 64):
        hidden, tensor = HEADS * dim, 4 * TOKENS * HEADS * dim
        for length, dropout in [(s, 0.0) for s in (16, 32, 64, 128, 256, 512)] + [(128, DROPOUT)]:
            opens = {
                layout: lambda n=length, d=dim, p=dropout, l=layout: attention_equal(n, d, p, seed, l)
                for layout in ("contiguous", "transposed")
            }
            shape, squares = f"d{dim} S{length}" + (" dropout" if dropout else ""), TOKENS * length
            yield Work(f"attention forward {shape}", "ms", 4 * hidden * squares, 4 * tensor, ways("infer", opens))
            yield Work(f"attention backward {shape}", "ms", 10 * hidden * squares, 8 * tensor, ways("backward", opens))
        lengths = mixed_lengths(TOKENS, seed)
        squares = sum(n * n for n in lengths)
        opens = {
            "padded": lambda d=dim: attention_groups([lengths], d, seed),
            "padded in 4 buckets": lambda d=dim: attention_groups(bucketed(lengths, 4), d, seed),
            "padded in 16 buckets": lambda d=dim: attention_groups(bucketed(lengths, 16), d, seed),
            "one by one": lambda d=dim: attention_groups([[n] for n in lengths], d, seed),
        }
        yield Work(f"attention forward d{dim} mixed", "ms", 4 * hidden * squares, 4 * tensor, ways("infer", opens))
        yield Work(f"attention backward d{dim} mixed", "ms", 10 * hidden * squares, 8 * tensor, ways("backward", opens))


# ---- layers ----


def compiled(forward, options):
    return {"eager": forward} | ({"compiled": torch.compile(forward, dynamic=False)} if options.compile else {})


def layer_norm(hidden, dropout, forward):
    return Operation(
        sets_beyond_cache(2 * 4 * TOKENS * hidden),
        lambda: [torch.randn(TOKENS, hidden) for _ in range(2)],
        [torch.randn(hidden), torch.ones(hidden), torch.zeros(hidden)],
        lambda x, residual, bias, gamma, beta: forward(x, residual, bias, gamma, beta, dropout),
    )


def add_dropout_layer_norm(x, residual, bias, gamma, beta, dropout):
    y = x + bias
    if dropout:
        y = F.dropout(y, dropout)
    return F.layer_norm(y + residual, gamma.shape, gamma, beta, EPS)


def bias_gelu(x, bias=None):
    return F.gelu(x if bias is None else x + bias)


def elementwise(make, parameters, forward):
    bytes_ = 4 * make()[0].numel()
    return Operation(sets_beyond_cache(bytes_), make, parameters, forward)


def layer_works(seed, options):
    torch.manual_seed(seed)
    for hidden in (384, 768):
        n, name = TOKENS * hidden, "bias+dropout+residual+LayerNorm"
        forms = compiled(add_dropout_layer_norm, options)
        for kind, label, dropout, flops, tensors in (
            ("infer", "inference", 0.0, 10, 3),
            ("record", "forward", DROPOUT, 11, 4),
            ("backward", "backward", DROPOUT, 16, 4),
        ):
            opens = {k: lambda f=f, h=hidden, p=dropout: layer_norm(h, p, f) for k, f in forms.items()}
            yield Work(f"{name} {label} H{hidden}", "ms", flops * n, tensors * 4 * n, ways(kind, opens))
    for width in (1536, 3072):
        n = TOKENS * width
        for name, with_bias in (("GELU", False), ("bias+GELU", True)):
            opens = {
                k: lambda f=f, w=width, b=with_bias: elementwise(
                    lambda: [torch.randn(TOKENS, w)], [torch.randn(w)] if b else [], f
                )
                for k, f in compiled(bias_gelu, options).items()
            }
            yield Work(f"{name} forward W{width}", "ms", 5 * n, 2 * 4 * n, ways("record", opens))
            yield Work(f"{name} backward W{width}", "ms", 8 * n, 3 * 4 * n, ways("backward", opens))
    rows, width = 49152, 128
    n = rows * width
    opens = {
        "eager": lambda: elementwise(lambda: [torch.randn(rows, width)], [], lambda x: torch.softmax(x, -1)),
    }
    yield Work("softmax forward S128", "ms", 5 * n, 2 * 4 * n, ways("infer", opens))
    yield Work("softmax backward S128", "ms", 4 * n, 3 * 4 * n, ways("backward", opens))
    for ins, outs, gelu in (
        (384, 384, False),
        (384, 1536, True),
        (1536, 384, False),
        (768, 768, False),
        (768, 3072, True),
        (3072, 768, False),
    ):
        opens = {
            "eager": lambda i=ins, o=outs, g=gelu: Operation(
                1,
                lambda: [torch.randn(TOKENS, i)],
                [torch.randn(o, i), torch.randn(o)],
                (lambda x, w, b: F.gelu(F.linear(x, w, b))) if g else F.linear,
            )
        }
        name, shape = "linear+bias+GELU" if gelu else "linear+bias", f"{ins}x{outs}"
        flops, weights = 2 * TOKENS * ins * outs, 4 * (ins + 1) * outs
        saved = 4 * TOKENS * outs if gelu else 0
        yield Work(
            f"{name} forward {shape}", "ms", flops, 4 * TOKENS * (ins + outs) + weights, ways("infer", opens)
        )
        yield Work(
            f"{name} backward {shape}",
            "ms",
            2 * flops,
            4 * TOKENS * (2 * ins + outs) + saved + 2 * weights,
            ways("backward", opens),
        )


# ---- loss and optimizer ----


def bert_base_shapes():
    """Parameters of BertForSequenceClassification with two labels: 109,483,778 numbers."""
    hidden, inner = 768, 3072
    yield from [(30522, hidden), (512, hidden), (2, hidden), (hidden,), (hidden,)]
    for _ in range(12):
        yield from [(hidden, hidden), (hidden,)] * 4 + [(hidden,), (hidden,)]
        yield from [(inner, hidden), (inner,), (hidden, inner), (hidden,), (hidden,), (hidden,)]
    yield from [(hidden, hidden), (hidden,), (2, hidden), (2,)]


def adamw(clip_way):
    def sample(seconds):
        parameters = [torch.nn.Parameter(torch.randn(shape) * 0.02) for shape in bert_base_shapes()]
        for p in parameters:
            p.grad = torch.randn_like(p) * 0.01
        # No decay on biases and LayerNorms.
        groups = [
            {"params": [p for p in parameters if p.dim() > 1], "weight_decay": 0.01},
            {"params": [p for p in parameters if p.dim() == 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=2e-5, fused=True)

        def step(_):
            torch.nn.utils.clip_grad_norm_(parameters, 1.0, foreach=clip_way == "foreach")
            optimizer.step()

        return scaled(rounds(lambda: None, 1, step, seconds), 1e3)

    return sample


def training_works(seed, options):
    torch.manual_seed(seed)
    rows, classes = 614, 30522
    n = rows * classes
    labels = torch.randint(0, classes, (rows,))
    opens = {
        k: lambda f=f: elementwise(lambda: [torch.randn(rows, classes)], [], f)
        for k, f in compiled(lambda x: F.cross_entropy(x, labels), options).items()
    }
    yield Work("cross-entropy forward V30522", "ms", 4 * n, 4 * n, ways("record", opens))
    yield Work("cross-entropy backward V30522", "ms", 4 * n, 8 * n, ways("backward", opens))
    count = sum(math.prod(shape) for shape in bert_base_shapes())
    clips = {f"fused AdamW, clip {c}": adamw(c) for c in ("foreach", "one by one")}
    yield Work("AdamW+clip 110M", "ms", 16 * count, 32 * count, clips)


def small_works(seed):
    torch.manual_seed(seed)
    a, b, row, out = torch.randn(8, 8), torch.randn(8, 8), torch.randn(8), torch.empty(8, 8)

    def inference(call):
        def sample(seconds):
            with torch.inference_mode():
                return scaled(protocol.repeat(call, seconds), 1e6)

        return sample

    operations = (("add 8x8", torch.add, b), ("add 8x8+8", torch.add, row), ("matmul 8x8", torch.mm, b))
    for name, operation, right in operations:
        yield Work(
            name,
            "us",
            0,
            0,
            {
                "new result": inference(lambda f=operation, r=right: f(a, r)),
                "out=": inference(lambda f=operation, r=right: f(a, r, out=out)),
            },
        )


def main():
    parser = protocol.options(__doc__)
    parser.add_argument("--compile", action="store_true", help="try torch.compile as well")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()
    families = (attention_works(args.seed), layer_works(args.seed, args), training_works(args.seed, args), small_works(args.seed))
    trial = min(0.2, args.seconds / 4)
    protocol.run(args, itertools.chain(*families), trial, peer=f"PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
