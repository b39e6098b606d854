package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The commands sign and verify; the format is tested in java/measure. */
class SigningTest extends CommandFixture {
  private Path newKey() {
    Path key = folder.resolve("key.pem");
    assertEquals(
        "%s: the private key, to sign with; keep it to yourself%n%s.pub: the public key, to verify with%n"
            .formatted(key, key),
        jaubert("sign", "--generate-key", key).succeeded().out());
    return key;
  }

  @Test
  void aModelIsSignedAndVerified() throws IOException {
    Path key = newKey();
    Files.writeString(model.resolve("report.html"), "stays here");
    Files.writeString(model.resolve("notes"), "not signed");
    Path signature = model.resolve("model.sig");
    assertEquals(
        "signed 5 files: %s%n".formatted(signature),
        jaubert("sign", model, "--key", key, "--for-upload", "--ignore", "notes")
            .succeeded()
            .out());
    assertEquals(
        "not signed: notes%nnot signed: report.html%n%s: 5 files are as signed%n".formatted(model),
        jaubert("verify", model, "--key", key + ".pub").succeeded().out());

    Files.writeString(model.resolve("config.json"), "{}");
    Files.delete(model.resolve("vocab.txt"));
    Files.writeString(model.resolve("new\u001b[31m"), "");
    Result result = jaubert("verify", model, "--key", key + ".pub");
    assertEquals(
        model + ": is not as it was signed: 1 changed, 1 missing, 1 new, of 5 signed files",
        result.failure(1));
    assertEquals(
        "changed: config.json%nmissing: vocab.txt%nnew: new?[31m%nnot signed: notes%nnot signed: report.html%n"
            .formatted(),
        result.out());
    result = jaubert("verify", model, "--key", key + ".pub", "--allow-unsigned-files");
    assertEquals(
        model + ": is not as it was signed: 1 changed, 1 missing, of 5 signed files",
        result.failure(1));

    Files.copy(signature, folder.resolve("other.sig"));
    assertTrue(
        jaubert("verify", folder, "--key", key + ".pub", "--signature", folder.resolve("other.sig"))
            .failure(1)
            .endsWith("perhaps this is the signature of another model"));
    assertEquals("%s: 1 file is as signed%n".formatted(train), signedFile(key).succeeded().out());
  }

  private Result signedFile(Path key) {
    jaubert("sign", train, "--key", key).succeeded();
    assertTrue(Files.exists(Path.of(train + ".sig")));
    return jaubert("verify", train, "--key", key + ".pub", "--allow-symlinks");
  }

  @Test
  void anEncryptedKey() throws IOException {
    Path key = folder.resolve("key.pem");
    Path password = Files.writeString(folder.resolve("password"), "sesame\n");
    jaubert("sign", "--generate-key", key, "--password-file", password).succeeded();
    assertTrue(Files.readString(key).startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    assertEquals(
        key + ": is encrypted, and there is no password; --password-file FILE gives it",
        jaubert("sign", model, "--key", key).failure(1));
    jaubert("sign", model, "--key", key, "--password-file", password).succeeded();
    assertEquals(
        "--password-file %s: cannot be read".formatted(folder),
        jaubert("sign", model, "--key", key, "--password-file", folder).failure(2));
  }

  @Test
  void badInput() throws IOException {
    Path key = newKey();
    assertEquals(
        "sign needs MODEL and --key PRIVATE.pem; --generate-key FILE makes a key",
        jaubert("sign", model).failure(2));
    assertEquals(
        "--generate-key makes a key, and takes no MODEL, --key or --out",
        jaubert("sign", model, "--generate-key", key).failure(2));
    assertEquals(
        "--generate-key %s: %s.pub is there already".formatted(key, key),
        jaubert("sign", "--generate-key", key).failure(2));
    assertEquals(
        "--out %s: is a folder; name a file in it".formatted(folder),
        jaubert("sign", model, "--key", key, "--out", folder).failure(2));
    assertEquals(
        key + ".pub: holds a public key; it takes the private one to sign",
        jaubert("sign", model, "--key", key + ".pub").failure(1));
    assertEquals(
        key + ": holds a private key; it takes the public one to verify",
        jaubert("verify", model, "--key", key).failure(1));
    assertEquals(
        model.resolve("model.sig") + ": cannot be read: no such file",
        jaubert("verify", model, "--key", key + ".pub").failure(1));
    assertFalse(Files.exists(model.resolve("model.sig")));
    Path link = Files.createSymbolicLink(model.resolve("link"), Path.of("vocab.txt"));
    assertEquals(
        link + ": is a symbolic link; --allow-symlinks signs what it points to",
        jaubert("sign", model, "--key", key).failure(1));
    assertEquals(
        "none: is to be ignored, and " + model + " holds no such file or folder",
        jaubert("sign", model, "--key", key, "--ignore", "none").failure(1));
  }
}
