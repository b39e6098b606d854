package io.github.jaubert.measure.signing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Signatures that are damaged, or that someone wrote who means harm. */
class DamagedSignatureTest extends SigningFixture {
  private final SigningKey key = SigningKey.generate();
  private Path model;
  private Path file;

  @BeforeEach
  void signed() throws IOException {
    model = model();
    file = folder.resolve("model.sig");
    Files.deleteIfExists(file);
    ModelSigner.of(key).sign(model, file);
  }

  private Verification verify() {
    return ModelVerifier.of(key.verificationKey()).verify(model, file);
  }

  /** What is said of the file as it is now, behind its name. */
  private String said() {
    RuntimeException e = assertThrows(RuntimeException.class, this::verify);
    assertTrue(e instanceof SigningException || e instanceof CheckpointException, e.toString());
    assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
    assertFalse(e.getMessage().matches("(?s).*\\p{Cntrl}.*"), e.getMessage());
    return e.getMessage().substring((file + ": ").length());
  }

  private String bundle(Consumer<ObjectNode> change) throws IOException {
    signed();
    ObjectNode bundle = JsonFiles.readObject(file);
    change.accept(bundle);
    Files.write(file, JsonFiles.format(bundle));
    return said();
  }

  private static ObjectNode at(ObjectNode node, String pointer) {
    return (ObjectNode) node.at(pointer);
  }

  @Test
  void bundles() throws IOException {
    assertEquals(
        "'mediaType' is 'x?[31m', not application/vnd.dev.sigstore.bundle.v0.3+json",
        bundle(b -> b.put("mediaType", "x\u001b[31m")));
    assertEquals("has no text 'mediaType'", bundle(b -> b.putObject("mediaType")));
    assertEquals(
        "has no 'publicKey' in its 'verificationMaterial'",
        bundle(b -> b.remove("verificationMaterial")));
    assertTrue(
        bundle(b -> b.putObject("verificationMaterial").putObject("certificate"))
            .startsWith("was signed with a certificate"));
    assertTrue(
        bundle(b -> at(b, "/verificationMaterial/publicKey").put("hint", "abc"))
            .startsWith("was signed with another key: it names abc, this one is "));
    assertEquals("has no text 'payloadType'", bundle(b -> b.remove("dsseEnvelope")));
    assertEquals(
        "'payloadType' is 'text', not application/vnd.in-toto+json",
        bundle(b -> at(b, "/dsseEnvelope").put("payloadType", "text")));
    assertEquals(
        "its 'payload' is not base64", bundle(b -> at(b, "/dsseEnvelope").put("payload", "%")));
    assertEquals(
        "has not one signature in its 'signatures'",
        bundle(b -> at(b, "/dsseEnvelope").putArray("signatures")));
    assertEquals(
        "has not one signature in its 'signatures'",
        bundle(b -> at(b, "/dsseEnvelope").withArray("signatures").addObject()));
    String changed = "does not hold: it was changed after it was signed";
    assertEquals(changed, bundle(b -> at(b, "/dsseEnvelope").put("payload", "e30=")));
    byte[] zeros = {0x30, 6, 2, 1, 0, 2, 1, 0};
    for (byte[] signature :
        new byte[][] {{}, {0x30}, zeros, Arrays.copyOf(zeros, 5), new byte[72]}) {
      String text = Base64.getEncoder().encodeToString(signature);
      assertEquals(
          changed, bundle(b -> at(b, "/dsseEnvelope/signatures/0").put("sig", text)), text);
    }
    assertEquals(
        "does not hold: it was signed with another key, or changed afterwards",
        bundle(
            b -> {
              at(b, "/verificationMaterial").putObject("publicKey");
              at(b, "/dsseEnvelope").put("payload", "e30=");
            }));
  }

  /** Signed by the right key, and still of no use. */
  private String statement(Consumer<ObjectNode> change) throws IOException {
    signed();
    byte[] json = Bundle.verified(file, key.verificationKey());
    ObjectNode statement = JsonFiles.parseObject("statement", json);
    change.accept(statement);
    Files.write(file, Bundle.signed(JsonFiles.format(statement), key));
    return said();
  }

  private String name(String name) throws IOException {
    return statement(s -> at(s, "/predicate/resources/0").put("name", name));
  }

