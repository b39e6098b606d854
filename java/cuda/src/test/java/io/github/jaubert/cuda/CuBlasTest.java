package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.NativeLibrary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What is said where cuBLAS cannot be had, on a machine that need not have it. */
class CuBlasTest {
  private static String refusal(Executable call) {
    return assertThrows(IllegalStateException.class, call).getMessage();
  }

  @Test
  void aCallThatFailsIsNamedWithItsStatus() {
    for (int status : new int[] {1, 3, 7, 8, 11, 13, 14, 15, 16}) {
      assertEquals(
          "cublasSetStream failed: words of " + status + " (" + status + ")",
          refusal(() -> CuBlas.check("cublasSetStream", status, number -> "words of " + number)));
    }
    assertDoesNotThrow(() -> CuBlas.check("cublasSetStream", 0, number -> "success"));
  }

  @Test
  void noMemoryForTheWorkspace() {
    NativeLibrary.load();
    long context = Kernels.jb_context_create(1);
    try {
      assertEquals(
          "no memory for cuBLAS's workspace of 2305843009213693952 bytes: "
              + "allocate: no memory left for 2305843009213693952 bytes",
          refusal(() -> CuBlas.workspace(context, 1L << 61)));
    } finally {
      Kernels.jb_context_destroy(context);
    }
  }
}
