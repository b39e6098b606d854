"""Golden values of small ModernBERTs: hidden states, loss, logits, every gradient.

    python golden_small_modernbert.py ../resources/golden/small-modernbert

PyTorch autograd evaluates them in float64, eager attention, dropout 0, random float32 weights, on
sequences of mixed lengths, many of them longer than the sliding window. transformers turns queries and
keys in float32 whatever the model computes in; here they are turned in float64. Each folder holds
config.json and model.safetensors as transformers saves them, gradients.safetensors (d loss / d parameter
by parameter name) and expected.json (sequences, labels, loss, logits of what has a label: 40 at most).

    masked-language   a ModernBertForMaskedLM of four layers, of which the first and the last see whole
                      sequences, without biases but the decoder's; also hidden.safetensors, the hidden
                      states h0 … h4 [T, 20] packed, of which h0 is the embeddings' and h4 is normalised
    sequence          a ModernBertForSequenceClassification with every bias, an odd window, the mean of all
                      tokens, tanh's GELU in its head, and a first layer with a window; config.json has the
                      keys of transformers 4, too, with values that do not count
    token             a ModernBertForTokenClassification
"""

import json

import torch
from golden_common import make_sequences, out_folder, randomised, write_json
from golden_masked_language import folder
from golden_small_bert import LENGTHS, VOCAB
from safetensors.torch import save_file
from transformers import (
    ModernBertConfig,
    ModernBertForMaskedLM,
    ModernBertForSequenceClassification,
    ModernBertForTokenClassification,
)
from transformers.models.modernbert import modeling_modernbert

SEED = 20261130
LONGER = [(31, 0), (1, 0), (20, 6), (7, 0), (2, 0), (13, 5), (29, 11)]
SIZES = dict(
    vocab_size=VOCAB,
    hidden_size=20,
    intermediate_size=27,
    num_attention_heads=2,
    max_position_embeddings=32,
    pad_token_id=0,
    bos_token_id=2,
    cls_token_id=2,
    eos_token_id=3,
    sep_token_id=3,
)
ROPE = {
    "full_attention": {"rope_type": "default", "rope_theta": 500.0},
    "sliding_attention": {"rope_type": "default", "rope_theta": 30.0},
}
MASKED = ModernBertConfig(num_hidden_layers=4, local_attention=6, rope_parameters=ROPE, **SIZES)
SEQUENCE = ModernBertConfig(
    num_hidden_layers=2,
    layer_types=["sliding_attention", "full_attention"],
    local_attention=5,
    norm_bias=True,
    attention_bias=True,
    mlp_bias=True,
    classifier_bias=True,
    classifier_pooling="mean",
    classifier_activation="gelu_new",
    num_labels=3,
    problem_type="single_label_classification",
    **SIZES,
)
TOKEN = ModernBertConfig(num_hidden_layers=2, local_attention=4, num_labels=5, **SIZES)


def turn(q, k, cos, sin, unsqueeze_dim=1):
    """Rotary positions in the type of the model."""
    rotate = modeling_modernbert.rotate_half
    cos, sin = cos.unsqueeze(unsqueeze_dim), sin.unsqueeze(unsqueeze_dim)
    return q * cos + rotate(q) * sin, k * cos + rotate(k) * sin


def write(model, sequences, labels, out):
    """The folder, and the figures of one sequence after the other: with padding, transformers gives NaN where
    a window holds nothing else. The loss is the mean over all labels; the hidden states are given back."""
    model.save_pretrained(out)
    model.double().train()  # dropout is 0: train and eval are the same
    outputs = [model(torch.tensor([s["input_ids"]]), output_hidden_states=True) for s in sequences]
    logits = torch.cat([output.logits.reshape(-1, output.logits.shape[-1]) for output in outputs])
    target = torch.tensor([label for own in labels for label in (own if isinstance(own, list) else [own])])
    loss = torch.nn.functional.cross_entropy(logits, target)
    loss.backward()
    gradients = {name: parameter.grad.float() for name, parameter in model.named_parameters()}
    save_file(gradients, out / "gradients.safetensors")
    some = logits[target != -100][:40].tolist()
    expected = {"sequences": sequences, "labels": labels, "loss": loss.item(), "logits": some}
    write_json(out / "expected.json", expected)
    print(f"{out.name}: loss {loss.item():.6f}, {(target != -100).sum()} labels")
    states = zip(*(output.hidden_states for output in outputs))
    return [torch.cat([state[0] for state in layer]).detach().float() for layer in states]


def labels_of_tokens(sequences, count, generator):
    """A label for some tokens, -100 for the others."""
    labels = []
    for s in sequences:
        own = torch.randint(0, count, (len(s["input_ids"]),), generator=generator)
        own[torch.rand(own.shape, generator=generator) < 0.6] = -100
        labels.append(own.tolist())
    return labels


def main():
    out, generator = out_folder(__doc__, SEED)
    modeling_modernbert.apply_rotary_pos_emb = turn

    own = folder(out, "masked-language")
    model = randomised(ModernBertForMaskedLM, MASKED, generator)
    sequences = make_sequences(LONGER, VOCAB, generator)
    states = write(model, sequences, labels_of_tokens(sequences, VOCAB, generator), own)
    save_file({f"h{i}": state.contiguous() for i, state in enumerate(states)}, own / "hidden.safetensors")

    own = folder(out, "sequence")
    model = randomised(ModernBertForSequenceClassification, SEQUENCE, generator)
    labels = torch.randperm(len(LENGTHS), generator=generator) % 3
    write(model, make_sequences(LENGTHS, VOCAB, generator), labels.tolist(), own)
    config = json.loads((own / "config.json").read_text("utf-8"))
    config |= {"global_rope_theta": 7.0, "local_rope_theta": 7.0, "global_attn_every_n_layers": 1}
    (own / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")

    own = folder(out, "token")
    model = randomised(ModernBertForTokenClassification, TOKEN, generator)
    sequences = make_sequences(LENGTHS, VOCAB, generator)
    write(model, sequences, labels_of_tokens(sequences, 5, generator), own)


if __name__ == "__main__":
    main()
