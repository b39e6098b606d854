"""Golden values of small DeBERTas of versions 2 and 3: hidden states, losses, logits, every gradient, for each head.

    python golden_small_deberta.py ../resources/golden/small-deberta

Models of two layers with random float32 weights and odd sizes (hidden 15, 3 heads of 5) are evaluated by
PyTorch autograd in float64, dropout 0. Sequences are of 1 to 140 tokens, so that distances fall into every
bucket. Each folder holds config.json and model.safetensors as transformers saves them, and

    expected.json           the sequences, the labels, the loss, logits
    gradients.safetensors   d loss / d parameter by parameter name, computed in float64

    encoder         as v3: 8 buckets to a side, distances projected as words are, and normalised; also
                    hidden.safetensors: the hidden states h0, h1, h2 [T, 15] packed; no loss; also the rows of
                    the table of distances for keys 600 places before to 600 behind their query, of some
                    (position_buckets, max_relative_positions)
    masked          the same with the head of Microsoft's checkpoints (legacy is false) and ReLU
    legacy          as v3 with BERT's head, embeddings of 9, positions and two segments added to words
    classifier      as v2: projections of their own for distances; a pooler with tanh
    tokens          products of queries and distances alone, without buckets, up to a distance of 30
    plain           a classifier of tokens without distances; the scale still counts their products

and beside it, as golden_question_answering.py and golden_multiple_choice.py write others,

    question-answering/deberta    products of keys and distances alone, projected on their own, with buckets
    multiple-choice/deberta       both products, distances as words, without buckets

The gradient of attention.self.key_proj.bias is not zero here, as in other models: keys are multiplied with
distances, too. In plain it is, and what stands in the file is rounding.
"""

import torch
from golden_common import NO_DROPOUT, out_folder, pack, pad, randomised, write_json
from golden_small_roberta import folder, padded, rounded, token_labels
from safetensors.torch import save_file
from transformers import (
    DebertaV2Config,
    DebertaV2ForMaskedLM,
    DebertaV2ForMultipleChoice,
    DebertaV2ForQuestionAnswering,
    DebertaV2ForSequenceClassification,
    DebertaV2ForTokenClassification,
    DebertaV2Model,
)
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

SEED = 20270111
VOCAB = 67
LONGEST = 140
LENGTHS = [1, 19, LONGEST, 7, 33, 1, 24]
SIZES = dict(hidden_size=15, num_hidden_layers=2, num_attention_heads=3, intermediate_size=23, **NO_DROPOUT)
V3 = dict(position_buckets=8, share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False)
FURTHEST = 600
BUCKETS = [(256, 512), (8, 140), (32, 128), (2, 64), (7, 100), (255, 513)]


def made(kind, generator, **more):
    usual = dict(relative_attention=True, pos_att_type="p2c|c2p")
    config = DebertaV2Config(vocab_size=VOCAB, max_position_embeddings=LONGEST, **SIZES, **(usual | more))
    return randomised(kind, config, generator)


def rows(buckets, distances):
    """By the place of the key less that of the query."""
    bucket = make_log_bucket_position(-torch.arange(-FURTHEST, FURTHEST + 1), buckets, distances).long()
    return torch.clamp(bucket + buckets, 0, 2 * buckets - 1).tolist()


