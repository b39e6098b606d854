#!/usr/bin/env python3
"""Pre-trains with PyTorch and transformers from the batches that `benchmarks/run pretraining` wrote, beginning with the
same weights and without dropout: transformers' model as it is, padded to the longest sequence; BERT with logits of all tokens,
ModernBERT with those of masked ones alone (its sparse_prediction).

--losses writes one loss a line; one JSON line at the end has tokens a second, the median of all steps but the first
tenth, padding not counted. --optimizer lamb is NVIDIA's FusedLAMB (apex) as it is by default: bias correction, and the
trust ratio for the tensors that have weight decay.
"""

import argparse
import json
import statistics
import time
from functools import partial
from pathlib import Path

import torch
import transformers
from protocol import peak_memory
from training import adamw, learning, padded
from transformers import AutoModelForMaskedLM, get_linear_schedule_with_warmup

IGNORED = -100


class Lamb(torch.optim.Optimizer):
    """LAMB (You et al. 2020), algorithm 2 of the paper."""

    def __init__(self, groups, lr, betas=(0.9, 0.999), eps=1e-6):
        super().__init__(groups, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(step=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["step"] += 1
                m, v = state["m"], state["v"]
                m.mul_(beta1).add_(p.grad, alpha=1 - beta1)
                v.mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                mean = m / (1 - beta1 ** state["step"])
                square = v / (1 - beta2 ** state["step"])
                update = mean / (square.sqrt() + group["eps"]) + group["weight_decay"] * p
                weight_norm, update_norm = p.norm(), update.norm()
                scaled = group["weight_decay"] != 0 and weight_norm > 0 and update_norm > 0
                ratio = weight_norm / update_norm if scaled else 1.0
                p.sub_(group["lr"] * ratio * update)


def batches(file):
    """Padded ids, attention mask and labels of each batch, and its tokens."""
    with open(file) as lines:
        for line in lines:
            batch = json.loads(line)
            sequences = batch["input_ids"]
            told = dict(zip(batch["rows"], batch["labels"]))
            rows = iter(range(sum(map(len, sequences))))
            labels = [[told.get(next(rows), IGNORED) for _ in sequence] for sequence in sequences]
            mask = padded([[1] * len(sequence) for sequence in sequences])
            yield padded(sequences), mask, padded(labels, IGNORED), int(mask.sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--batches", type=Path, required=True)
    parser.add_argument("--losses", type=Path)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--optimizer", choices=["adamw", "lamb"], default="adamw")
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--autocast", action="store_true", help="compute in bfloat16 where PyTorch thinks fit")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    transformers.logging.set_verbosity_error()
    model = AutoModelForMaskedLM.from_pretrained(args.model).train()
    model.config.sparse_prediction = model.sparse_prediction = True  # heeded by ModernBERT alone
    optimizer = adamw(model.parameters(), args.lr)
    if args.optimizer == "lamb":
        groups = [{name: group[name] for name in ("params", "weight_decay")} for group in optimizer.param_groups]
        optimizer = Lamb(groups, args.lr)
    steps = sum(1 for _ in open(args.batches))
    schedule = get_linear_schedule_with_warmup(optimizer, -(-steps // 10), steps)
    step = learning(model, optimizer, partial(torch.autocast, "cpu", torch.bfloat16, enabled=args.autocast))
    losses, rates = [], []
    for ids, mask, labels, tokens in batches(args.batches):
        begin = time.perf_counter()
        losses.append(step({"input_ids": ids, "attention_mask": mask}, labels).item())
        schedule.step()
        rates.append(tokens / (time.perf_counter() - begin))
        if len(losses) == args.max_steps:
            break
    if args.losses:
        args.losses.write_text("".join(f"{loss!r}\n" for loss in losses))
    peer = f"PyTorch {torch.__version__}, transformers {transformers.__version__}"
    median = statistics.median(rates[len(rates) // 10 :])
    row = {"peer": peer, "steps": len(losses), "tokens_per_second": median, "peak_memory_mb": round(peak_memory())}
    print(json.dumps(row))


if __name__ == "__main__":
    main()
