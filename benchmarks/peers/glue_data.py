"""The GLUE files the reference runs read: raw TSV, no quoting (a lone " is text)."""

from pathlib import Path
from typing import NamedTuple

import numpy as np


class Task(NamedTuple):
    folder: str
    header: bool
    texts: tuple  # columns of the sentences
    label: int  # column of the label
    num_labels: int  # 1: a score
    rows: dict  # how many rows each split must have
    metric: str


TASKS = {
    "sst2": Task("sst-2", True, (0,), 1, 2, {"train": 67349, "dev": 872}, "accuracy"),
    "cola": Task("cola", False, (3,), 1, 2, {"train": 8551, "dev": 1043}, "matthews"),
    "stsb": Task("sts-b", True, (7, 8), 9, 1, {"train": 5749, "dev": 1500}, "pearson"),
}


def read(task, data, split):
    """([(sentence,) or (sentence1, sentence2)], [label]); a wrong number of rows is an error."""
    path = Path(data) / task.folder / f"{split}.tsv"
    lines = path.read_text("utf-8-sig").split("\n")
    rows = [line.rstrip("\r").split("\t") for line in lines[1 if task.header else 0 :] if line]
    if len(rows) != task.rows[split]:
        raise ValueError(f"{path}: {len(rows)} rows, expected {task.rows[split]}")
    number = float if task.num_labels == 1 else int
    return [tuple(row[c] for c in task.texts) for row in rows], [number(row[task.label]) for row in rows]


def score(task, logits, labels):
    """The task's metrics by name, from logits [N, labels]."""
    from scipy.stats import pearsonr, spearmanr
    from sklearn.metrics import matthews_corrcoef

    logits, labels = np.asarray(logits), np.asarray(labels)
    if task.num_labels == 1:
        return {
            "pearson": float(pearsonr(logits[:, 0], labels).statistic),
            "spearman": float(spearmanr(logits[:, 0], labels).statistic),
        }
    predicted = logits.argmax(axis=1)
    return {
        "accuracy": float((predicted == labels).mean()),
        "matthews": float(matthews_corrcoef(labels, predicted)),
    }
