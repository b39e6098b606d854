"""Python's huggingface_hub and the hub client of Jaubert, on one cache and one server.

The server is FakeHub of the tests, started with a model folder; jaubert is the command.

    python hub_cache.py ADDRESS MODEL_FOLDER JAUBERT...

ADDRESS is that of FakeHub with localhost for 127.0.0.1: Python takes two ports of one host for one
server, and would not believe that large files lie elsewhere.

Tried: what Java fetched opens in Python without a connection, and the other way; what Java
uploaded is fetched by Python, and the other way; processes of both at once leave a whole cache.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ADDRESS, FOLDER, JAUBERT = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
os.environ.update(HF_ENDPOINT=ADDRESS, HF_TOKEN="secret", HF_HUB_DISABLE_PROGRESS_BARS="1")
os.environ["HF_HUB_DISABLE_XET"] = "1"  # FakeHub has no such store
os.environ["HF_HOME"] = tempfile.mkdtemp()
NAME = "owner/tiny"

import huggingface_hub as hub  # noqa: E402  (reads the environment)
from sentence_transformers import SentenceTransformer  # noqa: E402
from transformers import AutoModel, AutoTokenizer  # noqa: E402


def jaubert(cache, *words, code=0):
    done = subprocess.run(
        [*JAUBERT, *words],
        env={**os.environ, "HF_HUB_CACHE": str(cache)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done
    return done.stdout


def check(snapshot):
    for file in ("config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"):
        ours = hashlib.sha256((Path(snapshot) / file).read_bytes()).hexdigest()
        assert ours == hashlib.sha256((FOLDER / file).read_bytes()).hexdigest(), file


def java_then_python():
    cache = tempfile.mkdtemp()
    jaubert(cache, "download", NAME)
    snapshot = hub.snapshot_download(NAME, cache_dir=cache, local_files_only=True)
    check(snapshot)
    assert hub.try_to_load_from_cache(NAME, "config.json", cache_dir=cache).startswith(snapshot)
    absent = hub.try_to_load_from_cache(NAME, "added_tokens.json", cache_dir=cache)
    assert not isinstance(absent, str) and absent is not None, "known not to exist"
    AutoModel.from_pretrained(NAME, cache_dir=cache, local_files_only=True)
    AutoTokenizer.from_pretrained(NAME, cache_dir=cache, local_files_only=True)
    model = SentenceTransformer(NAME, cache_folder=cache, local_files_only=True)
    assert model.encode("a text").shape == (384,)
    listed = hub.scan_cache_dir(cache)
    assert not listed.warnings and [r.repo_id for r in listed.repos] == [NAME], listed
    print("Java, then Python:", listed.size_on_disk, "bytes listed by Python")
    # Python goes on in the same cache with a connection, and fetches none of it again.
    before = {f: f.stat().st_mtime_ns for f in Path(cache).rglob("blobs/*")}
    hub.snapshot_download(NAME, cache_dir=cache)
    assert all(f.stat().st_mtime_ns == t for f, t in before.items())


def python_then_java():
    for fetch in (
        lambda cache: hub.snapshot_download(NAME, cache_dir=cache),
        lambda cache: SentenceTransformer(NAME, cache_folder=cache),
    ):
        cache = tempfile.mkdtemp()
        fetch(cache)
        before = sorted(str(f) for f in Path(cache).rglob("*") if ".no_exist" not in str(f))
        out = jaubert(cache, "download", "--offline", NAME)
        check(out.splitlines()[1].removeprefix("in "))
        vector = jaubert(cache, "predict", "--offline", "--model", NAME, "a text")
        theirs = SentenceTransformer(NAME, cache_folder=cache, local_files_only=True)
        ours = next(x for x in json.loads(vector).values() if isinstance(x, list))
        assert max(abs(a - b) for a, b in zip(ours, theirs.encode("a text"))) < 1e-5
        jaubert(cache, "download", NAME)
        after = sorted(str(f) for f in Path(cache).rglob("*") if ".no_exist" not in str(f))
        assert [f for f in after if f not in before and ".locks" not in f] == [], "nothing was fetched"
        assert NAME in jaubert(cache, "models")
    print("Python, then Java: the same vectors, nothing fetched again")


def at_once():
    cache = tempfile.mkdtemp()
    python = [sys.executable, "-c", f"import huggingface_hub as h; h.snapshot_download('{NAME}', cache_dir='{cache}')"]
    env = {**os.environ, "HF_HUB_CACHE": cache}
    all_of_them = [
        subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        for command in (python, [*JAUBERT, "download", NAME], python, [*JAUBERT, "download", NAME])
    ]
    assert [p.wait() for p in all_of_them] == [0, 0, 0, 0]
    check(hub.snapshot_download(NAME, cache_dir=cache, local_files_only=True))
    assert not list(Path(cache).rglob("*.incomplete"))
    print("Four processes at once: one whole cache")


def uploads():
    cache = tempfile.mkdtemp()
    jaubert(cache, "upload", str(FOLDER), "owner/fromjava", "--private")
    check(hub.snapshot_download("owner/fromjava", cache_dir=cache))
    assert hub.model_info("owner/fromjava").private
    print("Java's upload, fetched by Python:", hub.list_repo_files("owner/fromjava"))
    hub.create_repo("owner/frompython", private=True, exist_ok=True)
    hub.upload_folder(repo_id="owner/frompython", folder_path=FOLDER)
    jaubert(cache, "download", "owner/frompython")
    check(hub.snapshot_download("owner/frompython", cache_dir=cache, local_files_only=True))
    print("Python's upload to the same server, fetched by Java")


java_then_python()
python_then_java()
at_once()
uploads()
