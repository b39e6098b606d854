"""Common to both scripts: AdamW (fused; no decay on biases and LayerNorm), global norm clipped to 1.0, linear schedule
with warmup, texts cut at --max-length tokens. Batches are padded to their longest text; with --bucketed they are made of
texts of similar length and visited in random order. One JSON line at the end: metrics, training seconds, texts/s, real
tokens/s.

To lay two loss curves over each other both programs need the same beginning, order and no dropout:

    --dropout 0 --save-initial /tmp/start --write-order /tmp/order.txt --losses /tmp/torch.txt --max-steps 200

writes the folder with the freshly initialised head (load that one in Jaubert), the rows of each batch (one line a
batch, 0-based rows of the training file, separated by blanks) and one line a step: step, learning rate, loss (mean over
the batch, before the step), gradient norm before clipping. --order FILE reads such an order instead of drawing one;
--epochs is then ignored.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import torch
import transformers
from training import adamw, update
from transformers import AutoTokenizer, get_linear_schedule_with_warmup

IGNORED = -100  # the label of a token that has none


def options(description, **defaults):
    """A parser with the options that both scripts have."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=f"{description}\n{__doc__}", formatter_class=raw)
    parser.add_argument("--model", required=True)
    parser.add_argument("--lr", type=float)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=float)
    parser.add_argument("--warmup", type=float, default=0.1, help="part of all steps")
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bucketed", action="store_true")
    parser.add_argument("--max-steps", type=int)
    for name in ("--order", "--write-order", "--losses", "--save-initial", "--save"):
        parser.add_argument(name, type=Path)
    parser.set_defaults(**defaults)
    return parser


def load(args, auto_class, **settings):
    """Tokenizer and model; a new head comes from --seed."""
    torch.set_num_threads(args.threads)
    transformers.set_seed(args.seed)
    transformers.logging.set_verbosity_error()
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    dropout = {"hidden_dropout_prob": args.dropout, "attention_probs_dropout_prob": args.dropout}
    model = auto_class.from_pretrained(args.model, **settings, **dropout)
    save(args.save_initial, model, tokenizer)
    return tokenizer, model


def save(folder, model, tokenizer):
    if folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


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


def choose_order(args, lengths):
    if args.order:
        order = [[int(r) for r in line.split()] for line in args.order.read_text().splitlines() if line.strip()]
    else:
        generator = torch.Generator().manual_seed(args.seed)
        order = draw_order(lengths, args.batch, args.epochs, args.bucketed, generator)
    if args.write_order:
        args.write_order.write_text("".join(" ".join(map(str, rows)) + "\n" for rows in order))
    return order


def length(row):
    return len(row["input_ids"])


def backward(model, collate, rows, parts=1):
    """Gradients of the mean loss over the labels of a batch, which is returned; each part is padded by itself."""
    rows = sorted(rows, key=length) if parts > 1 else rows
    labels = [torch.tensor(row["labels"]).ne(IGNORED).sum().item() for row in rows]
    size = -(-len(rows) // parts)
    total = 0.0
    for i in range(0, len(rows), size):
        share = sum(labels[i : i + size]) / sum(labels)
        loss = model(**collate(rows[i : i + size])).loss * share
        loss.backward()
        total += loss.item()
    return total


def train(args, tokenizer, model, collate, rows, parts=1):
    """Trains on rows of input_ids and labels, of which collate makes batches, and gives the figures of the run."""
    lengths = list(map(length, rows))
    order = choose_order(args, lengths)
    steps = len(order)  # the schedule's length, even if --max-steps stops before its end
    optimizer = adamw(model.parameters(), args.lr, args.weight_decay)
    schedule = get_linear_schedule_with_warmup(optimizer, round(args.warmup * steps), steps)
    order = order[: args.max_steps]
    model.train()
    curve = []
    begin = time.perf_counter()
    for i, batch in enumerate(order):
        loss = backward(model, collate, [rows[r] for r in batch], parts)
        rate = schedule.get_last_lr()[0]
        curve.append((i, rate, loss, update(model, optimizer).item()))
        schedule.step()
        if i % 100 == 99:
            recent = sum(c[2] for c in curve[-100:]) / 100
            print(f"step {i + 1}/{len(order)} loss {recent:.4f} {(time.perf_counter() - begin) / (i + 1):.3f} s/step",
                  file=sys.stderr, flush=True)
    seconds = time.perf_counter() - begin

    if args.losses:
        args.losses.write_text("".join(f"{i} {lr:.9g} {loss:.9g} {norm:.9g}\n" for i, lr, loss, norm in curve))
    save(args.save, model, tokenizer)
    visited = [r for batch in order for r in batch]
    return {
        "steps": len(order),
        "train_seconds": round(seconds, 1),
        "sentences_per_s": round(len(visited) / seconds, 1),
        "tokens_per_s": round(sum(lengths[r] for r in visited) / seconds),
        "last_loss": round(sum(c[2] for c in curve[-100:]) / len(curve[-100:]), 4),
    }


def predict(model, collate, rows, batch_size=64):
    """The logits of each row, those of its padding too; rows of similar length share a batch."""
    model.eval()
    order = sorted(range(len(rows)), key=lambda r: length(rows[r]))
    logits = [None] * len(rows)
    for i in range(0, len(order), batch_size):
        part = order[i : i + batch_size]
        with torch.inference_mode():
            for row, values in zip(part, model(**collate([rows[r] for r in part])).logits):
                logits[row] = values
    return logits


def report(args, task, metrics, figures):
    """Prints the line of JSON."""
    names = ("lr", "batch", "epochs", "warmup", "seed", "dropout", "bucketed", "max_length", "threads")
    print(json.dumps({"task": task, **metrics, **figures, **{name: getattr(args, name) for name in names}}))
