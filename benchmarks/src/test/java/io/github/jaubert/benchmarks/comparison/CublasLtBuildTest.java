package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code benchmarks/peers/cublaslt/build} in a file system of its own. */
class CublasLtBuildTest {
  private static final Path BUILD = Path.of("peers/cublaslt/build").toAbsolutePath();

  @TempDir private Path root;

  /** Writes its arguments, one a line, where the executable is wanted. */
  @BeforeEach
  void aCompiler() throws IOException {
    script(
        "bin/c++",
        "for x; do [ \"$last\" = -o ] && out=$x; last=$x; done; printf '%s\\n' \"$@\" > \"$out\"");
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
    file(folder + "/cuda_runtime_api.h", "");
    file(folder + "/crt/host_defines.h", "");
  }

  /** What the compiler was given. */
  private List<String> build(String compiler, String... python) throws Exception {
    Path output = root.resolve("out");
    List<String> command = new ArrayList<>(List.of("env", "-u", "CUDA_HOME", "-u", "CUDA_PATH"));
    command.addAll(List.of("ROOT=" + root, "CXX=" + compiler, "sh", BUILD.toString()));
    command.add(output.toString());
    command.addAll(List.of(python));
    new Program("cuBLASLt", command, Duration.ofSeconds(60)).output();
    return Files.readAllLines(output);
  }

  private List<String> build() throws Exception {
    return build(root.resolve("bin/c++").toString());
  }

  private String refusal() {
    return assertThrows(Program.Failure.class, this::build).getMessage();
  }

  @Test
  void aToolkitHasEverythingAndTheNewestCounts() throws Exception {
    headers("usr/local/cuda-12.9/include", 12);
    headers("usr/local/cuda-13.1/include", 13);
    file("usr/local/cuda-12.9/lib64/libcublasLt.so.12", "");
    Path lt = file("usr/local/cuda-13.1/lib64/libcublasLt.so.13", "");
    Path runtime = file("usr/local/cuda-13.1/lib64/libcudart.so.13", "");
    List<String> command = build();
    assertTrue(command.contains("-I" + root.resolve("usr/local/cuda-13.1/include")));
    assertTrue(command.containsAll(List.of(lt.toString(), runtime.toString())), command::toString);
    assertTrue(command.contains("-Wl,-rpath," + lt.getParent()), command::toString);
    assertTrue(command.contains(BUILD.resolveSibling("cublaslt.cpp").toString()));
  }

  /** Packages of Python may lack a header, which then comes from a toolkit. */
  @Test
  void thePackagesOfThePythonComeFirst() throws Exception {
    headers("python/nvidia/cu13/include", 13);
    Files.delete(root.resolve("python/nvidia/cu13/include/crt/host_defines.h"));
    Path lt = file("python/nvidia/cu13/lib/libcublasLt.so.13", "");
    file("python/nvidia/cu13/lib/libcudart.so.13", "");
    headers("usr/local/cuda/include", 13);
    file("usr/local/cuda/lib64/libcublasLt.so.13", "");
    Path python = script("python3", "echo " + root.resolve("python/nvidia/cu13"));
    List<String> command = build(root.resolve("bin/c++").toString(), python.toString());
    assertTrue(command.contains(lt.toString()), command::toString);
    String first = "-I" + root.resolve("python/nvidia/cu13/include");
    assertEquals(
        List.of(first, first, "-I" + root.resolve("usr/local/cuda/include")),
        command.stream().filter(argument -> argument.startsWith("-I")).toList());
  }

  @Test
  void aLibraryOfAnotherVersionIsNotTaken() throws IOException {
    headers("usr/include", 13);
    file("usr/lib/x86_64-linux-gnu/libcublasLt.so.12", "");
    assertTrue(refusal().contains("no libcublasLt.so.13 in "), this::refusal);
  }

  @Test
  void whatIsMissingIsNamed() {
    assertTrue(refusal().contains("no cublasLt.h in "), this::refusal);
    Program.Failure failure = assertThrows(Program.Failure.class, () -> build("/nowhere/c++"));
    assertTrue(failure.getMessage().contains("no C++ compiler: /nowhere/c++"));
  }

  @Test
  void theCompilersWordsAreKept() throws IOException {
    headers("usr/include", 13);
    file("usr/lib64/libcublasLt.so.13", "");
    file("usr/lib64/libcudart.so.13", "");
    script("bin/c++", "echo 'cublasLt.h:1: syntax error' >&2; exit 1");
    assertTrue(refusal().contains("cublasLt.h:1: syntax error"), this::refusal);
  }
}
