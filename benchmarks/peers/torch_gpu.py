"""Times PyTorch on a GPU, one line of JSON a work: the counterpart of `./jaubert bench gpu`.

    python torch_gpu.py [--dtype bf16] [--tokens 65536] [--seconds 1] [--only REGEX] [--list] [--device cuda]

Every work is measured with CUDA events on random data; before each sample a buffer larger than the L2 cache is written,
so inputs come from memory. Where PyTorch has several ways (the backends of scaled_dot_product_attention, eager and
compiled), each is tried and the fastest is measured; its name stands in "variant". Shapes are BERT-base's: 12 heads of 64,
hidden size 768, --tokens tokens in all; with 65536 the square product is one of 8192 and the copy is of 1 GiB.

"training, sentences" are passes over batches of --tokens / 256 sentences, log-normal lengths with median 32, four times
--tokens in all, padded to the longest of each batch: "in file order" takes them as they come, "by length" sorts them first and visits
the batches in random order. The figure counts real tokens only.

flops: attention forward 4 T S H, backward 10 T S H (five products); a linear layer 2 T I O; a training step 3 times
2 L (4 H^2 + 2 H I) T + 4 L T S H. bytes: what has to be read and written once.

With --device cpu everything runs, slowly, without a GPU: a check of this program, not a measurement.
"""

import time

import protocol
import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch_ops import mixed_lengths

HEADS, DIM, HIDDEN, INTERMEDIATE, LAYERS, VOCABULARY = 12, 64, 768, 3072, 12, 30522
DROPOUT, EPS = 0.1, 1e-12
L2_BYTES = 256 << 20
CORPUS = 4  # how many times --tokens all sentences have
DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}


class Clock:
    """Samples of a call in milliseconds, each with a cold L2 cache."""

    def __init__(self, device):
        self.cuda = device == "cuda"
        self.flush = torch.empty(L2_BYTES if self.cuda else 1, dtype=torch.uint8, device=device)

    def once(self, call):
        self.flush.zero_()
        if not self.cuda:
            start = time.perf_counter()
            call()
            return (time.perf_counter() - start) * 1e3
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        call()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end)

    def samples(self, call, prepare, seconds):
        started = time.perf_counter()
        samples, warm = [], False
        while len(samples) < 5 or time.perf_counter() - started < seconds:
            prepare()
            took = self.once(call)
            if warm:
                samples.append(took)
            warm = warm or time.perf_counter() - started > seconds / 4
        return samples


def work(args, name, flops, bytes_, ways, rate=None):
    """ways: name to a function that makes inputs and gives (call, prepare). rate, (amount of a call, unit): what is told as
    a rate, not as a time."""

    def sampler(make):
        def sample(seconds):
            samples = args.clock.samples(*make(), seconds)
            return [rate[0] / took * 1e3 for took in samples] if rate else samples

        return sample

    samplers = {way: sampler(make) for way, make in ways.items()}
    return protocol.Work(name, rate[1] if rate else "ms", flops, bytes_, samplers, optional=True)


def no_preparation(call):
    return call, lambda: None


# ---- attention: [batch, heads, S, d] as views of [batch, S, heads, d], as a model has them ----


def attention(args, length, dropout, backward, backend):
    def make():
        batch = args.tokens // length
        q, k, v = (
            torch.randn(batch, length, HEADS, DIM, dtype=args.type, device=args.device).transpose(1, 2) for _ in range(3)
        )
        gradient = torch.randn(batch, length, HEADS, DIM, dtype=args.type, device=args.device).transpose(1, 2)

        def forward():
            with sdpa_kernel(backend):
                return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout)

        if not backward:
            with torch.inference_mode():
                forward()

            def infer():
                with torch.inference_mode():
                    forward()

            return no_preparation(infer)
        for x in (q, k, v):
            x.requires_grad_()
        kept = {}

        def prepare():
            kept["out"] = forward()

        return lambda: torch.autograd.grad(kept.pop("out"), (q, k, v), gradient), prepare

    return make


