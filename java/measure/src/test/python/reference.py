"""What a data set holds, computed apart from Jaubert: numpy and scipy, everything in memory, all pairs
compared. Run as

    python reference.py sample.tsv text label > sample.json        (the golden of DataReferenceTest)
    python reference.py FILE.tsv TEXT_COLUMN LABEL_COLUMN --quick  (a real file: no pairs compared)
"""
import json
import math
import sys
import unicodedata
from collections import Counter

import numpy as np
from scipy import optimize, special, stats

PART = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd", "Nl", "No"}


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as f:
        lines = [line.rstrip("\n").rstrip("\r") for line in f.read().split("\n")]
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"))) for line in lines[1:] if line]


def is_part(c):
    return unicodedata.category(c) in PART


def is_ideograph(c):
    return unicodedata.name(c, "").startswith(("CJK UNIFIED", "CJK COMPATIBILITY"))


def words_of(text):
    text = text.lower()
    words, word = [], ""
    for i, c in enumerate(text):
        inner = (
            c in "'\u2019" and word and text[i - 1].isalpha()
            and i + 1 < len(text) and text[i + 1].isalpha()
        )
        if is_ideograph(c):
            words += [word] if word else []
            words.append(c)
            word = ""
        elif is_part(c) or c == "_" or inner:
            word += c
        else:
            words += [word] if word else []
            word = ""
    return words + ([word] if word else [])


def normal(text):
    text = unicodedata.normalize("NFKC", text).lower()
    kept = "".join(c if is_part(c) else " " for c in text).split()
    return " ".join(kept) if kept else " ".join(text.split())


def pieces(text):
    return {text[i : i + 5] for i in range(max(1, len(text) - 4))}


def lengths(values):
    values = np.array(values)
    at = lambda share: int(np.sort(values)[max(1, math.ceil(share * len(values) - 1e-9)) - 1])
    return {
        "count": len(values), "mean": float(values.mean()),
        "standard_deviation": float(values.std(ddof=1)), "min": int(values.min()),
        "median": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": int(values.max()),
    }


def groups(texts, threshold):
    """The sizes of groups of similar distinct texts, by all pairs."""
    sets = [pieces(t) for t in texts]
    parent = list(range(len(texts)))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for i in range(len(texts)):
        for j in range(i):
            if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold:
                a, b = root(i), root(j)
                parent[max(a, b)] = min(a, b)
    sizes = Counter(root(i) for i in range(len(texts)))
    return sorted((n for n in sizes.values() if n > 1), reverse=True)


def zipf(counts):
    """Clauset, Shalizi and Newman 2009: exponent by maximum likelihood, xmin by Kolmogorov-Smirnov."""
    x = np.sort(np.array(counts))
    best = None
    for xmin in np.unique(x)[:-1]:
        tail = x[x >= xmin]
        logs = np.log(tail).sum()
        if len(tail) < 50:
            break
        nll = lambda a: len(tail) * math.log(special.zeta(a, xmin)) + a * logs
        alpha = optimize.minimize_scalar(
            nll, bounds=(1.01, 6), method="bounded", options={"xatol": 1e-10}
        ).x
        values, n = np.unique(tail, return_counts=True)
        empirical = np.cumsum(n) / len(tail)
        law = lambda x: 1 - special.zeta(alpha, x + 1) / special.zeta(alpha, xmin)
        # At every count, and just before the next one.
        before = np.abs(np.concatenate([[0], empirical[:-1]]) - law(values - 1))
        distance = float(max(np.abs(empirical - law(values)).max(), before.max()))
        if best is None or distance < best["distance"]:
            best = {"alpha": float(alpha), "xmin": int(xmin), "distance": distance, "tail": len(tail)}
    return best


def npmi(n, n_w, n_t, n_wt):
    return math.log(n_wt * n / (n_w * n_t)) / -math.log(n_wt / n)


def differences(texts, first, second, most):
    """The words that go most with one of two terms, of those in five texts with either."""
    has = [set(words_of(t)) for t in texts]
    n = len(texts)
    count = lambda *words: sum(all(w in s for w in words) for s in has)
    found = []
    for word in sorted(set().union(*has) - {first, second}):
        with_first, with_second = count(word, first), count(word, second)
        if min(with_first, with_second) >= 5:
            a = npmi(n, count(word), count(first), with_first)
            b = npmi(n, count(word), count(second), with_second)
            found.append({"word": word, "first": a, "second": b})
    return sorted(found, key=lambda one: -abs(one["first"] - one["second"]))[:most]


def main():
    path, text_column, label_column = sys.argv[1:4]
    rows = rows_of(path)
    texts = [r[text_column] for r in rows]
    words = [words_of(t) for t in texts]
    counts = Counter(w for own in words for w in own)
    labels = Counter(r[label_column] for r in rows)
    shares = np.array(list(labels.values())) / sum(labels.values())
    normals = [normal(t) for t in texts if t.strip()]
    distinct = list(dict.fromkeys(normals))
    numbers = np.array([float(r[label_column]) for r in rows])
    result = {
        "rows": len(rows),
        "blank": sum(not t.strip() for t in texts),
        "characters": lengths([len(t) for t in texts]),
        "words": lengths([len(w) for w in words]),
        "labels": {
            "entropy": float(stats.entropy(shares, base=2)),
            "imbalance": max(labels.values()) / min(labels.values()),
            "mean": float(numbers.mean()), "standard_deviation": float(numbers.std(ddof=1)),
            "skewness": float(stats.skew(numbers)),
        },
        "vocabulary": {
            "words": sum(counts.values()), "distinct": len(counts),
            "once": sum(n == 1 for n in counts.values()),
            "commonest": counts.most_common(1)[0],
        },
        "distinct": len(distinct),
        "repeated": len(normals) - len(distinct),
        "zipf": zipf(list(counts.values())),
    }
    if "--quick" not in sys.argv:
        result["similar_groups"] = groups(distinct, 0.8)
        result["npmi"] = differences(texts, "he", "she", 15)
    json.dump(result, sys.stdout, indent=1, ensure_ascii=False)
    print()


main()
