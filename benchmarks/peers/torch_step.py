"""PyTorch + transformers on one shape: the time of a training step or an inference, and the peak of memory.

    python torch_step.py --shape minilm --batch 32 --seq 128 --mode train --seconds 10 --threads 2
    python torch_step.py --tokens 65536 --device cuda --dtype bf16

A BertForSequenceClassification (2 labels) on random token ids, every sequence of full length, so no token is padding; attention by
scaled_dot_product_attention. A training step is forward with dropout 0.1, backward, clipping of the global norm to 1.0, fused AdamW
and zero_grad(set_to_none=True). Inference is the encoder in eval() under inference_mode(). One process measures one thing, so that
its peak of memory is that thing's and a driver can alternate programs.

With --tokens: training steps of BERT-base on so many tokens in all, eager or compiled, whichever is faster. "training, sentences" are
passes over batches of --tokens / 256 sentences, log-normal lengths with median 32, four times --tokens in all, padded to the longest
of each batch: "in file order" takes them as they come, "by length" sorts them first and visits the batches in random order. The figure
counts real tokens only.
"""

from functools import partial

import protocol
import torch
import transformers
from training import adamw, autocast, cut, encoding, learning, mixed_lengths, products
from transformers import BertConfig, BertForSequenceClassification

# name, hidden, layers, heads, intermediate
SHAPES = {"minilm": ("MiniLM", 384, 6, 12, 1536), "bert-base": ("BERT-base", 768, 12, 12, 3072)}
LEARNING_RATE = 2e-5
CORPUS = 4  # how many times --tokens all sentences have


def classifier(args, shape):
    _, hidden, layers, heads, intermediate = SHAPES[shape]
    config = BertConfig(
        hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=intermediate
    )
    return BertForSequenceClassification._from_config(config, attn_implementation="sdpa").to(args.device)


def over(call, batches):
    """That call on each of the batches, one after the other."""

    def calls():
        for batch in batches:
            call(*batch)

    return calls


def labelled(args, inputs):
    return inputs, torch.arange(len(inputs["input_ids"]), device=args.device) % 2


def one_length(args, count, length):
    return [labelled(args, {"input_ids": torch.randint(1000, 30000, (count, length), device=args.device)})]


def sentences(args, by_length):
    batches = []
    sequences = [[1] * length for length in mixed_lengths(CORPUS * args.tokens, args.seed)]
    for part in cut(sequences, args.tokens // 256, by_length, shuffled=by_length):
        lengths = torch.tensor([len(sequence) for sequence in part], device=args.device)
        real = torch.arange(int(lengths.max()), device=args.device) < lengths[:, None]
        ids = torch.randint(1000, 30000, real.shape, device=args.device)
        batches.append(labelled(args, {"input_ids": ids * real, "attention_mask": real.long()}))
    return batches


def training_work(args, name, batches, tokens=0):
    """On a GPU: eager or compiled; the time of a step, or tokens a second."""

    def sample(compiled, seconds):
        model, drawn = classifier(args, "bert-base"), batches()
        if compiled:
            model.compile(dynamic=len(drawn) > 1)
        cast = partial(torch.autocast, args.device[:4], dtype=args.type, enabled=args.type != torch.float32)
        steps = over(learning(model, adamw(model.parameters(), LEARNING_RATE), cast), drawn)
        return [tokens / s if tokens else s for s in args.clock.repeat(steps, seconds)]

    ways = {"eager": partial(sample, False), "compiled": partial(sample, True)}
    return protocol.Work(name, "tokens/s" if tokens else "ms", ways, optional=True)


def works_of_gpu(args):
    for length in (128, 512):
        count = args.tokens // length
        yield training_work(args, f"training step BERT-base B{count} S{length}", partial(one_length, args, count, length))
    for by_length, order in ((False, "in file order"), (True, "by length")):
        batches = partial(sentences, args, by_length)
        yield training_work(args, f"training, sentences, {order}", batches, CORPUS * args.tokens)


def works_of_cpu(args):
    training = args.mode == "train"
    name = f"{'training step' if training else 'inference'} {SHAPES[args.shape][0]} B{args.batch} S{args.seq}{args.in_bf16}"

    def sample(way, seconds):
        model, cast = classifier(args, args.shape), partial(autocast, way)
        call = learning(model, adamw(model.parameters(), LEARNING_RATE), cast) if training else encoding(model.bert, cast)
        with products(way):
            return args.clock.repeat(over(call, one_length(args, args.batch, args.seq)), seconds)

    yield protocol.work_on_cpu(args, name, "ms", sample)
    if not args.in_bf16:
        yield protocol.work(f"peak memory, {name}", "MB", lambda seconds: [protocol.peak_memory()])


def main():
    parser = protocol.options(__doc__)
    protocol.gpu_options(parser)
    parser.add_argument("--shape", choices=SHAPES, default="minilm")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seq", type=int, default=128)
    parser.add_argument("--mode", choices=("train", "infer"), default="train")
    args = protocol.parse(parser)
    args.peer += f", transformers {transformers.__version__}"
    protocol.run(args, works_of_gpu(args) if args.tokens else works_of_cpu(args))


if __name__ == "__main__":
    main()
