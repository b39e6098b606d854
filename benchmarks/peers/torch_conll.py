"""Fine-tunes a Hugging Face BERT to find names in CoNLL-2003 by PyTorch: the reference for Jaubert's entity F1.

    python torch_conll.py --model /tmp/peers/minilm-hf --data ../../../shared/data/conll2003 \
        --lr 5e-5 --epochs 3 --batch 32 --seed 1

A word's first token has its label, the others and the special tokens have none. Labels stand in the order of Jaubert:
O, then by type, B- before I-. The loss is the mean over the labels of a batch. The metrics are entity precision, recall
and F1 by word on each file of --evaluate; a word behind the cut counts as predicted O.
"""

from pathlib import Path

import torch
import torch_finetune
from transformers import AutoModelForTokenClassification

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


def main():
    parser = torch_finetune.options(__doc__, lr=5e-5, epochs=3)
    parser.add_argument("--data", type=Path, default=Path("../../../shared/data/conll2003"))
    parser.add_argument("--train", default="eng.train", help="file of the training sentences")
    parser.add_argument("--evaluate", nargs="+", default=["eng.testa", "eng.testb"], help="files; those not there are left out")
    parser.add_argument("--parts", type=int, default=1, help="compute a batch in so many parts of like length: less padding, the same loss")
    args = parser.parse_args()
    sentences = read(args.data / args.train)
    names = label_names(sentences)
    tokenizer, model = torch_finetune.load(
        args,
        AutoModelForTokenClassification,
        id2label=dict(enumerate(names)),
        label2id={name: i for i, name in enumerate(names)},
    )
    encoded = encode(tokenizer, sentences, model.config.label2id, args.max_length)
    figures = torch_finetune.train(
        args,
        tokenizer,
        model,
        [len(e["input_ids"]) for e in encoded],
        lambda rows: backward(model, tokenizer, [encoded[r] for r in rows], args.parts),
    )
    found = {}
    for name in args.evaluate:
        if (args.data / name).exists():
            there = read(args.data / name)
            tags = predict(model, tokenizer, encode(tokenizer, there, model.config.label2id, args.max_length), there)
            found[name] = {k: round(v, 4) for k, v in scores(tags, [t for _, t in there]).items()}
    torch_finetune.report(args, "conll2003", found, figures)


if __name__ == "__main__":
    main()
