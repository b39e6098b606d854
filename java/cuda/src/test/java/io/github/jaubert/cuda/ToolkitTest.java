package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the libraries of CUDA are looked for. */
class ToolkitTest {
  @TempDir private Path root;

  private Path library(String folder, String name) throws IOException {
    Path file = Files.createDirectories(root.resolve(folder)).resolve(name);
    return Files.createFile(file);
  }

  private Toolkit find(Map<String, String> environment) {
    return Toolkit.find(Toolkit.folders(root, environment));
  }

  @Test
  void nothingIsFoundWhereNothingIs() {
    Toolkit toolkit = find(Map.of("LD_LIBRARY_PATH", "", "HOME", "/nonexistent", "PATH", ":/"));
    assertEquals(
        new Toolkit(
            List.of(),
            List.of("libcudart.so.13", "libcublasLt.so.13", "libcublas.so.13"),
            List.of(),
            List.of()),
        toolkit);
    assertEquals(List.of(), toolkit.found());
  }

  @Test
  void theLibrariesOfAToolkitAreFound() throws IOException {
    for (String folder :
        List.of(
            "usr/local/cuda/lib64",
            "usr/local/cuda/targets/x86_64-linux/lib",
            "usr/local/cuda-13.0/lib64",
            "opt/cuda/lib64",
            "usr/local/lib/python3.12/dist-packages/nvidia/cu13/lib",
            "usr/lib/python3.11/dist-packages/nvidia/cublas/lib",
            "usr/lib/x86_64-linux-gnu",
            "usr/lib64",
            "home/.local/lib/python3.10/site-packages/nvidia/cu13/lib",
            "venv/lib/python3.13/site-packages/nvidia/cu13/lib",
            "conda/lib",
            "tools/lib/python3.9/site-packages/nvidia/cu13/lib",
            "mine",
            "sdk/lib64")) {
      Path cublas = library(folder, "libcublas.so.13");
      Path cublasLt = library(folder, "libcublasLt.so.13");
      Path runtime = library(folder, "libcudart.so.13");
      Toolkit toolkit =
          find(
              Map.of(
                  "HOME", root + "/home",
                  "VIRTUAL_ENV", root + "/venv",
                  "CONDA_PREFIX", root + "/conda",
                  "PATH", "/nowhere/bin:" + root + "/tools/bin",
                  "LD_LIBRARY_PATH", "/nowhere:" + root + "/mine",
                  "CUDA_HOME", root + "/sdk"));
      assertEquals(List.of(runtime, cublasLt, cublas), toolkit.libraries());
      assertEquals(List.of(), toolkit.missing());
      Files.delete(cublas);
      Files.delete(cublasLt);
      Files.delete(runtime);
    }
  }

  @Test
  void whatTheEnvironmentNamesComesFirst() throws IOException {
    library("usr/local/cuda/lib64", "libcublas.so.13");
    Path named = library("mine", "libcublas.so.13");
    assertEquals(List.of(named), find(Map.of("LD_LIBRARY_PATH", root + "/mine")).libraries());
  }

  @Test
  void ofSeveralToolkitsTheNewestCounts() throws IOException {
    library("usr/local/cuda-13.0/lib64", "libcublas.so.13");
    Path newest = library("usr/local/cuda-13.1/lib64", "libcublas.so.13");
    assertEquals(List.of(newest), find(Map.of()).libraries());
  }

  @Test
  void otherVersionsAreNamedButNotUsed() throws IOException {
    Path old = library("usr/local/cuda-12.4/lib64", "libcublas.so.12");
    Path exact = library("usr/local/cuda-12.4/lib64", "libcublas.so.12.4.5.8");
    library("usr/local/cuda-12.4/lib64", "libcublasLt.so.12");
    library("usr/local/cuda-12.4/lib64", "libcublas.so");
    library("usr/local/cuda-12.4/lib64", "libcublas_static.a");
    Toolkit toolkit = find(Map.of());
    assertEquals(List.of(), toolkit.libraries());
    assertEquals(List.of(old, exact), toolkit.others());
    assertEquals(List.of(root.resolve("usr/local/cuda-12.4/lib64")), toolkit.searched());
  }
}
