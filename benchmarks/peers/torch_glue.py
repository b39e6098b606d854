"""Fine-tunes a Hugging Face BERT on SST-2, CoLA or STS-B by PyTorch: the reference for Jaubert's accuracy and loss.

    python torch_glue.py --task sst2 --model /tmp/peers/minilm-hf --data ../../../shared/data \
        --lr 3e-5 --batch 32 --epochs 1 --warmup 0.1 --weight-decay 0.01 --seed 1
"""

import time

import glue_data
import torch
import torch_finetune
from transformers import AutoModelForSequenceClassification


def collate(tokenizer, encoded, labels, rows, num_labels):
    batch = tokenizer.pad([encoded[r] for r in rows], return_tensors="pt")
    batch["labels"] = torch.tensor([labels[r] for r in rows], dtype=torch.float if num_labels == 1 else torch.long)
    return batch


def predict(model, tokenizer, encoded, batch_size=64):
    """Logits in the order of the rows; sentences of similar length share a batch."""
    model.eval()
    rows = sorted(range(len(encoded)), key=lambda r: len(encoded[r]["input_ids"]))
    logits = [None] * len(rows)
    for i in range(0, len(rows), batch_size):
        part = rows[i : i + batch_size]
        with torch.inference_mode():
            out = model(**tokenizer.pad([encoded[r] for r in part], return_tensors="pt")).logits.tolist()
        for row, values in zip(part, out):
            logits[row] = values
    return logits


def main():
    parser = torch_finetune.options(__doc__, lr=3e-5, epochs=1)
    parser.add_argument("--task", choices=glue_data.TASKS, required=True)
    parser.add_argument("--data", default="../../../shared/data")
    args = parser.parse_args()
    task = glue_data.TASKS[args.task]
    tokenizer, model = torch_finetune.load(
        args,
        AutoModelForSequenceClassification,
        num_labels=task.num_labels,
        problem_type="regression" if task.num_labels == 1 else "single_label_classification",
    )

    def encode(texts):
        return [tokenizer(*t, truncation=True, max_length=args.max_length) for t in texts]

    texts, labels = glue_data.read(task, args.data, "train")
    encoded = encode(texts)

    def backward(rows):
        loss = model(**collate(tokenizer, encoded, labels, rows, task.num_labels)).loss
        loss.backward()
        return loss.item()

    figures = torch_finetune.train(args, tokenizer, model, [len(e["input_ids"]) for e in encoded], backward)
    texts, labels = glue_data.read(task, args.data, "dev")
    begin = time.perf_counter()
    metrics = glue_data.score(task, predict(model, tokenizer, encode(texts)), labels)
    figures["dev_sentences_per_s"] = round(len(texts) / (time.perf_counter() - begin), 1)
    torch_finetune.report(args, args.task, {k: round(v, 4) for k, v in metrics.items()}, figures)


if __name__ == "__main__":
    main()
