package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the addresses of cuBLAS's functions are found, tried with libraries that are everywhere. */
class SymbolTest {
  private static final String FOLDER = "/org/bytedeco/openblas/linux-x86_64/";

  @TempDir static Path folder;

  @BeforeAll
  static void loadTheBinding() {
    assumeTrue(CudaLibrary.hasKernels(), "there are no kernels for GPUs");
    CudaLibrary.load();
  }

  private static Path cached(String library) throws IOException {
    return Loader.cacheResource(SymbolTest.class.getResource(FOLDER + library)).toPath();
  }

  /** As a program may have a cuBLAS of another version, or of another folder. */
  @Test
  void ofTwoLibrariesWithTheSameFunctionsTheOneThatIsAskedAnswers() throws IOException {
    Path first = cached("libquadmath.so.0");
    Path second = Files.copy(first, folder.resolve("libquadmath.so.0"));
    Path third = Files.copy(first, folder.resolve("other.so"));
    Loader.loadGlobal(first.toString());
    Loader.loadGlobal(second.toString());
    Loader.loadGlobal(third.toString());
    long global = Loader.addressof("quadmath_snprintf").address();
    assertEquals(global, CuBlas.address(first, "quadmath_snprintf"));
    assertNotEquals(global, CuBlas.address(second, "quadmath_snprintf"));
    assertNotEquals(global, CuBlas.address(third, "quadmath_snprintf"));
    assertNotEquals(
        CuBlas.address(second, "quadmath_snprintf"), CuBlas.address(third, "quadmath_snprintf"));
    assertNotEquals(
        CuBlas.address(second, "quadmath_snprintf"), CuBlas.address(second, "strtoflt128"));
  }

  @Test
  void aFunctionOfALibraryThatThisOneNeedsIsNotTaken() throws IOException {
    Path cuda = Path.of(System.getProperty(CudaLibrary.EMULATED, ""));
    assumeTrue(CudaLibrary.isEmulated(), "there is no emulated GPU");
    String words =
        assertThrows(IllegalStateException.class, () -> CuBlas.address(cuda, "jb_last_error"))
            .getMessage();
    assertTrue(
        words.startsWith(cuda + " does not define jb_last_error, but ")
            && words.endsWith("/libjaubert_cpu.so does"),
        words);
  }

  /** Here the binding is a library that needs libjaubert_cpu. */
  @Test
  void aBindingOfAnotherLibraryIsRefused() throws IOException {
    assumeTrue(CudaLibrary.isEmulated(), "there is no emulated GPU");
    Path cuda = Path.of(System.getProperty(CudaLibrary.EMULATED, ""));
    Path called =
        Path.of(
            assertThrows(IllegalStateException.class, () -> CuBlas.address(cuda, "jb_last_error"))
                .getMessage()
                .replaceAll(".* but | does", ""));
    CuBlas.checkSame(cuda, called, "jb_last_error");
    Path other = Files.copy(called, folder.resolve("libjaubert_cpu.so"));
    assertEquals(
        "this process has loaded "
            + called
            + " before, and now "
            + other
            + ": let LD_LIBRARY_PATH name the folder of the first, or do not load it",
        assertThrows(
                IllegalStateException.class, () -> CuBlas.checkSame(cuda, other, "jb_last_error"))
            .getMessage());
  }

  @Test
  void aLibraryOrFunctionThatIsNotThereIsNamed() throws IOException {
    Path quadmath = cached("libquadmath.so.0");
    Loader.loadGlobal(quadmath.toString());
    assertEquals(
        "function_of: " + quadmath + " has no function cublasGemmExx",
        assertThrows(IllegalStateException.class, () -> CuBlas.address(quadmath, "cublasGemmExx"))
            .getMessage());
    Path absent = folder.resolve("libcublas.so.13");
    assertEquals(
        "function_of: " + absent + " is not loaded",
        assertThrows(IllegalStateException.class, () -> CuBlas.address(absent, "cublasGemmEx"))
            .getMessage());
  }
}
