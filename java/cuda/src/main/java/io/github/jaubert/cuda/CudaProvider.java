package io.github.jaubert.cuda;

import io.github.jaubert.internal.device.DeviceProvider;
import io.github.jaubert.internal.device.OpenDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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
  public void report(List<String> found, List<String> missing) {
    Findings findings;
    try {
      findings = Findings.ofThisMachine();
    } catch (IllegalStateException e) {
      missing.add(e.getMessage());
      return;
    }
    found.addAll(findings.lines());
    if (present()) { // without a GPU nothing is missing: that is how most machines are
      Requirements.obstacles(findings).forEach(missing::add);
    }
  }
}
