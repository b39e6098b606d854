"""Throughput of PyTorch + transformers on one shape: a training step or inference, one JSON line.

    python torch_step.py --shape minilm --batch 32 --seq 128 --mode train --steps 10 --warmup 3 --threads 2

A BertForSequenceClassification (2 labels) on random token ids, every sequence of full length, so no
token is padding; attention by scaled_dot_product_attention. A training step is forward with dropout
0.1, backward, clipping of the global norm to 1.0, fused AdamW and zero_grad(set_to_none=True).
Inference is eval() under inference_mode(). Mode sgemm multiplies two 2048 x 2048 float32 matrices:
what this machine gives at best right now.

Counted: forward 2 L (4 H^2 + 2 H I) T + 4 L sum(S^2) H for T tokens in sequences of S; a training
step is 3 times that. `ms` and `gflops` are of the median step; `best_gflops` is of the fastest. One
invocation measures one thing, so that a driver can alternate it with another program: on a shared
machine only such pairs compare.
"""

import argparse
import json
import statistics
import time

import torch
import transformers
from transformers import BertConfig, BertForSequenceClassification

# hidden, layers, heads, intermediate
SHAPES = {"minilm": (384, 6, 12, 1536), "bert-base": (768, 12, 12, 3072)}


def make_model(shape):
    hidden, layers, heads, intermediate = SHAPES[shape]
    config = BertConfig(
        hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=intermediate
    )
    return BertForSequenceClassification._from_config(config, attn_implementation="sdpa")


def forward_flops(shape, batch, seq):
    hidden, layers, _, intermediate = SHAPES[shape]
    projections = 2 * layers * (4 * hidden**2 + 2 * hidden * intermediate) * batch * seq
    return projections + 4 * layers * batch * seq**2 * hidden


def training_step(model, batch, seq):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5, weight_decay=0.01, fused=True)
    ids = torch.randint(1000, 30000, (batch, seq))
    labels = torch.randint(0, 2, (batch,))

    def step():
        model(input_ids=ids, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def inference(model, batch, seq):
    model.eval()
    ids = torch.randint(1000, 30000, (batch, seq))

    def step():
        with torch.inference_mode():
            model(input_ids=ids)

    return step


def sgemm(size=2048):
    a, b, out = torch.randn(size, size), torch.randn(size, size), torch.empty(size, size)
    return lambda: torch.mm(a, b, out=out)


def measure(step, warmup, steps):
    """Seconds of each step."""
    for _ in range(warmup):
        step()
    seconds = []
    for _ in range(steps):
        begin = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begin)
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="minilm")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seq", type=int, default=128)
    parser.add_argument("--mode", choices=("train", "infer", "sgemm"), default="train")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="torch.compile the model")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    if args.mode == "sgemm":
        name, tokens, flops, step = "torch sgemm 2048", None, 2 * 2048**3, sgemm()
    else:
        name = f"torch {args.mode} {args.shape} B{args.batch} S{args.seq}" + (" compiled" if args.compile else "")
        tokens = args.batch * args.seq
        flops = forward_flops(args.shape, args.batch, args.seq) * (3 if args.mode == "train" else 1)
        model = make_model(args.shape)
        if args.compile:
            model.compile()
        step = (training_step if args.mode == "train" else inference)(model, args.batch, args.seq)

    seconds = measure(step, args.warmup, args.steps)
    median = statistics.median(seconds)
    print(json.dumps({
        "name": name,
        "gflops": round(flops / median / 1e9, 1),
        "best_gflops": round(flops / min(seconds) / 1e9, 1),
        "ms": round(median * 1e3, 2),
        "tokens_per_s": tokens and round(tokens / median),
        "threads": args.threads,
        "steps": args.steps,
        "version": f"torch {torch.__version__}, transformers {transformers.__version__}",
    }))


if __name__ == "__main__":
    main()
