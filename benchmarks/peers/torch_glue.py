"""Fine-tunes a Hugging Face BERT on SST-2, CoLA or STS-B by PyTorch: the reference for Jaubert's accuracy and loss.

    python torch_glue.py --task sst2 --model /tmp/peers/minilm-hf --data ../../../shared/data \
        --lr 3e-5 --batch 32 --epochs 1 --warmup 0.1 --weight-decay 0.01 --seed 1

AdamW (fused; no decay on biases and LayerNorm), global norm clipped to 1.0, linear schedule with
warmup, sequences cut at --max-length tokens. Batches are padded to their longest sentence; with
--bucketed they are made of sentences of similar length and visited in random order. One JSON line at
the end: dev metrics, training seconds, sentences/s, real tokens/s.

To lay two loss curves over each other both programs need the same beginning, order and no dropout:

    python torch_glue.py ... --dropout 0 --save-initial /tmp/start --write-order /tmp/order.txt \
        --losses /tmp/torch.txt --max-steps 200

writes the folder with the freshly initialised head (load that one in Jaubert), the rows of each batch
(one line a batch, 0-based rows of train.tsv without the header, separated by blanks) and one line a
step: step, learning rate, loss (mean over the batch, before the step), gradient norm before clipping.
--order FILE reads such an order instead of drawing one; --epochs is then ignored.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import glue_data
import torch
import transformers
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup


def draw_order(lengths, batch, epochs, bucketed, generator):
    """Row numbers batch by batch; each epoch visits every row once, the last batch may be short."""
    order = []
    for _ in range(math.ceil(epochs)):
        rows = torch.randperm(len(lengths), generator=generator).tolist()
        if bucketed:  # sorted within chunks of 50 batches, as HF's group_by_length
            chunk = 50 * batch
            rows = [r for i in range(0, len(rows), chunk) for r in sorted(rows[i : i + chunk], key=lengths.__getitem__)]
        batches = [rows[i : i + batch] for i in range(0, len(rows), batch)]
        if bucketed:
            batches = [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]
        order += batches
    return order[: round(len(order) * epochs / math.ceil(epochs))]


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


def make_optimizer(model, lr, weight_decay):
    plain = [p for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
    decayed = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.999), eps=1e-8, fused=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=glue_data.TASKS, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", default="../../../shared/data")
    parser.add_argument("--lr", type=float, default=3e-5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--warmup", type=float, default=0.1, help="part of all steps")
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bucketed", action="store_true")
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--order", type=Path)
    parser.add_argument("--write-order", type=Path)
    parser.add_argument("--losses", type=Path)
    parser.add_argument("--save-initial", type=Path)
    parser.add_argument("--save", type=Path)
    return parser.parse_args()


def main():
    args = parse_arguments()
    task = glue_data.TASKS[args.task]
    torch.set_num_threads(args.threads)
    transformers.set_seed(args.seed)
    transformers.logging.set_verbosity_error()

    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForSequenceClassification.from_pretrained(
        args.model,
        num_labels=task.num_labels,
        problem_type="regression" if task.num_labels == 1 else "single_label_classification",
        hidden_dropout_prob=args.dropout,
        attention_probs_dropout_prob=args.dropout,
    )
    if args.save_initial:
        model.save_pretrained(args.save_initial)
        tokenizer.save_pretrained(args.save_initial)

    def encode(texts):
        return [tokenizer(*t, truncation=True, max_length=args.max_length) for t in texts]

    texts, labels = glue_data.read(task, args.data, "train")
    encoded = encode(texts)
    lengths = [len(e["input_ids"]) for e in encoded]
    if args.order:
        order = [[int(r) for r in line.split()] for line in args.order.read_text().splitlines() if line.strip()]
    else:
        generator = torch.Generator().manual_seed(args.seed)
        order = draw_order(lengths, args.batch, args.epochs, args.bucketed, generator)
    if args.write_order:
        args.write_order.write_text("".join(" ".join(map(str, rows)) + "\n" for rows in order))

    steps = len(order)  # the schedule's length, even if --max-steps stops before its end
    optimizer = make_optimizer(model, args.lr, args.weight_decay)
    schedule = get_linear_schedule_with_warmup(optimizer, round(args.warmup * steps), steps)
    order = order[: args.max_steps]
    model.train()
    curve = []
    begin = time.perf_counter()
    for i, rows in enumerate(order):
        loss = model(**collate(tokenizer, encoded, labels, rows, task.num_labels)).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        curve.append((i, schedule.get_last_lr()[0], loss.item(), norm.item()))
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        if i % 100 == 99:
            recent = sum(c[2] for c in curve[-100:]) / 100
            print(f"step {i + 1}/{len(order)} loss {recent:.4f} {(time.perf_counter() - begin) / (i + 1):.3f} s/step",
                  file=sys.stderr, flush=True)
    seconds = time.perf_counter() - begin

    if args.losses:
        args.losses.write_text("".join(f"{i} {lr:.9g} {loss:.9g} {norm:.9g}\n" for i, lr, loss, norm in curve))
    if args.save:
        model.save_pretrained(args.save)
        tokenizer.save_pretrained(args.save)
    texts, dev_labels = glue_data.read(task, args.data, "dev")
    begin = time.perf_counter()
    metrics = glue_data.score(task, predict(model, tokenizer, encode(texts)), dev_labels)
    visited = [r for rows in order for r in rows]
    print(json.dumps({
        "task": args.task,
        **{k: round(v, 4) for k, v in metrics.items()},
        "steps": len(order),
        "train_seconds": round(seconds, 1),
        "sentences_per_s": round(len(visited) / seconds, 1),
        "tokens_per_s": round(sum(lengths[r] for r in visited) / seconds),
        "dev_sentences_per_s": round(len(texts) / (time.perf_counter() - begin), 1),
        "last_loss": round(sum(c[2] for c in curve[-100:]) / len(curve[-100:]), 4),
        "lr": args.lr, "batch": args.batch, "epochs": args.epochs, "warmup": args.warmup, "seed": args.seed,
        "dropout": args.dropout, "bucketed": args.bucketed, "threads": args.threads,
    }))


if __name__ == "__main__":
    main()
