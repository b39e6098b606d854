"""Fine-tunes a Hugging Face BERT to find names in CoNLL-2003 by PyTorch: the reference for Jaubert's entity F1.

    python torch_conll.py --model /tmp/peers/minilm-hf --data ../../../shared/data/conll2003 \
        --lr 5e-5 --epochs 3 --batch 32 --seed 1

A word's first token has its label, the others and the special tokens have none. Labels stand in the order of Jaubert:
O, then by type, B- before I-. The loss is the mean over the labels of a batch. The metrics are entity precision, recall
and F1 by word on each file of --evaluate; a word behind the cut counts as predicted O.
"""

from pathlib import Path

import torch_finetune
from torch_finetune import IGNORED
from transformers import AutoModelForTokenClassification, DataCollatorForTokenClassification


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
    """Input ids and labels of each sentence, as rows for a model, and its word ids."""
    rows, places = [], []
    for words, tags in sentences:
        one = tokenizer(words, is_split_into_words=True, truncation=True, max_length=max_length)
        ids = one.word_ids()
        labels = [IGNORED if w is None or i > 0 and ids[i - 1] == w else label2id[tags[w]] for i, w in enumerate(ids)]
        rows.append({"input_ids": one["input_ids"], "labels": labels})
        places.append(ids)
    return rows, places


def predict(model, collate, rows, places, sentences):
    """The tags of each sentence, a word having that of its first token."""
    tags = [["O"] * len(words) for words, _ in sentences]
    for i, logits in enumerate(torch_finetune.predict(model, collate, rows)):
        for label, word, best in zip(rows[i]["labels"], places[i], logits.argmax(-1).tolist()):
            if label != IGNORED:
                tags[i][word] = model.config.id2label[best]
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
    collate = DataCollatorForTokenClassification(tokenizer)
    rows, _ = encode(tokenizer, sentences, model.config.label2id, args.max_length)
    figures = torch_finetune.train(args, tokenizer, model, collate, rows, args.parts)
    found = {}
    for name in args.evaluate:
        if (args.data / name).exists():
            there = read(args.data / name)
            rows, places = encode(tokenizer, there, model.config.label2id, args.max_length)
            tags = predict(model, collate, rows, places, there)
            found[name] = {k: round(v, 4) for k, v in scores(tags, [t for _, t in there]).items()}
    torch_finetune.report(args, "conll2003", found, figures)


if __name__ == "__main__":
    main()
