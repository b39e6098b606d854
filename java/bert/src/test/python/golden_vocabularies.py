"""Vocabularies that Hugging Face's tokenizers learn.

    python golden_vocabularies.py ../../java/bert/src/test/resources/golden/vocabularies.json
    python golden_vocabularies.py /tmp/vocabularies.json --corpus train-00.txt.gz train-01.txt.gz --size 16000

The first makes small corpora with many ties, scripts, accents and blanks; the second reads lines of
files, gzip or not, and says on the way how long each took and the peak of memory. The output is one
JSON file of cases: settings, texts or the paths of files, and the tokens in the order of their ids;
of byte-level BPE the merges, too.

BertWordPieceTokenizer numbers the characters that continue words, ##a, as they come out of a hash
map in random order, and ids decide ties: no two runs give the same vocabulary. Here it is told that
order, as the first of the special tokens: the five, the characters and the continuing ones, each by
code point. All else is its own; a case that still differs from run to run ends the script.

`VocabularyGoldenTest` compares Jaubert with it: the small file in every build, another by
`-Djaubert.vocabularies=FILE`.
"""

import argparse
import gzip
import json
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path

from golden_tokenizers import BLANKS, TEXT_WORDS
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer
from tokenizers.trainers import WordPieceTrainer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SPECIAL_OF_BYTES = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
RUNS = 3


# ---- training ----


def word_piece(case, texts):
    def tokenizer():
        return BertWordPieceTokenizer(lowercase=case["lowercase"], strip_accents=case["strip_accents"],
                                      handle_chinese_chars=case["chinese"])

    def run(special):
        one = tokenizer()
        trainer = WordPieceTrainer(
            vocab_size=case["size"], min_frequency=case["min_frequency"], limit_alphabet=case["limit_alphabet"],
            initial_alphabet=list(case["initial_alphabet"]), special_tokens=special, continuing_subword_prefix="##",
            show_progress=False)
        one._tokenizer.train_from_iterator(texts(), trainer=trainer)
        vocab = one.get_vocab()
        return sorted(vocab, key=vocab.get)

    plain = run(SPECIAL)
    first = sorted(t for t in plain if len(t) == 1)
    continuing = sorted(t for t in plain if len(t) == 3 and t.startswith("##"))
    return run(SPECIAL + first + continuing)


def byte_level(case, texts):
    one = ByteLevelBPETokenizer()
    one.train_from_iterator(texts(), vocab_size=case["size"], min_frequency=case["min_frequency"],
                            special_tokens=SPECIAL_OF_BYTES, show_progress=False)
    model = json.loads(one._tokenizer.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), model["merges"]


