"""Token ids by transformers for folders of DeBERTa-v2 and v3, whose tokenizer is a Unigram with BERT's special tokens.

    python golden_deberta_tokenizers.py ../resources/golden/tokenizers/deberta.json

A vocabulary of a few hundred pieces is trained by the tokenizers library and written as transformers saves it,
and without tokenizer_config.json. The output is as that of golden_roberta_tokenizers.py; `RobertaTokenizersTest`
compares Jaubert with it.
"""

import argparse
import json
import random
import tempfile
from pathlib import Path

from golden_roberta_tokenizers import ALL, POSITIONS, Ways, cases, change_config, config, lines, saved
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import DebertaV2Tokenizer

SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
WRITTEN = {"<mask>": "[MASK]", "<s>NOTUSED": "[UNK]", "<s>": "[CLS]", "</s>": "[SEP]"}


def pieces(texts):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=300, special_tokens=SPECIAL, unk_token="[UNK]", show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    vocab = json.loads(tokenizer.to_str())["model"]["vocab"]
    return [(piece, round(score, 4)) for piece, score in vocab] + [("[MASK]", 0.0)]


def written(text):
    for old, new in WRITTEN.items():
        text = text.replace(old, new)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    random_ = random.Random(20270112)
    vocab = pieces(lines(random_))
    ways = Ways([[written(a), b and written(b), n] for a, b, n in cases(random_)])
    model = config("deberta-v2", max_position_embeddings=POSITIONS)

    def add(name, base, change, files, *count):
        ways.add("DeBERTa, " + name, base, change, files, *count)

    with tempfile.TemporaryDirectory() as folder:
        ways.bases["pieces"], files = saved(DebertaV2Tokenizer(vocab=vocab), folder)
    add("saved", "pieces", {}, files | model, ALL)
    add("no config", "pieces", {}, model)
    add("class with Fast", "pieces", {}, change_config(files, tokenizer_class="DebertaV2TokenizerFast") | model)
    add("general class", "pieces", {}, change_config(files, tokenizer_class="PreTrainedTokenizerFast") | model)
    with tempfile.TemporaryDirectory() as folder:
        ways.bases["lower"], files = saved(DebertaV2Tokenizer(vocab=vocab, do_lower_case=True, split_by_punct=True), folder)
    add("lower case, punctuation apart", "lower", {}, files | model)
    ways.write(out)


if __name__ == "__main__":
    main()
