package io.github.jaubert.cuda;

import io.github.jaubert.internal.device.DeviceProvider;
import io.github.jaubert.internal.device.OpenDevice;
import io.github.jaubert.tensor.DeviceReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The GPUs of this machine. */
public final class CudaProvider implements DeviceProvider {
  /** What a driver leaves in the file system: NVIDIA's own, and that of Windows under WSL. */
  private static final List<Path> TRACES =
      List.of(
          Path.of("/proc/driver/nvidia/version"),
          Path.of("/dev/nvidiactl"),
          Path.of("/usr/lib/wsl/lib/libcuda.so.1"));

  /** Made by {@link java.util.ServiceLoader}. */
  public CudaProvider() {}

  @Override
  public String kind() {
    return "cuda";
  }

  @Override
  public boolean present() {
    return CudaLibrary.isEmulated() || TRACES.stream().anyMatch(Files::exists);
  }

  @Override
  public OpenDevice open(int index) {
    Findings findings = Findings.ofThisMachine();
    Requirements.check(findings, index);
    return CudaDevice.open(findings, index);
  }

  @Override
  public DeviceReport report() {
    Findings findings;
    try {
      findings = Findings.ofThisMachine();
    } catch (IllegalStateException e) {
      return new DeviceReport(List.of(), List.of(e.getMessage()));
    }
    // Without a GPU nothing is missing: that is how most machines are.
    List<String> missing =
        present() ? Requirements.obstacles(findings).toList() : Stream.<String>empty().toList();
    return new DeviceReport(findings.lines(), missing);
  }
}
