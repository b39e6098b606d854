"""Golden entity scores: what seqeval makes of tags written by hand and of random ones.

    pip install seqeval==1.2.2
    python golden_entities.py ../resources/golden/entities.json

Each case has the true and the predicted tags of some sentences, the scheme (null: seqeval's default,
which agrees with conlleval.pl; otherwise its strict mode) and [precision, recall, F1, true entities]:
the micro average over all types, and of each type.
"""

import argparse
import json
import random
import warnings
from pathlib import Path

from seqeval.metrics.sequence_labeling import accuracy_score, classification_report, precision_recall_fscore_support
from seqeval.scheme import BILOU, IOB2, IOBES

SEED = 20261129
SCHEMES = {"IOB2": (IOB2, "BI"), "IOBES": (IOBES, "BIES"), "BILOU": (BILOU, "BILU")}
HAND_MADE = [  # true and predicted tags of one sentence each
    ("O I-PER I-PER O", "O B-PER I-PER O"),  # I- after O begins an entity, or strictly none
    ("B-PER I-LOC I-LOC", "B-PER B-LOC I-LOC"),  # the type changes inside
    ("B-PER B-PER O", "B-PER I-PER O"),  # two entities, side by side
    ("B-LOC", "B-LOC"),
    ("O O", "B-PER O"),
    ("B-PER I-PER", "O O"),
    ("", ""),
    ("O", "O"),
    ("I-PER B-PER I-PER I-ORG", "I-PER I-PER I-PER I-ORG"),  # IOB1
    ("B-PER I-PER B-LOC", "B-PER I-PER I-LOC"),
    ("B I O B", "B I O I"),  # no types at all
    ("B-X-Y I-X-Y I-X", "B-X-Y I-X-Y I-X-Y"),
]
MORE_PREFIXES = [  # for the default alone: the ends of IOBES, and L and U, which it does not know
    ("B-PER E-PER S-PER O S-LOC", "B-PER I-PER S-PER O B-LOC"),
    ("S-PER I-PER E-PER E-PER O", "S-PER E-PER E-PER I-PER O"),
    ("B-PER L-PER U-PER O U-LOC U-LOC", "B-PER L-PER O O U-LOC B-LOC"),
]


def random_tags(prefixes, generator):
    """Sentences that often make sense and often do not: of true and predicted tags a third differ."""

    def tag():
        return "O" if generator.random() < 0.3 else f"{generator.choice(prefixes)}-{generator.choice(['A', 'B', 'C'])}"

    true = [[tag() for _ in range(generator.choice([0, 1, 2, 5, 17]))] for _ in range(7)]
    return true, [[t if generator.random() < 0.67 else tag() for t in tags] for tags in true]


def case(true, predicted, scheme):
    strict = {} if scheme is None else {"mode": "strict", "scheme": SCHEMES[scheme][0]}
    total = precision_recall_fscore_support(true, predicted, average="micro") if scheme is None else None
    types = {}
    if any(true):
        report = classification_report(true, predicted, output_dict=True, **strict)
        for name, row in report.items():
            values = [float(row[k]) for k in ("precision", "recall", "f1-score", "support")]
            if name == "micro avg":
                if total is not None and [float(v) for v in total] != values:
                    raise AssertionError(f"two answers: {total} and {values}")
                total = values
            elif not name.endswith(" avg"):
                types[name] = values
    return {
        "scheme": scheme,
        "true": true,
        "predicted": predicted,
        "micro": [float(v) for v in total],
        "types": types,
        "accuracy": float(accuracy_score(true, predicted)) if any(true) else None,
    }


def split(pairs):
    return [[s.split() for s in pair] for pair in pairs]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    warnings.simplefilter("ignore")
    generator = random.Random(SEED)
    cases = [case([t], [p], None) for t, p in split(HAND_MADE + MORE_PREFIXES)]
    cases += [case([t], [p], "IOB2") for t, p in split(HAND_MADE) if t]
    for _ in range(12):
        cases.append(case(*random_tags("BI", generator), None))
        cases.append(case(*random_tags("BIESLU", generator), None))
        for scheme, (_, prefixes) in SCHEMES.items():
            cases.append(case(*random_tags(prefixes, generator), scheme))
    out.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
    print(f"{out}: {len(cases)} cases")


if __name__ == "__main__":
    main()
