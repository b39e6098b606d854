package io.github.jaubert.train;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.Targets;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Tells two data sets apart by their content, so that a checkpoint is not continued with other
 * data.
 */
final class Fingerprint {
  private static final int DIGITS = 16;

  private Fingerprint() {}

  /** The number of examples and {@link #of}. */
  static String sized(EncodedDataset data, Targets targets) {
    return data.size() + " examples " + of(data, targets);
  }

  /** The first digits of the SHA-256 of all token ids, segments and targets. */
  static String of(EncodedDataset data, Targets targets) {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
    for (int row = 0; row < data.size(); row++) {
      TokenBatch example = data.batch(new int[] {row});
      ByteBuffer bytes = ByteBuffer.allocate(4 * (1 + 2 * example.tokens() + targets.width()));
      bytes.putInt(example.tokens());
      for (int i = 0; i < example.tokens(); i++) {
        bytes.putInt(example.inputIds()[i]).putInt(example.tokenTypeIds()[i]);
      }
      for (int column = 0; column < targets.width(); column++) {
        bytes.putFloat(targets.value(row, column));
      }
      sha256.update(bytes.flip());
    }
    return HexFormat.of().formatHex(sha256.digest()).substring(0, DIGITS);
  }
}
