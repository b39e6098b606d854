package io.github.jaubert.tensor;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.device.DeviceProvider;
import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.memory.Providers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where tensors live and operations run. A result lives where the operands of its operation live,
 * and they must live on one device; {@link Tensor#to(Device)} moves. Tensors that are made from no
 * other are made on {@link #defaultDevice}.
 */
public final class Device {
  private static final Logger LOG = LoggerFactory.getLogger(Device.class);
  private static final Pattern NAME = Pattern.compile("([a-z]+)(?::(\\d{1,4}))?");

  private static final Device CPU = new Device("cpu");
  private static final Map<String, Device> OTHERS = new ConcurrentHashMap<>();

  /** Null until it is asked for or set. */
  private static volatile Device byDefault;

  private final String name;

  private Device(String name) {
    this.name = name;
  }

  // ---- which there are ----

  /** The processor that runs this program. */
  public static Device cpu() {
    return CPU;
  }

  /**
   * A GPU of this machine, in the order of CUDA, with {@code io.github.jaubert:jaubert-cuda} on the
   * class path.
   *
   * @throws IllegalArgumentException if there are GPUs, but not as many
   * @throws IllegalStateException if it cannot be used: the message says which module, driver,
   *     library or architecture was found and which is needed
   */
  public static Device cuda(int index) {
    if (index < 0) {
      throw new IllegalArgumentException("cuda:" + index + ": devices are counted from 0");
    }
    return open("cuda", index);
  }

  private static Device open(String kind, int index) {
    return OTHERS.computeIfAbsent(
        kind + ":" + index,
        name -> {
          Backend.open(name, kind, index);
          return new Device(name);
        });
  }

  /**
   * The fastest device there is: the first GPU if {@code jaubert-cuda} is on the class path and
   * there is one, else the CPU. If there is a GPU that cannot be used, the log warns and says why.
   * {@link #description} says which it is.
   */
  public static Device best() {
    for (DeviceProvider provider : Providers.all()) {
      if (provider.present()) {
        try {
          return open(provider.kind(), 0);
        } catch (IllegalStateException e) {
          LOG.warn("the CPU is used instead of a GPU: {}", e.getMessage());
        }
      }
    }
    return CPU;
  }

  /**
   * The device of a name: {@code cpu}, {@code cuda:0}, {@code cuda} for the first GPU, or {@code
   * best}.
   *
   * @throws IllegalArgumentException if there is no such name, or there are not as many GPUs
   * @throws IllegalStateException as {@link #cuda} does
   */
  public static Device of(String name) {
    Device known = name.equals(CPU.name) ? CPU : OTHERS.get(name);
    if (known != null) {
      return known; // without a look at the words of its name: each tensor asks this way
    }
    if (name.equals("best")) {
      return best();
    }
    Matcher parts = NAME.matcher(name);
    boolean ofKnownKind =
        parts.matches()
            && (parts.group(1).equals("cuda")
                || Providers.all().stream().anyMatch(p -> p.kind().equals(parts.group(1))));
    if (!ofKnownKind) {
      throw new IllegalArgumentException(
          "device '" + name + "' is not one of cpu, cuda, cuda:0, cuda:1, …, best");
    }
    return open(parts.group(1), parts.group(2) == null ? 0 : Integer.parseInt(parts.group(2)));
  }

  /**
   * Where tensors are made that are made from no other: by {@link Tensor#of}, {@link Tensor#zeros}
   * and the like, and the parameters of new layers. At first it is what the system property {@code
   * jaubert.device} names, or else the CPU.
   */
  public static Device defaultDevice() {
    Device device = byDefault;
    if (device == null) {
      device = of(System.getProperty("jaubert.device", "cpu"));
      byDefault = device;
    }
    return device;
  }

  /**
   * Makes this the {@link #defaultDevice} of all threads.
   *
   * @return this device
   */
  public Device makeDefault() {
    byDefault = this;
    return this;
  }

  /** What this machine has for devices beside the CPU, and what is missing; for people to read. */
  public static DeviceReport report() {
    List<String> found = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (DeviceProvider provider : Providers.all()) {
      provider.report(found, missing);
    }
    return new DeviceReport(found, missing);
  }

  // ---- what it is ----

  /** As {@code cpu} or {@code cuda:0}. */
  public String name() {
    return name;
  }

  /**
   * The device in words: of the CPU the instruction set of the kernels, the BLAS and the number of
   * threads; of a GPU its name, compute capability, number of multiprocessors, memory, driver and
   * BLAS.
   */
  public String description() {
    return name + " (" + Backend.of(name).description() + ")";
  }

  /**
   * What the bits of results here depend on besides operation and operands, in words: of the CPU
   * the instruction set of the kernels and the BLAS, not the threads; of a GPU its name, compute
   * capability, number of multiprocessors and BLAS, and whether that may use TF32, but not its
   * index, memory or driver. (The driver matters for a GPU that is newer than what the kernels were
   * compiled for: it compiles them.)
   */
  public String arithmetic() {
    return name.replaceFirst(":.*", "") + " (" + Backend.of(name).arithmetic() + ")";
  }

  /**
   * The type in which layers take the least time here: {@link DType#BF16} on a GPU, and on a CPU
   * that multiplies matrices of it faster ({@code vdpbf16ps} of AMD since Zen 4, AMX of Intel since
   * Sapphire Rapids); else {@link DType#F32}. Every device computes in both.
   */
  public DType fastestType() {
    return Backend.of(name).isFastInBf16() ? DType.BF16 : DType.F32;
  }

  /**
   * Waits for all that was begun on the device, which a measurement of time needs; on the CPU
   * nothing is ever left. Reading a tensor waits by itself.
   *
   * @throws IllegalStateException if an operation failed on the device
   */
  public void synchronize() {
    Backend.of(name).synchronize();
  }

  /**
   * Does work, waits for it, and gives the seconds that it took on the device. A GPU's own clock
   * takes the time, from what is begun first to the end of what is begun last.
   *
   * @throws IllegalStateException if an operation failed on the device
   */
  public double seconds(Runnable work) {
    return Backend.of(name).seconds(work);
  }

  /**
   * How many threads an operation uses at most.
   *
   * @throws UnsupportedOperationException if this is not the CPU
   */
  public int threads() {
    return Kernels.jb_get_threads(contextOfCpu());
  }

  /**
   * Sets how many threads an operation uses at most, 0 for as many as the process may use. Results
   * do not depend on it.
   *
   * @return this device
   * @throws IllegalArgumentException if {@code threads} is negative
   * @throws UnsupportedOperationException if this is not the CPU
   */
  public Device threads(int threads) {
    Native.check(Kernels.jb_set_threads(contextOfCpu(), threads));
    return this;
  }

  private long contextOfCpu() {
    if (this != CPU) {
      throw new UnsupportedOperationException("threads: " + name + " is not the CPU");
    }
    return Backend.cpu().context();
  }

  @Override
  public String toString() {
    return name;
  }
}
