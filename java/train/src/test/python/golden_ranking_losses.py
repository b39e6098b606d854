"""Writes values and gradients of the losses of cross-encoders, computed by the classes of sentence-transformers 6.

    python golden_ranking_losses.py ../resources/golden/ranking-losses.json

Of three queries with 4, 1 and 6 passages, whose scores are graded and some of them equal, the logits are drawn:
the losses see a model that gives these. They compute in float32.
"""

import json
import sys
from pathlib import Path

import torch
from sentence_transformers import CrossEncoder
from sentence_transformers.cross_encoder import losses
from torch import nn

SIZES = [4, 1, 6]


class Logits(CrossEncoder):
    """A cross-encoder whose logits are parameters."""

    num_labels = 1
    device = torch.device("cpu")

    def __init__(self, logits):
        nn.Module.__init__(self)
        self.logits = nn.Parameter(logits)

    def preprocess(self, pairs, **_):
        return {"pairs": torch.tensor([int(passage) for _, passage in pairs])}

    def forward(self, features):
        return {"scores": self.logits[features["pairs"]].unsqueeze(1)}


def main():
    torch.manual_seed(30)
    drawn = 2 * torch.randn(sum(SIZES))
    scores = torch.tensor([1.0, 0.0, 0.25, 0.25, 1.0, 0.5, 0.0, 0.75, 0.5, 0.0, 1.0])
    golden = {"sizes": SIZES, "logits": drawn.tolist(), "scores": scores.tolist(), "losses": {}}
    rows = [str(row) for row in range(sum(SIZES))]
    queries = [f"query {i}" for i, size in enumerate(SIZES) for _ in range(size)]
    lists = [list(part) for part in torch.arange(sum(SIZES)).split(SIZES)]
    grouped = [f"query {i}" for i in range(len(SIZES))], [[str(int(row)) for row in part] for part in lists]
    pairwise = {"binary": losses.BinaryCrossEntropyLoss, "mse": losses.MSELoss}
    listwise = {"ranknet": losses.RankNetLoss, "listnet": losses.ListNetLoss}
    for name, loss in (pairwise | listwise).items():
        model = Logits(drawn.clone())
        if name in pairwise:
            value = loss(model)([queries, rows], scores)
        else:
            value = loss(model)(list(grouped), list(scores.split(SIZES)))
        value.backward()
        golden["losses"][name] = {"value": value.item(), "gradient": model.logits.grad.tolist()}
        print(name, value.item())
    Path(sys.argv[1]).write_text(json.dumps(golden) + "\n", "utf-8")


if __name__ == "__main__":
    main()
