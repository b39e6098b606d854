package io.github.jaubert.train;

import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Tells data and weights apart by their content, so that a checkpoint is not continued with others:
 * the first digits of a SHA-256.
 */
final class Fingerprint {
  private static final int DIGITS = 16;
  private static final int CHUNK = 1 << 16;

  private final MessageDigest sha256;

  private Fingerprint() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  private String digits() {
    return HexFormat.of().formatHex(sha256.digest()).substring(0, DIGITS);
  }

  /** Of a text. */
  static String of(String text) {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.sha256.update(text.getBytes(StandardCharsets.UTF_8));
    return fingerprint.digits();
  }

  // ---- data ----

  /** The number of examples, and what tells them apart by all that they hold. */
  static String of(Examples examples) {
    if (examples.fingerprint() != null) {
      return examples.size() + " examples " + examples.fingerprint();
    }
    Fingerprint fingerprint = new Fingerprint();
    for (int row = 0; row < examples.size(); row++) {
      examples.batch(new int[] {row}).digest(fingerprint.sha256::update);
    }
    return examples.size() + " examples " + fingerprint.digits();
  }

  // ---- weights ----

  /** Of the names, shapes and values of parameters; half a second for 110 million of them. */
  static String of(List<Parameter> parameters) {
    Map<String, Tensor> weights = new TreeMap<>();
    parameters.forEach(parameter -> weights.put(parameter.name(), parameter.tensor()));
    Fingerprint fingerprint = new Fingerprint();
    weights.forEach((name, tensor) -> fingerprint.add(name, tensor.shape(), tensor.toFloats()));
    return fingerprint.digits();
  }

  /**
   * The same of tensors in a file, and of parameters that it need not hold.
   *
   * @param names of the tensors in the file by those of the parameters
   */
  static String of(SafeTensors file, Map<String, String> names, List<Parameter> others) {
    Map<String, Tensor> beside = new TreeMap<>();
    others.forEach(parameter -> beside.put(parameter.name(), parameter.tensor()));
    Set<String> all = new TreeSet<>(names.keySet());
    all.addAll(beside.keySet());
    Fingerprint fingerprint = new Fingerprint();
    for (String name : all) {
      Tensor tensor = beside.get(name);
      String there = names.get(name);
      fingerprint.add(
          name,
          tensor == null ? file.shape(there) : tensor.shape(),
          tensor == null ? file.floats(there) : tensor.toFloats());
    }
    return fingerprint.digits();
  }

  private void add(String name, Shape shape, float[] values) {
    sha256.update((name + " " + shape + "\n").getBytes(StandardCharsets.UTF_8));
    ByteBuffer bytes =
        ByteBuffer.allocate(4 * Math.min(values.length, CHUNK)).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += CHUNK) {
      int count = Math.min(CHUNK, values.length - from);
      bytes.clear().asFloatBuffer().put(values, from, count);
      sha256.update(bytes.limit(4 * count));
    }
  }
}
