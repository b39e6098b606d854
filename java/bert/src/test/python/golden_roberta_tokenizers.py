"""Token ids by transformers for folders of RoBERTa, XLM-RoBERTa and CamemBERT.

    python golden_roberta_tokenizers.py ../resources/golden/tokenizers/roberta.json

A byte-level BPE and a Unigram vocabulary of a few hundred tokens are trained here by the tokenizers library
and written in several ways: as transformers saves them, without tokenizer_config.json, as vocab.json and
merges.txt, with parts that transformers does not read. Each way is a folder that AutoTokenizer loads and
encodes awkward texts and pairs with. The output is one JSON file:

    bases    the tokenizer.json that the ways start from, by name
    cases    [text, second text or null, max_length or null for the tokenizer's own]; the first 300 for ways
             that are saved by transformers, the first 60 for the others
    ways     name; count of the cases that hold; base; change: parts of tokenizer.json that differ, or null if there is none; files: others,
             whole; special: ids of padding and mask; ids of each case; of some, the texts that the tokens are
             from; second_types: how many tokens of each case are of the second type, if any are

`RobertaTokenizersTest` compares Jaubert with it.
"""

import argparse
import base64
import copy
import json
import random
import struct
import tempfile
from pathlib import Path

from golden_tokenizers import BLANKS, TEXT_WORDS, WORDS
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, CamembertTokenizer, RobertaTokenizer, XLMRobertaTokenizer

POSITIONS = 40
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
ALL, SOME, TEXTS = 300, 60, 40


def charsmap():
    """SentencePiece's table with one entry, a wide A that becomes A, as SeedTokenizers.charsmap has it."""
    trie = [0] * 1280
    trie[0] = 256 << 10
    at = 256 ^ 0xEF
    trie[at] = (at ^ 512) << 10 | 0xEF
    at = 512 ^ 0xBC
    trie[at] = (at ^ 768) << 10 | 0xBC
    at = 768 ^ 0xA1
    trie[at] = (at ^ 1024) << 10 | 1 << 8 | 0xA1
    trie[1024] = 1 << 31
    return struct.pack("<I1280I", 4 * 1280, *trie) + b"A\0"


def lines(random_):
    return [" ".join(random_.choices(WORDS, k=12)) for _ in range(400)]


def bytes_vocabulary(texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(m) for m in model["merges"]]


