"""Loads the folders that Jaubert saved with transformers, and compares the logits.

    java -cp … io.github.jaubert.demo.SavedFolder FOLDER      (class path of the tests of java/demo)
    python check_saved_folder.py FOLDER

Each folder below FOLDER must load without a missing, unexpected or mismatched key, its tokenizer must give
the same tokens, and the logits must agree to 1e-4. Saving it again with transformers must give the same
bytes of model.safetensors.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer


def check(folder):
    """The largest difference of the logits, and a list of complaints."""
    model, info = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    complaints = [f"{kind}: {sorted(keys)}" for kind, keys in info.items() if keys]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    saved = json.loads((folder / "logits.json").read_text("utf-8"))
    batch = tokenizer.pad([tokenizer(*text) for text in saved["texts"]], return_tensors="pt")
    with torch.no_grad():
        logits = model.eval()(**batch).logits.numpy().ravel()
    difference = float(np.abs(logits - np.array(saved["logits"])).max())
    if difference > 1e-4:
        complaints.append(f"logits differ by {difference:.3g}")
    with tempfile.TemporaryDirectory() as again:
        model.save_pretrained(again)
        if (Path(again) / "model.safetensors").read_bytes() != (folder / "model.safetensors").read_bytes():
            complaints.append("saved again, model.safetensors has other bytes")
    return difference, complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    failed = False
    for config in sorted(parser.parse_args().folder.glob("*/config.json")):
        difference, complaints = check(config.parent)
        print(f"{config.parent.name}: logits differ by {difference:.3g}; {complaints or 'no complaint'}")
        failed = failed or bool(complaints)
    sys.exit(failed)


if __name__ == "__main__":
    main()
