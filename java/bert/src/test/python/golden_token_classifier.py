"""Golden values of a small BertForTokenClassification and of transformers' pipeline over it.

    python golden_token_classifier.py ../resources/golden/token-classifier

The model has two layers, odd sizes, random float32 weights and no pooler; it is evaluated by PyTorch
autograd in float64, eager attention, dropout 0, on sequences of mixed lengths. What is written:

    config.json, model.safetensors, tokenizer files     the Hugging Face folder
    expected.json           the sequences, a label or -100 for each token, the loss (a mean over the
                            labels of all sequences), logits [T, labels], global gradient norm
    gradients.safetensors   d loss / d parameter by parameter name, computed in float64
    pipeline.json           texts, and for each strategy the entities of each text: label, score,
                            word, start, end; places count UTF-16 units, as in Java

The head is random, so that labels change within words and types within entities.
"""

import torch
from golden_common import make_sequences, odd_bert, out_folder, pack, pad, randomised, write_gradients, write_json
from transformers import BertForTokenClassification, BertTokenizer, pipeline

SEED = 20261130
LENGTHS = [(1, 0), (20, 0), (7, 0), (2, 0), (13, 5), (5, 0)]
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-A-B", "DATE"]
VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] anna ##na ann berlin ber ##lin new york yor ##k went to in on , . ' - ! ? "
    "s don t do not ##s ##t ##er ##ing play ##1 ##2 19 ##96 may cafe caf ##e 東 京 a b c d ##a ##b ##c ##d o ##o n"
).split()
TEXTS = [
    "Anna went to Berlin.",
    "Anna Anna, Berlin Berlin!",
    "New York, New York? Don't play in Berlin.",
    "ann annna yorker plays playing",
    "Do not play. Anna's cafe, café and cafe\u0301 in 東京",
    "1996 May 1996 19961 zzz Berlin zzz",
    "[SEP] Anna [UNK] Berlin [MASK]",
    "",
    "   Anna   \t Berlin\n",
    "abcd dcba cab bad ad",
    "acbd bdac cadb dcab abdco cbado aooo obdca dabcab",
    "abbab cdccd badabo coda daccab",
    "\U0001f600 Anna \U0001f600\U0001f600 Berlin",
    "Anna\u200bAnna an\u00adna \u0085 Berlin",
    "ann-er to in on",
    "a b c d a b c d a b c d",
    "Berliner Yorks Annas Plays dos dont",
    "anna . anna , anna ' s ! anna ?",
    "noon onno nono oooo",
    "went to new york on may 1996, went to berlin in 1996",
    "ANNA BERLIN YORK",
    "to to to anna to to to " * 12,  # longer than the model takes
    "play ##ing ing #ing",
]
STRATEGIES = ["none", "simple", "first", "average", "max"]


def make_model(tokenizer, generator):
    config = odd_bert(
        vocab_size=len(VOCABULARY),
        max_position_embeddings=40,
        id2label=dict(enumerate(LABELS)),
        label2id={name: i for i, name in enumerate(LABELS)},
    )
    model = randomised(BertForTokenClassification, config, generator)
    with torch.no_grad():  # makes all labels about as likely, so that few tokens agree with their neighbours
        batches = [tokenizer(text, truncation=True, return_tensors="pt") for text in TEXTS]
        logits = torch.cat([model.eval()(**batch).logits[0] for batch in batches])
        model.classifier.bias.sub_(logits.mean(dim=0)).div_(logits.std(dim=0)).mul_(2)
        model.classifier.weight.div_(logits.std(dim=0)[:, None]).mul_(2)
    return model


def write_figures(model, generator, out):
    """Loss, logits and gradients of the model, which is float64 from here on."""
    sequences = make_sequences(LENGTHS, len(VOCABULARY), generator)
    labels = []
    for s in sequences:
        own = torch.randint(0, len(LABELS), (len(s["input_ids"]),), generator=generator)
        own[torch.rand(own.shape, generator=generator) < 0.4] = -100
        labels.append(own.tolist())
    model.double().train()  # dropout is 0: train and eval are the same
    batch = pad(sequences)
    longest = batch["input_ids"].shape[1]
    target = torch.tensor([own + [-100] * (longest - len(own)) for own in labels])
    output, norm = write_gradients(model, batch, target, out)
    logits = pack(output.logits.detach(), batch["attention_mask"]).tolist()
    expected = {"sequences": sequences, "labels": labels, "loss": output.loss.item(), "grad_norm": norm, "logits": logits}
    write_json(out / "expected.json", expected)
    print(f"loss {expected['loss']:.6f}, gradient norm {norm:.4f}")


def entities(text, found):
    """[label, score, word, start, end] of each."""

    def utf16(place):
        return len(text[:place].encode("utf-16-le", "surrogatepass")) // 2

    return [
        [e.get("entity", e.get("entity_group")), float(e["score"]), e["word"], utf16(e["start"]), utf16(e["end"])]
        for e in found
    ]


def write_pipeline(model, tokenizer, out):
    model.float().eval()  # widening and narrowing again changes no bit
    tag = pipeline("token-classification", model=model, tokenizer=tokenizer, device="cpu")
    expected = {"texts": TEXTS}
    for strategy in STRATEGIES:
        expected[strategy] = [entities(t, tag(t, aggregation_strategy=strategy)) for t in TEXTS]
    expected["all labels"] = [entities(t, tag(t, aggregation_strategy="max", ignore_labels=[])) for t in TEXTS]
    write_json(out / "pipeline.json", expected)
    print({name: sum(map(len, found)) for name, found in expected.items() if name != "texts"})


def main():
    out, generator = out_folder(__doc__, SEED)
    (out / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", "utf-8")
    tokenizer = BertTokenizer(vocab=str(out / "vocab.txt"), model_max_length=40)
    tokenizer.save_pretrained(out)
    tokenizer = BertTokenizer.from_pretrained(out)
    model = make_model(tokenizer, generator)
    model.save_pretrained(out)
    write_figures(model, generator, out)
    write_pipeline(model, tokenizer, out)


if __name__ == "__main__":
    main()