  @Test
  void statements() throws IOException {
    assertEquals(
        "'_type' is 'x', not https://in-toto.io/Statement/v1", statement(s -> s.put("_type", "x")));
    assertEquals(
        "'predicateType' is 'https://slsa.dev/provenance/v1', not"
            + " https://model_signing/signature/v1.0",
        statement(s -> s.put("predicateType", "https://slsa.dev/provenance/v1")));
    assertEquals("has not one model in its 'subject'", statement(s -> s.putArray("subject")));
    assertEquals(
        "is not consistent: the hashes of its files do not make that of its 'subject'",
        statement(s -> at(s, "/subject/0/digest").put("sha256", "00")));
    assertEquals("signs no file", statement(s -> at(s, "/predicate").putArray("resources")));
    assertEquals("signs no file", statement(s -> at(s, "/predicate").put("resources", 1)));
    assertEquals(
        "'hash_type' is 'md5', not sha256",
        statement(s -> at(s, "/predicate/serialization").put("hash_type", "md5")));
    assertTrue(
        statement(s -> at(s, "/predicate/serialization").put("method", "tensors"))
            .startsWith("'method' is 'tensors'"));
    for (double size : new double[] {0, -1, 0.5, 1e18, Long.MAX_VALUE, 1e300}) {
      String said =
          statement(
              s ->
                  at(s, "/predicate/serialization")
                      .put("method", "shards")
                      .put("shard_size", size));
      assertTrue(said.startsWith("'method' is 'shards' with 'shard_size' " + size), said);
    }
    assertEquals(
        "'algorithm' is 'md5', not sha256",
        statement(s -> at(s, "/predicate/resources/0").put("algorithm", "md5")));
    assertEquals(
        "'zz' is no SHA-256", statement(s -> at(s, "/predicate/resources/0").put("digest", "zz")));
    assertEquals(
        "names 'empty' twice",
        statement(s -> at(s, "/predicate/resources/0").put("name", "empty")));
  }

  @Test
  void namesThatLeadElsewhere() throws IOException {
    for (String name :
        new String[] {
          "../x", "a/../../x", "/etc/passwd", "", "a//b", "a/", "./a", "..", "a/.", "a\0b"
        }) {
      String said = name(name);
      assertTrue(said.endsWith("' is not the name of a file within the model"), said);
    }
    assertTrue(name("x".repeat(100_000) + "/..").length() < 2_000);
  }

  @Test
  void shards() throws IOException {
    for (String name :
        new String[] {
          "a", "a:0", "a:0:0", "a:5:3", "a:0:11", ":0:1", "a:-1:1", "a:x:1", "a:0:1:"
        }) {
      assertEquals("'" + name + "' is no shard, FILE:START:END", ofShards(name));
    }
    assertEquals("the shards of 'a' do not make a file", ofShards("a:1:2"));
    assertEquals("the shards of 'a' do not make a file", ofShards("a:0:10", "a:11:20"));
    assertEquals("the shards of 'a' do not make a file", ofShards("a:0:9", "a:9:19"));
    assertEquals("names 'a:0:9' twice", ofShards("a:0:10", "a:0:9"));
    assertTrue(ofShards("../a:0:9").startsWith("'../a' is not the name of a file"));
  }

  private String ofShards(String... names) throws IOException {
    return statement(
        s -> {
          at(s, "/predicate/serialization").put("method", "shards").put("shard_size", 10);
          var resources = at(s, "/predicate").putArray("resources");
          for (String name : names) {
            ObjectNode resource = resources.addObject().put("name", name);
            resource.put("algorithm", "sha256-sharded-10").put("digest", "0".repeat(64));
          }
        });
  }

  @Test
  void hostileJson() throws IOException {
    Files.writeString(file, "");
    assertEquals("is empty", said());
    Files.writeString(file, "[".repeat(100_000));
    assertTrue(said().startsWith("is not valid JSON"));
    Files.writeString(file, "{\"mediaType\": \"a\", \"mediaType\": \"b\"}");
    assertTrue(said().startsWith("is not valid JSON"));
    Files.writeString(file, "[]");
    assertEquals("holds no JSON object", said());
    Files.write(file, Bundle.signed("{\"a\":".repeat(5_000).getBytes(StandardCharsets.UTF_8), key));
    assertTrue(said().startsWith("its payload: is not valid JSON"));
    try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(20_000_001);
    }
    assertEquals("is larger than 20 MB, which no signature of a model is", said());
    Files.delete(file);
    assertEquals("cannot be read: no such file", said());
    Files.createDirectory(file);
    assertEquals("is a folder, not a signature", said());
  }

  /** Whatever becomes of it, it is refused in words, or says what was signed. */
  @Test
  void bytesThatChange() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < 120; i++) {
      byte[] bytes =
          i % 3 == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length - 1)) : whole.clone();
      if (bytes.length > 0) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Files.write(file, bytes);
      try {
        assertTrue(verify().passed(), seed());
      } catch (SigningException | CheckpointException e) {
        assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage() + seed());
      }
    }
  }
}
