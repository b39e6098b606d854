"""What the golden scripts share: small models with random weights, batches of mixed lengths, evaluation in float64."""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import BertConfig

# Ids of the special tokens in the tiny vocabularies; 0 is [PAD], never part of a sequence.
CLS, SEP, MASK = 2, 3, 4
NO_DROPOUT = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


def out_folder(description, seed):
    """The folder that the program is to write, and random numbers."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    return out, torch.Generator().manual_seed(seed)


def odd_bert(**more):
    """The config of a BERT of two layers with odd sizes."""
    sizes = dict(hidden_size=21, num_hidden_layers=2, num_attention_heads=3, intermediate_size=31)
    return BertConfig(**sizes, **NO_DROPOUT, **more)


def randomised(model_class, config, generator):
    """A model with eager attention whose every parameter has values that no mistake can hide behind.

    The usual initialisation (normal 0.02, zero biases, unit LayerNorm) leaves the logits of a tiny
    model nearly constant, so weights are drawn wider and biases and LayerNorm are random too.
    """
    model = model_class._from_config(config, attn_implementation="eager")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 1 and name.endswith("weight"):  # of a norm
                parameter.copy_(1 + 0.2 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.2 * noise)
            elif "embeddings" in name:
                parameter.copy_(0.5 * noise)
            else:
                parameter.copy_(noise * (1.5 / parameter.shape[1] ** 0.5))
        model.get_input_embeddings().weight[0].zero_()  # HF keeps the row of [PAD] at zero
    return model


def make_sequences(lengths, vocab_size, generator):
    """For each (length, second) [CLS] A [SEP] or, with second > 0 tokens in it, [CLS] A [SEP] B [SEP]; length counts them all."""
    sequences = []
    for length, second in lengths:
        ids = torch.randint(MASK, vocab_size, (length,), generator=generator).tolist()
        types = [0] * length
        ids[0] = CLS
        if length > 1:
            ids[-1] = SEP
        if second:
            ids[length - second - 2] = SEP
            types[length - second - 1 :] = [1] * (second + 1)
        sequences.append({"input_ids": ids, "token_type_ids": types})
    return sequences


def pad(sequences, keys=("input_ids", "token_type_ids")):
    """A padded batch [N, S] for transformers, with its attention mask."""
    longest = max(len(s["input_ids"]) for s in sequences)

    def rows(values, padding=0):
        return torch.tensor([v + [padding] * (longest - len(v)) for v in values])

    batch = {key: rows([s[key] for s in sequences]) for key in keys}
    return batch | {"attention_mask": rows([[1] * len(s["input_ids"]) for s in sequences])}


def pack(padded, mask):
    """[N, S, H] without its padding rows: [T, H], sequence after sequence."""
    return padded[mask.bool()]


def check_padding_is_inert(model, sequences, **keys):
    """Each sequence alone gives what it gives in the padded batch, or the batch proves nothing."""
    with torch.no_grad():
        together = model(**pad(sequences, **keys)).logits
        alone = torch.cat([model(**pad([s], **keys)).logits for s in sequences])
    difference = (together - alone).abs().max().item()
    if difference > 1e-12:
        raise AssertionError(f"padding changes the logits by {difference}")


def write_model(model, sequences, labels, folder, **keys):
    """The Hugging Face folder in float32 and the gradients in float64, in which the model is from here on; what write_gradients gives."""
    model.save_pretrained(folder)
    model.double().train()  # dropout is 0: train and eval are the same
    check_padding_is_inert(model, sequences, **keys)
    return write_gradients(model, pad(sequences, **keys), labels, folder)


def write_gradients(model, batch, labels, folder):
    """gradients.safetensors of the loss; the output, and the global norm of the gradients."""
    output = model(**batch, labels=labels, output_hidden_states=True)
    output.loss.backward()
    gradients = {name: p.grad for name, p in model.named_parameters()}
    missing = [name for name, gradient in gradients.items() if gradient is None]
    if missing:
        raise AssertionError(f"no gradient: {missing}")
    save_file({name: g.float() for name, g in gradients.items()}, folder / "gradients.safetensors")
    return output, torch.sqrt(sum((g**2).sum() for g in gradients.values())).item()


def write_json(path, value):
    """One line for each innermost list, so that a diff of golden values can be read."""

    def lines(item, indent):
        if isinstance(item, dict):
            inner = ",\n".join(f"{indent}  {json.dumps(k)}: {lines(v, indent + '  ')}" for k, v in item.items())
            return f"{{\n{inner}\n{indent}}}"
        if isinstance(item, list) and item and isinstance(item[0], (list, dict)):
            return "[\n" + ",\n".join(f"{indent}  {lines(v, indent + '  ')}" for v in item) + f"\n{indent}]"
        return json.dumps(item)

    path.write_text(lines(value, "") + "\n", "utf-8")
