"""What MiniLM reaches on labelled texts with the defaults of jaubert finetune, or with other rates and numbers of steps.

    benchmarks/run recipes --data DIR --sets SET,SET [--seeds 1,2,3] [OPTION OF finetune ...]

Fine-tunes on DIR/SET.train.tsv (columns text, label, perhaps pair), one run after the other, evaluates on DIR/SET.dev.tsv behind the
last step, so that no evaluation chooses anything, and prints a line of Markdown a run: set, recipe, seed, metrics, time. Other
options go to finetune as they are: --learning-rate, --epochs, --batch-size, ...
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

JAUBERT = Path(__file__).parents[1] / "jaubert"


def finetune(train, dev, seed, options, out):
    """Runs it and gives what its run.json says."""
    columns = train.open(encoding="utf-8").readline().split()
    pair = ["--pair-column", "pair"] if "pair" in columns else []
    files = ["--train", train, "--eval", dev, "--text-column", "text", "--label-column", "label", *pair]
    judge = ["--metric", "accuracy,matthews", "--seed", str(seed), "--out", out]
    subprocess.run([JAUBERT, "finetune", *files, *judge, *options], check=True, stdout=sys.stderr)
    return json.loads((out / "run.json").read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder")
    parser.add_argument("--sets", required=True, metavar="SET,SET", help="names")
    parser.add_argument("--seeds", default="1,2,3", metavar="N,N", help="default: 1,2,3")
    parser.add_argument("--head-lr-scale", default="1.0", metavar="FACTOR", help="of the rate of pooler and classifier")
    args, options = parser.parse_known_args()
    options += ["--head-lr-scale", args.head_lr_scale]
    for name in args.sets.split(","):
        for seed in args.seeds.split(","):
            with tempfile.TemporaryDirectory() as folder:
                train, dev = (args.data / f"{name}.{part}.tsv" for part in ("train", "dev"))
                run = finetune(train, dev, seed, options, Path(folder) / "run")
            s = run["settings"]
            recipe = f"rate {s['learning_rate']}, {s['epochs']} epochs, {run['steps']} steps, head x {args.head_lr_scale}"
            recipe += f", batches of {s['batch_size']}"
            metrics = ", ".join(f"{key}={value}" for key, value in run["evaluation"].items())
            print(f"| {name} | {recipe} | {seed} | {{{metrics}}} | {run['training_seconds']:.0f} s |", flush=True)


if __name__ == "__main__":
    main()
