"""Golden values of small models for masked tokens, and what transformers' pipeline fills in.

    python golden_masked_language.py ../../java/bert/src/test/resources/golden/masked-language

PyTorch autograd evaluates them in float64, eager attention, dropout 0, random float32 weights, on
sequences of mixed lengths of which some tokens have a label. Each folder holds config.json and
model.safetensors as transformers saves them, and

    expected.json           the sequences, a label or -100 for each token, the loss, the logits of each
                            token with a label
    gradients.safetensors   d loss / d parameter by parameter name, computed in float64

    pre-training    a BertForPreTraining, hidden 64, 1,001 tokens; also a label for each sequence, and the
                    logits of the next sentence; the loss is the sum of both
    distilbert      a DistilBertForMaskedLM of odd sizes
    fill-mask       a BertForMaskedLM of odd sizes with a tokenizer; also pipeline.json: texts, and for
                    several settings of the pipeline what it gives for each: [token, token_str, score,
                    sequence] for each mask
"""

import torch
from golden_common import NO_DROPOUT, make_sequences, odd_bert, out_folder, pad, randomised, write_gradients, write_json
from golden_token_classifier import VOCABULARY
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForPreTraining,
    BertTokenizer,
    DistilBertConfig,
    DistilBertForMaskedLM,
    pipeline,
)

SEED = 20261201
LENGTHS = [(1, 0), (20, 6), (7, 0), (2, 0), (13, 5), (31, 11), (5, 0)]
BERT = BertConfig(
    vocab_size=1001,
    hidden_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=96,
    max_position_embeddings=32,
    **NO_DROPOUT,
)
DISTILBERT = DistilBertConfig(
    vocab_size=131,
    dim=21,
    n_layers=2,
    n_heads=3,
    hidden_dim=31,
    max_position_embeddings=32,
    activation="relu",
    dropout=0.0,
    attention_dropout=0.0,
)
TEXTS = [
    "Anna went to [MASK].",
    "[MASK] went to Berlin.",
    "[MASK]",
    "Do [MASK] play in [MASK] York!",
    "[MASK] [MASK] [MASK]",
    "anna, [MASK] . '[MASK]' - ?",
    "Ann[MASK] went",
    "ann [MASK]er plays, don't they",
    "1996 May [MASK] 19961 zzz Berlin zzz",
    "[SEP] Anna [UNK] Berlin [MASK] [PAD]",
    "   Anna \t [MASK] \n Berlin\n",
    "caf\u00e9 and cafe\u0301 in \u6771\u4eac [MASK]",
    "\U0001f600 Anna \U0001f600\U0001f600 [MASK]",
    "abcd dcba [MASK] bad ad",
    "a b c d a b [MASK] d a b c d",
    "new york, [MASK] york? don't play in berlin.",
    "to to to [MASK] to to to",
    "[MASK]!",
    "ANNA BERLIN [MASK]",
    "went to [MASK] york on may 1996, went to [MASK] in 1996",
    "noon onno [MASK] oooo",
    "Anna ' s [MASK] ; do n't",
    "play [MASK] ing",
    "[mask] [MASK] [Mask]",
]
SETTINGS = {
    "usual": {},
    "top 1": {"top_k": 1},
    "all": {"top_k": len(VOCABULARY)},
    "targets": {"targets": ["berlin", "##ing", "york", "[PAD]", "not"]},
    "targets, top 2": {"targets": ["berlin", "York", "playing", "zzz", "anna", "anna"], "top_k": 2},
}


def write_figures(model, lengths, out, generator, **labels_of_sequences):
    """Loss, logits and gradients of the model, which is float64 from here on."""
    vocabulary = model.config.vocab_size
    sequences = make_sequences(lengths, vocabulary, generator)
    labels = []
    for s in sequences:
        own = torch.randint(0, vocabulary, (len(s["input_ids"]),), generator=generator)
        own[torch.rand(own.shape, generator=generator) < 0.7] = -100
        labels.append(own.tolist())
    model.double().train()  # dropout is 0: train and eval are the same
    keys = ("input_ids", "token_type_ids") if "bert" == model.config.model_type else ("input_ids",)
    batch = pad(sequences, keys)
    longest = batch["input_ids"].shape[1]
    target = torch.tensor([own + [-100] * (longest - len(own)) for own in labels])
    of_sequences = {key: torch.tensor(value) for key, value in labels_of_sequences.items()}
    output, _ = write_gradients(model, batch | of_sequences, target, out)
    logits = output.prediction_logits if of_sequences else output.logits
    expected = {"sequences": sequences, "labels": labels, "loss": output.loss.item()} | labels_of_sequences
    if of_sequences:
        expected["seq_relationship_logits"] = output.seq_relationship_logits.tolist()
    some = logits[target != -100].float()
    expected["logits"] = [[float(f"{value:.7g}") for value in row] for row in some.tolist()[:5]]
    write_json(out / "expected.json", expected)
    print(f"{out.name}: loss {expected['loss']:.6f}, {len(some)} tokens")


def folder(out, name):
    (out / name).mkdir(exist_ok=True)
    return out / name


def write_pipeline(model, tokenizer, out):
    fill = pipeline("fill-mask", model=model, tokenizer=tokenizer, device="cpu")

    def fillings(text, settings):
        found = fill(text, **settings)
        masks = found if isinstance(found[0], list) else [found]
        return [[[f["token"], f["token_str"], f["score"], f["sequence"]] for f in mask] for mask in masks]

    expected = {"texts": TEXTS}
    for name, settings in SETTINGS.items():
        texts = TEXTS if name != "all" else TEXTS[:3]
        expected[name] = [fillings(text, settings) for text in texts]
    write_json(out / "pipeline.json", expected)


def main():
    out, generator = out_folder(__doc__, SEED)

    own = folder(out, "pre-training")
    model = randomised(BertForPreTraining, BERT, generator)
    model.save_pretrained(own)
    next_sentences = torch.randint(0, 2, (len(LENGTHS),), generator=generator).tolist()
    write_figures(model, LENGTHS, own, generator, next_sentence_label=next_sentences)

    own = folder(out, "distilbert")
    model = randomised(DistilBertForMaskedLM, DISTILBERT, generator)
    model.save_pretrained(own)
    write_figures(model, LENGTHS, own, generator)

    own = folder(out, "fill-mask")
    (own / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", "utf-8")
    BertTokenizer(vocab=str(own / "vocab.txt"), model_max_length=40).save_pretrained(own)
    tokenizer = BertTokenizer.from_pretrained(own)
    model = randomised(BertForMaskedLM, odd_bert(vocab_size=len(VOCABULARY), max_position_embeddings=40), generator)
    model.save_pretrained(own)
    write_pipeline(model.eval(), tokenizer, own)
    write_figures(model, LENGTHS, own, generator)


if __name__ == "__main__":
    main()
