"""Golden values of small ALBERTs: hidden states, losses, logits, every gradient, for each head.

    python golden_small_albert.py ../resources/golden/small-albert

Models with random float32 weights and odd sizes (hidden 15, 3 heads of 5, embeddings of 11) are evaluated by
PyTorch autograd in float64, eager attention, dropout 0, on sequences of mixed lengths, some of them pairs.
Each folder holds config.json and model.safetensors as transformers saves them, and

    expected.json           the sequences, the labels, the loss, logits
    gradients.safetensors   d loss / d parameter by parameter name, computed in float64

    encoder         an AlbertModel of five layers in two groups of two, with its pooler; also
                    hidden.safetensors: what the first layer reads, "first", and the last one gives, "last",
                    [T, 15] packed, and the pooled first tokens; no loss
    masked          an AlbertForMaskedLM of three layers in one group, whose layers and head have ReLU; a label
                    or -100 for each token; logits of five tokens with a label
    classifier      an AlbertForSequenceClassification of three layers in two groups
    tokens          an AlbertForTokenClassification; a label or -100 for each token

The gradient of attention.key.bias is zero in exact arithmetic: what stands in the file is rounding.
"""

import torch
from golden_common import NO_DROPOUT, make_sequences, out_folder, pack, pad, randomised, write_gradients, write_json
from golden_small_electra import padded, token_labels
from safetensors.torch import save_file
from transformers import (
    AlbertConfig,
    AlbertForMaskedLM,
    AlbertForSequenceClassification,
    AlbertForTokenClassification,
    AlbertModel,
)

SEED = 20261219
VOCAB = 67
LENGTHS = [(1, 0), (19, 6), (7, 0), (2, 0), (13, 5), (24, 11), (5, 0)]
SIZES = dict(embedding_size=11, hidden_size=15, num_attention_heads=3, intermediate_size=23, classifier_dropout_prob=0.0, **NO_DROPOUT)


def config(layers, groups, inner=1, **more):
    return AlbertConfig(vocab_size=VOCAB, max_position_embeddings=24, num_hidden_layers=layers, num_hidden_groups=groups,
                        inner_group_num=inner, **SIZES, **more)


def rounded(rows):
    return [[float(f"{v:.7g}") for v in row] for row in rows.tolist()]


def main():
    out, generator = out_folder(__doc__, SEED)
    sequences = make_sequences(LENGTHS, VOCAB, generator)
    batch = pad(sequences)
    mask = batch["attention_mask"]

    def folder(name):
        (out / name).mkdir(exist_ok=True)
        return out / name

    own = folder("encoder")
    model = randomised(AlbertModel, config(5, 2, 2), generator)
    model.save_pretrained(own)
    model.double()
    with torch.no_grad():
        output = model(**batch)
        first = model.encoder.embedding_hidden_mapping_in(model.embeddings(batch["input_ids"], token_type_ids=batch["token_type_ids"]))
    hidden = {"first": pack(first, mask), "last": pack(output.last_hidden_state, mask), "pooled": output.pooler_output}
    save_file({k: v.float().contiguous() for k, v in hidden.items()}, own / "hidden.safetensors")
    write_json(own / "expected.json", {"sequences": sequences})

    def write(name, model, labels, target):
        own = folder(name)
        model.save_pretrained(own)
        model.double().train()  # dropout is 0: train and eval are the same
        output, _ = write_gradients(model, batch, target, own)
        print(f"{name}: loss {output.loss.item():.6f}")
        return own, output, {"sequences": sequences, "labels": labels, "loss": output.loss.item()}

    model = randomised(AlbertForMaskedLM, config(3, 1, hidden_act="relu"), generator)
    labels = token_labels(sequences, generator, VOCAB, 0.7)
    target = padded(labels, -100)
    own, output, expected = write("masked", model, labels, target)
    write_json(own / "expected.json", expected | {"logits": rounded(output.logits.detach()[target != -100][:5].float())})

    kinds = dict(num_labels=3, problem_type="single_label_classification")
    model = randomised(AlbertForSequenceClassification, config(3, 2, **kinds), generator)
    labels = (torch.randperm(len(LENGTHS), generator=generator) % 3).tolist()
    own, output, expected = write("classifier", model, labels, torch.tensor(labels))
    write_json(own / "expected.json", expected | {"logits": rounded(output.logits.detach())})

    model = randomised(AlbertForTokenClassification, config(3, 3, num_labels=5), generator)
    labels = token_labels(sequences, generator, 5, 0.4)
    own, output, expected = write("tokens", model, labels, padded(labels, -100))
    write_json(own / "expected.json", expected | {"logits": rounded(pack(output.logits.detach(), mask))})


if __name__ == "__main__":
    main()
