"""Golden values of a small DistilBERT: hidden states, loss, logits, every gradient.

    python golden_small_distilbert.py ../resources/golden/small-distilbert

A two-layer DistilBertForSequenceClassification with random float32 weights and odd sizes (dim 21, 3
heads of 7, hidden_dim 31) is evaluated by PyTorch autograd in float64, eager attention, dropout 0,
on eight sequences of mixed lengths, two of them pairs, whose type ids DistilBERT has no use for.
What is written:

    inputs.json                        the sequences (no padding) and their labels
    config.json, model.safetensors     the Hugging Face folder
    hidden.safetensors                 the hidden states h0, h1, h2 [T, 21] packed, of which h0 is the
                                       embeddings'; sinusoids [24, 21], what position embeddings begin
                                       with if sinusoidal_pos_embds is set
    expected.json                      loss, logits [N, labels]
    gradients.safetensors              d loss / d parameter by parameter name, computed in float64

The gradient of attention.k_lin.bias is zero in exact arithmetic: what stands in the file is rounding.
"""

import torch
from golden_common import make_sequences, out_folder, pack, pad, randomised, write_json, write_model
from golden_small_bert import LENGTHS, VOCAB
from safetensors.torch import save_file
from transformers import DistilBertConfig, DistilBertForSequenceClassification

SEED = 20261129
KEYS = ("input_ids",)
CONFIG = DistilBertConfig(
    vocab_size=VOCAB,
    dim=21,
    n_layers=2,
    n_heads=3,
    hidden_dim=31,
    max_position_embeddings=24,
    dropout=0.0,
    attention_dropout=0.0,
    seq_classif_dropout=0.0,
    num_labels=3,
    problem_type="single_label_classification",
)


def sinusoids(config):
    config = DistilBertConfig(**config.to_dict() | {"sinusoidal_pos_embds": True})
    return DistilBertForSequenceClassification(config).get_position_embeddings().weight.detach()


def main():
    out, generator = out_folder(__doc__, SEED)
    sequences = make_sequences(LENGTHS, VOCAB, generator)
    labels = torch.randperm(len(LENGTHS), generator=generator) % 3
    write_json(out / "inputs.json", {"sequences": sequences, "labels": labels.tolist()})

    model = randomised(DistilBertForSequenceClassification, CONFIG, generator)
    output, _ = write_model(model, sequences, labels, out, keys=KEYS)
    mask = pad(sequences)["attention_mask"]
    hidden = {f"h{i}": pack(state.detach(), mask).float().contiguous() for i, state in enumerate(output.hidden_states)}
    save_file(hidden | {"sinusoids": sinusoids(CONFIG).contiguous()}, out / "hidden.safetensors")
    write_json(out / "expected.json", {"loss": output.loss.item(), "logits": output.logits.tolist()})
    print(f"loss {output.loss.item():.6f}")


if __name__ == "__main__":
    main()
