package io.github.jaubert.internal.memory;

import io.github.jaubert.internal.device.DeviceGraphs;
import io.github.jaubert.internal.device.OpenDevice;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What stands behind a device: the context of the native library and the memory of the device. Here
 * a device is a name; the program's {@code Device} of that name knows its backend, not the reverse.
 */
public final class Backend {
  private static final String CPU_NAME = "cpu";

  /** Those beside the CPU's, by name. */
  private static final Map<String, Backend> OTHERS = new ConcurrentHashMap<>();

  private final String name;
  private final OpenDevice opened;
  private final long context;
  private final Allocator allocator;
  private volatile Recorder recorder; // null while the device runs what it is asked for

  private Backend(String name, OpenDevice opened) {
    this.name = name;
    this.opened = opened;
    this.context = opened.context();
    this.allocator = new Allocator(this);
  }

  /** The backend of the CPU; loads the native library on first use. */
  public static Backend cpu() {
    return Cpu.INSTANCE;
  }

  /** The backend of the device of a name; null if that was never opened. */
  public static Backend of(String name) {
    return name.equals(CPU_NAME) ? cpu() : OTHERS.get(name);
  }

  /**
   * Opens the device that is number {@code index} of its kind; {@link #of} finds it by {@code name}
   * from then on. Called once for each.
   *
   * @throws IllegalArgumentException if there are such devices, but not as many
   * @throws IllegalStateException if it cannot be used; the message says what was found and what is
   *     needed
   */
  public static void open(String name, String kind, int index) {
    cpu();
    OTHERS.put(name, new Backend(name, Providers.of(kind, name).open(index)));
  }

  /** The backends of all devices that were opened beside the CPU. */
  public static Collection<Backend> others() {
    return OTHERS.values();
  }

  /** The name of the device that tensors made here say they are on. */
  public String name() {
    return name;
  }

  /** Whether it is the processor that runs this program. */
  boolean isCpu() {
    return name.equals(CPU_NAME);
  }

  /** The {@code jb_ctx} to hand to every kernel. */
  public long context() {
    return context;
  }

  /** The memory of this device. */
  public Allocator allocator() {
    return allocator;
  }

  /** The graphs of the device, or null if it has none. */
  public DeviceGraphs graphs() {
    return opened.graphs();
  }

  /**
   * What has to be told of the step that is being captured on this device; null if none is.
   *
   * @throws IllegalStateException if another thread captures
   */
  public Recorder recorder() {
    Recorder now = recorder;
    if (now != null) {
      now.requireThread();
    }
    return now;
  }

  /** Begins to tell of what is used, or ends it with null. */
  public void record(Recorder now) {
    recorder = now;
  }

  /** Whether a step is being captured, by whichever thread. */
  public boolean isCapturing() {
    return recorder != null;
  }

  /**
   * Refuses what needs the device to run.
   *
   * @throws IllegalStateException while a step is captured
   */
  public void requireRunning(String action) {
    if (recorder() != null) {
      throw new IllegalStateException(
          action + " while a step is captured on " + name + ", as nothing runs there yet");
    }
  }

  /** The device in words. */
  public String description() {
    return opened.description();
  }

  /** What the bits of the device's results depend on, in words. */
  public String arithmetic() {
    return opened.arithmetic();
  }

  /** Whether layers take less time in BF16 than in F32. */
  public boolean isFastInBf16() {
    return opened.isFastInBf16();
  }

  /** Bytes that tensors could still take: those that nobody uses, and those that are cached. */
  public long available() {
    return opened.freeMemory() + allocator.cached();
  }

  /** Waits for all that was begun on the device. */
  public void synchronize() {
    requireRunning("there is nothing to wait for");
    opened.synchronize();
  }

  /** Does work and gives the seconds that it took on the device. */
  public double seconds(Runnable work) {
    requireRunning("no time can be taken");
    return opened.seconds(work);
  }

  private static final class Cpu {
    private static final Backend INSTANCE = new Backend(CPU_NAME, CpuDevice.open());
  }
}
