package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Arguments against the bytes of a command line. */
class ArgumentsTest {
  private static void check(String started, String... arguments) {
    byte[] words = (started.replace(' ', '\0') + '\0').getBytes(StandardCharsets.UTF_8);
    Arguments.check(arguments, words, "ANSI_X3.4-1968");
  }

  @Test
  void whatWasDecodedOtherwiseIsRefused() {
    check("java Main predict caf\u00e9", "predict", "caf\u00e9");
    assertEquals(
        "argument 2, caf\u00e9: the locale's encoding is ANSI_X3.4-1968; set LC_ALL=C.UTF-8",
        assertThrows(
                IllegalArgumentException.class,
                () -> check("java Main predict caf\u00e9", "predict", "caf??"))
            .getMessage());
    assertEquals(
        "argument 2, \u65e5: the locale's encoding is ANSI_X3.4-1968; set LC_ALL=C.UTF-8",
        assertThrows(
                IllegalArgumentException.class,
                () -> check("java @options predict \u65e5", "predict", "\ufffd\ufffd\ufffd"))
            .getMessage());
  }

  /** Of an argument file, or of a program that calls Main. */
  @Test
  void argumentsThatDoNotEndTheCommandLineAreTaken() {
    check("java -cp jaubert.jar @all", "predict", "good");
    check("mvn exec:java -Dexec.args=doctor -q", "doctor");
    check("java @all", "predict", "--model", "m", "good");
    check("java -Da=\u00e9 -Db=c @all good", "predict", "--model", "m", "good");
  }
}
