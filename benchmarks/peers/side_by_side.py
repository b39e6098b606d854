"""Step times of Jaubert, PyTorch and DJL in one alternating run: raw JSON lines and a table of medians and ratios.

    python side_by_side.py --rounds 3 --out ../results/NAME \
        --jaubert "../run step" --torch "VENV/bin/python torch_step.py" --djl "java -cp ... io.github.jaubert.peers.DjlStep"

Each round runs every shape once with every program, one process a measurement, so that a slow minute of a shared
machine hits all programs alike. The figure of a program is the median over the rounds of its median step; the ratio is
the median of the rounds' ratios. A program whose command is not given is left out. Writes NAME.jsonl and NAME.md.
"""

import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess

# shape, mode, batch, tokens a sequence, warmup, steps
WORK = [
    ("minilm", "train", 32, 128, 2, 6),
    ("minilm", "infer", 32, 128, 3, 10),
    ("minilm", "train", 32, 32, 4, 15),
    ("minilm", "infer", 32, 32, 5, 20),
    ("bert-base", "train", 8, 128, 2, 5),
]


def measure(command, shape, mode, batch, seq, warmup, steps, threads):
    arguments = shlex.split(command) + [
        "--shape", shape, "--mode", mode, "--batch", str(batch), "--seq", str(seq),
        "--warmup", str(warmup), "--steps", str(steps), "--threads", str(threads)]
    out = subprocess.run(arguments, capture_output=True, text=True)
    lines = [line for line in out.stdout.splitlines() if line.startswith("{")]
    if out.returncode != 0 or not lines:
        raise SystemExit(f"{' '.join(arguments)} failed with {out.returncode}:\n{out.stderr[-2000:]}")
    return json.loads(lines[-1])


def processor():
    with open("/proc/cpuinfo") as info:
        return next(line.split(":")[1].strip() for line in info if line.startswith("model name"))


def table(programs, results):
    peers = [name for name in programs if name != "jaubert"]
    rows = ["| work | " + " | ".join(f"{name} GF/s" for name in programs) + " | "
            + " | ".join(f"jaubert / {name}" for name in peers) + " |",
            "|---" * (1 + len(programs) + len(peers)) + "|"]
    for work in WORK:
        key = f"{work[1]} {work[0]} B{work[2]} S{work[3]}"
        rounds = results[key]
        cells = [key] + [f"{statistics.median(r[name] for r in rounds):.0f}" for name in programs]
        cells += [f"{statistics.median(r['jaubert'] / r[name] for r in rounds):.2f}" for name in peers]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jaubert", required=True)
    parser.add_argument("--torch")
    parser.add_argument("--djl")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", required=True, help="path without an ending")
    args = parser.parse_args()
    programs = {name: command for name, command in
                (("jaubert", args.jaubert), ("torch", args.torch), ("djl", args.djl)) if command}
    results, versions = {}, {}
    with open(args.out + ".jsonl", "w") as raw:
        for number in range(args.rounds):
            for work in WORK:
                figures = {}
                for name, command in programs.items():
                    line = measure(command, *work, args.threads)
                    raw.write(json.dumps({"round": number, "program": name, **line}) + "\n")
                    raw.flush()
                    figures[name] = line["gflops"]
                    versions[name] = line["version"]
                results.setdefault(f"{work[1]} {work[0]} B{work[2]} S{work[3]}", []).append(figures)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    with open(args.out + ".md", "w") as page:
        page.write(f"# Step times side by side\n\n{processor()}, {os.cpu_count()} cores, {args.threads} threads, "
                   f"{platform.system()} {platform.release()}; commit {commit}; medians of {args.rounds} alternating "
                   "rounds; float32. FLOPs: forward 2 L (4 H^2 + 2 H I) T + 4 L sum(S^2) H, a training step three "
                   "times that.\n\n" + table(list(programs), results) + "\n\n"
                   + "".join(f"- {name}: {version}\n" for name, version in versions.items()))


if __name__ == "__main__":
    main()
