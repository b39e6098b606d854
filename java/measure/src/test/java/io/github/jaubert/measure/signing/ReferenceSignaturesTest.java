package io.github.jaubert.measure.signing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signatures that the reference implementation wrote. */
class ReferenceSignaturesTest extends SigningFixture {
  private Verification verify(Path model, String signature, String key) {
    return ModelVerifier.of(publicKey(key)).verify(model, resource(signature));
  }

  @ParameterizedTest
  @CsvSource({"files.sig, encrypted-p256.pub", "shards.sig, sec1-p384.pub"})
  void theyHold(String signature, String key) throws IOException {
    Path model = model();
    Verification found = verify(model, signature, key);
    assertTrue(found.passed(), found.toString());
    assertEquals("small", found.model());
    boolean whole = signature.startsWith("files");
    // An empty file has no shard, and is so not signed.
    assertEquals(whole ? 4 : 3, found.signed());
    assertEquals(
        whole ? List.of(".git", "notes.txt") : List.of(".git", "notes.txt", "empty"),
        found.unsigned());
    for (String name : SIGNED) {
      damage(model.resolve(name));
      found = verify(model, signature, key);
      assertFalse(found.passed(), name);
      boolean isNew = !whole && name.equals("empty");
      assertEquals(isNew ? List.of() : List.of(name), found.changed(), seed());
      assertEquals(isNew ? List.of(name) : List.of(), found.added());
      model();
    }
  }

  @Test
  void aSignerThatFollowedLinks() throws IOException {
    Path model = model();
    Files.createSymbolicLink(model.resolve("link"), Path.of("config.json"));
    assertTrue(verify(model, "links.sig", "encrypted-p256.pub").passed());
    assertEquals(List.of("link"), verify(model, "files.sig", "encrypted-p256.pub").added());
  }

  @Test
  void aModelOfOneFile() throws IOException {
    Path model = model();
    Path file = model.resolve("config.json");
    assertTrue(verify(file, "one-file.sig", "pkcs8-p521.pub").passed());
    damage(file);
    assertEquals(List.of("."), verify(file, "one-file.sig", "pkcs8-p521.pub").changed(), seed());
    assertEquals(
        model + ": is a folder, and the signature is of a file, 'config.json'",
        assertThrows(SigningException.class, () -> verify(model, "one-file.sig", "pkcs8-p521.pub"))
            .getMessage());
  }

  @Test
  void otherHashesAreRefused() throws IOException {
    Path model = model();
    assertEquals(
        resource("blake2.sig") + ": 'hash_type' is 'blake2b', not sha256",
        assertThrows(
                SigningException.class, () -> verify(model, "blake2.sig", "encrypted-p256.pub"))
            .getMessage());
  }

  @Test
  void ourStatementHasItsHash() throws IOException {
    Path model = model();
    Path ours = folder.resolve("ours.sig");
    ModelSigner.of(privateKey("encrypted-p256.pem"))
        .ignore(List.of(Path.of("notes.txt")))
        .sign(model, ours);
    VerificationKey key = publicKey("encrypted-p256.pub");
    String said = subject(Bundle.verified(resource("files.sig"), key));
    assertEquals(said, subject(Bundle.verified(ours, key)));
  }

  private static String subject(byte[] statement) {
    return JsonFiles.parseObject("statement", statement).path("subject").toString();
  }
}
