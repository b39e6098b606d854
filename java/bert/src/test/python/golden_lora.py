"""Golden values of LoRA adapters that PEFT made, on bases that other scripts wrote.

    python golden_lora.py ../resources/golden/lora

Each folder holds an adapter as PEFT saves it, whose base_model_name_or_path leads from it to a folder of
small-bert or question-answering, and

    expected.json           the sequences, the loss, the logits
    gradients.safetensors   d loss / d parameter of all that is trained, by PEFT's names in the file

bert is a classifier of whole texts with adapters on queries and values, and the pooler beside the classifier
as a module to save; the others answer questions: distilbert has a regular expression and rsLoRA, electra
layers of the feed-forward part, modernbert all linear layers. A and B are random, so are the modules to save.
Everything is evaluated by PyTorch autograd in float64, eager attention, dropout 0, one sequence after the
other. A start or an end outside its sequence does not count.
"""

import json
import os
import shutil

import torch
from golden_common import out_folder, write_json
from golden_question_answering import ENDS, STARTS, folder
from golden_small_modernbert import turn
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import AutoModelForQuestionAnswering, AutoModelForSequenceClassification
from transformers.models.modernbert import modeling_modernbert

SEED = 20261206
ADAPTERS = {
    "bert": dict(
        task_type="SEQ_CLS", r=3, lora_alpha=5, target_modules=["query", "value"], modules_to_save=["pooler"]
    ),
    "distilbert": dict(
        task_type="QUESTION_ANS", r=4, lora_alpha=3, target_modules=r".*\.(q_lin|out_lin|lin2)", use_rslora=True
    ),
    "electra": dict(task_type="QUESTION_ANS", r=2, lora_alpha=8.5, target_modules=["key", "dense"]),
    "modernbert": dict(
        task_type="QUESTION_ANS",
        r=5,
        lora_alpha=6,
        target_modules="all-linear",
        modules_to_save=["head", "classifier"],
    ),
}


def loss_of(outputs, is_classifier):
    if is_classifier:
        labels = torch.arange(len(outputs)) % 3
        return torch.nn.functional.cross_entropy(torch.cat([o.logits for o in outputs]), labels)
    means = []
    for targets, name in ((STARTS, "start_logits"), (ENDS, "end_logits")):
        own = [
            torch.nn.functional.cross_entropy(getattr(o, name), torch.tensor([t]))
            for o, t in zip(outputs, targets)
            if t < o.start_logits.shape[1]
        ]
        means.append(sum(own) / len(own))
    return sum(means) / 2


def write(name, settings, out, generator):
    is_classifier = name == "bert"
    base = out.parent.parent / ("small-bert/single-label" if is_classifier else f"question-answering/{name}")
    sequences = json.loads((base.parent / "inputs.json" if is_classifier else base / "expected.json").read_text("utf-8"))[
        "sequences"
    ]
    auto = AutoModelForSequenceClassification if is_classifier else AutoModelForQuestionAnswering
    model = auto.from_pretrained(base, attn_implementation="eager")
    model = get_peft_model(model, LoraConfig(lora_dropout=0.0, **settings))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)
    model.peft_config["default"].base_model_name_or_path = os.path.relpath(base, out)
    model.save_pretrained(out)
    (out / "README.md").unlink()
    model.double().train()  # dropout is 0
    keys = ["input_ids"] + (["token_type_ids"] if name in ("bert", "electra") else [])
    # PeftModelForQuestionAnswering itself passes no token_type_ids on.
    outputs = [model.base_model(**{key: torch.tensor([s[key]]) for key in keys}) for s in sequences]
    loss = loss_of(outputs, is_classifier)
    loss.backward()
    trained = {n: p.grad for n, p in model.named_parameters() if p.requires_grad}
    gradients = get_peft_model_state_dict(model, state_dict=trained)
    if len(gradients) != len(trained):
        raise AssertionError(f"{len(gradients)} gradients of {len(trained)}")
    save_file({n: g.float().contiguous() for n, g in gradients.items()}, out / "gradients.safetensors")
    if is_classifier:
        logits = torch.cat([o.logits for o in outputs])
    else:
        logits = torch.cat([torch.stack([o.start_logits[0], o.end_logits[0]], dim=-1) for o in outputs])
    write_json(out / "expected.json", {"sequences": sequences, "loss": loss.item(), "logits": logits.tolist()})
    print(f"{name}: loss {loss.item():.6f}, {len(gradients)} gradients")


def main():
    out, generator = out_folder(__doc__, SEED)
    torch.manual_seed(SEED)  # PEFT's first values of A
    modeling_modernbert.apply_rotary_pos_emb = turn
    for name, settings in ADAPTERS.items():
        shutil.rmtree(out / name, ignore_errors=True)
        write(name, settings, folder(out, name), generator)


if __name__ == "__main__":
    main()
