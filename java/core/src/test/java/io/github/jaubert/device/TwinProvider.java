package io.github.jaubert.device;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.device.DeviceProvider;
import io.github.jaubert.internal.device.OpenDevice;
import java.util.List;

/**
 * Two more devices for tests, {@code twin:0} and {@code twin:1}: contexts of the CPU with memory of
 * their own. What is right for them is right for a device whose memory the program cannot read,
 * except where it would read it.
 */
public final class TwinProvider implements DeviceProvider {
  static final int COUNT = 2;

  @Override
  public String kind() {
    return "twin";
  }

  /** No, so that no test gets one by {@code Device.best()}. */
  @Override
  public boolean present() {
    return false;
  }

  @Override
  public OpenDevice open(int index) {
    if (index >= COUNT) {
      throw new IllegalArgumentException("twin:" + index + ": there are " + COUNT);
    }
    return new Twin(Kernels.jb_context_create(1));
  }

  @Override
  public void report(List<String> found, List<String> missing) {
    found.add("two twins");
    missing.add("a third");
  }

  private record Twin(long context) implements OpenDevice {
    @Override
    public String description() {
      return "a twin of the CPU";
    }

    @Override
    public boolean isFastInBf16() {
      return false;
    }

    @Override
    public long freeMemory() {
      return 1 << 30;
    }

    @Override
    public void synchronize() {}
  }
}
