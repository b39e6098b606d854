"""Folders as they are found in the wild, for the tests of a loader, with the outputs they must give.

    python golden_loader.py ../resources/golden/loader

One tiny random BertForSequenceClassification (two layers, hidden 8, 2 heads, 3 labels) is written as

    current        what transformers writes today
    legacy-names   LayerNorm.gamma/beta, an int64 position_ids, the two heads of pre-training as well
    bare           a BertModel: no `bert.` prefix, no classifier (sentence-transformers, the ONNX route)
    no-pooler      names with `bert.`, neither pooler nor classifier (as a masked language model saves it)
    float16        the same weights rounded to IEEE half
    bfloat16       the same weights rounded to bfloat16
    sharded        model-0000i-of-0000n.safetensors and model.safetensors.index.json
    sparse-config  a config.json of which only the keys that differ from BertConfig's defaults are left

Each folder has an expected.json: `missing` and `unexpected` keys of a load as a sequence classifier,
last_hidden_state [T, 8] packed, and pooler_output [N, 8] and logits [N, 3] where their weights are
in the folder. The values are those of the weights in the file (a float16 number widens exactly),
computed in float64. A float32 implementation should be within 1e-5.
"""

import json
import shutil

import torch
from golden_common import NO_DROPOUT, check_padding_is_inert, make_sequences, out_folder, pack, pad, randomised, write_json
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForSequenceClassification, BertModel

SEED = 20261124
VOCAB = 20
LENGTHS = [(6, 0), (1, 0), (9, 4)]
EXTRA_HEADS = {
    "cls.predictions.bias": (VOCAB,),
    "cls.predictions.transform.dense.weight": (8, 8),
    "cls.predictions.transform.dense.bias": (8,),
    "cls.predictions.transform.LayerNorm.gamma": (8,),
    "cls.predictions.transform.LayerNorm.beta": (8,),
    "cls.seq_relationship.weight": (2, 8),
    "cls.seq_relationship.bias": (2,),
}
CONFIG = BertConfig(
    vocab_size=VOCAB,
    hidden_size=8,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=12,
    id2label={0: "negative", 1: "neutral", 2: "positive"},
    label2id={"negative": 0, "neutral": 1, "positive": 2},
    problem_type="single_label_classification",
    **NO_DROPOUT,
)


def write(folder, tensors):
    """The weights as one file; config.json must be there already."""
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors", metadata={"format": "pt"})


def edit_config(folder, change):
    path = folder / "config.json"
    config = json.loads(path.read_text("utf-8"))
    change(config)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", "utf-8")


def copy_of(source, name):
    folder = source.parent / name
    shutil.copytree(source, folder)
    return folder, load_file(folder / "model.safetensors")


def legacy_names(current, generator):
    folder, tensors = copy_of(current, "legacy-names")
    old = {
        k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v
        for k, v in tensors.items()
    }
    old["bert.embeddings.position_ids"] = torch.arange(12).unsqueeze(0)
    for name, shape in EXTRA_HEADS.items():
        old[name] = torch.randn(shape, generator=generator)
    write(folder, old)

    def age(config):
        config["position_embedding_type"] = "absolute"
        config["torch_dtype"] = config.pop("dtype")
        config["transformers_version"] = "4.6.0.dev0"
        config["gradient_checkpointing"] = False

    edit_config(folder, age)


def half(current, name, dtype):
    folder, tensors = copy_of(current, name)
    write(folder, {k: v.to(dtype) for k, v in tensors.items()})
    edit_config(folder, lambda config: config.update(dtype=name))


def sparse_config(current):
    folder, _ = copy_of(current, "sparse-config")
    defaults = BertConfig().to_dict()

    def strip(config):
        for key in list(config):
            if key not in ("model_type", "architectures") and key in defaults and config[key] == defaults[key]:
                del config[key]
        for key in ("dtype", "transformers_version", "problem_type"):
            config.pop(key, None)

    edit_config(folder, strip)


def expect(folder, sequences):
    """Loads the folder by transformers, widened to float64, and writes what it gives."""
    model, info = BertForSequenceClassification.from_pretrained(
        folder, output_loading_info=True, attn_implementation="eager", dtype=torch.float32
    )
    if info["mismatched_keys"]:
        raise AssertionError(f"{folder}: mismatched: {info['mismatched_keys']}")
    missing = sorted(info["missing_keys"])
    model.double().eval()
    check_padding_is_inert(model, sequences)
    batch = pad(sequences)
    with torch.no_grad():
        output = model(**batch, output_hidden_states=True)
        pooled = model.bert(**batch).pooler_output
    stored = {key for path in folder.glob("*.safetensors") for key in load_file(path)}
    legacy = {"bert.embeddings.position_ids"}  # a buffer of old versions, to be ignored without a word
    expected = {
        "sequences": sequences,
        "missing": missing,
        "unexpected": sorted(k for k in stored if k.startswith("cls.")),
        "last_hidden_state": pack(output.hidden_states[-1], batch["attention_mask"]).tolist(),
    }
    if not any("pooler" in key for key in missing):
        expected["pooler_output"] = pooled.tolist()
        if not any("classifier" in key for key in missing):
            expected["logits"] = output.logits.tolist()
    reported = {k.replace("gamma", "weight").replace("beta", "bias") for k in info["unexpected_keys"]} - legacy
    wanted = {k.replace("gamma", "weight").replace("beta", "bias") for k in expected["unexpected"]}
    if reported != wanted:
        raise AssertionError(f"{folder}: transformers reports {reported}, the file holds {wanted}")
    write_json(folder / "expected.json", expected)
    print(f"{folder.name}: missing {missing}, unexpected {expected['unexpected']}, logits {'logits' in expected}")
    return expected


def main():
    out, generator = out_folder(__doc__, SEED)
    shutil.rmtree(out)
    sequences = make_sequences(LENGTHS, VOCAB, generator)
    model = randomised(BertForSequenceClassification, CONFIG, generator).eval()

    current = out / "current"
    model.save_pretrained(current)
    legacy_names(current, generator)
    bare = BertModel(model.config)
    bare.load_state_dict(model.bert.state_dict())
    bare.save_pretrained(out / "bare")
    folder, tensors = copy_of(current, "no-pooler")
    write(folder, {k: v for k, v in tensors.items() if "pooler" not in k and not k.startswith("classifier")})
    half(current, "float16", torch.float16)
    half(current, "bfloat16", torch.bfloat16)
    model.save_pretrained(out / "sharded", max_shard_size="3KB")
    sparse_config(current)

    same = None
    for folder in sorted(out.iterdir()):
        expected = expect(folder, sequences)
        if "float16" not in folder.name:
            same = same or expected["last_hidden_state"]
            if expected["last_hidden_state"] != same:
                raise AssertionError(f"{folder}: other hidden states than the folders before")


if __name__ == "__main__":
    main()