def attention_works(args):
    backends = {"flash": SDPBackend.FLASH_ATTENTION, "cuDNN": SDPBackend.CUDNN_ATTENTION, "math": SDPBackend.MATH}
    if args.device == "cuda":
        del backends["math"]  # never the fastest, and beyond memory at these sizes
    element = args.type.itemsize
    for length, dropout in ((128, 0.0), (512, 0.0), (2048, 0.0), (128, DROPOUT), (512, DROPOUT)):
        shape = f"d{DIM} S{length}" + (" dropout" if dropout else "")
        flops, tensor = args.tokens * length * HIDDEN, args.tokens * HIDDEN * element
        for backward in (False, True):
            yield work(
                args,
                f"attention {'backward' if backward else 'forward'} {shape}",
                (10 if backward else 4) * flops,
                (8 if backward else 4) * tensor,
                {name: attention(args, length, dropout, backward, b) for name, b in backends.items()},
            )


# ---- operations that memory bounds ----


def add_dropout_layernorm(args, backward, compiled):
    def sequence(x, bias, residual, gamma, beta):
        return F.layer_norm(residual + F.dropout(x + bias, DROPOUT), (HIDDEN,), gamma, beta, EPS)

    def make():
        function = torch.compile(sequence) if compiled else sequence
        draw = lambda *shape: torch.randn(*shape, dtype=args.type, device=args.device, requires_grad=backward)
        inputs = [draw(args.tokens, HIDDEN), draw(HIDDEN), draw(args.tokens, HIDDEN), draw(HIDDEN), draw(HIDDEN)]
        if not backward:
            return no_preparation(lambda: function(*inputs))
        gradient, kept = torch.randn_like(inputs[0]), {}

        def prepare():
            kept["out"] = function(*inputs)

        return lambda: torch.autograd.grad(kept.pop("out"), inputs, gradient), prepare

    return make


def adamw(args):
    """One parameter of 110 million numbers, float32, clipped by its norm: nothing is read by the host."""

    def make():
        count = 110_000_000
        weights = torch.nn.Parameter(torch.randn(count, device=args.device))
        optimizer = torch.optim.AdamW([weights], lr=1e-5, weight_decay=0.01, fused=True)
        weights.grad = torch.randn(count, device=args.device)

        def step():
            torch.nn.utils.clip_grad_norm_([weights], 1.0, foreach=True)
            optimizer.step()

        return no_preparation(step)

    return make


def copy(args):
    def make():
        x = torch.randn(4096 * args.tokens, device=args.device)
        y = torch.empty_like(x)
        return no_preparation(lambda: y.copy_(x))

    return make


def memory_works(args):
    element = args.type.itemsize
    tensor = args.tokens * HIDDEN * element
    copied = 8 * 4096 * args.tokens
    yield work(args, "copy", 0, copied, {"copy_": copy(args)}, rate=(copied / 1e9, "GB/s"))
    for backward, bytes_ in ((False, 4 * tensor), (True, 4 * tensor)):
        yield work(
            args,
            f"bias+dropout+residual+LayerNorm {'backward' if backward else 'forward'} H{HIDDEN}",
            0,
            bytes_,
            {
                "eager": add_dropout_layernorm(args, backward, False),
                "compiled": add_dropout_layernorm(args, backward, True),
            },
        )
    yield work(args, "AdamW with clip 110M", 0, 110_000_000 * 4 * 8, {"fused": adamw(args)})


# ---- matrix products ----


def product(args, rows, inner, columns, gelu=False, train=False):
    def make():
        x = torch.randn(rows, inner, dtype=args.type, device=args.device)
        weight = torch.randn(columns, inner, dtype=args.type, device=args.device) * inner**-0.5
        bias = torch.randn(columns, dtype=args.type, device=args.device)
        if train:
            weight.requires_grad_()  # so that what went into GELU is kept

        def call():
            with torch.inference_mode(not train):
                return F.gelu(F.linear(x, weight, bias)) if gelu else x @ weight.t()

        return no_preparation(call)

    return make


def product_works(args):
    size = args.tokens // 8
    square = {"mm": product(args, size, size, size)}
    yield work(args, f"GEMM {size}", 2 * size**3, 0, square, rate=(2 * size**3 / 1e9, "GF/s"))
    for inner, columns in ((HIDDEN, HIDDEN), (HIDDEN, INTERMEDIATE), (INTERMEDIATE, HIDDEN)):
        flops = 2 * args.tokens * inner * columns
        yield work(args, f"GEMM {inner}x{columns}", flops, 0, {"mm": product(args, args.tokens, inner, columns)})
    flops = 2 * args.tokens * HIDDEN * INTERMEDIATE
    for train in (False, True):
        ways = {"eager": product(args, args.tokens, HIDDEN, INTERMEDIATE, True, train)}
        yield work(args, f"GEMM+bias+GELU {'for training ' if train else ''}{HIDDEN}x{INTERMEDIATE}", flops, 0, ways)


