"""Golden values for rare classes: scikit-learn's table by class, balanced weights and best F1, PyTorch's focal loss.

    python golden_classification.py ../resources/golden/classification.json

One case of five classes, of which one is never predicted and one never true, and one of four labels of which any number
may hold, one never. The focal loss is Lin et al.'s formula in float64, with its gradient.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import classification_report, confusion_matrix, multilabel_confusion_matrix, precision_recall_curve
from sklearn.utils.class_weight import compute_class_weight

CLASSES = ["a", "b", "c", "d", "e"]
SEVERAL = ["w", "x", "y", "z"]


def table(true, predicted, names, **keys):
    report = classification_report(true, predicted, target_names=names, output_dict=True, zero_division=0, **keys)
    return {name: row for name, row in report.items() if name != "samples avg"}


def one_label(generator):
    true = generator.choice([0, 0, 0, 0, 1, 2, 2, 4], 120)
    predicted = np.where(generator.random(120) < 0.6, true, generator.choice([0, 1, 2, 3], 120))
    predicted[predicted == 4] = 0
    report = table(true, predicted, CLASSES, labels=range(5))
    present = np.unique(true)
    weights = dict(zip(present.tolist(), compute_class_weight("balanced", classes=present, y=true)))
    return {
        "true": true.tolist(),
        "predicted": predicted.tolist(),
        "report": report,
        "confusion": confusion_matrix(true, predicted, labels=range(5)).tolist(),
        "balanced": [weights.get(i, 1.0) for i in range(5)],
    }


def several_labels(generator):
    true = generator.random((90, 4)) < [0.5, 0.2, 0.05, 0]
    scores = np.round(np.clip(true * 0.3 + generator.random((90, 4)) * 0.7, 0, 1), 2)  # rounded, so that some are equal
    predicted = scores > 0.5
    best = []
    for scored, actual in [(scores[:, i], true[:, i]) for i in range(3)] + [(scores.ravel(), true.ravel())]:
        precision, recall, _ = precision_recall_curve(actual, scored)
        best.append(float(np.max(2 * precision * recall / np.maximum(precision + recall, 1e-12))))
    balanced = [compute_class_weight("balanced", classes=np.array([False, True]), y=true[:, i]).tolist() for i in range(3)]
    return {
        "true": true.astype(int).tolist(),
        "scores": scores.tolist(),
        "report": table(true, predicted, SEVERAL),
        "confusion": multilabel_confusion_matrix(true, predicted).tolist(),
        "best_f1": best,
        "balanced": balanced + [[1.0, 1.0]],
    }


def focal():
    torch.manual_seed(16)
    logits = (4 * torch.randn(7, 3)).double()
    logits[0] = torch.tensor([60.0, -3.0, 2.0])  # told as well as can be
    logits[1] = torch.tensor([60.0, -3.0, 2.0])  # told as badly
    classes = torch.tensor([0, 1, 2, 0, 1, 2, 2])
    truth = torch.tensor([[1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0], [1, 0, 1], [0, 0, 1]]).double()
    alpha = torch.tensor([0.25, 1.0, 3.0]).double()
    cases = []
    for gamma in (0.0, 0.5, 2.0, 5.0):
        x = logits.clone().requires_grad_()
        log = x.log_softmax(-1)[torch.arange(7), classes]
        others = x.masked_fill(torch.nn.functional.one_hot(classes, 3).bool(), -torch.inf)
        rest = (others.logsumexp(-1) - x.logsumexp(-1)).exp()  # 1 - p, without its rounding
        loss = (-alpha[classes] * rest**gamma * log).sum() / alpha[classes].sum()
        loss.backward()
        one = {"value": loss.item(), "gradient": x.grad.flatten().tolist()}
        y = logits.clone().requires_grad_()
        z = torch.where(truth == 1, y, -y)
        weights = torch.where(truth == 1, 0.25, 0.75)
        loss = (-weights * (-z).sigmoid() ** gamma * torch.nn.functional.logsigmoid(z)).mean()
        loss.backward()
        several = {"value": loss.item(), "gradient": y.grad.flatten().tolist()}
        cases.append({"gamma": gamma, "classes": one, "several": several})
    return {
        "logits": logits.flatten().tolist(),
        "classes": classes.tolist(),
        "truth": truth.flatten().tolist(),
        "alpha": alpha.tolist(),
        "cases": cases,
    }


def main():
    warnings.simplefilter("ignore")
    generator = np.random.default_rng(17)
    golden = {"one": one_label(generator), "several": several_labels(generator), "focal": focal()}
    Path(sys.argv[1]).write_text(json.dumps(golden) + "\n", "utf-8")
    print(json.dumps(golden["one"]["report"], indent=1)[:600], golden["several"]["best_f1"], golden["one"]["balanced"])


if __name__ == "__main__":
    main()
