"""What transformers' models say for the measures of bias, one masked copy at a time, in float64.

    python golden_bias.py ../../../../bert/src/test/resources/golden/masked-language/fill-mask ../resources/golden/bias/small.json

With a real model and real data it writes what io.github.jaubert.measure.bias makes of them, to compare:

    python golden_bias.py MODEL OUT.json --crows FILE.csv --stereoset FILE.json --limit N

Nothing here is shared with the Java code: masking, pairs of tokens (difflib), softmax, means and
permutations are loops.
"""

import argparse
import csv
import difflib
import itertools
import json
import math
import string

import torch
from transformers import AutoTokenizer, BertForMaskedLM

PAIRS = [
    ["Anna went to Berlin, not Caf\u00e9!", "Ann went to New York, not Caf\u00e9!", "stereo", "place"],
    ["Do not play in May 1996.", "Don't play in Berlin.", "antistereo", "time"],
    ["a b c d a b", "b c d a", "stereo", "place"],
    ["Anna plays , and Ann plays - in York", "Ann plays , and Anna plays - in York", "antistereo", "name"],
    ["to to to went to to", "to to went went to", "stereo", "time"],
    ["went", "play", "stereo", "name"],
]
GAPS = [
    ["anna", "name", "Anna went to BLANK.", "Berlin", "York", "do"],
    ["anna", "name", "BLANK went to Berlin!", "Ann", "Anna", "cafe"],
    ["may", "time", "In BLANK 1996 we play", "May", "Berliner", "playing"],
    ["new", "place", "New BLANK, in New BLANK", "York", "Yorks", "annater"],
    ["new", "place", "Do not BLANK - do", "playing", "play", "t"],
]
ASSOCIATION = {
    "templates": ["{term} went to {attribute}.", "In {attribute} , {term} don't play"],
    "pairs": [["anna", "ann"], ["the berliner", "new york"]],
    "attributes": {"places": ["Berlin", "New York", "York"], "others": ["May", "a cafe", "1996", "playing"]},
}
PRONOUNS = [
    ["Anna went to York, and ", " plays", "do", "don"],
    ["", " went to Berlin", "Anna", "Ann"],
]


class Scorer:
    def __init__(self, folder):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = BertForMaskedLM.from_pretrained(folder, attn_implementation="eager").double().eval()
        self.mask = self.tokenizer.mask_token_id

    def ids(self, text):
        return self.tokenizer(text)["input_ids"]

    @torch.no_grad()
    def logs(self, ids, place):
        """Log-probabilities of all tokens at a place."""
        return torch.log_softmax(self.model(torch.tensor([ids])).logits[0, place], dim=-1)

    def masked(self, ids, place):
        copy = list(ids)
        copy[place] = self.mask
        return self.logs(copy, place)[ids[place]].item()


def crows(scorer, pair):
    one, other = scorer.ids(pair[0]), scorer.ids(pair[1])
    sums = [0.0, 0.0]
    for kind, a, b, c, d in difflib.SequenceMatcher(None, [str(i) for i in one], [str(i) for i in other]).get_opcodes():
        if kind == "equal":
            sums[0] += sum(scorer.masked(one, i) for i in range(a, b) if 0 < i < len(one) - 1)
            sums[1] += sum(scorer.masked(other, i) for i in range(c, d) if 0 < i < len(other) - 1)
    auls = []
    for ids in (one, other):
        auls.append(sum(scorer.logs(ids, i)[ids[i]].item() for i in range(1, len(ids) - 1)) / (len(ids) - 2))
    return sums + auls


def gap(scorer, context, word):
    """Mean probability of a word's tokens, each at a mask behind those before it."""
    tokenizer = scorer.tokenizer
    tokens = tokenizer.encode(word, add_special_tokens=False)
    probabilities = []
    for i, token in enumerate(tokens):
        at = context.rindex("BLANK")
        before = context[:at].replace("BLANK", tokenizer.mask_token)
        after = context[at + len("BLANK"):]
        ids = scorer.ids(before + tokenizer.mask_token + after)
        place = max(j for j, id in enumerate(ids) if id == scorer.mask)
        ids = ids[:place] + tokens[:i] + ids[place:]
        probabilities.append(math.exp(scorer.logs(ids, place + i)[token].item()))
    return sum(probabilities) / len(probabilities)


def span(scorer, text, start, end):
    offsets = scorer.tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    return [i for i, (a, b) in enumerate(offsets) if a < end and b > start and b > a]