# ---- a whole training step: Hugging Face's BERT, dropout 0.1, clipping, AdamW ----


def training(args, batches, compiled):
    """Steps on each of the batches (inputs, labels), one after the other."""

    def make():
        from transformers import BertConfig, BertForSequenceClassification

        torch.manual_seed(args.seed)
        config = BertConfig(num_hidden_layers=LAYERS)
        model = BertForSequenceClassification._from_config(config, attn_implementation="sdpa").to(args.device).train()
        made = batches()
        if compiled:
            model.compile(dynamic=len(made) > 1)
        optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5, weight_decay=0.01, fused=True)

        def steps():
            for inputs, labels in made:
                with torch.autocast(args.device, dtype=args.type, enabled=args.type != torch.float32):
                    loss = model(**inputs, labels=labels).loss
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)

        return no_preparation(steps)

    return make


def random_ids(args, *shape):
    return torch.randint(1000, 30000, shape, device=args.device)


def one_length(args, length):
    ids = random_ids(args, args.tokens // length, length)
    return [({"input_ids": ids}, torch.arange(len(ids), device=args.device) % 2)]


def sentences(args, by_length):
    lengths = mixed_lengths(CORPUS * args.tokens, args.seed)
    if by_length:
        lengths.sort()
    size = args.tokens // 256
    cut = [lengths[i : i + size] for i in range(0, len(lengths), size)]
    if by_length:
        cut = [cut[i] for i in torch.randperm(len(cut)).tolist()]
    batches = []
    for part in cut:
        ids = random_ids(args, len(part), max(part))
        real = torch.arange(max(part), device=args.device) < torch.tensor(part, device=args.device)[:, None]
        inputs = {"input_ids": ids * real, "attention_mask": real.long()}
        batches.append((inputs, torch.arange(len(part), device=args.device) % 2))
    return batches


def ways_to_train(args, batches):
    return {"eager": training(args, batches, False), "compiled": training(args, batches, True)}


def step_works(args):
    for length in (128, 512):
        dense = 2 * LAYERS * (4 * HIDDEN**2 + 2 * HIDDEN * INTERMEDIATE) * args.tokens
        flops = 3 * (dense + 4 * LAYERS * args.tokens * length * HIDDEN)
        ways = ways_to_train(args, lambda length=length: one_length(args, length))
        yield work(args, f"training step BERT-base B{args.tokens // length} S{length}", flops, 0, ways)
    for by_length in (False, True):
        ways = ways_to_train(args, lambda by_length=by_length: sentences(args, by_length))
        name = "training, sentences, " + ("by length" if by_length else "in file order")
        yield work(args, name, 0, 0, ways, rate=(CORPUS * args.tokens, "tokens/s"))


def main():
    parser = protocol.options(__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--dtype", choices=DTYPES, default="bf16")
    parser.add_argument("--tokens", type=int, default=65536, help="tokens in all, a multiple of 2048")
    args = parser.parse_args()
    if args.tokens < 1 or args.tokens % 2048:
        parser.error(f"--tokens {args.tokens}: a multiple of 2048")
    if args.device == "cuda" and not args.list and not torch.cuda.is_available():
        parser.error("no GPU that PyTorch can use; --device cpu checks this program without one")
    args.type = DTYPES[args.dtype]
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    torch.backends.cuda.matmul.allow_tf32 = False

    args.clock = None if args.list else Clock(args.device)
    peer = f"PyTorch {torch.__version__}"
    if args.device == "cuda" and not args.list:
        peer += f", CUDA {torch.version.cuda}, {torch.cuda.get_device_name()}"
    works = [*memory_works(args), *product_works(args), *attention_works(args), *step_works(args)]
    protocol.run(args, works, args.seconds, dtype=args.dtype, peer=peer)


if __name__ == "__main__":
    main()
