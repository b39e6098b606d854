"""Token ids by transformers for folders of MPNet, whose tokenizer is BERT's with RoBERTa's special tokens.

    python golden_mpnet_tokenizers.py ../resources/golden/tokenizers/mpnet.json

A vocabulary of a few hundred tokens is written in several ways, such as transformers saves it, as
sentence-transformers' all-mpnet-base-v2 has it, as vocab.txt alone. The output is as that of
golden_roberta_tokenizers.py; `RobertaTokenizersTest` compares Jaubert with both.
"""

import argparse
import random
import tempfile
from pathlib import Path

from golden_roberta_tokenizers import ALL, Ways, cases, change_config, config, saved
from golden_tokenizers import vocabulary
from transformers import MPNetTokenizer

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
MASK = {"content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": False}


def tokens():
    """As microsoft/mpnet-base has them: BERT's vocabulary, with its special tokens, behind four, and the mask at the end."""
    return list(dict.fromkeys(SPECIAL + [t for t in vocabulary() if t != "<mask>"] + ["<mask>"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    lines = tokens()
    ways = Ways(cases(random.Random(20261231)))
    with tempfile.TemporaryDirectory() as folder:
        ways.bases["words"], files = saved(MPNetTokenizer(vocab={t: i for i, t in enumerate(lines)}), folder)
    model = config("mpnet")
    files = files | model
    text = {"vocab.txt": "".join(line + "\n" for line in lines)}
    names = {"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "[UNK]", "pad_token": "<pad>"}
    older = {"tokenizer_config.json": names | {
        "do_lower_case": True, "mask_token": "<mask>", "tokenize_chinese_chars": True, "strip_accents": None, "model_max_length": 512,
        "tokenizer_class": "MPNetTokenizer"}}

    def add(name, change, more, *count):
        ways.add("MPNet, " + name, "words", change, more, *count)

    add("saved", {}, files, ALL)
    add("no config", {}, model)
    add("vocab.txt", None, model | text)
    add("vocab.txt and config", None, model | text | older)
    add("as sentence-transformers has it", {}, model | text | older | {"special_tokens_map.json": names | {"mask_token": MASK}})
    add("mask without blank in the map", {}, model | older | {"special_tokens_map.json": {"mask_token": MASK | {"lstrip": False}}})
    add("mask as text in the map", {"added_tokens": []}, model | older | {"special_tokens_map.json": {"mask_token": "<mask>"}})
    add("mask without blank in the list", {}, change_config(files, mask_token=MASK | {"__type": "AddedToken", "lstrip": False}))
    add("another mask", {}, change_config(older | model, mask_token="[MASK]"))
    add("cased", {}, change_config(files, do_lower_case=False))
    add("accents", {}, change_config(files, strip_accents=False, tokenize_chinese_chars=False))
    add("other parts", {"normalizer": {"type": "Lowercase"}, "post_processor": None, "pre_tokenizer": {"type": "Whitespace"}}, files)
    add("other separators", {}, change_config(older | model, sep_token="[SEP]", cls_token="[CLS]"))
    add("a token that the vocabulary lacks", {}, change_config(older | model, cls_token="<begin>"))
    add("class with Fast", {}, change_config(older | model, tokenizer_class="MPNetTokenizerFast"))
    add("general class", {"normalizer": {"type": "Lowercase"}}, change_config(files, tokenizer_class="PreTrainedTokenizerFast"))
    ways.write(out)


if __name__ == "__main__":
    main()
