"""What a measuring program of Python needs: the common options, repeating a work, and the line of JSON a work.

{"work": "training step MiniLM B32 S128", "unit": "ms", "value": 2100.0, "samples": [...], "flops": 2.7e11, "peer": "PyTorch 2.13.0"}

Everything else belongs on standard error. The names of the works pair these lines with Jaubert's.
"""

import argparse
import json
import math
import re
import statistics
import sys
import time
from pathlib import Path

SAMPLE_SECONDS = 0.004


def options(description):
    """A parser with the options that every measuring program has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2, help="threads to compute with")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each work is repeated")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="works whose name has a match of this")
    parser.add_argument("--list", action="store_true", help="print the names of the works and measure nothing")
    parser.add_argument("--seed", type=int, default=0, help="of the random inputs")
    return parser


class Work:
    """One work, by the fastest of its ways.

    ways: name to a sampler, which takes seconds and gives samples in the unit. optional: left out where no way works."""

    def __init__(self, name, unit, flops, bytes_, ways, optional=False):
        self.name, self.unit, self.flops, self.bytes = name, unit, flops, bytes_
        self.ways, self.optional = ways, optional

    def attempt(self, way, seconds):
        """[] if this way does not work here."""
        try:
            return self.ways[way](seconds)
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
        samples = [float(f"{s:.6g}") for s in samples or self.ways[way](seconds)]
        line = {"work": self.name, "unit": self.unit, "value": float(f"{statistics.median(samples):.6g}")}
        line |= {"samples": samples} | {k: v for k, v in (("flops", self.flops), ("bytes", self.bytes)) if v}
        return line | ({"variant": way} if way else {})


def work(name, unit, flops, sampler):
    """A work with one way."""
    return Work(name, unit, flops, 0, {"": sampler})


def run(args, works, trial, **more):
    """Prints a line of JSON, with more that all lines have, for each work that is asked for."""
    for one in works:
        if args.only.search(one.name):
            line = None if args.list else one.measure(args.seconds, trial)
            if args.list or line:
                print(one.name if args.list else json.dumps(line | more), flush=True)


def repeat(call, seconds):
    """Seconds of one call, a sample each, after a warm-up of a quarter of the time; short calls are timed many at once."""
    begin, calls = time.perf_counter(), 1
    while True:
        took = times(call, calls)
        if time.perf_counter() - begin >= seconds / 4:
            break
        if took < SAMPLE_SECONDS:
            calls *= 2
    calls = max(1, math.ceil(SAMPLE_SECONDS / (took / calls)))
    samples, begin = [], time.perf_counter()
    while len(samples) < 3 or time.perf_counter() - begin < seconds * 0.75:
        samples.append(times(call, calls) / calls)
    return samples


def times(call, calls):
    """Seconds of so many calls."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return time.perf_counter() - start


def milliseconds(step):
    """The sampler of a step's time."""
    return lambda seconds: [s * 1e3 for s in repeat(step(), seconds)]


def peak_memory():
    """MB (10^6 bytes) that were resident in this process at most, as the operating system counts."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024 / 1e6
