package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CublasLtTest {
  @TempDir private Path root;

  private final Map<String, String> environment = new HashMap<>();

  /** Writes its arguments, one a line, where the executable is wanted. */
  @BeforeEach
  void aCompiler() throws IOException {
    script(
        "bin/c++",
        "for x; do [ \"$last\" = -o ] && out=$x; last=$x; done; printf '%s\\n' \"$@\" > \"$out\"");
    environment.put("PATH", root.resolve("nowhere") + ":" + root.resolve("bin"));
    // Which the process is not given, so that it is named in full.
    environment.put("CXX", root.resolve("bin/c++").toString());
    file("cublaslt.cpp", "");
  }

  private Path script(String name, String body) throws IOException {
    Path script = file(name, "#!/bin/sh\n" + body + "\n");
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Path file(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private void headers(String folder, int major) throws IOException {
    file(folder + "/cublasLt.h", "");
    file(folder + "/cublas_api.h", "#define CUBLAS_VER_MAJOR " + major + "\n");
  }

  private List<String> compiled(Optional<Program> python) throws Exception {
    Path output = root.resolve("out");
    Program program = compile(python, output);
    assertEquals(List.of(output.toString()), program.command());
    return Files.readAllLines(output);
  }

  private Program compile(Optional<Program> python, Path output) throws ProgramFailure {
    return new CublasLt(new ProgramRunner(Duration.ofSeconds(60)), root, environment)
        .compile(root.resolve("cublaslt.cpp"), python, output);
  }

  private String refusal() {
    return assertThrows(ProgramFailure.class, () -> compile(Optional.empty(), root.resolve("out")))
        .getMessage();
  }

  @Test
  void aToolkitHasEverything() throws Exception {
    headers("usr/local/cuda-12.9/include", 12);
    headers("usr/local/cuda-13.1/include", 13);
    file("usr/local/cuda-13.1/include/cuda_runtime_api.h", "");
    file("usr/local/cuda-13.1/include/crt/host_defines.h", "");
    file("usr/local/cuda-12.9/lib64/libcublasLt.so.12", "");
    Path lt = file("usr/local/cuda-13.1/lib64/libcublasLt.so.13", "");
    Path runtime = file("usr/local/cuda-13.1/lib64/libcudart.so.13", "");
    assertEquals(
        List.of(
            "-std=c++17",
            "-O2",
            "-I" + root.resolve("usr/local/cuda-13.1/include"),
            root.resolve("cublaslt.cpp").toString(),
            "-o",
            root.resolve("out").toString(),
            lt.toString(),
            "-Wl,-rpath," + lt.getParent(),
            runtime.toString(),
            "-Wl,-rpath," + runtime.getParent()),
        compiled(Optional.empty()));
  }

  /** Packages of Python may lack a header, which then comes from a toolkit. */
  @Test
  void thePackagesOfThePythonComeFirst() throws Exception {
    headers("python/nvidia/cu13/include", 13);
    file("python/nvidia/cu13/include/cuda_runtime_api.h", "");
    Path lt = file("python/nvidia/cu13/lib/libcublasLt.so.13", "");
    file("python/nvidia/cu13/lib/libcudart.so.13", "");
    headers("usr/local/cuda/include", 13);
    file("usr/local/cuda/include/crt/host_defines.h", "");
    file("usr/local/cuda/lib64/libcublasLt.so.13", "");
    Path python = script("python3", "echo " + root.resolve("python/nvidia/cu13"));
    List<String> command =
        compiled(Optional.of(new Program("PyTorch", List.of(python.toString()))));
    assertTrue(command.contains(lt.toString()), command::toString);
    assertEquals(
        List.of(
            "-I" + root.resolve("python/nvidia/cu13/include"),
            "-I" + root.resolve("usr/local/cuda/include")),
        command.stream().filter(argument -> argument.startsWith("-I")).toList());
  }

  @Test
  void aLibraryOfAnotherVersionIsNotTaken() throws IOException {
    headers("usr/include", 13);
    file("usr/include/cuda_runtime_api.h", "");
    file("usr/include/crt/host_defines.h", "");
    file("usr/lib/x86_64-linux-gnu/libcublasLt.so.12", "");
    assertTrue(refusal().startsWith("no libcublasLt.so.13 in ["), this::refusal);
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    assertTrue(refusal().startsWith("no cublasLt.h in ["), this::refusal);
    environment.put("CXX", "");
    environment.put("PATH", "/nowhere");
    assertEquals("no C++ compiler: c++, g++, clang++", refusal());
    Files.delete(root.resolve("cublaslt.cpp"));
    assertEquals("there is no " + root.resolve("cublaslt.cpp"), refusal());
  }

  @Test
  void theCompilersWordsAreKept() throws IOException {
    headers("usr/include", 13);
    file("usr/include/cuda_runtime_api.h", "");
    file("usr/include/crt/host_defines.h", "");
    file("usr/lib64/libcublasLt.so.13", "");
    file("usr/lib64/libcudart.so.13", "");
    script("bin/c++", "echo 'cublasLt.h:1: syntax error' >&2; exit 1");
    assertTrue(refusal().contains("cublasLt.h:1: syntax error"), this::refusal);
  }
}
