package io.github.jaubert.internal.binding;

/** Turns a status of the C ABI into a Java exception. */
public final class Native {
  private Native() {}

  /**
   * Returns if {@code status} is 0; throws what it means, with the words of the native side, if
   * not.
   */
  public static void check(int status) {
    if (status != Kernels.JB_OK) {
      throw failure(status);
    }
  }

  private static RuntimeException failure(int status) {
    String words = lastError();
    if (status == Kernels.JB_INVALID_ARGUMENT) {
      return new IllegalArgumentException(words);
    }
    if (status == Kernels.JB_UNSUPPORTED) {
      return new UnsupportedOperationException(words);
    }
    if (status == Kernels.JB_OUT_OF_MEMORY) {
      throw new OutOfMemoryError(words);
    }
    return new IllegalStateException(words);
  }

  /** What the native side said about the last failure of this thread. */
  public static String lastError() {
    return Kernels.jb_last_error();
  }
}
