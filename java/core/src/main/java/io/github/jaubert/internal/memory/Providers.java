package io.github.jaubert.internal.memory;

import io.github.jaubert.internal.device.DeviceProvider;
import java.util.List;
import java.util.ServiceLoader;

/** The modules on the class path that bring devices other than the CPU. */
public final class Providers {
  private static final List<DeviceProvider> ALL =
      ServiceLoader.load(DeviceProvider.class, DeviceProvider.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  private Providers() {}

  /** All of them. */
  public static List<DeviceProvider> all() {
    return ALL;
  }

  /**
   * The one for a kind of device.
   *
   * @throws IllegalStateException if there is none
   */
  static DeviceProvider of(String kind, String device) {
    return ALL.stream()
        .filter(provider -> provider.kind().equals(kind))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "%s: io.github.jaubert:jaubert-%s is not on the class path"
                        .formatted(device, kind)));
  }
}