def learn(case, texts, quiet=False):
    start = time.perf_counter()
    if case["kind"] == "WordPiece":
        case["tokens"] = word_piece(case, texts)
    else:
        case["tokens"], case["merges"] = byte_level(case, texts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if not quiet:
        print(f"{case['name']}: {len(case['tokens'])} tokens, {time.perf_counter() - start:.2f} s, peak {peak:.0f} MB so far", file=sys.stderr)


def with_settings(name, kind, size, **settings):
    case = {"name": name, "kind": kind, "size": size, "min_frequency": 2}
    if kind == "WordPiece":
        case.update(lowercase=True, strip_accents=None, chinese=True, limit_alphabet=1000, initial_alphabet="")
    case.update(settings)
    return case


# ---- small corpora ----


def few_letters(rng, letters, words):
    """Words whose letters repeat: pairs overlap, come back when they were joined, and are as frequent as others."""
    return [" ".join("".join(rng.choices(letters, k=rng.randint(1, 12))) for _ in range(8)) for _ in range(words // 8)]


def many_scripts(rng, texts):
    return ["".join(rng.choice(TEXT_WORDS) + rng.choice(BLANKS) for _ in range(rng.randint(0, 30))) for _ in range(texts)]


def endings(rng, texts):
    stems = "walk talk jump play work rest help look turn start paint point light count sign plant".split()
    ends = ["", "s", "ed", "ing", "er", "ers", "'s", "-", ".", ",", "!"]
    return [" ".join(rng.choice(stems) + rng.choice(ends) for _ in range(12)) for _ in range(texts)]


def limit_without_tie(texts, about):
    """As many characters as have a clear place by their frequency."""
    tokenizer = BertWordPieceTokenizer()._tokenizer
    counts = Counter()
    for text in texts:
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(text)):
            counts.update(word)
    counts = sorted(counts.values(), reverse=True)
    return next(n for n in range(about, len(counts)) if counts[n - 1] > counts[n])


def small_cases(seed):
    rng = random.Random(seed)
    corpora = {
        "two letters": few_letters(rng, "ab", 400),
        "three letters": few_letters(rng, "aabc", 400),
        "endings": endings(rng, 60),
        "scripts": many_scripts(rng, 60),
    }
    limit = limit_without_tie(corpora["scripts"], 120)
    piece, byte = "WordPiece", "ByteLevel"
    cases = [
        ("two letters", with_settings("two letters, some", piece, 120)),
        ("two letters", with_settings("two letters, all that there are", piece, 5000)),
        ("three letters", with_settings("three letters", piece, 200)),
        ("three letters", with_settings("three letters, once is enough", piece, 600, min_frequency=1)),
        ("three letters", with_settings("three letters, ten times", piece, 600, min_frequency=10)),
        ("endings", with_settings("endings", piece, 150)),
        ("endings", with_settings("endings, characters alone", piece, 0)),
        ("scripts", with_settings("scripts", piece, 700)),
        ("scripts", with_settings("scripts, cased", piece, 800, lowercase=False)),
        ("scripts", with_settings("scripts, with accents", piece, 800, strip_accents=False)),
        ("scripts", with_settings("scripts, cased without accents", piece, 800, lowercase=False, strip_accents=True)),
        ("scripts", with_settings("scripts, Chinese not split", piece, 700, chinese=False)),
        ("scripts", with_settings("scripts, few characters", piece, 450, limit_alphabet=limit)),
        ("scripts", with_settings("scripts, characters given", piece, 700, initial_alphabet="xq\u00e6\u5b57\U0001f980#")),
        ("two letters", with_settings("bytes, two letters", byte, 400)),
        ("three letters", with_settings("bytes, three letters, all", byte, 3000, min_frequency=1)),
        ("endings", with_settings("bytes, endings", byte, 400)),
        ("scripts", with_settings("bytes, scripts", byte, 900)),
        ("scripts", with_settings("bytes, none joined", byte, 261)),
    ]
    for corpus, case in cases:
        texts = corpora[corpus]
        case["corpus"] = corpus
        if case["size"] == 0:  # no pair is joined: as many as there are characters
            case["size"] = 5
            case["size"] = len(word_piece(case, lambda: iter(texts)))
        learn(case, lambda: iter(texts))
        for _ in range(RUNS):
            again = dict(case)
            learn(again, lambda: iter(texts), quiet=True)
            if again != case:
                raise SystemExit(f"{case['name']}: differs from run to run")
    return {"corpora": corpora, "cases": [case for _, case in cases]}


# ---- large ones ----


def lines(files):
    for file in files:
        with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8", newline="\n") as stream:
            for line in stream:
                yield line.removesuffix("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--corpus", type=Path, nargs="+", help="files whose lines are texts, instead of the small corpora")
    parser.add_argument("--size", type=int, default=16000)
    parser.add_argument("--seed", type=int, default=20261130, help="of the small corpora")
    options = parser.parse_args()
    if options.corpus:
        files = [str(file.resolve()) for file in options.corpus]
        cases = [with_settings(kind, kind, options.size, files=files) for kind in ("WordPiece", "ByteLevel")]
        for case in cases:
            learn(case, lambda: lines(options.corpus))
        table = {"corpora": {}, "cases": cases}
    else:
        table = small_cases(options.seed)
    options.output.write_text(json.dumps(table, indent=0, separators=(",", ":")) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
