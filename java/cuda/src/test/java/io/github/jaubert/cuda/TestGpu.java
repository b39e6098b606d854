package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.jaubert.tensor.Device;

/**
 * The GPU that tests run on: what the system property {@code jaubert.test.device} names, or else
 * the first. They make most tensors on the CPU and move them there.
 */
final class TestGpu {
  private static final String NAME = System.getProperty("jaubert.test.device", "cuda:0");

  private TestGpu() {}

  /** The device; the test is skipped where there is no GPU, or the CPU is asked for. */
  static Device orSkip() {
    assumeTrue(!NAME.equals("cpu"), "no GPU is to be tested");
    assumeTrue(
        Requirements.obstacles(Findings.ofThisMachine()).findAny().isEmpty(), "there is no GPU");
    return Device.of(NAME);
  }

  /** Says whether a device can be tested at all, before hundreds of tests do. */
  public static void main(String[] names) {
    try {
      System.out.println("testing " + Device.of(names[0]).description());
    } catch (IllegalArgumentException | IllegalStateException e) {
      System.err.println("jaubert selftest: " + e.getMessage());
      System.exit(1);
    }
  }
}
