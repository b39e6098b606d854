"""PyTorch + transformers on real sentences with MiniLM's weights: training and inference, and the losses of training.

    python torch_text.py --inputs DIR --threads 2

DIR holds what Jaubert's BenchmarkInputs wrote: the model as a folder, and sentences as token ids, a line of JSON
each: label, ids, segments. Batches of 32 are padded to their longest sentence and have an attention mask. "in file
order" takes the sentences as they come; "by length" sorts them first and, in training, visits the batches in random
order, as HF's group_by_length does within its chunks. Tokenising is not part of any time.

Training: dropout 0.1, backward, clipping to 1.0, fused AdamW, no decay on biases and LayerNorm. Losses: the same
without dropout, the loss of each batch before its update.
"""

import json
import time
from functools import partial
from pathlib import Path

import protocol
import torch
import transformers
from training import adamw, autocast, cut, encoding, learning, padded, products
from transformers import BertForSequenceClassification, BertModel

BATCH = 32
LEARNING_RATE = 3e-5


class Sentence(list):
    """The token ids of a line, with their segments and the label."""

    def __init__(self, line):
        values = json.loads(line)
        super().__init__(values["ids"])
        self.segments, self.label = values["segments"], values["label"]


def batches(path, by_length=False, shuffled=False):
    """The keyword arguments of a model for each batch, padded to the longest, and the labels."""
    for part in cut([Sentence(line) for line in path.read_text().splitlines()], BATCH, by_length, shuffled):
        inputs = {
            "input_ids": padded(part),
            "token_type_ids": padded([s.segments for s in part]),
            "attention_mask": padded([[1] * len(s) for s in part]),
        }
        yield inputs, torch.tensor([s.label for s in part])


def encoder(folder, way):
    return encoding(BertModel.from_pretrained(folder, add_pooling_layer=False), partial(autocast, way))


def classifier(folder, dropout, way="float32"):
    settings = {"num_labels": 2, "hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    model = BertForSequenceClassification.from_pretrained(folder, **settings)
    return learning(model, adamw(model.parameters(), LEARNING_RATE), partial(autocast, way))


def passes(work, all_batches, seconds):
    """Sentences a second of passes over all batches: one at least, after two batches of warm-up."""
    all_batches = list(all_batches)
    for batch in all_batches[:2]:
        work(*batch)
    sentences = sum(len(labels) for _, labels in all_batches)
    rates, begin = [], time.perf_counter()
    while not rates or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        for batch in all_batches:
            work(*batch)
        rates.append(sentences / (time.perf_counter() - start))
    return rates


def works(args):
    model = args.inputs / "model"

    def latency(name, way, seconds):
        encode, batch = encoder(model, way), next(batches(args.inputs / name))
        with products(way):
            return args.clock.repeat(lambda: encode(*batch), seconds)

    def infer(path, by_length, way, seconds):
        with products(way):
            return passes(encoder(model, way), batches(path, by_length), seconds)

    def train(path, by_length, way, seconds):
        with products(way):
            return passes(classifier(model, 0.1, way), batches(path, by_length, by_length), seconds)

    def losses(path, seconds):
        step = classifier(model, 0.0)
        return [step(*batch).item() for batch in batches(path)]

    yield protocol.work_on_cpu(args, f"inference, one short sentence{args.in_bf16}", "ms", partial(latency, "short-sentence.jsonl"))
    yield protocol.work_on_cpu(args, f"inference, MiniLM B8 S128{args.in_bf16}", "ms", partial(latency, "random-8x128.jsonl"))
    orders = (("in file order", False), ("by length", True))
    for path in sorted(args.inputs.glob("*-dev.jsonl")):
        corpus = path.name.removesuffix("-dev.jsonl")
        for order, by_length in orders:
            yield protocol.work_on_cpu(args, f"inference, {corpus} dev{args.in_bf16}, {order}", "sentences/s", partial(infer, path, by_length))
    for path in sorted(args.inputs.glob("*-train.jsonl")):
        corpus = path.name.removesuffix("-train.jsonl")
        for order, by_length in orders:
            yield protocol.work_on_cpu(args, f"training, {corpus}{args.in_bf16}, {order}", "sentences/s", partial(train, path, by_length))
        if not args.in_bf16:
            yield protocol.work(f"losses, {corpus}", "loss", partial(losses, path))


def main():
    parser = protocol.options(__doc__)
    protocol.dtype_option(parser)
    parser.add_argument("--inputs", type=Path, required=True)
    args = protocol.parse(parser)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    args.peer += f", transformers {transformers.__version__}"
    protocol.run(args, works(args))


if __name__ == "__main__":
    main()
