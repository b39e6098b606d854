"""Does transformers read a folder that Jaubert saved, and get the same logits from it?

    python check_roundtrip.py DIR REFERENCE.json [--tolerance 1e-4]

REFERENCE.json holds what Jaubert computed with the model it saved in DIR:

    {"texts": ["one", "two"], "pairs": [null, "the second sentence of two"], "max_length": 128,
     "logits": [[0.1, -0.2], [1.5, 0.3]]}

`pairs` may be missing, or null where a text has no second sentence; `max_length` may be missing
(512). Exit 1 if a key is missing, unexpected or of another shape, if AutoTokenizer cannot read the
folder, or if a logit differs by more than the tolerance. With "input_ids" in the reference (one list
for each text) the ids are compared too.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    args = parser.parse_args()

    reference = json.loads(args.reference.read_text("utf-8"))
    texts = reference["texts"]
    pairs = reference.get("pairs") or [None] * len(texts)
    expected = torch.tensor(reference["logits"], dtype=torch.float64)
    if not texts or len(pairs) != len(texts) or expected.shape[0] != len(texts):
        sys.exit(f"{args.reference}: {len(texts)} texts, {len(pairs)} pairs, logits {list(expected.shape)}")

    model, info = AutoModelForSequenceClassification.from_pretrained(
        args.folder, output_loading_info=True, dtype=torch.float32
    )
    tokenizer = AutoTokenizer.from_pretrained(args.folder)
    problems = [f"{kind}: {sorted(map(str, info[kind]))}" for kind in info if info[kind]]

    model.eval()
    rows = []
    for i, (text, pair) in enumerate(zip(texts, pairs)):
        encoded = tokenizer(
            text, pair, truncation=True, max_length=reference.get("max_length", 512), return_tensors="pt"
        )
        ids = encoded["input_ids"][0].tolist()
        if "input_ids" in reference and ids != reference["input_ids"][i]:
            problems.append(f"text {i}: ids {ids}, expected {reference['input_ids'][i]}")
        with torch.no_grad():
            rows.append(model(**encoded).logits[0].double())
    logits = torch.stack(rows)
    if logits.shape != expected.shape:
        problems.append(f"logits {list(logits.shape)}, expected {list(expected.shape)}")
    else:
        difference = (logits - expected).abs().max().item()
        print(f"{args.folder}: {len(info)} kinds of loading problem looked for, {len(texts)} texts, "
              f"logits {list(logits.shape)} between {logits.min():.3f} and {logits.max():.3f}, "
              f"largest difference {difference:.3g}")
        if not difference <= args.tolerance:  # NaN is a failure too
            problems.append(f"logits differ by {difference}, more than {args.tolerance}")
    print(f"labels {model.config.id2label}, problem type {model.config.problem_type}")
    for problem in problems:
        print("FAILED", problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
