package io.github.jaubert.bert.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The few lines that Git leaves in place of a large file where Git LFS, which would fetch it, is
 * not installed.
 */
public final class LfsPointer {
  private static final byte[] START =
      "version https://git-lfs.github.com/spec/v1".getBytes(StandardCharsets.US_ASCII);

  private LfsPointer() {}

  /**
   * Refuses a pointer.
   *
   * @throws CheckpointException if the bytes are the beginning of one
   */
  public static void refuse(String file, byte[] firstBytes) {
    if (firstBytes.length >= START.length
        && Arrays.equals(firstBytes, 0, START.length, START, 0, START.length)) {
      throw new CheckpointException(
          file, "is a Git LFS pointer, not the file itself: run git lfs pull in its repository");
    }
  }
}
