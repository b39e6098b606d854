"""Writes what mine_hard_negatives of sentence-transformers 6 finds by drawn vectors.

    python golden_hard_negatives.py ../resources/golden/hard-negatives.json

It reads a data set of the library datasets, of which it needs little: that stands here.
"""

import importlib.machinery
import json
import sys
import types
from collections import Counter
from pathlib import Path

import torch
from sentence_transformers.util import hard_negatives
from torch.nn import functional as F

torch.manual_seed(21)
CASES = [{"num_negatives": 3}, {"range_min": 2, "range_max": 10, "num_negatives": 4},
         {"relative_margin": 0.05, "num_negatives": 3},
         {"range_min": 1, "range_max": 20, "max_score": 0.7, "relative_margin": 0.3, "num_negatives": 2}]


class Dataset:
    def __init__(self, columns):
        self.columns, self.column_names = columns, list(columns)

    def __len__(self):
        return len(self.columns["anchor"])

    def __getitem__(self, name):
        return self.columns[name]

    def to_pandas(self):
        return self

    groupby = count = lambda self, *by: self

    def to_dict(self):
        return {"positive": Counter(self.columns["anchor"])}

    @staticmethod
    def from_dict(columns):
        return columns


class Model:
    device = "cpu"

    def __init__(self, vectors):
        self.vectors = vectors

    def encode(self, texts, **ignored):
        return F.normalize(torch.tensor([self.vectors[text] for text in texts]), dim=-1).numpy()

    encode_query = encode_document = encode

    @staticmethod
    def similarity(queries, passages):
        return torch.as_tensor(queries) @ torch.as_tensor(passages).T

    @staticmethod
    def similarity_pairwise(queries, passages):
        return (torch.as_tensor(queries) * torch.as_tensor(passages)).sum(-1)


def main():
    datasets = types.ModuleType("datasets")
    datasets.Dataset, datasets.__spec__ = Dataset, importlib.machinery.ModuleSpec("datasets", None)
    sys.modules["datasets"] = datasets
    hard_negatives.is_datasets_available = lambda: True
    queries = [f"q{i}" for i in range(12)]
    corpus = [f"p{i}" for i in range(50)]
    pairs = [(query, f"p{i}") for i, query in enumerate(queries)] + [("q3", "p30"), ("q5", "extra"), ("q3", "p31")]
    vectors = {text: (torch.randn(6) + 0.5).tolist() for text in [*queries, *corpus, "extra"]}
    found = []
    for options in CASES:
        data = Dataset({"anchor": [a for a, _ in pairs], "positive": [p for _, p in pairs]})
        mined = hard_negatives.mine_hard_negatives(data, Model(vectors), corpus=corpus, output_scores=True, verbose=False, **options)
        rows = zip(mined["anchor"], mined["positive"], mined["negative"], mined["scores"])
        found.append({"options": options, "triplets": [[a, p, n, *(round(s, 6) for s in scores)] for a, p, n, scores in rows]})
        print(options, len(found[-1]["triplets"]))
    golden = {"pairs": pairs, "corpus": corpus, "vectors": vectors, "cases": found}
    Path(sys.argv[1]).write_text(json.dumps(golden) + "\n", "utf-8")


if __name__ == "__main__":
    main()
