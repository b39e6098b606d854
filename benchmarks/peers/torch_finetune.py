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
from transformers import AutoTokenizer, get_linear_schedule_with_warmup


def options(description, **defaults):
    """A parser with the options that both scripts have."""
    parser = argparse.ArgumentParser(
        description=f"{description}\n{__doc__}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
    parser.add_argument("--order", type=Path)
    parser.add_argument("--write-order", type=Path)
    parser.add_argument("--losses", type=Path)
    parser.add_argument("--save-initial", type=Path)
    parser.add_argument("--save", type=Path)
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


def make_optimizer(model, lr, weight_decay):
    plain = [p for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
    decayed = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.999), eps=1e-8, fused=True)


def train(args, tokenizer, model, lengths, backward):
    """Trains, and gives the figures of the run; lengths: the tokens of each training text.

    backward: computes the gradients of the mean loss of the rows it is given, and returns that loss."""
    order = choose_order(args, lengths)
    steps = len(order)  # the schedule's length, even if --max-steps stops before its end
    optimizer = make_optimizer(model, args.lr, args.weight_decay)
    schedule = get_linear_schedule_with_warmup(optimizer, round(args.warmup * steps), steps)
    order = order[: args.max_steps]
    model.train()
    curve = []
    begin = time.perf_counter()
    for i, rows in enumerate(order):
        loss = backward(rows)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        curve.append((i, schedule.get_last_lr()[0], loss, norm.item()))
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
    save(args.save, model, tokenizer)
    visited = [r for rows in order for r in rows]
    return {
        "steps": len(order),
        "train_seconds": round(seconds, 1),
        "sentences_per_s": round(len(visited) / seconds, 1),
        "tokens_per_s": round(sum(lengths[r] for r in visited) / seconds),
        "last_loss": round(sum(c[2] for c in curve[-100:]) / len(curve[-100:]), 4),
    }


def report(args, task, metrics, figures):
    """Prints the line of JSON."""
    names = ("lr", "batch", "epochs", "warmup", "seed", "dropout", "bucketed", "max_length", "threads")
    print(json.dumps({"task": task, **metrics, **figures, **{name: getattr(args, name) for name in names}}))
