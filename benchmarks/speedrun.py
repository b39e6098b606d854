"""What an encoder from nothing reaches in an hour: vocabulary, pre-training, fine-tuning and evaluation.

    benchmarks/run speedrun --corpus FILE [FILE ...] --held-out-text FILE --sets DIR --out DIR [--recipe NAME] [OPTION OF pretrain ...]

Pre-trains with a recipe, fine-tunes what came out on SST-2, CoLA, TREC and a part of MNLI (files of peers/recipe_sets.py), each with one
seed and judged behind the last step, and prints a line of Markdown: recipe, the four figures in percent (accuracy, Matthews' correlation,
accuracy, accuracy), their mean, minutes, and the minutes of all cores together, which other work on the machine lengthens little. Nothing
is chosen by the figures that are printed. The same command goes on with what is there; the minutes are those of all attempts together.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from recipes import JAUBERT, finetune

LIMIT_MINUTES = 60
SEED = 1

# By name: options of pretrain.
RECIPES = {
    "bert": ["--tokens", "24M", "--dropout", "0", "--learning-rate", "6e-4", "--batch-tokens", "2048", "--evaluate-every", "500"],
    "cramming": [
        *["--recipe", "cramming", "--tokens", "30M", "--batch-tokens", "2048"],
        *["--mask-rate", "0.2", "--evaluate-every", "1000"],
    ],
}

# Options of finetune, and which figure counts.
TASKS = {
    "sst2": (["--epochs", "2"], "accuracy"),
    "cola": (["--epochs", "4"], "matthews_correlation"),
    "trec": (["--epochs", "6"], "accuracy"),
    "mnli": (["--epochs", "4"], "accuracy"),
}


def cores_seconds():
    """What the programs that have ended took of the processor, all cores together."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


class Clock:
    """Seconds that were spent so far, of the clock and of the cores, also by attempts that failed."""

    def __init__(self, file):
        self.file = file
        self.spent = json.loads(file.read_text()) if file.exists() else {}

    def run(self, part, work):
        """Does work, and gives its result; work itself looks what is done already."""
        start, cores = time.monotonic(), cores_seconds()
        try:
            return work()
        finally:
            clock_before, cores_before = self.spent.get(part, (0, 0))
            self.spent[part] = (clock_before + time.monotonic() - start, cores_before + cores_seconds() - cores)
            self.file.write_text(json.dumps(self.spent))

    def minutes(self):
        """Of the clock, and of the cores."""
        return [sum(seconds) / 60 for seconds in zip(*self.spent.values())]


def pretrain(args, options, out):
    if not (out / "config.json").exists():
        files = ["--corpus", *args.corpus, "--eval", args.held_out_text, "--cache", args.out / "cache", "--out", out]
        subprocess.run([JAUBERT, "pretrain", *files, "--seed", str(SEED), *options], check=True, stdout=sys.stderr)


def judge(args, name, encoder):
    options, figure = TASKS[name]
    run = args.out / name
    if not (run / "run.json").exists():
        train, dev = (args.sets / f"{name}.{part}.tsv" for part in ("train", "dev"))
        finetune(train, dev, SEED, ["--model", encoder, "--learning-rate", "3e-4", *options], run)
    return 100 * json.loads((run / "run.json").read_text())["evaluation"][figure]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", nargs="+", required=True, metavar="FILE", help="text to learn from")
    parser.add_argument("--held-out-text", type=Path, required=True, metavar="FILE", help="text to be judged by on the way")
    parser.add_argument("--sets", type=Path, required=True, metavar="DIR", help="the labelled texts")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where everything is written, the vocabulary too")
    parser.add_argument("--recipe", choices=RECIPES, default="cramming", help="default: cramming")
    args, options = parser.parse_known_args()
    args.out.mkdir(parents=True, exist_ok=True)
    clock = Clock(args.out / "clock.json")
    encoder = args.out / "encoder"
    clock.run("pretrain", lambda: pretrain(args, RECIPES[args.recipe] + options, encoder))
    figures = {name: clock.run(name, lambda name=name: judge(args, name, encoder)) for name in TASKS}
    mean = sum(figures.values()) / len(figures)
    recipe = " ".join([args.recipe, *options])
    minutes, cores_minutes = clock.minutes()
    print(f"| {recipe} | {' | '.join(f'{figure:.1f}' for figure in figures.values())} | {mean:.1f} | {minutes:.1f} | {cores_minutes:.1f} |")
    if minutes > LIMIT_MINUTES:
        sys.exit(f"that took {minutes:.1f} minutes, more than {LIMIT_MINUTES}")


if __name__ == "__main__":
    main()
