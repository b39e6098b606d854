"""Golden scores of small cross-encoders, by the CrossEncoder of sentence-transformers.

    python golden_cross_encoder.py ../resources/golden/cross-encoder

A BERT of two layers with one output, odd sizes and random float32 weights is saved as sentence-transformers 6
saves it, tokenizer included, into sigmoid; identity is its other files with another activation, and old has the
field of config.json alone that versions before 4 wrote. The weights lie in sigmoid alone: a test copies them.

    cases.json    queries, their passages, and for each folder the scores (predict) and the order (rank)
"""

import json
import shutil

import torch
from golden_common import odd_bert, out_folder, randomised, write_json
from sentence_transformers import CrossEncoder
from transformers import BertForSequenceClassification, BertTokenizer

SEED = 20261130
VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] who went to where did anna ##na ann berlin ber ##lin new york in on may "
    "19 ##96 the a of , . ? ' caf ##e play ##s ##ed ##er she he was born 東 京 b c d"
).split()
PASSAGES = [
    "Anna went to Berlin.",
    "She was born in New York, on May 19.",
    "",
    "Ann plays in the café of Berlin. " * 5,
    "東京",
    "Who?",
]
QUERIES = ["Where did Anna go?", "Who was born in New York in May 1996?", "Berlin"]
IDENTITY = "torch.nn.modules.linear.Identity"


def folder(out, name):
    shutil.rmtree(out / name, ignore_errors=True)
    (out / name).mkdir()
    return out / name


def edit(path, change):
    value = json.loads(path.read_text("utf-8"))
    change(value)
    path.write_text(json.dumps(value, indent=2) + "\n", "utf-8")


def main():
    out, generator = out_folder(__doc__, SEED)
    sigmoid = folder(out, "sigmoid")
    (sigmoid / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", "utf-8")
    BertTokenizer(vocab=str(sigmoid / "vocab.txt"), model_max_length=30).save_pretrained(sigmoid)
    config = odd_bert(vocab_size=len(VOCABULARY), max_position_embeddings=32, num_labels=1)
    randomised(BertForSequenceClassification, config, generator).save_pretrained(sigmoid)
    model = CrossEncoder(str(sigmoid), device="cpu")
    shutil.rmtree(sigmoid)
    model.save_pretrained(str(sigmoid), create_model_card=False)
    (sigmoid / "README.md").unlink(missing_ok=True)
    names = ["sigmoid", "identity", "old"]
    for name in names[1:]:
        shutil.copytree(sigmoid, folder(out, name), dirs_exist_ok=True)
    edit(out / "identity/config_sentence_transformers.json", lambda v: v.update(activation_fn=IDENTITY))
    edit(out / "old/config.json", lambda v: v.update(sbert_ce_default_activation_function=IDENTITY))
    for file in ("modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"):
        (out / "old" / file).unlink()
    cases = []
    for query in QUERIES:
        case = {"query": query}
        for name in names:
            loaded = CrossEncoder(str(out / name), device="cpu")
            case[name] = [float(score) for score in loaded.predict([(query, p) for p in PASSAGES])]
            case["order"] = [hit["corpus_id"] for hit in loaded.rank(query, PASSAGES)]
        print(query, [round(score, 4) for score in case["identity"]], case["order"])
        cases.append(case)
    write_json(out / "cases.json", {"passages": PASSAGES, "cases": cases})
    for name in names[1:]:
        for file in ("model.safetensors", "tokenizer.json", "tokenizer_config.json"):
            (out / name / file).unlink()


if __name__ == "__main__":
    main()
