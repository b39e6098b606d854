package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.cli.console.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How much is said on standard error is chosen with any command. */
class ChatterTest extends CommandFixture {
  private static final String LOG = "org.slf4j.simpleLogger.log.io.github.jaubert";

  @AfterEach
  void forget() {
    List.of("jaubert.quiet", LOG).forEach(System::clearProperty);
  }

  private static String progress() {
    PrintStream err = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try (Progress progress = new Progress()) {
      progress.advanced("embedding", 7, 7);
    } finally {
      System.setErr(err);
    }
    return said.toString(StandardCharsets.UTF_8);
  }

  @Test
  void quietShowsNoProgress() {
    assertEquals("embedding: 7 texts" + System.lineSeparator(), progress());
    jaubert("doctor", "--quiet").succeeded();
    assertEquals("", progress());
    assertEquals("warn", System.getProperty(LOG));
  }

  @Test
  void verboseHasWhatLibrariesSay() {
    jaubert("--verbose", "doctor").succeeded();
    assertEquals("debug", System.getProperty(LOG));
    String refused = jaubert("doctor", "--quiet", "--verbose").failure(2);
    assertTrue(refused.startsWith("--quiet and --verbose exclude each other"), refused);
  }
}
