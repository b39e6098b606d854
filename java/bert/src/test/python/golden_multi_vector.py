"""Golden values of a small ColBERT: vectors of tokens, MaxSim, the loss of a batch and every gradient.

    python golden_multi_vector.py ../resources/golden/multi-vector

A BERT of two layers with random float32 weights and odd sizes and a projection to 5 dimensions, in
three folders with the same weights:

    pylate      as PyLate writes it, by hand: Transformer and Dense, the rest in config_sentence_transformers.json
    native      what sentence-transformers' MultiVectorEncoder writes after it loaded that one
    stanford    as Stanford's ColBERT writes it: bert.* and linear.weight in one file, artifact.metadata

pylate also has what sentence-transformers computes with it in float64:

    expected.json           queries and documents; for three ways to read queries (hidden: filled up with masks
                            that words do not attend to; attended; plain) the vectors of each token; the vectors
                            of documents without punctuation; scores; of the first way the loss, which is the
                            cross-entropy of all scores / 0.5 where document i belongs to query i and those
                            behind the queries' number to none
    gradients.safetensors   d loss / d parameter by the model's name for it, computed in float64
"""

import json
import string

import torch
from golden_common import odd_bert, out_folder, randomised, write_json
from safetensors.torch import load_file, save_file
from sentence_transformers import MultiVectorEncoder
from sentence_transformers.util import maxsim
from transformers import BertModel, BertTokenizer

SEED = 20261201
DIMENSIONS, QUERY_LENGTH, DOCUMENT_LENGTH, TEMPERATURE = 5, 11, 14, 0.5
VOCABULARY = (
    "[PAD] [unused0] [unused1] [UNK] [CLS] [SEP] [MASK] who went to where did anna ##na ann berlin ber ##lin new york in "
    "on may 19 ##96 the a of , . ? ' - caf ##e play ##s ##ed ##er she he was born b c d"
).split()
QUERIES = [
    "Where did Anna go?",
    "who",
    "Anna anna ann the, of a new york in may on the a of",  # longer than queries may be
    "zzz ?",
]
DOCUMENTS = [
    "Anna went to Berlin, in 1996.",
    "He played.",
    "New York; the, a, of - ann's cafe was born in Berlin on May 19 in the new york of ann",  # longer than documents
    "?",
    "she was born zzz",
    "the plays of york",
]


