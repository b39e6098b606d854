package io.github.jaubert.internal.engine;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.NativeLibrary;
import io.github.jaubert.tensor.Device;

/**
 * What stands behind a {@link Device}: the context of the native library and the memory of the
 * device.
 */
public final class Backend {
  private final Device device;
  private final long context;
  private final Allocator allocator;

  private Backend(Device device, long context) {
    this.device = device;
    this.context = context;
    this.allocator = new Allocator(this);
  }

  /** The backend of the CPU; loads the native library on first use. */
  public static Backend cpu() {
    return Cpu.INSTANCE;
  }

  /** The device that tensors made here say they are on. */
  public Device device() {
    return device;
  }

  /** The {@code jb_ctx} to hand to every kernel. */
  public long context() {
    return context;
  }

  /** The memory of this device. */
  public Allocator allocator() {
    return allocator;
  }

  private static final class Cpu {
    private static final Backend INSTANCE = create();

    private static Backend create() {
      NativeLibrary.load();
      long context = Kernels.jb_context_create(0);
      if (context == 0) {
        throw new IllegalStateException("the CPU backend cannot start: " + Native.lastError());
      }
      return new Backend(Device.cpu(), context);
    }
  }
}
