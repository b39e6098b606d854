"""Writes the sets of benchmarks/run recipes and speedrun: SET.train.tsv and SET.dev.tsv with the columns text, label and perhaps pair.

Usage: python3 recipe_sets.py DATA OUT

DATA has folders sst-2, trec, cola, mrpc (GLUE's files), mnli-slice, qnli-slice, nicta-piboso and medical-abstracts. Which rows are taken
is a function of the seed. medicine.txt is the text that an encoder may read before medical1000 and nicta1000: none of it is judged by.
"""

import csv
import json
import random
import sys
from pathlib import Path

SEED = 7


def rows(path):
    return [line.rstrip("\n").split("\t") for line in path.read_text(encoding="utf-8-sig").splitlines()]


def piboso(path):
    """Sentences with the part of an abstract that they are: label, tab, sentence; a line ### begins an abstract."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t", 1)[::-1] for line in lines if line.strip() and not line.startswith("###")]


def write(out, name, train, dev, pair=False):
    for part, examples in (("train", train), ("dev", dev)):
        header = ["text", "pair", "label"] if pair else ["text", "label"]
        lines = ["\t".join(header)] + ["\t".join(cell.replace("\t", " ") for cell in row) for row in examples]
        (out / f"{name}.{part}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(name, len(train), "to learn from,", len(dev), "to be judged by")


def documents(path):
    """The abstracts of such a file as one text each, without what their sentences are."""
    parts = path.read_text(encoding="utf-8").strip().split("\n\n")
    return [" ".join(line.split("\t", 1)[1] for line in part.splitlines() if "\t" in line) for part in parts]


def slice_of(path):
    """Pairs of sentences in one JSON object: number to text_a, text_b, label."""
    return [(row["text_a"], row["text_b"], row["label"]) for row in json.loads(path.read_text(encoding="utf-8")).values()]


def abstracts(path):
    """Abstracts with their class; of texts that recur, some with another class, none."""
    with path.open(encoding="utf-8", newline="") as file:
        all_rows = [(" ".join(row["medical_abstract"].split()), row["condition_label"]) for row in csv.DictReader(file)]
    texts = [text for text, _ in all_rows]
    return [row for row in all_rows if texts.count(row[0]) == 1]


def shuffled(examples, order):
    order.shuffle(examples)
    return examples


def main(data, out):
    out.mkdir(parents=True, exist_ok=True)
    order = random.Random(SEED)

    # Whole sentences: SST-2's training set is mostly phrases.
    sst = shuffled([row for row in rows(data / "sst-2/train.tsv")[1:] if len(row[0].split()) >= 8], order)
    sst_dev = rows(data / "sst-2/dev.tsv")[1:]
    write(out, "sst200", sst[:200], sst_dev)
    write(out, "sst1000", sst[:1000], sst_dev)

    trec, trec_dev = (
        [row for row in rows(data / f"trec/{part}.tsv") if row[1].isdigit()] for part in ("train", "dev")
    )
    write(out, "trec500", shuffled(trec, order)[:500], trec_dev)

    cola, cola_dev = ([(row[3], row[1]) for row in rows(data / f"cola/{part}.tsv")] for part in ("train", "dev"))
    write(out, "cola8000", shuffled(cola, order)[:8000], cola_dev)

    mrpc = shuffled([(row[3], row[4], row[0]) for row in rows(data / "mrpc/train.tsv")[1:]], order)
    write(out, "mrpc3000", mrpc[:3000], mrpc[3000:], pair=True)

    nicta = shuffled(piboso(data / "nicta-piboso/train_clean.txt"), order)
    nicta_dev = piboso(data / "nicta-piboso/dev_clean.txt")
    write(out, "nicta2500", nicta[:2500], nicta_dev)

    # Whole sets, in an order of their own each, so that those above stay as they are.
    write(out, "sst2", rows(data / "sst-2/train.tsv")[1:], sst_dev)
    write(out, "trec", trec, trec_dev)
    write(out, "cola", cola, cola_dev)
    for name in ("mnli", "qnli"):
        write(out, name, *(slice_of(data / f"{name}-slice/{part}.json") for part in ("train", "dev")), pair=True)

    medical = shuffled(abstracts(data / "medical-abstracts/medical_tc_test.csv"), random.Random(SEED))
    write(out, "medical1000", medical[:1000], medical[-800:])
    write(out, "nicta1000", nicta[:1000], nicta_dev)
    unlabelled = [text for text, _ in medical[:-800]] + documents(data / "nicta-piboso/train_clean.txt")
    (out / "medicine.txt").write_text("\n\n".join(unlabelled) + "\n", encoding="utf-8")
    print("medicine.txt", len(unlabelled), "abstracts")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
