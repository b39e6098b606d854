"""Fine-tunes a Hugging Face BERT on SST-2, CoLA or STS-B by PyTorch: the reference for Jaubert's accuracy and loss.

    python torch_glue.py --task sst2 --model /tmp/peers/minilm-hf --data ../../../shared/data \
        --lr 3e-5 --batch 32 --epochs 1 --warmup 0.1 --weight-decay 0.01 --seed 1
"""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch_finetune
from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding


class Task(NamedTuple):
    folder: str
    header: bool
    texts: tuple  # columns of the sentences
    label: int  # column of the label
    num_labels: int  # 1: a score
    rows: dict  # how many rows each split must have


TASKS = {
    "sst2": Task("sst-2", True, (0,), 1, 2, {"train": 67349, "dev": 872}),
    "cola": Task("cola", False, (3,), 1, 2, {"train": 8551, "dev": 1043}),
    "stsb": Task("sts-b", True, (7, 8), 9, 1, {"train": 5749, "dev": 1500}),
}


def read(task, data, split, tokenizer, max_length):
    """The rows of a raw TSV, without quoting (a lone " is text), for a model; a wrong number of them is an error."""
    path = data / task.folder / f"{split}.tsv"
    lines = path.read_text("utf-8-sig").split("\n")
    rows = [line.rstrip("\r").split("\t") for line in lines[1 if task.header else 0 :] if line]
    if len(rows) != task.rows[split]:
        raise ValueError(f"{path}: {len(rows)} rows, expected {task.rows[split]}")
    number = float if task.num_labels == 1 else int
    return [
        {**tokenizer(*[row[c] for c in task.texts], truncation=True, max_length=max_length), "labels": number(row[task.label])}
        for row in rows
    ]


def score(task, logits, labels):
    """The task's metrics by name, from logits [N, labels]."""
    from scipy.stats import pearsonr, spearmanr
    from sklearn.metrics import matthews_corrcoef

    if task.num_labels == 1:
        return {"pearson": pearsonr(logits[:, 0], labels).statistic, "spearman": spearmanr(logits[:, 0], labels).statistic}
    predicted = logits.argmax(axis=1)
    return {"accuracy": (predicted == labels).mean(), "matthews": matthews_corrcoef(labels, predicted)}


def main():
    parser = torch_finetune.options(__doc__, lr=3e-5, epochs=1)
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--data", type=Path, default=Path("../../../shared/data"))
    args = parser.parse_args()
    task = TASKS[args.task]
    tokenizer, model = torch_finetune.load(
        args,
        AutoModelForSequenceClassification,
        num_labels=task.num_labels,
        problem_type="regression" if task.num_labels == 1 else "single_label_classification",
    )
    collate = DataCollatorWithPadding(tokenizer)
    rows = read(task, args.data, "train", tokenizer, args.max_length)
    figures = torch_finetune.train(args, tokenizer, model, collate, rows)
    begin = time.perf_counter()
    rows = read(task, args.data, "dev", tokenizer, args.max_length)
    logits = np.array([values.tolist() for values in torch_finetune.predict(model, collate, rows)])
    figures["dev_sentences_per_s"] = round(len(rows) / (time.perf_counter() - begin), 1)
    metrics = score(task, logits, np.array([row["labels"] for row in rows]))
    torch_finetune.report(args, args.task, {k: round(float(v), 4) for k, v in metrics.items()}, figures)


if __name__ == "__main__":
    main()
