"""Writes the keys and the signatures in ../resources that ReferenceSignaturesTest and SigningKeyTest read.

The signatures come from the reference implementation, model_signing 1.1.1; keys from openssl. Run in this
folder, with PYTHONPATH set if model_signing is not installed: python3 reference_signatures.py
"""

import pathlib
import shutil
import subprocess
import tempfile

from model_signing import hashing, signing

OUT = pathlib.Path("../resources/io/github/jaubert/measure/signing").resolve()


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stderr=subprocess.DEVNULL)


def keys():
    openssl("ecparam", "-name", "secp384r1", "-genkey", "-out", OUT / "sec1-p384.pem")
    curve = "ec_paramgen_curve:"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", curve + "P-521", "-out", OUT / "pkcs8-p521.pem")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", curve + "P-256", "-aes-256-cbc", "-pass", "pass:sesame",
            "-out", OUT / "encrypted-p256.pem")
    for name in ("sec1-p384", "pkcs8-p521", "encrypted-p256"):
        openssl("pkey", "-in", OUT / (name + ".pem"), "-passin", "pass:sesame", "-pubout", "-out",
                OUT / (name + ".pub"))


def model(folder):
    (folder / "sub").mkdir(parents=True)
    (folder / "config.json").write_text("{}\n")
    (folder / "sub" / "weights").write_bytes(bytes(range(23)))
    (folder / "sub-word").write_text("sorted behind the files of sub\n")
    (folder / "empty").write_text("")
    (folder / "notes.txt").write_text("not signed\n")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("x\n")


def sign(what, config, key, name):
    signer = signing.Config().use_elliptic_key_signer(private_key=OUT / key, password=PASSWORD.get(key))
    signer.set_hashing_config(config.set_ignored_paths(paths=["notes.txt"])).sign(what, OUT / name)


PASSWORD = {"encrypted-p256.pem": b"sesame"}

shutil.rmtree(OUT, ignore_errors=True)
OUT.mkdir(parents=True)
keys()
with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary) / "small"
    model(folder)
    sign(folder, hashing.Config(), "encrypted-p256.pem", "files.sig")
    sign(folder, hashing.Config().use_shard_serialization(shard_size=10), "sec1-p384.pem", "shards.sig")
    sign(folder / "config.json", hashing.Config(), "pkcs8-p521.pem", "one-file.sig")
    blake = hashing.Config().use_file_serialization(hashing_algorithm="blake2")
    sign(folder, blake, "encrypted-p256.pem", "blake2.sig")
    (folder / "link").symlink_to("config.json")
    sign(folder, hashing.Config().set_allow_symlinks(True), "encrypted-p256.pem", "links.sig")
