"""What a measuring program of Python needs: the common options, repeating a work, and the line of JSON a work.

{"work": "training step MiniLM B32 S128", "unit": "ms", "value": 2100.0, "samples": [...], "flops": 2.7e11, "peer": "PyTorch 2.13.0"}

Everything else belongs on standard error. The names of the works pair these lines with Jaubert's.
"""

import argparse
import json
import re
import statistics
import time
from pathlib import Path


def options(description):
    """A parser with the options that every measuring program has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2, help="threads to compute with")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each work is repeated")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="works whose name has a match of this")
    parser.add_argument("--list", action="store_true", help="print the names of the works and measure nothing")
    parser.add_argument("--seed", type=int, default=0, help="of the random inputs")
    return parser


def run(args, works, peer):
    """Measures each (name, unit, flops, sampler) that is asked for; a sampler takes seconds and gives samples."""
    for name, unit, flops, sampler in works:
        if not args.only.search(name):
            continue
        if args.list:
            print(name)
            continue
        samples = sampler(args.seconds)
        line = {"work": name, "unit": unit, "value": statistics.median(samples), "samples": samples, "peer": peer}
        emit(line | ({"flops": flops} if flops else {}))


def emit(line):
    """Prints a line of JSON at once."""
    print(json.dumps(line), flush=True)


def repeat(step, seconds, fewest=3):
    """Seconds of each call, after a warm-up of a quarter of the time and one call at least."""
    begin = time.perf_counter()
    step()
    while time.perf_counter() - begin < seconds / 4:
        step()
    samples = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds * 3 / 4 or len(samples) < fewest:
        start = time.perf_counter()
        step()
        samples.append(time.perf_counter() - start)
    return samples


def milliseconds(step):
    """The sampler of a step's time."""
    return lambda seconds: [s * 1e3 for s in repeat(step(), seconds)]


def peak_memory():
    """MB (10^6 bytes) that were resident in this process at most, as the operating system counts."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024 / 1e6
