"""PyTorch + transformers on one shape: the time of a training step or an inference, and the peak of memory.

    python torch_step.py --shape minilm --batch 32 --seq 128 --mode train --seconds 10 --threads 2

A BertForSequenceClassification (2 labels) on random token ids, every sequence of full length, so no token is
padding; attention by scaled_dot_product_attention. A training step is forward with dropout 0.1, backward, clipping
of the global norm to 1.0, fused AdamW and zero_grad(set_to_none=True). Inference is the encoder in eval() under
inference_mode().

flops: forward 2 L (4 H^2 + 2 H I) T + 4 L sum(S^2) H for T tokens in sequences of S; a training step is 3 times
that. One process measures one thing, so that its peak of memory is that thing's and a driver can alternate programs.
"""

import protocol
import torch
import transformers
from transformers import BertConfig, BertForSequenceClassification

# name, hidden, layers, heads, intermediate
SHAPES = {"minilm": ("MiniLM", 384, 6, 12, 1536), "bert-base": ("BERT-base", 768, 12, 12, 3072)}


def make_model(shape):
    _, hidden, layers, heads, intermediate = SHAPES[shape]
    config = BertConfig(
        hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=intermediate
    )
    return BertForSequenceClassification._from_config(config, attn_implementation="sdpa")


def forward_flops(shape, batch, seq):
    _, hidden, layers, _, intermediate = SHAPES[shape]
    projections = 2 * layers * (4 * hidden**2 + 2 * hidden * intermediate) * batch * seq
    return projections + 4 * layers * batch * seq**2 * hidden


def training_step(model, ids):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5, weight_decay=0.01, fused=True)
    labels = torch.arange(len(ids)) % 2

    def step():
        model(input_ids=ids, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def inference(model, ids):
    model.eval()

    def step():
        with torch.inference_mode():
            model.bert(input_ids=ids)

    return step


def main():
    parser = protocol.options(__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="minilm")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seq", type=int, default=128)
    parser.add_argument("--mode", choices=("train", "infer"), default="train")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    training = args.mode == "train"
    name = f"{'training step' if training else 'inference'} {SHAPES[args.shape][0]} B{args.batch} S{args.seq}"

    def step():
        ids = torch.randint(1000, 30000, (args.batch, args.seq))
        return (training_step if training else inference)(make_model(args.shape), ids)

    flops = (3 if training else 1) * forward_flops(args.shape, args.batch, args.seq)
    works = [
        protocol.work(name, "ms", flops, protocol.milliseconds(step)),
        protocol.work(f"peak memory, {name}", "MB", 0, lambda seconds: [protocol.peak_memory()]),
    ]
    protocol.run(args, works, args.seconds, peer=f"PyTorch {torch.__version__}, transformers {transformers.__version__}")


if __name__ == "__main__":
    main()
