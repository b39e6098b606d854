package io.github.jaubert.memory;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What is forgotten is named in the log, by the line that made it. */
class LeakReportTest {
  @Test
  void forgottenTensorAndScopeAreNamed() throws InterruptedException {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      Thread forgetful =
          new Thread(
              () -> {
                closedInTime();
                forgottenTensor();
                forgottenScope();
              });
      forgetful.start();
      forgetful.join();
      forgetful = null; // the scope is open in that thread
      for (int i = 0;
          i < 200 && !(mentions(log, "forgottenTensor") && mentions(log, "forgottenScope"));
          i++) {
        System.gc();
        Thread.sleep(20);
      }
    } finally {
      System.setErr(before);
    }
    String text = log.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("tensor [3, 5] made at") && text.contains("forgottenTensor"), text);
    assertTrue(text.contains("a scope made at") && text.contains("forgottenScope"), text);
    assertFalse(text.contains("closedInTime"), text);
  }

  private static boolean mentions(ByteArrayOutputStream log, String word) {
    return log.toString(StandardCharsets.UTF_8).contains(word);
  }

  private static void forgottenTensor() {
    Tensor.ones(3, 5);
  }

  private static void forgottenScope() {
    Scope.open();
  }

  private static void closedInTime() {
    try (Scope scope = Scope.open()) {
      Tensor.ones(3, 5).unscoped().close();
    }
  }
}
