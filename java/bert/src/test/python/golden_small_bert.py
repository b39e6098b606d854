"""Golden values of a small BERT: loss, logits, hidden states, every gradient, a few training steps.

    python golden_small_bert.py ../resources/golden/small-bert

A two-layer BertForSequenceClassification with random float32 weights and odd sizes (hidden 21, 3
heads of 7, intermediate 31) is evaluated by PyTorch autograd in float64, eager attention, dropout
0, on eight sequences of mixed lengths, two of them pairs. Three heads stand on the same encoder:
three classes (cross-entropy), one score (mean squared error), four labels at once (binary
cross-entropy with logits). What is written:

    inputs.json                 the sequences (no padding) and the labels of the three tasks
    hidden.safetensors          last_hidden_state [T, 21] packed, pooler_output [N, 21]; the same for all
    TASK/config.json, model.safetensors          the Hugging Face folder
    TASK/expected.json          loss, logits [N, labels], global gradient norm, and the training run
    TASK/gradients.safetensors  d loss / d parameter by parameter name, computed in float64

The training run is `steps` optimizer steps on the whole batch: clip the global norm to
max_grad_norm, AdamW (decoupled decay, bias correction) without decay on biases and LayerNorm,
learning rates as listed. losses[i] and grad_norms[i] (before clipping) belong to the parameters
before step i; losses has one more entry, after the last step.

    model.onnx                  the encoder of single-label as PyTorch's exporter writes it, for the test of the
                                ONNX reader: transposed weights of linear layers are anonymous initializers

The gradient of attention.self.key.bias is zero in exact arithmetic (a constant added to all scores
of a row leaves the softmax alone): what stands in the file is rounding, to be compared absolutely.
"""

import torch
from golden_common import make_sequences, odd_bert, out_folder, pack, pad, randomised, write_json, write_model
from safetensors.torch import save_file
from transformers import AutoModel, BertForSequenceClassification, get_linear_schedule_with_warmup

SEED = 20261123
VOCAB = 37
# (length, tokens of the second sentence); one sequence is [CLS] alone.
LENGTHS = [(1, 0), (20, 0), (7, 0), (2, 0), (13, 5), (5, 0), (16, 9), (3, 0)]
TASKS = {
    "single-label": dict(num_labels=3, problem_type="single_label_classification"),
    "regression": dict(num_labels=1, problem_type="regression"),
    "multi-label": dict(num_labels=4, problem_type="multi_label_classification"),
}
TRAINING = dict(steps=10, learning_rate=0.01, warmup_steps=3, weight_decay=0.1, max_grad_norm=1.0)


def make_labels(generator):
    n = len(LENGTHS)
    return {
        "single-label": torch.randperm(n, generator=generator) % 3,
        "regression": (5 * torch.rand(n, generator=generator)).mul(4).round().div(4),  # exact in float32
        "multi-label": torch.randint(0, 2, (n, 4), generator=generator).float(),
    }


def train(model, batch, labels):
    """The losses and gradient norms of a short run of AdamW, all in float64."""
    groups = [
        {"params": [p for p in model.parameters() if (p.dim() > 1) == matrices], "weight_decay": TRAINING["weight_decay"] * matrices}
        for matrices in (True, False)
    ]
    optimizer = torch.optim.AdamW(groups, lr=TRAINING["learning_rate"])
    schedule = get_linear_schedule_with_warmup(optimizer, TRAINING["warmup_steps"], TRAINING["steps"])
    model.zero_grad()
    run = {"learning_rates": [], "losses": [], "grad_norms": []}
    for _ in range(TRAINING["steps"]):
        loss = model(**batch, labels=labels).loss
        loss.backward()
        run["learning_rates"].append(optimizer.param_groups[0]["lr"])
        run["losses"].append(loss.item())
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), TRAINING["max_grad_norm"])
        run["grad_norms"].append(norm.item())
        optimizer.step()
        schedule.step()
        model.zero_grad()
    run["losses"].append(model(**batch, labels=labels).loss.item())
    return run


def write_task(task, model, sequences, labels, out):
    batch = pad(sequences)
    target = labels if task == "single-label" else labels.double()
    output, norm = write_model(model, sequences, target, out / task)
    expected = {
        "loss": output.loss.item(),
        "logits": output.logits.tolist(),
        "grad_norm": norm,
        "training": TRAINING | train(model, batch, target),
    }
    write_json(out / task / "expected.json", expected)
    print(f"{task}: loss {output.loss.item():.6f}, gradient norm {norm:.4f}, "
          f"after {TRAINING['steps']} steps {expected['training']['losses'][-1]:.6f}")
    return pack(output.hidden_states[-1].detach(), batch["attention_mask"])


class Encoder(torch.nn.Module):
    """The hidden states and the pooled output, so that the export keeps the pooler."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        output = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return output.last_hidden_state, output.pooler_output


def write_onnx(folder, file):
    bert = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    ids = torch.randint(0, VOCAB, (2, 7))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(
        Encoder(bert),
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        str(file),
        input_names=names,
        output_names=["last_hidden_state", "pooler_output"],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in names},
        opset_version=14,
        dynamo=False,
    )


def main():
    out, generator = out_folder(__doc__, SEED)
    sequences = make_sequences(LENGTHS, VOCAB, generator)
    labels = make_labels(generator)
    write_json(
        out / "inputs.json",
        {"sequences": sequences, "labels": {task: values.tolist() for task, values in labels.items()}},
    )

    models = {
        task: randomised(BertForSequenceClassification, odd_bert(vocab_size=VOCAB, max_position_embeddings=24, **more), generator)
        for task, more in TASKS.items()
    }
    encoder = models["single-label"].bert.state_dict()
    for model in models.values():
        model.bert.load_state_dict(encoder)
    with torch.no_grad():
        pooled = models["single-label"].bert.double()(**pad(sequences)).pooler_output
    models["single-label"].float()  # widening and narrowing again changes no bit
    for task, model in models.items():
        hidden = write_task(task, model, sequences, labels[task], out)
    save_file(
        {"last_hidden_state": hidden.float().contiguous(), "pooler_output": pooled.float()},
        out / "hidden.safetensors",
    )
    write_onnx(out / "single-label", out / "model.onnx")


if __name__ == "__main__":
    main()
