"""Fine-tunes a Hugging Face BERT to find names in CoNLL-2003 by PyTorch: the reference for Jaubert's entity F1.

    python torch_conll.py --model /tmp/peers/minilm-hf --data ../../../shared/data/conll2003 \
        --lr 5e-5 --epochs 3 --batch 32 --seed 1

AdamW (no decay on biases and LayerNorm), global norm clipped to 1.0, linear schedule with warmup,
sentences cut at --max-length tokens; a word's first token has its label, the others and the special
tokens have none. Labels stand in the order of Jaubert: O, then by type, B- before I-. The loss is the mean over the
labels of a batch. One JSON line at the end: entity precision, recall and F1 by word on each file of
--evaluate, training seconds, sentences/s. A word behind the cut counts as predicted O.

--order FILE reads the rows of each batch (one line a batch, 0-based sentences of the training file,
separated by blanks) and --write-order FILE writes the order that was drawn; --losses FILE writes a
line a step: step, learning rate, loss before the step, gradient norm before clipping. With
--save-initial FOLDER (which Jaubert then starts from) and --dropout 0 both programs compute the same.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
import transformers
from torch_glue import draw_order, make_optimizer
from transformers import AutoModelForTokenClassification, AutoTokenizer, get_linear_schedule_with_warmup

IGNORED = -100


def read(path):
    """[(words, tags)] of a file with a word a line: first column the word, last column its tag."""
    sentences = []
    words, tags = [], []
    for line in path.read_text("utf-8").split("\n") + [""]:
        cells = line.split()
        if cells and cells[0] != "-DOCSTART-":
            words.append(cells[0])
            tags.append(cells[-1])
        elif words:
            sentences.append((words, tags))
            words, tags = [], []
    return sentences


def label_names(sentences):
    names = {tag for _, tags in sentences for tag in tags}
    return sorted(names, key=lambda tag: (tag != "O", tag[2:], tag[:1]))


def encode(tokenizer, sentences, label2id, max_length):
    """Input ids, labels and word ids of each sentence."""
    encoded = []
    for words, tags in sentences:
        one = tokenizer(words, is_split_into_words=True, truncation=True, max_length=max_length)
        ids = one.word_ids()
        labels = [
            IGNORED if w is None or i > 0 and ids[i - 1] == w else label2id[tags[w]] for i, w in enumerate(ids)
        ]
        encoded.append({"input_ids": one["input_ids"], "labels": labels, "word_ids": ids})
    return encoded


def collate(tokenizer, rows):
    """A padded batch."""
    longest = max(len(row["input_ids"]) for row in rows)

    def padded(key, value):
        return torch.tensor([row[key] + [value] * (longest - len(row[key])) for row in rows])

    mask = torch.tensor([[1] * len(r["input_ids"]) + [0] * (longest - len(r["input_ids"])) for r in rows])
    ids = padded("input_ids", tokenizer.pad_token_id)
    return {"input_ids": ids, "attention_mask": mask, "labels": padded("labels", IGNORED)}


def backward(model, tokenizer, rows, parts):
    """Gradients of the mean loss over the labels of a batch, which is returned; each part is padded by itself."""
    rows = sorted(rows, key=lambda row: len(row["input_ids"])) if parts > 1 else rows
    labels = [sum(label != IGNORED for label in row["labels"]) for row in rows]
    size = -(-len(rows) // parts)
    total = 0.0
    for i in range(0, len(rows), size):
        share = sum(labels[i : i + size]) / sum(labels)
        loss = model(**collate(tokenizer, rows[i : i + size])).loss * share
        loss.backward()
        total += loss.item()
    return total


def predict(model, tokenizer, encoded, sentences, batch_size=64):
    """The tags of each sentence, a word having that of its first token."""
    model.eval()
    rows = sorted(range(len(encoded)), key=lambda r: len(encoded[r]["input_ids"]))
    tags = [["O"] * len(words) for words, _ in sentences]
    for i in range(0, len(rows), batch_size):
        part = rows[i : i + batch_size]
        batch = collate(tokenizer, [encoded[r] for r in part])
        with torch.inference_mode():
            best = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.argmax(-1)
        for row, classes in zip(part, best.tolist()):
            for place, label in enumerate(encoded[row]["labels"]):
                if label != IGNORED:
                    tags[row][encoded[row]["word_ids"][place]] = model.config.id2label[classes[place]]
    return tags


def entities(tags):
    """{(type, first, last)} of IOB2 tags as conlleval reads them: an I- of another type, or after O, begins one."""
    found, start, kind = set(), None, None
    for i, tag in enumerate(tags + ["O"]):
        letter, _, name = tag.partition("-")
        if kind is not None and (letter != "I" or name != kind):
            found.add((kind, start, i - 1))
            kind = None
        if letter != "O" and kind is None:
            start, kind = i, name
    return found


def scores(predicted, actual):
    pairs = [(entities(p), entities(a)) for p, a in zip(predicted, actual)]
    both, found, there = (sum(map(len, sets)) for sets in zip(*[(p & a, p, a) for p, a in pairs]))
    return {
        "precision": both / max(found, 1),
        "recall": both / max(there, 1),
        "f1": 2 * both / max(found + there, 1),
        "entities": there,
    }


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=Path, default=Path("../../../shared/data/conll2003"))
    parser.add_argument("--train", default="eng.train", help="file of the training sentences")
    parser.add_argument("--evaluate", nargs="+", default=["eng.testa", "eng.testb"], help="files; those not there are left out")
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--warmup", type=float, default=0.1, help="part of all steps")
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bucketed", action="store_true", help="batches of sentences of like length, as they are padded")
    parser.add_argument("--parts", type=int, default=1, help="compute a batch in so many parts of like length: less padding, the same loss")
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--order", type=Path)
    parser.add_argument("--write-order", type=Path)
    parser.add_argument("--losses", type=Path)
    parser.add_argument("--save-initial", type=Path)
    parser.add_argument("--save", type=Path)
    return parser.parse_args()


def main():
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    transformers.set_seed(args.seed)
    transformers.logging.set_verbosity_error()

    sentences = read(args.data / args.train)
    names = label_names(sentences)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForTokenClassification.from_pretrained(
        args.model,
        id2label=dict(enumerate(names)),
        label2id={name: i for i, name in enumerate(names)},
        hidden_dropout_prob=args.dropout,
        attention_probs_dropout_prob=args.dropout,
    )
    if args.save_initial:
        model.save_pretrained(args.save_initial)
        tokenizer.save_pretrained(args.save_initial)
    encoded = encode(tokenizer, sentences, model.config.label2id, args.max_length)
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
        loss = backward(model, tokenizer, [encoded[r] for r in rows], args.parts)
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
    if args.save:
        model.save_pretrained(args.save)
        tokenizer.save_pretrained(args.save)
    found = {}
    for name in args.evaluate:
        if (args.data / name).exists():
            there = read(args.data / name)
            tags = predict(model, tokenizer, encode(tokenizer, there, model.config.label2id, args.max_length), there)
            found[name] = {k: round(v, 4) for k, v in scores(tags, [t for _, t in there]).items()}
    visited = [r for rows in order for r in rows]
    print(json.dumps({
        "task": "conll2003",
        **found,
        "steps": len(order),
        "train_seconds": round(seconds, 1),
        "sentences_per_s": round(len(visited) / seconds, 1),
        "tokens_per_s": round(sum(lengths[r] for r in visited) / seconds),
        "last_loss": round(sum(c[2] for c in curve[-100:]) / len(curve[-100:]), 4),
        "lr": args.lr, "batch": args.batch, "epochs": args.epochs, "warmup": args.warmup, "seed": args.seed,
        "dropout": args.dropout, "bucketed": args.bucketed, "max_length": args.max_length, "threads": args.threads,
    }))


if __name__ == "__main__":
    main()
