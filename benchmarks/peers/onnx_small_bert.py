"""Writes the small BERT of golden_small_bert.py as the ONNX file that PyTorch's exporter makes of it.

    python onnx_small_bert.py ../../java/bert/src/test/resources/golden/small-bert

The weights are those of single-label/model.safetensors; the test of Jaubert's ONNX reader compares the
two. The exporter folds the transposed weights of linear layers into anonymous initializers, as it did
for the published MiniLM files.
"""

import argparse
from pathlib import Path

import torch
from transformers import AutoModel


class Encoder(torch.nn.Module):
    """The hidden states and the pooled output, so that the export keeps the pooler."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        output = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return output.last_hidden_state, output.pooler_output


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("golden", type=Path)
    golden = parser.parse_args().golden
    bert = AutoModel.from_pretrained(golden / "single-label", attn_implementation="eager").eval()
    ids = torch.randint(0, bert.config.vocab_size, (2, 7))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(
        Encoder(bert),
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        str(golden / "model.onnx"),
        input_names=names,
        output_names=["last_hidden_state", "pooler_output"],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in names},
        opset_version=14,
        dynamo=False,
    )
    print(f"{golden / 'model.onnx'}: {(golden / 'model.onnx').stat().st_size} bytes")


if __name__ == "__main__":
    main()
