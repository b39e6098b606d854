"""Golden values of small ERNIEs: hidden states, losses, logits, every gradient, for each head.

    python golden_small_ernie.py ../resources/golden/small-ernie

Models of two layers with random float32 weights and odd sizes (hidden 15, 3 heads of 5) are evaluated by
PyTorch autograd in float64, eager attention, dropout 0, on texts and pairs of mixed lengths, the longest as
long as there are positions. No task is given, so that transformers takes the first. Each folder holds
config.json and model.safetensors as transformers saves them, and

    expected.json           the sequences, the labels, the loss, logits
    gradients.safetensors   d loss / d parameter by parameter name, computed in float64

    encoder         an ErnieModel with its pooler, three tasks and four kinds of segments; also
                    hidden.safetensors: the hidden states h0, h1, h2 [T, 15] packed, and the pooled first
                    tokens; no loss
    masked          an ErnieForMaskedLM of five tasks with ReLU, also in its head; a label or -100 for each
                    token; logits of five tokens with a label
    classifier      an ErnieForSequenceClassification whose embeddings have no task, as configs say that
                    have no use_task_id
    tokens          an ErnieForTokenClassification of three tasks; a label or -100 for each token

and beside it, as golden_question_answering.py and golden_multiple_choice.py write others,

    question-answering/ernie    an ErnieForQuestionAnswering of three tasks
    multiple-choice/ernie       an ErnieForMultipleChoice of three tasks

The gradient of attention.self.key.bias is zero in exact arithmetic: what stands in the file is rounding.
"""

import golden_multiple_choice
import golden_question_answering
import torch
from golden_common import NO_DROPOUT, make_sequences, out_folder, pack, pad, randomised, write_gradients, write_json
from golden_small_roberta import folder, padded, rounded, token_labels
from safetensors.torch import save_file
from transformers import (
    ErnieConfig,
    ErnieForMaskedLM,
    ErnieForMultipleChoice,
    ErnieForQuestionAnswering,
    ErnieForSequenceClassification,
    ErnieForTokenClassification,
    ErnieModel,
)

SEED = 20261130
VOCAB = 67
LENGTHS = [(1, 0), (19, 8), (7, 0), (2, 0), (13, 1), (24, 15), (5, 2)]
SIZES = dict(hidden_size=15, num_hidden_layers=2, num_attention_heads=3, intermediate_size=23, **NO_DROPOUT)


def main():
    out, generator = out_folder(__doc__, SEED)

    def made(kind, **more):
        config = dict(vocab_size=VOCAB, max_position_embeddings=24, use_task_id=True) | more
        return randomised(kind, ErnieConfig(**config, **SIZES), generator)

    sequences = make_sequences(LENGTHS, VOCAB, generator)
    batch = pad(sequences)
    mask = batch["attention_mask"]

    own = folder(out, "encoder")
    model = made(ErnieModel, type_vocab_size=4, layer_norm_eps=1e-5)
    model.save_pretrained(own)
    model.double()
    with torch.no_grad():
        output = model(**batch, output_hidden_states=True)
    hidden = {f"h{i}": pack(state, mask).float().contiguous() for i, state in enumerate(output.hidden_states)}
    save_file(hidden | {"pooled": output.pooler_output.float()}, own / "hidden.safetensors")
    write_json(own / "expected.json", {"sequences": sequences})

    def write(name, model, labels, target, select):
        own = folder(out, name)
        model.save_pretrained(own)
        model.double().train()  # dropout is 0: train and eval are the same
        output, _ = write_gradients(model, batch, target, own)
        expected = {"sequences": sequences, "labels": labels, "loss": output.loss.item()}
        write_json(own / "expected.json", expected | {"logits": rounded(select(output.logits.detach()))})
        print(f"{name}: loss {output.loss.item():.6f}")

    labels = token_labels(sequences, generator, VOCAB, 0.7)
    target = padded(labels)
    model = made(ErnieForMaskedLM, task_type_vocab_size=5, hidden_act="relu")
    write("masked", model, labels, target, lambda logits: logits[target != -100][:5])

    labels = (torch.randperm(len(LENGTHS), generator=generator) % 3).tolist()
    model = made(ErnieForSequenceClassification, use_task_id=False, num_labels=3, problem_type="single_label_classification")
    write("classifier", model, labels, torch.tensor(labels), lambda logits: logits)

    labels = token_labels(sequences, generator, 5, 0.4)
    model = made(ErnieForTokenClassification, num_labels=5)
    write("tokens", model, labels, padded(labels), lambda logits: pack(logits, mask))

    for other, kind in ((golden_question_answering, ErnieForQuestionAnswering), (golden_multiple_choice, ErnieForMultipleChoice)):
        texts = make_sequences(other.LENGTHS, VOCAB, generator)
        name = other.__name__.removeprefix("golden_").replace("_", "-")
        other.write_figures(made(kind), texts, folder(out.parent / name, "ernie"))


if __name__ == "__main__":
    main()
