"""Files by torch.save: types, strides, shared storages, protocols.

    python golden_pytorch_files.py ../resources/golden/pytorch

    protocol2.bin … protocol5.bin   a dictionary of tensors of all types, by each protocol that torch.save takes
    state-dict.bin                  what state_dict() gives: an OrderedDict with notes on versions, tied weights
    older.bin                       the same as PyTorch 1.6 wrote it: no record of byte order or of alignment
    parameters.bin                  Parameters, not tensors
    legacy.bin                      the format before PyTorch 1.6
    nested.bin                      a training checkpoint: tensors not by name
    module.bin                      a whole module, which names its class
    expected.json                   for the first ones: by file and name shape and values
"""

import argparse
import json
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch


def tensors():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
    return {
        "f32": torch.tensor([1.5, -2.0, 3.25]),
        "f64": torch.tensor([[1e-3, 2.0]], dtype=torch.float64),
        "f16": torch.tensor([0.5, -1.0, 65504.0], dtype=torch.float16),
        "bf16": torch.tensor([0.5, -3.0, 1e30], dtype=torch.bfloat16),
        "i64": torch.tensor([1, -2, 3]),
        "i32": torch.tensor([[7], [-8]], dtype=torch.int32),
        "i16": torch.tensor([-300], dtype=torch.int16),
        "i8": torch.tensor([-3, 4], dtype=torch.int8),
        "u8": torch.tensor([200], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "base": base,
        "transposed": base.t(),
        "rows": base[1:3],
        "columns": base[:, 1::2],
        "corner": base[2:, 3:].t(),
        "name with \u00e9 \U0001f600": torch.ones(1, 2, 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(5)
    expected = {}

    def save(name, content, **how):
        torch.save(content, out / name, **how)
        expected[name] = {k: [list(v.shape), v.detach().double().flatten().tolist()] for k, v in content.items()}

    for protocol in (2, 3, 4, 5):
        save(f"protocol{protocol}.bin", tensors(), pickle_protocol=protocol)
    module = torch.nn.Sequential(OrderedDict(a=torch.nn.Linear(3, 2), b=torch.nn.LayerNorm(2), c=torch.nn.Linear(2, 3, bias=False)))
    module.c.weight = torch.nn.Parameter(module.a.weight.detach().t())
    save("state-dict.bin", module.state_dict())
    save("parameters.bin", dict(module.named_parameters()))
    with zipfile.ZipFile(out / "state-dict.bin") as new, zipfile.ZipFile(out / "older.bin", "w", zipfile.ZIP_STORED) as old:
        for entry in new.namelist():
            name = entry.split("/", 1)[1]
            if name in ("data.pkl", "version") or name.startswith("data/"):
                old.writestr(zipfile.ZipInfo("archive/" + name), new.read(entry))
    expected["older.bin"] = expected["state-dict.bin"]
    torch.save(tensors(), out / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "model": module.state_dict(), "loss": 0.5}, out / "nested.bin")
    torch.save(module, out / "module.bin")
    (out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
