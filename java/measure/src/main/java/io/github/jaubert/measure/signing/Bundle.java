package io.github.jaubert.measure.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/**
 * A Sigstore bundle v0.3 that was signed with a key: a DSSE envelope, and what tells the key.
 *
 * @see <a href="https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md">DSSE</a>
 */
final class Bundle {
  /** Names some ten thousand files. */
  private static final int LARGEST = 20_000_000;

  private static final String MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
  private static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";

  private Bundle() {}

  /** A bundle with a payload and its signature. */
  static byte[] signed(byte[] payload, SigningKey key) {
    ObjectNode bundle = JsonFiles.object();
    bundle.put("mediaType", MEDIA_TYPE);
    ObjectNode material = bundle.putObject("verificationMaterial");
    material.putObject("publicKey").put("hint", key.verificationKey().hint());
    material.putArray("tlogEntries");
    ObjectNode envelope = bundle.putObject("dsseEnvelope");
    Base64.Encoder encoder = Base64.getEncoder();
    envelope.put("payload", encoder.encodeToString(payload)).put("payloadType", PAYLOAD_TYPE);
    String signature = encoder.encodeToString(key.sign(preAuthenticated(payload)));
    envelope.putArray("signatures").addObject().put("sig", signature).put("keyid", "");
    return JsonFiles.format(bundle);
  }

  /** DSSE's encoding of a payload and its type (PAE), which is what the key signs. */
  private static byte[] preAuthenticated(byte[] payload) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String before =
        "DSSEv1 %d %s %d ".formatted(PAYLOAD_TYPE.length(), PAYLOAD_TYPE, payload.length);
    out.writeBytes(before.getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(payload);
    return out.toByteArray();
  }

  /** Whether a file has the form of a bundle, whoever signed it. */
  static boolean isBundle(Path file) {
    try {
      return read(file)
          .path("mediaType")
          .asText()
          .startsWith("application/vnd.dev.sigstore.bundle");
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static ObjectNode read(Path file) {
    if (Files.isDirectory(file)) {
      throw new SigningException(file.toString(), "is a folder, not a signature");
    }
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(LARGEST + 1);
    } catch (IOException e) {
      throw SigningException.unreadable(file, e);
    }
    if (bytes.length > LARGEST) {
      throw new SigningException(
          file.toString(), "is larger than 20 MB, which no signature of a model is");
    }
    return JsonFiles.parseObject(file.toString(), bytes);
  }

  /**
   * What was signed.
   *
   * @throws SigningException if the file is no bundle, or this key did not sign what it holds
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if it is no JSON
   */
  static byte[] verified(Path file, VerificationKey key) {
    String name = file.toString();
    ObjectNode bundle = read(file);
    Json.expect(name, bundle, "mediaType", MEDIA_TYPE);
    JsonNode material = bundle.path("verificationMaterial");
    if (!material.path("publicKey").isObject()) {
      throw new SigningException(
          name,
          material.has("certificate") || material.has("x509CertificateChain")
              ? "was signed with a certificate or an account (Sigstore), not with a key"
              : "has no 'publicKey' in its 'verificationMaterial'");
    }
    JsonNode envelope = bundle.path("dsseEnvelope");
    Json.expect(name, envelope, "payloadType", PAYLOAD_TYPE);
    byte[] payload = bytes(name, envelope, "payload");
    JsonNode signatures = envelope.path("signatures");
    if (!signatures.isArray() || signatures.size() != 1) {
      throw new SigningException(name, "has not one signature in its 'signatures'");
    }
    byte[] signature = bytes(name, signatures.get(0), "sig");
    JsonNode hint = material.path("publicKey").path("hint"); // bundles before 1.1 lack it
    if (hint.isTextual() && !hint.asText().isEmpty() && !hint.asText().equals(key.hint())) {
      throw new SigningException(
          name,
          "was signed with another key: it names %s, this one is %s"
              .formatted(Json.plain(hint.asText()), key.hint()));
    }
    if (!key.verifies(preAuthenticated(payload), signature)) {
      throw new SigningException(
          name,
          hint.isTextual()
              ? "does not hold: it was changed after it was signed"
              : "does not hold: it was signed with another key, or changed afterwards");
    }
    return payload;
  }

  private static byte[] bytes(String file, JsonNode node, String field) {
    try {
      return Base64.getDecoder().decode(Json.text(file, node, field));
    } catch (IllegalArgumentException e) {
      throw new SigningException(file, "its '" + field + "' is not base64", e);
    }
  }
}
