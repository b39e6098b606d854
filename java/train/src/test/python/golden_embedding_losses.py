"""Writes values and gradients of the losses of sentence embeddings, computed by PyTorch in double precision.

    python golden_embedding_losses.py ../resources/golden/embedding-losses.json

The formulas are those of sentence-transformers 6, and GISTEmbedLoss is its own class, which is given vectors in place of models. Three
columns of 5 vectors of 7 numbers are drawn, and the same of 4 numbers for the guide; two scores are equal.
"""

import json
import sys
from pathlib import Path

import torch
from sentence_transformers.sentence_transformer.losses import gist_embed
from torch.nn import functional as F

torch.manual_seed(15)
SCALE = 20.0


def ranking(columns, scores):
    logits = SCALE * F.normalize(columns[0], dim=-1) @ F.normalize(torch.cat(columns[1:]), dim=-1).T
    return F.cross_entropy(logits, torch.arange(len(logits)))


def cosent(columns, scores):
    cosines = SCALE * F.cosine_similarity(columns[0], columns[1])
    lower = scores[:, None] < scores[None, :]
    return torch.logsumexp(torch.cat([torch.zeros(1), (cosines[:, None] - cosines[None, :])[lower]]), 0)


def cosine(columns, scores):
    return F.mse_loss(F.cosine_similarity(columns[0], columns[1]), scores)


def triplet(columns, scores):
    near, far = (torch.linalg.vector_norm(columns[0] - columns[i], dim=-1) for i in (1, 2))
    return F.relu(near - far + 5.0).mean()


def matryoshka(columns, scores):
    return sum(triplet([F.normalize(c[:, :d], dim=-1) for c in columns], scores) for d in (7, 3))


def gist(guides, count, temperature=0.01, margin=0.0):
    loss = gist_embed.GISTEmbedLoss.__new__(gist_embed.GISTEmbedLoss)
    torch.nn.Module.__init__(loss)
    loss.similarity_fct = torch.nn.CosineSimilarity(dim=-1)
    loss.cross_entropy_loss = torch.nn.CrossEntropyLoss()
    loss.temperature, loss.margin, loss.margin_strategy = temperature, margin, "absolute"
    loss.contrast_anchors = loss.contrast_positives = True
    loss.must_retokenize = loss.gather_across_devices = False
    loss.model, loss.guide = "model", "guide"

    def value(columns, scores):
        vectors = {"model": columns, "guide": guides[:count]}
        gist_embed.embed_columns = lambda model, features: list(vectors[model])
        return loss([{}] * count, None)

    return value


def main():
    drawn = [torch.randn(5, 7).double() for _ in range(3)]
    drawn[2][0] += 20  # so far that the triplet loss of this row is 0
    scores = torch.tensor([0.2, 0.9, 0.5, 0.2, 0.7]).double()
    guides = [torch.randn(5, 4).double() for _ in range(3)]
    guides[1] += guides[0]  # nearer than most, and not than all
    golden = {"columns": [c.flatten().tolist() for c in drawn], "scores": scores.tolist(), "losses": {},
              "guides": [c.flatten().tolist() for c in guides]}
    cases = {"pairs": (ranking, 2), "triples": (ranking, 3), "cosent": (cosent, 2), "cosine": (cosine, 2),
             "triplet": (triplet, 3), "matryoshka": (matryoshka, 3), "gist_pairs": (gist(guides, 2), 2),
             "gist_triples": (gist(guides, 3), 3), "gist_margin": (gist(guides, 3, 0.05, 0.3), 3)}
    for name, (loss, count) in cases.items():
        columns = [c.clone().requires_grad_() for c in drawn[:count]]
        value = loss(columns, scores)
        value.backward()
        golden["losses"][name] = {"value": value.item(), "gradients": [c.grad.flatten().tolist() for c in columns]}
    Path(sys.argv[1]).write_text(json.dumps(golden) + "\n", "utf-8")


if __name__ == "__main__":
    main()
