package io.github.jaubert.internal.binding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class NativeLibraryTest {
  private static final Set<String> AVX2 = Set.of("sse2", "avx2", "fma", "f16c");

  @Test
  void arraysOfTheHostAreCopiedInAndOut() {
    NativeLibrary.load();
    long context = Kernels.jb_context_create(1);
    assertNotEquals(0, context, Kernels.jb_last_error());
    long memory = Kernels.jb_allocate(context, 3 * Float.BYTES);
    try {
      float[] values = {1.5f, -2f, Float.MIN_VALUE};
      float[] back = new float[3];
      assertEquals(Kernels.JB_OK, Kernels.jb_write_floats(context, memory, values, 3));
      assertEquals(Kernels.JB_OK, Kernels.jb_read_floats(context, back, memory, 3));
      assertArrayEquals(values, back);
    } finally {
      Kernels.jb_release(context, memory, 3 * Float.BYTES);
      Kernels.jb_context_destroy(context);
    }
  }

  @Test
  void everyFunctionTakesPrimitivesAndArraysOnly() {
    List<Method> natives =
        Arrays.stream(Kernels.class.getDeclaredMethods())
            .filter(method -> Modifier.isNative(method.getModifiers()))
            .toList();
    assertFalse(natives.isEmpty());
    for (Method method : natives) {
      assertTrue(
          method.getReturnType().isPrimitive() || method.getReturnType() == String.class,
          method::toString);
      for (Class<?> type : method.getParameterTypes()) {
        assertTrue(
            type.isPrimitive() || type.isArray() && type.getComponentType().isPrimitive(),
            method::toString);
      }
    }
  }

  @Test
  void saysWhatIsMissing() {
    assertEquals(Optional.empty(), obstacle("linux-x86_64", name -> true, AVX2));
    assertEquals(
        "Jaubert's CPU kernels are built for linux-x86_64, not for macosx-arm64",
        obstacle("macosx-arm64", name -> true, AVX2).orElseThrow());
    assertEquals(
        "Jaubert's CPU kernels are not on the class path: add io.github.jaubert:jaubert-core with"
            + " classifier linux-x86_64 (in a checkout: ./mvnw compile; on the module path also:"
            + " --add-modules io.github.jaubert.core.linux.x86_64)",
        obstacle("linux-x86_64", name -> false, AVX2).orElseThrow());
    assertEquals(
        Optional.empty(), obstacle("linux-x86_64", name -> !name.contains("openblas"), AVX2));
    assertEquals(
        "JAUBERT_GEMM=openblas, but OpenBLAS is not on the class path: add org.bytedeco:openblas"
            + " with classifier linux-x86_64",
        NativeLibrary.obstacle("linux-x86_64", name -> !name.contains("libopenblas"), AVX2, true)
            .orElseThrow());
    assertEquals(
        "Jaubert's CPU kernels need a processor with avx2, fma, f16c; this one lacks avx2, fma",
        obstacle("linux-x86_64", name -> true, Set.of("sse2", "f16c")).orElseThrow());
  }

  private static Optional<String> obstacle(
      String platform, Predicate<String> resourceExists, Set<String> cpuFlags) {
    return NativeLibrary.obstacle(platform, resourceExists, cpuFlags, false);
  }

  /** A process of its own, as the choice is one of the environment. */
  @Test
  void openBlasIsLoadedWhereItIsAskedFor() throws IOException, InterruptedException {
    ProcessBuilder builder = NameOfBlas.inAProcess("--enable-native-access=ALL-UNNAMED");
    builder.environment().put("JAUBERT_GEMM", "openblas");
    String output = NameOfBlas.outputOf(builder.start());
    assertTrue(output.contains("OpenBLAS 0."), output);
  }

  /** Prints what multiplies matrices, after it has. */
  static final class NameOfBlas {
    static ProcessBuilder inAProcess(String option) {
      return new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              option,
              "-cp",
              System.getProperty("java.class.path"),
              NameOfBlas.class.getName())
          .redirectErrorStream(true);
    }

    /** What it printed, once it has ended well. */
    static String outputOf(Process process) throws IOException, InterruptedException {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor(), output);
      return output;
    }

    /** Fails if the product does. */
    public static void main(String[] arguments) {
      try (Tensor x = Tensor.ones(2, 3);
          Tensor y = x.matmul(Tensor.ones(3, 2))) {
        System.out.println(y.sum().item() + ", " + Kernels.jb_blas_name());
      }
    }
  }

  /** The folder of a build may be anybody's on the machine that the library comes to. */
  @Test
  void theBindingLooksForLibrariesBesideItselfAlone() throws IOException {
    try (InputStream in =
        NativeLibrary.class.getResourceAsStream("linux-x86_64/libjnijaubert.so")) {
      String library = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
      assertTrue(library.contains("$ORIGIN/\0"));
    }
  }

  @Test
  void explainsAnOldCLibrary() {
    Error error = new UnsatisfiedLinkError("libjaubert_cpu.so: version `GLIBC_2.34' not found");
    assertEquals(
        "Jaubert's CPU kernels for linux-x86_64 need a newer C library than this system has:"
            + " libjaubert_cpu.so: version `GLIBC_2.34' not found",
        NativeLibrary.explain("linux-x86_64", error));
  }
}
