"""What a measuring program of Python needs: the common options, repeating a work, and the line of JSON a work.

{"work": "training step MiniLM B32 S128", "unit": "ms", "value": 2100.0, "samples": [...], "peer": "PyTorch 2.13.0"}

Everything else belongs on standard error. The names of the works pair these lines with Jaubert's, which say FLOPs and bytes.
"""

import argparse
import json
import math
import re
import statistics
import sys
import time
from functools import partial
from pathlib import Path

import torch

SAMPLE_SECONDS = 0.004
SCALES = {"ms": 1e3, "us": 1e6}  # of seconds
L2_BYTES = 256 << 20  # more than any GPU's second level of cache
# How a CPU computes: in float32, with products that may be in bfloat16 inside, or with activations in bfloat16 as well.
PRECISIONS = ("float32", "medium", "autocast")
DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}


# ---- options ----


def options(description):
    """A parser with the options that every measuring program has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2, help="threads to compute with")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each work is repeated")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="works whose name has a match of this")
    parser.add_argument("--list", action="store_true", help="print the names of the works and measure nothing")
    parser.add_argument("--seed", type=int, default=0, help="of the random inputs")
    return parser


def gpu_options(parser):
    """Of a program that also measures at the sizes of a GPU, which --tokens asks for."""
    parser.add_argument("--tokens", type=int, default=0, help="works at the sizes of a GPU, on so many tokens in all, a multiple of 2048")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda:0 and so on; cpu with --tokens checks the program without a GPU")
    dtype_option(parser)


def dtype_option(parser):
    parser.add_argument(
        "--dtype", choices=DTYPES, default="f32", help="of activations and products; bf16 on a CPU: whichever of PyTorch's ways is fastest"
    )


def parse(parser):
    """The arguments, with PyTorch set up by them; args.clock times a call on the device."""
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    torch.backends.cuda.matmul.allow_tf32 = False
    args.peer = f"PyTorch {torch.__version__}"
    args.clock = WallClock()
    if "dtype" in args:
        args.type = DTYPES[args.dtype]
        args.in_bf16 = ", bf16" if args.type == torch.bfloat16 else ""  # what works are called besides
    if "tokens" in args:
        if args.tokens < 0 or args.tokens % 2048:
            parser.error(f"--tokens {args.tokens}: a multiple of 2048")
        args.gpu = args.device != "cpu"
        if args.gpu and not args.list:
            if not torch.cuda.is_available():
                parser.error("no GPU that PyTorch can use; --device cpu checks this program without one")
            torch.cuda.set_device(args.device)
            args.clock = GpuClock()
            args.peer += f", CUDA {torch.version.cuda}, {torch.cuda.get_device_name()}"
    return args


# ---- time ----


class WallClock:
    """Seconds of a call that has ended when it returns."""

    def once(self, call):
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    def repeat(self, call, seconds):
        """Seconds of one call, a sample each, after a warm-up of a quarter of the time; short calls are timed many at once."""

        def many():
            for _ in range(calls):
                call()

        begin, calls = time.perf_counter(), 1
        while True:
            took = self.once(many)
            if time.perf_counter() - begin >= seconds / 4:
                break
            if took < SAMPLE_SECONDS:
                calls *= 2
        calls = max(1, math.ceil(SAMPLE_SECONDS / (took / calls)))
        samples, begin = [], time.perf_counter()
        while len(samples) < 3 or time.perf_counter() - begin < seconds * 0.75:
            samples.append(self.once(many) / calls)
        return samples

    def rounds(self, prepare, calls, call, seconds):
        """Seconds of call(0) to call(calls - 1), over and over; prepare runs untimed before each round."""
        samples, begin, warm, count = [], time.perf_counter(), False, 0
        while len(samples) < 3 or time.perf_counter() - begin < seconds:
            prepare()
            for i in range(calls):
                took = self.once(lambda: call(i))
                if warm:
                    samples.append(took)
            count += 1
            warm = count >= 2 and time.perf_counter() - begin >= seconds / 4
        return samples


class GpuClock(WallClock):
    """Seconds between two events; before each call a buffer larger than the L2 cache is written, so that inputs come from memory."""

    def __init__(self):
        self.flush = torch.empty(L2_BYTES, dtype=torch.uint8, device="cuda")

    def once(self, call):
        self.flush.zero_()
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        call()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) / 1e3

    def repeat(self, call, seconds):
        return self.rounds(lambda: None, 1, lambda _: call(), seconds)


def peak_memory():
    """MB (10^6 bytes) that were resident in this process at most, as the operating system counts."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024 / 1e6


# ---- works ----


class Work:
    """One work, by the fastest of its ways.

    ways: name to a sampler, which takes seconds and gives samples in the unit, but in seconds where that is a time.
    optional: left out where no way works."""

    def __init__(self, name, unit, ways, optional=False):
        self.name, self.unit, self.ways, self.optional = name, unit, ways, optional

    def sample(self, way, seconds):
        return [s * SCALES.get(self.unit, 1) for s in self.ways[way](seconds)]

    def attempt(self, way, seconds):
        """[] if this way does not work here."""
        try:
            return self.sample(way, seconds)
        except (RuntimeError, NotImplementedError) as e:
            print(f"{self.name}: {way}: {str(e).splitlines()[0]}", file=sys.stderr)
            return []

    def measure(self, seconds, trial):
        """The line of JSON as a dict. Where there are several ways, each is tried for so many seconds first."""
        way, samples = next(iter(self.ways)), []
        if len(self.ways) > 1 or self.optional:
            tried = {way: self.attempt(way, trial) for way in self.ways}
            medians = {way: statistics.median(took) for way, took in tried.items() if took}
            print(f"{self.name}:", ", ".join(f"{w} {m:.4g} {self.unit}" for w, m in medians.items()), file=sys.stderr)
            if self.optional and not medians:
                return None
            way = (max if self.unit.endswith("/s") else min)(medians, key=medians.get)
            samples = tried[way] if trial == seconds else []
        samples = [float(f"{s:.6g}") for s in samples or self.sample(way, seconds)]
        line = {"work": self.name, "unit": self.unit, "value": float(f"{statistics.median(samples):.6g}"), "samples": samples}
        return line | ({"variant": way} if way else {})


def work(name, unit, sampler):
    """A work with one way."""
    return Work(name, unit, {"": sampler})


def work_on_cpu(args, name, unit, sampler):
    """With --dtype bf16 by the fastest of PyTorch's precisions: sampler(way, seconds)."""
    ways = PRECISIONS if args.in_bf16 else PRECISIONS[:1]
    return Work(name, unit, {way if args.in_bf16 else "": partial(sampler, way) for way in ways})


def run(args, works, trial=None):
    """Prints a line of JSON for each work that is asked for."""
    for one in works:
        if args.only.search(one.name):
            line = None if args.list else one.measure(args.seconds, trial or args.seconds)
            if args.list or line:
                print(one.name if args.list else json.dumps(line | {"peer": args.peer}), flush=True)
