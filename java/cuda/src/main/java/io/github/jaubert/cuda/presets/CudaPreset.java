package io.github.jaubert.cuda.presets;

import io.github.jaubert.internal.binding.presets.KernelsPreset;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how {@code jaubert/cuda.h} becomes the class {@code Cuda}.
 *
 * <p>The binding is linked with no library: {@code CudaLibrary} opens libjaubert_cuda before it,
 * for all to see. So it is built where there is no nvcc, too, and the emulator can take the place
 * of the GPU.
 */
@Properties(
    value = @Platform(include = "jaubert/cuda.h", library = "jnijaubert_cuda"),
    target = "io.github.jaubert.cuda.Cuda")
@NoException
public class CudaPreset implements InfoMapper {
  /** The types are those of the other headers. */
  @Override
  public void map(InfoMap infoMap) {
    new KernelsPreset().map(infoMap);
  }
}
