"""Golden values of small Nomic BERTs and GTEs: hidden states, losses, logits, every gradient.

    python golden_small_rotary.py ../resources/golden/small-rotary

Models of two layers with random float32 weights and odd sizes (hidden 20, 2 heads of 10, intermediate 27)
are evaluated by PyTorch autograd in float64, eager attention, dropout 0, on sequences of mixed lengths,
some of them pairs. Each folder holds config.json and model.safetensors as transformers saves them, which is
under the names of the files on the hub, and

    expected.json           the sequences, the labels, the loss, logits (of five tokens where there are labels
                            of words)
    gradients.safetensors   d loss / d parameter by the names of the file: transformers computes with the parts
                            of Wqkv, qkv_proj and up_gate_proj, whose gradients are put together
    hidden.safetensors      the hidden states h0, h1, h2 [T, 20] packed, of which h0 is the embeddings'

    nomic-masked-language   a NomicBertForMaskedLM with SiLU, which its head has too
    nomic-sequence          a NomicBertForSequenceClassification with tanh's GELU, and its pooler
    nomic-token             a NomicBertForTokenClassification with ReLU
    gte-masked-language     a GteForMaskedLM whose layers have SiLU, which its head has not
    gte-sequence            a GteForSequenceClassification without segments, and its pooler
    gte-token               a GteForTokenClassification whose positions are drawn together by 1.3
"""

import re

import torch
from golden_common import NO_DROPOUT, make_sequences, out_folder, pack, pad, randomised, write_json
from golden_small_electra import folder, padded, token_labels
from safetensors.torch import save_file
from transformers import (
    GteConfig,
    GteForMaskedLM,
    GteForSequenceClassification,
    GteForTokenClassification,
    NomicBertConfig,
    NomicBertForMaskedLM,
    NomicBertForSequenceClassification,
    NomicBertForTokenClassification,
)

SEED = 20261130
VOCAB = 67
LENGTHS = [(1, 0), (19, 6), (7, 0), (2, 0), (13, 5), (24, 11), (5, 0)]
SIZES = dict(
    vocab_size=VOCAB,
    hidden_size=20,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=27,
    max_position_embeddings=24,
    pad_token_id=0,
    **NO_DROPOUT,
)
CLASSES = dict(num_labels=3, problem_type="single_label_classification")
LINEAR = {"rope_type": "linear", "rope_theta": 50.0, "factor": 1.3}
MODELS = {
    "nomic-masked-language": (NomicBertForMaskedLM, NomicBertConfig(**SIZES)),
    "nomic-sequence": (NomicBertForSequenceClassification, NomicBertConfig(hidden_act="gelu_new", **CLASSES, **SIZES)),
    "nomic-token": (NomicBertForTokenClassification, NomicBertConfig(hidden_act="relu", num_labels=5, **SIZES)),
    "gte-masked-language": (GteForMaskedLM, GteConfig(hidden_act="silu", type_vocab_size=2, **SIZES)),
    "gte-sequence": (GteForSequenceClassification, GteConfig(type_vocab_size=0, **CLASSES, **SIZES)),
    "gte-token": (GteForTokenClassification, GteConfig(rope_parameters=LINEAR, num_labels=5, **SIZES)),
}
NAMES = {
    "nomic": [
        (r"embeddings\.LayerNorm", "emb_ln"),
        (r"(?<=\.)layers\.", "encoder.layers."),
        (r"self_attn\.o_proj", "attn.out_proj"),
        (r"self_attn\.[qkv]_proj", "attn.Wqkv"),
        (r"mlp\.up_proj", "mlp.fc11"),
        (r"mlp\.gate_proj", "mlp.fc12"),
        (r"mlp\.down_proj", "mlp.fc2"),
        (r"post_attention_layernorm", "norm1"),
        (r"post_mlp_layernorm", "norm2"),
    ],
    "gte": [
        (r"(?<=\.)layers\.", "encoder.layer."),
        (r"self_attn\.o_proj", "attention.o_proj"),
        (r"self_attn\.[qkv]_proj", "attention.qkv_proj"),
        (r"mlp\.(up|gate)_proj", "mlp.up_gate_proj"),
        (r"post_attention_layernorm", "attn_ln"),
        (r"post_mlp_layernorm", "mlp_ln"),
        (r"lm_head\.layer_norm", "lm_head.norm"),
    ],
}


def gradients(model, names):
    """By the names of the file; parts of one parameter in the order in which it has them."""
    parts = {}
    order = {"q_proj": 0, "k_proj": 1, "v_proj": 2, "up_proj": 0, "gate_proj": 1}
    for name, parameter in model.named_parameters():
        filed = name
        for pattern, replacement in names:
            filed = re.sub(pattern, replacement, filed)
        parts.setdefault(filed, []).append((order.get(name.split(".")[-2], 0), parameter.grad))
    return {name: torch.cat([g for _, g in sorted(own, key=lambda p: p[0])]).float() for name, own in parts.items()}


def write(name, out, sequences, generator):
    kind, config = MODELS[name]
    model = randomised(kind, config, generator)
    model.save_pretrained(out)
    model.double().train()  # dropout is 0: train and eval are the same
    if name.endswith("sequence"):
        labels = (torch.randperm(len(LENGTHS), generator=generator) % 3).tolist()
        target = torch.tensor(labels)
    else:
        masked = name.endswith("language")
        labels = token_labels(sequences, generator, VOCAB if masked else 5, 0.7 if masked else 0.4)
        target = padded(labels, -100)
    batch = pad(sequences)
    if config.type_vocab_size < 2:
        del batch["token_type_ids"]
    output = model(**batch, labels=target, output_hidden_states=True)
    output.loss.backward()
    save_file(gradients(model, NAMES[name.split("-")[0]]), out / "gradients.safetensors")
    mask = batch["attention_mask"]
    states = {f"h{i}": pack(state.detach(), mask).float() for i, state in enumerate(output.hidden_states)}
    save_file(states, out / "hidden.safetensors")
    logits = output.logits.detach()
    if name.endswith("language"):
        logits = logits[target != -100][:5]
    elif name.endswith("token"):
        logits = pack(logits, mask)
    rounded = [[float(f"{v:.7g}") for v in row] for row in logits.tolist()]
    expected = {"sequences": sequences, "labels": labels, "loss": output.loss.item(), "logits": rounded}
    write_json(out / "expected.json", expected)
    print(f"{name}: loss {output.loss.item():.6f}, {len(states)} states")


def main():
    out, generator = out_folder(__doc__, SEED)
    sequences = make_sequences(LENGTHS, VOCAB, generator)
    for name in MODELS:
        write(name, folder(out, name), sequences, generator)


if __name__ == "__main__":
    main()
