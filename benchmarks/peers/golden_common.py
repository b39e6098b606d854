"""What the golden scripts share: random weights, batches of mixed lengths, float64 evaluation."""

import json

import torch

# Ids of the special tokens in the tiny vocabularies; 0 is [PAD], never part of a sequence.
CLS, SEP, MASK = 2, 3, 4


def randomise(model, generator):
    """Fills every parameter with values that no mistake can hide behind.

    The usual initialisation (normal 0.02, zero biases, unit LayerNorm) leaves the logits of a tiny
    model nearly constant, so weights are drawn wider and biases and LayerNorm are random too.
    """
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


def sequence(length, second, vocab_size, generator):
    """[CLS] A [SEP] or, with second > 0 tokens in it, [CLS] A [SEP] B [SEP]; length counts them all."""
    ids = torch.randint(MASK, vocab_size, (length,), generator=generator).tolist()
    types = [0] * length
    ids[0] = CLS
    if length > 1:
        ids[-1] = SEP
    if second:
        ids[length - second - 2] = SEP
        types[length - second - 1 :] = [1] * (second + 1)
    return {"input_ids": ids, "token_type_ids": types}


def pad(sequences, keys=("input_ids", "token_type_ids")):
    """A padded batch [N, S] for transformers, with its attention mask."""
    longest = max(len(s["input_ids"]) for s in sequences)
    batch = {
        key: torch.tensor([s[key] + [0] * (longest - len(s[key])) for s in sequences])
        for key in keys
    }
    batch["attention_mask"] = torch.tensor(
        [[1] * len(s["input_ids"]) + [0] * (longest - len(s["input_ids"])) for s in sequences]
    )
    return batch


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
