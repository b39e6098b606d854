package io.github.jaubert.device;

import io.github.jaubert.internal.device.DeviceProvider;
import io.github.jaubert.internal.device.OpenDevice;
import java.util.List;

/** A device that is in the machine, while a test says so, but cannot be used. */
public final class BrokenProvider implements DeviceProvider {
  static volatile boolean present;

  @Override
  public String kind() {
    return "broken";
  }

  @Override
  public boolean present() {
    return present;
  }

  @Override
  public OpenDevice open(int index) {
    throw new IllegalStateException("broken:" + index + ": the driver is too old");
  }

  @Override
  public void report(List<String> found, List<String> missing) {}
}
