"""Golden values of transformers' zero-shot-classification pipeline over a small model with random weights.

    python golden_zero_shot.py ../resources/golden/zero-shot

The folder holds a BertForSequenceClassification of 32 positions with a tokenizer, and

    cases.json    the names of the outputs, texts, candidate labels, settings, and what the pipeline gives

Texts that are too long are cut, hypotheses are not. Where no output is called entailment, the last one counts.
"""

import torch
from golden_common import odd_bert, out_folder, randomised, write_json
from transformers import BertForSequenceClassification, BertTokenizer, pipeline

SEED = 20261205
POSITIONS = 32
VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] this example is text about in ##s sport ##ing politic science film new phone . , ! ? "
    "the team won lost a game of vote ##r ##d ##e president rocket star ##t caf ##é cafe 東 京 urgent not very"
).split()
NLI = ["contradiction", "neutral", "entailment"]
LONG = "The team won a game of politics, the president lost the vote in the new cafe! " * 3
LABELS = ["sports", "politics", "science"]
CASES = [
    (NLI, "The team won the game.", LABELS, {}),
    (NLI, "The team won the game.", LABELS, {"multi_label": True}),
    (NLI, "The team won the game.", ["sports"], {}),
    (NLI, "New rocket started.", "science, , film ,very new phones", {"hypothesis_template": "Text about {}!"}),
    (NLI, LONG, LABELS, {}),
    (NLI, LONG, LABELS, {"multi_label": True, "hypothesis_template": "This text is not about {}, is this text about films"}),
    (NLI, "\U0001f600 in 東京, caf\u00e9 zzz [SEP] [MASK]", ["caf\u00e9", "東京", "urgent", "not urgent"], {}),
    (["ENTAILMENT", "NEUTRAL", "CONTRADICTION"], "The voters voted.", LABELS, {}),
    (["ENTAILMENT", "NEUTRAL", "CONTRADICTION"], "The voters voted.", LABELS, {"multi_label": True}),
    (["no", "Entails", "yes"], "The voters voted.", LABELS, {"multi_label": True}),
    (["LABEL_0", "LABEL_1", "LABEL_2"], "The stars of a film.", LABELS, {}),
    (["LABEL_0", "LABEL_1", "LABEL_2"], "The stars of a film.", LABELS, {"multi_label": True}),
]


def main():
    out, generator = out_folder(__doc__, SEED)
    (out / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", "utf-8")
    BertTokenizer(vocab=str(out / "vocab.txt"), model_max_length=POSITIONS).save_pretrained(out)
    tokenizer = BertTokenizer.from_pretrained(out)
    config = odd_bert(vocab_size=len(VOCABULARY), max_position_embeddings=POSITIONS, id2label=dict(enumerate(NLI)))
    config.label2id = {name: i for i, name in enumerate(NLI)}
    model = randomised(BertForSequenceClassification, config, generator).eval()
    model.save_pretrained(out)
    model.double()
    cases = []
    for names, text, labels, settings in CASES:
        model.config.id2label = dict(enumerate(names))
        model.config.label2id = {name: i for i, name in enumerate(names)}
        classify = pipeline("zero-shot-classification", model=model, tokenizer=tokenizer, device="cpu")
        answer = classify(text, candidate_labels=labels, **settings)
        given = [label.strip() for label in labels.split(",") if label.strip()] if isinstance(labels, str) else labels
        case = {"names": names, "text": text, "candidate_labels": given, "settings": settings}
        cases.append(case | {"labels": answer["labels"], "scores": answer["scores"]})
        print(names[0], [(label, round(score, 4)) for label, score in zip(answer["labels"], answer["scores"])])
    write_json(out / "cases.json", {"cases": cases})


if __name__ == "__main__":
    main()
