"""Golden values of small MPNets: hidden states, losses, logits, every gradient, for each head.

    python golden_small_mpnet.py ../resources/golden/small-mpnet

Models of two layers with random float32 weights and odd sizes (hidden 15, 3 heads of 5) are evaluated by
PyTorch autograd in float64, eager attention, dropout 0. Sequences are of 1 to 140 tokens, so that distances
fall into every bucket and beyond the last, the longest as long as there are positions behind that of
padding. Each folder holds config.json and model.safetensors as transformers saves them, and

    expected.json           the sequences, whose type ids are all 0, the labels, the loss, logits
    gradients.safetensors   d loss / d parameter by parameter name, computed in float64

    encoder         an MPNetModel with its pooler; also hidden.safetensors: the hidden states h0, h1, h2
                    [T, 15] packed, and the pooled first tokens; no loss; also the buckets of the distances
                    -140 to 140
    masked          an MPNetForMaskedLM whose layers have ReLU, which its head has not; a label or -100 for
                    each token; logits of five tokens with a label
    classifier      an MPNetForSequenceClassification, whose head has two layers and whose encoder no pooler
    tokens          an MPNetForTokenClassification; a label or -100 for each token

and beside it, as golden_question_answering.py and golden_multiple_choice.py write others,

    question-answering/mpnet    an MPNetForQuestionAnswering
    multiple-choice/mpnet       an MPNetForMultipleChoice, which has a pooler: two questions of three choices

The gradient of attention.attn.k.bias is zero in exact arithmetic: what stands in the file is rounding.
"""

import torch
from golden_common import NO_DROPOUT, out_folder, pack, randomised, write_json
from golden_small_roberta import batch, folder, padded, rounded, token_labels
from safetensors.torch import save_file
from transformers import (
    MPNetConfig,
    MPNetForMaskedLM,
    MPNetForMultipleChoice,
    MPNetForQuestionAnswering,
    MPNetForSequenceClassification,
    MPNetForTokenClassification,
    MPNetModel,
)
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

SEED = 20261231
VOCAB = 67
LONGEST = 140
LENGTHS = [1, 19, LONGEST, 7, 33, 1, 24]
SIZES = dict(hidden_size=15, num_hidden_layers=2, num_attention_heads=3, intermediate_size=23, layer_norm_eps=1e-5, **NO_DROPOUT)


def made(kind, generator, **more):
    config = MPNetConfig(vocab_size=VOCAB, max_position_embeddings=LONGEST + 2, **SIZES, **more)
    model = randomised(kind, config, generator)
    with torch.no_grad():
        bias = model.get_parameter(f"{'' if kind is MPNetModel else 'mpnet.'}encoder.relative_attention_bias.weight")
        bias.copy_(torch.randn(bias.shape, generator=generator))
    return model


def main():
    out, generator = out_folder(__doc__, SEED)
    sequences = [{"input_ids": torch.randint(5, VOCAB, (n,), generator=generator).tolist(), "token_type_ids": [0] * n} for n in LENGTHS]
    mask = batch(sequences, 1)["attention_mask"]

    own = folder(out, "encoder")
    model = made(MPNetModel, generator)
    model.save_pretrained(own)
    model.double()
    with torch.no_grad():
        output = model(**batch(sequences, 1), output_hidden_states=True)
    hidden = {f"h{i}": pack(state, mask).float().contiguous() for i, state in enumerate(output.hidden_states)}
    save_file(hidden | {"pooled": output.pooler_output.float()}, own / "hidden.safetensors")
    buckets = MPNetEncoder.relative_position_bucket(torch.arange(-LONGEST, LONGEST + 1)).tolist()
    write_json(own / "expected.json", {"sequences": sequences, "buckets": buckets})

    def write(own, model, evaluate, labels, sequences=sequences):
        model.save_pretrained(own)
        model.double().train()  # dropout is 0: train and eval are the same
        loss, logits = evaluate(model)
        values = rounded(logits.detach()) if logits.dim() > 1 else rounded(logits.detach()[None])[0]
        loss.backward()
        save_file({name: p.grad.float() for name, p in model.named_parameters()}, own / "gradients.safetensors")
        write_json(own / "expected.json", {"sequences": sequences} | labels | {"loss": loss.item(), "logits": values})
        print(f"{own}: loss {loss.item():.6f}")

    def labelled(select, target):
        def evaluate(model):
            output = model(**batch(sequences, 1), labels=target)
            return output.loss, select(output.logits)

        return evaluate

    labels = token_labels(sequences, generator, VOCAB, 0.7)
    target = padded(labels)
    model = made(MPNetForMaskedLM, generator, hidden_act="relu")
    write(folder(out, "masked"), model, labelled(lambda logits: logits[target != -100][:5], target), {"labels": labels})

    labels = (torch.randperm(len(LENGTHS), generator=generator) % 3).tolist()
    model = made(MPNetForSequenceClassification, generator, num_labels=3, problem_type="single_label_classification")
    write(folder(out, "classifier"), model, labelled(lambda logits: logits, torch.tensor(labels)), {"labels": labels})

    labels = token_labels(sequences, generator, 5, 0.4)
    model = made(MPNetForTokenClassification, generator, num_labels=5)
    write(folder(out, "tokens"), model, labelled(lambda logits: pack(logits, mask), padded(labels)), {"labels": labels})

    starts = [int(torch.randint(0, n, (1,), generator=generator)) for n in LENGTHS]
    ends = [int(torch.randint(s, n, (1,), generator=generator)) for s, n in zip(starts, LENGTHS)]

    def answered(model):  # The loss of transformers has the padding in its softmax: sequences one by one instead.
        losses, logits = [], []
        for s, start, end in zip(sequences, starts, ends):
            one = model(**batch([s], 1), start_positions=torch.tensor([start]), end_positions=torch.tensor([end]))
            losses.append(one.loss)
            logits.append(torch.stack([one.start_logits[0], one.end_logits[0]], dim=1))
        return torch.stack(losses).mean(), torch.cat(logits)

    write(folder(out.parent / "question-answering", "mpnet"), made(MPNetForQuestionAnswering, generator), answered, {"starts": starts, "ends": ends})

    six, answers = sequences[:6], [2, 0]

    def chosen(model):
        shaped = {key: value.view(2, 3, -1) for key, value in batch(six, 1).items()}
        output = model(**shaped, labels=torch.tensor(answers))
        return output.loss, output.logits.flatten()

    write(folder(out.parent / "multiple-choice", "mpnet"), made(MPNetForMultipleChoice, generator), chosen,
          {"choices": [3, 3], "answers": answers}, six)


if __name__ == "__main__":
    main()
