"""Writes the small files of the tests: `python3 parquet_files.py FOLDER` (pyarrow 25.0.1)."""

import datetime
import decimal
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

N = 3


def table():
    return pa.table(
        {
            "text": ["one", "zwei \u00fc", None],
            "label": pa.array([0, 1, -1], pa.int64()),
            "double": [0.1, -1.25, None],
            "float": pa.array([0.1, 2, None], pa.float32()),
            "flag": [True, False, None],
            "words": [["a", "b"], [], None],
            "tags": pa.array([[1, 0], [], None], pa.list_(pa.int64())),
            "meta": [{"lang": "en", "by": {"age": 1}}, {"lang": None, "by": None}, None],
            "category": pa.array(["x", "y", "x"]).dictionary_encode(),
            "date": [datetime.date(2020, 1, 2)] * N,
            "time": [datetime.datetime(2020, 1, 2, 3, 4, 5, 678000)] * N,
            "utc": pa.array([1577934245678] * N, pa.timestamp("ms", "UTC")),
            "price": pa.array([decimal.Decimal("-1.20")] * N, pa.decimal128(10, 2)),
            "cents": pa.array([decimal.Decimal("3.05")] * N, pa.decimal128(5, 2)),
            "bytes": [b"\x00\xff"] * N,
            "plain": pa.array([b"text"] * N, pa.binary()),
            "structs": [[{"a": 1}], [], None],
            "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int32())),
            "byte": pa.array([1, 255, None], pa.uint8()),
            "word": pa.array([1, 2**64 - 1, None], pa.uint64()),
        }
    )


def features():
    """As `datasets` notes them."""
    label = {"names": ["negative", "positive"], "_type": "ClassLabel"}
    return {"info": {"features": {"label": label, "tags": {"feature": {**label, "names": ["O", "B"]}, "_type": "List"}}}}


def main(folder):
    named = table().replace_schema_metadata({"huggingface": json.dumps(features())})
    for codec in ["none", "snappy", "gzip", "zstd", "lz4", "brotli"]:
        pq.write_table(named if codec == "zstd" else table(), folder / f"{codec}.parquet", compression=codec, row_group_size=2)
    lists = pa.table({"words": [["a"], ["b", "c"]]})
    pq.write_table(lists, folder / "old-lists.parquet", use_compliant_nested_type=False, store_schema=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
