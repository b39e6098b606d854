package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.internal.binding.NativeLibrary;
import java.io.IOException;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How the addresses of cuBLAS's functions are found, tried with a library that is everywhere. */
class SymbolTest {
  /** Looking for symbols is part of every binding of JavaCPP. */
  @BeforeAll
  static void loadABinding() {
    NativeLibrary.load();
  }

  @Test
  void aLibraryOpenedForAllToSeeGivesTheAddressesOfItsFunctions() throws IOException {
    String quadmath = "/org/bytedeco/openblas/linux-x86_64/libquadmath.so.0";
    Loader.loadGlobal(Loader.cacheResource(getClass().getResource(quadmath)).getPath());
    long address = CuBlas.address("quadmath_snprintf");
    assertNotEquals(0, address);
    assertEquals(address, CuBlas.address("quadmath_snprintf"));
    assertNotEquals(address, CuBlas.address("strtoflt128"));
  }

  @Test
  void aFunctionThatNoLibraryHasIsNamed() {
    assertEquals(
        "no library that is loaded has the function cublasGemmExx",
        assertThrows(IllegalStateException.class, () -> CuBlas.address("cublasGemmExx"))
            .getMessage());
  }
}
