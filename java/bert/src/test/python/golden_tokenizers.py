"""Token ids by transformers for folders whose tokenizer files say many different things.

    python golden_tokenizers.py ../resources/golden/tokenizers/golden.json --texts 40
    python golden_tokenizers.py /tmp/table.json --texts 1500
    python golden_tokenizers.py /tmp/table.json --texts 1500 --model FOLDER

A vocabulary of a few hundred tokens, made here or read from the vocab.txt of FOLDER, is written in
76 ways: with and without tokenizer.json, tokenizer_config.json, special_tokens_map.json,
added_tokens.json and vocab.txt, agreeing and disagreeing. Each way is a folder that AutoTokenizer
loads and encodes random texts and pairs with. The output is one JSON file:

    vocabulary   the lines of vocab.txt
    tokenizer    the tokenizer.json that the ways start from, without its vocabulary
    cases        [text, second text or null, max_length or null for the tokenizer's own]
    ways         name; files: of tokenizer.json what differs, others whole, true for vocab.txt; the
                 ids of each case and the sum of its type ids, null where transformers fails; or the
                 name of an earlier way that all is like; or an error if the folder does not load

`GoldenTokenizersTest` compares Jaubert with it: the small file in every build, another by
`-Djaubert.tokenizers=FILE`.
"""

import argparse
import json
import random
import sys
import tempfile
import warnings
from pathlib import Path

from transformers import AutoTokenizer
from transformers.utils import logging

POSITIONS = 64
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGXYZ0123456789éàüößñçøıжяωλ"
WORDS = (
    "the The of and to in a I is was not very good bad film movie Paris york new New York york cafe café naive naïve Naïve "
    "zoe Zoë dog dogs fox jump over lazy un able play work ing ed er est ly ness token word <s> </s> <pad> <unk> <mask> "
    "東 京 中 国 日 本 語 東京 ね こ ねこ 고양 이 кот слово λόγος שלום कि 😀 😀😀 ! ? . , ; : ' \" ( ) [ ] { } < > / \\ - _ + = * & % $ # @ ~ ` ^ | "
    "e1 E1 [E1] unused unused1 [unused1] cls sep hello Hello HELLO world ı İ ǅ ﬁ ² ½ ™ \u0301 \u200d"
).split()
PIECES = "ing ed s es er est ly ness able 京 国 本 こ 이 é ë ï 😀 \u0301 ' slow word the at on ish".split()

TEXT_WORDS = WORDS + SPECIAL + (
    "Café NAÏVE nai\u0308ve e\u0301 A\u030a Zoë unable playing workers' don't U.S.A. 3.14 a_b <e1> <E1> [e1] [E2] [E1][E2] new_york "
    "[CLS]x x[SEP] [mask] [ MASK ] [MASK]. <new> <NEW> Éclair 東京 中国語 日本 ねこです 고양이 словоформа ΛΌΓΟΣ ΣΊΣΥΦΟΣ Straße STRASSE ŉ ǆ İstanbul "
    "👨\u200d👩\u200d👧 👍🏽 🇩🇪 ﬁlm ２０２６ Ａｂｃ ① ㍿ … — “quoted” ‘x’ «x» 。 、 「東」 ؟ שָׁלוֹם कि हिन्दी ไทย "
    "a\u200bb a\u00adb \u0000x x\u0007y \ufffd \ufeffx x\u2028y x\u0085y \ue000 \U0001f9ff \U000e0041 \U0010ffff ﷺ "
    "lstrip rstrip single Single singles dog Dog DOG added Added é É"
).split()
BLANKS = [" ", " ", " ", " ", " ", "", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2009", "\u200b", "\u2028", "\x0b", "\x1c", "\u0085", "\u180e"]


def vocabulary():
    tokens = SPECIAL + list(LETTERS) + ["##" + c for c in LETTERS] + WORDS + ["##" + p for p in PIECES]
    return list(dict.fromkeys(tokens))


def tokenizer_json(tokens):
    """What transformers 4 wrote for an uncased BERT."""
    template = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added(t, id=tokens.index(t)) for t in SPECIAL],
        "normalizer": normalizer(),
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": template,
            "pair": template + [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": {t: {"id": t, "ids": [tokens.index(t)], "tokens": [t]} for t in ("[CLS]", "[SEP]")},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100},
    }


