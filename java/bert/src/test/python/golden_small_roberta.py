"""Golden values of small RoBERTas: hidden states, losses, logits, every gradient, for each head.

    python golden_small_roberta.py ../resources/golden/small-roberta

Models of two layers with random float32 weights and odd sizes (hidden 15, 3 heads of 5) are evaluated by
PyTorch autograd in float64, eager attention, dropout 0, on sequences of mixed lengths, the longest as long
as there are positions behind that of padding. Each folder holds config.json and model.safetensors as
transformers saves them, and

    expected.json           the sequences, whose type ids are all 0, the labels, the loss, logits
    gradients.safetensors   d loss / d parameter by parameter name, computed in float64

    encoder         a RobertaModel with its pooler; also hidden.safetensors: the hidden states h0, h1, h2
                    [T, 15] packed, and the pooled first tokens; no loss
    masked          a RobertaForMaskedLM whose layers have ReLU, which its head has not; a label or -100 for
                    each token; logits of five tokens with a label
    classifier      an XLMRobertaForSequenceClassification, whose head has two layers and whose encoder has no
                    pooler; padding has the id 3, so that positions begin at 4
    tokens          a CamembertForTokenClassification; a label or -100 for each token

and beside it question-answering/roberta, as golden_question_answering.py writes others: a
RobertaForQuestionAnswering with two kinds of segments, as older configs say.

The gradient of attention.self.key.bias is zero in exact arithmetic: what stands in the file is rounding.
"""

import torch
from golden_common import NO_DROPOUT, out_folder, pack, pad, randomised, write_gradients, write_json
from safetensors.torch import save_file
from transformers import (
    CamembertConfig,
    CamembertForTokenClassification,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForQuestionAnswering,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

SEED = 20261217
VOCAB = 67
LENGTHS = [1, 19, 7, 2, 13, 24, 5]
SIZES = dict(hidden_size=15, num_hidden_layers=2, num_attention_heads=3, intermediate_size=23, layer_norm_eps=1e-5, **NO_DROPOUT)


def config(kind, padding=1, types=1, **more):
    return kind(vocab_size=VOCAB, pad_token_id=padding, max_position_embeddings=24 + padding + 1, type_vocab_size=types, **SIZES, **more)


def folder(out, name):
    (out / name).mkdir(exist_ok=True)
    return out / name


def drawn(generator):
    """Sequences of ids behind those of the special tokens."""
    return [{"input_ids": torch.randint(5, VOCAB, (n,), generator=generator).tolist(), "token_type_ids": [0] * n} for n in LENGTHS]


def batch(sequences, padding):
    padded = pad(sequences, keys=("input_ids",))
    return padded | {"input_ids": padded["input_ids"].masked_fill(padded["attention_mask"] == 0, padding)}


def token_labels(sequences, generator, classes, without):
    """A label for each token, -100 for a share of them."""
    labels = []
    for s in sequences:
        own = torch.randint(0, classes, (len(s["input_ids"]),), generator=generator)
        own[torch.rand(own.shape, generator=generator) < without] = -100
        labels.append(own.tolist())
    return labels


def padded(labels):
    longest = max(map(len, labels))
    return torch.tensor([own + [-100] * (longest - len(own)) for own in labels])


def rounded(rows):
    return [[float(f"{v:.7g}") for v in row] for row in rows.tolist()]


def main():
    out, generator = out_folder(__doc__, SEED)
    sequences = drawn(generator)
    mask = batch(sequences, 1)["attention_mask"]

    own = folder(out, "encoder")
    model = randomised(RobertaModel, config(RobertaConfig), generator)
    model.save_pretrained(own)
    model.double()
    with torch.no_grad():
        output = model(**batch(sequences, 1), output_hidden_states=True)
    hidden = {f"h{i}": pack(state, mask).float().contiguous() for i, state in enumerate(output.hidden_states)}
    save_file(hidden | {"pooled": output.pooler_output.float()}, own / "hidden.safetensors")
    write_json(own / "expected.json", {"sequences": sequences})

    def write(name, model, labels, target, padding=1):
        own = folder(out, name)
        model.save_pretrained(own)
        model.double().train()  # dropout is 0: train and eval are the same
        output, _ = write_gradients(model, batch(sequences, padding), target, own)
        print(f"{name}: loss {output.loss.item():.6f}")
        return own, output, {"sequences": sequences, "labels": labels, "loss": output.loss.item()}

    model = randomised(RobertaForMaskedLM, config(RobertaConfig, hidden_act="relu"), generator)
    labels = token_labels(sequences, generator, VOCAB, 0.7)
    target = padded(labels)
    own, output, expected = write("masked", model, labels, target)
    write_json(own / "expected.json", expected | {"logits": rounded(output.logits.detach()[target != -100][:5].float())})

    kinds = dict(num_labels=3, problem_type="single_label_classification")
    model = randomised(XLMRobertaForSequenceClassification, config(XLMRobertaConfig, padding=3, **kinds), generator)
    labels = (torch.randperm(len(LENGTHS), generator=generator) % 3).tolist()
    own, output, expected = write("classifier", model, labels, torch.tensor(labels), padding=3)
    write_json(own / "expected.json", expected | {"logits": rounded(output.logits.detach())})

    model = randomised(CamembertForTokenClassification, config(CamembertConfig, num_labels=5), generator)
    labels = token_labels(sequences, generator, 5, 0.4)
    own, output, expected = write("tokens", model, labels, padded(labels))
    write_json(own / "expected.json", expected | {"logits": rounded(pack(output.logits.detach(), mask))})

    # The loss of transformers has the padding in its softmax: sequences one by one instead.
    own = folder(out.parent / "question-answering", "roberta")
    model = randomised(RobertaForQuestionAnswering, config(RobertaConfig, types=2), generator)
    model.save_pretrained(own)
    model.double().train()
    starts = [int(torch.randint(0, n, (1,), generator=generator)) for n in LENGTHS]
    ends = [int(torch.randint(s, n, (1,), generator=generator)) for s, n in zip(starts, LENGTHS)]
    losses, logits = [], []
    for s, start, end in zip(sequences, starts, ends):
        one = model(**batch([s], 1), start_positions=torch.tensor([start]), end_positions=torch.tensor([end]))
        losses.append(one.loss)
        logits.append(torch.stack([one.start_logits[0], one.end_logits[0]], dim=1).detach())
    loss = torch.stack(losses).mean()
    loss.backward()
    save_file({name: p.grad.float() for name, p in model.named_parameters()}, own / "gradients.safetensors")
    write_json(own / "expected.json", {"sequences": sequences, "starts": starts, "ends": ends, "loss": loss.item(),
                                       "logits": rounded(torch.cat(logits))})


if __name__ == "__main__":
    main()
