package io.github.jaubert.tensor;

import java.util.List;

/**
 * What a machine has for devices beside the CPU.
 *
 * @param found drivers, devices and libraries, one a line
 * @param missing what stands in the way of using them; empty if nothing does
 */
public record DeviceReport(List<String> found, List<String> missing) {
  /** Copies both lists. */
  public DeviceReport {
    found = List.copyOf(found);
    missing = List.copyOf(missing);
  }
}