def normalizer(lowercase=True, strip_accents=None, chinese=True):
    return {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": chinese,
            "strip_accents": strip_accents, "lowercase": lowercase}


def added(content, special=True, id=None, **flags):
    token = {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": not special, "special": special}
    token.update(flags)
    return token if id is None else {"id": id, **token}


def ways(base, tokens):
    """Name, and files: tokenizer.json by what differs from the base, vocab.txt as True, others whole."""
    n = len(tokens)
    specials = {str(tokens.index(t)): added(t) for t in SPECIAL}
    bert = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}
    json_, config, special_map, list_, vocab = (
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt")
    new = {str(n): added("[E1]"), str(n + 1): added("[E2]"), str(n + 2): added("<new>", special=False)}
    flags = {
        str(n): added("lstrip", special=False, lstrip=True),
        str(n + 1): added("rstrip", special=False, rstrip=True, normalized=False),
        str(n + 2): added("single", special=False, single_word=True),
        str(n + 3): added("[E1]", normalized=True),
        str(n + 4): added("new york", special=False, lstrip=True, rstrip=True),
        str(n + 5): added("中国", special=False),
        str(n + 6): added("É", special=False),
    }
    named = {"unk_token": "<unk>", "sep_token": "</s>", "pad_token": "<pad>", "cls_token": "<s>", "mask_token": "<mask>"}
    named_objects = {key: {"content": token, "single_word": False, "lstrip": key == "mask_token", "rstrip": False, "normalized": False}
                     for key, token in named.items()}
    all_added = base["added_tokens"] + [added("[E1]", id=n), added("<new>", special=False, id=n + 1)]
    truncation = {"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0}
    padding = {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}

    yield "as is", {json_: {}, config: bert}
    yield "no config", {json_: {}}
    yield "no config, cased json", {json_: {"normalizer": normalizer(lowercase=False)}}
    yield "no config, vocab too", {json_: {}, vocab: True}
    yield "cased by config", {json_: {}, config: bert | {"do_lower_case": False}}
    yield "cased by json alone", {json_: {"normalizer": normalizer(lowercase=False)}, config: bert}
    yield "lower case not said", {json_: {"normalizer": normalizer(lowercase=False)}, config: {"tokenizer_class": "BertTokenizer"}}
    yield "cased", {json_: {"normalizer": normalizer(lowercase=False)}, config: bert | {"do_lower_case": False}}
    yield "accents stripped", {json_: {}, config: bert | {"do_lower_case": False, "strip_accents": True}}
    yield "accents kept", {json_: {"normalizer": normalizer(strip_accents=True)}, config: bert | {"strip_accents": False}}
    yield "accents null", {json_: {"normalizer": normalizer(strip_accents=False)}, config: bert | {"strip_accents": None}}
    yield "chinese whole", {json_: {}, config: bert | {"tokenize_chinese_chars": False}}
    yield "other normalizer", {json_: {"normalizer": {"type": "NFC"}}, config: bert}
    yield "no post-processor", {json_: {"post_processor": None}, config: bert}
    yield "post-processor of RoBERTa", {json_: {"post_processor": {
        "type": "RobertaProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2], "trim_offsets": True, "add_prefix_space": False}}, config: bert}
    yield "other pre-tokenizer", {json_: {"pre_tokenizer": {"type": "WhitespaceSplit"}}, config: bert}
    yield "other limits of the model", {json_: {"model": {"max_input_chars_per_word": 5, "continuing_subword_prefix": "@@"}}, config: bert}
    yield "vocab.txt alone", {vocab: True}
    yield "vocab.txt, config", {vocab: True, config: bert | {"do_lower_case": False}}
    yield "vocab.txt, config of accents", {vocab: True, config: bert | {"strip_accents": False, "tokenize_chinese_chars": False}}
    yield "vocab.txt, decoder", {vocab: True, config: bert | {"added_tokens_decoder": specials | new}}
    yield "vocab.txt, added tokens", {vocab: True, list_: {"[E1]": n, "<new>": n + 1}}
    yield "decoder", {json_: {}, config: bert | {"added_tokens_decoder": specials | new}}
    yield "decoder with flags", {json_: {}, config: bert | {"added_tokens_decoder": specials | flags}}
    yield "decoder with flags, cased", {json_: {}, config: bert | {"do_lower_case": False, "added_tokens_decoder": specials | flags}}
    yield "decoder without the special tokens", {json_: {}, config: bert | {"added_tokens_decoder": new}}
    yield "decoder, empty", {json_: {"added_tokens": all_added}, config: bert | {"added_tokens_decoder": {}}}
    yield "decoder beside other tokens", {json_: {"added_tokens": all_added}, config: bert | {"added_tokens_decoder": specials | {str(n): added("[E2]")}}}
    yield "decoder with ids of its own", {json_: {}, config: bert | {"added_tokens_decoder": specials | {"5000": added("[E1]"), "7": added("<new>")}}}
    yield "decoder of known words", {json_: {}, config: bert | {"added_tokens_decoder": {str(n): added("dog", special=False), str(n + 1): added("zoe")}}}
    yield "decoder without flags", {json_: {}, config: bert | {"added_tokens_decoder": {str(n): {"content": "[E1]"}, str(n + 1): {"content": "<new>", "special": True}}}}
    yield "added tokens in json", {json_: {"added_tokens": all_added}, config: bert}
    yield "no added tokens in json", {json_: {"added_tokens": []}, config: bert}
    yield "added_tokens.json", {json_: {}, list_: {"[E1]": n, "<new>": n + 1}, config: bert}
    yield "added_tokens.json of specials", {json_: {}, list_: {"[E1]": n, "[E2]": n + 1}, config: bert | {"additional_special_tokens": ["[E1]"]}}
    yield "added_tokens.json beside decoder", {json_: {}, list_: {"[E1]": n}, config: bert | {"added_tokens_decoder": specials | {str(n): added("<new>")}}}
    yield "added_tokens.json, other ids", {json_: {}, list_: {"[E1]": 9000, "<new>": 3}, config: bert}
    yield "added_tokens.json, broken ids", {json_: {}, list_: {"[E1]": n + 0.5, "<new>": n}, config: bert}
    yield "added_tokens.json, ids as texts", {vocab: True, list_: {"[E1]": "b", "<new>": "a"}, config: bert}
    yield "additional tokens", {json_: {}, config: bert | {"additional_special_tokens": ["[E1]", "[E2]"]}}
    yield "extra tokens", {json_: {}, config: bert | {"extra_special_tokens": ["[E1]", "dog"], "additional_special_tokens": ["[E2]"]}}
    yield "extra tokens by name", {json_: {}, config: bert | {"extra_special_tokens": {"e_token": "[E1]", "f": "[E2]"}, "new_token": "<new>"}}
    yield "extra tokens as objects", {json_: {}, config: bert | {"extra_special_tokens": [added("[E1]", lstrip=True) | {"__type": "AddedToken"}]}}
    yield "bos and eos", {json_: {}, config: bert | {"bos_token": "<new>", "eos_token": "[E1]", "add_bos_token": True}}
    yield "names in config", {vocab: True, config: bert | named}
    yield "names in config, objects", {json_: {}, config: bert | {key: value | {"__type": "AddedToken"} for key, value in named_objects.items()}}
    yield "names in map", {vocab: True, special_map: named}
    yield "names in map, objects", {vocab: True, special_map: named_objects, config: bert}
    yield "names in map against config", {json_: {}, special_map: named, config: bert | {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}}
    yield "names in map beside decoder", {json_: {}, special_map: named, config: bert | {"added_tokens_decoder": specials}}
    yield "additional tokens in map", {json_: {}, special_map: {"additional_special_tokens": ["[E1]", "[E2]"]}, config: bert}
    yield "additional tokens in map and list", {json_: {}, special_map: {"additional_special_tokens": ["[E1]"]}, list_: {"[E1]": n}, config: bert}
    yield "extra tokens in map", {json_: {}, special_map: {"extra_special_tokens": ["[E1]", {"content": "[E2]", "lstrip": True}]}, config: bert | {"extra_special_tokens": ["<new>"]}}
    yield "names that the vocabulary lacks", {vocab: True, config: bert | {"pad_token": "[nopad]", "mask_token": "[E1]", "cls_token": "[E2]"}}
    yield "no cls token", {json_: {}, config: bert | {"cls_token": None}}
    yield "other unknown token", {json_: {}, config: bert | {"unk_token": "unused"}}
    yield "truncation and padding in json", {json_: {"truncation": truncation, "padding": padding}, config: bert}
    yield "left truncation in json", {json_: {"truncation": truncation | {"direction": "Left"}}, config: bert}
    yield "left truncation in json, right in config", {json_: {"truncation": truncation | {"direction": "Left"}}, config: bert | {"truncation_side": "right"}}
    yield "left truncation", {json_: {}, config: bert | {"truncation_side": "left"}}
    yield "left truncation, vocab.txt", {vocab: True, config: bert | {"truncation_side": "left", "do_lower_case": False}}
    yield "short", {json_: {}, config: bert | {"model_max_length": 7}}
    yield "short by its old name", {json_: {}, config: {"tokenizer_class": "BertTokenizer", "max_len": 8}}
    yield "endless", {json_: {}, config: bert | {"model_max_length": 1e30}}
    yield "class BertTokenizerFast", {json_: {}, config: bert | {"tokenizer_class": "BertTokenizerFast", "do_lower_case": False}}
    yield "class DistilBertTokenizer", {json_: {}, config: bert | {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": False}}
    yield "class DistilBertTokenizerFast", {json_: {"post_processor": None}, config: bert | {"tokenizer_class": "DistilBertTokenizerFast"}}
    yield "class ElectraTokenizer", {json_: {}, config: bert | {"tokenizer_class": "ElectraTokenizer", "do_lower_case": False}}
    general = {"tokenizer_class": "PreTrainedTokenizerFast"}
    yield "class PreTrainedTokenizerFast", {json_: {}, config: general | {"do_lower_case": False}}
    yield "PreTrainedTokenizerFast, no post-processor", {json_: {"post_processor": None}, config: general}
    yield "PreTrainedTokenizerFast, decoder", {json_: {"added_tokens": all_added}, config: general | {
        "added_tokens_decoder": specials | {str(n): added("[E1]", lstrip=True), str(n + 1): added("[E2]")}}}
    yield "PreTrainedTokenizerFast, names", {json_: {}, config: general | named | {"additional_special_tokens": ["[E1]"]}}
    yield "PreTrainedTokenizerFast, added_tokens.json", {json_: {}, list_: {"[E1]": n, "<new>": n + 1}, special_map: {"mask_token": "<mask>"}, config: general}
    yield "PreTrainedTokenizerFast, padding", {json_: {"padding": padding | {"pad_token": "<new>"}, "truncation": truncation | {"direction": "Left"}}, config: general}
    yield "class TokenizersBackend", {json_: {"normalizer": normalizer(lowercase=False)}, config: {"tokenizer_class": "TokenizersBackend"}}
    yield "no class", {json_: {}, config: {"do_lower_case": False, "model_max_length": 512}}


def random_text(generator):
    """Words and blanks of every kind, and characters from all over Unicode."""
    text = []
    for _ in range(generator.choice([0, 1, 2, 3, 5, 8, 13, 21])):
        kind = generator.random()
        if kind < 0.8:
            text.append(generator.choice(TEXT_WORDS))
        elif kind < 0.9:
            text.append("".join(random_character(generator) for _ in range(generator.randint(1, 4))))
        elif kind < 0.93:
            text.append(generator.choice(["x", "é", "ab", "e\u0301", "東", "😀"]) * generator.choice([40, 99, 100, 101, 120]))
        else:
            text.append("".join(generator.choice(LETTERS) for _ in range(generator.randint(1, 9))))
        text.append(generator.choice(BLANKS))
    return "".join(text)


def random_character(generator):
    plane = generator.choice([0, 0, 0, 0, 1, 1, 2, 3, 14, 15, 16])
    low = generator.randint(0x20, 0xFFFD) if plane or generator.random() < 0.3 else generator.randint(0x20, 0x3100)
    code = plane * 0x10000 + low
    return "x" if 0xD800 <= code < 0xE000 else chr(code)


def cases(count, seed):
    generator = random.Random(seed)
    for _ in range(count):
        second = random_text(generator) if generator.random() < 0.35 else None
        yield [random_text(generator), second, generator.choice([None, None, 6, 9, 16])]


def encode(tokenizer, text, second, length):
    """By lists, since transformers takes an empty second text for none where it is not in one."""
    limit = length or int(min(tokenizer.model_max_length, POSITIONS))
    try:
        result = tokenizer([text], None if second is None else [second], truncation=True, max_length=limit, return_token_type_ids=True)
    except Exception:  # such as a word that is unknown where there is no unknown token
        return None
    return [result["input_ids"][0], result["token_type_ids"][0]]


def write(folder, files, base, tokens):
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", "max_position_embeddings": POSITIONS}), "utf-8")
    for name, value in files.items():
        if name == "vocab.txt":
            (folder / name).write_text("".join(t + "\n" for t in tokens), "utf-8")
            continue
        if name == "tokenizer.json":
            value = base | value
            value["model"] = base["model"] | value["model"] | {"vocab": {t: i for i, t in enumerate(tokens)}}
        (folder / name).write_text(json.dumps(value, ensure_ascii=False), "utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--texts", type=int, default=40)
    parser.add_argument("--seed", type=int, default=20261129)
    parser.add_argument("--model", type=Path, help="a folder with a vocab.txt to take in place of the small vocabulary")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.set_verbosity(logging.CRITICAL)

    tokens = vocabulary()
    if arguments.model:
        lines = (arguments.model / "vocab.txt").read_text("utf-8").split("\n")
        tokens = lines[:-1] if not lines[-1] else lines
        tokens += [t for t in ("<s>", "</s>", "<pad>", "<unk>", "<mask>", "unused") if t not in tokens]
    base = tokenizer_json(tokens)
    inputs = list(cases(arguments.texts, arguments.seed))
    table = []
    seen = {}
    for name, files in ways(base, tokens):
        way = {"name": name, "files": files}
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), files, base, tokens)
            try:
                tokenizer = AutoTokenizer.from_pretrained(folder)
            except Exception as error:
                way["error"] = f"{type(error).__name__}: {error}"[:200]
            else:
                encoded = [encode(tokenizer, *case) for case in inputs]
                key = json.dumps(encoded)
                if key in seen:
                    way["like"] = seen[key]
                else:
                    seen[key] = name
                    way["ids"] = [e and e[0] for e in encoded]
                    way["types"] = [e and sum(e[1]) for e in encoded]
                failed = encoded.count(None)
                if failed:
                    print(f"{name}: {failed} texts fail")
        print(f"{name}: {way.get('error', type(tokenizer).__name__)}", file=sys.stderr)
        table.append(way)
    lines = [f'"vocabulary": {json.dumps(tokens)}', f'"tokenizer": {json.dumps(base)}',
             '"cases": [\n' + ",\n".join(json.dumps(c) for c in inputs) + "\n]",
             '"ways": [\n' + ",\n".join(json.dumps(w, separators=(",", ":")) for w in table) + "\n]"]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text("{" + ",\n".join(lines) + "}\n", "utf-8")
    print(f"{len(table)} ways, {len(inputs)} cases")


if __name__ == "__main__":
    main()
