"""Lays out the sets of the checks as GLUE does, for `jaubert glue --data OUT`.

Usage: python3 glue_folder.py DATA OUT

CoLA, SST-2, MRPC, STS-B, WNLI and AX are GLUE's own files; of QNLI, MNLI and QQP there are slices of the rows to learn from, in two
parts: to learn from and, disjoint, to be judged by. Figures of these three are not those of GLUE's own dev sets.
"""

import sys
from pathlib import Path

from recipe_sets import slice_of

WHOLE = {"cola": "CoLA", "sst-2": "SST-2", "mrpc": "MRPC", "sts-b": "STS-B", "wnli": "WNLI", "ax": "AX"}

# By folder: the columns, the name of the second part.
SLICES = {
    "qnli": ("QNLI", ["question", "sentence", "label"], "dev"),
    "mnli": ("MNLI", ["sentence1", "sentence2", "gold_label"], "dev_matched"),
    "qqp": ("QQP", ["question1", "question2", "is_duplicate"], "dev"),
}


def main(data, out):
    for name, title in WHOLE.items():
        (out / title).mkdir(parents=True, exist_ok=True)
        for file in (data / name).glob("*.tsv"):
            (out / title / file.name).write_bytes(file.read_bytes())
    for name, (title, columns, second) in SLICES.items():
        (out / title).mkdir(parents=True, exist_ok=True)
        for part, file in (("train", "train"), ("dev", second)):
            lines = ["\t".join(columns)]
            lines += ["\t".join(" ".join(cell.split()) for cell in row) for row in slice_of(data / f"{name}-slice/{part}.json")]
            (out / title / f"{file}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
