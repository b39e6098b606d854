package io.github.jaubert.internal.device;

import java.util.List;

/**
 * The devices of one kind, such as the GPUs that CUDA knows. Found by {@link
 * java.util.ServiceLoader}; the modules that may implement it are named in core's module-info.
 */
public interface DeviceProvider {
  /** The kind, which is the part of a device's name before the colon: {@code cuda}. */
  String kind();

  /**
   * Whether the machine seems to have a device of this kind, be it usable or not; loads nothing
   * that is not needed to tell.
   */
  boolean present();

  /**
   * Makes a device ready, once for each index. The native library of core is loaded before.
   *
   * @throws IllegalArgumentException if there are devices, but none of this index
   * @throws IllegalStateException if it cannot be used; the message says what was found and what is
   *     needed
   */
  OpenDevice open(int index);

  /**
   * Says, in lines for people to read, what there is of devices, drivers and libraries.
   *
   * @param found gets a line for each
   * @param missing gets a line for each that ought to be there and is not
   */
  void report(List<String> found, List<String> missing);
}
