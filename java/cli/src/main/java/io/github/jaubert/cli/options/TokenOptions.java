package io.github.jaubert.cli.options;

import io.github.jaubert.bert.TokenAddition;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.cli.console.Figures;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The option that gives a model more tokens before it is trained. */
final class TokenOptions {
  @Option(
      names = "--add-tokens",
      paramLabel = "FILE|A,B,…",
      description =
          "Add tokens to the vocabulary of --model: one a line of a file, or with commas between them."
              + " Their embeddings begin at the mean of all others.")
  private String tokens;

  private Path written; // null: there is none, or it is deleted

  boolean isGiven() {
    return tokens != null;
  }

  /** Refuses tokens without a model, and what names no token. */
  void check(CommandLine command, Path model) {
    if (isGiven() && model == null) {
      throw new ParameterException(command, "--add-tokens needs --model");
    }
    if (isGiven() && tokens().isEmpty()) {
      throw new ParameterException(command, "--add-tokens %s: no token".formatted(tokens));
    }
  }

  private List<String> tokens() {
    Path file = Path.of(tokens);
    Stream<String> all = Arrays.stream(tokens.split(","));
    if (Files.isRegularFile(file)) {
      try {
        all = Files.readAllLines(file).stream();
      } catch (IOException e) {
        throw new UncheckedIOException(
            new IOException("%s: %s".formatted(file, CheckpointException.describe(e)), e));
      }
    }
    return all.map(String::strip).filter(token -> !token.isEmpty()).toList();
  }

  /**
   * The model with the tokens, in a folder that {@link #delete} deletes; the model itself if there
   * are none. New embeddings come from the thread's random numbers.
   */
  Path apply(Path model, PrintWriter say) {
    if (!isGiven()) {
      return model;
    }
    try {
      written = Files.createTempDirectory("jaubert-tokens");
      TokenAddition addition = TokenAddition.write(model, tokens(), written);
      say.printf(
          "%s added to those of %s; %,d embeddings%n",
          Figures.counted(addition.added(), "token"), model, addition.vocabSize());
      return written;
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException("--add-tokens: " + CheckpointException.describe(e), e));
    }
  }

  /** Deletes what was written. */
  void delete() {
    if (written == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(written)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
      written = null;
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException("%s: %s".formatted(written, CheckpointException.describe(e)), e));
    }
  }
}
