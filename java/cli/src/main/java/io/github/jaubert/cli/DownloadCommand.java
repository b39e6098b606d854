package io.github.jaubert.cli;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.demo.ModelDownload;
import io.github.jaubert.hub.ModelName;
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
      "Fetches a pre-trained encoder, to be fine-tuned with --model or from Java.",
      "OWNER/NAME, or an old model's NAME, comes from Hugging Face's Hub into its cache, where Python"
          + " finds it too: only what is needed, checked against its hash; what broke off goes on where"
          + " it was. HF_HUB_CACHE, HF_HOME, HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE count as they do"
          + " there.",
      "minilm, bge-small, bge-small-zh, e5-small, bert-base, bert-base-cased and"
          + " bert-base-multilingual-cased come from jars on Maven Central, MiniLM's with the command,"
          + " and are written as a folder.",
      "Behind a proxy: JDK_JAVA_OPTIONS=\"-Dhttps.proxyHost=HOST -Dhttps.proxyPort=PORT\"."
    })
final class DownloadCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "NAME",
      description = "minilm, bert-base or another of these, or the name of a model on the Hub.")
  private String name;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Where to write it. Default: models/NAME; for a model of the Hub, its cache alone.")
  private Path out;

  @Option(
      names = "--revision",
      paramLabel = "VERSION",
      description = "Of a model of the Hub: a branch, a tag or a commit. Default: main.")
  private String revision;

  @Option(names = "--repository", paramLabel = "URL", description = "A mirror of Maven Central.")
  private URI repository = ModelDownload.MAVEN_CENTRAL;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    ModelDownload model = ModelDownload.named(name).orElse(null);
    if (model == null) {
      return fromHub();
    }
    if (revision != null) {
      throw new ParameterException(
          spec.commandLine(),
          "--revision is for models of the Hub, which %s is not".formatted(name));
    }
    if (!String.valueOf(repository.getScheme()).toLowerCase(Locale.ROOT).matches("https?")
        || repository.getHost() == null
        || repository.getQuery() != null
        || repository.getFragment() != null) {
      throw new ParameterException(
          spec.commandLine(),
          "--repository %s: an address such as https://host/maven2".formatted(repository));
    }
    Path folder = out == null ? Path.of("models", model.id()) : out;
    checkFree(folder);
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

  private int fromHub() {
    ModelName model;
    try {
      model = ModelName.of(name);
      model = revision == null ? model : model.at(revision);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(),
          "%s, nor is it one of %s"
              .formatted(e.getMessage(), String.join(", ", ModelDownload.names())),
          e);
    }
    if (out != null) {
      checkFree(out);
    }
    Path fetched = ModelOption.fetch(spec.commandLine(), model);
    Path folder = out == null ? fetched : out;
    if (out != null) {
      copy(fetched, out);
    }
    spec.commandLine().getOut().printf("%s%nin %s%n", model, folder);
    return 0;
  }

  /** Files, not links to the cache; config.json comes last, without which it is no model. */
  private static void copy(Path from, Path to) {
    Path config = from.resolve("config.json");
    try (Stream<Path> all = Files.walk(from)) {
      for (Path file : all.filter(Files::isRegularFile).filter(f -> !f.equals(config)).toList()) {
        Path copy = to.resolve(from.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
      if (Files.exists(config)) {
        Files.copy(config, to.resolve("config.json"));
      }
    } catch (IOException e) {
      throw new CheckpointException(
          to.toString(), "cannot be written: " + CheckpointException.describe(e), e);
    }
  }

  private void checkFree(Path folder) {
    if (holdsSomething(folder)) {
      throw new ParameterException(
          spec.commandLine(),
          folder + " holds something already; choose another folder with --out");
    }
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
