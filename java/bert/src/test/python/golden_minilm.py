"""Packs the golden hidden states of all-MiniLM-L6-v2 into small test resources.

    python golden_minilm.py FIGURES ../../../../demo/src/test/resources/golden/minilm

The figures were made by ONNX Runtime (last_hidden_state) and NumPy (hidden_0 after the embeddings, hidden_1
after the first layer) on three inputs, one of them a pair. Padding rows are dropped. Written are

    inputs.json           the sentences, their tokens and ids
    hidden.safetensors    last_hidden_state [T, 384]; of hidden_0 and hidden_1 the first row of each input [3, 384];
                          mean_pooled [3, 384], the mean over the tokens divided by its Euclidean norm
"""

import argparse
import json
from pathlib import Path

import numpy as np
from golden_common import write_json
from safetensors.numpy import save_file


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("golden", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    golden = json.loads((args.golden / "golden.json").read_text("utf-8"))
    real = np.load(args.golden / "attention_mask.npy") == 1
    ids = np.load(args.golden / "input_ids.npy")
    types = np.load(args.golden / "token_type_ids.npy")
    write_json(
        args.out / "inputs.json",
        {
            "sentences": golden["sentences"],
            "tokens": golden["tokens"],
            "input_ids": [row[keep].tolist() for row, keep in zip(ids, real)],
            "token_type_ids": [row[keep].tolist() for row, keep in zip(types, real)],
        },
    )
    tensors = {
        "last_hidden_state": np.load(args.golden / "last_hidden_state.npy")[real],
        "mean_pooled": np.load(args.golden / "mean_pooled_l2.npy"),
    }
    for name in ("hidden_0", "hidden_1"):
        tensors[name] = np.load(args.golden / f"{name}.npy")[:, 0]
    save_file({name: np.ascontiguousarray(array, np.float32) for name, array in tensors.items()},
              args.out / "hidden.safetensors")
    print({name: array.shape for name, array in tensors.items()})


if __name__ == "__main__":
    main()
