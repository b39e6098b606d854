package io.github.jaubert.cuda;

import java.util.Locale;

/**
 * A GPU as its driver describes it.
 *
 * @param capability the compute capability, 90 for 9.0
 * @param memory in bytes
 */
record Gpu(String name, int capability, int multiprocessors, long memory) {
  /** As {@code NVIDIA H200, compute capability 9.0, 132 multiprocessors, 143,771 MiB}. */
  String description() {
    return String.format(Locale.ROOT, "%s, %,d MiB", processor(), memory >> 20);
  }

  /** The same without its memory. */
  String processor() {
    return name
        + ", compute capability "
        + capabilityText()
        + ", "
        + multiprocessors
        + " multiprocessors";
  }

  String capabilityText() {
    return capability / 10 + "." + capability % 10;
  }
}