def write_pylate(bert, linear, out):
    out.mkdir(exist_ok=True)
    bert.save_pretrained(out)
    (out / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", "utf-8")
    BertTokenizer(vocab=str(out / "vocab.txt"), model_max_length=24).save_pretrained(out)
    (out / "1_Dense").mkdir(exist_ok=True)
    save_file({"linear.weight": linear}, out / "1_Dense" / "model.safetensors")
    dense = dict(in_features=linear.shape[1], out_features=linear.shape[0], bias=False,
                 activation_function="torch.nn.modules.linear.Identity", use_residual=False)
    modules = [
        dict(idx=0, name="0", path="", type="sentence_transformers.models.Transformer"),
        dict(idx=1, name="1", path="1_Dense", type="pylate.models.Dense.Dense"),
    ]
    config = dict(
        model_type="ColBERT", prompts={}, default_prompt_name=None, similarity_fn_name="MaxSim",
        query_prefix="[unused0]", document_prefix="[unused1]", query_length=QUERY_LENGTH, document_length=DOCUMENT_LENGTH,
        attend_to_expansion_tokens=False, skiplist_words=list(string.punctuation), do_query_expansion=True,
    )
    for name, value in {"modules.json": modules, "1_Dense/config.json": dense, "config_sentence_transformers.json": config,
                        "sentence_bert_config.json": dict(max_seq_length=DOCUMENT_LENGTH, do_lower_case=False)}.items():
        (out / name).write_text(json.dumps(value, indent=2) + "\n", "utf-8")


def write_stanford(bert, linear, out):
    out.mkdir(exist_ok=True)
    bert.save_pretrained(out)
    tensors = {f"bert.{name}": tensor for name, tensor in bert.state_dict().items()}
    save_file(tensors | {"linear.weight": linear}, out / "model.safetensors")
    config = json.loads((out / "config.json").read_text()) | {"architectures": ["HF_ColBERT"]}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    metadata = dict(query_token_id="[unused0]", doc_token_id="[unused1]", query_maxlen=QUERY_LENGTH, doc_maxlen=DOCUMENT_LENGTH,
                    mask_punctuation=True, attend_to_mask_tokens=False, similarity="cosine", dim=DIMENSIONS)
    (out / "artifact.metadata").write_text(json.dumps(metadata, indent=2) + "\n", "utf-8")
    (out / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", "utf-8")
    BertTokenizer(vocab=str(out / "vocab.txt"), model_max_length=24).save_pretrained(out)


def embed(model, texts, task):
    """The vectors that are scored of each text, with gradients."""
    features = model(model.preprocess(texts, prompt=model.prompts[task], task=task), task=task)
    masks = features["attention_mask"].bool()
    return [vectors[mask] for vectors, mask in zip(features["token_embeddings"], masks)]


def main():
    out, generator = out_folder(__doc__, SEED)
    bert = randomised(BertModel, odd_bert(vocab_size=len(VOCABULARY), max_position_embeddings=24), generator)
    linear = torch.randn(DIMENSIONS, 21, generator=generator)
    write_pylate(bert, linear, out / "pylate")
    write_stanford(bert, linear, out / "stanford")
    model = MultiVectorEncoder(str(out / "pylate"), device="cpu")
    model.save_pretrained(str(out / "native"), create_model_card=False)
    other = MultiVectorEncoder(str(out / "stanford"), device="cpu").encode_query(QUERIES)
    for a, b in zip(model.encode_query(QUERIES), other):
        torch.testing.assert_close(a, b)

    model = model.double().train()  # dropout is 0
    model.prompts = dict(model.prompts)
    expected = {"queries": QUERIES, "documents": DOCUMENTS, "temperature": TEMPERATURE}
    documents = embed(model, DOCUMENTS, "document")
    expected["document_vectors"] = [one.tolist() for one in documents]
    fixed = {"strategy": "fixed", "length": QUERY_LENGTH}
    ways = {"plain": None, "attended": fixed | {"attend": True}, "hidden": fixed | {"attend": False}}
    for way, expansion in ways.items():
        model[0].query_expansion = None
        model[0].query_length = QUERY_LENGTH if expansion is None else None
        model[0].query_expansion = expansion
        queries = embed(model, QUERIES, "query")
        scores = maxsim(queries, documents).double()
        own = torch.stack([torch.stack([(q @ d.T).max(-1).values.sum() for d in documents]) for q in queries])
        torch.testing.assert_close(scores, own, rtol=0, atol=1e-5)
        expected[way] = {"query_vectors": [one.tolist() for one in queries], "scores": own.tolist()}
    loss = torch.nn.functional.cross_entropy(own / TEMPERATURE, torch.arange(len(QUERIES)))
    loss.backward()
    expected["loss"] = loss.item()
    names = {name: name.replace("0.model.", "bert.").replace("1.linear", "linear") for name, _ in model.named_parameters()}
    gradients = {names[n]: p.grad.float() for n, p in model.named_parameters() if p.grad is not None}
    print(f"loss {loss.item():.6f}; without gradient: {[n for n, p in model.named_parameters() if p.grad is None]}")
    print(sorted(gradients)[:3], sorted(gradients)[-2:])
    save_file(gradients, out / "pylate" / "gradients.safetensors")
    write_json(out / "pylate" / "expected.json", expected)
    assert load_file(out / "pylate" / "model.safetensors").keys() >= {"embeddings.word_embeddings.weight"}


if __name__ == "__main__":
    main()
