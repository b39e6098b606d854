"""Golden values of small ELECTRAs: hidden states, losses, logits, every gradient, for each head.

    python golden_small_electra.py ../resources/golden/small-electra

Models of two layers with random float32 weights and odd sizes (hidden 15, 3 heads of 5, embeddings of
11) are evaluated by PyTorch autograd in float64, eager attention, dropout 0, on sequences of mixed
lengths, some of them pairs. Each folder holds config.json and model.safetensors as transformers saves
them, and

    expected.json           the sequences, the labels, the loss, logits
    gradients.safetensors   d loss / d parameter by parameter name, computed in float64

    detector        an ElectraForPreTraining whose layers have ReLU, which its head has too; a label for
                    each token; also hidden.safetensors: the hidden states h0, h1, h2 [T, 15] packed, of
                    which h0 is the embeddings', projected
    generator       an ElectraForMaskedLM whose layers have ReLU, which its head has not; a label or -100
                    for each token; logits of five tokens with a label
    classifier      an ElectraForSequenceClassification whose embeddings are as wide as its hidden states,
                    so that nothing projects them
    tokens          an ElectraForTokenClassification; a label or -100 for each token

The gradient of attention.self.key.bias is zero in exact arithmetic: what stands in the file is rounding.
"""

import torch
from golden_common import NO_DROPOUT, make_sequences, out_folder, pack, pad, randomised, write_gradients, write_json
from safetensors.torch import save_file
from transformers import (
    ElectraConfig,
    ElectraForMaskedLM,
    ElectraForPreTraining,
    ElectraForSequenceClassification,
    ElectraForTokenClassification,
)

SEED = 20261203
VOCAB = 67
LENGTHS = [(1, 0), (19, 6), (7, 0), (2, 0), (13, 5), (24, 11), (5, 0)]
SIZES = dict(hidden_size=15, num_hidden_layers=2, num_attention_heads=3, intermediate_size=23, **NO_DROPOUT)


def config(embedding_size, **more):
    return ElectraConfig(vocab_size=VOCAB, embedding_size=embedding_size, max_position_embeddings=24, **SIZES, **more)


def folder(out, name):
    (out / name).mkdir(exist_ok=True)
    return out / name


def token_labels(sequences, generator, classes, without):
    """A label for each token, -100 for a share of them."""
    labels = []
    for s in sequences:
        own = torch.randint(0, classes, (len(s["input_ids"]),), generator=generator)
        own[torch.rand(own.shape, generator=generator) < without] = -100
        labels.append(own.tolist())
    return labels


def padded(labels, padding):
    longest = max(map(len, labels))
    return torch.tensor([own + [padding] * (longest - len(own)) for own in labels])


def write(model, sequences, labels, target, out):
    """The folder, the figures, and the output of the model, which is float64 from here on."""
    model.save_pretrained(out)
    model.double().train()  # dropout is 0: train and eval are the same
    output, _ = write_gradients(model, pad(sequences), target, out)
    expected = {"sequences": sequences, "labels": labels, "loss": output.loss.item()}
    print(f"{out.name}: loss {expected['loss']:.6f}")
    return output, expected


def main():
    out, generator = out_folder(__doc__, SEED)
    sequences = make_sequences(LENGTHS, VOCAB, generator)
    mask = pad(sequences)["attention_mask"]

    own = folder(out, "detector")
    model = randomised(ElectraForPreTraining, config(11, hidden_act="relu"), generator)
    labels = token_labels(sequences, generator, 2, 0)
    output, expected = write(model, sequences, labels, padded(labels, 0), own)  # the mask leaves padding out
    hidden = {f"h{i}": pack(state.detach(), mask).float().contiguous() for i, state in enumerate(output.hidden_states)}
    save_file(hidden, own / "hidden.safetensors")
    write_json(own / "expected.json", expected | {"logits": pack(output.logits.detach(), mask).tolist()})

    own = folder(out, "generator")
    model = randomised(ElectraForMaskedLM, config(11, hidden_act="relu"), generator)
    labels = token_labels(sequences, generator, VOCAB, 0.7)
    target = padded(labels, -100)
    output, expected = write(model, sequences, labels, target, own)
    some = output.logits.detach()[target != -100][:5].float()
    write_json(own / "expected.json", expected | {"logits": [[float(f"{v:.7g}") for v in row] for row in some.tolist()]})

    own = folder(out, "classifier")
    kinds = dict(num_labels=3, problem_type="single_label_classification")
    model = randomised(ElectraForSequenceClassification, config(15, **kinds), generator)
    labels = (torch.randperm(len(LENGTHS), generator=generator) % 3).tolist()
    output, expected = write(model, sequences, labels, torch.tensor(labels), own)
    write_json(own / "expected.json", expected | {"logits": output.logits.tolist()})

    own = folder(out, "tokens")
    model = randomised(ElectraForTokenClassification, config(11, num_labels=5), generator)
    labels = token_labels(sequences, generator, 5, 0.4)
    output, expected = write(model, sequences, labels, padded(labels, -100), own)
    write_json(own / "expected.json", expected | {"logits": pack(output.logits.detach(), mask).tolist()})


if __name__ == "__main__":
    main()