def term_log(scorer, template, term, attribute, prior):
    at = template.index("{term}")
    if at == 0:
        term = term[0].upper() + term[1:]
    if template.startswith("{attribute}"):
        attribute = attribute[0].upper() + attribute[1:]
    text, spans = "", {}
    rest = template
    while rest:
        for name, value in (("{term}", term), ("{attribute}", attribute)):
            if rest.startswith(name):
                spans[name] = (len(text), len(text) + len(value))
                text += value
                rest = rest[len(name):]
                break
        else:
            text += rest[0]
            rest = rest[1:]
    ids = scorer.ids(text)
    copy = list(ids)
    places = span(scorer, text, *spans["{term}"])
    for place in places + (span(scorer, text, *spans["{attribute}"]) if prior else []):
        copy[place] = scorer.mask
    return sum(scorer.logs(copy, place)[ids[place]].item() for place in places)


def association(scorer):
    scores = {}
    for name, words in ASSOCIATION["attributes"].items():
        scores[name] = []
        for word in words:
            all_scores = []
            for template, (first, second) in itertools.product(ASSOCIATION["templates"], ASSOCIATION["pairs"]):
                s = [term_log(scorer, template, t, word, False) - term_log(scorer, template, t, word, True) for t in (first, second)]
                all_scores.append(s[0] - s[1])
            scores[name].append(sum(all_scores) / len(all_scores))
    a, b = scores.values()
    both = a + b
    mean = sum(both) / len(both)
    deviation = math.sqrt(sum((x - mean) ** 2 for x in both) / (len(both) - 1))
    difference = sum(a) / len(a) - sum(b) / len(b)
    extreme = tried = 0
    for chosen in itertools.combinations(range(len(both)), len(a)):
        one = [both[i] for i in chosen]
        other = [both[i] for i in range(len(both)) if i not in chosen]
        tried += 1
        extreme += abs(sum(one) / len(one) - sum(other) / len(other)) >= abs(difference) - 1e-12
    return {"lexicon": ASSOCIATION, "scores": scores, "effect_size": difference / deviation, "p": extreme / tried, "tried": tried}


def pronoun(scorer, item):
    before, after, pro, anti = item
    logs = []
    for word in (pro, anti):
        ids = scorer.ids(before + word + after)
        place = span(scorer, before + word + after, len(before), len(before) + len(word))
        assert len(place) == 1
        logs.append(scorer.masked(ids, place[0]))
    return logs[0] - logs[1]


def fill(scorer, texts):
    both = []
    for text in texts:
        ids = scorer.ids(text)
        both.append(scorer.logs(ids, ids.index(scorer.mask)).exp())
    top = [torch.topk(p, 5).indices.tolist() for p in both]
    return {
        "texts": texts,
        "top": [[[scorer.tokenizer.decode([i]), p[i].item(), math.log(both[0][i] / both[1][i])] for i in t] for t, p in zip(top, both)],
        "overlap": len(set(top[0]) & set(top[1])),
        "distance": 0.5 * (both[0] - both[1]).abs().sum().item(),
    }


def real(scorer, arguments):
    result = {}
    if arguments.crows:
        rows = list(csv.DictReader(open(arguments.crows, newline="")))[: arguments.limit]
        result["crows"] = [crows(scorer, [r["sent_more"], r["sent_less"]]) for r in rows]
    if arguments.stereoset:
        items = json.load(open(arguments.stereoset))[: arguments.limit]
        result["stereoset"] = []
        for item in items:
            words = [i for i, w in enumerate(item["context"].split(" ")) if "BLANK" in w]
            by_label = {s["gold_label"]: s["sentence"].split(" ")[words[-1]].translate(str.maketrans("", "", string.punctuation)) for s in item["sentences"]}
            result["stereoset"].append([gap(scorer, item["context"], by_label[name]) for name in ("stereotype", "anti-stereotype", "unrelated")])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("out")
    parser.add_argument("--crows")
    parser.add_argument("--stereoset")
    parser.add_argument("--limit", type=int, default=100)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    scorer = Scorer(arguments.model)
    if arguments.crows or arguments.stereoset:
        result = real(scorer, arguments)
    else:
        result = {
            "pairs": [{"pair": p, "scores": crows(scorer, p)} for p in PAIRS],
            "gaps": [{"item": g, "scores": [gap(scorer, g[2], word) for word in g[3:]]} for g in GAPS],
            "association": association(scorer),
            "pronouns": [{"item": p, "log_ratio": pronoun(scorer, p)} for p in PRONOUNS],
            "fill": fill(scorer, ["Anna went to [MASK].", "Ann went to [MASK]."]),
        }
    with open(arguments.out, "w") as out:
        json.dump(result, out, indent=1, ensure_ascii=False)
        out.write("\n")


if __name__ == "__main__":
    main()