def main():
    out, generator = out_folder(__doc__, SEED)

    def drawn(types):
        ids = [torch.randint(5, VOCAB, (n,), generator=generator).tolist() for n in LENGTHS]
        return [{"input_ids": s, "token_type_ids": torch.randint(0, types, (len(s),), generator=generator).tolist()} for s in ids]

    sequences, typed = drawn(1), drawn(2)
    mask = pad(sequences)["attention_mask"]

    own = folder(out, "encoder")
    model = made(DebertaV2Model, generator, **V3)
    model.save_pretrained(own)
    model.double()
    with torch.no_grad():
        output = model(**pad(sequences), output_hidden_states=True)
    hidden = {f"h{i}": pack(state, mask).float().contiguous() for i, state in enumerate(output.hidden_states)}
    save_file(hidden, own / "hidden.safetensors")
    tables = [{"buckets": b, "distances": d, "rows": rows(b, d)} for b, d in BUCKETS]
    write_json(own / "expected.json", {"sequences": sequences, "tables": tables})

    def write(own, model, evaluate, labels, sequences=sequences):
        model.save_pretrained(own)
        model.double().train()  # dropout is 0: train and eval are the same
        loss, logits = evaluate(model)
        values = rounded(logits.detach()) if logits.dim() > 1 else rounded(logits.detach()[None])[0]
        loss.backward()
        save_file({name: p.grad.float() for name, p in model.named_parameters()}, own / "gradients.safetensors")
        write_json(own / "expected.json", {"sequences": sequences} | labels | {"loss": loss.item(), "logits": values})
        print(f"{own}: loss {loss.item():.6f}")

    def labelled(select, target, sequences=sequences):
        def evaluate(model):
            output = model(**pad(sequences), labels=target)
            return output.loss, select(output.logits)

        return evaluate

    masked = dict(masked=(sequences, dict(legacy=False, hidden_act="relu")), legacy=(typed, dict(embedding_size=9, position_biased_input=True, type_vocab_size=2)))
    for name, (own, more) in masked.items():
        labels = token_labels(own, generator, VOCAB, 0.7)
        target = padded(labels)
        model = made(DebertaV2ForMaskedLM, generator, **(V3 | more))
        write(folder(out, name), model, labelled(lambda logits: logits[target != -100][:5], target, own), {"labels": labels}, own)

    labels = (torch.randperm(len(LENGTHS), generator=generator) % 3).tolist()
    model = made(DebertaV2ForSequenceClassification, generator, num_labels=3, problem_type="single_label_classification",
                 position_buckets=12, norm_rel_ebd="layer_norm", pooler_hidden_act="tanh")
    write(folder(out, "classifier"), model, labelled(lambda logits: logits, torch.tensor(labels)), {"labels": labels})

    tokens = dict(tokens=(sequences, dict(pos_att_type=["c2p"], max_relative_positions=30)), plain=(typed, dict(relative_attention=False, type_vocab_size=2)))
    for name, (own, more) in tokens.items():
        labels = token_labels(own, generator, 5, 0.4)
        model = made(DebertaV2ForTokenClassification, generator, num_labels=5, **more)
        write(folder(out, name), model, labelled(lambda logits: pack(logits, mask), padded(labels), own), {"labels": labels}, own)

    starts = [int(torch.randint(0, n, (1,), generator=generator)) for n in LENGTHS]
    ends = [int(torch.randint(s, n, (1,), generator=generator)) for s, n in zip(starts, LENGTHS)]

    def answered(model):  # The loss of transformers has the padding in its softmax: sequences one by one instead.
        losses, logits = [], []
        for s, start, end in zip(sequences, starts, ends):
            one = model(**pad([s]), start_positions=torch.tensor([start]), end_positions=torch.tensor([end]))
            losses.append(one.loss)
            logits.append(torch.stack([one.start_logits[0], one.end_logits[0]], dim=1))
        return torch.stack(losses).mean(), torch.cat(logits)

    model = made(DebertaV2ForQuestionAnswering, generator, pos_att_type=["p2c"], position_buckets=6, position_biased_input=False)
    write(folder(out.parent / "question-answering", "deberta"), model, answered, {"starts": starts, "ends": ends})

    six, answers = sequences[:6], [2, 0]

    def chosen(model):
        shaped = {key: value.view(2, 3, -1) for key, value in pad(six).items()}
        output = model(**shaped, labels=torch.tensor(answers))
        return output.loss, output.logits.flatten()

    model = made(DebertaV2ForMultipleChoice, generator, share_att_key=True, norm_rel_ebd="layer_norm")
    write(folder(out.parent / "multiple-choice", "deberta"), model, chosen, {"choices": [3, 3], "answers": answers}, six)


if __name__ == "__main__":
    main()
