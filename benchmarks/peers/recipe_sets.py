"""Writes the six sets of benchmarks/run recipes: SET.train.tsv and SET.dev.tsv with the columns text, label and perhaps pair.

Usage: python3 recipe_sets.py DATA OUT

DATA has folders sst-2, trec, cola, mrpc (GLUE's files) and nicta-piboso. Which rows are taken is a function of the seed.
"""

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
    write(out, "nicta2500", nicta[:2500], piboso(data / "nicta-piboso/dev_clean.txt"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
