package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shell completes what the command prints a script for. */
class CompletionTest {
  @TempDir Path folder;

  /** What bash would offer behind some words of which the last is not complete. */
  private String offered(Path script, String... words) throws Exception {
    String ask =
        """
        source '%s'
        COMP_WORDS=(%s)
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        complete -p jaubert >&2
        _complete_jaubert "" "${COMP_WORDS[COMP_CWORD]}" ""
        echo "${COMPREPLY[@]}"
        """
            .formatted(script, String.join(" ", words));
    Path output = folder.resolve("output");
    Process bash =
        new ProcessBuilder("bash", "--norc", "-c", ask)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(bash.waitFor(60, TimeUnit.SECONDS));
    String said = Files.readString(output);
    assertEquals(0, bash.exitValue(), said);
    return said;
  }

  @Test
  void bashCompletesCommandsOptionsAndValues() throws Exception {
    CommandFixture.Result printed = CommandFixture.jaubert("completion", "bash").succeeded();
    Path script = folder.resolve("jaubert.sh");
    Files.write(script, printed.out().getBytes(StandardCharsets.UTF_8));
    assertTrue(offered(script, "jaubert", "fine").endsWith("\nfinetune\n"));
    String options = offered(script, "jaubert", "finetune", "--learning");
    assertTrue(options.contains("--learning-rate"), options);
    String tasks = offered(script, "jaubert", "finetune", "--task", "RE");
    assertTrue(tasks.contains("REGRESSION") && tasks.contains("RERANK"), tasks);
    assertEquals(printed.out(), CommandFixture.jaubert("completion", "zsh").succeeded().out());
  }

  @Test
  void anotherShellIsRefused() throws IOException {
    String said = CommandFixture.jaubert("completion", "fish").failure(2);
    assertTrue(said.contains("fish") && said.contains("BASH"), said);
  }
}
