"""Draws a run of pre-training, and what fine-tuning makes of encoders, as PNG files.

Usage: python3 plot_pretraining.py curves RUN PICTURE.png
       python3 plot_pretraining.py bars TABLE.txt PICTURE.png

RUN is a folder that jaubert pretrain wrote. TABLE.txt has lines "encoder, set, figure", of which those of other seeds are averaged; the
first encoder is the lowest bar. Needs matplotlib.
"""

import json
import statistics
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

SMOOTH = 25  # entries of the training loss that a point is the mean of


def curves(run, picture):
    entries = [json.loads(line) for line in (run / "train_log.jsonl").read_text().splitlines()]
    tokens = json.loads((run / "run.json").read_text())["settings"]["batch_tokens"]
    learnt = [e for e in entries if "loss" in e]
    judged = [{k.removeprefix("eval_"): v for k, v in e.items()} for e in entries if "eval_loss" in e]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    groups = [learnt[i : i + SMOOTH] for i in range(0, len(learnt), SMOOTH)]
    for axes, name, factor in ((left, "loss", 1), (right, "accuracy", 100)):
        means = [factor * statistics.fmean(e[name] for e in group) for group in groups]
        axes.plot([group[-1]["step"] * tokens / 1e6 for group in groups], means)
        axes.plot([e["step"] * tokens / 1e6 for e in judged], [factor * e[name] for e in judged], ".-")
        axes.legend(["text to learn from", "held-out text"])
    left.set(xlabel="tokens, millions", ylabel="loss of masked tokens")
    right.set(xlabel="tokens, millions", ylabel="masked tokens told, %", ylim=(0, None))
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(picture, dpi=110)


def bars(table, picture):
    figures = {}
    for line in table.read_text().splitlines():
        encoder, name, value = (cell.strip() for cell in line.split(","))
        figures.setdefault(encoder, {}).setdefault(name, []).append(float(value))
    names = list(next(iter(figures.values())))
    width = 0.8 / len(figures)
    plot, axes = plt.subplots(figsize=(9, 4.2), layout="constrained")
    for i, (encoder, of) in enumerate(figures.items()):
        places = [n + (i - (len(figures) - 1) / 2) * width for n in range(len(names))]
        means = [statistics.fmean(of[name]) for name in names]
        spread = [[m - min(of[n]) for n, m in zip(names, means)], [max(of[n]) - m for n, m in zip(names, means)]]
        drawn = axes.bar(places, means, width * 0.94, label=encoder, yerr=spread, capsize=3)
        axes.bar_label(drawn, fmt="%.1f", padding=3, fontsize=9)
    axes.set_xticks(range(len(names)), names)
    axes.set_ylim(0, 100)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=len(figures), frameon=False)
    plot.savefig(picture, dpi=110)


if __name__ == "__main__":
    {"curves": curves, "bars": bars}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
