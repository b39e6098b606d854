"""PyTorch + transformers on real sentences with MiniLM's weights: training and inference, and the losses of training.

    python torch_text.py --inputs DIR --threads 2

DIR holds what Jaubert's BenchmarkInputs wrote: the model as a folder, and sentences as token ids, one a line:
label TAB ids TAB segments. Batches of 32 are padded to their longest sentence and have an attention mask. "in file
order" takes the sentences as they come; "by length" sorts them first and, in training, visits the batches in random
order, as HF's group_by_length does within its chunks. Tokenising is not part of any time.

Training: dropout 0.1, backward, clipping to 1.0, fused AdamW, no decay on biases and LayerNorm. Losses: the same
without dropout, the loss of each batch before its update.
"""

import time
from pathlib import Path

import protocol
import torch
import transformers
from transformers import BertForSequenceClassification, BertModel

BATCH = 32
LEARNING_RATE = 3e-5


def read(path):
    """[(label, ids, segments)]."""
    rows = [line.split("\t") for line in Path(path).read_text().splitlines()]
    return [(int(label), list(map(int, ids.split())), list(map(int, types.split()))) for label, ids, types in rows]


def pad(sentences):
    """The keyword arguments of a model for one batch, padded to the longest."""
    longest = max(len(ids) for _, ids, _ in sentences)

    def rows(values):
        return torch.tensor([v + [0] * (longest - len(v)) for v in values])

    return {
        "input_ids": rows([ids for _, ids, _ in sentences]),
        "token_type_ids": rows([types for _, _, types in sentences]),
        "attention_mask": rows([[1] * len(ids) for _, ids, _ in sentences]),
    }, torch.tensor([label for label, _, _ in sentences])


def batches(sentences, by_length=False, shuffled=False):
    if by_length:
        sentences = sorted(sentences, key=lambda s: len(s[1]))
    cut = [sentences[i : i + BATCH] for i in range(0, len(sentences), BATCH)]
    if shuffled:
        cut = [cut[i] for i in torch.randperm(len(cut)).tolist()]
    return [pad(part) for part in cut]


def make_optimizer(model):
    named = list(model.named_parameters())
    plain = [p for n, p in named if n.endswith("bias") or "LayerNorm" in n]
    decayed = [p for n, p in named if not (n.endswith("bias") or "LayerNorm" in n)]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, fused=True)


class Training:
    def __init__(self, folder, dropout):
        self.model = BertForSequenceClassification.from_pretrained(
            folder, num_labels=2, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout
        ).train()
        self.optimizer = make_optimizer(self.model)

    def step(self, inputs, labels):
        loss = self.model(**inputs, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss


class Encoder:
    def __init__(self, folder):
        self.model = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()

    def encode(self, inputs, labels=None):
        with torch.inference_mode():
            self.model(**inputs)


def passes(work, all_batches, seconds):
    """Sentences a second of passes over all batches: one at least, after two batches of warm-up."""
    for batch in all_batches[:2]:
        work(*batch)
    sentences = sum(len(labels) for _, labels in all_batches)
    rates, spent = [], 0.0
    while not rates or spent < seconds:
        begin = time.perf_counter()
        for batch in all_batches:
            work(*batch)
        took = time.perf_counter() - begin
        rates.append(sentences / took)
        spent += took
    return rates


def works(folder):
    model = folder / "model"

    def latency(name):
        def step():
            encoder, (batch, _) = Encoder(model), pad(read(folder / name))
            return lambda: encoder.encode(batch)

        return protocol.milliseconds(step)

    def dev(path, by_length):
        return lambda seconds: passes(Encoder(model).encode, batches(read(path), by_length), seconds)

    def train(path, by_length):
        return lambda seconds: passes(Training(model, 0.1).step, batches(read(path), by_length, by_length), seconds)

    def losses(path):
        training = Training(model, 0.0)
        return [training.step(*batch).item() for batch in batches(read(path))]

    yield protocol.work("inference, one short sentence", "ms", 0, latency("short-sentence.tsv"))
    yield protocol.work("inference, MiniLM B8 S128", "ms", 0, latency("random-8x128.tsv"))
    orders = (("in file order", False), ("by length", True))
    for path in sorted(folder.glob("*-dev.tsv")):
        corpus = path.name.removesuffix("-dev.tsv")
        for order, by_length in orders:
            yield protocol.work(f"inference, {corpus} dev, {order}", "sentences/s", 0, dev(path, by_length))
    for path in sorted(folder.glob("*-train.tsv")):
        corpus = path.name.removesuffix("-train.tsv")
        for order, by_length in orders:
            yield protocol.work(f"training, {corpus}, {order}", "sentences/s", 0, train(path, by_length))
        yield protocol.work(f"losses, {corpus}", "loss", 0, lambda seconds, path=path: losses(path))


def main():
    parser = protocol.options(__doc__)
    parser.add_argument("--inputs", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    peer = f"PyTorch {torch.__version__}, transformers {transformers.__version__}"
    protocol.run(args, works(args.inputs), args.seconds, peer=peer)


if __name__ == "__main__":
    main()