def pieces_vocabulary(texts):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    trainer = trainers.UnigramTrainer(vocab_size=300, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return [(piece, round(score, 4)) for piece, score in json.loads(tokenizer.to_str())["model"]["vocab"]]


def text(random_):
    words = random_.choices(TEXT_WORDS + ["<mask>", " <mask>", "<mask> ", "<s>", "</s>", "<s>NOTUSED", "Ａ", "ＡＢ"], k=random_.choice([0, 1, 2, 4, 8, 16, 40]))
    return "".join(word + random_.choice(BLANKS) for word in words)


def cases(random_):
    fixed = ["", " ", "  ", "\n", "<mask>", "a <mask> .", "a<mask>.", "<mask><mask>", "\u0120the", "\u2581the", "the\u2581cat", " the", "the  cat",
             "don't  we're I'll", "\u200b", "\ufeffthe", "e\u0301", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "東京タワー", "a" * 500]
    all_ = [[t, None, None] for t in fixed] + [[t, "the dog", None] for t in fixed]
    while len(all_) < ALL:
        pair = (text(random_) or None) if random_.random() < 0.3 else None  # of an empty second text transformers sees nothing
        all_.append([text(random_), pair, random_.choice([None, None, None, 4, 5, 9, 16])])
    return all_


def saved(tokenizer, folder):
    tokenizer.save_pretrained(folder)
    files = {p.name: json.loads(p.read_text("utf-8")) for p in Path(folder).glob("*.json")}
    return files.pop("tokenizer.json"), files


def encoded(tokenizer, all_):
    ids, texts, second_types = [], [], []
    for i, (first, second, limit) in enumerate(all_):
        limit = limit or min(POSITIONS, tokenizer.model_max_length)
        e = tokenizer(first, second, truncation=True, max_length=limit, return_offsets_mapping=True, return_token_type_ids=True)
        ids.append(e["input_ids"])
        second_types.append(sum(e["token_type_ids"]))
        if i < TEXTS and second is None:
            texts.append([first[a:b] for a, b in e["offset_mapping"]])
    return ids, texts, second_types


class Ways:
    """Folders of tokenizers and what transformers makes of them."""

    def __init__(self, cases):
        self.cases, self.bases, self.ways = cases, {}, []

    def add(self, name, base, change, files, count=SOME):
        with tempfile.TemporaryDirectory() as folder:
            content = dict(files)
            if change is not None:
                whole = copy.deepcopy(self.bases[base])
                for part, value in change.items():
                    whole[part] = whole[part] | value if part == "model" else value
                content["tokenizer.json"] = whole
            for file, value in content.items():
                if "base64" in value:
                    (Path(folder) / file).write_bytes(base64.b64decode(value["base64"]))
                else:
                    (Path(folder) / file).write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
            tokenizer = AutoTokenizer.from_pretrained(folder)
        ids, texts, second_types = encoded(tokenizer, self.cases[:count])
        types = {"second_types": second_types} if any(second_types) else {}
        like = next((w["name"] for w in self.ways if w["base"] == base and w.get("ids", [])[:count] == ids and w["texts"] == texts), None)
        way = {"name": name, "base": base, "change": change, "files": files, "count": count, "special": [tokenizer.pad_token_id, tokenizer.mask_token_id]}
        self.ways.append(way | types | ({"like": like} if like else {"ids": ids, "texts": texts}))
        print(name, type(tokenizer).__name__, like or "")

    def write(self, out):
        table = {"bases": self.bases, "cases": self.cases, "ways": self.ways}
        out.write_text(json.dumps(table, ensure_ascii=True).replace("], [", "],\n[") + "\n", "utf-8")


def config(model_type, **more):
    return {"config.json": {"model_type": model_type, "max_position_embeddings": POSITIONS + 2} | more}


def change_config(files, **more):
    return files | {"tokenizer_config.json": files["tokenizer_config.json"] | more}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    random_ = random.Random(20261218)
    texts = lines(random_)
    vocab, merges = bytes_vocabulary(texts)
    pieces = pieces_vocabulary(texts)
    ways = Ways(cases(random_))
    bases, add = ways.bases, ways.add

    with tempfile.TemporaryDirectory() as folder:
        bases["bytes"], files = saved(RobertaTokenizer(vocab=vocab, merges=merges), folder)
    files = files | config("roberta")
    add("RoBERTa, saved", "bytes", {}, files, ALL)
    add("RoBERTa, no config", "bytes", {}, config("roberta"))
    old = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    add("RoBERTa, older json", "bytes", {"pre_tokenizer": old}, config("roberta"))
    add("RoBERTa, space before", "bytes", {}, change_config(files, add_prefix_space=True))
    add("RoBERTa, offsets whole", "bytes", {}, change_config(files, trim_offsets=False))
    add("RoBERTa, other parts", "bytes", {"normalizer": {"type": "Lowercase"}, "post_processor": None}, files)
    add("RoBERTa, mask with space", "bytes", {}, change_config(files, mask_token={
        "__type": "AddedToken", "content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": False}))
    old_files = {"vocab.json": vocab, "merges.txt": "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges)}
    add("RoBERTa, vocab.json and merges.txt", "bytes", None, config("roberta") | old_files)
    add("RoBERTa, vocab.json, merges.txt, names", "bytes", None, config("roberta") | old_files | {
        "special_tokens_map.json": {"mask_token": {"content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": False}}})
    add("RoBERTa, general class", "bytes", {"normalizer": {"type": "Lowercase"}}, change_config(files, tokenizer_class="PreTrainedTokenizerFast"))

    with tempfile.TemporaryDirectory() as folder:
        bases["pieces"], files = saved(XLMRobertaTokenizer(vocab=pieces, _spm_precompiled_charsmap=charsmap()), folder)
    files = files | config("xlm-roberta")
    add("XLM-RoBERTa, saved", "pieces", {}, files, ALL)
    add("XLM-RoBERTa, no config", "pieces", {}, config("xlm-roberta"))
    table = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap()).decode()}
    assert bases["pieces"]["normalizer"] == table
    older = {"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "str_rep": "▁", "add_prefix_space": True}]}
    add("XLM-RoBERTa, older json", "pieces", {"pre_tokenizer": older}, config("xlm-roberta"))
    add("XLM-RoBERTa, other parts", "pieces", {
        "normalizer": {"type": "Sequence", "normalizers": [table, {"type": "Lowercase"}]}, "pre_tokenizer": {"type": "Whitespace"}}, files)
    add("XLM-RoBERTa, unknown elsewhere", "pieces", {"model": {"unk_id": 0}}, files)
    with tempfile.TemporaryDirectory() as folder:
        bases["french"], files = saved(CamembertTokenizer(vocab=pieces, _spm_precompiled_charsmap=charsmap()), folder)
    files = files | config("camembert")
    add("CamemBERT, saved", "french", {}, files, ALL)
    add("CamemBERT, no config", "pieces", {}, config("camembert"))
    ways.write(out)


if __name__ == "__main__":
    main()
